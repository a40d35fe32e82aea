"""Sites: what belongs to which, and what a site's zone is asked for; on both databases."""

import pytest

from doorwatch.store import cameras, configuration, sites, tenants
from doorwatch.store.engine.errors import ConflictError, UnknownError


def add(building, name="Lisbon", zone="Europe/Lisbon"):
    return building.write(tenants.create_site, name, zone).site_id


def read(building):
    return building.read(sites.read, building.now)


def test_an_account_with_one_site_asks_for_nothing_more(building):
    places = read(building)
    assert not places.several
    assert places.of_door(building.door) == places.of_camera("cam") == places.default
    assert (places.doors, places.cameras) == ({}, {})


def test_a_door_belongs_to_the_site_of_its_system_and_a_camera_to_that_of_its_doors(building):
    lisbon = add(building)
    assert read(building).doors == {building.door: building.site, building.other_door: building.site}
    building.write(sites.assign, lisbon, door_ids=[building.door])
    places = read(building)
    assert places.of_door(building.door).time_zone == "Europe/Lisbon"
    assert places.of_door(building.other_door).site_id == building.site
    assert places.of_camera("cam").site_id == lisbon, "it sees nothing but the door there"
    building.write(configuration.set_mapping, building.other_door, ["cam"], building.now)
    assert read(building).of_camera("cam").site_id == building.site, "of two sites, so of none in particular"
    building.write(sites.assign, lisbon, camera_ids=["cam"])
    assert read(building).of_camera("cam").site_id == lisbon
    assert places.of_all([building.door], ["cam"]).site_id == lisbon
    assert places.of_all([building.door, building.other_door], []) is None
    assert places.of_all([], []) is None


def test_the_default_site_is_that_of_the_first_system_whatever_it_is_called(building):
    add(building, "Aaa first in the alphabet")
    assert read(building).default.site_id == building.site
    assert building.read(sites.default_site).site_id == building.site


def test_only_an_empty_site_is_removed(building):
    lisbon = add(building)
    building.write(sites.assign, lisbon, door_ids=[building.door])
    with pytest.raises(ConflictError, match="2 doors and cameras belong to this site"):
        building.write(sites.remove, lisbon, building.now)
    with pytest.raises(ConflictError, match="an access control system belongs to this site"):
        building.write(sites.remove, building.site, building.now)
    building.write(sites.assign, building.site, door_ids=[building.door])
    building.write(sites.remove, lisbon, building.now)
    with pytest.raises(ConflictError, match="one site at least"):
        building.write(sites.remove, building.site, building.now)


def test_nothing_of_another_account_is_moved_or_moved_to(building, stranger):
    lisbon = add(building)
    building.write(cameras.add_camera, name="x", url="rtsp://x", now=1, camera_id="cam2")
    for wanted in ({"door_ids": [building.door]}, {"camera_ids": ["cam2"]}):
        with pytest.raises(UnknownError):
            stranger.write(sites.assign, stranger.site, **wanted)
        with pytest.raises(UnknownError):
            stranger.write(sites.assign, lisbon, **wanted)
    with pytest.raises(UnknownError):
        stranger.write(sites.remove, lisbon, stranger.now)
    with pytest.raises(UnknownError):
        read(stranger).chosen(lisbon)
