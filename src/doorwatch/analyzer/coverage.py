"""The time for which a camera really saw its doors: frames arrived, and each was looked at or found to be still."""

from doorwatch.domain.time import SECOND, Micros

GAP: Micros = SECOND
"""Frames further apart leave a hole."""

SET_BACK: Micros = 10 * SECOND
"""A frame that is so much older than the last is of a clock that was set back; others are told again by a stream that was opened again."""


class Coverage:
    """One camera's coverage, told in pieces that touch. Times are capture times."""

    def __init__(self, gap: Micros = GAP) -> None:
        self._gap = gap
        self._from: Micros | None = None
        self._until: Micros = 0

    def processed(self, at: Micros) -> list[tuple[Micros, Micros]]:
        """A frame of this time was dealt with; the piece that ended, when a hole lies before it."""
        if self._from is None:
            self._from = self._until = at
            return []
        if self._until - SET_BACK <= at <= self._until:
            return []
        if not 0 < at - self._until <= self._gap:
            ended = self.take()
            self._from = self._until = at
            return ended
        self._until = at
        return []

    def take(self) -> list[tuple[Micros, Micros]]:
        """What was covered since the last time, as one piece or none; the next piece begins where it ends."""
        if self._from is None or self._until <= self._from:
            return []
        piece = (self._from, self._until)
        self._from = self._until
        return [piece]
