"""Stretches of time that are told from now, and those of the calendar.

`last 3 hours`, `10 days ago`, `this week`, `last weekend`, `q3 2026`, `week 48`, `march 2026`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from doorwatch.search.days import FIRST_YEAR, LAST_YEAR, MONTHS, NIGHT, ORDINAL, YEAR, date_of, month_begin, part_of
from doorwatch.search.points import Points
from doorwatch.search.query import Span

_UNITS = {
    **dict.fromkeys(("second", "seconds", "sec", "secs"), SECOND),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), MINUTE),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), HOUR),
    **dict.fromkeys(("day", "days"), DAY),
    **dict.fromkeys(("week", "weeks"), 7 * DAY),
}
_SHORT = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "twelve": 12,
    "few": 3,
    "couple": 2,
}
_QUARTER = re.compile(r"q([1-4])")

# Names of months that are also words, or too short to be meant alone.
_NOT_ALONE = frozenset(
    {"may", "march", "mar", "sept", "dec", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "oct", "nov"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A time that was read out of the first `length` words."""

    length: int
    span: Span


def read_stretch(points: Points, index: int) -> Found | None:
    """The stretch that the words begin with from there on, past prepositions; None when they begin with none."""
    start = points.skip(index)
    word = points.word(start)
    if word in {"last", "past", "previous"}:
        return _last(points, word, start + 1)
    if word == "this":
        return _calendar(points, start + 1, 0)
    begun = -1 if points.today.weekday() < 5 else 0
    if [points.word(start), points.word(start + 1), points.word(start + 2)] == ["over", "the", "weekend"]:
        return _calendar(points, start + 2, begun)
    if word == "weekend" and start > index and points.word(start - 1) == "the":
        return _calendar(points, start, begun)
    return _night(points, start) or _ago(points, start) or _numbered(points, start) or _month(points, start, index)


def _night(points: Points, index: int) -> Found | None:
    """`overnight`, `late last night`."""
    half = points.word(index) if points.word(index) in {"early", "late"} else ""
    if half and [points.word(index + n) for n in (1, 2)] == ["last", "night"]:
        return _last_night(points, index + 3, half)
    return _last_night(points, index + 1) if points.word(index) == "overnight" else None


def _last_night(points: Points, length: int, half: str = "") -> Found:
    hours = (22 * 3600, 28 * 3600) if half == "late" else part_of(NIGHT, half)
    return Found(length, points.hours(points.today - timedelta(days=1), *hours))


def _month(points: Points, index: int, before: int) -> Found | None:
    """`march 2026`, `in march`, `february`: all of the month, the last one that has begun."""
    word, following = points.word(index), points.word(index + 1)
    if word not in MONTHS or ORDINAL.fullmatch(following):
        return None
    if YEAR.fullmatch(following):
        first, length = date_of(int(following), MONTHS[word], 1), index + 2
    elif word in _NOT_ALONE and (index == before or points.word(index - 1) != "in"):
        return None
    else:
        year = points.today.year - (MONTHS[word] > points.today.month)
        first, length = date_of(year, MONTHS[word], 1), index + 1
    return None if first is None else Found(length, points.days(first, month_begin(first, 1)))


def _numbered(points: Points, index: int) -> Found | None:
    """`q3 2026`, `q3`, `week 48`, `kw 48`: the last one that has begun, where no year is said."""
    quarter = _QUARTER.fullmatch(points.word(index))
    week = points.word(index) in {"week", "kw", "cw"} and re.fullmatch(r"\d{1,2}", points.word(index + 1))
    if not quarter and not week:
        return None
    number, length = (int(quarter[1]), index + 1) if quarter else (int(points.word(index + 1)), index + 2)
    begin = _quarter_begin if quarter else _week_begin
    if YEAR.fullmatch(points.word(length)):
        first, length = begin(int(points.word(length)), number), length + 1
    else:
        first = _begun(points.today, number, begin)
    if first is None:
        return None
    return Found(length, points.days(first, month_begin(first, 3) if quarter else first + timedelta(weeks=1)))


def _begun(today: date, number: int, begin: Callable[[int, int], date | None]) -> date | None:
    this = begin(today.year, number)
    return this if this is not None and this <= today else begin(today.year - 1, number)


def _quarter_begin(year: int, number: int) -> date | None:
    return date_of(year, number * 3 - 2, 1)


def _week_begin(year: int, number: int) -> date | None:
    try:
        return date.fromisocalendar(year, number, 1) if FIRST_YEAR < year <= LAST_YEAR else None
    except ValueError:
        return None


def _last(points: Points, word: str, index: int) -> Found | None:
    now = points.now
    if amount := _amount(points, index):
        length, micros = amount
        return Found(index + length, Span(now - micros, now + SECOND))
    unit = points.word(index)
    if word != "past" and (found := _calendar(points, index, -1)):
        return found
    if unit == "night" and word == "last":
        return _last_night(points, index + 1)
    if unit in _UNITS:
        return Found(index + 1, Span(now - _UNITS[unit], now + SECOND))
    days = {"month": 30, "quarter": 91, "year": 365}.get(unit)
    return None if days is None else Found(index + 1, Span(now - days * DAY, now + SECOND))


def _ago(points: Points, index: int) -> Found | None:
    amount = _amount(points, index)
    if amount is None or points.word(index + amount[0]) != "ago":
        return None
    length, micros = amount
    if micros % DAY == 0:
        day = points.today - timedelta(days=micros // DAY)
        return Found(index + length + 1, points.hours(day, 0, 86_400))
    about = HOUR if micros % HOUR == 0 else max(MINUTE, micros)  # nobody knows to the minute
    return Found(index + length + 1, Span(points.now - micros - about // 2, points.now - micros + about // 2))


def _amount(points: Points, index: int) -> tuple[int, Micros] | None:
    """How many words a length of time has, and how long it is: `90 minutes`, `3h`, `half an hour`, `a couple of days`."""
    word = points.word(index)
    if (match := re.fullmatch(r"(\d{1,4})([a-z]+)", word)) and (length := (_UNITS | _SHORT).get(match[2])):
        return 1, int(match[1]) * length
    if word == "half":
        article = points.word(index + 1) in {"a", "an"}
        unit = _UNITS.get(points.word(index + 1 + article))
        return None if unit is None or unit < MINUTE else (2 + article, unit // 2)
    begin = index
    index += word == "a" and points.word(index + 1) in {"few", "couple"}
    word = points.word(index)
    number = int(word) if re.fullmatch(r"\d{1,4}", word) else _NUMBERS.get(word)
    index += word == "couple" and points.word(index + 1) == "of"
    unit = _UNITS.get(points.word(index + 1))
    return None if number is None or unit is None else (index + 2 - begin, number * unit)


def _calendar(points: Points, index: int, step: int) -> Found | None:
    """A week, weekend, month, quarter or year of the calendar, so many later."""
    today, unit = points.today, points.word(index)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
    if unit == "week":
        span = points.days(monday, monday + timedelta(weeks=1))
    elif unit == "weekend":
        span = points.days(monday + timedelta(days=5), monday + timedelta(weeks=1))
    elif unit in {"month", "quarter"}:
        months = 1 if unit == "month" else 3
        first = month_begin(today, step * months - (0 if unit == "month" else (today.month - 1) % 3))
        span = points.days(first, month_begin(first, months))
    elif unit == "year":
        first = date(today.year + step, 1, 1)
        span = points.days(first, date(first.year + 1, 1, 1))
    else:
        return None
    return Found(index + 1, span)
