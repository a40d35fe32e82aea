"""The table of the reference tells what searches are understood as; whatever is typed is understood as something."""

from zoneinfo import ZoneInfo

import pytest
from building import BUILDING, NOW, ZONE
from grammar import described, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from doorwatch.domain.time import DAY, SECOND, from_iso
from doorwatch.search import matches, parse
from doorwatch.search.query import Schedule
from doorwatch.search.zones import offsets_around
from doorwatch.store.moments import Moment, MomentKind

ROWS = list(rows())
WORDS = sorted({word for query, _ in ROWS for word in query.split()})
MOMENT = Moment("m", 1, MomentKind.INCIDENT, NOW, NOW, "d1", "Lobby east", ("c1",), ("incident",), "Tailgating")


def test_the_table_is_long_and_names_no_search_twice():
    assert len(ROWS) >= 150
    assert len({query for query, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("query", "parsed"), ROWS, ids=[query for query, _ in ROWS])
def test_a_search_is_understood_as_the_reference_says(query, parsed):
    assert described(query) == parsed


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS, "or", "NOT", "-", '"', ":", "every", "\0", "PT", "-06:00"]), max_size=12).map(
        " ".join
    )
)
def test_words_of_the_language_in_any_order_are_understood_and_asked_of_a_moment(text):
    query = parse(text, BUILDING, NOW, ZONE)
    matches(query, MOMENT)
    assert all(text[chip.start : chip.end].strip() for chip in query.chips)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"]))
def test_any_text_at_all_is_understood(text, zone):
    matches(parse(text, BUILDING, NOW, ZoneInfo(zone)), MOMENT)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.from_regex(
            r"[0-9]{1,4}[-./:][0-9]{1,2}([-./:][0-9]{1,4})?(am|pm|z|[+-][0-9]{2}:[0-9]{2})?|[0-9]{1,5}(st|th|d|h|w|m)?|to|last|every|ago|days|jan",
            fullmatch=True,
        ),
        max_size=6,
    ).map(" ".join)
)
def test_numbers_that_look_like_times_are_understood(text):
    matches(parse(text, BUILDING, NOW, ZONE), MOMENT)


def test_of_ten_thousand_words_the_first_are_read_and_that_is_said():
    query = parse("lobby " * 10_000, BUILDING, NOW, ZONE)
    assert len(query.chips) == 64
    assert query.problems == ("Only the first 64 words were read: the rest is left out",)


def test_one_very_long_word_is_a_word():
    assert [chip.kind for chip in parse("x" * 100_000, BUILDING, NOW, ZONE).chips] == ["text"]


def test_a_chip_says_which_characters_of_the_search_it_is():
    text = 'tailgating NOT "lobby east"  not gate 2 every 5 minutes'
    query = parse(text, BUILDING, NOW, ZONE)
    assert [text[chip.start : chip.end] for chip in query.chips] == [
        "tailgating",
        'NOT "lobby east"',
        "not gate 2",
        "every 5 minutes",
    ]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("weekdays 18:00-06:00", ("2026-11-20T22:00", "2026-11-21T05:59"), ("2026-11-20T17:59", "2026-11-21T06:00")),
        ("weekdays 18:00-06:00", ("2026-11-24T02:00",), ("2026-11-23T02:00", "2026-11-22T20:00")),
        ("weekends", ("2026-11-21T00:00", "2026-11-22T23:59"), ("2026-11-20T23:59", "2026-11-23T00:00")),
        ("mondays 8:00-9:00", ("2026-11-23T08:00",), ("2026-11-23T09:00", "2026-11-24T08:30")),
    ],
)
def test_a_schedule_goes_by_the_clock_on_the_wall_and_belongs_to_the_day_on_which_it_begins(text, inside, outside):
    [term] = parse(text, BUILDING, NOW, ZONE).terms
    at = {wanted: from_iso(f"{wanted}:00+01:00") for wanted in (*inside, *outside)}
    assert all(term.schedule.holds(at[wanted]) for wanted in inside)
    assert not any(term.schedule.holds(at[wanted]) for wanted in outside)


def test_a_schedule_follows_clocks_that_are_set_forward_and_back():
    [term] = parse("daily 8:00-9:00", BUILDING, NOW, ZONE).terms
    assert term.schedule.holds(from_iso("2026-07-01T06:30:00Z"))
    assert not term.schedule.holds(from_iso("2026-07-01T07:30:00Z"))
    assert term.schedule.holds(from_iso("2026-01-10T07:30:00Z"))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(NOW - 15 * 365 * DAY, NOW + 300 * DAY),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_how_far_clocks_were_ahead_is_what_the_calendar_of_the_zone_says(at, name):
    from datetime import UTC, datetime, timedelta

    zone = ZoneInfo(name)
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    schedule = Schedule(frozenset({local.weekday()}), second, second + 1, offsets_around(zone, NOW))
    assert schedule.holds(at)
    assert not schedule.holds(at + SECOND)
    assert not schedule.holds(at - SECOND)
