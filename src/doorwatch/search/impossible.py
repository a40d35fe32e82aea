"""Days and times that there are not, such as `2026-02-30`, `30 february` or `25:00`: they are said to be left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.search.days import DASHED_DAY, DOTTED_DAY, ISO_BOTH, ISO_DAY, MONTHS, ORDINAL, SLASHED_DAY, YEAR

_CLOCK = re.compile(r"\d{1,2}(:\d{2}){1,2}|\d{1,2}(am|pm)")


@dataclass(frozen=True, slots=True)
class Impossible:
    """A day or a time that there is not, in the first `length` words, and a sentence that says so."""

    length: int
    sentence: str


def read_impossible(words: Sequence[str]) -> Impossible | None:
    """A day or time that there is not, where words begin with one that nothing else could be read of; else None."""
    first, second, third = ([word.casefold() for word in words[:3]] + ["", "", ""])[:3]
    written = any(form.fullmatch(first) for form in (ISO_DAY, ISO_BOTH, DASHED_DAY))
    if written or any((short := form.fullmatch(first)) and short[3] for form in (DOTTED_DAY, SLASHED_DAY)):
        return Impossible(1, f"There is no day {first}")
    for month, day in ((first, second), (second, first)):
        if month in MONTHS and ORDINAL.fullmatch(day):
            length = 3 if YEAR.fullmatch(third) else 2
            return Impossible(length, f"There is no day {' '.join(words[:length])}")
    if _CLOCK.fullmatch(first):
        return Impossible(1, f"There is no time {first}")
    return None
