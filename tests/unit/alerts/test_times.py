from zoneinfo import ZoneInfo

import pytest

from doorwatch.alerts.times import Hours
from doorwatch.domain.time import from_iso

VIENNA = ZoneInfo("Europe/Vienna")
NIGHT = Hours("22:00", "06:00", (4,))  # Friday's night


@pytest.mark.parametrize(
    ("hours", "at", "over"),
    [
        (Hours("08:00", "17:00"), "2026-01-05T07:00:00Z", "2026-01-05T16:00:00Z"),
        (Hours("08:00", "17:00"), "2026-01-05T06:59:59Z", None),
        (Hours("08:00", "17:00"), "2026-01-05T16:00:00Z", None),
        (Hours("08:00", "17:00", (1,)), "2026-01-05T12:00:00Z", None),
        (NIGHT, "2026-01-09T22:00:00Z", "2026-01-10T05:00:00Z"),
        (NIGHT, "2026-01-10T03:00:00Z", "2026-01-10T05:00:00Z"),
        (NIGHT, "2026-01-09T03:00:00Z", None),
        (NIGHT, "2026-01-10T22:00:00Z", None),
        (Hours("00:00", "00:00"), "2026-01-10T22:00:00Z", "2026-01-10T23:00:00Z"),
        # The night in which the clocks go forward.
        (Hours("22:00", "06:00"), "2026-03-29T00:30:00Z", "2026-03-29T04:00:00Z"),
        # The night in which half past two comes twice.
        (Hours("22:00", "02:30"), "2026-10-25T00:15:00Z", "2026-10-25T00:30:00Z"),
        (Hours("22:00", "02:30"), "2026-10-25T00:45:00Z", None),
        (Hours("22:00", "02:30"), "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"),
        (Hours("02:30", "06:00"), "2026-10-25T00:45:00Z", "2026-10-25T05:00:00Z"),
    ],
)
def test_hours_hold_from_their_beginning_up_to_their_end_in_the_sites_zone(hours, at, over):
    moment = from_iso(at)
    assert hours.holds(moment, VIENNA) is (over is not None)
    assert hours.over_at(moment, VIENNA) == (None if over is None else from_iso(over))
