"""The analyzer's parent process: holds the token, the queue and the stream, and keeps every other process running."""

import asyncio
import contextlib
import itertools
import json
import signal
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import quote

import aiohttp
import structlog

from doorwatch.analyzer.camera import WatchedCamera
from doorwatch.analyzer.detectors import Detectors
from doorwatch.analyzer.disk import DiskReports
from doorwatch.analyzer.evidence import Cut, Evidence, NoEvidenceError, StillWanted, Wanted, moment
from doorwatch.analyzer.inspection import Inspections
from doorwatch.analyzer.kept import KeptConfiguration
from doorwatch.analyzer.likenesses import Likenesses
from doorwatch.analyzer.metrics import Metrics, served
from doorwatch.analyzer.posts import Posts, client_tls
from doorwatch.analyzer.privacy import PeopleSeen
from doorwatch.analyzer.replays import Replays
from doorwatch.analyzer.settings import (
    AnalyzerError,
    AnalyzerSettings,
    CameraConfiguration,
    Configuration,
    read_configuration,
)
from doorwatch.analyzer.stream import ServerStream
from doorwatch.analyzer.uploads import Uploads
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import Clock, Micros, SystemClock
from doorwatch.recording.proving import Listed, damages
from doorwatch.recording.segments import Recordings, Segment

log = structlog.get_logger(__name__)

_COVERAGE_EVERY = 2.0
_HURRIED_EVERY = 0.25
_STATE_EVERY = 2.0


class Analyzer:
    """Everything between the cameras and the server. `run` works until cancelled."""

    def __init__(self, settings: AnalyzerSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self.metrics = Metrics()
        self._cameras: dict[str, tuple[WatchedCamera, asyncio.Task[None]]] = {}
        self._configuration = Configuration(-1, (), {})
        self._kept = KeptConfiguration(settings.data_dir, settings.token)
        self._recordings = Recordings(settings.recordings)
        self._likenesses = Likenesses(settings.data_dir, self._answered, self._clock)
        self._detectors = Detectors(settings, self._answered, self._clock, on_cutout=self._likenesses.want)
        self._run = _base36(self._clock.now() // 1000)
        self._counters = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._inspections = Inspections(self._inspected, self._clock)
        self._replays = Replays(self._recordings, self._recorded_picture, self._replayed)
        self._posts: Posts
        self._stream: ServerStream
        self._uploads: Uploads
        self._evidence: Evidence | None = None

    async def run(self) -> None:
        """Watch, count and report. Raises DoorwatchError or SpoolError when it cannot begin."""
        _prepare_folder(self.settings)
        tls = client_tls(self.settings)
        self._posts = await Posts.open(self.settings, self.metrics)
        timeout = aiohttp.ClientTimeout(total=60, connect=10)
        headers = {"Authorization": f"Bearer {self.settings.token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=10)) as streaming,
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            ):
                self._uploads = Uploads(session, self.settings, tls, self._clock)
                self._stream = ServerStream(
                    streaming, self.settings, tls, self._command, self._server_is_there, self._clock
                )
                self._evidence = Evidence(
                    self.settings,
                    self._uploads,
                    self._scene_of,
                    self._recorded_until,
                    self._clock,
                    people_of=self._people_of,
                )
                if (kept := self._kept.load()) is not None:
                    self._configure(kept)
                # What the first people need is loaded while the cameras are being opened.
                self._begin(asyncio.to_thread(import_module, "scipy.optimize"))
                async with self._measured():
                    await self._work(self._evidence)
        finally:
            await self._posts.close()

    async def _work(self, evidence: Evidence) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._posts, self._stream, self._detectors, self._likenesses, evidence):
                    group.create_task(part.run())
                group.create_task(self._report())
                group.create_task(self._disk_reports().run())
        finally:
            tasks = [task for _, task in self._cameras.values()] + list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _disk_reports(self) -> DiskReports:
        def stopped() -> dict[str, str]:
            watched = ((camera_id, camera) for camera_id, (camera, _) in self._cameras.items())
            return {camera_id: why for camera_id, one in watched if (why := one.recording_trouble) is not None}

        return DiskReports(
            self.settings.recordings, self.settings.free_space, self._uploads, stopped, self._clock
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def _measured(self) -> AsyncIterator[None]:
        port = self.settings.metrics_port
        if port is None:
            yield
            return
        async with served(self.metrics, self.settings.metrics_host, port) as bound:
            log.info("metrics are served", host=self.settings.metrics_host, port=bound)
            yield

    @property
    def processes(self) -> dict[str, list[int]]:
        """The ids of the processes that run, by role."""
        cameras = [pid for camera, _ in self._cameras.values() for pid in camera.pids]
        media = self._evidence.pid if self._evidence is not None else None
        found = {"camera": cameras, "detector": self._detectors.pids, "media": [media] if media is not None else []}
        return found | ({"likeness": self._likenesses.pids} if self._likenesses.wanted else {})

    # commands of the server

    def _command(self, command: dict[str, Any]) -> None:
        handler = getattr(self, f"_do_{command['command']}", None)
        if handler is None:
            log.info("a command is not known", command=command["command"])
            return
        handler(command)

    def _do_configure(self, command: dict[str, Any]) -> None:
        configuration = read_configuration(command)
        self._kept.keep(command)
        self._configure(configuration)

    def _do_gate(self, command: dict[str, Any]) -> None:
        until = moment(command["until"])
        for camera, _ in self._cameras.values():
            if command["door_id"] in camera.configuration.doors:
                camera.door_event(until)
            elif command["door_id"] in camera.configuration.mapped:
                camera.record_event()

    def _do_live(self, command: dict[str, Any]) -> None:
        if (camera := self._camera(command)) is not None:
            camera.set_live(bool(command["on"]))

    def _do_evidence(self, command: dict[str, Any]) -> None:
        if self._evidence is not None:
            self._evidence.want(Wanted.read(command))

    def _do_cut(self, command: dict[str, Any]) -> None:
        if self._evidence is not None:
            self._begin(self._evidence.cut(Cut.read(command)))

    def _do_still(self, command: dict[str, Any]) -> None:
        if self._evidence is not None and self._camera(command) is not None:
            self._evidence.want_still(StillWanted.read(command))

    def _do_snapshot(self, command: dict[str, Any]) -> None:
        if (camera := self._camera(command)) is not None:
            camera.ask_snapshot()

    def _do_inspect(self, command: dict[str, Any]) -> None:
        self._begin(self._inspections.answer(command))

    async def _inspected(self, request_id: str, answer: bytes) -> None:
        path = f"/api/analyzer/answers/{quote(request_id, safe='')}"
        await self._uploads.put(path, answer, {"Content-Type": "application/json"}, tries=3)

    def _do_prove(self, command: dict[str, Any]) -> None:
        listed = [Listed(**one) for one in command["segments"]]
        self._begin(self._prove(str(command["request_id"]), listed))

    async def _prove(self, request_id: str, listed: list[Listed]) -> None:
        """Say which of these recordings are not what was recorded."""
        try:
            found = await asyncio.to_thread(damages, self.settings.recordings, listed)
            told: dict[str, Any] = {"answer": {"damaged": found}}
        except OSError as error:
            told = {"error": f"the recordings cannot be read ({error.strerror}): check the disk"}
        await self._inspected(request_id, json.dumps(told).encode())

    def _do_replay(self, command: dict[str, Any]) -> None:
        self._begin(self._replays.answer(command))

    async def _recorded_picture(self, camera_id: str, at: Micros, widest: int) -> tuple[bytes, Micros]:
        if self._evidence is None or self._people_of(camera_id) is not None:
            raise NoEvidenceError("of this camera only blurred evidence of incidents is kept")
        return await self._evidence.picture(camera_id, at, widest)

    async def _replayed(self, path: str, answer: bytes, headers: Mapping[str, str]) -> None:
        await self._uploads.put(path, answer, headers, tries=2)

    def _do_delete(self, command: dict[str, Any]) -> None:
        segments = [str(segment) for segment in command["segments"]]
        self._begin(self._delete(segments))

    async def _delete(self, segments: list[str]) -> None:
        self._posts.deleted(await asyncio.to_thread(self._recordings.delete, segments))

    def _camera(self, command: Mapping[str, Any]) -> WatchedCamera | None:
        entry = self._cameras.get(str(command["camera_id"]))
        return entry[0] if entry is not None else None

    def _server_is_there(self, there: bool) -> None:
        for camera, _ in self._cameras.values():
            if there:
                camera.tell_state(again=True)
            else:
                camera.set_live(False)

    # cameras

    def _configure(self, new: Configuration) -> None:
        old = {one.camera_id: one for one in self._configuration.cameras}
        wanted = {one.camera_id: one for one in new.cameras if one.enabled}
        for camera_id in list(self._cameras):
            if wanted.get(camera_id) is None or _mapping(old[camera_id]) != _mapping(wanted[camera_id]):
                _, task = self._cameras.pop(camera_id)
                task.cancel()
                self.metrics.forget(camera_id)
        for camera_id, one in wanted.items():
            if camera_id not in self._cameras:
                camera = WatchedCamera(one, self.settings, self, self._clock, problem=new.problems.get(camera_id))
                self._cameras[camera_id] = (camera, asyncio.create_task(camera.run()))
                camera.tell_state()
            self._cameras[camera_id][0].configuration = one
        self._configuration = new
        log.info("configured", revision=new.revision, cameras=len(self._cameras))

    def _scene_of(self, camera_id: str, door_id: str) -> Scene | None:
        for one in self._configuration.cameras:
            for scene in one.scenes if one.camera_id == camera_id else ():
                if scene.door == door_id:
                    return scene
        return None

    def _recorded_until(self, camera_id: str) -> Micros | None:
        entry = self._cameras.get(camera_id)
        return entry[0].recorded_until if entry is not None else None

    def _people_of(self, camera_id: str) -> PeopleSeen | None:
        entry = self._cameras.get(camera_id)
        if entry is not None:
            return entry[0].people
        # A camera that is not watched now: what it recorded is in a folder that tells how it was set up.
        return PeopleSeen() if (self.settings.passing / camera_id).is_dir() else None

    def _answered(self, answer: dict[str, Any]) -> None:
        entry = self._cameras.get(str(answer["camera_id"]))
        if entry is not None:
            entry[0].answer(answer)

    async def _report(self) -> None:
        """Tell coverage and states; coverage that a verdict waits for is told several times a second."""
        for turn in itertools.count():
            await self._clock.sleep(_HURRIED_EVERY)
            for camera, _ in self._cameras.values():
                if camera.hurried or turn % round(_COVERAGE_EVERY / _HURRIED_EVERY) == 0:
                    camera.tell_coverage()
                if turn % round(_STATE_EVERY / _HURRIED_EVERY) == 0:
                    camera.tell_state()
                    camera.measure()

    # what cameras ask for

    def detect(self, camera_id: str, frame: dict[str, Any], size: tuple[int, int], detector: str | None) -> bool:
        """Hand a frame to a detector."""
        return self._detectors.detect(camera_id, frame, size, detector)

    def look(self, camera_id: str, ring: str, look: dict[str, Any], detector: str | None) -> None:
        """Have a crossing looked at a second time."""
        cutout = bool(look.get("clothing")) and self._likenesses.wanted  # a picture's direction says at least as much
        self._detectors.look(camera_id, ring, {**look, "cutout": cutout}, detector)

    def forget_frames(self, ring: str) -> None:
        """The frames of a ring will not come any more."""
        self._detectors.forget(ring)

    def show(self, data: bytes, *, camera_id: str, key: bool) -> None:
        """Send a frame of the live stream."""
        self._stream.show(data, camera_id=camera_id, key=key)

    def crossing(self, crossing: Crossing, *, first: bool) -> None:
        """Report a crossing, for the first time or with a longer trail."""
        self._posts.crossing(crossing, first=first)

    def walk(self, walk: dict[str, Any]) -> None:
        """Report somebody's way through the picture."""
        self._posts.walk(walk)

    def covered(self, camera_id: str, start: Micros, end: Micros) -> None:
        """Report coverage."""
        self._posts.coverage(camera_id, start, end)

    def state(self, state: dict[str, Any]) -> None:
        """Report a camera's state."""
        self._posts.camera(state)

    def segment(self, segment: Segment) -> None:
        """Report a segment; once that is on disk as well, it need not be found again after a crash."""
        self._posts.segment(segment, partial(self._segment_kept, segment))

    def _segment_kept(self, segment: Segment) -> None:
        with contextlib.suppress(OSError):
            self._recordings.mark_reported(segment)

    def snapshot(self, camera_id: str, picture: bytes, at: Micros) -> None:
        """Send a picture that was captured at a time."""
        self._begin(self._upload(camera_id, picture, at))

    async def _upload(self, camera_id: str, picture: bytes, at: Micros) -> None:
        shown = await self._evidence.snapshot(camera_id, picture, at) if self._evidence is not None else None
        if shown is not None:
            path = f"/api/analyzer/snapshot/{quote(camera_id, safe='')}"
            await self._uploads.put(path, shown, {"Content-Type": "image/jpeg"}, tries=2)

    def name_run(self) -> str:
        """A name that no counter had before, in this run or another."""
        return f"{self._run}{_base36(next(self._counters))}"

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def run(settings: AnalyzerSettings) -> None:
    """Run an analyzer in this process until SIGTERM or SIGINT. Raises DoorwatchError or SpoolError."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_told(Analyzer(settings)))


async def _until_told(analyzer: Analyzer) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    for name in (signal.SIGTERM, signal.SIGINT):
        if task is not None:
            loop.add_signal_handler(name, task.cancel)
    await analyzer.run()


def _prepare_folder(settings: AnalyzerSettings) -> None:
    try:
        settings.recordings.mkdir(parents=True, exist_ok=True)
        probe = settings.data_dir / f".writable-{time.time_ns()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise AnalyzerError(
            f"the data folder {settings.data_dir} cannot be written ({error.strerror}): check its owner and its disk"
        ) from error


def _mapping(one: CameraConfiguration) -> tuple[Any, ...]:
    """What a camera's process and counter depend on."""
    scenes = [scene.to_mapping() for scene in one.scenes]
    plan = one.recording
    recorded = (plan.mode, plan.pre_roll)
    return one.url, one.main_url, recorded, one.transport, one.detector, one.blur_people, scenes


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"
