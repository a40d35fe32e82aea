"""What has to be read and judged after a change: enough, and not much more."""

import pytest

from doorwatch.domain.access import Meaning
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import (
    PolicyVersion,
    Span,
    camera_span,
    fetch_span,
    missing_types,
    pacs_span,
    reads,
    window_around,
    within,
)


@pytest.fixture
def span(micros):
    return lambda start, end: Span(micros(start), micros(end))


def test_a_quiet_door_is_judged_around_the_change_alone(door, span, micros):
    door.grant(-1000).enter(-998).grant(0).enter(2).grant(1000).enter(1002)
    window = window_around(door.inputs, span(-500, 500), span(0, 0), micros(2000))
    assert window.sufficient
    assert span(-10, -2.1).start < window.span.start < span(-2, 0).start
    assert span(10, 0).start < window.span.end < span(11, 0).start


def test_a_window_goes_round_everything_that_hangs_together(door, span, micros):
    door.grant(0).enter(2).grant(9).enter(11).grant(18).enter(20)
    window = window_around(door.inputs, span(-500, 500), span(18, 18), micros(2000))
    assert window.span.start < micros(-2)


def test_a_window_keeps_a_minute_away_from_excess_entries(door, span, micros):
    door.enter(0, 200)
    window = window_around(door.inputs, span(-500, 700), span(100, 100), micros(2000))
    assert window.sufficient
    assert micros(60) < window.span.start <= micros(100) <= window.span.end < micros(140)
    near = window_around(door.inputs, span(-500, 700), span(50, 50), micros(2000))
    assert near.span.start < micros(-60)


def test_what_may_be_under_way_before_the_fetched_time_makes_it_ask_for_more(door, span, micros):
    door.grant(0).enter(2)
    window = window_around(door.inputs, span(-20, 500), span(0, 0), micros(2000))
    assert not window.sufficient
    assert window.ask.start < micros(-60)
    assert window_around(door.inputs, window.ask, span(0, 0), micros(2000)).sufficient


def test_nothing_is_asked_for_before_the_oldest_record(door, span, micros):
    door.grant(0).enter(2).having(oldest=micros(-20))
    assert window_around(door.inputs, span(-20, 500), span(0, 0), micros(2000)).sufficient


def test_a_dead_reader_makes_the_window_grow_until_it_is_whole(door, span, micros):
    door.enter(*range(0, 2000, 30))
    changed, now = span(1980, 1980), micros(1990)
    fetched = fetch_span(changed)
    for _ in range(8):
        window = window_around(within(door.inputs, fetched), fetched, changed, now)
        if window.sufficient:
            break
        fetched = window.ask
    assert window.sufficient
    assert window.span.start < micros(-60)


def test_a_late_unlock_changes_everything_until_the_next_lock_event(door, span, micros):
    door.event("DoorManuallyUnlocked", 0).enter(500, 900).event("DoorLock", 1000)
    window = window_around(door.inputs, span(-500, 500), span(0, 0), micros(9000))
    assert not window.sufficient
    assert window.ask.end > micros(1000)
    assert window_around(door.inputs, span(-500, 1500), span(0, 0), micros(9000)).span.end >= micros(1000)


def test_cutting_carries_the_lock_and_contact_state_in(door, span):
    door.event("DoorScheduledUnlock", 0).event("DoorOpen", 5).grant(6).enter(100, 101)
    cut = within(door.inputs, span(50, 150))
    assert [event.event_type for event in cut.carried] == ["DoorScheduledUnlock", "DoorOpen"]
    assert cut.events == ()
    assert len(cut.crossings) == 2
    assert [event.event_type for event in within(cut, span(90, 150)).carried] == ["DoorScheduledUnlock", "DoorOpen"]


def test_times_of_the_pacs_are_read_as_wide_as_any_clock_offset_needs(span):
    policies = [PolicyVersion(0, Policy(clock_offset=60 * SECOND)), PolicyVersion(9, Policy(clock_offset=-SECOND))]
    assert pacs_span(span(0, 10), policies) == span(-1, 70)
    assert camera_span(span(0, 10), policies) == span(-60, 11)


def test_a_longer_policy_reads_further(span, micros):
    patient = [PolicyVersion(0, Policy(grant_after=300 * SECOND))]
    assert fetch_span(span(0, 0)).start == micros(-180)
    assert fetch_span(span(0, 0), patient).start == micros(-660)


def test_the_types_that_the_rule_cannot_see_are_named():
    assert missing_types(None) == {}
    missing = missing_types(frozenset({"AccessGranted", "DoorOpen", "AccessRefused"}))
    assert set(missing) == {Meaning.CLOSED, Meaning.LOCKED}
    assert "DoorClose" in missing[Meaning.CLOSED]


@pytest.mark.parametrize(
    ("event_type", "read"),
    [("access_granted", True), ("DoorClose", True), ("DoorTamper", False), ("DoorUnlock", False)],
)
def test_only_types_with_a_meaning_make_a_verdict_due(event_type, read):
    assert reads(event_type) is read
