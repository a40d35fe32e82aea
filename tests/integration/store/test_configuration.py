"""Versioned configuration: what was in force at a time stays what it was."""

import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.geometry import Point, Segment
from doorwatch.domain.policy import Controlled, Policy
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.domain.verdict import CameraVersion, PolicyVersion
from doorwatch.store import cameras, configuration, dirty
from doorwatch.store.engine.errors import UnknownError

SCENE = Scene("whatever", (768, 432), Segment(Point(110, 100), Point(110, 431)), Point(400, 300))


def test_each_version_of_a_mapping_holds_from_its_time_on(building):
    building.write(cameras.add_camera, name="Two", url="x", now=1, camera_id="two")
    building.write(configuration.set_mapping, building.door, ["two", "cam", "two"], building.now)
    known = building.read(configuration.mappings_of, [building.door, building.other_door])
    assert known.versions[building.door] == (
        CameraVersion(building.now - HOUR, ("cam",)),
        CameraVersion(building.now, ("two", "cam")),
    )
    assert known.at(building.door, building.now - 1) == ("cam",)
    assert known.at(building.door, building.now) == ("two", "cam")
    assert known.at(building.other_door, building.now) == ()


def test_current_mappings_leave_out_removed_cameras_and_doors_without_any(building):
    assert building.read(configuration.current_mappings, building.now) == {building.door: ("cam",)}
    building.write(cameras.remove_camera, "cam", building.now)
    assert building.read(configuration.current_mappings, building.now) == {}


def test_saving_twice_at_the_same_time_keeps_the_last(building):
    for ids in (["cam"], []):
        building.write(configuration.set_mapping, building.door, ids, building.now)
    assert building.read(configuration.mappings_of, [building.door]).at(building.door, building.now) == ()


def test_a_mapping_takes_only_doors_and_cameras_of_the_account(building, stranger):
    for door, camera in ((building.door, "theirs"), (stranger.door, "cam"), (building.door, "nothing")):
        with pytest.raises(UnknownError):
            building.write(configuration.set_mapping, door, [camera], building.now)


def test_a_scene_comes_back_as_it_was_saved_with_the_doors_own_id(building):
    building.write(configuration.set_scene, "cam", building.door, SCENE, building.now)
    [scene] = building.read(configuration.current_scenes, building.now)["cam"].values()
    assert scene.to_mapping() == {**SCENE.to_mapping(), "door": building.door}
    assert building.read(configuration.current_scenes, building.now - 1) == {}


def test_a_scene_can_be_taken_away(building):
    building.write(configuration.set_scene, "cam", building.door, SCENE, building.now)
    building.write(configuration.set_scene, "cam", building.door, None, building.now + 1)
    assert building.read(configuration.current_scenes, building.now + 1) == {"cam": {}}


def test_each_version_of_a_policy_holds_from_its_time_on(building):
    first, second = Policy(guests_per_grant=1), Policy(grant_after=3 * SECOND, controlled_direction=Controlled.BOTH)
    building.write(configuration.set_policy, building.door, first, building.now, since=building.now - HOUR)
    building.write(configuration.set_policy, building.door, second, building.now)
    assert building.read(configuration.policies_of, building.door) == (
        PolicyVersion(building.now - HOUR, first),
        PolicyVersion(building.now, second),
    )
    assert building.read(configuration.current_policies, building.now) == {building.door: second}
    assert second.controlled_direction.includes(Direction.OUT)


def test_a_changed_policy_or_mapping_makes_the_door_dirty_from_its_time_on(building):
    for door in building.db.write_sync(lambda c: dirty.take(c, building.now + HOUR, worker="w")):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))
    building.write(configuration.set_policy, building.door, Policy(), building.now, since=building.now - HOUR)
    [door] = building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w"))
    assert (door.door_id, door.changed_from) == (building.door, building.now - HOUR)
