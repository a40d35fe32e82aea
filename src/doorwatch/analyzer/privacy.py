"""Cameras of which only blurred people may be kept: where people were, and raw video that passes through."""

import contextlib
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.recording.blurring import Area, Searched, Whereabouts

KEPT: Micros = 180 * SECOND
"""How long raw video of such a camera lies on disk: evidence of an incident that still grows is made of it."""

_REMEMBERED: Micros = KEPT + 30 * SECOND


class PeopleSeen:
    """Where one camera's people were in the last minutes, by every picture that was searched for them."""

    def __init__(self) -> None:
        self._searched: deque[Searched] = deque()

    def add(self, at: Micros, size: tuple[int, int], boxes: Iterable[Iterable[float]]) -> None:
        """A picture of `size` was searched, and these are the boxes (left, top, right, bottom, ...) in its pixels.

        Doubtful boxes belong here, too: hiding somebody who is none costs little.
        """
        width, height = size
        areas: list[Area] = []
        for left, top, right, bottom, *_ in boxes:
            areas.append((left / width, top / height, right / width, bottom / height))
        # What is later than this is of before a clock was set back: it would stay until that time comes again.
        while self._searched and not at - _REMEMBERED <= self._searched[0].at <= at:
            self._searched.popleft()
        self._searched.append(Searched(at, tuple(areas)))

    def between(self, start: Micros, end: Micros) -> Whereabouts:
        """What is known of the pictures from `start` to `end`."""
        return Whereabouts(one for one in self._searched if start - SECOND <= one.at <= end + SECOND)


def sweep(passing: Path, clock: Clock) -> int:
    """Delete the raw video that was written to the last time longer than `KEPT` ago; how many files that were.

    It needs no memory of cameras: what a crash, a removed camera or a switched off option left goes as well.
    """
    oldest = (clock.now() - KEPT) / SECOND
    gone = 0
    for path in passing.glob("*/*/*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
                gone += 1
    for folder in (*passing.glob("*/*"), *passing.glob("*")):
        with contextlib.suppress(OSError):
            folder.rmdir()  # only when it is empty
    return gone
