"""Clips that every browser plays, of video whose codec plays in few: encoded anew when somebody asks, kept for a day.

A clip lies in the blob store under a name that says what it shows, with a line beside it that says when its first picture
was captured. That both are there is all that is remembered of it: a server that was killed over one makes it when it is
asked for again. They are made one at a time, for looking at; what proves is the recording itself.
"""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from doorwatch.blobs import BlobError, BlobMissingError, Blobs
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.exporting.drawing import Job, Made
from doorwatch.server.exporting.footage import Footage
from doorwatch.server.exporting.process import ExportError, made_apart

WAITING, WORKING, READY, FAILED, NONE = "waiting", "working", "ready", "failed", "none"

FOLDER = "playable"
KEPT: Micros = DAY
MOST_WAITING = 20
"""So many clips wait at most, of all accounts."""

_MOST_FAILURES = 200
_LATER: Micros = 3650 * DAY

Find = Callable[[], Awaitable[Footage]]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clip: of which account, of what (a path below the account), and which capture times it is to show."""

    account: str
    of: str
    start: Micros
    end: Micros

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


@dataclass(slots=True)
class _Order:
    wanted: Wanted
    find: Find
    standing: Standing = field(default_factory=lambda: Standing(WAITING))


class PlayableDesk:
    """Makes playable clips and lets them go after a day."""

    def __init__(self, blobs: Blobs, clock: Clock, data_dir: Path) -> None:
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
        """Delete the clips of an account that are older than they are kept, and what is left of half ones."""
        await asyncio.to_thread(self._forget, account, self._clock.now() - KEPT)

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
        found = await order.find()
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

        async def progress(share: float) -> None:
            order.standing = replace(order.standing, progress=round(95 * min(1.0, max(0.0, share))))

        with TemporaryDirectory(dir=self._folder) as folder:
            source, video, picture = (Path(folder) / part for part in ("source.mp4", "video.mp4", "picture.jpg"))
            await asyncio.to_thread(source.write_bytes, found.data)
            times = wanted.start, wanted.end
            job = Job(str(source), found.start, *times, str(video), str(picture), wanted.start, folder, small=True)
            made = await made_apart(job, self._clock, progress)
            await asyncio.to_thread(self._keep, wanted, made, await asyncio.to_thread(video.read_bytes))

    def _keep(self, wanted: Wanted, made: Made, video: bytes) -> None:
        # The note comes first: a clip without one is what was left half made, and goes.
        told = {"start": made.start, "end": made.end, "made_at": self._clock.now()}
        self._blobs.put(wanted.note, json.dumps(told).encode())
        self._blobs.put(wanted.name, video)

    def _failed(self, order: _Order, why: str) -> None:
        _log.warning("a playable clip was not made", clip=order.wanted.name, reason=why)
        self._failures[order.wanted.name] = Standing(FAILED, message=why)
        while len(self._failures) > _MOST_FAILURES:
            del self._failures[next(iter(self._failures))]

    def _forget(self, account: str, before: Micros) -> None:
        names = self._blobs.names(f"{FOLDER}/{account}/")
        fresh = {name.removesuffix(".json") for name in names if name.endswith(".json") and self._made(name) >= before}
        for name in names:
            if name.rpartition(".")[0] not in fresh and name not in self._orders:
                try:
                    self._blobs.delete(name)
                except BlobError as error:
                    _log.warning("a playable clip stays", blob=name, error=str(error))

    def _made(self, note: str) -> Micros:
        """When the clip of a note was made; long ago when the note says nothing."""
        try:
            return int(json.loads(self._blobs.get(note))["made_at"])
        except (BlobError, ValueError, KeyError, TypeError):
            return -_LATER
