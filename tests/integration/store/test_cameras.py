"""Cameras: entered by people, reported on by the analyzer."""

import pytest

from doorwatch.store import cameras
from doorwatch.store.cameras import CameraStatus
from doorwatch.store.engine.errors import ConflictError, UnknownError


def test_a_camera_is_kept_with_its_settings(building):
    made = building.write(
        cameras.add_camera, name="Gate", url="rtsp://h/2", now=building.now, settings={"detector": "x", "record": True}
    )
    assert building.read(cameras.get_camera, made.camera_id) == made
    assert [camera.name for camera in building.read(cameras.list_cameras)] == ["Gate", "Lobby cam"]


def test_a_name_is_taken_once_in_an_account(building, stranger):
    with pytest.raises(ConflictError, match="choose another name"):
        building.write(cameras.add_camera, name="lobby CAM", url="rtsp://x", now=1)
    stranger.write(cameras.add_camera, name="Lobby cam", url="rtsp://x", now=1)


def test_only_what_is_given_is_changed(building):
    building.write(cameras.update_camera, "cam", enabled=False)
    building.write(cameras.update_camera, "cam", name="Lobby cam", settings={"record": False})
    camera = building.read(cameras.get_camera, "cam")
    assert (camera.name, camera.url, camera.enabled, camera.settings) == (
        "Lobby cam",
        "rtsp://u:p@h/1",
        False,
        {"record": False},
    )


def test_a_removed_camera_is_gone_but_keeps_its_name_for_old_moments(building):
    building.write(cameras.remove_camera, "cam", building.now)
    assert building.read(cameras.list_cameras) == []
    assert building.read(cameras.names) == {"cam": "Lobby cam"}
    with pytest.raises(UnknownError):
        building.write(cameras.update_camera, "cam", name="x")
    building.write(cameras.add_camera, name="Lobby cam", url="rtsp://new", now=building.now)


def test_status_is_what_the_analyzer_said_last(building):
    said = CameraStatus(200, "online", building.now, 1280, 720, 12.5, "h264", building.now - 5, 41.5, "centernet")
    assert building.write(cameras.set_status, "cam", said)
    assert building.read(cameras.get_camera, "cam").status == said


def test_a_camera_of_another_account_cannot_be_read_changed_or_reported_on(building, stranger):
    for work in (cameras.get_camera, cameras.update_camera):
        with pytest.raises(UnknownError):
            building.write(work, "theirs")
    assert not building.write(cameras.set_status, "theirs", CameraStatus(500))
    assert stranger.read(cameras.get_camera, "theirs").status.code == 100


def test_a_cameras_password_is_not_in_its_text(building):
    assert "u:p" not in repr(building.read(cameras.get_camera, "cam"))


def test_a_camera_that_was_taken_away_exists_and_is_not_present(building):
    cameras_of = ["cam", "never"]
    assert building.read(cameras.present, cameras_of) == {"cam"}
    building.write(cameras.remove_camera, "cam", building.now)
    assert building.read(cameras.existing, cameras_of) == {"cam"}
    assert building.read(cameras.present, cameras_of) == set()
