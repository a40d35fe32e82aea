"""The worker of the watch: takes dirty doors, judges each, and sleeps until a door is due or something arrives.

What is to be done stands in the database (dirty marks with their times), so a restart, a replica or a crash loses
nothing: a door that a dead worker held is taken again when its lease ends.
"""

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import DAY, SECOND, Clock, Micros, to_seconds
from doorwatch.domain.verdict import Span
from doorwatch.server.metrics import INCIDENT_SECONDS, VERDICT_SECONDS, VERDICTS
from doorwatch.server.waiting import within
from doorwatch.server.watch.chores import Chores
from doorwatch.server.watch.judges import JudgeLostError, Judges
from doorwatch.server.watch.looking import look_at_doors
from doorwatch.server.watch.saving import OnChange, Saved, save_looks
from doorwatch.server.watch.wire import Failed, Looked, Order
from doorwatch.store import dirty, pools, triage, verdicts
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.engine.database import Database
from doorwatch.store.incidents import StoredIncident

T = TypeVar("T")

LEASE = 10 * SECOND
MOST_AT_ONCE = 32
FULL_TIMES = 4
"""So many full batches in a row mean that the server does not keep up alone: then processes are called to help."""
BEHIND_PATIENCE = 4
WITH_HELP = 64
QUIET_SECONDS = 120.0
"""Without a full batch for so long, those processes go home."""
IDLE_SECONDS = 5.0
MOST_REST_SECONDS = 0.25
REST_TIMES = 10
"""So many times as long as it took to find that nothing is urgent, nobody looks again."""

RETRY = 5 * SECOND
MEMORY_DAYS = 90
"""What happened longer ago is not judged again, however late news of it come."""

_log = structlog.get_logger(__name__)

Told = Callable[[str, list[StoredIncident]], Awaitable[None]]


class Watch:
    """Recomputes verdicts.

    `on_change` runs inside the transaction that stores an incident (alerts write their outbox there); `told` runs
    after the commit, with the incidents that changed.
    """

    def __init__(
        self, db: Database, clock: Clock, *, on_change: OnChange, told: Told, judges: Judges | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._on_change = on_change
        self._told = told
        self._judges = judges
        self._wake = asyncio.Event()
        self._served = asyncio.Event()
        self._chores = Chores(db, clock)
        self._name = f"watch-{secrets.token_hex(4)}"
        self._under_way = 0
        self._full = 0
        self._last_full = clock.monotonic()
        self._written = 0.0

    def wake(self) -> None:
        """Something arrived: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._chores.run(), name="watch-chores")
            group.create_task(self._work(), name="watch-verdicts")

    async def _work(self) -> None:
        try:
            await self._patiently(self._start)
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    await self._room()
                    if not await self._patiently(lambda: self._round(group)) and not self._wake.is_set():
                        idle = await self._idle_seconds()
                        await within(self._clock, self._wake.wait(), idle)
        finally:
            if self._judges is not None:
                await self._judges.dismiss()

    async def _room(self) -> None:
        """Wait until one more batch may be under way: one alone, or enough that no helper waits for the database."""
        while self._under_way > (0 if not self._helped else self._helped + 1):
            self._served.clear()
            await self._served.wait()

    @property
    def _helped(self) -> int:
        return self._judges.ready if self._judges is not None else 0

    async def _round(self, group: asyncio.TaskGroup) -> int:
        """Take doors that are due and see to it that they are served; how many there were."""
        started, written = self._clock.monotonic(), self._written
        limit = WITH_HELP if self._helped else MOST_AT_ONCE
        taken = await self._take_due(limit)
        await self._ask_for_help(full=len(taken) == limit)
        if not taken:
            # The doors that are due can wait, and more of the same is on its way: looked at together it costs less. In
            # real time, since it is the machine's own pace that is waited for.
            await asyncio.sleep(min(MOST_REST_SECONDS, (self._written - written) * REST_TIMES))
            return 0
        if self._helped:
            # Apart, so that somebody's news never wait for doors at which nobody new passed.
            for part in ([door for door in taken if door.urgent], [door for door in taken if not door.urgent]):
                if part:
                    group.create_task(self._serve_beside(part))
            # Half of the writer's time at most: a flood of events must not leave ingest waiting for verdicts.
            await self._clock.sleep(min(MOST_REST_SECONDS, self._written - written))
        else:
            await self._serve(taken)
            # Two thirds of the time at most, for the same reason.
            await self._clock.sleep(min(MOST_REST_SECONDS, (self._clock.monotonic() - started) / 2))
        return len(taken)

    async def _serve_beside(self, taken: list[DirtyDoor]) -> None:
        self._under_way += 1
        try:
            await self._patiently(lambda: self._serve(taken))
        finally:
            self._under_way -= 1
            self._served.set()
            self._wake.set()

    async def _ask_for_help(self, *, full: bool) -> None:
        if self._judges is None:
            return
        now = self._clock.monotonic()
        self._full = self._full + 1 if full else 0
        if full:
            self._last_full = now
        if self._full >= FULL_TIMES:
            self._judges.call()
        elif now - self._last_full > QUIET_SECONDS and not self._under_way:
            await self._judges.dismiss()

    async def step(self) -> int:
        """Serve the doors that are due now; how many there were."""
        taken = await self._take_due(MOST_AT_ONCE)
        if taken:
            await self._serve(taken)
        return len(taken)

    async def _take_due(self, limit: int) -> list[DirtyDoor]:
        now = self._clock.now()
        return await self._write(lambda conn: self._take(conn, now, limit))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """As the database's, with a count of the processor time that it takes."""

        def counted(conn: Connection) -> T:
            began = time.thread_time()
            try:
                return work(conn)
            finally:
                self._written += time.thread_time() - began

        return await self._db.write(counted)

    def _take(self, conn: Connection, now: Micros, limit: int) -> list[DirtyDoor]:
        triage.let_wait(conn, now, patience=BEHIND_PATIENCE if self._full else 1)
        taken = dirty.take(conn, now, worker=self._name, limit=limit, lease=LEASE, first=triage.URGENT)
        changed: dict[str, list[tuple[str, Span]]] = {}
        for door in taken:
            changed.setdefault(door.account, []).append((door.door_id, Span(door.changed_from, door.changed_to)))
        for account, spans in changed.items():
            pools.pass_on(conn, account, spans, now)
        return taken

    async def _start(self) -> int:
        now = self._clock.now()
        count = await self._db.write(lambda conn: verdicts.mark_unsettled(conn, now))
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

    async def _serve(self, taken: list[DirtyDoor]) -> int:
        started, now = self._clock.monotonic(), self._clock.now()
        looks: list[tuple[DirtyDoor, Looked]] = []
        for door, look in zip(taken, await self._look(taken, now), strict=True):
            if isinstance(look, Failed):
                await self._later(door, look.why)
            else:
                looks.append((door, look))
        await self._tell(await self._save(looks, now))
        if looks:
            VERDICTS.inc(len(looks))
            VERDICT_SECONDS.observe((self._clock.monotonic() - started) / len(looks))
        return len(taken)

    async def _look(self, taken: list[DirtyDoor], now: Micros) -> Sequence[Looked | Failed]:
        """Have a process look at the doors, or look here when there is none, or it died over it."""
        oldest = _oldest(now)
        if self._judges is not None and self._judges.ready:
            try:
                answer = await self._judges.look(Order(taken, now, oldest), urgent=taken[0].urgent)
            except JudgeLostError as error:
                _log.error("doors are judged by the server itself", error=str(error))
            else:
                if answer.broken is None:
                    everything: dict[int, Looked | Failed] = {**answer.looked, **answer.failed}
                    return [everything[index] for index in range(len(taken))]
                _log.error("doors are judged by the server itself", error=answer.broken)
        return await self._db.read(lambda conn: look_at_doors(conn, taken, now, oldest=oldest))

    async def _save(self, looks: Sequence[tuple[DirtyDoor, Looked]], now: Micros) -> list[Saved]:
        """Store verdicts together, or one by one when they can't be: then only the faulty one has to wait."""
        if not looks:
            return []
        try:
            return await self._write(lambda conn: save_looks(conn, looks, now, self._on_change))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged, and tried again
            if len(looks) == 1:
                await self._later(looks[0][0], repr(error))
                return []
        return [saved for one in looks for saved in await self._save([one], now)]

    async def _later(self, door: DirtyDoor, why: str) -> None:
        _log.error("a door can't be judged; it is tried again", door=door.door_id, error=why)
        later = self._clock.now() + RETRY
        await self._db.write(lambda conn: dirty.release(conn, door, due_at=later))

    async def _tell(self, saved: Sequence[Saved]) -> None:
        changed: dict[str, list[StoredIncident]] = defaultdict(list)
        for one in saved:
            for change, stored in one.changes:
                changed[one.door.account].append(stored)
                if change.previous is None and change.incident.state is not IncidentState.WITHDRAWN:
                    _measure(one.door, stored)
        for account, stored_ones in changed.items():
            await self._told(account, stored_ones)


def _oldest(now: Micros) -> Micros:
    """The bound moves at midnight only: a window that began at it would be cut elsewhere with every look."""
    return (now // DAY - MEMORY_DAYS) * DAY


def _measure(door: DirtyDoor, stored: StoredIncident) -> None:
    if stored.delay_us is not None:
        INCIDENT_SECONDS.labels("capture").observe(to_seconds(stored.delay_us))
    INCIDENT_SECONDS.labels("arrival").observe(to_seconds(max(0, stored.created_at - door.marked_at)))
