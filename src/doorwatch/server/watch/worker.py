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
from doorwatch.domain.time import DAY, SECOND, Clock, Micros, to_seconds
from doorwatch.domain.verdict import Change, Span
from doorwatch.server.metrics import INCIDENT_SECONDS, VERDICT_SECONDS, VERDICTS
from doorwatch.server.waiting import within
from doorwatch.server.watch.chores import Chores
from doorwatch.server.watch.verdict import Judged, Saved, judge_doors, save_verdicts
from doorwatch.store import dirty, incidents, pools, triage
from doorwatch.store.database import Database
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.incidents import StoredIncident

LEASE = 10 * SECOND
MOST_AT_ONCE = 32
IDLE_SECONDS = 5.0
MOST_REST_SECONDS = 0.25
RETRY = 5 * SECOND
MEMORY_DAYS = 90
"""What happened longer ago is not judged again, however late news of it come."""

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
        self._chores = Chores(db, clock)
        self._name = f"watch-{secrets.token_hex(4)}"

    def wake(self) -> None:
        """Something arrived: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._chores.run(), name="watch-chores")
            group.create_task(self._work(), name="watch-verdicts")

    async def _work(self) -> None:
        await self._patiently(self._start)
        while True:
            self._wake.clear()
            started = self._clock.monotonic()
            worked = await self._patiently(self.step)
            if worked:
                # Two thirds of the time at most: a flood of events must not leave ingest waiting for verdicts.
                await self._clock.sleep(min(MOST_REST_SECONDS, (self._clock.monotonic() - started) / 2))
            else:
                seconds = await self._idle_seconds()
                await within(self._clock, self._wake.wait(), seconds)

    async def step(self) -> int:
        """Serve the doors that are due now; how many there were."""
        now = self._clock.now()
        taken = await self._db.write(lambda conn: self._take(conn, now))
        if taken:
            await self._serve(taken)
        return len(taken)

    def _take(self, conn: Connection, now: Micros) -> list[DirtyDoor]:
        triage.let_wait(conn, now)
        taken = dirty.take(conn, now, worker=self._name, limit=MOST_AT_ONCE, lease=LEASE)
        changed: dict[str, list[tuple[str, Span]]] = {}
        for door in taken:
            changed.setdefault(door.account, []).append((door.door_id, Span(door.changed_from, door.changed_to)))
        for account, spans in changed.items():
            pools.pass_on(conn, account, spans, now)
        return taken

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
        return min(IDLE_SECONDS, max(0.005, to_seconds(due - self._clock.now())))

    async def _serve(self, taken: list[DirtyDoor]) -> None:
        started, now = self._clock.monotonic(), self._clock.now()
        found = await self._db.read(lambda conn: judge_doors(conn, taken, now, oldest=_oldest(now)))
        judged = [one for one in found if isinstance(one, Judged)]
        for door, one in zip(taken, found, strict=True):
            if isinstance(one, Exception):
                await self._later(door, one)
        for saved in await self._save(judged, now):
            await self._tell(saved)
        if judged:
            VERDICTS.inc(len(judged))
            VERDICT_SECONDS.observe((self._clock.monotonic() - started) / len(judged))

    async def _save(self, judged: list[Judged], now: Micros) -> list[Saved]:
        """Store verdicts together, or one by one when they can't be: then only the faulty one has to wait."""
        if not judged:
            return []
        try:
            return await self._db.write(lambda conn: save_verdicts(conn, judged, now, self._on_change))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged, and tried again
            if len(judged) == 1:
                await self._later(judged[0].door, error)
                return []
        return [saved for one in judged for saved in await self._save([one], now)]

    async def _later(self, door: DirtyDoor, error: Exception) -> None:
        _log.error("a door can't be judged; it is tried again", door=door.door_id, exc_info=error)
        later = self._clock.now() + RETRY
        await self._db.write(lambda conn: dirty.release(conn, door, due_at=later))

    async def _tell(self, saved: Saved) -> None:
        if not saved.changes:
            return
        for change, stored in saved.changes:
            if change.previous is None and change.incident.state is not IncidentState.WITHDRAWN:
                _measure(saved.door, stored)
        await self._told(saved.door.account, [stored for _, stored in saved.changes])


def _oldest(now: Micros) -> Micros:
    """The bound moves at midnight only: a window that began at it would be cut elsewhere with every look."""
    return (now // DAY - MEMORY_DAYS) * DAY


def _measure(door: DirtyDoor, stored: StoredIncident) -> None:
    if stored.delay_us is not None:
        INCIDENT_SECONDS.labels("capture").observe(to_seconds(stored.delay_us))
    INCIDENT_SECONDS.labels("arrival").observe(to_seconds(max(0, stored.created_at - door.marked_at)))
