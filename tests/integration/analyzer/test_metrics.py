"""What the analyzer measures: every stage of a crossing on `/metrics`, and coverage told in time for the verdict."""

import asyncio

import aiohttp
import pytest

from doorwatch.analyzer.metrics import Metrics, served
from doorwatch.analyzer.settings import AnalyzerError
from doorwatch.domain.time import SECOND, SystemClock, from_iso, to_iso
from doorwatch.simulators.camera import CameraSimulator

LENGTH = 12.96


def _count(text, name):
    """The value of one sample; 0 when it is not there."""
    return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} ")), 0.0)


async def _read(port):
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return await answer.text()


async def test_every_stage_of_a_crossing_is_measured(bench, clips, scene_of, unused_tcp):
    server, port = bench.server, unused_tcp
    epoch = SystemClock().now() - round((LENGTH - 4.5) * SECOND)
    async with CameraSimulator({"/lobby": clips / "s02-tailgating.mp4"}, epoch=epoch) as simulator:
        server.configuration["cameras"] = [bench.camera(simulator.url("/lobby"), [scene_of("s02-tailgating")])]
        async with bench.analyzing(metrics_port=port) as analyzer:
            await server.until(lambda: len(server.crossings) >= 2, 30)
            text = (await _read(port)).replace('camera="cam-1"', "")
            states = analyzer.metrics.text().decode()
    for stage in ("capture", "decode", "detect", "decide", "spool", "post"):
        assert _count(text, f'doorwatch_analyzer_stage_seconds_count{{stage="{stage}"}}') >= 1, stage
    assert _count(text, "doorwatch_analyzer_crossing_seconds_count") >= 2
    assert _count(text, "doorwatch_analyzer_crossings_total{}") >= 2
    assert _count(states, 'doorwatch_analyzer_camera_online{camera="cam-1"}') == 1
    assert 'doorwatch_analyzer_camera_skew_seconds{camera="cam-1"}' in states


async def test_coverage_that_a_verdict_waits_for_is_told_several_times_a_second(bench, clips, scene_of):
    server = bench.server
    async with CameraSimulator({"/a": clips / "s09-nobody.mp4"}) as simulator:
        server.configuration["cameras"] = [bench.camera(simulator.url("/a"), [scene_of("s09-nobody")])]
        async with bench.analyzing():
            await server.until(server.covered, 30)
            until = to_iso(SystemClock().now() + 20 * SECOND)
            await server.command(command="gate", door_id="door-1", until=until)
            told = len(server.coverage)
            await server.until(lambda: len(server.coverage) >= told + 8)
    late = [from_iso(one["until"]) - from_iso(one["from"]) for one in server.coverage[told + 1 :]]
    assert sorted(late)[len(late) // 2] <= 0.6 * SECOND


async def test_a_port_that_is_taken_is_told():
    metrics = Metrics()
    async with served(metrics, "127.0.0.1", 0) as port:
        with pytest.raises(AnalyzerError, match=f"cannot be served on 127.0.0.1:{port}.*choose another"):
            async with served(metrics, "127.0.0.1", port):
                pass


async def test_a_camera_that_is_taken_away_leaves_no_figures():
    metrics = Metrics()
    metrics.camera("gone", online=True, skew=1000, left_out=2, starts=1)
    metrics.frame("gone")
    metrics.forget("gone")
    assert "gone" not in metrics.text().decode()


def test_a_clock_that_is_ahead_makes_no_negative_length():
    metrics = Metrics()
    metrics.stage("capture", -5 * SECOND)
    assert 'doorwatch_analyzer_stage_seconds_sum{stage="capture"} 0.0' in metrics.text().decode()


@pytest.fixture
async def unused_tcp():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
