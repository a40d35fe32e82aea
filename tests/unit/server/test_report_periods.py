"""When a report is due and which days it tells of, in zones whose clocks are put on and back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.time import HOUR, MINUTE, from_iso, to_iso
from doorwatch.server.reporting.periods import last_due, next_due, so_far
from doorwatch.store.report_schedules import EVERY

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("every", "now", "due", "begins", "ends", "days"),
    [
        ("day", "2026-11-30T06:00:00Z", "2026-11-30T06:00:00", "2026-11-28T23:00:00", "2026-11-29T23:00:00", 1),
        ("day", "2026-11-30T05:59:59Z", "2026-11-29T06:00:00", "2026-11-27T23:00:00", "2026-11-28T23:00:00", 1),
        ("week", "2026-12-03T12:00:00Z", "2026-11-30T06:00:00", "2026-11-22T23:00:00", "2026-11-29T23:00:00", 7),
        ("week", "2026-11-30T05:00:00Z", "2026-11-23T06:00:00", "2026-11-15T23:00:00", "2026-11-22T23:00:00", 7),
        ("month", "2026-12-31T00:00:00Z", "2026-12-01T06:00:00", "2026-10-31T23:00:00", "2026-11-30T23:00:00", 30),
        ("month", "2026-03-01T05:00:00Z", "2026-02-01T06:00:00", "2025-12-31T23:00:00", "2026-01-31T23:00:00", 31),
        # the week in which the clocks are put back has an hour more, and its days are seven all the same
        ("week", "2026-10-26T06:00:00Z", "2026-10-26T06:00:00", "2026-10-18T22:00:00", "2026-10-25T23:00:00", 7),
    ],
)
def test_a_report_is_due_at_its_hour_and_tells_of_whole_days_of_the_zone(every, now, due, begins, ends, days):
    period = last_due(every, 7, BERLIN, from_iso(now))
    time = period.time
    assert [to_iso(at, 0)[:19] for at in (period.due, time.now.start, time.now.end)] == [due, begins, ends]
    assert time.days == days
    assert time.before.end == time.now.start


def test_a_month_is_compared_with_the_month_before_however_long():
    time = last_due("month", 0, BERLIN, from_iso("2026-04-02T00:00:00Z")).time
    assert time.day(time.now.start) == date(2026, 3, 1)
    assert time.day(time.before.start) == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("days", "now", "before"),
    [
        (1, "2026-11-30T10:30:00Z", ("2026-11-28T23:00:00", "2026-11-29T10:30:00")),
        (7, "2026-11-30T10:30:00Z", ("2026-11-16T23:00:00", "2026-11-23T10:30:00")),
        # as the clocks of the place say it, which were put back in between
        (1, "2026-10-25T11:00:00Z", ("2026-10-23T22:00:00", "2026-10-24T10:00:00")),
    ],
)
def test_part_of_a_day_is_compared_with_the_same_hours_of_the_days_before(days, now, before):
    time = so_far(days, BERLIN, from_iso(now))
    assert tuple(to_iso(at, 0)[:19] for at in (time.before.start, time.before.end)) == before
    assert time.at == from_iso(now)
    assert time.days == days


def test_an_hour_that_a_day_does_not_have_is_the_one_after_it():
    due = last_due("day", 2, BERLIN, from_iso("2026-03-29T12:00:00Z")).due
    assert to_iso(due, 0)[:19] == "2026-03-29T01:00:00"  # 03:00 there


@given(
    st.sampled_from(EVERY),
    st.integers(0, 23),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_the_last_one_is_never_in_the_future_and_the_next_one_always_is(every, hour, zone, at):
    now, zone = from_iso(at.replace(tzinfo=UTC).isoformat()), ZoneInfo(zone)
    last, following = last_due(every, hour, zone, now), next_due(every, hour, zone, now)
    assert last.due <= now < following
    assert last_due(every, hour, zone, following).due == following
    assert last.time.now.end <= last.due <= last.time.now.end + 24 * HOUR + 30 * MINUTE
    assert following - last.due <= timedelta(days=32) / timedelta(microseconds=1)
