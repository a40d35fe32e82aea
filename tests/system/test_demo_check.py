"""`doorwatch demo --check` as its user runs it: the whole chain, and what is said when a link of it is broken."""

import json
import os
import re
import socket
import subprocess
import sys

import pytest


def demo(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "doorwatch", "demo", "--check", *map(str, arguments)],
        capture_output=True, text=True, timeout=240, check=False, env=os.environ | variables,
    )  # fmt: skip


@pytest.mark.slow
def test_the_first_tailgating_is_found_and_mailed(tmp_path, marked, model):
    done = demo("--folder", tmp_path / "building", DOORWATCH_MODEL=str(model))
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert re.findall(r"^  (\d) of 4  ", done.stderr, re.MULTILINE) == ["1", "2", "3", "4"]
    told = json.loads(line)
    incident, events = told["incident"], told["events"]
    assert incident["kind"] == "tailgating"
    assert incident["state"] == "final"
    assert incident["people"] - incident["grants"] == incident["excess"] >= 1
    assert incident["reason"].startswith(f"{incident['people']} people, {incident['grants']} grant")
    assert told["search_hits"] >= 1
    assert told["mail"]["to"] == "security-desk@demo.invalid"
    assert told["mail"]["subject"].startswith("Tailgating at Lobby east")
    assert events["lost"] == 0
    assert events["forwarded"] >= events["seen"] == events["stored"] >= 3
    assert 0 <= told["crossing_to_incident_ms"] < 20_000
    assert 0 <= told["incident_to_mail_ms"] < 20_000
    assert told["detector"]
    assert "Traceback" not in done.stderr
    assert marked.pids() == set()


def refused(done, *words):
    """One sentence, no figures, no traceback."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("doorwatch: ")
    for word in words:
        assert word in sentence


def test_a_port_in_use_is_named_with_the_cure(model, marked):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(demo("--port", port), f"port {port} can't be used", "choose another --port")


def test_a_folder_that_cannot_be_made_is_named_with_the_cure(tmp_path, model, marked):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "below"
    refused(demo("--folder", folder), f"{folder} can't be written", "choose another --folder")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, model, marked):
    (tmp_path / "mine").write_text("precious")
    refused(demo("--folder", tmp_path), "is not empty", "--folder")
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_corrupt_detector_that_was_named_is_not_quietly_replaced(tmp_path, marked):
    (tmp_path / "centernet.onnx").write_text("no network")
    file = str(tmp_path / "centernet.onnx")
    refused(demo(DOORWATCH_MODEL=file), f"{file} cannot be loaded", "doorwatch models pull")


@pytest.mark.parametrize("name", ["own.onnx", "none/centernet.onnx"])
def test_a_named_detector_that_cannot_be_read_is_not_quietly_replaced(tmp_path, marked, name):
    if "/" not in name:
        (tmp_path / name).write_text("no network")
    refused(demo(DOORWATCH_MODEL=str(tmp_path / name)), str(tmp_path / name))


def test_a_corrupt_detector_in_the_data_folder_is_found_before_the_building_starts(tmp_path, marked):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "centernet.onnx").write_text("no network")
    refused(demo(DOORWATCH_DATA_DIR=str(tmp_path), DOORWATCH_MODEL=""), "cannot be loaded", "doorwatch models pull")
