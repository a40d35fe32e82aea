"""Pools by version: who is judged as which door, and when."""

import pytest

from doorwatch.domain.time import HOUR, SECOND
from doorwatch.domain.verdict import Span
from doorwatch.store import pools, windows
from doorwatch.store.engine.errors import ConflictError, UnknownError


def test_a_door_stands_alone_until_it_is_pooled_and_after_it_left(building):
    now = building.now
    building.write(pools.set_members, building.door, [building.other_door], now)
    building.write(pools.set_members, building.door, [], now + HOUR)
    known = building.read(pools.read)
    heads = [known.head_at(building.other_door, now + at) for at in (-1, 0, HOUR - 1, HOUR)]
    assert heads == [building.other_door, building.door, building.door, building.other_door]
    assert known.members(building.door, now) == [building.other_door]
    assert known.members(building.door, now + HOUR) == []
    assert known.parts(building.door)[1] == (building.other_door, Span(now, now + HOUR - 1))


def test_a_window_of_the_head_holds_what_happened_at_members_while_they_were_in_the_pool(building):
    now = building.now
    building.write(pools.set_members, building.door, [building.other_door], now)
    for at in (-5, 5):
        building.store_events(building.event(f"e{at}", now + at * SECOND, device_id="D2"))
        building.store_crossings(building.crossing(f"c{at}", at=now + at * SECOND, door=building.other_door))

    def read(door):
        inputs = building.read(windows.read_inputs, door, now - HOUR, now + HOUR)
        return [event.event_id for event in inputs.events], [one.crossing_id for one in inputs.crossings], inputs.leaves

    assert read(building.door) == (["e5"], ["c5"], {"D1": building.door, "D2": building.other_door})
    assert read(building.other_door) == (["e-5"], ["c-5"], {})


def test_each_leaf_keeps_its_own_cameras(building):
    building.write(pools.set_members, building.door, [building.other_door], building.now - HOUR)
    inputs = building.read(windows.read_inputs, building.door, building.now, building.now + SECOND)
    assert [version.cameras for version in inputs.leaf_mappings[building.door]] == [("cam",)]
    assert inputs.leaf_mappings[building.other_door] == ()


def test_a_door_that_is_judged_as_another_can_have_no_pool_of_its_own(building):
    building.write(pools.set_members, building.door, [building.other_door], building.now)
    with pytest.raises(ConflictError, match="change the pool there"):
        building.write(pools.set_members, building.other_door, [building.door], building.now + 1)


def test_doors_of_other_accounts_cannot_be_pooled(building, stranger):
    with pytest.raises(UnknownError):
        building.write(pools.set_members, building.door, [stranger.door], building.now)


def test_the_pool_is_looked_at_when_a_member_changes(building):
    building.write(pools.set_members, building.door, [building.other_door], building.now)
    known = building.read(pools.read)
    during, before = Span(building.now, building.now + 5), Span(building.now - 9, building.now - 5)
    assert known.heads(building.other_door, during) == {building.door}
    assert known.heads(building.other_door, before) == set()
    assert known.heads(building.door, during) == set()
