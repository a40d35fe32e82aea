"""One occurrence, many copies."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, from_iso
from doorwatch.gateway.identity import encoded, event_id, is_same_time, key_of, match
from doorwatch.pacs.driver import PacsEvent
from doorwatch.pacs.genetec.answers import read_time

DOOR = "door-1"


def copy(text="2026-01-31T12:34:56.789Z", actor=None, event_type="AccessGranted", **known):
    at, decimals = read_time(text)
    return PacsEvent(DOOR, at, event_type, decimals, actor, **known)


def forwarded(*copies):
    """The ids that go to the server, with what each was told: (millis, ordinal) -> last told actor."""
    ledger, told = {}, []
    for one in copies:
        found = match(one, ledger)
        if found.news:
            told.append((found.millis, found.ordinal))
        ledger[key_of(one.door, one.event_type, found.millis)] = encoded(found.occurrence)
    return told


def test_equal_copies_are_one():
    assert len(forwarded(copy(), copy(), copy())) == 1


def test_a_copy_that_knows_the_cardholder_updates_the_same_event():
    assert forwarded(copy(), copy(actor="ann")) == forwarded(copy(), copy(actor="ann"), copy())
    told = forwarded(copy(), copy(actor="ann"))
    assert len(told) == 2
    assert len(set(told)) == 1


def test_two_different_cardholders_in_one_millisecond_are_two():
    told = forwarded(copy(actor="ann"), copy(actor="bob"), copy(actor="ann"), copy(actor="bob"), copy())
    assert [ordinal for _, ordinal in told] == [0, 1]


def test_a_copy_without_a_cardholder_joins_any_of_them():
    assert [o for _, o in forwarded(copy(actor="ann"), copy(actor="bob"), copy(), copy(), copy())] == [0, 1]


@pytest.mark.parametrize("order", list(itertools.permutations([None, "ann", "bob", None])))
def test_two_people_are_two_whatever_came_first(order):
    told = forwarded(*(copy(actor=actor) for actor in order))
    assert len({ordinal for _, ordinal in told}) == 2


def test_names_sides_and_access_points_are_news_once():
    first = copy(actor="ann")
    more = copy(actor="ann", actor_name="Ann", side=Direction.IN)
    assert len(forwarded(first, more, more, first)) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12:34:56.789Z", "12:34:56.789Z", True),
        ("12:34:56.789Z", "12:34:56.790Z", False),
        ("12:34:56.789Z", "12:34:56.78Z", True),
        ("12:34:56.789Z", "12:34:56.79Z", True),
        ("12:34:56.789Z", "12:34:56.8Z", True),
        ("12:34:56.789Z", "12:34:56.7Z", True),
        ("12:34:56.789Z", "12:34:56Z", True),
        ("12:34:56.789Z", "12:34:57Z", True),
        ("12:34:56.489Z", "12:34:57Z", False),
        ("12:34:56.789Z", "12:34:55Z", False),
        ("12:34:56.7894Z", "12:34:56.789Z", True),
        ("12:34:59.9999Z", "12:35:00Z", True),
    ],
)
def test_a_copy_with_fewer_decimals_equals_what_rounds_or_truncates_to_it(one, other, same):
    a, b = copy(f"2026-01-31T{one}"), copy(f"2026-01-31T{other}")
    for first, second in ((a, b), (b, a)):
        assert (len(forwarded(first, second)) == 1) is same


def test_types_and_doors_do_not_mix():
    other = PacsEvent("door-2", copy().at, "AccessGranted")
    assert len(forwarded(copy(), copy(event_type="DoorOpen"))) == 2
    assert match(other, {key_of(DOOR, "AccessGranted", copy().at // 1000): b""}).news


def test_an_id_depends_on_everything_that_makes_the_occurrence_and_on_nothing_else():
    parts = [("p", "q"), ("d", "e"), ("AccessGranted", "DoorOpen"), (1, 2), (0, 1)]
    ids = {event_id(*choice) for choice in itertools.product(*parts)}
    assert len(ids) == 32
    assert event_id("p", "d", "T", 1, 0) == event_id("p", "d", "T", 1, 0) != event_id("p", "d", "T", 1, 1)


@given(st.integers(0, 10_000), st.integers(0, 2), st.booleans())
def test_a_shortened_time_always_equals_its_origin(offset, decimals, rounded):
    millis = from_iso("2026-01-31T12:00:00Z") // MILLISECOND + offset
    unit = 10 ** (3 - decimals)
    short = (millis + unit // 2) // unit * unit if rounded else millis // unit * unit
    assert is_same_time(millis, 3, short, decimals)
    assert is_same_time(short, decimals, millis, 3)
