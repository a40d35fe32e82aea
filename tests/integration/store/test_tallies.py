"""Moments counted as they are written are those that are there, whatever comes late, again, elsewhere or is erased."""

from collections import Counter
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from doorwatch.domain.incident import GrantOutcome
from doorwatch.domain.time import DAY, HOUR, MINUTE
from doorwatch.domain.verdict import Span
from doorwatch.store import erasing, invariants, moment_reading, moments, outcomes, report_figures, summaries, tallies
from doorwatch.store.schema.happenings import actors
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.schema.happenings import tallies as counted

WHO = {"actor_id": "7", "actor_name": "Zoë Rivera"}


@pytest.fixture
def days(building):
    """Two days around now, from a half hour to a half hour that begin no quarter of a day."""
    start = building.now // DAY * DAY - DAY + 90 * MINUTE
    return Span(start, start + 2 * DAY)


def by_counting(building, span, every):
    """Door to how many moments each piece has, one by one."""

    def read(conn):
        found = {}
        for door, at in conn.execute(select(rows.c.door_id, rows.c.at).where(rows.c.at >= span.start)).all():
            if at < span.end:
                found.setdefault(door, Counter())[(at - span.start) // every] += 1
        pieces = range((span.end - span.start) // every)
        return {door: [counts[piece] for piece in pieces] for door, counts in found.items()}

    return building.db.read_sync(read)


def count_all(building):
    building.write(
        lambda conn, account: tallies.count_events(conn, account, moment_reading.last_sequence(conn, account))
    )


def all_as_counted(building, span):
    same = [
        building.read(tallies.by_door, span, every) == by_counting(building, span, every)
        for every in (30 * MINUTE, HOUR, DAY)
    ]
    return all(same) and not building.db.read_sync(invariants.moments_tallied).wrong


TIMES = st.integers(-DAY, DAY) | st.sampled_from([0, -1, 30 * MINUTE, 30 * MINUTE - 1, 6 * HOUR, -6 * HOUR - 1])
IDS = st.integers(0, 25)
TYPES = st.sampled_from(["AccessGranted", "AccessGranted", "DoorOpen", "AccessRefused"])
ACTS = st.one_of(
    st.tuples(
        st.just("events"), st.lists(st.tuples(IDS, st.sampled_from(["D1", "D2", "D9"]), TIMES, TYPES), max_size=30)
    ),
    st.tuples(st.just("crossings"), st.lists(st.tuples(IDS, st.booleans(), TIMES), max_size=8)),
    st.tuples(st.just("incident"), st.tuples(IDS, TIMES)),
    st.tuples(st.just("health"), st.tuples(IDS, st.booleans(), TIMES)),
    st.tuples(st.just("outcome"), IDS),
    st.tuples(st.just("erase"), st.none()),
)


def act(building, what, told):
    if what == "events":
        batch = [
            building.event(f"e{one}", building.now + at, kind, device, **(WHO if one % 3 else {}))
            for one, device, at, kind in told
        ]
        building.store_events(*batch)
    elif what == "crossings":
        last = {one: (elsewhere, at) for one, elsewhere, at in told}
        batch = [
            building.crossing(f"c{one}", building.now + at, door=building.other_door if elsewhere else building.door)
            for one, (elsewhere, at) in last.items()
        ]
        building.store_crossings(*batch)
    elif what == "incident":
        one, at = told
        building.store_incident(f"i{one}", start=building.now + at, crossing_ids=(), excess_crossing_ids=())
    elif what == "health":
        one, at_door, at = told
        place = building.door if at_door else None
        building.write(
            moments.record_health, f"h{one}", "Lost", "x", at=building.now + at, now=building.now, door_id=place
        )
    elif what == "outcome":
        told = outcomes.Outcomes(grants=((building.pacs, f"e{told}", GrantOutcome.NOT_OBSERVABLE),))
        building.write(outcomes.keep, [told])
    else:
        for key in building.db.read_sync(lambda conn: conn.execute(select(actors.c.actor_key)).scalars().all()):
            building.write(erasing.erase, key, by="olga@x", now=building.now)


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Events are counted every few of them, so that some are counted and some are not."""
    monkeypatch.setattr(tallies, "EVERY", 16)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, min_size=1, max_size=8))
def test_what_is_counted_as_it_is_written_is_what_counting_finds(building, days, acts):
    for what, told in acts:
        act(building, what, told)
    assert all_as_counted(building, days)


def test_an_incident_that_begins_earlier_than_was_thought_is_counted_there_alone(building, days):
    building.store_incident("i1", start=building.now)
    building.store_incident("i1", start=building.now - 7 * HOUR)
    counts = building.read(tallies.by_door, days)[building.door]
    assert (sum(counts), counts[(building.now - 7 * HOUR - days.start) // HOUR]) == (1, 1)


def test_an_event_that_comes_again_is_counted_once(building, days):
    building.store_events(building.event("e1"), building.event("e2"))
    building.store_events(building.event("e2"), building.event("e3"), building.event("e1"))
    assert sum(building.read(tallies.by_door, days)[building.door]) == 3


def test_moments_of_before_there_were_counts_are_counted_by_the_upgrade(building, days):
    building.store_events(*(building.event(f"e{n}", building.now - n * 41 * MINUTE) for n in range(60)))
    building.store_events(building.event("early", -7 * HOUR))
    building.write(moments.record_health, "h", "Lost", "x", at=building.now, now=building.now)
    count_all(building)
    before = building.db.read_sync(lambda conn: sorted(conn.execute(select(counted)).all()))
    building.db.write_sync(lambda conn: conn.execute(delete(counted)))

    def again(conn):
        conn.execute(text(import_module("doorwatch.store.migrations.versions.0030_tallies")._counted()))
        return sorted(conn.execute(select(counted)).all())

    assert building.db.write_sync(again) == before


def test_a_time_that_is_not_made_of_half_hours_is_refused(building, days):
    for span, every in (
        (Span(days.start + 1, days.end + 1), HOUR),
        (Span(days.start, days.end + 30 * MINUTE), HOUR),
        (days, 20 * MINUTE),
    ):
        with pytest.raises(ValueError, match="half hours"):
            building.read(tallies.by_door, span, every)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 10 * MINUTE), (-90 * MINUTE, 7), (-30 * HOUR - 7, 20 * HOUR + 3), (-24 * HOUR, 24 * HOUR)]
)
def test_grants_are_the_same_whether_counted_or_read_from_the_tallies(building, start, end):
    building.store_events(
        *(
            building.event(
                f"e{n}", building.now - 30 * HOUR + n * 23 * MINUTE, ("AccessGranted", "DoorOpen")[n % 3 == 0]
            )
            for n in range(150)
        )
    )
    span = Span(building.now + start, building.now + end)
    grants = [
        building.now - 30 * HOUR + n * 23 * MINUTE
        for n in range(150)
        if n % 3 and span.start <= building.now - 30 * HOUR + n * 23 * MINUTE < span.end
    ]
    counts = building.read(summaries.count_by_door, span.start, span.end)
    assert counts.get(building.door, summaries.DoorCounts()).grants == len(grants)
    pieces = building.read(report_figures.grants_by_piece, {building.door}, span)
    assert pieces == Counter(at // tallies.PIECE * tallies.PIECE for at in grants)


def test_events_are_counted_some_at_a_time_and_none_twice(building, days):
    for start in range(0, 90, 10):
        building.store_events(*(building.event(f"e{n}", building.now - n * MINUTE) for n in range(start, start + 10)))
    upto = building.read(tallies.counted_upto)
    told = building.db.read_sync(lambda conn: conn.execute(select(counted)).all())
    assert 70 <= sum(sum(row[3 : 3 + tallies.TALLIED]) for row in told) == upto <= 89
    assert all_as_counted(building, days)
    count_all(building)
    count_all(building)
    assert building.read(tallies.counted_upto) == 90
    assert all_as_counted(building, days)


def test_a_count_that_is_wrong_is_found_by_the_check(building):
    building.store_events(building.event("e1"))
    assert building.db.read_sync(invariants.moments_tallied) == invariants.Found(0)
    count_all(building)
    assert building.db.read_sync(invariants.moments_tallied) == invariants.Found(1)
    building.db.write_sync(lambda conn: conn.execute(update(counted).values(moments3=counted.c.moments3 + 1)))
    assert building.door in building.db.read_sync(invariants.moments_tallied).wrong[0]
