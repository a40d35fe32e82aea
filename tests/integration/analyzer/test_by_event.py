"""Recording by event: a camera of which only what happened is on disk, with the seconds before it; real processes, real RTSP."""

import itertools
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import PictureType

from doorwatch.domain.time import SECOND, SystemClock, from_iso, to_iso
from doorwatch.simulators.camera import CameraSimulator

PLAN = {"mode": "event", "pre_roll": 3, "post_roll": 2, "on_motion": False}


@pytest.fixture(scope="module")
def empty_clip(tmp_path_factory):
    """The door's first picture for ten seconds, with a key picture every two."""
    source = Path(__file__).parents[2] / "clips" / "s02-tailgating.mp4"
    with av.open(str(source)) as container:
        frame = next(container.decode(video=0)).reformat(format="yuv420p")
    path = tmp_path_factory.mktemp("empty") / "empty.mp4"
    with av.open(str(path), "w") as target:
        options = {"preset": "ultrafast", "x264-params": "bframes=0:keyint=25:scenecut=0"}
        stream = target.add_stream("libx264", rate=Fraction(25, 2), options=options)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        for index in range(125):
            frame.pts, frame.time_base, frame.pict_type = index, Fraction(2, 25), PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


def _files(data_dir):
    return [path for kind in ("mp4", "part") for path in (data_dir / "recordings").rglob(f"*.{kind}")]


def _seen(server):
    """Seconds that are covered."""
    return sum(end - start for start, end in server.covered()) / SECOND


@pytest.mark.parametrize("drawn", [False, True], ids=["mapped, without a scene", "with a scene and a main stream"])
async def test_an_access_event_is_recorded_with_what_was_before_it_and_nothing_else_is(
    bench, empty_clip, scene_of, drawn
):
    server = bench.server
    async with CameraSimulator({"/sub": empty_clip, "/main": empty_clip}) as simulator:
        scenes = [scene_of("s02-tailgating")] if drawn else []
        camera = {**bench.camera(simulator.url("/sub"), scenes, recording=PLAN), "doors": ["door-1"]}
        camera["main_url"] = simulator.url("/main") if drawn else None
        server.configuration["cameras"] = [camera]
        async with bench.analyzing():
            await server.until(lambda: _seen(server) > 4, 30)
            assert _files(bench.data_dir) == []
            happened = SystemClock().now()
            await server.command(command="gate", door_id="door-1", until=to_iso(happened + 20 * SECOND))
            await server.until(
                lambda: [one for one in server.segments.values() if from_iso(one["end"]) >= happened], 20
            )
    segments = sorted(server.segments.values(), key=lambda one: one["start"])
    start = from_iso(segments[0]["start"])
    # From the key picture before the pre-roll on; the clip has one every two seconds.
    assert happened - 6 * SECOND < start <= happened - 2 * SECOND
    pairs = itertools.pairwise(segments)
    assert all(one["end"] == other["start"] for one, other in pairs)


async def test_a_crossing_is_recorded_though_it_is_known_only_after_it_happened(bench, clips, scene_of):
    server = bench.server
    epoch = SystemClock().now() - 9 * SECOND
    async with CameraSimulator({"/door": clips / "s02-tailgating.mp4"}, epoch=epoch) as simulator:
        camera = bench.camera(simulator.url("/door"), [scene_of("s02-tailgating")], recording=PLAN)
        server.configuration["cameras"] = [camera]
        async with bench.analyzing():
            await server.until(lambda: server.crossings and _recorded(server, _first(server)), 40)
    assert min(from_iso(one["start"]) for one in server.segments.values()) <= _first(server) - SECOND


def _first(server):
    return min(from_iso(one["at"]) for one in server.crossings.values())


def _recorded(server, at):
    return any(from_iso(one["start"]) <= at <= from_iso(one["end"]) for one in server.segments.values())
