"""Doors: a list replaces the doors of its own gateway, and never silently drops many."""

import pytest

from doorwatch.domain.time import HOUR
from doorwatch.store import doors, moment_reading
from doorwatch.store.doors import AccessPoint, Device
from doorwatch.store.engine.errors import UnknownError


def upload(building, *device_ids, gateway="gw", at=None):
    devices = [Device(device_id, f"Door {device_id}") for device_id in device_ids]
    return building.write(doors.store_device_list, building.pacs, devices, at or building.now, gateway_id=gateway)


def stale(building):
    return {door.device_id for door in building.read(doors.list_doors) if door.stale}


def test_a_list_names_doors_with_their_readers_and_suggested_cameras(building):
    points = (AccessPoint("r1", "in"), AccessPoint("r2"))
    device = Device("D9", "Gate", ("guid", "nameless"), points, {"guid": "Gate inside"})
    building.write(doors.store_device_list, building.pacs, [device], building.now, gateway_id="other")
    [door] = [door for door in building.read(doors.list_doors) if door.device_id == "D9"]
    assert (door.name, door.access_points) == ("Gate", points)
    assert door.suggested_cameras == (("guid", "Gate inside"), ("nameless", None))
    assert (door.listed, door.stale, door.gateway_id) == (True, False, "other")


def test_a_later_list_renames_and_keeps_the_id(building):
    building.write(
        doors.store_device_list,
        building.pacs,
        [Device("D1", "New name"), Device("D2", "b")],
        building.now,
        gateway_id="gw",
    )
    assert building.read(doors.get_door, building.door).name == "New name"


def test_a_door_that_the_list_leaves_out_is_stale_and_comes_back(building):
    upload(building, "D1", "D2", "D3")
    result = upload(building, "D1", "D3")
    assert (result.stale, result.held) == ((building.other_door,), None)
    assert stale(building) == {"D2"}
    upload(building, "D1", "D2", "D3")
    assert stale(building) == set()


def test_a_list_touches_only_the_doors_of_its_own_gateway(building):
    upload(building, "N1", "N2", gateway="north")
    assert upload(building, "S1", gateway="south").stale == ()
    upload(building, "N1", gateway="north")
    assert stale(building) == {"N2"}


@pytest.mark.parametrize("left", [(), ("D1",)])
def test_a_list_that_drops_more_than_half_waits_and_is_told(building, left):
    upload(building, "D1", "D2", "D3", "D4")
    result = upload(building, *left)
    assert (
        result.held
        == f"the newest device list lacks {4 - len(left)} of 4 doors, so none was dropped: accept it if they are really gone"
    )
    assert stale(building) == set()
    [held] = building.read(doors.held_lists)
    assert held.dropped == tuple(sorted({"D1", "D2", "D3", "D4"} - set(left)))
    [health] = [m for m in building.read(moment_reading.newest) if m.kind == "health"]
    assert (health.title, health.detail) == ("Device list held", result.held)


def test_a_held_list_still_adds_and_renames(building):
    upload(building, "D1", "D2", "D3")
    upload(building, "D9")
    assert {door.device_id for door in building.read(doors.list_doors)} == {"D1", "D2", "D3", "D9"}


def test_a_list_that_waits_is_told_once_however_often_it_comes(building):
    for hour in range(3):
        upload(building, at=building.now + hour * HOUR)
    assert len([m for m in building.read(moment_reading.newest) if m.kind == "health"]) == 1


def test_a_held_list_can_be_accepted_once(building):
    upload(building)
    assert set(building.write(doors.accept_held_list, building.pacs, "gw")) == {building.door, building.other_door}
    assert stale(building) == {"D1", "D2"}
    with pytest.raises(UnknownError):
        building.write(doors.accept_held_list, building.pacs, "gw")


def test_a_complete_list_clears_the_one_that_waits(building):
    upload(building)
    upload(building, "D1", "D2")
    assert building.read(doors.held_lists) == []


def test_a_gateway_without_an_id_replaces_its_own_doors(building):
    upload(building, "A", "B", "C", gateway=None)
    upload(building, "A", "B", gateway=None)
    assert stale(building) == {"C"}


def test_a_door_that_only_an_event_named_is_not_listed_and_is_called_by_its_id(building):
    building.store_events(building.event(device_id="D7"))
    [door] = [door for door in building.read(doors.list_doors) if door.device_id == "D7"]
    assert (door.name, door.listed, door.stale) == ("D7", False, False)


def test_a_door_tells_its_newest_event(building):
    building.store_events(
        building.event("a", building.now, "DoorOpen"),
        building.event("b", building.now + 5, "DoorTamper"),
        building.event("c", building.now + 1, "DoorClose"),
    )
    door = building.read(doors.get_door, building.door)
    assert (door.last_event_at, door.last_event_type) == (building.now + 5, "DoorTamper")
    assert building.read(doors.get_door, building.other_door).last_event_at is None


def test_no_account_sees_the_doors_of_another(building, stranger):
    assert building.door != stranger.door
    with pytest.raises(UnknownError):
        building.read(doors.get_door, stranger.door)
    assert {door.door_id for door in stranger.read(doors.list_doors)} == {stranger.door, stranger.other_door}
    assert building.read(doors.existing, [building.door, stranger.door]) == {building.door}


@pytest.mark.parametrize("newest", ["AccessGranted", "DoorClose", "DoorUnlock", "SomethingElse"])
def test_a_door_tells_its_newest_event_whatever_that_means(building, newest):
    types = ["AccessGranted", "DoorClose", "DoorUnlock", "AccessRefused"]
    older = [building.event(f"o{n}", building.now + n, kind) for n, kind in enumerate(types)]
    last = building.event("last", building.now + HOUR, newest)
    building.store_events(*older, last, building.event("other", building.now + 2 * HOUR, device_id="D2"))
    door = building.read(doors.get_door, building.door)
    assert (door.last_event_at, door.last_event_type) == (last.at, newest)
    assert door in building.read(doors.list_doors)


def test_of_two_events_at_the_same_time_the_one_with_the_greater_id_is_the_newest(building):
    building.store_events(
        building.event("b", event_type="DoorOpen"), building.event("a"), building.event("c", event_type="DoorUnlock")
    )
    assert building.read(doors.get_door, building.door).last_event_type == "DoorUnlock"


def test_a_door_without_events_has_no_newest(building):
    door = building.read(doors.get_door, building.door)
    assert (door.last_event_at, door.last_event_type) == (None, None)


def test_who_needs_a_door_hears_when_there_is_none(building):
    building.read(doors.must_exist, building.door)
    with pytest.raises(UnknownError, match="no such door"):
        building.read(doors.must_exist, "door_none")
