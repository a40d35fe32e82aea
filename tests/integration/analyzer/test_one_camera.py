"""One RTSP camera, watched by real processes and reported to a server over real sockets."""

import io
import itertools

import av
import cv2
import numpy as np
import pytest
from tests.tiny_pair import make_pair

from doorwatch.domain.time import SECOND, SystemClock, from_iso, to_iso
from doorwatch.simulators.camera import CameraSimulator
from doorwatch.vision.likeness.pair import read

CROSSINGS = (5.15, 6.22)  # seconds into s02-tailgating
NEAR = 0.5  # half of what lies between them, however few pictures a busy machine looks at
LENGTH = 12.96


def _simulator(clips, ahead=4.5, **more):
    """The camera, in a loop whose next round begins so many seconds from now."""
    epoch = SystemClock().now() - round((LENGTH - ahead) * SECOND)
    return CameraSimulator({"/lobby": clips / "s02-tailgating.mp4"}, epoch=epoch, **more)


def _next_loop(simulator):
    length = simulator.mounts["/lobby"].clip.duration
    elapsed = SystemClock().now() - simulator.epoch
    return simulator.epoch + (elapsed // length + 1) * length


def _seconds_off(crossings, begin):
    """How far each crossing is from the truth of its loop."""
    places = [((from_iso(crossing["at"]) - begin) / SECOND) % LENGTH for crossing in crossings]
    return [min(abs(place - truth) for truth in CROSSINGS) for place in places]


async def test_people_are_counted_recorded_shown_and_proved(bench, clips, scene_of, tmp_path_factory, monkeypatch):
    server = bench.server
    pair = make_pair(tmp_path_factory.mktemp("pair"))
    monkeypatch.setenv("DOORWATCH_LIKENESS_MODEL", str(pair))
    async with _simulator(clips, ahead=9, user="viewer", password="see/me@door") as simulator:
        url = f"rtsp://viewer:see%2Fme%40door@127.0.0.1:{simulator.port}/lobby"
        watched = bench.camera(url, [scene_of("s02-tailgating")])
        server.configuration["cameras"] = [{**watched, "clothing": True}]
        async with bench.analyzing():
            await server.until(server.online)
            await server.command(command="live", camera_id="cam-1", on=True)
            await server.until(lambda: server.segments)
            begin = _next_loop(simulator)
            await server.command(
                command="evidence",
                incident_id="inc/1",
                revision=3,
                camera_id="cam-1",
                **{"from": to_iso(begin + 3 * SECOND), "until": to_iso(begin + 8 * SECOND)},
                picture_at=to_iso(begin + 6_400_000),
                tiles=[{"column": 1, "row": 1, "state": "excess"}],
                door_id="door-1",
            )
            await server.until(lambda: len(server.crossings) >= 2, 30)
            await server.command(command="snapshot", camera_id="cam-1")
            await server.until(lambda: len(server.evidence) == 2 and len(server.segments) >= 2 and server.snapshots)
            await server.until(lambda: sum("likeness" in one for one in server.crossings.values()) >= 2)

    assert max(_seconds_off(server.crossings.values(), begin)) < NEAR
    assert {crossing["direction"] for crossing in server.crossings.values()} == {"in"}
    assert {crossing["door_id"] for crossing in server.crossings.values()} == {"door-1"}
    assert all(crossing["trail"] for crossing in server.crossings.values())
    # those of the next loop may have been told without it yet: it follows
    models = {one["likeness"]["model"] for one in server.crossings.values() if "likeness" in one}
    assert models == {read(pair).identity}
    _check_recording(server, bench.data_dir)
    _check_live(server)
    _check_evidence(server, begin)
    state = next(state for state in reversed(server.states) if state["code"] == 200)
    assert (state["width"], state["height"], state["codec"]) == (640, 360, "avc1.640016")
    assert any(told["fps"] == pytest.approx(12.5, abs=0.5) for told in server.states)
    assert "see/me" not in str(server.states)


def _check_recording(server, data_dir):
    for segment in server.segments.values():
        path = data_dir / "recordings" / segment["name"]
        assert path.stat().st_size == segment["bytes"]
    covered = server.covered()
    assert len(covered) == 1
    assert covered[0][1] - covered[0][0] > 6 * SECOND


def _check_live(server):
    assert server.live_kinds()[0] == "init"
    kinds = server.live_kinds()
    assert kinds.count("people") > 20
    fragments = [(header, data) for header, data in server.live if header["kind"] == "fragment"]
    assert fragments[0][0]["key"]
    for (before, _), (after, _) in itertools.pairwise(fragments):
        assert abs(before["start_us"] + before["duration_us"] - after["start_us"]) < SECOND // 50
    stream = server.live[0][1] + b"".join(data for _, data in fragments)
    with av.open(io.BytesIO(stream), format="mp4") as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert len(shown) > 40
    assert shown[0] == fragments[0][0]["start_us"]
    assert shown == sorted(shown)


def _check_evidence(server, begin):
    headers, picture = server.evidence["inc/1", "picture.jpg"]
    assert headers["X-Revision"] == "3"
    assert headers["X-Camera-Id"] == "cam-1"
    assert abs(from_iso(headers["X-Start"]) - (begin + 6_400_000)) <= SECOND // 25
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (360, 640, 3)
    headers, clip = server.evidence["inc/1", "clip.mp4"]
    start, duration = from_iso(headers["X-Start"]), int(headers["X-Duration-Us"])
    assert start <= begin + 3 * SECOND
    assert start + duration >= begin + 7.8 * SECOND
    with av.open(io.BytesIO(clip)) as container:
        assert sum(1 for _ in container.decode(video=0)) == pytest.approx(duration / 80_000, abs=6)
    (_, jpeg), *_ = server.snapshots
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (360, 640, 3)


async def test_a_camera_whose_clock_is_wrong_is_timed_by_arrival(bench, clips, scene_of):
    server = bench.server
    async with _simulator(clips) as simulator:
        # Some loops and a half: whoever believed it would be seconds away from every crossing.
        simulator.mounts["/lobby"].clock_ahead = round(277.5 * LENGTH * SECOND)
        server.configuration["cameras"] = [bench.camera(simulator.url("/lobby"), [scene_of("s02-tailgating")])]
        begin = _next_loop(simulator)
        async with bench.analyzing():
            await server.until(lambda: len(server.crossings) >= 2, 30)
            await server.until(lambda: any((state["skew_ms"] or 0) < -3_000_000 for state in server.states))
    assert max(_seconds_off(server.crossings.values(), begin)) < 3, "they come as late as the machine is slow"


async def test_a_file_is_watched_like_a_camera(bench, clips, scene_of):
    server = bench.server
    epoch = SystemClock().now() - round((LENGTH - 3) * SECOND)
    url = f"file:{clips}/s02-tailgating.mp4?loop=1&epoch={to_iso(epoch)}"
    server.configuration["cameras"] = [bench.camera(url, [scene_of("s02-tailgating")])]
    async with bench.analyzing():
        await server.until(lambda: len(server.crossings) >= 2, 30)
    assert max(_seconds_off(server.crossings.values(), epoch + round(LENGTH * SECOND))) < NEAR


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_hevc_over_either_transport_is_watched_and_recorded(bench, hevc_clip, transport, tmp_path):
    server = bench.server
    async with CameraSimulator({"/hevc": hevc_clip}) as simulator:
        server.configuration["cameras"] = [bench.camera(simulator.url("/hevc"), transport=transport)]
        async with bench.analyzing():
            await server.until(server.online)
            await server.until(lambda: server.segments)
    assert next(state["codec"] for state in server.states if state["code"] == 200).startswith("hvc1.")
    (segment, *_) = server.segments.values()
    with av.open(str(tmp_path / "recordings" / segment["name"])) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert len(shown) > 30
    assert from_iso(segment["start"]) == shown[0]
