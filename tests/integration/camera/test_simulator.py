"""The simulated camera is read by FFmpeg as a real one is: TCP and UDP, signed in, on time, and failing on command."""

import asyncio
import contextlib
import itertools
import json
import ssl
import struct
import sys
import time
from pathlib import Path

import av
import pytest
import trustme

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, SystemClock, from_iso
from doorwatch.simulators.camera import CameraSimulator

CLIP = Path(__file__).parents[2] / "clips" / "s02-tailgating.mp4"


def _watch(url, transport="tcp", frames=30):
    """Times (camera's clock) and sizes of some decoded frames, and how late the packets came."""
    options = {"rtsp_transport": transport, "analyzeduration": "500000"}
    shown, late = [], []
    with av.open(url, options=options, timeout=(10, 10)) as container:
        stream = container.streams.video[0]
        base = None
        for packet in container.demux(stream):
            if packet.pts is None:
                continue  # the first picture, before FFmpeg knows the order of decoding
            if packet.has_sidedata("prft"):
                (wall,) = struct.unpack("<q", bytes(packet.get_sidedata("prft"))[:8])
                base = wall - round(packet.pts * SECOND / 90_000)
                late.append(time.time_ns() // 1000 - wall)
            shown += [
                (base or 0) + round(frame.pts * SECOND / 90_000) for frame in packet.decode() if frame.pts is not None
            ]
            if len(shown) >= frames:
                return shown, late
    return shown, late


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_every_frame_has_the_time_at_which_the_loop_shows_it(transport):
    async with CameraSimulator({"/lobby": CLIP}) as camera:
        shown, late = await asyncio.to_thread(_watch, camera.url("/lobby"), transport)
    steps = {round((time - camera.epoch) / 80_000) for time in shown}
    assert len(steps) == len(shown)
    assert all(abs((time - camera.epoch) % 80_000 - 40_000) > 39_900 for time in shown)
    assert max(late) < 5 * SECOND


async def test_time_goes_on_over_the_end_of_the_clip():
    epoch = SystemClock().now() - round(9.5 * SECOND)
    async with CameraSimulator({"/lobby": CLIP}, epoch=epoch) as camera:
        shown, _ = await asyncio.to_thread(_watch, camera.url("/lobby"), "tcp", 50)
    assert shown[0] < epoch + 12_960_000 < shown[-1]
    steps = [round((b - a) / 80_000) for a, b in itertools.pairwise(shown)]
    assert set(steps) == {1}


async def test_several_streams_are_served_to_several_viewers():
    async with CameraSimulator({"/a": CLIP, "/b": CLIP}) as camera:
        urls = [camera.url("/a"), camera.url("/b"), camera.url("/b")]
        seen = await asyncio.gather(*(asyncio.to_thread(_watch, url, "tcp", 10) for url in urls))
        assert [len(shown) >= 10 for shown, _ in seen] == [True] * 3


@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_signing_in_opens_the_stream_and_nothing_else_does(scheme):
    async with CameraSimulator({"/a": CLIP}, user="viewer", password="pass", scheme=scheme) as camera:
        shown, _ = await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 5)
        assert shown
        for url in (camera.url("/a", sign_in=False), camera.url("/a").replace(":pass@", ":other@")):
            with pytest.raises(av.error.HTTPUnauthorizedError):
                await asyncio.to_thread(_watch, url)


async def test_a_path_that_is_not_served_is_not_found():
    async with CameraSimulator({"/a": CLIP}) as camera:
        with pytest.raises(av.error.HTTPNotFoundError):
            await asyncio.to_thread(_watch, camera.url("/other"))


async def test_a_clock_that_runs_ahead_is_told_ahead():
    async with CameraSimulator({"/a": CLIP}) as camera:
        camera.mounts["/a"].clock_ahead = 100 * SECOND
        _, late = await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 10)
    assert -101 * SECOND < late[-1] < -95 * SECOND


async def test_without_reports_no_time_is_told():
    async with CameraSimulator({"/a": CLIP}) as camera:
        camera.mounts["/a"].reports = False
        shown, late = await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 10)
    assert shown
    assert late == []


async def test_dropped_viewers_lose_their_connection_and_may_come_back():
    async with CameraSimulator({"/a": CLIP}) as camera:
        watching = asyncio.create_task(asyncio.to_thread(_watch, camera.url("/a"), "tcp", 10_000))
        async with asyncio.timeout(20):
            while not camera.viewers:
                await asyncio.sleep(0.05)
            await asyncio.sleep(3)
            camera.drop()
            with contextlib.suppress(OSError):
                await watching
        assert len((await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 3))[0]) >= 3


async def test_damaged_and_lost_packets_still_leave_a_stream():
    async with CameraSimulator({"/a": CLIP}) as camera:
        camera.mounts["/a"].lost, camera.mounts["/a"].damaged = 0.02, 0.02
        shown, _ = await asyncio.to_thread(_watch, camera.url("/a"), "udp", 10)
    assert len(shown) >= 10


async def test_nonsense_from_a_viewer_harms_nobody():
    async with CameraSimulator({"/a": CLIP}) as camera:
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\xff\xfe" * 50)
        writer.write_eof()
        await reader.read()
        writer.close()
        assert len((await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 3))[0]) >= 3


async def test_a_port_in_use_is_told():
    async with CameraSimulator({"/a": CLIP}) as camera:
        with pytest.raises(DoorwatchError, match="choose another port"):
            await CameraSimulator({"/a": CLIP}, port=camera.port).start()


async def test_the_command_serves_a_clip_and_says_where():
    script = "from doorwatch.simulators.camera import app; app()"
    arguments = [str(CLIP), "--port", "0", "--path", "lobby", "--epoch", "2026-11-23T20:00:00Z"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert from_iso(ready["epoch"]) == from_iso("2026-11-23T20:00:00Z")
        shown, _ = await asyncio.to_thread(_watch, ready["urls"][0], "tcp", 3)
        assert len(shown) >= 3
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_a_stream_can_be_encrypted():
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with CameraSimulator({"/a": CLIP}, tls=context) as camera:
        assert camera.url("/a").startswith("rtsps://")
        shown, _ = await asyncio.to_thread(_watch, camera.url("/a"), "tcp", 5)
    assert len(shown) >= 5
