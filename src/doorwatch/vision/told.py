"""Crossings that were told, and may be told again: the trail grows, a hidden person comes to light, a way back turns out doubtful."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.among import Among

TRAIL_BEFORE: Micros = 4 * SECOND
"""How much of a person's way to the threshold is kept with the crossing."""

TRAIL_AFTER: Micros = 8 * SECOND
"""How long the way after it is followed."""

TRAIL_EVERY: Micros = SECOND
"""A crossing whose trail grew is told again no more often than this."""


@dataclass(slots=True)
class Told:
    """A crossing that was told at `told_at`, first or again."""

    crossing: Crossing
    told_at: Micros
    back: tuple[Micros, Micros] | None = None
    """On a way back: from the crossing before to when this one was told, in which another one may have become the person."""

    found: bool = False
    """Whether somebody was found who came along: nobody else who comes to light takes that back."""

    @property
    def until(self) -> Micros:
        """How far the trail may grow."""
        return self.crossing.at + TRAIL_AFTER

    def again(self, steps: Iterable[TileStep], among: Among, *, come_to_light: bool) -> Crossing | None:
        """The crossing as it is known now; None when nothing changed.

        `steps` are all that the person is known to have walked; `come_to_light` says that all who disappeared behind the person
        were seen again.
        """
        trail = self.crossing.trail
        newest = trail[-1].at if trail else self.crossing.at - TRAIL_BEFORE
        more = tuple(step for step in steps if newest < step.at <= self.until)
        possible = 0 if come_to_light and not self.found else self.crossing.possible
        continuous = self.crossing.continuous and not (self.back and among.doubtful(*self.back))
        now = replace(self.crossing, trail=trail + more, possible=possible, continuous=continuous)
        return now if now != self.crossing else None
