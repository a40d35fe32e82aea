"""A small server that speaks the analyzer's part of the contract, on a real socket, and keeps what it is told."""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from aiohttp import WSMsgType, web

from doorwatch.analyzer import AnalyzerSettings
from doorwatch.analyzer.service import Analyzer
from doorwatch.domain.time import SECOND, from_iso
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import SegmentWriter
from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.models import data_folder, find

TOKEN = "analyzer-token"


class SmallServer:
    """Answers the analyzer's posts and holds its stream; `configuration` is sent on every connection."""

    def __init__(self):
        self.configuration = {"command": "configure", "revision": 1, "cameras": []}
        self.stills = {}
        self.crossings, self.states, self.segments, self.evidence, self.snapshots = {}, [], {}, {}, []
        self.coverage, self.deleted, self.live, self.posts = [], [], [], []
        self.answers = {}
        self.connections = 0
        self.socket = None
        self.broken = False
        self.refusals = 0
        self._changed = asyncio.Event()
        self._runner = None
        self.port = 0

    async def start(self):
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/api/analyzer/{kind}", self._post)
        app.router.add_put("/api/analyzer/stills/{moment}", self._put_still)
        app.router.add_put("/api/analyzer/evidence/{incident}/{kind}", self._put_evidence)
        app.router.add_put("/api/analyzer/snapshot/{camera}", self._put_snapshot)
        app.router.add_put("/api/analyzer/answers/{request}", self._put_answer)
        app.router.add_get("/api/analyzer/stream", self._stream)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self):
        if self._runner is not None:
            if self.socket is not None:
                await self.socket.close()
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def command(self, **command):
        await self.socket.send_str(json.dumps(command))

    async def until(self, what: Callable[[], object], seconds: float = 45.0):
        """Wait for something to become true; it is looked at after every post, and its value is given back."""
        async with asyncio.timeout(seconds):
            while not (found := what()):
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), 0.5)
                except TimeoutError:
                    continue
            return found

    def online(self):
        return any(state["code"] == 200 for state in self.states)

    def codes(self):
        return [state["code"] for state in self.states]

    def covered(self):
        """The coverage merged: (from, until) in microseconds."""
        merged = []
        for piece in sorted((from_iso(one["from"]), from_iso(one["until"])) for one in self.coverage):
            if merged and piece[0] <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], piece[1]))
            else:
                merged.append(piece)
        return merged

    def live_kinds(self):
        return [header["kind"] for header, _ in self.live]

    def _admits(self, request):
        if self.broken:
            self.refusals += 1
            self._changed.set()
            raise web.HTTPServiceUnavailable
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise web.HTTPUnauthorized

    async def _post(self, request):
        self._admits(request)
        body = await request.json()
        kind = request.match_info["kind"]
        self.posts.append((kind, body))
        for crossing in body.get("crossings", []):
            self.crossings[crossing["crossing_id"]] = crossing
        self.coverage += body.get("coverage", [])
        self.states += body.get("cameras", [])
        for segment in body.get("segments", []):
            self.segments[segment["segment_id"]] = segment
        self.deleted += body.get("deleted", [])
        self._changed.set()
        return web.json_response({"stored": 1})

    async def _put_evidence(self, request):
        self._admits(request)
        data = await request.read()
        self.evidence[request.match_info["incident"], request.match_info["kind"]] = (dict(request.headers), data)
        self._changed.set()
        return web.json_response({}, status=201)

    async def _put_still(self, request):
        self._admits(request)
        self.stills[request.match_info["moment"]] = await request.read()
        self._changed.set()
        return web.json_response({}, status=201)

    async def _put_snapshot(self, request):
        self._admits(request)
        self.snapshots.append((request.match_info["camera"], await request.read()))
        self._changed.set()
        return web.json_response({}, status=201)

    async def _put_answer(self, request):
        self._admits(request)
        self.answers[request.match_info["request"]] = await request.json()
        self._changed.set()
        return web.json_response({"taken": 1})

    async def _stream(self, request):
        self._admits(request)
        socket = web.WebSocketResponse(max_msg_size=64 << 20)
        await socket.prepare(request)
        self.socket = socket
        self.connections += 1
        await socket.send_str(json.dumps(self.configuration))
        self._changed.set()
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                size = int.from_bytes(message.data[:4], "big")
                self.live.append((json.loads(message.data[4 : 4 + size]), message.data[4 + size :]))
                self._changed.set()
        return socket


@pytest.fixture
async def server():
    small = SmallServer()
    await small.start()
    yield small
    await small.stop()


@contextlib.asynccontextmanager
async def analyzing(server, data_dir, **more):
    """An analyzer in this process, stopped at the end; its own processes are real."""
    settings = AnalyzerSettings(server_url=server.url, token=TOKEN, data_dir=data_dir, **more)
    analyzer = Analyzer(settings)
    task = asyncio.create_task(analyzer.run())
    try:
        yield analyzer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def camera(url, scenes=(), camera_id="cam-1", main_url=None, **settings):
    """A camera as the server configures it."""
    return {
        "camera_id": camera_id,
        "name": f"Camera {camera_id}",
        "url": url,
        "main_url": main_url,
        "enabled": True,
        "settings": {"record": True, **settings},
        "scenes": list(scenes),
    }


@pytest.fixture
def data_dir(tmp_path):
    """A data folder with the detector that this machine has."""
    try:
        model = find(data_folder())
    except DetectorError as error:
        if os.environ.get("CI") or os.environ.get("DOORWATCH_REQUIRE_MODEL"):
            raise
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")
    (tmp_path / "models").symlink_to(model.path.parent)
    return tmp_path


@pytest.fixture
def clips():
    """The rendered doorway clips that are kept with the tests."""
    folder = Path(__file__).parents[2] / "clips"
    assert (folder / "truth.json").is_file()
    return folder


@pytest.fixture
def scene_of(clips):
    """The scene of a rendered clip, as a camera of the server carries it."""
    truth = {
        clip["name"].removesuffix(".mp4"): clip for clip in json.loads((clips / "truth.json").read_text())["clips"]
    }

    def find(name, door_id="door-1"):
        return {**truth[name]["scene"], "door_id": door_id}

    return find


@pytest.fixture
def bench(server, data_dir):
    """What tests build with: the analyzer around the small server, and cameras for its configuration."""
    return SimpleNamespace(
        server=server, data_dir=data_dir, camera=camera, analyzing=lambda **more: analyzing(server, data_dir, **more)
    )


@pytest.fixture(scope="session")
def record_clip():
    """Keeps a clip as one recorded segment of camera `cam`: (folder of the recordings, clip, when it began)."""
    return _record


def _record(root, clip, base):
    """A clip as one recorded segment of camera `cam`."""
    writer, fragmenter = SegmentWriter(root, "cam"), Fragmenter()
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        writer.begin(init_segment(stream), base)
        extradata, tick = bytes(stream.codec_context.extradata), float(stream.time_base) * SECOND
        for packet in container.demux(stream):
            if packet.size:
                times = base + round(packet.dts * tick), base + round(packet.pts * tick)
                sample = Sample(with_lengths(bytes(packet), extradata), *times, packet.is_keyframe)
                if (piece := fragmenter.add(sample)) is not None:
                    writer.add(piece)
    writer.finish()
