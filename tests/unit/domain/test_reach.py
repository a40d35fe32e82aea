"""Where cameras may be."""

from pathlib import Path

import pytest

from doorwatch.domain.reach import Reach, ReachError, camera_folders, camera_reach, forbidden, networks, outside

OURS = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "::ffff:127.0.0.1",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
]
NOBODYS = ["224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "fd00:ec2::254"]
CAMERAS = ["10.1.2.3", "192.168.1.20", "172.16.0.9", "203.0.113.9", "fd12::7", "2001:db8::1"]


@pytest.mark.parametrize("address", OURS + NOBODYS[:4])
def test_this_machine_its_neighbourhood_and_nobody_are_refused(address):
    assert Reach().refuses(address)


@pytest.mark.parametrize("address", CAMERAS)
def test_networks_of_a_building_and_the_world_are_not(address):
    assert not Reach().refuses(address)


def test_a_named_network_is_an_exception():
    reach = Reach(networks("127.0.0.1/32, 169.254.7.0/24"))
    assert not reach.refuses("127.0.0.1")
    assert not reach.refuses("::ffff:127.0.0.1")
    assert not reach.refuses("169.254.7.9")
    assert reach.refuses("127.0.0.2")


def test_networks_are_read_from_a_list_with_spaces_and_gaps():
    read = networks(" 10.0.0.0/8, 127.0.0.1 ,,fd00::/8")
    assert [str(network) for network in read] == ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"]


def test_where_only_named_networks_count_nothing_else_is_reached():
    reach = camera_reach({"DOORWATCH_CAMERA_NETWORKS": "10.1.0.0/16", "DOORWATCH_CAMERA_NETWORKS_ONLY": "true"})
    assert [reach.refuses(address) for address in ("10.1.2.3", "10.2.2.3", "203.0.113.9")] == [False, True, True]


def test_a_list_that_is_none_is_told():
    with pytest.raises(ReachError, match="'lobby' is no network"):
        networks("10.0.0.0/8, lobby")


def test_one_bad_address_of_a_name_is_enough():
    sentence = forbidden("cam.example.com", ["10.1.1.1", "169.254.169.254"], Reach())
    assert "cam.example.com leads to 169.254.169.254" in sentence
    assert "DOORWATCH_CAMERA_NETWORKS" in sentence


def test_a_folder_of_files_that_serve_as_cameras_is_named_from_the_root_on():
    assert camera_folders({"DOORWATCH_CAMERA_FOLDERS": " /srv/video ,/media"}) == (Path("/srv/video"), Path("/media"))
    assert camera_folders({}) == ()
    with pytest.raises(ReachError, match="'video' is no whole path"):
        camera_folders({"DOORWATCH_CAMERA_FOLDERS": "video"})


def test_a_file_is_inside_of_a_folder_by_whole_names():
    assert outside(Path("/srv/video/a.mp4"), [Path("/srv/video")]) is None
    assert "DOORWATCH_CAMERA_FOLDERS" in outside(Path("/srv/videos/a.mp4"), [Path("/srv/video")])
