"""A commissioning run: who walked through a door by a person's count, and by the product's; and how sure the rate is.

Marks are what somebody noted while people walked; counted crossings are what the cameras made of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from doorwatch.domain.access import Direction
from doorwatch.domain.time import SECOND, Micros

LIVE_TOLERANCE: Micros = 6 * SECOND
"""A button is pressed before or after the walk by up to this much."""

RECORDED_TOLERANCE: Micros = 2 * SECOND
"""The same for marks made on recorded video, which can be stopped and wound back."""

PRACTICE_WALKS = 100
PRACTICE_SHARE = 0.95
"""What commissioning practice asks of a counter: 95 of 100 walks found, and no more than 5 invented."""

_Z95 = 1.959963984540054
_Cost: TypeAlias = tuple[int, int]
"""Pairs made (negative, so that less is better), and the microseconds between them in all."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One person through the door, as somebody noted it."""

    mark_id: str
    at: Micros
    direction: Direction


@dataclass(frozen=True, slots=True)
class Counted:
    """One person through the door, as the product counted it."""

    crossing_id: str
    at: Micros
    direction: Direction


Pair: TypeAlias = tuple[str, str]
"""The ids of a mark and of the crossing that is taken for it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which marks were counted. Ids are in order of time.

    `wrong_way` pairs a missed mark with an extra crossing of the other direction: both stay missed and extra.
    """

    pairs: tuple[Pair, ...] = ()
    missed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    wrong_way: tuple[Pair, ...] = ()

    @property
    def figures(self) -> "Figures":
        """The numbers of it."""
        walked = len(self.pairs) + len(self.missed)
        return Figures(walked, len(self.pairs), len(self.extra), len(self.wrong_way))


class Practice(StrEnum):
    """How a run stands to what the practice asks."""

    MET = "met"
    NOT_MET = "not met"
    TOO_FEW = "too few walks"


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a run: people by hand, those of them found, crossings that nobody noted."""

    walked: int
    found: int
    extra: int
    wrong_way: int = 0

    @property
    def missed(self) -> int:
        """People whom the product did not count."""
        return self.walked - self.found

    @property
    def rate(self) -> float | None:
        """Share of the people found, 0 to 1; None while nobody walked."""
        return self.found / self.walked if self.walked else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the rate; None while nobody walked."""
        return wilson(self.found, self.walked) if self.walked else None

    @property
    def practice(self) -> Practice:
        """How the run stands to what the practice asks."""
        if self.walked < PRACTICE_WALKS:
            return Practice.TOO_FEW
        found = self.found >= PRACTICE_SHARE * self.walked
        invented = self.extra > round((1 - PRACTICE_SHARE) * self.walked, 6)
        return Practice.MET if found and not invented else Practice.NOT_MET

    def sentence(self) -> str:
        """The result in words, the practice named."""
        if self.rate is None or self.interval is None:
            return f"Nobody walked through the door yet; the practice asks for {PRACTICE_WALKS} walks."
        low, high = (f"{100 * bound:.1f}" for bound in self.interval)
        extra = {0: "none was", 1: "1 was"}.get(self.extra, f"{self.extra} were")
        told = (
            f"{self.found} of {self.walked} were found ({100 * self.rate:.1f} %; with 95 % confidence between {low} "
            f"and {high} %), {extra} counted besides."
        )
        return f"{told} {_AGAINST_PRACTICE[self.practice]}"


_ASKED = (
    f"{100 * PRACTICE_SHARE:.0f} of {PRACTICE_WALKS} found and no more than {100 - 100 * PRACTICE_SHARE:.0f} besides"
)
_AGAINST_PRACTICE = {
    Practice.MET: f"This is what commissioning practice asks for: {_ASKED}.",
    Practice.NOT_MET: f"Commissioning practice asks for more: {_ASKED}.",
    Practice.TOO_FEW: f"Commissioning practice asks for {PRACTICE_WALKS} walks: {_ASKED}.",
}


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share, 0 to 1. Raises ValueError for no trials or impossible hits."""
    if trials <= 0 or not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share")
    share, square = hits / trials, _Z95 * _Z95
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    reach = _Z95 / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    # At the ends the bound is exactly 0 or 1; arithmetic may leave a trace beside it.
    return (0.0 if hits == 0 else middle - reach, 1.0 if hits == trials else middle + reach)


def compare(marks: Iterable[Mark], counted: Iterable[Counted], tolerance: Micros) -> Comparison:
    """Pair marks with crossings of the same direction, at most `tolerance` apart, whatever the order they come in.

    As many pairs as can be are made, and of all ways to make that many the one with the least time between them.
    """
    ours = sorted({mark.mark_id: mark for mark in marks}.values(), key=lambda mark: (mark.at, mark.mark_id))
    theirs = sorted({c.crossing_id: c for c in counted}.values(), key=lambda c: (c.at, c.crossing_id))
    pairs: list[tuple[Mark, Counted]] = []
    for way in Direction:
        pairs += _paired(
            [mark for mark in ours if mark.direction is way], [c for c in theirs if c.direction is way], tolerance
        )
    known = {mark.mark_id for mark, _ in pairs} | {crossing.crossing_id for _, crossing in pairs}
    missed = [mark for mark in ours if mark.mark_id not in known]
    extra = [crossing for crossing in theirs if crossing.crossing_id not in known]
    wrong: list[tuple[Mark, Counted]] = []
    for way in Direction:
        wrong += _paired(
            [mark for mark in missed if mark.direction is way],
            [c for c in extra if c.direction is not way],
            tolerance,
        )
    return Comparison(
        _ids(pairs),
        tuple(mark.mark_id for mark in missed),
        tuple(crossing.crossing_id for crossing in extra),
        _ids(wrong),
    )


def _ids(pairs: list[tuple[Mark, Counted]]) -> tuple[Pair, ...]:
    ordered = sorted(pairs, key=lambda pair: (pair[0].at, pair[0].mark_id))
    return tuple((mark.mark_id, crossing.crossing_id) for mark, crossing in ordered)


@dataclass(slots=True)
class _Group:
    """Marks and crossings that are near each other in time, apart from all others."""

    marks: list[Mark] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)


def _paired(marks: Sequence[Mark], counted: Sequence[Counted], tolerance: Micros) -> list[tuple[Mark, Counted]]:
    return [pair for group in _groups(marks, counted, tolerance) for pair in _best(group, tolerance)]


def _groups(marks: Sequence[Mark], counted: Sequence[Counted], tolerance: Micros) -> list[_Group]:
    """Cut where nothing happens for longer than the tolerance: no pair can reach over that."""
    groups: list[_Group] = []
    last: Micros | None = None
    everything: list[Mark | Counted] = [*marks, *counted]
    for one in sorted(everything, key=lambda one: one.at):
        if last is None or one.at - last > tolerance:
            groups.append(_Group())
        last = one.at
        if isinstance(one, Mark):
            groups[-1].marks.append(one)
        else:
            groups[-1].counted.append(one)
    return groups


def _best(group: _Group, tolerance: Micros) -> list[tuple[Mark, Counted]]:
    """The best pairs of one group. On a line of time a best choice never crosses over, so order decides it."""
    ours = sorted(group.marks, key=lambda mark: (mark.at, mark.mark_id))
    theirs = sorted(group.counted, key=lambda crossing: (crossing.at, crossing.crossing_id))
    costs: list[list[_Cost]] = [[(0, 0)] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i, mark in enumerate(ours, 1):
        for j, crossing in enumerate(theirs, 1):
            best = min(costs[i - 1][j], costs[i][j - 1])
            apart = abs(mark.at - crossing.at)
            if apart <= tolerance:
                made, time = costs[i - 1][j - 1]
                best = min(best, (made - 1, time + apart))
            costs[i][j] = best
    pairs: list[tuple[Mark, Counted]] = []
    i, j = len(ours), len(theirs)
    while i and j:
        if costs[i][j] == costs[i - 1][j]:
            i -= 1
        elif costs[i][j] == costs[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((ours[i], theirs[j]))
    return pairs
