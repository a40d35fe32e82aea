"""Doors that no camera ever saw: their grants are decided as they come, and the rule says the same when it is asked.

PostgreSQL may have several replicas, of which one does not see what another is about to commit: there all doors are judged.
"""

import pytest
from sqlalchemy import delete, select

from doorwatch.domain.access import Direction
from doorwatch.domain.labels import UNSEEN
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.domain.verdict import judge
from doorwatch.store import access_events, configuration, moment_reading, moments, pools
from doorwatch.store.schema.happenings import dirty_doors
from doorwatch.store.windows import read_inputs

SIDES = (None, Direction.IN, Direction.OUT)
DECIDED = ["not observable", "not observable", "uncontrolled"]


@pytest.fixture
def alone(building):
    """A building whose second door no camera ever saw."""
    forget(building)
    return building


def forget(building):
    building.db.write_sync(lambda conn: conn.execute(delete(dirty_doors)))


def marked(building):
    return building.db.read_sync(lambda conn: set(conn.execute(select(dirty_doors.c.door_id)).scalars()))


def grants(building, *, device_id="D2"):
    return [
        building.event(f"g{number}", building.now + number * SECOND, device_id=device_id, side=side)
        for number, side in enumerate(SIDES)
    ]


def outcomes(building):
    found = building.read(access_events.get_many, building.pacs, [f"g{number}" for number in range(len(SIDES))])
    return [one.outcome for one in found]


def test_grants_at_a_door_that_no_camera_ever_saw_are_decided_as_they_come_where_one_process_writes(alone):
    alone.store_events(*grants(alone), alone.event("o1", event_type="DoorOpen", device_id="D2"))
    if alone.db.shared:
        assert marked(alone) == {alone.other_door}
        assert outcomes(alone) == [None, None, None]
        return
    assert marked(alone) == set()
    assert outcomes(alone) == DECIDED
    said = {one.moment_id: UNSEEN in one.labels for one in alone.read(moment_reading.newest)}
    keys = ("g0", "g1", "g2", "o1")
    assert [said[moments.event_moment_id(alone.pacs, key)] for key in keys] == [True, True, False, False]


def test_the_rule_says_the_same_of_them_when_it_is_asked(alone):
    alone.store_events(*grants(alone))
    window = (alone.other_door, alone.now - HOUR, alone.now + HOUR)
    verdict = judge(alone.read(read_inputs, *window), alone.now + HOUR)
    assert [one.outcome.value for one in sorted(verdict.grants, key=lambda one: one.grant_id)] == DECIDED


@pytest.mark.parametrize("reason", ["mapped", "passed", "policy", "pool", "former pool"])
def test_a_door_of_which_more_may_be_said_is_judged(alone, reason):
    door, now = alone.other_door, alone.now
    if reason == "mapped":
        alone.write(configuration.set_mapping, door, [alone.camera], now)
    elif reason == "passed":
        alone.store_crossings(alone.crossing(door=door, at=now - HOUR))
    elif reason == "policy":
        alone.write(configuration.set_policy, door, Policy(guests_per_grant=1), now)
    else:
        alone.write(pools.set_members, alone.door, [door], now)
        if reason == "former pool":
            alone.write(pools.set_members, alone.door, [], now + SECOND)
    forget(alone)
    alone.store_events(*grants(alone))
    assert marked(alone) == {door}
    assert outcomes(alone) == [None, None, None]


def test_what_makes_a_door_one_of_the_others_counts_for_the_next_event(alone):
    alone.store_events(alone.event("before", device_id="D2"))
    forget(alone)
    alone.store_crossings(alone.crossing(door=alone.other_door))
    assert marked(alone) == {alone.other_door}
    forget(alone)
    alone.store_events(alone.event("late", alone.now - SECOND, device_id="D2"))
    assert marked(alone) == {alone.other_door}


def test_a_grant_that_is_told_again_with_more_is_judged_anew(alone):
    alone.store_events(alone.event("g0", device_id="D2"))
    alone.store_events(alone.event("g0", device_id="D2", side=Direction.OUT))
    assert marked(alone) == {alone.other_door}
