"""How long a disk has room for recordings at the rate at which they grow now."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Growth:
    """Recordings that grow by `rate` bytes a day from one day (counted from now on, 0 is now) to another."""

    rate: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Shelf:
    """One camera's recordings, sizes in bytes and times in days.

    `rate` is what is added a day; `age` and `event_age` are those of the oldest recording without and with events, and
    `days` and `event_days` how old each may get. `event_share` is the part of the rate that stays beyond `days`;
    `room` is what may be added at all, None without a limit.
    """

    rate: float
    age: float
    days: float
    event_age: float
    event_days: float
    event_share: float
    room: float | None = None

    def growths(self) -> list[Growth]:
        """How it grows: by everything until its oldest goes by age, then by what events keep until that goes, too."""
        first = max(0.0, self.days - self.age)
        second = max(first, self.event_days - self.event_age)
        grown = [Growth(self.rate, 0.0, first), Growth(self.rate * self.event_share, first, second)]
        return _within(math.inf if self.room is None else max(0.0, self.room), grown)


def _within(room: float, growths: Iterable[Growth]) -> list[Growth]:
    """The growths up to where the room is used up."""
    kept: list[Growth] = []
    for one in growths:
        added = one.rate * (one.end - one.begin)
        if added > room:
            return [*kept, Growth(one.rate, one.begin, one.begin + room / one.rate)]
        room -= added
        kept.append(one)
    return kept


def days_until_full(room: float, growths: Iterable[Growth]) -> float | None:
    """Days until recordings that grow so take `room` bytes more; None when they never do."""
    pieces = [one for one in growths if one.rate > 0 and one.end > one.begin]
    times = sorted({0.0, *(one.begin for one in pieces), *(one.end for one in pieces)})
    if room <= 0:
        return 0.0
    for begin, end in itertools.pairwise(times):
        rate = sum(one.rate for one in pieces if one.begin <= begin and one.end >= end)
        if rate * (end - begin) >= room:
            return begin + room / rate
        room -= rate * (end - begin)
    return None
