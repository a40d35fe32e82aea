"""Small decisions of what the API shows."""

import pytest

from doorwatch.domain.time import from_iso
from doorwatch.server.api.views import masked, midnight, unmasked
from doorwatch.server.files import parse_range


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://user:secret@host:554/path?x=1", "rtsp://user:***@host:554/path?x=1"),
        ("rtsp://user:p@ss@host/path", "rtsp://user:***@host/path"),
        ("rtsp://user@host/path", "rtsp://user@host/path"),
        ("rtsp://host/path", "rtsp://host/path"),
        ("file:/x/y.mp4?loop=1", "file:/x/y.mp4?loop=1"),
        ("rtsp://user:secret@[::1", "(an address that can't be read)"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert masked(url) == shown


def test_a_masked_url_keeps_its_password_and_a_new_one_replaces_it():
    former = "rtsp://user:secret@host/a"
    assert unmasked("rtsp://user:***@host/b", former) == "rtsp://user:secret@host/b"
    assert unmasked("rtsp://user:new@host/b", former) == "rtsp://user:new@host/b"
    assert unmasked("rtsp://user:***@host/b", "rtsp://host/a") == "rtsp://user:***@host/b"


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
