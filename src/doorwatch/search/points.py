"""Points in time as people write them: a day, a time of day, or both, in the zone of the place or one that is named."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from doorwatch.domain.time import Micros
from doorwatch.search.days import (
    DASHED_DAY,
    DOTTED_DAY,
    ISO_DAY,
    LUNCH,
    MONTHS,
    NIGHT,
    ORDINAL,
    PARTS,
    SLASHED_DAY,
    WEEKDAYS,
    YEAR,
    clock_of,
    date_of,
    part_of,
    year_of,
)
from doorwatch.search.query import Span
from doorwatch.search.zones import is_month_first, zone_called

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TO = frozenset({"to", "until", "till", "til", "through", "and", "-", "\u2013"})
_FILLING = frozenset({"at", "on", "in", "the", "of", "from", "between", "during"})
_AROUND = frozenset({"around", "about", "approximately", "approx", "circa", "ca"})
_OCLOCK = frozenset({"o'clock", "o\u2019clock", "oclock", "uhr", "hrs", "hours"})
_MILITARY = re.compile(r"([01]\d|2[0-3])([0-5]\d)")
_HALF_HOUR = 1800
_HALVES = frozenset({"early", "late"})
_NO_HOUR = frozenset(
    {
        *("second", "seconds", "sec", "minute", "minutes", "min", "mins", "hour", "day", "days", "week", "weeks"),
        *("month", "months", "year", "years", "people", "person", "persons", "grant", "grants", "badge", "badges"),
        *("time", "times", "door", "doors", "camera", "cameras", "or"),
    }
)
"""After a number they tell that it is no time of day."""
_OF_WEEK = frozenset({"last", "this"})


@dataclass(frozen=True, slots=True)
class Point:
    """A day, a stretch of hours in it (since midnight, in seconds), or both."""

    day: date | None = None
    start: int | None = None
    end: int | None = None

    @property
    def has_hours(self) -> bool:
        """Whether a time of day was said."""
        return self.start is not None


class Points:
    """Reads points out of words in lower case; `named` is the zone that was named among them."""

    def __init__(self, words: Sequence[str], now: Micros, zone: tzinfo) -> None:
        self._words = words
        self._zone = zone
        self.now = now
        self.named: tzinfo | None = None
        self.yearless: set[date] = set()
        """Days that were read without a year."""
        self.weekdays: set[date] = set()
        """Today, where it was read as a day of the week alone."""
        self.today = (_EPOCH + timedelta(microseconds=now)).astimezone(zone).date()

    def word(self, index: int) -> str:
        """The word there; an empty one beyond the last."""
        return self._words[index] if 0 <= index < len(self._words) else ""

    def skip(self, index: int) -> int:
        """Where the next word is that is no preposition."""
        while self.word(index) in _FILLING:
            index += 1
        return index

    def at(self, day: date, seconds: int) -> Micros:
        """A time of day, in seconds since midnight by the clock; beyond a day's it is on another day."""
        extra, rest = divmod(seconds, 86_400)
        clock = time(rest // 3600, rest // 60 % 60, rest % 60, tzinfo=self._zone)
        moment = datetime.combine(day + timedelta(days=extra), clock)
        return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)

    def hours(self, day: date, start: int, end: int) -> Span:
        """A stretch of a day."""
        return Span(self.at(day, start), self.at(day, end))

    def days(self, first: date, after: date) -> Span:
        """From a day's beginning until another's."""
        return Span(self.at(first, 0), self.at(after, 0))

    def span(self, point: Point) -> Span:
        """All of a day, or its hours."""
        day = self.begun(point)
        if point.start is None or point.end is None:
            return self.hours(day, 0, 86_400)
        return self.hours(day, point.start, point.end)

    def begun(self, point: Point) -> date:
        """The day of a point; on a Wednesday before eight, `wednesday 20:00` is last week's."""
        day = point.day or self.likely_day(point)
        ahead = day in self.weekdays and self.at(day, point.start or 0) > self.now
        return day - timedelta(weeks=1) if ahead else day

    def likely_day(self, point: Point) -> date:
        """A time without a day is the last one that has begun."""
        begins = self.at(self.today, point.start or 0)
        return self.today if begins <= self.now else self.today - timedelta(days=1)

    def point(self, index: int) -> tuple[Point | None, int]:
        """A point that begins at the word, and where the next word is."""
        start = index
        day: date | None = None
        hours: tuple[int, int] | None = None
        half = self.word(index) if self.word(index) in _HALVES and self._day(index + 1) else ""
        index += bool(half)  # `early saturday morning`
        while True:
            here = self.skip(index) if index > start else index
            if day is None and (got := self._day(here)):
                day, index = got
            elif hours is None and (part := self._part(here, day, half)):
                hours, index, day = part
            elif hours is None and (clock := self._clock_at(here)):
                hours, index = clock
            elif hours is not None and (named := zone_called(self.word(index))):
                self.named, index = named, index + 1
            else:
                break
        if (day is None or half) and hours is None:
            return None, start
        return Point(day, *(hours or (None, None))), index

    def bare_hour(self, index: int) -> tuple[Point | None, int]:
        """`18:00 to 19`, `after 22`, `17h`: an hour that only what is around tells to be one."""
        match = re.fullmatch(r"(\d{1,2})h?", self.word(index))
        if match is None or int(match[1]) > 24 or self.word(index + 1) in _NO_HOUR:
            return None, index
        return Point(None, int(match[1]) * 3600, int(match[1]) * 3600 + 3600), index + 1

    def _part(self, index: int, day: date | None, half: str) -> tuple[tuple[int, int], int, date | None] | None:
        """`evening`, `early morning`, `this afternoon`, `tonight`, `lunchtime`."""
        if self.word(index) in _HALVES:
            half, index = self.word(index), index + 1
        index += self.word(index) == "this" and self.word(index + 1) in PARTS
        word = self.word(index)
        if word == "tonight":
            return part_of(NIGHT, half), index + 1, day or self.today
        if word == "overnight" and day is not None:
            return part_of(NIGHT, half), index + 1, day
        if word in LUNCH:
            return part_of((12, 14), half), index + 1, day
        if word in PARTS and (day is not None or word != "night"):
            return part_of(PARTS[word], half), index + 1, day
        return None

    def _clock_at(self, index: int) -> tuple[tuple[int, int], int] | None:
        if self.word(index) in _AROUND:
            near = self._clock_at(self.skip(index + 1))
            return near and ((near[0][0] - _HALF_HOUR, near[0][0] + _HALF_HOUR), near[1])
        word, following = self.word(index), self.word(index + 1)
        if following in {"am", "pm"} and re.fullmatch(r"\d{1,2}([:.]\d{2}){0,2}", word):
            got = clock_of(word.replace(".", ":") + following, None)
            return None if got is None else ((got, got + 3600), index + 2)
        if following in _OCLOCK and (military := _MILITARY.fullmatch(word)):
            word = f"{military[1]}:{military[2]}"
        if following in _OCLOCK and re.fullmatch(r"\d{1,2}([:.]\d{2})?", word):
            got = clock_of(word.replace(".", ":"), None)
            return None if got is None else ((got, got + 3600), index + 2)
        bare = re.fullmatch(r"\d{1,2}", word) is not None
        if bare and not (following in TO and self._tells_hour(index + 2)):
            return None
        got = clock_of(word, self._suffix_of(index + 2) if bare else None)
        return None if got is None else ((got, got + 3600), index + 1)

    def _tells_hour(self, index: int) -> bool:
        """Whether `7 to 9pm` ends in something that makes the 7 a time of day."""
        return self._suffix_of(index) is not None or ":" in self.word(index) or self.word(index + 1) in _OCLOCK

    def _suffix_of(self, index: int) -> str | None:
        word = self.word(index)
        match = re.fullmatch(r"\d{1,2}(?::\d{2})?(am|pm)", word)
        if match:
            return match[1]
        return self.word(index + 1) if self.word(index + 1) in {"am", "pm"} else None

    def _day(self, index: int) -> tuple[date, int] | None:
        word = self.word(index)
        if word == "today":
            return self.today, index + 1
        if word == "yesterday":
            return self.today - timedelta(days=1), index + 1
        if [self.word(index + n) for n in range(3)] == ["day", "before", "yesterday"]:
            return self.today - timedelta(days=2), index + 3
        return self._weekday(index) or self._written_day(index) or self._named_day(index) or self._numbered_day(index)

    def _weekday(self, index: int) -> tuple[date, int] | None:
        """`monday`, `last monday`, `monday last week`, `last week monday`; of `tuesday, november 24` the date counts."""
        if self.word(index) in _OF_WEEK and self.word(index + 1) == "week":
            name = self.word(after := self.skip(index + 2))
            return (self._of_week(self.word(index), name), after + 1) if name in WEEKDAYS else None
        last = self.word(index) in _OF_WEEK
        if (name := self.word(index + last)) not in WEEKDAYS:
            return None
        following = self.skip(index + 1 + last)
        if self.word(following) in _OF_WEEK and self.word(following + 1) == "week":
            return self._of_week(self.word(following), name), following + 2
        dated = self._written_day(following) or self._named_day(following)
        if dated is not None and dated[0].weekday() == WEEKDAYS[name]:
            return dated
        back = (self.today.weekday() - WEEKDAYS[name]) % 7
        if not back and not last:
            self.weekdays.add(self.today)
        return self.today - timedelta(days=back or (7 if self.word(index) == "last" else 0)), index + 1 + last

    def _of_week(self, which: str, name: str) -> date:
        monday = self.today - timedelta(days=self.today.weekday() + (7 if which == "last" else 0))
        return monday + timedelta(days=WEEKDAYS[name])

    def _written_day(self, index: int) -> tuple[date, int] | None:
        word = self.word(index)
        if self.word(index + 1) in {"am", "pm", *_OCLOCK}:
            return None  # 5.10 uhr
        found: date | None = None
        if match := ISO_DAY.fullmatch(word):
            found = date_of(int(match[1]), int(match[2]), int(match[3]))
        elif match := DOTTED_DAY.fullmatch(word) or DASHED_DAY.fullmatch(word):
            found = self._dated(match[3], int(match[2]), int(match[1]))
        elif match := SLASHED_DAY.fullmatch(word):
            first, second = int(match[1]), int(match[2])
            month, number = (first, second) if is_month_first(self._zone) else (second, first)
            if month > 12:
                month, number = number, month
            found = self._dated(match[3], month, number)
        return None if found is None else (found, index + 1)

    def _named_day(self, index: int) -> tuple[date, int] | None:
        first, second = self.word(index), self.word(index + 1)
        further = index + 2
        if second == "of" and ORDINAL.fullmatch(first):
            second, further = self.word(index + 2), index + 3
        if first in MONTHS and (match := ORDINAL.fullmatch(second)):
            month, number = MONTHS[first], int(match[1])
        elif second in MONTHS and (match := ORDINAL.fullmatch(first)):
            month, number = MONTHS[second], int(match[1])
        else:
            return None
        year = self.word(further)
        found = self._dated(year if YEAR.fullmatch(year) else None, month, number)
        return None if found is None else (found, further + bool(YEAR.fullmatch(year)))

    def _numbered_day(self, index: int) -> tuple[date, int] | None:
        """`the 24th`: the last one that has begun."""
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", self.word(index))
        following = self.word(index + 1)
        known = following in _FILLING | TO | PARTS.keys() or clock_of(following, None) is not None
        if match is None or self.word(index - 1) != "the" or (following and not known):
            return None
        for back in range(13):
            months = self.today.year * 12 + self.today.month - 1 - back
            found = date_of(months // 12, months % 12 + 1, int(match[1]))
            if found is not None and found <= self.today:
                return found, index + 1
        return None

    def _dated(self, year: str | None, month: int, number: int) -> date | None:
        """A day without a year is the last one that has begun."""
        if year:
            return date_of(year_of(year), month, number)
        this = date_of(self.today.year, month, number)
        found = this if this is not None and this <= self.today else date_of(self.today.year - 1, month, number)
        if found is not None:
            self.yearless.add(found)
        return found
