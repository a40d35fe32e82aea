"""A camera's stream read for nothing but copying it: RTSP over TCP, whole reads, a picture at a time.

FFmpeg asks the kernel for every packet in three pieces, each with a `poll` and a `recv` of its own, which is most of what
recording a camera costs. What this reader does not know (`UnlikeError`) is left to FFmpeg.
"""

from doorwatch.analyzer.rtsp.copying import CopySource
from doorwatch.analyzer.rtsp.talk import UnlikeError

__all__ = ["CopySource", "UnlikeError"]
