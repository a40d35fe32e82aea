"""Cameras that we did not write: another RTSP server's streams are watched, or refused with the cure."""

import asyncio
import contextlib
import io
import itertools
import os
import signal
import ssl
import subprocess
from pathlib import Path

import av
import pytest
import trustme

from doorwatch.analyzer.probe import probe
from doorwatch.analyzer.rtsp import CopySource
from doorwatch.domain.time import SECOND, SystemClock, from_iso
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment
from doorwatch.simulators.camera import CameraSimulator, Clip

PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("gst_camera.py")


@contextlib.contextmanager
def _running(port=0):
    with subprocess.Popen(
        [PYTHON, PROGRAM, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as one:
        try:
            said = one.stdout.readline().split()
            if not said:
                pytest.skip(
                    f"NO FOREIGN RTSP SERVER: install Debian's gir1.2-gst-rtsp-server-1.0: {one.stderr.read()[-200:]}"
                )
            yield one, int(said[1])
        finally:
            if one.poll() is None:
                one.kill()


@pytest.fixture(scope="module")
def foreign():
    """The port of the other server."""
    if not Path(PYTHON).exists():
        pytest.skip(f"NO FOREIGN RTSP SERVER: there is no {PYTHON}")
    with _running() as (_, port):
        yield port


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("path", "codec"), [("h264", "avc1."), ("hevc", "hvc1.")])
def test_streams_that_can_be_analysed_are_fit(foreign, path, codec, transport):
    found = probe(f"rtsp://127.0.0.1:{foreign}/{path}", seconds=4, transport=transport)
    assert found.problems == []
    assert found.codec.startswith(codec)
    assert (found.width, found.height) == (640, 360)
    assert found.fps == pytest.approx(12, abs=1.5)
    assert found.skew is not None


@pytest.mark.parametrize("path", ["h264", "hevc"])
def test_streams_are_copied_as_they_come(foreign, path):
    with contextlib.closing(CopySource(f"rtsp://127.0.0.1:{foreign}/{path}")) as source:
        found = list(itertools.islice(source.packets(), 30))
        init = init_segment(source.stream)
    assert found[0].key
    fragmenter = Fragmenter()
    samples = [Sample(one.data, one.dts, one.pts, one.key) for one in found]
    fragments = [*filter(None, map(fragmenter.add, samples)), fragmenter.finish()]
    with av.open(io.BytesIO(init.data + b"".join(one.data for one in fragments))) as recorded:
        assert [frame.pts for frame in recorded.decode(video=0)] == [one.pts for one in found]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("audio", "has no video: choose a stream that does"),
        ("srtp", "only sends encrypted media (SRTP) to plain RTP"),
        ("nothing", "is not a stream of this camera: correct the path"),
    ],
)
def test_streams_that_cannot_are_refused_with_the_cure(foreign, path, words):
    found = probe(f"rtsp://127.0.0.1:{foreign}/{path}", seconds=2)
    assert len(found.problems) == 1
    assert words in found.problems[0]
    assert found.codec is None


def test_a_stream_whose_pictures_come_at_uneven_times_is_measured_and_fit(foreign):
    found = probe(f"rtsp://127.0.0.1:{foreign}/uneven", seconds=6)
    assert 6 < found.fps < 11  # seven of ten of twelve
    assert found.problems == []


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
async def test_what_answers_there_and_is_no_such_camera_is_told(scheme):
    """It hangs up: another service, or one that wants the other scheme."""

    async def other(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (problem,) = (await asyncio.to_thread(probe, f"{scheme}://127.0.0.1:{port}/a", seconds=2)).problems
    assert "whether it wants rtsp:// or rtsps://" in problem


@pytest.mark.parametrize("silent_after", [0, 1])
async def test_a_camera_that_takes_the_call_and_says_nothing_is_told(silent_after):
    """Silent at once, or after the first answer."""

    async def quiet(reader, writer):
        if silent_after:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(quiet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await asyncio.to_thread(probe, f"rtsp://127.0.0.1:{port}/a", seconds=2)
    server.close()
    (problem,) = found.problems
    assert "sends nothing: check the camera's power and network" in problem


async def test_a_foreign_camera_that_restarts_is_watched_again_soon_and_never_slows_another(bench, clips, scene_of):
    server = bench.server
    async with CameraSimulator({"/b": clips / "s09-nobody.mp4"}) as simulator:
        with _running() as (process, port):
            server.configuration["cameras"] = [
                bench.camera(f"rtsp://127.0.0.1:{port}/h264", [scene_of("s09-nobody")], "cam-a"),
                bench.camera(simulator.url("/b"), [scene_of("s09-nobody")], "cam-b"),
            ]
            async with bench.analyzing():
                await server.until(lambda: {one["camera_id"] for one in server.coverage} == {"cam-a", "cam-b"}, 30)
                cut = SystemClock().now()
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                await server.until(lambda: any(s["code"] == 408 for s in server.states if s["camera_id"] == "cam-a"))
                await server.until(lambda: _reaches(server, "cam-b", cut + 3 * SECOND))
                with _running(port):
                    back = SystemClock().now()
                    await server.until(lambda: _reaches(server, "cam-a", back), 20)
                    await server.until(lambda: _reaches(server, "cam-b", back))
    first = min(from_iso(one["from"]) for one in _of(server, "cam-a") if from_iso(one["until"]) > back)
    assert first - back < 12 * SECOND  # five, and what a busy machine takes for starting it
    assert _holes(server, "cam-b") == []
    assert any(start <= cut + SECOND and end >= cut + 2 * SECOND for start, end in _holes(server, "cam-a"))


def _of(server, camera_id):
    return [one for one in server.coverage if one["camera_id"] == camera_id]


def _reaches(server, camera_id, moment):
    return any(from_iso(one["until"]) > moment for one in _of(server, camera_id))


def _holes(server, camera_id):
    """The times between pieces of coverage."""
    pieces = sorted((from_iso(one["from"]), from_iso(one["until"])) for one in _of(server, camera_id))
    return [(a[1], b[0]) for a, b in itertools.pairwise(pieces) if b[0] > a[1]]


@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_an_encrypted_stream_with_a_sign_in_is_watched(bench, clips, scheme):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    clip = clips / "s09-nobody.mp4"
    async with CameraSimulator({"/a": clip}, user="viewer", password="right", scheme=scheme, tls=context) as simulator:
        assert simulator.url("/a").startswith("rtsps://")
        bench.server.configuration["cameras"] = [bench.camera(simulator.url("/a"))]
        async with bench.analyzing():
            await bench.server.until(bench.server.online)
            await bench.server.until(lambda: bench.server.segments, 20)


async def test_damaged_and_lost_packets_leave_a_camera_watched(bench, clips, scene_of):
    async with CameraSimulator({"/a": clips / "s09-nobody.mp4"}) as simulator:
        simulator.mounts["/a"].lost = simulator.mounts["/a"].damaged = 0.01
        bench.server.configuration["cameras"] = [bench.camera(simulator.url("/a"), [scene_of("s09-nobody")])]
        async with bench.analyzing():
            begun = SystemClock().now()
            await bench.server.until(lambda: _reaches(bench.server, "cam-1", begun + 8 * SECOND), 40)


async def test_a_camera_whose_picture_changes_its_size_within_the_stream_is_opened_again(bench, clips, resized_clip):
    server = bench.server
    async with CameraSimulator({"/a": clips / "s09-nobody.mp4"}) as simulator:
        server.configuration["cameras"] = [bench.camera(simulator.url("/a"))]
        async with bench.analyzing():
            await server.until(lambda: server.segments, 30)
            simulator.mounts["/a"].clip = Clip.load(resized_clip(320, 180))
            await server.until(lambda: any(state["width"] == 320 for state in server.states), 20)
            known = set(server.segments)
            await server.until(lambda: set(server.segments) - known, 20)
    assert any("changed the form of its pictures" in state["message"] for state in server.states)
    shapes = [_shapes(bench.data_dir / "recordings" / segment["name"]) for segment in server.segments.values()]
    assert {frozenset(shape) for shape in shapes} == {frozenset({(640, 360)}), frozenset({(320, 180)})}


def _shapes(recording):
    """The sizes of the pictures of one recording."""
    with av.open(str(recording)) as container:
        return {(frame.width, frame.height) for frame in container.decode(video=0)}


async def test_a_clock_that_is_set_while_it_is_watched_neither_stops_nor_moves_the_counting(bench, clips, scene_of):
    server = bench.server
    async with CameraSimulator({"/a": clips / "s09-nobody.mp4"}) as simulator:
        server.configuration["cameras"] = [bench.camera(simulator.url("/a"), [scene_of("s09-nobody")])]
        async with bench.analyzing():
            await server.until(server.covered, 30)
            simulator.mounts["/a"].clock_ahead = -7200 * SECOND
            changed = SystemClock().now()
            await server.until(lambda: any((state["skew_ms"] or 0) > 7_000_000 for state in server.states), 40)
            await server.until(lambda: _reaches(server, "cam-1", changed + 4 * SECOND), 20)
    now = SystemClock().now()
    assert all(from_iso(one["until"]) < now + SECOND for one in server.coverage)
