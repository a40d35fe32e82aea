"""Pictures encoded as a clip, for those few that have to be: with people hidden, drawn upon, or cut to the picture."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream

from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.clips import Still
from doorwatch.recording.drawing import Picture
from doorwatch.recording.fmp4 import RecordingError

CODEC = "libvpx-vp9"
_NAMES = {CODEC, "vp9"}  # what encoders and decoders call it
_TICK = Fraction(1, 90_000)
_KEY_EVERY = 50

Change: TypeAlias = Callable[[Picture, Micros], Picture]
"""What becomes of a picture that was captured at a time; all of a clip's come back in one size."""


@dataclass(frozen=True, slots=True)
class Fineness:
    """How a clip is encoded: pixels that it is wide at most, and the encoder's number for quality (less is better)."""

    widest: int
    crf: int


SMALL = Fineness(1280, 34)
"""For looking at."""

FINE = Fineness(1920, 20)
"""For evidence: what the recording showed can be told here, too."""


def is_encoded(path: Path) -> bool:
    """Whether a clip was encoded here, with this codec that no camera sends; False when the file cannot be read."""
    try:
        with av.open(str(path)) as file:
            return any(stream.codec_context.name in _NAMES for stream in file.streams.video)
    except FFmpegError:
        return False


@dataclass(frozen=True, slots=True)
class Encoded:
    """What was encoded: capture times of the first picture and of the end of the last, and how many there are.

    `holes` are times between two pictures for which there were none, although they lie more than a second apart.
    """

    start: Micros
    end: Micros
    pictures: int
    size: tuple[int, int]
    holes: tuple[tuple[Micros, Micros], ...]


def encode(stills: Iterator[Still], target: Path, change: Change, fineness: Fineness = SMALL) -> Encoded | None:
    """Encode pictures in order of capture into `target`; None without any.

    It ends where the picture's size changes, as the camera was set up differently from there on. Raises RecordingError,
    OSError.
    """
    if CODEC not in av.codecs_available:
        raise RecordingError(
            f"this needs the encoder {CODEC}, which this FFmpeg lacks: install PyAV's own wheel, or export without it"
        )
    first = next(stills, None)
    if first is None:
        return None
    try:
        return _encode(first, stills, target, change, fineness)
    except FFmpegError as error:
        if isinstance(error, OSError) and error.strerror == "No space left on device":
            raise
        raise RecordingError(f"the clip cannot be encoded ({error.strerror}): please report it") from error


def _encode(first: Still, rest: Iterator[Still], target: Path, change: Change, fineness: Fineness) -> Encoded:
    size, shown = _fitting(first.image, fineness.widest), _Shown(first.at)
    options = {"deadline": "realtime", "cpu-used": "8", "crf": str(fineness.crf), "b": "0", "row-mt": "1"}
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as output:
        stream = output.add_stream(CODEC, rate=25, options=options)
        if not isinstance(stream, VideoStream):
            raise RecordingError(f"{CODEC} encodes no video: this is a fault of the program, please report it")
        for still in _with_first(first, rest):
            if _fitting(still.image, fineness.widest) != size or still.at < shown.last:
                break  # the camera was set up differently from here on
            image = still.image if size == still.image.shape[1::-1] else cv2.resize(still.image, size)
            picture = change(image.astype(np.uint8, copy=False), still.at)
            if not shown.pictures:
                stream.width, stream.height, stream.pix_fmt = *picture.shape[1::-1], "yuv420p"
                stream.codec_context.time_base = stream.time_base = _TICK
                stream.codec_context.gop_size = _KEY_EVERY
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round((still.at - first.at) * _TICK.denominator / SECOND), _TICK
            output.mux(stream.encode(frame))
            shown.one_more(still.at)
        output.mux(stream.encode(None))
        return shown.told((stream.width, stream.height))


class _Shown:
    """Which pictures were encoded so far."""

    def __init__(self, first: Micros) -> None:
        self.first = self.last = first
        self.pictures = 0
        self._lasted = SECOND // 25
        self._holes: list[tuple[Micros, Micros]] = []

    def one_more(self, at: Micros) -> None:
        """A picture captured at `at` follows."""
        if self.pictures:
            self._lasted = at - self.last
            if self._lasted > SECOND:
                self._holes.append((self.last, at))
        self.last = at
        self.pictures += 1

    def told(self, size: tuple[int, int]) -> Encoded:
        """All of it."""
        end = self.last + max(1, min(SECOND, self._lasted))
        return Encoded(self.first, end, self.pictures, size, tuple(self._holes))


def _with_first(first: Still, rest: Iterator[Still]) -> Iterator[Still]:
    yield first
    yield from rest


def _fitting(image: Picture, widest: int) -> tuple[int, int]:
    """Width and height to encode in: even numbers, not too wide."""
    height, width = image.shape[:2]
    scale = min(1.0, widest / width)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)
