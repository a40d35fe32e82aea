"""Small decisions of what the API shows."""

import pytest

from doorwatch.domain.time import from_iso
from doorwatch.server.api.views import masked, midnight
from doorwatch.server.files import parse_range


def test_an_address_that_cannot_be_read_shows_nothing_of_its_password():
    assert masked("rtsp://user:secret@[::1") == "(an address that can't be read)"
    assert masked("rtsp://user:secret@[::1]/a?pwd=b") == "rtsp://user:***@[::1]/a?pwd=***"


@pytest.mark.parametrize(
    ("now", "zone", "days_ago", "began"),
    [
        ("2026-01-31T12:00:00Z", "UTC", 0, "2026-01-31T00:00:00Z"),
        ("2026-01-31T23:30:00Z", "Europe/Vienna", 0, "2026-01-31T23:00:00Z"),
        ("2026-01-31T03:00:00Z", "America/New_York", 0, "2026-01-30T05:00:00Z"),
        ("2026-03-30T12:00:00Z", "Europe/Vienna", 2, "2026-03-27T23:00:00Z"),
        ("2026-03-29T12:00:00Z", "Europe/Vienna", 0, "2026-03-28T23:00:00Z"),
    ],
)
def test_a_day_begins_at_midnight_of_the_sites_zone(now, zone, days_ago, began):
    assert midnight(from_iso(now), zone, days_ago) == from_iso(began)


@pytest.mark.parametrize(
    ("text", "size", "span"),
    [
        ("bytes=0-", 10, (0, 9)), ("bytes=-3", 10, (7, 9)), ("bytes=2-4", 10, (2, 4)), ("bytes=2-40", 10, (2, 9)),
        ("bytes=10-", 10, None), ("bytes=4-2", 10, None), ("bytes=-", 10, None), ("bytes=0-", 0, None),
        ("bytes=0-1,3-4", 10, None), ("chunks=0-1", 10, None), ("bytes=-0", 10, None),
    ],
)  # fmt: skip
def test_a_range_is_read_as_the_standard_says(text, size, span):
    assert parse_range(text, size) == span
