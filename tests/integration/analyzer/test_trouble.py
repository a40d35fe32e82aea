"""Cameras, processes and servers that fail: what is said, what is kept, and how fast it goes on."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.simulators.camera import CameraSimulator


@pytest.fixture
async def simulator(clips):
    async with CameraSimulator({"/a": clips / "s09-nobody.mp4", "/b": clips / "s09-nobody.mp4"}) as one:
        yield one


@pytest.fixture
def watching(bench, simulator, scene_of):
    """The simulator's two streams as cameras of the server."""
    bench.server.configuration["cameras"] = [
        bench.camera(simulator.url("/a"), [scene_of("s09-nobody")], "cam-a"),
        bench.camera(simulator.url("/b"), [scene_of("s09-nobody")], "cam-b"),
    ]
    return bench


def _both_online(server):
    return {state["camera_id"] for state in server.states if state["code"] == 200} >= {"cam-a", "cam-b"}


def _covered_since(server, camera_id, moment):
    return any(one["camera_id"] == camera_id and _until(one) > moment for one in server.coverage)


def _until(one):
    from doorwatch.domain.time import from_iso

    return from_iso(one["until"])


async def _turned_away(port, times):
    """Hang up on that many callers of a port: two cameras, each with growing pauses between its tries."""
    enough, seen = asyncio.Event(), []

    async def hang_up(_reader, writer):
        seen.append(writer)
        writer.close()
        if len(seen) == times:
            enough.set()

    async with await asyncio.start_server(hang_up, "127.0.0.1", port):
        await asyncio.wait_for(enough.wait(), 60)


async def test_a_cut_stream_comes_back_soon_and_leaves_a_gap_in_the_coverage(watching, simulator):
    server = watching.server
    async with watching.analyzing():
        await server.until(lambda: _both_online(server))
        await server.until(server.covered)
        await simulator.stop()
        await server.until(lambda: 408 in server.codes())
        await _turned_away(simulator.port, 6)
        await simulator.start()
        back = SystemClock().now()
        await server.until(lambda: _covered_since(server, "cam-a", back), 20)
        first = min(_until(one) for one in server.coverage if _until(one) > back)
    assert first - back < 12 * SECOND  # five to come back, one for the first report, and what a busy machine takes
    assert any(b[0] - a[1] > SECOND for a, b in itertools.pairwise(server.covered()))


async def test_a_camera_that_freezes_is_told_and_found_again(watching, simulator):
    server = watching.server
    async with watching.analyzing():
        await server.until(lambda: _both_online(server))
        simulator.freeze()
        await server.until(lambda: 408 in server.codes(), 15)
        simulator.freeze(False)
        frozen = len(server.states)
        await server.until(lambda: any(state["code"] == 200 for state in server.states[frozen:]), 15)


async def test_a_killed_camera_process_comes_back_and_harms_no_other(watching):
    server = watching.server
    async with watching.analyzing() as analyzer:
        await server.until(lambda: _both_online(server))
        await server.until(lambda: server.segments, 15)
        before = set(analyzer.processes["camera"])
        victim = next(pid for pid in before)
        os.kill(victim, signal.SIGKILL)
        killed = SystemClock().now()
        await server.until(lambda: 500 in server.codes())
        lost = next(state["camera_id"] for state in server.states if state["code"] == 500)
        other = "cam-b" if lost == "cam-a" else "cam-a"
        await server.until(lambda: _covered_since(server, lost, killed + 2 * SECOND), 20)
        assert len(set(analyzer.processes["camera"]) - before) == 1
    pieces = sorted((one for one in server.coverage if one["camera_id"] == other), key=_until)
    assert all(a["until"] == b["from"] for a, b in itertools.pairwise(pieces))
    names = {path.relative_to(watching.data_dir / "recordings").as_posix() for path in _whole(watching.data_dir)}
    assert {segment["name"] for segment in server.segments.values()} <= names


async def test_a_stopped_camera_process_is_noticed_and_started_again(watching, monkeypatch):
    monkeypatch.setattr("doorwatch.analyzer.children.SILENT_FOR", 3.0)
    server = watching.server
    async with watching.analyzing() as analyzer:
        for camera, _ in analyzer._cameras.values():
            camera.child._silent_for = 3.0
        await server.until(lambda: _both_online(server))
        for camera, _ in analyzer._cameras.values():
            camera.child._silent_for = 3.0
        (victim, *_) = analyzer.processes["camera"]
        os.kill(victim, signal.SIGSTOP)
        await server.until(lambda: 500 in server.codes(), 15)
        assert victim not in analyzer.processes["camera"]


async def test_a_killed_detector_comes_back(watching, simulator):
    server = watching.server
    async with watching.analyzing() as analyzer:
        await server.until(server.covered, 20)
        (victim,) = analyzer.processes["detector"]
        os.kill(victim, signal.SIGKILL)
        killed = SystemClock().now()
        await server.until(lambda: _covered_since(server, "cam-a", killed + 3 * SECOND), 20)
        assert analyzer.processes["detector"] != [victim]


async def test_nothing_is_lost_while_the_server_is_away(watching):
    server = watching.server
    async with watching.analyzing() as analyzer:
        await server.until(server.covered, 20)
        await server.stop()
        async with asyncio.timeout(20):
            while analyzer._posts.waiting < 12:
                await asyncio.sleep(0.05)
        back = SystemClock().now()
        await server.start()
        await server.until(lambda: _covered_since(server, "cam-a", back), 20)
        await server.until(lambda: server.connections == 2)
    pieces = sorted((one for one in server.coverage if one["camera_id"] == "cam-a"), key=_until)
    assert all(a["until"] == b["from"] for a, b in itertools.pairwise(pieces))


WRONG = [
    ("{camera}/nothing", 404, "correct the path"),
    ("rtsp://127.0.0.1:{closed}/a", 408, "(Connection refused): check the port"),
    ("http://127.0.0.1/a", 400, "begin with rtsp://"),
    ("file:/no/such/file.mp4", 404, "there is no file"),
    ("file:{clips}/truth.json", 400, "cannot be read as video"),
    ("file:{clips}/boxes", 404, "holds no video files"),
]


async def test_what_is_wrong_with_an_address_is_told(bench, simulator, clips):
    server = bench.server
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens there
        at = {"camera": f"rtsp://127.0.0.1:{simulator.port}", "closed": free.getsockname()[1], "clips": clips}
        server.configuration["cameras"] = [bench.camera(url.format(**at), camera_id=url) for url, _, _ in WRONG]

        def told(url, code):
            return [one["message"] for one in server.states if (one["camera_id"], one["code"]) == (url, code)]

        async with bench.analyzing():
            await server.until(lambda: all(told(url, code) for url, code, _ in WRONG))
    assert [url for url, code, words in WRONG if words not in told(url, code)[0]] == []


async def test_a_wrong_password_is_told_and_never_shown(bench, clips):
    server, clip = bench.server, clips / "s09-nobody.mp4"
    async with contextlib.AsyncExitStack() as simulators:
        for scheme in ("digest", "basic"):
            camera = CameraSimulator({"/a": clip}, user="viewer", password="right", scheme=scheme)
            port = (await simulators.enter_async_context(camera)).port
            url = f"rtsp://viewer:wrong-secret@127.0.0.1:{port}/a"
            server.configuration["cameras"].append(bench.camera(url, camera_id=scheme))

        def refused():
            return {one["camera_id"]: one["message"] for one in server.states if one["code"] == 401}

        async with bench.analyzing():
            await server.until(lambda: refused().keys() == {"digest", "basic"})
    for message in refused().values():
        assert "refuses user and password: correct them in the camera's address" in message
    assert "wrong-secret" not in str(server.states)


async def test_deleted_segments_are_gone_and_reported(watching):
    server = watching.server
    async with watching.analyzing():
        (segment_id, *_) = await server.until(lambda: list(server.segments), 20)
        path = watching.data_dir / "recordings" / server.segments[segment_id]["name"]
        assert path.exists()
        # Asked before and after, it says what became of the file.
        listed = [{name: server.segments[segment_id][name] for name in ("segment_id", "name", "bytes", "sha256")}]
        await server.command(command="prove", request_id="sound", segments=listed)
        assert await server.until(lambda: server.answers.get("sound")) == {"answer": {"damaged": {}}}
        await server.command(command="delete", segments=[segment_id])
        await server.until(lambda: segment_id in server.deleted)
        assert not path.exists()
        await server.command(command="prove", request_id="gone", segments=listed)
        told = await server.until(lambda: server.answers.get("gone"))
        assert told == {"answer": {"damaged": {segment_id: "missing"}}}


async def test_a_new_configuration_replaces_the_old_one(watching):
    server = watching.server
    async with watching.analyzing() as analyzer:
        await server.until(lambda: _both_online(server))
        cameras = server.configuration["cameras"][:1]
        await server.command(command="configure", revision=2, cameras=cameras)
        await server.until(lambda: len(analyzer.processes["camera"]) == 1)


async def test_a_scene_that_cannot_be_used_is_told_and_the_camera_is_still_recorded(bench, simulator, scene_of):
    scene = {**scene_of("s09-nobody"), "threshold": [[9000, 1], [9000, 300]]}
    bench.server.configuration["cameras"] = [bench.camera(simulator.url("/a"), [scene])]
    async with bench.analyzing():
        await bench.server.until(lambda: bench.server.segments, 20)
        await bench.server.until(lambda: any("outside of the picture" in s["message"] for s in bench.server.states))


async def test_a_command_that_cannot_be_understood_changes_nothing(watching):
    server = watching.server
    async with watching.analyzing():
        await server.until(lambda: _both_online(server))
        for nonsense in ("{", "[]", '{"command":"evidence"}', '{"command":"fly"}', '{"command":"live"}'):
            await server.socket.send_str(nonsense)
        await server.command(command="snapshot", camera_id="cam-b")
        await server.until(lambda: server.snapshots)
    assert server.connections == 1


# the whole program, killed


@contextlib.asynccontextmanager
async def _program(server, data_dir):
    token = data_dir / "token"
    token.write_text("analyzer-token\n")
    command = [sys.executable, "-m", "doorwatch", "analyze", "--server", server.url, "--token-file", str(token)]
    process = await asyncio.create_subprocess_exec(*command, "--data-dir", str(data_dir))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _children_of(pid):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid:
                    found.append(int(entry.name))
    return found


def _alive(pid):
    with contextlib.suppress(OSError):
        return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split())[0] != "Z"
    return False


def _whole(data_dir):
    return list((data_dir / "recordings").rglob("*.mp4"))


async def test_a_killed_analyzer_takes_its_processes_with_it_and_goes_on_where_it_was(watching):
    server = watching.server
    async with _program(server, watching.data_dir) as process:
        await server.until(lambda: _both_online(server) and len(server.segments) >= 2, 30)
        children = _children_of(process.pid)
        assert len(children) == 4  # two cameras, a detector, one for clips
        process.kill()
        await process.wait()
        async with asyncio.timeout(60):
            while any(_alive(child) for child in children):
                await asyncio.sleep(0.05)
    parts = list((watching.data_dir / "recordings").rglob("*.part"))
    known = dict(server.segments)
    names = {path.relative_to(watching.data_dir / "recordings").as_posix() for path in _whole(watching.data_dir)}
    assert {segment["name"] for segment in known.values()} <= names
    restarted = SystemClock().now()
    async with _program(server, watching.data_dir):
        await server.until(lambda: _covered_since(server, "cam-a", restarted), 30)
        salvaged = {part.with_suffix(".mp4").name for part in parts}
        await server.until(lambda: salvaged <= {Path(one["name"]).name for one in server.segments.values()})


async def test_an_analyzer_works_on_while_it_cannot_reach_the_server_at_all(watching):
    server = watching.server
    async with watching.analyzing():
        await server.until(lambda: _both_online(server))
    await server.stop()
    begun = SystemClock().now()
    async with watching.analyzing() as analyzer:
        async with asyncio.timeout(20):
            while len(analyzer.processes["camera"]) < 2 or analyzer._posts.waiting < 8:
                await asyncio.sleep(0.2)
        await server.start()
        await server.until(lambda: _covered_since(server, "cam-b", begun + SECOND), 20)
