"""The worker of the watch: takes dirty doors, judges each, and sleeps until a door is due or something arrives.

What is to be done stands in the database (dirty marks with their times), so a restart, a replica or a crash loses
nothing: a door that a dead worker held is taken again when its lease ends.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import SECOND, Clock, to_seconds
from doorwatch.domain.verdict import Change
from doorwatch.server.metrics import INCIDENT_SECONDS, VERDICT_SECONDS, VERDICTS
from doorwatch.server.waiting import within
from doorwatch.server.watch.verdict import Saved, judge_door, save_verdict
from doorwatch.store import dirty, incidents
from doorwatch.store.database import Database
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.incidents import StoredIncident

LEASE = 5 * SECOND
MOST_AT_ONCE = 16
IDLE_SECONDS = 5.0
MOST_REST_SECONDS = 0.5
RETRY = 5 * SECOND

_log = structlog.get_logger(__name__)

Hook = Callable[[Connection, str, Change], None]
Told = Callable[[str, list[StoredIncident]], Awaitable[None]]


class Watch:
    """Recomputes verdicts.

    `on_change` runs inside the transaction that stores an incident (alerts write their outbox there); `told` runs
    after the commit, with the incidents that changed.
    """

    def __init__(self, db: Database, clock: Clock, *, on_change: Hook, told: Told) -> None:
        self._db = db
        self._clock = clock
        self._on_change = on_change
        self._told = told
        self._wake = asyncio.Event()
        self._name = f"watch-{secrets.token_hex(4)}"

    def wake(self) -> None:
        """Something arrived: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._patiently(self._start)
        while True:
            self._wake.clear()
            started = self._clock.monotonic()
            worked = await self._patiently(self.step)
            if worked:
                # Half of the time at most: a flood of events must not leave ingest waiting for verdicts.
                await self._clock.sleep(min(MOST_REST_SECONDS, self._clock.monotonic() - started))
            else:
                seconds = await self._idle_seconds()
                await within(self._clock, self._wake.wait(), seconds)

    async def step(self) -> int:
        """Serve the doors that are due now; how many there were."""
        now = self._clock.now()
        name = self._name
        doors = await self._db.write(lambda conn: dirty.take(conn, now, worker=name, limit=MOST_AT_ONCE, lease=LEASE))
        await asyncio.gather(*(self._serve(door) for door in doors))
        return len(doors)

    async def _start(self) -> int:
        now = self._clock.now()
        count = await self._db.write(lambda conn: incidents.mark_unsettled(conn, now))
        if count:
            _log.info("undecided incidents are looked at again", doors=count)
        return count

    async def _patiently(self, work: Callable[[], Awaitable[int]]) -> int:
        try:
            return await work()
        except DoorwatchError as error:
            _log.error("verdicts wait for the database", error=str(error))
            await self._clock.sleep(1)
            return 1

    async def _idle_seconds(self) -> float:
        try:
            due = await self._db.read(dirty.next_due)
        except DoorwatchError:
            return 1.0
        if due is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.01, to_seconds(due - self._clock.now())))

    async def _serve(self, door: DirtyDoor) -> None:
        started = self._clock.monotonic()
        try:
            now = self._clock.now()
            judged = await self._db.read(lambda conn: judge_door(conn, door, now))
            saved = await self._db.write(lambda conn: save_verdict(conn, judged, now, self._on_change))
        except dirty.LeaseLostError as lost:
            _log.warning("a verdict came too late", error=str(lost))
            return
        except Exception:  # noqa: BLE001 - whatever it is, it is logged, and tried again
            # One door that can't be judged must not keep the others waiting.
            _log.exception("a door can't be judged; it is tried again", door=door.door_id)
            later = self._clock.now() + RETRY
            await self._db.write(lambda conn: dirty.release(conn, door, due_at=later))
            return
        VERDICTS.inc()
        VERDICT_SECONDS.observe(self._clock.monotonic() - started)
        await self._tell(door, saved)

    async def _tell(self, door: DirtyDoor, saved: Saved) -> None:
        if not saved.changes:
            return
        for change, stored in saved.changes:
            if change.previous is None and change.incident.state is not IncidentState.WITHDRAWN:
                _measure(door, stored)
        await self._told(door.account, [stored for _, stored in saved.changes])


def _measure(door: DirtyDoor, stored: StoredIncident) -> None:
    if stored.delay_us is not None:
        INCIDENT_SECONDS.labels("capture").observe(to_seconds(stored.delay_us))
    INCIDENT_SECONDS.labels("arrival").observe(to_seconds(max(0, stored.created_at - door.marked_at)))
