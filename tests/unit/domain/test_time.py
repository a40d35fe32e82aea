"""Times from the wire and back, and clocks that are told what time it is."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.time import (
    HOUR,
    SECOND,
    ManualClock,
    SystemClock,
    from_iso,
    from_seconds,
    from_wire,
    to_iso,
    to_seconds,
)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01 00:00:01.5", 1_500_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T19:00:00-0500", 0),
        ("1970-01-01T00:00:00.1234567Z", 123_457),
        ("1970-01-01T00:00:00.9999999z", SECOND),
        ("1970-01-01t00:00:00.123456499999z", 123_456),
        ("2026-01-31T12:34Z", 1_769_862_840 * SECOND),
    ],
)
def test_iso_times_are_read_with_any_zone_and_any_number_of_decimals(text, micros):
    assert from_iso(text) == micros


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "1e9"])
def test_what_is_no_time_is_refused_with_its_own_words(text):
    with pytest.raises(ValueError, match="is not a"):
        from_iso(text)


@given(st.integers(-(10**15), 4 * 10**15))
def test_a_time_survives_the_way_to_iso_and_back(at):
    assert from_iso(to_iso(at)) == at


@given(
    st.from_regex(
        r"20[0-9]{2}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{3}([0-9]{3})?)?Z", fullmatch=True
    )
)
def test_the_usual_spelling_is_read_as_every_other_one(text):
    """A space for the T is another spelling of the same time, and one that is read with all care."""
    try:
        expected = from_iso(text.replace("T", " "))
    except ValueError:
        with pytest.raises(ValueError, match="is not a"):
            from_iso(text)
    else:
        assert from_iso(text) == from_wire(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-W05-1T12:34:56.789Z",
        "2026-01-31T12:34:56x789Z",
        "2026-01-31T12:34:56+000Z",
        "2026-01-31T12:34:56+25:00",
        "2026-01-31T12:34:56+01:60",
    ],
)
def test_spellings_that_only_look_usual_are_refused(text):
    with pytest.raises(ValueError, match="is not a"):
        from_iso(text)


def test_fewer_decimals_are_rounded_half_up():
    assert to_iso(1_499_500, 3) == "1970-01-01T00:00:01.500Z"
    assert to_iso(1_499_499, 3) == "1970-01-01T00:00:01.499Z"
    assert to_iso(1_500_000, 0) == "1970-01-01T00:00:02Z"


@pytest.mark.parametrize(
    ("value", "micros"),
    [(1_769_862_840_123, 1_769_862_840_123_000), ("1769862840123", 1_769_862_840_123_000), (0.5, 500)],
)
def test_numbers_on_the_wire_are_milliseconds(value, micros):
    assert from_wire(value) == micros


def test_a_flag_is_no_time():
    with pytest.raises(ValueError, match="not true or false"):
        from_wire(True)


@given(st.integers(-(10**12), 10**12))
def test_seconds_and_microseconds_agree(at):
    assert from_seconds(to_seconds(at)) == at


async def test_a_manual_clock_wakes_sleepers_when_their_time_has_come():
    clock = ManualClock()
    before = clock.now()
    short, long = asyncio.ensure_future(clock.sleep(1)), asyncio.ensure_future(clock.sleep(5))
    await clock.sleep(0)
    clock.advance(2)
    await short
    assert not long.done()
    assert (clock.now() - before, clock.monotonic()) == (2 * SECOND, 2.0)
    clock.set(before - HOUR)
    assert clock.monotonic() == 2.0
    clock.advance(3)
    await long


async def test_the_systems_clock_goes_forward():
    clock = SystemClock()
    before, steady = clock.now(), clock.monotonic()
    await clock.sleep(0)
    assert clock.now() >= before > from_iso("2024-01-01T00:00:00Z")
    assert clock.monotonic() >= steady
