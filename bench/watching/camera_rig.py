"""What the camera benchmark runs beside the analyzer: cameras, a server that takes everything, and a look at processes."""

import asyncio
import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
from aiohttp import WSMsgType, web
from av.video.frame import PictureType

from doorwatch.domain.time import Micros, SystemClock, from_iso
from doorwatch.simulators.camera import CameraSimulator

# The rig's cameras are on this machine.
os.environ.setdefault("DOORWATCH_CAMERA_NETWORKS", "127.0.0.1/32")

CLIPS = Path(__file__).parents[2] / "tests" / "clips"
RATE = Fraction(25, 2)
WALK = "s07-four-in.mp4"
TOKEN = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 20


def scene() -> dict[str, Any]:
    """The scene of the clip that is walked through, for door `door`."""
    truth = json.loads((CLIPS / "truth.json").read_text())["clips"]
    told = next(clip for clip in truth if clip["file"] == WALK)["scene"]
    return {**told, "door_id": "door"}


def door_clip(folder: Path, share: float, *, length: float = 60.0) -> Path:
    """A clip, 640 x 360 at 12.5 frames a second, in which people walk for `share` of the time and nothing else moves.

    With a share of 1 they walk without a pause.
    """
    with av.open(str(CLIPS / WALK)) as container:
        walked = [frame.reformat(format="yuv420p") for frame in container.decode(video=0)]
    moving = len(walked) if share >= 1 else round(length * share * float(RATE))
    whole = moving if share >= 1 else round(length * float(RATE))
    path = folder / f"door-{round(share * 100)}.mp4"
    with av.open(str(path), "w") as target:
        options = {"preset": "veryfast", "crf": "24", "x264-params": "bframes=0:keyint=25:scenecut=0"}
        stream = target.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(whole):
            # The walk ends with its first picture, so that the loop's seam is no motion of its own.
            frame = walked[index % len(walked)] if index < moving else walked[0]
            frame.pts, frame.time_base = index, 1 / RATE
            frame.pict_type = PictureType.NONE  # else the encoder makes the key pictures that the source had
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


class Cameras:
    """RTSP cameras in a process of their own, their loops spread evenly in time. `close` ends it.

    `epochs` are when the first showing of each began: its first picture was captured then.
    """

    def __init__(self, clip: Path, count: int) -> None:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self._line = ours
        self.process = context.Process(target=_serve_cameras, args=(theirs, clip, count), daemon=True)
        self.process.start()
        self.urls: list[str] = ours.recv()
        self.epochs: list[Micros] = ours.recv()

    def close(self) -> None:
        """Switch the cameras off."""
        self._line.close()
        self.process.join(5)
        self.process.kill()


def _serve_cameras(line: Connection, clip: Path, count: int) -> None:
    async def serve() -> None:
        paths = [f"/door-{number}" for number in range(count)]
        async with CameraSimulator(dict.fromkeys(paths, clip)) as simulator:
            for number, mount in enumerate(simulator.mounts.values()):
                mount.epoch -= mount.clip.duration * number // count
            line.send([simulator.url(path) for path in paths])
            line.send([mount.epoch for mount in simulator.mounts.values()])
            await asyncio.to_thread(_until_closed, line)

    asyncio.run(serve())


def _until_closed(line: Connection) -> None:
    try:
        line.recv()
    except EOFError:
        return


@dataclass(slots=True)
class Sink:
    """Takes what an analyzer posts and counts it; `url` once it listens."""

    cameras: list[dict[str, Any]]
    url: str = ""
    crossings: int = 0
    coverage: dict[str, Micros] = field(default_factory=dict)
    late: list[Micros] = field(default_factory=list)
    answered: list[Micros] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> web.AppRunner:
        """Listen; the runner's `cleanup` ends it."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/api/analyzer/{kind}", self._post)
        app.router.add_put("/api/analyzer/{rest:.*}", self._put)
        app.router.add_get("/api/analyzer/stream", self._stream)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    def reset(self) -> None:
        """Count from here."""
        self.crossings = 0
        self.coverage.clear()
        self.late.clear()
        self.answered.clear()

    async def _post(self, request: web.Request) -> web.Response:
        body, now = await request.json(), SystemClock().now()
        for one in body.get("crossings", []):
            self.crossings += 1
            self.late.append(now - from_iso(one["at"]))
        for one in body.get("coverage", []):
            camera, until = one["camera_id"], from_iso(one["until"])
            self.coverage[camera] = self.coverage.get(camera, 0) + until - from_iso(one["from"])
            self.answered.append(now - until)
        for one in body.get("cameras", []):
            self.codes[one["camera_id"]] = one["code"]
        self.told.set()
        return web.json_response({"stored": 1})

    async def _put(self, request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({}, status=201)

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"command": "configure", "revision": 1, "cameras": self.cameras}))
        async for message in socket:
            if message.type is WSMsgType.CLOSE:
                break
        return socket


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process has used: CPU seconds so far, resident and proportional MiB now."""

    role: str
    cpu: float
    rss: float
    pss: float


def tree(root: int) -> dict[int, Usage]:
    """A process and all its descendants."""
    parents = {int(entry.name): _stat(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found, new = {root}, [root]
    while new:
        new = [pid for pid, told in parents.items() if told and int(told[1]) in new and pid not in found]
        found.update(new)
    return {pid: usage for pid in found if (usage := usage_of(pid)) is not None}


def usage_of(pid: int) -> Usage | None:
    """One process; None when it is gone."""
    entry = Path(f"/proc/{pid}")
    told = _stat(entry)
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        memory = dict(line.split(":", 1) for line in (entry / "smaps_rollup").read_text().splitlines()[1:])
    except OSError:
        return None
    if not told:
        return None
    role = "parent"
    if b"doorwatch.analyzer.child" in words:
        role = words[words.index(b"doorwatch.analyzer.child") + 1].decode()
    kib = {name: int(memory[name].split()[0]) / 1024 for name in ("Rss", "Pss")}
    return Usage(role, (int(told[11]) + int(told[12])) / _TICKS, kib["Rss"], kib["Pss"])


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@contextmanager
def data_folder(model: Path) -> Iterator[Path]:
    """A folder for an analyzer, in which the model is the only one."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as name:
        folder = Path(name)
        (folder / "models").mkdir()
        for file in model.parent.glob(f"{model.stem}.*"):
            (folder / "models" / file.name).symlink_to(file)
        yield folder


def camera_rows(urls: Sequence[str], told: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """Cameras as a server configures them."""
    return [
        {"camera_id": f"cam-{number}", "name": f"Camera {number}", "url": url, "enabled": True,
         "settings": {"record": True}, "scenes": [told()]}
        for number, url in enumerate(urls)
    ]  # fmt: skip
