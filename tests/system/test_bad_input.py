"""Bad input, as a user meets it: each command ends with one sentence that names cause and cure, and no traceback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import av
import pytest

from doorwatch.demo.building import clip_file
from doorwatch.demo.processes import free_port

CLIP, SCENE = clip_file("demo.mp4"), clip_file("scene.yaml")


def run(*arguments, code=1, **variables):
    """What a command says to its standard error, in lines; it ends with `code` and prints no result."""
    done = subprocess.run(
        [sys.executable, "-m", "doorwatch", *map(str, arguments)],
        capture_output=True, text=True, timeout=90, check=False, env=os.environ | variables,
    )  # fmt: skip
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stdout == ""
    return done.stderr.splitlines()


def one_sentence(lines, *words):
    assert len(lines) == 1, lines
    assert lines[0].startswith("doorwatch: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def bad(tmp_path, marked):
    """A folder of bad files."""
    (tmp_path / "text.mp4").write_text("this is no video\n")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "head.mp4").write_bytes(CLIP.read_bytes()[:500])
    scene = SCENE.read_text()
    threshold = next(line for line in scene.splitlines() if line.startswith("threshold:"))
    outside = scene.replace(threshold, "threshold: [[900, 187.5], [1000, 210.5]]")
    (tmp_path / "outside.yaml").write_text(outside)
    (tmp_path / "broken.yaml").write_text("threshold: [")
    (tmp_path / "bad.onnx").write_text("no network")
    (tmp_path / "centernet.onnx").write_text("no network")
    event = {"device_id": "lobby-east", "timestamp": "2026-01-31T12:00:00Z", "event_type": "AccessGranted"}
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    return tmp_path


VIDEOS = [
    ("none.mp4", ("there is no video", "check the path")),
    ("text.mp4", ("cannot be read as a video", "MP4, MKV or AVI")),
    ("head.mp4", ("cannot be read as a video", "is it complete")),
    ("empty.mp4", ("is empty", "is the recording complete")),
    ("folder.mp4", ("is a folder", "give one video file")),
]
SCENES = [
    ("outside.yaml", ("threshold", "outside of the picture of 640 x 360", "`size`")),
    ("broken.yaml", ("is not YAML", "write it like")),
    ("none.yaml", ("cannot be read", "give the path of a scene.yaml")),
]


@pytest.mark.parametrize(("name", "words"), VIDEOS)
def test_count_says_what_is_wrong_with_a_video(bad, model, name, words):
    one_sentence(run("count", bad / name, "--scene", SCENE), name, *words)


@pytest.mark.parametrize(("name", "words"), SCENES)
def test_count_says_what_is_wrong_with_a_scene(bad, name, words):
    one_sentence(run("count", CLIP, "--scene", bad / name), name, *words)


@pytest.mark.parametrize(("name", "words"), VIDEOS)
def test_audit_says_what_is_wrong_with_a_video(bad, model, name, words):
    video = ("--video", bad / name, "--scene", SCENE, "--start", "2026-01-31T12:00:00Z")
    one_sentence(run("audit", "--events", bad / "events.jsonl", *video, code=2), name, *words)


@pytest.mark.parametrize(("name", "words"), SCENES)
def test_audit_says_what_is_wrong_with_a_scene(bad, name, words):
    video = ("--video", CLIP, "--scene", bad / name, "--start", "2026-01-31T12:00:00Z")
    one_sentence(run("audit", "--events", bad / "events.jsonl", *video, code=2), name, *words)


def test_audit_says_that_there_are_no_events(bad):
    lines = run("audit", "--events", bad / "none.jsonl", "--video", CLIP, "--scene", SCENE, code=2)
    one_sentence(lines, "none.jsonl cannot be read", "give a file")


def test_a_corrupt_model_is_an_error_and_never_zero_people(bad):
    count = ("count", CLIP, "--scene", SCENE)
    one_sentence(run(*count, "--detector", bad / "centernet.onnx"), "cannot be loaded", "doorwatch models pull")
    one_sentence(run(*count, DOORWATCH_MODEL=str(bad / "centernet.onnx")), "cannot be loaded", "doorwatch models pull")
    one_sentence(run(*count, "--detector", bad / "bad.onnx"), "nothing says how to read", "doorwatch models pull")
    one_sentence(run(*count, "--detector", "nobody"), "there is no model 'nobody'", "known are")


def test_a_corrupt_model_is_not_installed(bad):
    pull = ("models", "pull", "--data-dir", bad / "data", "own", "--decoder", "yolox", "--from", bad / "bad.onnx")
    lines = run(*pull)
    one_sentence(lines, "file bad.onnx cannot be loaded")
    assert list((bad / "data" / "models").iterdir()) == []
    one_sentence(run("models", "pull", "--from", bad / "none.onnx"), "there is no file", "give the path")
    one_sentence(run("models", "pull", "nobody"), "there is no model 'nobody'", "known are")


def test_a_model_that_changed_on_the_disk_is_found(bad, model):
    folder = bad / "data" / "models"
    folder.mkdir(parents=True)
    beside = model.with_suffix(".json")
    if not beside.is_file():
        pytest.skip(f"THE MODEL HAS NO DESCRIPTION: {model}")
    shutil.copy(beside, folder)
    (folder / model.name).write_bytes(model.read_bytes()[:100_000])
    done = subprocess.run(
        [sys.executable, "-m", "doorwatch", "models", "verify", "--data-dir", str(bad / "data")],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is not the file that was pulled" in done.stdout
    assert "Traceback" not in done.stderr


def test_serve_says_that_its_port_is_in_use(bad):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines = run("serve", "--data-dir", bad / "server", "--port", port, "--no-analyzer")
    one_sentence(lines, f"port {port} can't be used", "--port")


def test_serve_says_that_its_data_folder_cannot_be_made(bad):
    folder = bad / "text.mp4" / "below"
    lines = run("serve", "--data-dir", folder, "--port", "0", "--no-analyzer")
    one_sentence(lines, f"the data folder {folder} can't be", "--data-dir")


# Disks: a file system of two megabytes, which only root can mount


@pytest.fixture
def disk(tmp_path, marked):
    """A small file system and a function that mounts it anew with options."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("A FULL DISK IS NOT TESTED: there is no `mount` here")
    if done.returncode:
        pytest.skip(f"NOT PERMITTED HERE: mounting a small disk to fill it: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place, leave=0):
    with (place / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(max(0, file.tell() - leave))


def read_only(place):
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


# The second: the folder can be made, and the database does not fit.
@pytest.mark.parametrize("leave", [0, 150_000])
def test_serve_says_that_its_disk_is_full(disk, leave):
    fill(disk, leave)
    lines = run("serve", "--data-dir", disk / "server", "--port", "0", "--no-analyzer")
    one_sentence(lines, str(disk))
    assert "No space left on device" in lines[0] or "is full: free some space" in lines[0]


def test_serve_says_that_its_disk_is_read_only(disk):
    read_only(disk)
    lines = run("serve", "--data-dir", disk / "server", "--port", "0", "--no-analyzer")
    one_sentence(lines, f"the data folder {disk / 'server'} can't be", "Read-only file system", "--data-dir")


def gateway_file(folder, server=9, pacs=9, **advanced):
    values = {
        "camio": {"camio_endpoint": f"http://127.0.0.1:{server}/api/pacs", "camio_auth_token": "wrong"},
        "genetec": {
            "acs_server_ip": "127.0.0.1",
            "acs_port": pacs,
            "acs_app_id": "a",
            "acs_username": "u",
            "acs_password": "p",
        },
        "advanced": advanced,
    }
    file = folder / "values.yaml"
    file.write_text(json.dumps(values))  # JSON is YAML
    file.chmod(0o600)
    return file


def journal(file):
    """The gateway's own log of a run that ends with 1: JSON lines, the last one an error."""
    done = subprocess.run(
        [sys.executable, "-m", "doorwatch", "gateway", "--config", str(file)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    last = json.loads((done.stderr + done.stdout).splitlines()[-1])
    assert last["level"] == "error"
    return last["message"]


def test_the_gateway_says_that_its_disk_is_full(disk, tmp_path):
    fill(disk)
    said = journal(gateway_file(tmp_path, data_dir=str(disk / "gateway")))
    assert f"the data folder {disk / 'gateway'} cannot be" in said
    assert "No space left on device" in said


def test_the_gateway_says_that_its_disk_is_read_only(disk, tmp_path):
    read_only(disk)
    said = journal(gateway_file(tmp_path, data_dir=str(disk / "gateway")))
    assert "Read-only file system" in said
    assert "name one that this user may write to" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.values", ("cannot be read", "name one with --config")),
        ("broken.yaml", ("not YAML", "check indents and quotes")),
        ("text.mp4", ("expected keys and values",)),
    ],
)
def test_the_gateway_says_what_is_wrong_with_its_configuration(bad, name, words):
    lines = run("gateway", "--config", bad / name, code=2)
    assert len(lines) == 1
    for word in words:
        assert word in lines[0]


# A wrong token: the gateway keeps what it collects, so it stays up and says what is wrong


def answer(url):
    """Status and JSON of an address; None while nobody listens there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as page:
            return page.status, json.loads(page.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
    except OSError:
        return None


def until(look, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def started(tmp_path, marked):
    """Starts a command that stays; it is stopped in the end."""
    running = []

    def begin(name, *arguments):
        log = (tmp_path / f"{name}.log").open("w")
        command = [sys.executable, "-m", "doorwatch", *map(str, arguments)]
        running.append((subprocess.Popen(command, stdout=log, stderr=log), log))
        return running[-1][0]

    yield begin
    for process, log in reversed(running):
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


@pytest.mark.slow
def test_a_gateway_with_a_wrong_token_stays_up_and_says_so(started, tmp_path):
    server, pacs, stream, control, health = (free_port() for _ in range(5))
    started("server", "serve", "--data-dir", tmp_path / "server", "--port", server, "--no-analyzer")
    ports = ("--port", pacs, "--streaming-port", stream, "--control-port", control)
    scenario = {"doors": ["Lobby"], "users": [{"name": "u", "password": "p", "application_id": "a"}]}
    (tmp_path / "scenario.yaml").write_text(json.dumps(scenario))
    started("simulator", "simulate", "genetec", *ports, "--scenario", tmp_path / "scenario.yaml")
    until(lambda: (answer(f"http://127.0.0.1:{server}/readyz") or [0])[0] == 200)
    until(lambda: answer(f"http://127.0.0.1:{control}/_control/state"))
    file = gateway_file(tmp_path, server, pacs, data_dir=str(tmp_path / "gateway"), health_port=health)
    gateway = started("gateway", "gateway", "--config", file)

    def says_so():
        status, told = answer(f"http://127.0.0.1:{health}/readyz") or (0, None)
        return status == 503 and "token" in json.dumps(told) and told

    until(says_so)
    assert gateway.poll() is None
    assert answer(f"http://127.0.0.1:{health}/healthz")[0] == 200
    assert "Traceback" not in Path(tmp_path / "gateway.log").read_text()


def test_count_and_audit_tell_of_a_video_that_breaks_off_and_end_with_1(bad, model):
    whole = bad / "whole.mkv"
    with av.open(str(CLIP)) as source, av.open(str(whole), "w") as copy:
        stream = source.streams.video[0]
        made = copy.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = made
                copy.mux(packet)
    half = bad / "half.mkv"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 20])
    one = run("count", half, "--scene", SCENE)
    assert len(one) == 1
    assert "half.mkv breaks off after" in one[0]
    assert "copy the file again" in one[0]
    video = ("--video", half, "--scene", SCENE, "--start", "2026-01-31T12:00:00Z")
    told = run("audit", "--events", bad / "events.jsonl", *video)
    assert any("half.mkv breaks off after" in line for line in told)
