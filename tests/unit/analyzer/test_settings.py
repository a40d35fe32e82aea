"""What the server configures is understood, kept, and told when it cannot be used."""

from pathlib import Path

import pytest

from doorwatch.analyzer.settings import AnalyzerError, AnalyzerSettings, read_configuration
from doorwatch.domain.time import SECOND

SCENE = {"door_id": "door-9", "size": [640, 360], "threshold": [[100, 50], [100, 300]], "inside": [400, 200]}
CAMERA = {
    "camera_id": "cam-1",
    "name": "Lobby",
    "url": "rtsp://u:secret@camera/1",
    "enabled": True,
    "settings": {"detector": "centernet", "record": False},
    "scenes": [SCENE],
}
COMMAND = {"command": "configure", "revision": 7, "cameras": [CAMERA]}


def test_a_configuration_is_read():
    (camera,) = read_configuration(COMMAND).cameras
    assert (camera.camera_id, camera.name, camera.detector, camera.record) == ("cam-1", "Lobby", "centernet", False)
    assert camera.doors == {"door-9"}
    assert camera.main_url is None


def test_the_address_of_a_main_stream_is_read_and_not_shown():
    (camera,) = read_configuration({"cameras": [{**CAMERA, "main_url": "rtsp://u:secret@camera/0"}]}).cameras
    assert camera.main_url == "rtsp://u:secret@camera/0"
    assert "secret" not in repr(camera)


def test_the_servers_door_id_wins_over_the_name_in_the_scene():
    (camera,) = read_configuration(
        {**COMMAND, "cameras": [{**CAMERA, "scenes": [{**SCENE, "door": "lobby-east"}]}]}
    ).cameras
    assert camera.doors == {"door-9"}


def test_what_is_missing_takes_its_default():
    (camera,) = read_configuration({"cameras": [{"camera_id": "c", "url": "rtsp://x"}]}).cameras
    assert (camera.name, camera.enabled, camera.record, camera.scenes, camera.detector) == ("c", True, True, (), None)


def test_a_bad_scene_is_told_and_the_others_are_kept():
    bad = {**SCENE, "door_id": "door-2", "inside": [9999, 5]}
    configuration = read_configuration({**COMMAND, "cameras": [{**CAMERA, "scenes": [bad, SCENE]}]})
    assert configuration.cameras[0].doors == {"door-9"}
    assert "scene of door door-2: inside" in configuration.problems["cam-1"]


def test_the_password_in_an_address_is_not_shown():
    assert "secret" not in repr(read_configuration(COMMAND))


@pytest.mark.parametrize(("url", "token"), [("camera.example", "t"), ("ftp://x", "t"), ("http://x", " ")])
def test_settings_that_cannot_work_are_told(url, token):
    with pytest.raises(AnalyzerError):
        AnalyzerSettings(server_url=url, token=token, data_dir=Path("/tmp"))


def test_the_token_is_not_shown():
    settings = AnalyzerSettings(server_url="http://x/", token="geheim", data_dir=Path("/data"))
    assert "geheim" not in repr(settings)
    assert settings.url("/api/x") == "http://x/api/x"
    assert settings.recordings == Path("/data/recordings")


def test_how_late_verdicts_settle_is_told_with_a_camera():
    (camera,) = read_configuration({"cameras": [{**CAMERA, "settle": 45}]}).cameras
    assert camera.settle == 45 * SECOND


@pytest.mark.parametrize("told", [{}, {"settle": None}, {"settle": "soon"}, {"settle": -1}, {"settle": 1e9}])
def test_a_server_that_says_nothing_of_use_about_settling_leaves_the_default(told):
    (camera,) = read_configuration({"cameras": [{**CAMERA, **told}]}).cameras
    assert camera.settle == 6 * SECOND
