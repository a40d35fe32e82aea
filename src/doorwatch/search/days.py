"""Days, months and times of day as people write them."""

import re
from datetime import date

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tue", "tues"),
            ("wednesday", "wed"),
            ("thursday", "thu", "thur", "thurs"),
            ("friday", "fri"),
            ("saturday", "sat"),
            ("sunday", "sun"),
        )
    )
    for name in names
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}

PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (20, 30)}
"""Hours since midnight; more than 24 is the next day."""
NIGHT = (18, 30)
LUNCH = frozenset({"lunch", "lunchtime"})

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years beyond are typing mistakes, and dates near the ends of the calendar cannot be reckoned with."""

ISO_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
ISO_BOTH = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})t(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(z|[+-]\d{2}(?::?\d{2})?)?")
DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}|\d{2})?)?")
DASHED_DAY = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")
SLASHED_DAY = re.compile(r"(?!24/7$)(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?")
ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d{2}")
_CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(am|pm|a\.m|p\.m)?|(noon|midday|midnight)", re.IGNORECASE
)


def date_of(year: int, month: int, number: int) -> date | None:
    """The day, if there is one."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def year_of(written: str) -> int:
    """The year of two or four digits; of two they are this century's."""
    return int(written) + (2000 if len(written) == 2 else 0)


def part_of(hours: tuple[int, int], half: str) -> tuple[int, int]:
    """Hours as seconds since midnight, all of them or the `early` or `late` half."""
    start, end = hours[0] * 3600, hours[1] * 3600
    middle = (start + end) // 2
    return (start, middle) if half == "early" else (middle, end) if half == "late" else (start, end)


def month_begin(day: date, step: int) -> date:
    """The first day of a month, so many months later."""
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def clock_of(text: str, suffix: str | None) -> int | None:
    """A time of day in seconds since midnight; `suffix` is am or pm for a text that has none."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    if match[5]:
        return 12 * 3600 if match[5].lower() != "midnight" else 0
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or suffix or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    return hour * 3600 + minute * 60 + second
