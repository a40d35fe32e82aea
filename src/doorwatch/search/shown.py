"""How chips tell what was understood: times as the site's clocks show them, counts and schedules in short words."""

from datetime import UTC, datetime, timedelta, tzinfo

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from doorwatch.search.query import OPEN_END, OPEN_START, Count, Schedule, Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))


def span_shown(span: Span, zone: tzinfo) -> str:
    """A time with its ends."""
    start = None if span.start == OPEN_START else _local(span.start, zone)
    end = None if span.end == OPEN_END else _local(span.end, zone)
    if start is None or end is None:
        return f"since {start:%Y-%m-%d %H:%M}" if start is not None else f"before {end:%Y-%m-%d %H:%M}"
    last = end - timedelta(microseconds=1)
    if start.date() != last.date():
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    if (start.hour, start.minute) == (0, 0) and end.date() != last.date():
        return f"{start:%Y-%m-%d}"
    until = "24:00" if end.date() != last.date() else f"{end:%H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {until}"


def schedule_shown(schedule: Schedule, zone: tzinfo | None = None) -> str:
    """Days and hours that come again, with the zone where one was named."""
    days = sorted(schedule.days)
    if len(days) == len(_DAYS):
        named = "every day"
    elif len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        named = f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    else:
        named = ", ".join(_DAYS[day] for day in days)
    if (schedule.start, schedule.end) == (0, 86_400):
        return named
    there = f" ({zone})" if zone is not None else ""
    return f"{named} {_clock(schedule.start)} to {_clock(schedule.end)}{there}"


def count_shown(count: Count) -> str:
    """A number, compared."""
    compared = f"{count.compare} {count.number}" if count.most is None else f"{count.number} to {count.most}"
    return f"{count.what} {compared}{' s' if count.what == 'dwell' else ''}"


def every_shown(every: Micros) -> str:
    """One of each stretch of time."""
    unit, name = next(one for one in _UNITS if every % one[0] == 0)
    number = every // unit
    return f"one every {name}" if number == 1 else f"one every {number} {name}s"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def _local(at: Micros, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
