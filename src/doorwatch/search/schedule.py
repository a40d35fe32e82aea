"""What comes again: `weekdays 18:00-06:00`, `every monday`, `weekend nights`, `mondays and fridays at 7am`, `mornings`.

A stretch that goes over midnight belongs to the day on which it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from doorwatch.domain.time import Micros
from doorwatch.search.days import PARTS, WEEKDAYS
from doorwatch.search.query import Schedule
from doorwatch.search.times import Hours, read_hours
from doorwatch.search.zones import offsets_around

_ALL = frozenset(range(7))
_DAYS = {
    **dict.fromkeys(("weekdays", "weekday", "workdays", "mon-fri", "mo-fr"), frozenset(range(5))),
    **dict.fromkeys(("weekends", "weekend", "sat-sun"), frozenset((5, 6))),
    "daily": _ALL,
    **{f"{name}s": frozenset({number}) for name, number in WEEKDAYS.items() if name.endswith("day")},
}
_EVERY = {
    **{name: frozenset({number}) for name, number in WEEKDAYS.items()},
    **dict.fromkeys(("day", "days"), _ALL),
    "weekday": _DAYS["weekday"],
    "weekend": _DAYS["weekend"],
}
_PARTS = {f"{name}s": name for name in PARTS}
_BEFORE = frozenset({"on", "during"})
_BETWEEN = frozenset({"and", "or"})
_WHOLE_DAY = Hours(0, 0, 86_400, None)
_OFFICE = frozenset({"business", "office", "working", "work"})
OFFICE_HOURS = (8 * 3600, 18 * 3600)
"""Monday to Friday; what `business hours` means everywhere."""


@dataclass(frozen=True, slots=True)
class FoundSchedule:
    """A schedule that was read out of the first `length` words."""

    length: int
    schedule: Schedule
    zone: tzinfo | None
    """The zone that was named with it."""
    negated: bool = False
    """Whether all other times are meant: `outside business hours`."""


def read_schedule(words: Sequence[str], now: Micros, zone: tzinfo) -> FoundSchedule | None:
    """The longest schedule that the words begin with; None when they begin with none."""
    words = [word.casefold().rstrip(",") for word in words]
    return _office(words, now, zone) or _outside(words, now, zone) or _again(words, now, zone)


def _office(words: Sequence[str], now: Micros, zone: tzinfo) -> FoundSchedule | None:
    """`business hours`, `during office hours`, `after hours`, `outside of working hours`."""
    out = {("outside",): 1, ("outside", "of"): 2, ("out", "of"): 2, ("after",): 1, ("off",): 1}
    outside = max((length for said, length in out.items() if tuple(words[:length]) == said), default=0)
    index = outside or (1 if words and words[0] in {*_BEFORE, "in", "within"} else 0)
    index += index < len(words) and words[index] in {"the", "normal", "regular"}
    named = index < len(words) and words[index] in _OFFICE
    if (not named and not outside) or words[index + named : index + named + 1] != ["hours"]:
        return None
    schedule = Schedule(_DAYS["weekdays"], *OFFICE_HOURS, offsets_around(zone, now))
    return FoundSchedule(index + named + 1, schedule, None, negated=bool(outside))


def _outside(words: Sequence[str], now: Micros, zone: tzinfo) -> FoundSchedule | None:
    """`outside 8:00-18:00`, `outside weekdays 8am to 6pm`."""
    if words[:1] != ["outside"]:
        return None
    index = 2 if words[1:2] == ["of"] else 1
    inner = _again(words[index:], now, zone) or _again(["daily", *words[index:]], now, zone)
    if inner is None:
        return None
    added = inner.length if _again(words[index:], now, zone) else inner.length - 1
    return replace(inner, length=index + added, negated=True)


def _again(words: Sequence[str], now: Micros, zone: tzinfo) -> FoundSchedule | None:
    if tuple(words[:2]) in {("at", "night"), ("by", "night")}:
        words = ["nights", *words[2:]]
        found = _again(words, now, zone)
        return found and replace(found, length=found.length + 1)
    index = 1 if words and words[0] in _BEFORE else 0
    length, days, alone = _days(words, index)
    part = _part(words, length, named=days is not None)
    hours = part or (read_hours(words, length, now, zone) if days is not None else None)
    if days is None and hours is None:
        return None
    if hours is None and not alone:
        return None  # `every day` says nothing by itself
    end, hours = (length, _WHOLE_DAY) if hours is None else (hours.length, hours)
    offsets = offsets_around(hours.zone or zone, now)
    schedule = Schedule(_ALL if days is None else days, hours.start, hours.end % 86_401, offsets)
    return FoundSchedule(end, schedule, hours.zone)


def _days(words: Sequence[str], index: int) -> tuple[int, frozenset[int] | None, bool]:
    """Where the next word is, the days that were named, and whether they narrow anything down."""
    days: frozenset[int] | None = None
    while True:
        found = _one(words, index)
        if found is None:
            break
        index, more = found
        days = more if days is None else days | more
        if index < len(words) and words[index] in _BETWEEN and _one(words, index + 1) is not None:
            index += 1
    return index, days, days is not None and days != _ALL


def _one(words: Sequence[str], index: int) -> tuple[int, frozenset[int]] | None:
    word = words[index] if index < len(words) else ""
    if word in {"every", "each"}:
        following = words[index + 1] if index + 1 < len(words) else ""
        return (index + 2, _EVERY[following]) if following in _EVERY else None
    return (index + 1, _DAYS[word]) if word in _DAYS else None


def _part(words: Sequence[str], index: int, *, named: bool) -> Hours | None:
    """`weekday mornings`, `weekday morning`, or `mornings` alone."""
    word = words[index] if index < len(words) else ""
    name = _PARTS.get(word, word if named else "")
    if name not in PARTS:
        return None
    start, end = PARTS[name]
    return Hours(index + 1, start * 3600, end * 3600 if end <= 24 else (end - 24) * 3600, None)
