"""Evidence of incidents: waits until the recording has it, has it cut and drawn, and delivers it."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog

from doorwatch.analyzer.children import Child
from doorwatch.analyzer.privacy import PeopleSeen, sweep
from doorwatch.analyzer.settings import AnalyzerSettings
from doorwatch.analyzer.uploads import Uploads
from doorwatch.analyzer.wire import Message
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Clock, Micros, from_iso, to_iso

log = structlog.get_logger(__name__)

_LOOK_EVERY = 0.1
_PATIENCE: Micros = 15 * SECOND
"""How long after the wanted moment a recording is waited for; a camera that lost its stream records nothing."""

_JOB_TAKES_AT_MOST = 60.0
_MARGIN: Micros = 200_000

_DETECTED_AFTER = 1.0
"""Seconds after which a picture that was recorded has been searched for people, if it is searched at all."""

_SWEEP_EVERY = 20.0

_MOST_STILLS = 40
"""Pictures of access events that are made at a time."""


class NoEvidenceError(DoorwatchError):
    """There is no recording to make the evidence of, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One `evidence` command; times are capture times. `tiles` and `scene` are passed on as they are."""

    incident_id: str
    revision: int
    camera_id: str
    start: Micros
    end: Micros
    picture_at: Micros
    tiles: tuple[dict[str, Any], ...]
    door_id: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Wanted":
        """The command as it comes. Raises KeyError, ValueError or TypeError when it cannot be read."""
        start = moment(told["from"])
        return cls(
            incident_id=str(told["incident_id"]),
            revision=int(told.get("revision") or 0),
            camera_id=str(told["camera_id"]),
            start=start,
            end=moment(told["until"]),
            picture_at=moment(told.get("picture_at") or told["from"]),
            tiles=tuple(told.get("tiles") or ()),
            door_id=str(told.get("door_id") or ""),
        )


@dataclass(frozen=True, slots=True)
class StillWanted:
    """One `still` command: what a camera saw at a moment of capture time, for the moment of that id."""

    moment_id: str
    camera_id: str
    at: Micros
    widest: int

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "StillWanted":
        """The command as it comes. Raises KeyError, ValueError or TypeError when it cannot be read."""
        widest = min(1920, max(16, int(told.get("widest") or 480)))
        return cls(str(told["moment_id"]), str(told["camera_id"]), moment(told["at"]), widest)


@dataclass(frozen=True, slots=True)
class Cut:
    """One `cut` command: a piece of a camera's recording that an export waits for."""

    request_id: str
    camera_id: str
    start: Micros
    end: Micros

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Cut":
        """The command as it comes. Raises KeyError, ValueError or TypeError when it cannot be read."""
        return cls(str(told["request_id"]), str(told["camera_id"]), moment(told["from"]), moment(told["until"]))


class Evidence:
    """Makes and delivers evidence; one task an incident, of which the newest revision wins.

    `scene_of` finds the scene to draw, `recorded_until` how far a camera's recording has come, `people_of` where people
    were for a camera of which only blurred people are kept (None for any other).
    """

    def __init__(
        self,
        settings: AnalyzerSettings,
        uploads: Uploads,
        scene_of: Callable[[str, str], Scene | None],
        recorded_until: Callable[[str], Micros | None],
        clock: Clock,
        *,
        people_of: Callable[[str], PeopleSeen | None] = lambda _camera: None,
    ) -> None:
        self._settings = settings
        self._people_of = people_of
        self._uploads = uploads
        self._scene_of = scene_of
        self._recorded_until = recorded_until
        self._clock = clock
        self._tasks: dict[str, tuple[Wanted, asyncio.Task[None]]] = {}
        self._stills: dict[str, asyncio.Task[None]] = {}
        self._jobs: dict[int, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._worker = Child(
            "media",
            "media",
            lambda: {"recordings": str(settings.recordings), "passing": str(settings.passing)},
            self._answered,
            self._died,
            clock,
            silent_for=_JOB_TAKES_AT_MOST,
        )

    async def run(self) -> None:
        """Keep the worker running until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._worker.run())
                group.create_task(self._sweep())
        finally:
            for task in (*(task for _, task in self._tasks.values()), *self._stills.values()):
                task.cancel()

    async def _sweep(self) -> None:
        while True:
            try:
                await asyncio.to_thread(sweep, self._settings.passing, self._clock)
            except OSError as error:
                log.warning("raw video cannot be deleted", folder=str(self._settings.passing), reason=error.strerror)
            await self._clock.sleep(_SWEEP_EVERY)

    async def snapshot(self, camera_id: str, picture: bytes, at: Micros) -> bytes | None:
        """A camera's newest picture as it may be kept; None when it may not."""
        people = self._people_of(camera_id)
        if people is None:
            return picture
        await self._clock.sleep(_DETECTED_AFTER)
        try:
            made = await self._do({"kind": "snapshot", "at": at, "people": people.between(at, at).told()}, picture)
        except NoEvidenceError as error:
            log.warning("no snapshot", camera=camera_id, reason=str(error))
            return None
        return made.payload

    async def picture(self, camera_id: str, at: Micros, widest: int) -> tuple[bytes, Micros]:
        """A recorded picture as JPEG, and when it was captured. Raises NoEvidenceError."""
        made = await self._do({"kind": "picture", "camera_id": camera_id, "at": at, "widest": widest})
        return made.payload, int(made.header["start"])

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        return self._worker.pid

    def want(self, wanted: Wanted) -> None:
        """Make this evidence, unless the same is being made; an older revision's is dropped."""
        former = self._tasks.get(wanted.incident_id)
        if former is not None:
            if former[0] == wanted or former[0].revision > wanted.revision:
                return
            former[1].cancel()
        task = asyncio.create_task(self._make(wanted))
        self._tasks[wanted.incident_id] = (wanted, task)
        task.add_done_callback(lambda _task: self._forget(wanted))

    def want_still(self, wanted: StillWanted) -> None:
        """Make a small picture, unless it is being made already or too many are: evidence of incidents matters more."""
        if wanted.moment_id in self._stills or len(self._stills) >= _MOST_STILLS:
            return
        task = asyncio.create_task(self._make_still(wanted))
        self._stills[wanted.moment_id] = task
        task.add_done_callback(lambda _task: self._stills.pop(wanted.moment_id, None))

    async def cut(self, wanted: Cut) -> None:
        """Cut a piece of the recording and deliver it, or say why there is none."""
        path = f"/api/analyzer/cuts/{quote(wanted.request_id, safe='')}"
        job: dict[str, Any] = {
            "kind": "clip",
            "camera_id": wanted.camera_id,
            "start": wanted.start,
            "end": wanted.end,
        }
        try:
            await self._recorded(wanted.camera_id, min(wanted.end, self._clock.now()))
            if (people := self._people_of(wanted.camera_id)) is not None:
                job["people"] = people.between(wanted.start, wanted.end).told()
            made = await self._do(job)
        except NoEvidenceError as error:
            await self._uploads.put(path, str(error).encode(), {"Content-Type": "text/plain"}, tries=3)
            return
        header = made.header
        told = {"X-Start": to_iso(header["start"]), "X-Duration-Us": str(header["duration"])}
        await self._uploads.put(path, made.payload, {**told, "Content-Type": "video/mp4"}, tries=3)

    async def _make_still(self, wanted: StillWanted) -> None:
        job: dict[str, Any] = {
            "kind": "picture",
            "camera_id": wanted.camera_id,
            "at": wanted.at,
            "widest": wanted.widest,
        }
        try:
            await self._recorded(wanted.camera_id, wanted.at + _MARGIN)
            if (people := self._people_of(wanted.camera_id)) is not None:
                await self._clock.sleep(_DETECTED_AFTER)
                job["people"] = people.between(wanted.at, wanted.at).told()
            made = await self._do(job)
        except NoEvidenceError as error:
            log.info("no picture of an access event", camera=wanted.camera_id, reason=str(error))
            return
        headers = {
            "X-Camera-Id": wanted.camera_id,
            "X-Start": to_iso(made.header["start"]),
            "Content-Type": "image/jpeg",
        }
        path = f"/api/analyzer/stills/{quote(wanted.moment_id, safe='')}"
        await self._uploads.put(path, made.payload, headers, tries=3)

    def _forget(self, wanted: Wanted) -> None:
        entry = self._tasks.get(wanted.incident_id)
        if entry is not None and entry[0] == wanted:
            del self._tasks[wanted.incident_id]

    async def _make(self, wanted: Wanted) -> None:
        scene = self._scene_of(wanted.camera_id, wanted.door_id)
        picture = {
            "kind": "picture",
            "camera_id": wanted.camera_id,
            "at": wanted.picture_at,
            "scene": scene.to_mapping() if scene is not None else None,
            "tiles": list(wanted.tiles),
        }
        clip = {"kind": "clip", "camera_id": wanted.camera_id, "start": wanted.start, "end": wanted.end}
        try:
            await self._recorded(wanted.camera_id, wanted.picture_at + _MARGIN)
            await self._deliver(wanted, "picture.jpg", picture)
            await self._recorded(wanted.camera_id, wanted.end)
            await self._deliver(wanted, "clip.mp4", clip)
        except NoEvidenceError as error:
            log.warning("no evidence", incident=wanted.incident_id, reason=str(error))

    async def _recorded(self, camera_id: str, at: Micros) -> None:
        """Wait until the recording reaches a moment, or will not any more."""
        while self._clock.now() < at + _PATIENCE:
            until = self._recorded_until(camera_id)
            if until is not None and until >= at:
                return
            await self._clock.sleep(_LOOK_EVERY)

    async def _deliver(self, wanted: Wanted, kind: str, job: dict[str, Any]) -> None:
        people = self._people_of(wanted.camera_id)
        if people is not None:
            await self._clock.sleep(_DETECTED_AFTER)
            job["people"] = people.between(
                job.get("start", wanted.picture_at), job.get("end", wanted.picture_at)
            ).told()
        made = await self._do(job)
        headers = {
            "X-Camera-Id": wanted.camera_id,
            "X-Start": to_iso(made.header["start"]),
            "X-Duration-Us": str(made.header["duration"]),
            "X-Revision": str(wanted.revision),
            "Content-Type": "image/jpeg" if kind.endswith("jpg") else "video/mp4",
        }
        await self._uploads.put(
            f"/api/analyzer/evidence/{quote(wanted.incident_id, safe='')}/{kind}", made.payload, headers
        )

    async def _do(self, job: dict[str, Any], payload: bytes = b"") -> Message:
        """Have the worker do a job; a worker that dies of it gets it once more. Raises NoEvidenceError."""
        for _ in range(2):
            number = next(self._numbers)
            answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
            self._jobs[number] = answer
            try:
                while not self._worker.send({**job, "job": number}, payload):
                    await self._clock.sleep(_LOOK_EVERY)
                made = await answer
            except ConnectionResetError:
                continue
            finally:
                self._jobs.pop(number, None)
            if made.kind == "done":
                return made
            raise NoEvidenceError(str(made.header["message"]))
        raise NoEvidenceError("the recording cannot be read: its files are damaged")

    def _answered(self, message: Message) -> None:
        answer = self._jobs.get(int(message.header.get("job", 0)))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _died(self, _code: int | None) -> None:
        for answer in self._jobs.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())


def moment(value: Any) -> Micros:
    """A time in a command: ISO 8601 text, or microseconds. Raises ValueError."""
    return value if isinstance(value, int) else from_iso(str(value))
