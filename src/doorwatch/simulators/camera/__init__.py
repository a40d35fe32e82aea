"""A camera that serves a clip over RTSP.

`CameraSimulator` for tests and the demo; `app` is the command `doorwatch simulate camera`.
"""

from doorwatch.simulators.camera.clip import Clip, ClipError
from doorwatch.simulators.camera.command import app
from doorwatch.simulators.camera.server import CameraSimulator, Mount

__all__ = ["CameraSimulator", "Clip", "ClipError", "Mount", "app"]
