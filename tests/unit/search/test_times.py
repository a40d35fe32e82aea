"""Times in plain words, in the site's zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from building import NOW
from building import ZONE as BERLIN

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, from_iso
from doorwatch.search.query import OPEN_END, OPEN_START
from doorwatch.search.times import read_time


def local(text, zone=BERLIN):
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * SECOND)


def read(text, now=NOW, zone=BERLIN):
    return read_time(text.split(), now, zone)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-25 00:00", "2026-11-26 00:00"),
        ("yesterday", "2026-11-24 00:00", "2026-11-25 00:00"),
        ("day before yesterday", "2026-11-23 00:00", "2026-11-24 00:00"),
        ("yesterday evening", "2026-11-24 17:00", "2026-11-25 00:00"),
        ("yesterday morning", "2026-11-24 05:00", "2026-11-24 12:00"),
        ("this afternoon", "2026-11-25 12:00", "2026-11-25 18:00"),
        ("yesterday night", "2026-11-24 20:00", "2026-11-25 06:00"),
        ("tonight", "2026-11-25 18:00", "2026-11-26 06:00"),
        ("last night", "2026-11-24 18:00", "2026-11-25 06:00"),
        ("monday", "2026-11-23 00:00", "2026-11-24 00:00"),
        ("wednesday", "2026-11-25 00:00", "2026-11-26 00:00"),
        ("last wednesday", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("thursday", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("on mon", "2026-11-23 00:00", "2026-11-24 00:00"),
        ("monday 7am to 6pm", "2026-11-23 07:00", "2026-11-23 18:00"),
        ("monday from 7 am until 6 pm", "2026-11-23 07:00", "2026-11-23 18:00"),
        ("7am to 6pm on monday", "2026-11-23 07:00", "2026-11-23 18:00"),
        ("monday to wednesday", "2026-11-23 00:00", "2026-11-26 00:00"),
        ("between 7am and 9am yesterday", "2026-11-24 07:00", "2026-11-24 09:00"),
        ("7 to 9pm yesterday", "2026-11-24 19:00", "2026-11-24 21:00"),
        ("18:00-19:00", "2026-11-24 18:00", "2026-11-24 19:00"),
        ("14:00-15:00", "2026-11-25 14:00", "2026-11-25 15:00"),
        ("today 18:00 - 19:30", "2026-11-25 18:00", "2026-11-25 19:30"),
        ("today 18:00 to 19", "2026-11-25 18:00", "2026-11-25 19:00"),
        ("yesterday 22:00 to 6:00", "2026-11-24 22:00", "2026-11-25 06:00"),
        ("yesterday 18:00 to today 07:00", "2026-11-24 18:00", "2026-11-25 07:00"),
        ("7:30pm", "2026-11-24 19:30", "2026-11-24 20:30"),
        ("noon", "2026-11-25 12:00", "2026-11-25 13:00"),
        ("yesterday at noon", "2026-11-24 12:00", "2026-11-24 13:00"),
        ("12am", "2026-11-25 00:00", "2026-11-25 01:00"),
        ("2026-11-03", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("2026-11-03 18:00-19:00", "2026-11-03 18:00", "2026-11-03 19:00"),
        ("2026-11-01 to 2026-11-03", "2026-11-01 00:00", "2026-11-04 00:00"),
        ("2026-11-01T10:00 - 2026-11-01T11:30", "2026-11-01 10:00", "2026-11-01 11:30"),
        ("2026-11-01T10:00 to 2026-11-02T09:00:30", "2026-11-01 10:00", "2026-11-02 09:00:30"),
        ("3.11.2026", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("3.12", "2025-12-03 00:00", "2025-12-04 00:00"),
        ("nov 3", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("december 24th", "2025-12-24 00:00", "2025-12-25 00:00"),
        ("3rd of november", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("3 november 2025", "2025-11-03 00:00", "2025-11-04 00:00"),
        ("feb 14th 2am to 5am", "2026-02-14 02:00", "2026-02-14 05:00"),
        ("2am to 5am february 14th 2024", "2024-02-14 02:00", "2024-02-14 05:00"),
        ("may 5", "2026-05-05 00:00", "2026-05-06 00:00"),
        ("10 days ago", "2026-11-15 00:00", "2026-11-16 00:00"),
        ("a week ago", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("this week", "2026-11-23 00:00", "2026-11-30 00:00"),
        ("last week", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("this month", "2026-11-01 00:00", "2026-12-01 00:00"),
        ("last month", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("this year", "2026-01-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_a_phrase_means_a_stretch_of_local_time(text, start, end):
    found = read(text)
    assert found.length == len(text.split())
    assert (found.span.start, found.span.end) == (local(start), local(end))


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("last 3 hours", 3 * HOUR),
        ("in the last 3 hours", 3 * HOUR),
        ("past 90 minutes", 90 * MINUTE),
        ("last 30min", 30 * MINUTE),
        ("last 24hrs", 24 * HOUR),
        ("last 30m", 30 * MINUTE),
        ("last hour", HOUR),
        ("last two days", 2 * DAY),
        ("past week", 7 * DAY),
        ("past month", 30 * DAY),
    ],
)
def test_the_last_hours_end_now(text, back):
    found = read(text)
    assert found.length == len(text.split())
    assert NOW - found.span.start == back
    assert NOW < found.span.end <= NOW + SECOND


def test_three_hours_ago_is_the_hour_around_then():
    span = read("3 hours ago").span
    assert (span.start, span.end) == (NOW - 3 * HOUR - HOUR // 2, NOW - 3 * HOUR + HOUR // 2)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("since monday", local("2026-11-23 00:00"), OPEN_END),
        ("since 18:00", local("2026-11-24 18:00"), OPEN_END),
        ("since yesterday evening", local("2026-11-24 17:00"), OPEN_END),
        ("after 8:00", local("2026-11-25 08:00"), OPEN_END),
        ("after monday", local("2026-11-24 00:00"), OPEN_END),
        ("before yesterday", OPEN_START, local("2026-11-24 00:00")),
        ("until noon", OPEN_START, local("2026-11-25 12:00")),
        ("before last week", OPEN_START, local("2026-11-16 00:00")),
    ],
)
def test_some_times_have_only_one_end(text, start, end):
    found = read(text)
    assert (found.length, found.span.start, found.span.end) == (len(text.split()), start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tailgating",
        "7",
        "42",
        "last",
        "last door",
        "25:00",
        "13pm",
        "2026-02-30",
        "to monday 99",
        "may",
        "in the lobby",
    ],
)
def test_what_is_no_time_is_not_read_as_one(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("yesterday lobby", 1),
        ("last 3 hours at gate", 3),
        ("18:00-19:00 lobby", 1),
        ("monday 7am to lobby", 2),
        ("2026-11-01T10:00 lobby", 1),
        ("2026-11-01T10:00-11:00 x", None),
    ],
)
def test_only_the_words_of_the_time_are_taken(text, length):
    found = read(text)
    if length is not None:
        assert found.length == length


def test_a_day_is_as_long_as_it_is_there():
    short, long = read("2026-03-29").span, read("2026-10-25", now=NOW).span
    assert (short.end - short.start, long.end - long.start) == (23 * HOUR, 25 * HOUR)


def test_today_is_the_sites_day_not_greenwichs():
    late = from_iso("2026-11-25T23:30:00Z")
    assert read("today", now=late).span.start == local("2026-11-26 00:00")
    assert read("today", now=late, zone=ZoneInfo("America/New_York")).span.start == local(
        "2026-11-25 00:00", ZoneInfo("America/New_York")
    )


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", "2026-03-04"),
        ("Pacific/Honolulu", "2026-03-04"),
        ("America/Indiana/Vincennes", "2026-03-04"),
        ("America/Sao_Paulo", "2026-04-03"),
        ("Europe/London", "2026-04-03"),
    ],
)
def test_a_day_between_slashes_is_read_as_people_there_write_it(zone, day):
    there = ZoneInfo(zone)
    assert read("3/4/2026", zone=there).span.start == local(f"{day} 00:00", there)


@pytest.mark.parametrize(
    "text", ["between 2 and 5 people", "after 10 minutes", "before 3 people", "24/7", "the 3rd floor", "5.10.-5.77."]
)
def test_a_number_of_something_else_is_no_time(text):
    assert read(text) is None


def test_days_without_a_year_on_both_sides_of_today_are_this_years():
    found = read("24.11. to 26.11.")
    assert (found.span.start, found.span.end) == (local("2026-11-24 00:00"), local("2026-11-27 00:00"))
