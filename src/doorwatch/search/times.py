"""Times in plain words: `yesterday evening`, `last 3 hours`, `monday 7am to 6pm`, `2026-01-31 18:00-19:00`.

A phrase is one or two points, each a day, a time of day, or both; what one of them lacks it takes from the other.
Everything is meant in the site's time zone, or in one that is named after a time; days are as long as they are there,
summer time included.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from doorwatch.search.days import (
    DOTTED_DAY,
    ISO_BOTH,
    ISO_DAY,
    MONTHS,
    ORDINAL,
    PARTS,
    WEEKDAYS,
    YEAR,
    clock_of,
    date_of,
    month_begin,
)
from doorwatch.search.query import OPEN_END, OPEN_START, Span
from doorwatch.search.zones import zone_called

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_UNITS = {
    **dict.fromkeys(("second", "seconds", "sec", "secs"), SECOND),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), MINUTE),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), HOUR),
    **dict.fromkeys(("day", "days"), DAY),
    **dict.fromkeys(("week", "weeks"), 7 * DAY),
}
_SHORT = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12}

_WITH_OFFSET = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)(z|\+\d{2}:?\d{2})")
_TIGHT_RANGE = re.compile(r"(.*\d(?:am|pm)?)[-\u2013](\d.*)", re.IGNORECASE)

# Names of months that are also words, or too short to be meant alone.
_NOT_ALONE = frozenset(
    {"may", "march", "mar", "sept", "dec", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "oct", "nov"}
)

_TO = frozenset({"to", "until", "till", "til", "through", "and", "-", "\u2013"})
_FILLING = frozenset({"at", "on", "in", "the", "of", "from", "between", "during"})


@dataclass(frozen=True, slots=True)
class Found:
    """A time that was read out of the first `length` words."""

    length: int
    span: Span


@dataclass(frozen=True, slots=True)
class _Point:
    """A day, a stretch of hours in it (since midnight, in seconds), or both."""

    day: date | None = None
    start: int | None = None
    end: int | None = None

    @property
    def has_hours(self) -> bool:
        return self.start is not None


def read_time(words: Sequence[str], now: Micros, zone: tzinfo) -> Found | None:
    """The longest time that the words begin with; None when they begin with none."""
    words = _loosened(tuple(word.casefold() for word in words))
    reader = _Reader(words, now, zone)
    found = reader.read()
    if found is not None and reader.named is not None:
        # A zone that is named once holds for all of the phrase, also for what `yesterday` is.
        found = _Reader(words, now, reader.named).read()
    if found is None:
        return None
    return Found(_original_length(words, found.length), found.span)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of any day, in seconds since midnight, and the zone that was named with them; read until word `length`."""

    length: int
    start: int
    end: int
    zone: tzinfo | None


def read_hours(words: Sequence[str], index: int, now: Micros, zone: tzinfo) -> Hours | None:
    """Times of day without a day, from the word `index` on: `18:00-06:00`, `between 7 and 9pm`, `at 7am`."""
    loosened = _loosened(tuple(word.casefold() for word in words[index:]))
    reader = _Reader(loosened, now, zone)
    found = reader.hours()
    if found is None:
        return None
    length, start, end = found
    return Hours(index + _original_length(loosened, length), start, end, reader.named)


def _loosened(words: tuple[str, ...]) -> tuple[str, ...]:
    """`18:00-19:00` as three words, `2026-01-31T18:00` as two; a mark tells which were not the last of their word."""
    loosened: list[str] = []
    for word in words:
        if both := ISO_BOTH.fullmatch(word):
            loosened += [both[1] + _MARK, *([both[2] + _MARK, both[3]] if both[3] else [both[2]])]
            continue
        if (timed := _WITH_OFFSET.fullmatch(word)) and zone_called(timed[2]):
            loosened += [timed[1] + _MARK, timed[2]]
            continue
        match = None if ISO_DAY.fullmatch(word) else _TIGHT_RANGE.fullmatch(word)
        if match and clock_of(match[1], None) and clock_of(match[2], None):
            loosened += [match[1] + _MARK, "-" + _MARK, match[2]]
        else:
            loosened.append(word)
    return tuple(loosened)


_MARK = "\0"


def _original_length(words: Sequence[str], length: int) -> int:
    return length - sum(1 for word in words[:length] if word.endswith(_MARK))


class _Reader:
    def __init__(self, words: Sequence[str], now: Micros, zone: tzinfo) -> None:
        self._words = [word.removesuffix(_MARK) for word in words]
        self._now = now
        self._zone = zone
        self.named: tzinfo | None = None
        self._today = (_EPOCH + timedelta(microseconds=now)).astimezone(zone).date()

    def read(self) -> Found | None:
        return self._relative(0) or self._open() or self._range(0)

    def _word(self, index: int) -> str:
        return self._words[index] if index < len(self._words) else ""

    def _skip(self, index: int) -> int:
        while self._word(index) in _FILLING:
            index += 1
        return index

    # `last 3 hours`, `in the past week`, `10 days ago`, `this week`

    def _relative(self, index: int) -> Found | None:
        start = self._skip(index)
        word = self._word(start)
        if word in {"last", "past", "previous"}:
            return self._last(word, start + 1)
        if word == "this" and (span := self._calendar(self._word(start + 1), 0)):
            return Found(start + 2, span)
        return self._ago(start) or self._month(start, index)

    def _month(self, index: int, before: int) -> Found | None:
        """`march 2026`, `in march`, `february`: all of the month, the last one that has begun."""
        word, following = self._word(index), self._word(index + 1)
        if word not in MONTHS or ORDINAL.fullmatch(following):
            return None
        if YEAR.fullmatch(following):
            first, length = date_of(int(following), MONTHS[word], 1), index + 2
        elif word in _NOT_ALONE and (index == before or self._word(index - 1) != "in"):
            return None
        else:
            year = self._today.year - (MONTHS[word] > self._today.month)
            first, length = date_of(year, MONTHS[word], 1), index + 1
        if first is None:
            return None
        return Found(length, Span(self._at(first, 0), self._at(month_begin(first, 1), 0)))

    def _last(self, word: str, index: int) -> Found | None:
        if amount := self._amount(index):
            length, micros = amount
            return Found(index + length, Span(self._now - micros, self._now + SECOND))
        unit = self._word(index)
        if word != "past" and (span := self._calendar(unit, -1)):
            return Found(index + 1, span)
        if unit == "night" and word == "last":
            return Found(index + 1, self._hours(self._today - timedelta(days=1), 18 * 3600, 30 * 3600))
        if unit in _UNITS:
            return Found(index + 1, Span(self._now - _UNITS[unit], self._now + SECOND))
        if unit in {"month", "year"}:
            days = 30 if unit == "month" else 365
            return Found(index + 1, Span(self._now - days * DAY, self._now + SECOND))
        return None

    def _ago(self, index: int) -> Found | None:
        amount = self._amount(index)
        if amount is None or self._word(index + amount[0]) != "ago":
            return None
        length, micros = amount
        if micros % DAY == 0:
            day = self._today - timedelta(days=micros // DAY)
            return Found(index + length + 1, self._hours(day, 0, 86_400))
        unit = MINUTE if micros % HOUR else HOUR
        return Found(index + length + 1, Span(self._now - micros - unit // 2, self._now - micros + unit // 2))

    def _amount(self, index: int) -> tuple[int, Micros] | None:
        word = self._word(index)
        if match := re.fullmatch(r"(\d{1,4})([smhdw])", word):
            return 1, int(match[1]) * _SHORT[match[2]]
        number = int(word) if re.fullmatch(r"\d{1,4}", word) else _NUMBERS.get(word)
        unit = _UNITS.get(self._word(index + 1))
        return None if number is None or unit is None else (2, number * unit)

    def _calendar(self, unit: str, step: int) -> Span | None:
        if unit == "week":
            monday = self._today - timedelta(days=self._today.weekday()) + timedelta(weeks=step)
            return Span(self._at(monday, 0), self._at(monday + timedelta(weeks=1), 0))
        if unit == "month":
            first = month_begin(self._today, step)
            return Span(self._at(first, 0), self._at(month_begin(first, 1), 0))
        if unit == "year":
            first = date(self._today.year + step, 1, 1)
            return Span(self._at(first, 0), self._at(date(first.year + 1, 1, 1), 0))
        return None

    # `since monday`, `after 18:00`, `before yesterday`, `until noon`

    def _open(self) -> Found | None:
        word = self._word(0)
        if word not in {"since", "after", "before", "until", "till"}:
            return None
        point, length = self._point(self._skip(1))
        if point is None:
            inner = self._relative(1)
            if inner is None:
                return None
            length, span = inner.length, inner.span
        else:
            span = self._span(point)
        if word == "since":
            return Found(length, Span(span.start, OPEN_END))
        if word == "after":
            whole = point is not None and not point.has_hours
            return Found(length, Span(span.end if whole else span.start, OPEN_END))
        return Found(length, Span(OPEN_START, span.start))

    # `monday 7am to 6pm`, `yesterday evening`, `from 22:00 to 6:00`, `jan 3 to jan 5`

    def _range(self, index: int) -> Found | None:
        begin = self._skip(index)
        first, length = self._point(begin)
        if first is None:
            return None
        if self._word(length) in _TO:
            second, further = self._point(self._skip(length + 1))
            if second is None:
                second, further = self._bare_hour(self._skip(length + 1))
            if second is not None:
                return Found(further, self._between(first, second, weekdays=self._word(begin) in WEEKDAYS))
        return Found(length, self._span(first))

    def hours(self) -> tuple[int, int, int] | None:
        """Where the next word is, and the hours from the first word on; None when a day is among them."""
        first, length = self._point(self._skip(0))
        if first is None or first.start is None or first.end is None or first.day is not None:
            return None
        if self._word(length) in _TO:
            second, further = self._point(self._skip(length + 1))
            if second is None:
                second, further = self._bare_hour(self._skip(length + 1))
            if second is not None and second.start is not None and second.day is None:
                return further, first.start, second.start
        return length, first.start, first.end

    def _between(self, first: _Point, second: _Point, *, weekdays: bool) -> Span:
        day = first.day or second.day or self._likely_day(first)
        last = second.day or day
        if last < day:
            # On a Wednesday `monday to friday` is last week's; what is given the wrong way round is meant the right way.
            day, last = (day - timedelta(weeks=1), last) if weekdays else (last, day)
        start = self._at(day, first.start or 0)
        if not second.has_hours:
            return Span(start, self._at(last + timedelta(days=1), 0))
        end = self._at(last, second.start or 0)
        if end <= start and second.day is None:
            end = self._at(last + timedelta(days=1), second.start or 0)
        return Span(min(start, end), max(start, end))

    def _span(self, point: _Point) -> Span:
        day = point.day or self._likely_day(point)
        if point.start is None or point.end is None:
            return self._hours(day, 0, 86_400)
        return self._hours(day, point.start, point.end)

    def _likely_day(self, point: _Point) -> date:
        """A time without a day is the last one that has begun."""
        begins = self._at(self._today, point.start or 0)
        return self._today if begins <= self._now else self._today - timedelta(days=1)

    def _hours(self, day: date, start: int, end: int) -> Span:
        return Span(self._at(day, start), self._at(day, end))

    def _at(self, day: date, seconds: int) -> Micros:
        extra, rest = divmod(seconds, 86_400)
        clock = time(rest // 3600, rest // 60 % 60, rest % 60, tzinfo=self._zone)
        moment = datetime.combine(day + timedelta(days=extra), clock)
        return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)

    def _point(self, index: int) -> tuple[_Point | None, int]:
        """A point that begins at the word, and where the next word is."""
        start = index
        day: date | None = None
        hours: tuple[int, int] | None = None
        while True:
            here = self._skip(index) if index > start else index
            if day is None and (got := self._day(here)):
                day, index = got
            elif hours is None and (part := self._part(here, day)):
                hours, index, day = part
            elif hours is None and (clock := self._clock_at(here)):
                hours, index = clock
            elif hours is not None and (named := zone_called(self._word(index))):
                self.named, index = named, index + 1
            else:
                break
        if day is None and hours is None:
            return None, start
        return _Point(day, *(hours or (None, None))), index

    def _part(self, index: int, day: date | None) -> tuple[tuple[int, int], int, date | None] | None:
        index += self._word(index) == "this" and self._word(index + 1) in PARTS
        word = self._word(index)
        if word == "tonight":
            return (18 * 3600, 30 * 3600), index + 1, day or self._today
        if word in PARTS and (day is not None or word != "night"):
            start, end = PARTS[word]
            return (start * 3600, end * 3600), index + 1, day
        return None

    def _clock_at(self, index: int) -> tuple[tuple[int, int], int] | None:
        word, following = self._word(index), self._word(index + 1)
        if following in {"am", "pm"} and re.fullmatch(r"\d{1,2}(:\d{2}){0,2}", word):
            got = clock_of(word + following, None)
            return None if got is None else ((got, got + 3600), index + 2)
        bare = re.fullmatch(r"\d{1,2}", word) is not None
        if bare and not (following in _TO and self._tells_hour(index + 2)):
            return None
        got = clock_of(word, self._suffix_of(index + 2) if bare else None)
        return None if got is None else ((got, got + 3600), index + 1)

    def _tells_hour(self, index: int) -> bool:
        """Whether `7 to 9pm` ends in something that makes the 7 a time of day."""
        return self._suffix_of(index) is not None or ":" in self._word(index)

    def _suffix_of(self, index: int) -> str | None:
        word = self._word(index)
        match = re.fullmatch(r"\d{1,2}(?::\d{2})?(am|pm)", word)
        if match:
            return match[1]
        return self._word(index + 1) if self._word(index + 1) in {"am", "pm"} else None

    def _bare_hour(self, index: int) -> tuple[_Point | None, int]:
        """`18:00 to 19`."""
        word = self._word(index)
        if re.fullmatch(r"\d{1,2}", word) and int(word) <= 24:
            return _Point(None, int(word) * 3600, int(word) * 3600 + 3600), index + 1
        return None, index

    def _day(self, index: int) -> tuple[date, int] | None:
        word = self._word(index)
        if word == "today":
            return self._today, index + 1
        if word == "yesterday":
            return self._today - timedelta(days=1), index + 1
        if self._words[index : index + 3] == ["day", "before", "yesterday"]:
            return self._today - timedelta(days=2), index + 3
        last = word in {"last", "this"}
        if (name := self._word(index + last)) in WEEKDAYS:
            back = (self._today.weekday() - WEEKDAYS[name]) % 7
            return self._today - timedelta(days=back or (7 if word == "last" else 0)), index + 1 + last
        return self._written_day(index) or self._named_day(index)

    def _written_day(self, index: int) -> tuple[date, int] | None:
        word = self._word(index)
        if match := ISO_DAY.fullmatch(word):
            day = date_of(int(match[1]), int(match[2]), int(match[3]))
            return None if day is None else (day, index + 1)
        if match := DOTTED_DAY.fullmatch(word):
            found = self._dated(match[3], int(match[2]), int(match[1]))
            return None if found is None else (found, index + 1)
        return None

    def _named_day(self, index: int) -> tuple[date, int] | None:
        first, second = self._word(index), self._word(index + 1)
        if first in MONTHS and (match := ORDINAL.fullmatch(second)):
            month, number = MONTHS[first], int(match[1])
        elif second in MONTHS and (match := ORDINAL.fullmatch(first)):
            month, number = MONTHS[second], int(match[1])
        else:
            return None
        year = self._word(index + 2)
        found = self._dated(year if YEAR.fullmatch(year) else None, month, number)
        return None if found is None else (found, index + (3 if YEAR.fullmatch(year) else 2))

    def _dated(self, year: str | None, month: int, number: int) -> date | None:
        """A day without a year is the last one that has begun."""
        if year is not None:
            return date_of(int(year), month, number)
        this = date_of(self._today.year, month, number)
        return this if this is not None and this <= self._today else date_of(self._today.year - 1, month, number)
