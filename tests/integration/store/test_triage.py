"""Which dirty doors can wait: judged by what people would miss."""

import pytest

from doorwatch.domain.incident import (
    CrossingOutcome,
    CrossingVerdict,
    GrantOutcome,
    IncidentState,
)
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.store import access_events, crossings, dirty, moment_reading, moments, outcomes, pools, triage
from doorwatch.store.outcomes import Outcomes


@pytest.fixture
def place(building):
    """A building of whose doors none is dirty."""
    for door in take(building, building.now):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))
    return building


def take(place, at):
    return place.db.write_sync(lambda c: dirty.take(c, at, worker="w"))


def due(place, at):
    """The doors that are taken at a time, after those that can wait were put off."""

    def work(conn):
        triage.let_wait(conn, at)
        return [door.door_id for door in dirty.take(conn, at, worker="w")]

    return place.db.write_sync(work)


def judged(place, outcome=CrossingOutcome.ADMITTED):
    place.store_crossings(place.crossing("c1"))
    place.write(crossings.set_outcomes, [CrossingVerdict("c1", outcome)])
    for door in take(place, place.now):
        place.db.write_sync(lambda c, d=door: dirty.finish(c, d))


def tell(place, state, start):
    place.store_incident(state=state, start=start, end=start)


def test_somebody_whom_the_rule_has_not_looked_at_is_urgent(place):
    place.store_crossings(place.crossing())
    assert due(place, place.now) == [place.door]


def test_urgent_doors_are_taken_before_those_that_have_been_due_for_longer(place):
    place.store_events(place.event(), at=place.now - 60 * SECOND)
    place.write(dirty.mark, {place.door: (place.now, place.now)}, place.now - 60 * SECOND)
    place.store_crossings(place.crossing(door=place.other_door))
    found = place.db.write_sync(lambda c: dirty.take(c, place.now, worker="w", first=triage.URGENT))
    assert [(door.door_id, door.urgent) for door in found] == [(place.other_door, True), (place.door, False)]


def test_events_wait_ten_seconds_where_nobody_passed(place):
    place.store_events(place.event())
    assert due(place, place.now) == []
    place.store_events(place.event("e2", place.now + 9 * SECOND), at=place.now + 9 * SECOND)
    assert due(place, place.now + 9 * SECOND) == []
    assert due(place, place.now + 10 * SECOND) == [place.door]


def test_events_wait_one_second_where_everybody_who_passed_was_judged(place):
    judged(place)
    place.store_events(place.event())
    assert due(place, place.now) == []
    assert due(place, place.now + SECOND) == [place.door]


def test_somebody_who_comes_while_events_wait_ends_the_wait(place):
    place.store_events(place.event())
    assert due(place, place.now) == []
    place.store_crossings(place.crossing(), at=place.now + SECOND)
    assert due(place, place.now + SECOND) == [place.door]


@pytest.mark.parametrize(
    ("state", "seconds"),
    [(IncidentState.PROVISIONAL, 0.25), (IncidentState.UNCONFIRMED, 0.25), (IncidentState.FINAL, 1)],
)
def test_events_beside_an_incident_wait_less_while_it_is_being_decided(place, state, seconds):
    judged(place, CrossingOutcome.EXCESS)
    tell(place, state, place.now)
    place.store_events(place.event())
    assert due(place, place.now + int(seconds * SECOND) - 1) == []
    assert due(place, place.now + int(seconds * SECOND)) == [place.door]


def test_an_incident_whose_time_has_come_waits_for_nothing(place):
    judged(place, CrossingOutcome.EXCESS)
    tell(place, IncidentState.PROVISIONAL, place.now)
    place.write(dirty.mark, {place.door: (place.now, place.now)}, place.now)
    for door in take(place, place.now):
        place.db.write_sync(lambda c, d=door: dirty.finish(c, d, again_at=place.now + 6 * SECOND))
    assert due(place, place.now + 6 * SECOND) == [place.door]


def test_who_does_not_keep_up_lets_doors_without_new_people_wait_longer(place):
    judged(place)
    place.store_events(place.event())

    def behind(conn, at):
        triage.let_wait(conn, at, patience=4)
        return [door.door_id for door in dirty.take(conn, at, worker="w")]

    assert place.db.write_sync(lambda c: behind(c, place.now + 3 * SECOND)) == []
    place.store_crossings(place.crossing("c2"), at=place.now + 3 * SECOND)
    assert place.db.write_sync(lambda c: behind(c, place.now + 3 * SECOND)) == [place.door]


def test_events_beside_an_incident_that_is_gone_wait_as_beside_none(place):
    judged(place)
    tell(place, IncidentState.EXPLAINED, place.now)
    place.store_events(place.event())
    assert due(place, place.now) == []


def test_events_long_after_a_final_incident_can_wait(place):
    tell(place, IncidentState.FINAL, place.now - HOUR)
    place.store_events(place.event())
    assert due(place, place.now) == []


def test_a_door_that_no_camera_ever_saw_is_not_judged(place):
    place.store_events(place.event(device_id="D2"))
    assert due(place, place.now + HOUR) == []
    assert place.db.read_sync(dirty.count) == 0


def test_a_door_that_waits_is_not_due_before_its_time(place):
    place.store_events(place.event())
    due(place, place.now)
    assert place.db.read_sync(dirty.next_due) == place.now + 10 * SECOND


def test_somebody_at_a_member_of_a_pool_makes_the_pool_urgent(place):
    place.write(pools.set_members, place.door, [place.other_door], place.now - HOUR)
    for door in take(place, place.now):
        place.db.write_sync(lambda c, d=door: dirty.finish(c, d))
    place.store_crossings(place.crossing(door=place.other_door))
    place.write(dirty.mark, {place.door: (place.now, place.now)}, place.now)
    assert set(due(place, place.now)) == {place.door, place.other_door}


def test_outcomes_of_several_doors_are_kept_with_their_moments(place):
    place.store_events(place.event("e1"), place.event("e2", device_id="D2"))
    place.store_crossings(place.crossing("c1"))
    found = [
        Outcomes((CrossingVerdict("c1", CrossingOutcome.ADMITTED, "e1"),), ((place.pacs, "e1", GrantOutcome.USED),)),
        Outcomes((), ((place.pacs, "e2", GrantOutcome.NO_ENTRY),)),
    ]
    place.write(outcomes.keep, found)
    stored = place.read(access_events.get_many, place.pacs, ["e1", "e2"])
    assert [one.outcome for one in stored] == ["used", "granted, no entry"]
    [crossing] = place.read(crossings.get_many, ["c1"])
    assert (crossing.outcome, crossing.grant_id) == (CrossingOutcome.ADMITTED, "e1")
    ids = [moments.event_moment_id(place.pacs, "e1"), moments.crossing_moment_id("c1")]
    assert {moment.outcome for moment in place.read(moment_reading.get_many, ids)} == {"used", "admitted"}


def test_nothing_to_keep_writes_nothing(place):
    before = place.read(moment_reading.last_sequence)
    place.write(outcomes.keep, [Outcomes(), Outcomes()])
    assert place.read(moment_reading.last_sequence) == before
