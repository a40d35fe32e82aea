"""Times in plain words: `yesterday evening`, `last 3 hours`, `monday 7am to 6pm`, `2026-01-31 18:00-19:00`.

A phrase is a stretch, or one or two points, each a day, a time of day, or both; what one of them lacks it takes from the
other. Everything is meant in the site's time zone, or in one that is named after a time; days are as long as they are
there, summer time included.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo

from doorwatch.domain.time import Micros
from doorwatch.search.days import (
    DOTTED_DAY,
    ISO_BOTH,
    ISO_DAY,
    MONTHS,
    ORDINAL,
    SLASHED_DAY,
    WEEKDAYS,
    YEAR,
    clock_of,
    date_of,
)
from doorwatch.search.points import TO, Point, Points
from doorwatch.search.query import OPEN_END, OPEN_START, Span
from doorwatch.search.stretches import Found, read_stretch
from doorwatch.search.zones import zone_called

_WITH_OFFSET = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)(z|\+\d{2}:?\d{2})")
_TIGHT_RANGE = re.compile(r"(.*\d\.?(?:am|pm|h)?)[-\u2013](\d.*)", re.IGNORECASE)
_DAYS_OF_MONTH = re.compile(r"(\d{1,2})\.?[-\u2013](\d{1,2})\.(\d{1,2})(?:\.(\d{2,4})?)?")
_MILITARY_CLOCK = re.compile(r"([01]\d|2[0-3])([0-5]\d)(?:h|hrs|hours)")
_FRENCH_CLOCK = re.compile(r"(\d{1,2})h(\d{2})")
_ENGLISH_CLOCK = re.compile(r"(\d{1,2})\.(\d{2})(am|pm)")
_CLOCKS = (_FRENCH_CLOCK, _ENGLISH_CLOCK, _MILITARY_CLOCK)
_FROM = frozenset({"between", "from"})
_SHORT = {"nite": "night", "tonite": "tonight", "2nite": "tonight", "yday": "yesterday", "ystrday": "yesterday"}
"""As people write on a phone."""
_MARK = "\0"


def read_time(words: Sequence[str], now: Micros, zone: tzinfo) -> Found | None:
    """The longest time that the words begin with; None when they begin with none."""
    words = _loosened(tuple(_SHORT.get(word.casefold(), word.casefold()) for word in words))
    reader = _Reader(words, now, zone)
    found = reader.read()
    if found is not None and reader.named is not None:
        # A zone that is named once holds for all of the phrase, also for what `yesterday` is.
        found = _Reader(words, now, reader.named).read()
    if found is None or _is_cut(words, found.length):
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
    found = reader.of_any_day()
    if found is None:
        return None
    length, start, end = found
    if _is_cut(loosened, length):
        return None
    return Hours(index + _original_length(loosened, length), start, end, reader.named)


def _loosened(words: tuple[str, ...]) -> tuple[str, ...]:
    """`18:00-19:00` as three words, `2026-01-31T18:00` as two; a mark tells which were not the last of their word."""
    loosened: list[str] = []
    for word in words:
        parts = _parts(word)
        loosened += [*(part + _MARK for part in parts[:-1]), parts[-1]]
    return tuple(loosened)


def _parts(word: str) -> list[str]:
    """What a word is made of."""
    if both := ISO_BOTH.fullmatch(word):
        return [one for one in both.groups() if one]
    if (timed := _WITH_OFFSET.fullmatch(word)) and zone_called(timed[2]):
        return [timed[1], timed[2]]
    if clock := next(filter(None, (one.fullmatch(word) for one in _CLOCKS)), None):
        return [f"{clock[1]}:{''.join(clock.groups()[1:])}"]
    if of_month := _DAYS_OF_MONTH.fullmatch(word):
        year = f".{of_month[4]}" if of_month[4] else ""
        return [f"{of_month[1]}.{of_month[3]}{year}", "-", f"{of_month[2]}.{of_month[3]}{year}"]
    match = None if ISO_DAY.fullmatch(word) else _TIGHT_RANGE.fullmatch(word)
    if match and all(clock_of(one, None) is not None or _is_day(one) for one in match.groups()):
        return [match[1], "-", match[2]]
    return [word]


def _is_day(word: str) -> bool:
    return any(one.fullmatch(word) for one in (DOTTED_DAY, SLASHED_DAY))


def _is_cut(words: Sequence[str], length: int) -> bool:
    """Whether the last word was read in part: of `5.10.-5.77.` only the first is a day."""
    return words[length - 1].endswith(_MARK)


def _original_length(words: Sequence[str], length: int) -> int:
    return length - sum(1 for word in words[:length] if word.endswith(_MARK))


class _Reader(Points):
    """Puts one or two points, or a stretch, together to a time."""

    def __init__(self, words: Sequence[str], now: Micros, zone: tzinfo) -> None:
        super().__init__([word.removesuffix(_MARK) for word in words], now, zone)

    def read(self) -> Found | None:
        found = [one for one in (read_stretch(self, 0), self._open(), self._range(0)) if one is not None]
        return max(found, key=lambda one: one.length, default=None)

    # `since monday`, `after 18:00`, `before yesterday`, `until noon`, `after 22`

    def _open(self) -> Found | None:
        word = self.word(0)
        if word not in {"since", "after", "before", "until", "till"}:
            return None
        point, length = self.point(self.skip(1))
        if point is None and (inner := read_stretch(self, 1)) is not None:
            length, span = inner.length, inner.span
        else:
            point, length = (point, length) if point is not None else self._hour_of_a_day(self.skip(1))
            if point is None:
                return None
            span = self.span(point)
        if word == "since":
            return Found(length, Span(span.start, OPEN_END))
        if word == "after":
            whole = point is not None and not point.has_hours
            return Found(length, Span(span.end if whole else span.start, OPEN_END))
        return Found(length, Span(OPEN_START, span.start))

    def _hour_of_a_day(self, index: int) -> tuple[Point | None, int]:
        """`after 22`, `after 22 yesterday`."""
        hour, length = self.bare_hour(index)
        if hour is None:
            return None, index
        day, further = self.point(self.skip(length))
        if day is None or day.has_hours:
            return hour, length
        return replace(hour, day=day.day), further

    # `monday 7am to 6pm`, `yesterday evening`, `from 22:00 to 6:00`, `jan 3 to jan 5`, `yesterday between 5 and 6`

    def _range(self, index: int) -> Found | None:
        begin = self.skip(index)
        if days := self._days_of_month(begin):
            return days
        first, length = self.point(begin)
        if first is None or not first.has_hours:
            bare = self._between_hours(first, length if first is not None else begin)
            if bare is not None:
                return bare
        if first is None:
            return None
        if self.word(length) in TO:
            second, further = self.point(self.skip(length + 1))
            if second is None:
                second, further = self.bare_hour(self.skip(length + 1))
            if second is not None:
                return Found(further, self._between(first, second, weekdays=self.word(begin) in WEEKDAYS))
        return Found(length, self.span(first))

    def _days_of_month(self, index: int) -> Found | None:
        """`1-3 november`, `nov 1 to 3 2026`: of the last such month that has begun, unless a year is said."""
        before = self.word(index) in MONTHS
        month = self.word(index if before else index + 3)
        first, last = (ORDINAL.fullmatch(self.word(index + before + n)) for n in (0, 2))
        if month not in MONTHS or not first or not last or self.word(index + before + 1) not in TO:
            return None
        length = index + 4 + bool(YEAR.fullmatch(self.word(index + 4)))
        year = int(self.word(index + 4)) if length == index + 5 else self.today.year
        if length == index + 4 and (MONTHS[month], int(first[1])) > (self.today.month, self.today.day):
            year -= 1
        begin, end = (date_of(year, MONTHS[month], int(one[1])) for one in (first, last))
        if begin is None or end is None or end < begin:
            return None
        return Found(length, self.days(begin, end + timedelta(days=1)))

    def _between_hours(self, on: Point | None, index: int) -> Found | None:
        """`between 5 and 6`, after a day or before one: hours that only `between` or `from` tells to be such."""
        begin = self.skip(index)
        if begin == 0 or self.word(begin - 1) not in _FROM:
            return None
        first, length = self.bare_hour(begin)
        if first is None or self.word(length) not in TO:
            return None
        second, further = self.bare_hour(self.skip(length + 1))
        if second is None:
            return None
        if on is None:
            on, after = self.point(self.skip(further))
            on, further = (None, further) if on is None or on.has_hours else (on, after)
        return Found(further, self._between(replace(first, day=on.day if on else None), second, weekdays=False))

    def of_any_day(self) -> tuple[int, int, int] | None:
        """Where the next word is, and the hours from the first word on; None when a day is among them."""
        first, length = self.point(self.skip(0))
        if first is None or first.start is None or first.end is None or first.day is not None:
            return None
        if self.word(length) in TO:
            second, further = self.point(self.skip(length + 1))
            if second is None:
                second, further = self.bare_hour(self.skip(length + 1))
            if second is not None and second.start is not None and second.day is None:
                return further, first.start % 86_400, second.start
        return length, first.start % 86_400, first.end

    def _between(self, first: Point, second: Point, *, weekdays: bool) -> Span:
        day = self.begun(first) if first.day else second.day or self.likely_day(first)
        last = second.day or day
        if last < day and last in self.yearless:
            last = (
                date_of(last.year + 1, last.month, last.day) or last
            )  # on the 25th, `24.11. to 26.11.` is this year's
        if last < day:
            # On a Wednesday `monday to friday` is last week's; what is given the wrong way round is meant the right way.
            day, last = (day - timedelta(weeks=1), last) if weekdays else (last, day)
        start = self.at(day, first.start or 0)
        if not second.has_hours:
            return Span(start, self.at(last + timedelta(days=1), 0))
        end = self.at(last, second.start or 0)
        if end <= start and second.day is None:
            end = self.at(last + timedelta(days=1), second.start or 0)
        return Span(min(start, end), max(start, end))
