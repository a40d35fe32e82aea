"""This machine's clock, and whether somebody set it: capture times are made of it, and would be wrong ever after."""

import time
from collections.abc import Callable

from doorwatch.domain.time import MILLISECOND, SECOND, Micros

STEP: Micros = SECOND // 5
"""A clock that is off by less is corrected as any drift is; so is one that is made to run faster or slower for a while."""

_UNSURE: Micros = 5 * MILLISECOND
"""Where reading both clocks took longer they tell nothing of each other."""


class WallClock:
    """Reads the clock, beside one that nobody can set. Clocks tell nanoseconds."""

    def __init__(self, now: Callable[[], int] = time.time_ns, steady: Callable[[], int] = time.monotonic_ns) -> None:
        self._now = now
        self._steady = steady
        self._ahead: Micros | None = None
        self.was_set = False
        """Whether it was set since this began."""

    def now(self) -> Micros:
        """The time, UTC."""
        before, now, after = self._steady(), self._now() // 1000, self._steady()
        if (after - before) // 1000 <= _UNSURE:
            ahead = now - after // 1000
            self.was_set = self.was_set or (self._ahead is not None and abs(ahead - self._ahead) > STEP)
            self._ahead = ahead
        return now
