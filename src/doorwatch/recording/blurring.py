"""Pictures and clips in which people cannot be recognised: coarse squares where somebody is, or may be.

Whoever blurs must be told where people were. A picture for which nobody can say so is blurred whole: what is not known
is never shown.
"""

import bisect
import math
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.time import Micros, to_iso
from doorwatch.recording.clips import Clip, NothingRecordedError, Still, decoded_between
from doorwatch.recording.drawing import Picture
from doorwatch.recording.encoding import encode
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings

Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture's width and height."""

KNOWN_WITHIN: Micros = 300_000
"""A picture is known when people were searched for in one at most this long before or after it."""

SWEPT: Micros = 300_000
"""Somebody is hidden wherever a search found people within this time of the picture: nobody walks out of it."""

_MARGIN = 0.2
"""Boxes are grown by this share of their size on every side; detectors cut off hands, hair and what is carried."""

_SQUARES = 11
"""Squares in the height of a person: a face is not two of them, and two people can still be told from one."""

_SQUARES_OF_ALL = 12
"""Squares in the height of a picture that is blurred whole."""

_SMALLEST = 8


@dataclass(frozen=True, slots=True)
class Searched:
    """One picture that was searched for people: when it was captured, and where they were."""

    at: Micros
    areas: tuple[Area, ...]


class Whereabouts:
    """Where people were while a clip was recorded."""

    def __init__(self, searched: Iterable[Searched]) -> None:
        self._searched = sorted(searched, key=lambda one: one.at)
        self._times = [one.at for one in self._searched]

    def around(self, at: Micros) -> list[Area] | None:
        """The areas to hide in the picture of a moment; None when nobody knows, and all of it is to be hidden."""
        near = bisect.bisect_left(self._times, at - KNOWN_WITHIN)
        if near == len(self._times) or self._times[near] > at + KNOWN_WITHIN:
            return None
        first, last = bisect.bisect_left(self._times, at - SWEPT), bisect.bisect_right(self._times, at + SWEPT)
        return [area for one in self._searched[first:last] for area in one.areas]

    @classmethod
    def read(cls, told: Iterable[Sequence[Any]]) -> "Whereabouts":
        """What `told` wrote. Raises ValueError, TypeError when it cannot be read."""
        return cls(
            Searched(int(at), tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in areas))
            for at, areas in told
        )

    def told(self) -> list[list[Any]]:
        """The same for a message to another process."""
        return [[one.at, [list(area) for area in one.areas]] for one in self._searched]


def hide(picture: Picture, areas: Sequence[Area] | None) -> Picture:
    """A copy of the picture with squares over the areas, or over all of it for None; outside nothing changes."""
    height, width = picture.shape[:2]
    if areas is None:
        return _squares(picture, max(_SMALLEST, math.ceil(height / _SQUARES_OF_ALL)))
    hidden = picture.copy()
    # The largest last: where areas overlap, its coarse squares are what remains.
    for left, top, right, bottom in sorted(areas, key=lambda area: area[3] - area[1]):
        wide, tall = (right - left) * width, (bottom - top) * height
        x1, x2 = _span(left * width - _MARGIN * wide, right * width + _MARGIN * wide, width)
        y1, y2 = _span(top * height - _MARGIN * tall, bottom * height + _MARGIN * tall, height)
        if x1 < x2 and y1 < y2:
            side = max(_SMALLEST, math.ceil(max(tall, wide) / _SQUARES))
            hidden[y1:y2, x1:x2] = _squares(picture[y1:y2, x1:x2], side)
    return hidden


def hidden_jpeg(data: bytes, areas: Sequence[Area] | None) -> bytes:
    """A JPEG file with people hidden. Raises RecordingError when it cannot be read."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise RecordingError("the camera's picture cannot be read, so nobody in it can be hidden: it is not kept")
    return Still(hide(image.astype(np.uint8, copy=False), areas), 0).jpeg()


def hidden_clip(recordings: Recordings, camera_id: str, start: Micros, end: Micros, people: Whereabouts) -> Clip:
    """The recorded video from `start` to `end`, encoded anew with people hidden; VP9, at most 1280 pixels wide.

    Raises NothingRecordedError, and RecordingError when files cannot be read or nothing here can encode.
    """
    stills = decoded_between(recordings, camera_id, start, end)
    with tempfile.TemporaryDirectory(prefix="doorwatch-clip-") as folder:
        target = Path(folder) / "clip.mp4"
        made = encode(stills, target, lambda picture, at: hide(picture, people.around(at)))
        if made is None:
            raise NothingRecordedError(
                f"camera {camera_id} has no recording from {to_iso(start, 3)} to {to_iso(end, 3)}: "
                "raw video of a camera with blurred people is deleted after some minutes"
            )
        return Clip(target.read_bytes(), made.start, made.end - made.start)


def _squares(picture: NDArray[np.uint8], side: int) -> Picture:
    height, width = picture.shape[:2]
    few = max(1, math.ceil(width / side)), max(1, math.ceil(height / side))
    small = cv2.resize(picture, few, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)


def _span(start: float, end: float, limit: int) -> tuple[int, int]:
    return max(0, math.floor(start)), min(limit, math.ceil(end))
