"""The report of some days, as the API says it."""

from pydantic import Field

from doorwatch.server.api.place_shapes import NamedDoor
from doorwatch.server.api.shapes import Answer, Time


class Rate(Answer):
    """Incidents beside grants."""

    grants: int
    incidents: int
    per_100_grants: float | None = Field(description="Incidents for each hundred grants; null without grants")


class Reviews(Answer):
    """What became of incidents, and how long they waited."""

    confirmed: int
    dismissed: int
    waiting: int
    false_alarms: float | None = Field(description="Dismissed ones as a share of the reviewed, 0 to 1")
    median_wait_s: float | None = Field(description="Seconds from when it was told to its review: half took no longer")
    p90_wait_s: float | None = Field(description="Nine of ten took no longer")


class DoorOverview(Answer):
    """One door in the days, and in as many days before until the same time of day."""

    door: NamedDoor
    now: Rate
    before: Rate
    entries_in: int
    entries_out: int
    kinds: dict[str, int]
    reviews: Reviews
    unlocked_minutes: float
    held_open_minutes: float = Field(description="During which it stood open for longer than half a minute")
    coverage: float | None = Field(
        description="Share of the time since `watched_since` that its best camera saw, 0 to 1; null where none ever saw it"
    )
    watched_since: Time | None = Field(description="When its cameras began to see it, or when the days did if later")


class DayRate(Rate):
    """One day of all doors."""

    day: str


class HourRate(Rate):
    """One hour of the day, of all doors and days together."""

    hour: int
    by_weekday: list[int] = Field(description="Incidents of this hour on Monday to Sunday")


class Overview(Answer):
    """What the doors did in some days, today included."""

    begins: Time
    ends: Time
    days: int
    now: Rate
    before: Rate
    reviews: Reviews
    doors: list[DoorOverview] = Field(description="The one with the most incidents for its grants first")
    by_day: list[DayRate]
    by_hour: list[HourRate]
