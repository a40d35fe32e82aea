"""Pictures of access events: what the camera of a door saw then, whether or not its scene is drawn.

The analyzer is asked for each event as it comes in, and cuts it out of its recording. At most so many are asked for of
a camera in a time: a flood of events must not cost the counting its processor.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import HOUR, MINUTE, Clock, Micros, to_iso
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.store import configuration, moments, stills
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError

RECENT = 10 * MINUTE
"""Older events, such as those of a gap that was filled, get no picture of their own: the recording has it."""

WIDEST = 480
_MOST_WAITING = 500
_BURST = 5.0
_A_SECOND = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Event:
    account: str
    moment_id: str
    door_id: str
    at: Micros


def still_blob(account: str, moment_id: str, at: Micros) -> str:
    """Where the picture of a moment is: by the hour, so that whole hours go with the recordings."""
    return f"{_hour(account, at)}/{hashlib.sha256(moment_id.encode()).hexdigest()[:32]}.jpg"


class Stills:
    """Asks for pictures of access events, and keeps them as long as recordings."""

    def __init__(self, db: Database, blobs: Blobs, clock: Clock, analyzers: AnalyzerHub) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._analyzers = analyzers
        self._waiting: deque[_Event] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def want(self, account: str, pacs: str, events: Iterable[AccessEvent], doors: Mapping[str, str]) -> None:
        """Have pictures made of events that were just stored; costs next to nothing where no analyzer is connected."""
        if not self._analyzers.links(account):
            return
        now = self._clock.now()
        for event in events:
            if event.device_id in doors and abs(now - event.at) < RECENT:
                moment_id = moments.event_moment_id(pacs, event.event_id)
                self._waiting.append(_Event(account, moment_id, doors[event.device_id], event.at))
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.ask()
            except DoorwatchError as error:
                _log.warning("pictures of access events wait for the database", error=str(error))

    async def ask(self) -> int:
        """Ask the analyzers for what waits; for how many pictures."""
        waiting = list(self._waiting)
        self._waiting.clear()
        asked = 0
        for account in {event.account for event in waiting}:
            asked += await self._ask_for(account, [event for event in waiting if event.account == account])
        return asked

    async def _ask_for(self, account: str, events: Sequence[_Event]) -> int:
        now = self._clock.now()
        seen_by, policies = await self._db.read(lambda conn: _now(conn, account, events, now))
        asked = 0
        for event in events:
            camera_id = next(iter(seen_by.get(event.door_id, ())), None)
            if camera_id is None or not self._may(account, camera_id):
                continue
            # The access control system's clock may be ahead of the cameras'.
            at = event.at - policies.get(event.door_id, Policy()).clock_offset
            wanted = {"moment_id": event.moment_id, "camera_id": camera_id, "at": to_iso(at), "widest": WIDEST}
            asked += self._analyzers.tell_camera(account, camera_id, {"command": "still", **wanted})
        return asked

    async def keep(self, account: str, moment_id: str, data: bytes) -> None:
        """Keep the picture of a moment. Raises UnknownError, BlobError, StoreError."""
        moment = await self._db.read(lambda conn: stills.moment_of(conn, account, moment_id))
        await asyncio.to_thread(self._blobs.put, still_blob(account, moment_id, moment.at), data)
        await self._db.write(lambda conn: stills.mark(conn, account, moment_id))

    async def picture(self, account: str, moment_id: str, cameras: Collection[str] | None = None) -> bytes:
        """The picture of a moment, if it is of one of the cameras (None: of any). Raises UnknownError, BlobMissingError."""
        moment = await self._db.read(lambda conn: stills.moment_of(conn, account, moment_id))
        if cameras is not None and (not moment.camera_ids or moment.camera_ids[0] not in cameras):
            raise UnknownError("there is no access event of this id")
        return await asyncio.to_thread(self._blobs.get, still_blob(account, moment_id, moment.at))

    async def forget(self, account: str, before: Micros) -> int:
        """Delete pictures of whole hours before a time; how many. The moments stay."""
        names = await asyncio.to_thread(self._blobs.names, f"stills/{account}/")
        old = [name for name in names if name.rsplit("/", 1)[0] < _hour(account, before)]
        if not old:
            return 0
        await self._db.write(lambda conn: stills.forget_before(conn, account, before - before % HOUR))
        for name in old:
            try:
                await asyncio.to_thread(self._blobs.delete, name)
            except BlobError as error:
                _log.warning("an old picture can't be deleted", error=str(error))
        return len(old)

    def _may(self, account: str, camera_id: str) -> bool:
        """Whether one more picture of a camera may be asked for now."""
        key, now = (account, camera_id), self._clock.monotonic()
        left, then = self._left.get(key, (_BURST, now))
        left = min(_BURST, left + (now - then) * _A_SECOND)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        return left >= 1


def _now(
    conn: Connection, account: str, events: Sequence[_Event], now: Micros
) -> tuple[dict[str, tuple[str, ...]], dict[str, Policy]]:
    mapped = configuration.mappings_of(conn, account, {event.door_id for event in events})
    return {event.door_id: mapped.at(event.door_id, event.at) for event in events}, configuration.current_policies(
        conn, account, now
    )


def _hour(account: str, at: Micros) -> str:
    return f"stills/{account}/{at // HOUR:012d}"
