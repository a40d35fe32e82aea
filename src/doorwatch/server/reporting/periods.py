"""When a report is due, and which days it is about: of a zone, whatever its clocks do; whole ones, or today as far as it went."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from doorwatch.domain.time import SECOND, Micros, from_seconds
from doorwatch.domain.verdict import Span
from doorwatch.server.reporting.counting import ReportTime
from doorwatch.store.report_schedules import Every


@dataclass(frozen=True, slots=True)
class Period:
    """The last day, week or month that was over when a report was due; `first` names it among its like."""

    due: Micros
    every: Every
    first: date
    zone: ZoneInfo

    @property
    def time(self) -> ReportTime:
        """What to count, beside the period before."""
        begin, end = self.first, _after(self.first, self.every)
        now = Span(_midnight(begin, self.zone), _midnight(end, self.zone))
        before = Span(_midnight(_before(begin, self.every), self.zone), now.start)
        return ReportTime(now, before, self.zone, now.end)


def so_far(days: int, zone: ZoneInfo, now: Micros) -> ReportTime:
    """So many days, today until `now`, beside as many before: the last of these until the same time of day, too."""
    local = datetime.fromtimestamp(now / SECOND, UTC).astimezone(zone)
    first = local.date() - timedelta(days=days - 1)
    before = Span(
        _midnight(first - timedelta(days=days), zone), from_seconds((local - timedelta(days=days)).timestamp())
    )
    return ReportTime(Span(_midnight(first, zone), now + SECOND), before, zone, now)


def last_due(every: Every, hour: int, zone: ZoneInfo, now: Micros) -> Period:
    """The period whose report was due last, at an hour of the day after its end.

    An hour that a day does not have is the one after it.
    """
    today = datetime.fromtimestamp(now / SECOND, UTC).astimezone(zone).date()
    end = _begin(today, every)
    if _at(end, hour, zone) > now:
        end = _before(end, every)
    return Period(_at(end, hour, zone), every, _before(end, every), zone)


def next_due(every: Every, hour: int, zone: ZoneInfo, now: Micros) -> Micros:
    """When the next report is due."""
    last = last_due(every, hour, zone, now)
    return _at(_after(_after(last.first, every), every), hour, zone)


def _begin(day: date, every: Every) -> date:
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _before(begin: date, every: Every) -> date:
    return _begin(begin - timedelta(days=1), every)


def _after(begin: date, every: Every) -> date:
    return _begin(begin + timedelta(days={"day": 1, "week": 7, "month": 32}[every]), every)


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return _at(day, 0, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> Micros:
    return from_seconds(datetime.combine(day, time(hour), zone).timestamp())
