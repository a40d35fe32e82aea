"""Clips that every browser plays, of video whose codec plays in few: encoded anew when somebody asks, kept for a day.

A clip lies in the blob store under a name that says what it shows, with a line beside it that says when its first picture
was captured, and which segments the recording had for it then. That both are there is all that is remembered of it: a server
that was killed over one makes it when it is asked for again. They are made one at a time, for looking at; what proves is the
recording itself, and when that goes they go with it.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypedDict

import structlog
from sqlalchemy import Connection

from doorwatch.blobs import BlobError, BlobMissingError, Blobs
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.exporting.drawing import Job, Made
from doorwatch.server.exporting.footage import Footage
from doorwatch.server.exporting.process import ExportError, made_apart
from doorwatch.store import evidence, segments
from doorwatch.store.engine.database import Database
from doorwatch.store.evidence import Evidence

WAITING, WORKING, READY, FAILED, NONE = "waiting", "working", "ready", "failed", "none"

FOLDER = "playable"
KEPT: Micros = DAY
MOST_WAITING = 20
"""So many clips wait at most, of all accounts."""

_CAMERAS = "cameras"
_MOST_FAILURES = 200

Find = Callable[[], Awaitable[Footage]]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clip: of which account, of what (a path below the account), and which capture times it is to show."""

    account: str
    of: str
    start: Micros
    end: Micros

    @classmethod
    def of_incident(cls, account: str, kept: Evidence) -> Self:
        """All of the clip that is kept with an incident."""
        # When the clip was stored is part of the name: another clip of the incident is another one to make.
        of = f"incidents/{kept.incident_id}/{kept.stored_at}"
        return cls(account, of, kept.start, kept.start + kept.duration_us)

    @property
    def name(self) -> str:
        """The clip's name in the blob store."""
        return f"{FOLDER}/{self.account}/{self.of}/{self.start}-{self.end}.mp4"

    @property
    def note(self) -> str:
        """The name of the line beside it."""
        return f"{self.name.removesuffix('.mp4')}.json"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a clip is; `start` and `end` are capture times of what it shows once it is ready, `made_at` when that was."""

    state: str
    progress: int = 0
    message: str | None = None
    start: Micros | None = None
    end: Micros | None = None
    made_at: Micros | None = None


class _Note(TypedDict):
    """What is remembered of a clip: when it was made, and of which segments."""

    made_at: Micros
    segments: list[str]


@dataclass(slots=True)
class _Order:
    wanted: Wanted
    find: Find
    standing: Standing = field(default_factory=lambda: Standing(WAITING))


class PlayableDesk:
    """Makes playable clips, and lets them go after a day or with what they were made of."""

    def __init__(self, db: Database, blobs: Blobs, clock: Clock, data_dir: Path) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._folder = data_dir / "playable"
        self._orders: dict[str, _Order] = {}
        self._failures: dict[str, Standing] = {}
        self._more = asyncio.Event()

    async def ask(self, wanted: Wanted, find: Find) -> Standing:
        """Have a clip made of what `find` finds, unless it is there or being made. Raises ExportError for too many."""
        now = await self.standing(wanted)
        if now.state in {WAITING, WORKING, READY}:
            return now
        if len(self._orders) >= MOST_WAITING:
            raise ExportError(f"{MOST_WAITING} clips are being made already: wait until some of them are ready")
        self._failures.pop(wanted.name, None)
        order = self._orders.setdefault(wanted.name, _Order(wanted, find))
        self._more.set()
        return order.standing

    async def standing(self, wanted: Wanted) -> Standing:
        """How far a clip is."""
        order = self._orders.get(wanted.name)
        if order is not None:
            return order.standing
        try:
            told = json.loads(await asyncio.to_thread(self._blobs.get, wanted.note))
            size = await asyncio.to_thread(self._blobs.size, wanted.name)
        except BlobMissingError:
            size = None
        if size is None:
            return self._failures.get(wanted.name, Standing(NONE))
        return Standing(READY, 100, start=told["start"], end=told["end"], made_at=told["made_at"])

    async def run(self) -> None:
        """Work until cancelled."""
        shutil.rmtree(self._folder, ignore_errors=True)
        while True:
            await self._more.wait()
            self._more.clear()
            while self._orders:
                await self._make_next()

    async def forget(self, account: str) -> None:
        """Delete clips of an account that are old or whose recording is gone, and what is left of half ones."""
        before = self._clock.now() - KEPT
        names = await asyncio.to_thread(self._blobs.names, f"{FOLDER}/{account}/")
        notes = await asyncio.to_thread(self._notes, names)
        fresh = {name: note for name, note in notes.items() if note["made_at"] >= before}
        kept = await self._db.read(lambda conn: _with_source(conn, account, fresh)) if fresh else frozenset()
        await asyncio.to_thread(self._forget, names, kept)

    async def _make_next(self) -> None:
        name, order = next(iter(self._orders.items()))
        order.standing = Standing(WORKING)
        try:
            await self._make(order)
        except (DoorwatchError, BlobError) as error:
            self._failed(order, str(error))
        except OSError as error:
            self._failed(
                order, f"the clip cannot be written ({error.strerror}): make room on the disk of the data folder"
            )
        finally:
            del self._orders[name]

    async def _make(self, order: _Order) -> None:
        wanted = order.wanted
        recorded = await self._db.read(lambda conn: _recorded(conn, wanted))
        found = await order.find()
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

        async def progress(share: float) -> None:
            order.standing = replace(order.standing, progress=round(95 * min(1.0, max(0.0, share))))

        with TemporaryDirectory(dir=self._folder) as folder:
            source, video, picture = (Path(folder) / part for part in ("source.mp4", "video.mp4", "picture.jpg"))
            await asyncio.to_thread(source.write_bytes, found.data)
            times = wanted.start, wanted.end
            sources = [(str(source), found.start)]
            job = Job(sources, str(source), *times, str(video), str(picture), wanted.start, folder, small=True)
            made = await made_apart(job, self._clock, progress)
            await asyncio.to_thread(self._keep, wanted, made, recorded, await asyncio.to_thread(video.read_bytes))

    def _keep(self, wanted: Wanted, made: Made, recorded: list[str], video: bytes) -> None:
        # The note comes first: a clip without one is what was left half made, and goes.
        told = {"start": made.start, "end": made.end, "made_at": self._clock.now(), "segments": recorded}
        self._blobs.put(wanted.note, json.dumps(told).encode())
        self._blobs.put(wanted.name, video)

    def _failed(self, order: _Order, why: str) -> None:
        _log.warning("a playable clip was not made", clip=order.wanted.name, reason=why)
        self._failures[order.wanted.name] = Standing(FAILED, message=why)
        while len(self._failures) > _MOST_FAILURES:
            del self._failures[next(iter(self._failures))]

    def _notes(self, names: Iterable[str]) -> dict[str, _Note]:
        """What is noted of each clip, by its name without an ending; none of notes that cannot be read."""
        found: dict[str, _Note] = {}
        for name in names:
            if name.endswith(".json"):
                with contextlib.suppress(BlobError, ValueError, KeyError, TypeError):
                    told = json.loads(self._blobs.get(name))
                    note: _Note = {"made_at": int(told["made_at"]), "segments": list(told.get("segments", ()))}
                    found[name.removesuffix(".json")] = note
        return found

    def _forget(self, names: Iterable[str], kept: frozenset[str]) -> None:
        for name in names:
            stem = name.rpartition(".")[0]
            if stem not in kept and f"{stem}.mp4" not in self._orders:
                try:
                    self._blobs.delete(name)
                except BlobError as error:
                    _log.warning("a playable clip stays", blob=name, error=str(error))


def _recorded(conn: Connection, wanted: Wanted) -> list[str]:
    """The segments that a clip of a recording is made of; of those that are still on their way nothing is known."""
    of, _, camera_id = wanted.of.partition("/")
    if of != _CAMERAS:
        return []
    return [one.segment_id for one in segments.between(conn, wanted.account, camera_id, wanted.start, wanted.end)]


def _with_source(conn: Connection, account: str, notes: Mapping[str, _Note]) -> frozenset[str]:
    """The clips of which all is still there that they were made of."""
    parts = {name: name.split("/")[2:] for name in notes}
    clips = evidence.of_incidents(conn, account, {one[1] for one in parts.values() if one[0] != _CAMERAS})
    kept = set()
    for name, (of, key, *more) in parts.items():
        if of == _CAMERAS:
            start, _, end = more[-1].partition("-")
            there = {one.segment_id for one in segments.between(conn, account, key, int(start), int(end))}
            whole = there.issuperset(notes[name]["segments"])
        else:
            clip = clips.get(key, {}).get("clip.mp4")
            whole = clip is not None and str(clip.stored_at) == more[0]
        if whole:
            kept.add(name)
    return frozenset(kept)
