"""The mapping changes for several doors at once or not at all, and nobody's change is overwritten."""

import pytest

from doorwatch.domain.policy import Policy
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.store import cameras, configuration, dirty, doors
from doorwatch.store.doors import Device
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.mapping import MappingChange, change_mapping, follow_door, mappable_doors, saved_at

SCENE = {"size": [640, 360], "threshold": [[100, 200], [300, 200]], "inside": [200, 300]}


@pytest.fixture
def second(building):
    building.write(cameras.add_camera, name="Second", url="rtsp://h/2", now=building.now, camera_id="cam2")
    return "cam2"


def mapped(building, at=None):
    return building.read(configuration.current_mappings, building.now if at is None else at)


def scene(door):
    return scene_from_mapping({**SCENE, "door": door})


def test_several_doors_are_mapped_in_one_go(building, second):
    later = building.now + SECOND
    changes = [
        MappingChange(building.door, ("cam",), (second, "cam", second)),
        MappingChange(building.other_door, (), ("cam",)),
    ]
    building.write(change_mapping, changes, later)
    assert mapped(building, later) == {building.door: (second, "cam"), building.other_door: ("cam",)}
    assert mapped(building)[building.door] == ("cam",)
    assert building.read(saved_at) == later


def test_both_doors_are_judged_again(building, second):
    building.write(change_mapping, [MappingChange(building.other_door, (), (second,))], building.now)
    taken = building.db.write_sync(lambda conn: dirty.take(conn, building.now + 10 * SECOND, worker="w", limit=9))
    assert building.other_door in {one.door_id for one in taken}


def test_who_began_from_an_older_mapping_is_told_and_nothing_is_saved(building, second):
    building.write(change_mapping, [MappingChange(building.door, ("cam",), (second,))], building.now + 1)
    late = [
        MappingChange(building.other_door, (), ("cam",)),
        MappingChange(building.door, ("cam",), ()),
    ]
    with pytest.raises(ConflictError, match="somebody else changed the cameras of Lobby east in the meantime"):
        building.write(change_mapping, late, building.now + 2)
    assert mapped(building, building.now + 2) == {building.door: (second,)}
    assert building.read(saved_at) == building.now + 1


@pytest.mark.parametrize("camera_id", ["nobody", "theirs"])
def test_a_camera_that_is_not_this_accounts_is_refused(building, stranger, camera_id):
    with pytest.raises(UnknownError, match=f"no camera {camera_id}"):
        building.write(change_mapping, [MappingChange(building.other_door, (), (camera_id,))], building.now)
    assert mapped(building) == {building.door: ("cam",)}


def test_a_door_of_another_account_and_a_door_named_twice_are_refused(building, stranger):
    with pytest.raises(UnknownError, match="not known any more"):
        building.write(change_mapping, [MappingChange(stranger.door, (), ("cam",))], building.now)
    twice = [MappingChange(building.other_door, (), ("cam",)), MappingChange(building.other_door, (), ())]
    with pytest.raises(ConflictError, match="named twice"):
        building.write(change_mapping, twice, building.now)


def test_saving_without_a_change_counts_as_saved(building, stranger):
    assert stranger.read(saved_at) is None
    stranger.write(change_mapping, [], stranger.now + 5)
    assert stranger.read(saved_at) == stranger.now + 5
    assert building.read(saved_at) == building.now


def test_doors_are_listed_by_name_with_the_stale_ones(building):
    again(building, Device("D2", "Server room"), Device("D3", "Archive"))
    assert [(one.name, one.device_id, one.stale) for one in building.read(mappable_doors)] == [
        ("Archive", "D3", False),
        ("Lobby east", "D1", True),
        ("Server room", "D2", False),
    ]


def again(building, *devices):
    """A new list of the gateway; the building's door D1 is left out of it."""
    building.write(doors.store_device_list, building.pacs, devices, building.now + 1, gateway_id="gw")
    return building.write(doors.ensure_known, building.pacs, [one.device_id for one in devices], building.now + 1)


def test_the_door_that_replaces_a_stale_one_takes_over_cameras_scenes_and_policy(building):
    building.write(configuration.set_scene, "cam", building.door, scene(building.door), building.now)
    policy = Policy(settle=9 * SECOND)
    building.write(configuration.set_policy, building.door, policy, building.now)
    new = again(building, Device("D9", "Lobby east"), Device("D2", "Server room"))["D9"]
    later = building.now + 2
    assert building.write(follow_door, building.door, new, later) == ("cam",)
    assert mapped(building, later) == {new: ("cam",)}
    drawn = building.read(configuration.current_scenes, later)
    assert list(drawn["cam"]) == [new]
    assert drawn["cam"][new].threshold == scene(new).threshold
    assert building.read(configuration.current_policies, later)[new] == policy


def test_what_was_drawn_for_the_new_door_already_stays(building):
    building.write(configuration.set_scene, "cam", building.door, scene(building.door), building.now)
    new = again(building, Device("D9", "Lobby east"), Device("D2", "Server room"))["D9"]
    own = scene_from_mapping({**SCENE, "threshold": [[1, 2], [3, 90]], "inside": [50, 60], "door": new})
    building.write(configuration.set_scene, "cam", new, own, building.now)
    building.write(follow_door, building.door, new, building.now + 2)
    assert building.read(configuration.current_scenes, building.now + 2)["cam"][new].threshold == own.threshold


def test_only_a_stale_door_with_cameras_is_followed_and_only_to_a_listed_one(building):
    with pytest.raises(ConflictError, match="still listed"):
        building.write(follow_door, building.door, building.other_door, building.now)
    again(building, Device("D2", "Server room"))
    with pytest.raises(ConflictError, match="choose a door that is"):
        building.write(follow_door, building.door, building.door, building.now)
    building.write(follow_door, building.door, building.other_door, building.now + 1)
    with pytest.raises(ConflictError, match="has no camera any more"):
        building.write(follow_door, building.door, building.other_door, building.now + 2)
    with pytest.raises(UnknownError):
        building.write(follow_door, "nowhere", building.other_door, building.now)
