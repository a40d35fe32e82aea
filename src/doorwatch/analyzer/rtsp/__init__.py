"""A camera's stream read for nothing but copying it: RTSP over TCP, whole reads, a picture at a time.

FFmpeg asks the kernel for every packet in three pieces, each with a `poll` and a `recv` of its own, and parses every picture:
twice as dear as all of recording. What this reader does not know (`UnlikeError`) is left to FFmpeg.
"""

from doorwatch.analyzer.rtsp.copying import CopySource
from doorwatch.analyzer.rtsp.talk import UnlikeError

__all__ = ["CopySource", "UnlikeError"]
