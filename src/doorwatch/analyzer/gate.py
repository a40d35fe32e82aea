"""When to look for people: while something moves at the door, while its PACS says so, and now and then regardless."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.time import SECOND, Micros

Luma: TypeAlias = NDArray[np.uint8]
"""The brightness of a picture, height x width, 0 to 255."""

HOLD: Micros = 2 * SECOND
"""How long after the last motion people are still looked for."""

REGARDLESS: Micros = 3 * SECOND
"""How often a still picture is looked at: somebody may stand there."""


class Gate:
    """Decides frame by frame; `motion` says whether a picture differs from those before it. Times are capture times."""

    def __init__(
        self, motion: Callable[[Micros, Luma], bool], *, hold: Micros = HOLD, regardless: Micros = REGARDLESS
    ) -> None:
        self._motion = motion
        self._hold = hold
        self._regardless = regardless
        self._until: Micros = 0
        self._looked: Micros | None = None

    def open_until(self, until: Micros) -> None:
        """Look at every frame until then: somebody was let in, or a door was opened."""
        self._until = max(self._until, until)

    def wants(self, at: Micros, luma: Luma) -> bool:
        """Whether people are to be looked for in this frame."""
        if self._motion(at, luma):
            self._until = max(self._until, at + self._hold)
        look = at <= self._until or self._looked is None or at - self._looked >= self._regardless
        if look:
            self._looked = at
        return look
