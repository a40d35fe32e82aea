"""Hours of the week in a site's zone: when a rule watches, and when nobody is to be woken."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from doorwatch.domain.time import SECOND, Micros, to_datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of day to another, on some days (0 is Monday); past midnight when it ends before it begins.

    Times are `HH:MM`; the day is that on which the span begins. No days means every day.
    """

    start: str
    end: str
    days: tuple[int, ...] = ()

    def holds(self, at: Micros, zone: ZoneInfo) -> bool:
        """Whether a moment is within them."""
        return self._begun(to_datetime(at).astimezone(zone)) is not None

    def over_at(self, at: Micros, zone: ZoneInfo) -> Micros | None:
        """When the span ends that a moment is in; None when it is in none."""
        local = to_datetime(at).astimezone(zone)
        begun = self._begun(local)
        if begun is None:
            return None
        day = begun + timedelta(days=1) if self._past_midnight else begun
        ends = datetime.combine(day, _clock(self.end), tzinfo=zone)
        # In the night in which an hour comes twice its second coming is still within them.
        found = (round(ends.replace(fold=fold).timestamp() * SECOND) for fold in (0, 1))
        return next((one for one in found if one > at), at)

    @property
    def _past_midnight(self) -> bool:
        return _clock(self.end) <= _clock(self.start)

    def _begun(self, local: datetime) -> datetime | None:
        """The day on which the span began that a moment is in."""
        now, start, end = local.time(), _clock(self.start), _clock(self.end)
        if not self._past_midnight:
            return local if start <= now < end and self._on(local) else None
        if now >= start and self._on(local):
            return local
        yesterday = local - timedelta(days=1)
        return yesterday if now < end and self._on(yesterday) else None

    def _on(self, day: datetime) -> bool:
        return not self.days or day.weekday() in self.days


def _clock(text: str) -> time:
    return time.fromisoformat(text)
