"""A camera of which one stream is counted with and another is recorded: real processes, real RTSP."""

import io
import itertools

import av
import cv2
import numpy as np
import pytest

from doorwatch.domain.time import MILLISECOND, SECOND, SystemClock, from_iso, to_iso
from doorwatch.simulators.camera import CameraSimulator

LENGTH = 12.96
FRAME = 80 * MILLISECOND


@pytest.fixture(scope="session")
def small_clip(resized_clip):
    """The door's clip as a camera's sub-stream: half as wide and half as high."""
    return resized_clip(320, 180)


def _simulator(clips, small_clip, ahead=4.5):
    """The camera, in a loop whose next round begins so many seconds from now."""
    epoch = SystemClock().now() - round((LENGTH - ahead) * SECOND)
    return CameraSimulator({"/main": clips / "s02-tailgating.mp4", "/sub": small_clip}, epoch=epoch)


def _pictures(data_dir, segments):
    """Size and capture times of everything that was recorded."""
    sizes, times = set(), []
    for segment in sorted(segments.values(), key=lambda one: one["start"]):
        with av.open(str(data_dir / "recordings" / segment["name"])) as container:
            sizes.add((container.streams.video[0].width, container.streams.video[0].height))
            times += [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    return sizes, times


async def test_people_are_counted_in_the_sub_stream_and_proved_with_the_main_stream(bench, clips, small_clip, scene_of):
    server = bench.server
    async with _simulator(clips, small_clip, ahead=9) as simulator:
        camera = bench.camera(simulator.url("/sub"), [scene_of("s02-tailgating")], main_url=simulator.url("/main"))
        server.configuration["cameras"] = [camera]
        length = simulator.mounts["/sub"].clip.duration
        async with bench.analyzing():
            await server.until(server.online)
            await server.command(command="live", camera_id="cam-1", on=True)
            # Until then the other stream may stand in for it.
            await server.until(lambda: (640, 360) in _pictures(bench.data_dir, server.segments)[0])
            state = await server.until(lambda: server.states[-1]["message"] == "online" and server.states[-1])
            rounds = (SystemClock().now() - simulator.epoch) // length
            begin = simulator.epoch + (rounds + 1) * length
            await server.command(
                command="evidence",
                incident_id="inc/1",
                revision=1,
                camera_id="cam-1",
                **{"from": to_iso(begin + 3 * SECOND), "until": to_iso(begin + 8 * SECOND)},
                picture_at=to_iso(begin + 6_400_000),
                tiles=[{"column": 1, "row": 1, "state": "excess"}],
                door_id="door-1",
            )
            await server.until(lambda: len(server.crossings) >= 2, 30)
            await server.until(lambda: len(server.evidence) == 2 and len(server.segments) >= 2)

    assert (state["code"], state["width"], state["height"]) == (200, 320, 180)
    headers, picture = server.evidence["inc/1", "picture.jpg"]
    assert abs(from_iso(headers["X-Start"]) - (begin + 6_400_000)) <= SECOND // 25
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (360, 640, 3)
    with av.open(io.BytesIO(server.evidence["inc/1", "clip.mp4"][1])) as container:
        assert next(container.decode(video=0)).width == 640
    with av.open(io.BytesIO(server.live[0][1])) as container:
        assert container.streams.video[0].width == 320


async def test_both_streams_name_the_same_time_though_the_camera_s_clock_is_wrong_and_one_comes_late(
    bench, clips, small_clip
):
    server = bench.server
    async with _simulator(clips, small_clip) as simulator:
        for mount in simulator.mounts.values():
            mount.clock_ahead = 3600 * SECOND
        simulator.mounts["/main"].delay = 300 * MILLISECOND
        server.configuration["cameras"] = [bench.camera(simulator.url("/sub"), main_url=simulator.url("/main"))]
        async with bench.analyzing():
            await server.until(server.online)
            await server.command(command="live", camera_id="cam-1", on=True)
            await server.until(lambda: len(server.segments) >= 4, 40)

    _, recorded = _pictures(bench.data_dir, dict(itertools.islice(reversed(server.segments.items()), 1)))
    counted = [header["start_us"] for header, _ in server.live if header["kind"] == "fragment"][-1]
    offsets = [(at - counted) % FRAME for at in recorded]
    assert max(min(offset, FRAME - offset) for offset in offsets) < 25 * MILLISECOND


async def test_a_dead_main_stream_is_said_and_the_other_is_recorded_until_it_is_back(
    bench, clips, small_clip, scene_of
):
    server = bench.server
    async with _simulator(clips, small_clip) as simulator:
        main = simulator.mounts.pop("/main")
        camera = bench.camera(simulator.url("/sub"), [scene_of("s02-tailgating")], main_url=simulator.url("/main"))
        server.configuration["cameras"] = [camera]
        async with bench.analyzing():
            said = await server.until(lambda: [one for one in server.states if "main stream" in one["message"]])
            await server.until(lambda: server.segments and server.covered() and server.crossings, 40)
            first = dict(server.segments)
            simulator.mounts["/main"] = main
            await server.until(lambda: server.states[-1]["message"] == "online", 40)
            back = to_iso(SystemClock().now())
            await server.until(lambda: any(one["start"] > back for one in server.segments.values()), 40)
            later = {key: one for key, one in server.segments.items() if one["start"] > back}

    assert any("is not a stream of this camera" in one["message"] for one in server.states)
    assert {one["code"] for one in said} == {200}
    assert _pictures(bench.data_dir, first)[0] == {(320, 180)}
    assert _pictures(bench.data_dir, later)[0] == {(640, 360)}


async def test_a_dead_sub_stream_is_said_and_the_main_stream_is_still_recorded(bench, clips, small_clip):
    server = bench.server
    async with _simulator(clips, small_clip) as simulator:
        del simulator.mounts["/sub"]
        server.configuration["cameras"] = [bench.camera(simulator.url("/sub"), main_url=simulator.url("/main"))]
        async with bench.analyzing():
            await server.until(lambda: server.segments and any(one["code"] == 404 for one in server.states), 30)

    assert "the main stream is recorded meanwhile, but nobody is counted" in next(
        one["message"] for one in server.states if one["code"] == 404
    )
    assert _pictures(bench.data_dir, server.segments)[0] == {(640, 360)}
