"""`doorwatch camera` as people type it, against a simulated camera in a process of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

DOORWATCH = [sys.executable, "-m", "doorwatch"]


def _doorwatch(*arguments, told=""):
    return subprocess.run([*DOORWATCH, *arguments], check=False, capture_output=True, text=True, timeout=60, input=told)


@pytest.fixture
def onvif(clips, tmp_path):
    """The address of the ONVIF service of a camera that wants a password."""
    (tmp_path / "password").write_text("right\n")
    command = ["simulate", "camera", str(clips / "s09-nobody.mp4"), "--port", "0", "--onvif-port", "0"]
    command += ["--path", "lobby", "--user", "viewer", "--password", "right"]
    with subprocess.Popen([*DOORWATCH, *command], stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())["onvif"]
        process.send_signal(signal.SIGTERM)


def test_the_streams_of_a_camera_are_listed(onvif, tmp_path):
    sign_in = ("--user", "viewer", "--password-file", str(tmp_path / "password"))
    done = _doorwatch("camera", "onvif", onvif, *sign_in)
    assert done.returncode == 0, done.stderr
    assert "count with this" in done.stdout
    told = json.loads(_doorwatch("camera", "onvif", onvif, *sign_in, "--json").stdout)
    assert told["analyse"] == "lobby"
    assert told["profiles"][0]["url"].endswith("/lobby")


def test_a_wrong_password_is_one_sentence(onvif, tmp_path):
    (tmp_path / "password").write_text("wrong")
    done = _doorwatch("camera", "onvif", onvif, "--user", "viewer", "--password-file", str(tmp_path / "password"))
    assert done.returncode == 1
    assert done.stderr.startswith("doorwatch: ")
    assert "refuses user and password" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_camera_is_added_by_its_onvif_address_and_listed_without_its_password(onvif, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    sign_in = ("--user", "viewer", "--password-file", str(tmp_path / "password"))
    done = _doorwatch("camera", "add", "Lobby", onvif, "--onvif", *sign_in, "--data-dir", str(data))
    assert done.returncode == 0, done.stderr
    assert "rtsp://viewer:***@" in done.stdout
    listed = json.loads(_doorwatch("camera", "list", "--data-dir", str(data), "--json").stdout)
    assert listed["name"] == "Lobby"


def test_a_profile_that_is_not_there_is_told_with_those_that_are(onvif, tmp_path):
    sign_in = ("--user", "viewer", "--password-file", str(tmp_path / "password"))
    done = _doorwatch("camera", "add", "X", onvif, "--onvif", "--profile", "nope", *sign_in)
    assert done.returncode == 1
    assert "choose one of lobby" in done.stderr


def test_a_search_tells_what_it_found_or_where_to_look():
    done = _doorwatch("camera", "discover", "--seconds", "1")
    assert done.returncode in {0, 1}
    if done.returncode:
        assert "look from a machine in the cameras' own network" in done.stderr or "connect it" in done.stderr
    assert "Traceback" not in done.stderr
    assert os.linesep in done.stdout + done.stderr
