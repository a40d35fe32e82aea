"""Events that wait on disk for something that is not known yet: whose door a reader is, or what a cardholder is called.

They are in the spool like all others. Those without a door are in a queue of their own that goes nowhere: a reader's
event that went out as if the reader were a door would be another occurrence than the report's row. Those without a name
are in the queue of events already, whose key gives nothing until the name has come and was written into the item. What
waits holds up only later events of the same door, and coverage does not run ahead of it. Nothing waits for long: a name
for a fifth of a second, and not at all where events come thick; a door for a quarter of a minute.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from doorwatch.domain.time import MILLISECOND, SECOND, Clock, Micros
from doorwatch.gateway.collector import QUEUE as EVENTS
from doorwatch.gateway.collector import Collector, Copy, copy_of
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.spool import Item, Spool, SpoolFullError

_log = logging.getLogger("doorwatch.gateway")
QUEUE = "waiting"
NAME_WAIT: Micros = 200 * MILLISECOND
DOOR_WAIT: Micros = 15 * SECOND
FIRST_LOOK, LONGEST_PAUSE = 0.5, 4.0
THICK = 256
"""Events on their way, from which on none is kept back for a name: it would hold up more than it tells."""
GIVEN_UP_SECONDS = 300.0
FULL_PAUSE = 5.0
AT_ONCE = 4096
Place: TypeAlias = Callable[[PacsEvent], Awaitable[PacsEvent | None]]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PacsEvent).decode


class Waiting:
    """Stands between the stream and the collector. `place` finds the door of an event that came without one."""

    def __init__(self, spool: Spool, collector: Collector, place: Place, clock: Clock) -> None:
        self._spool = spool
        self._collector = collector
        self._place = place
        self._clock = clock
        self._started = clock.now()
        self._held: Counter[str] = Counter()  # by door, or by source where that is not known
        self._kept_back: dict[Copy, asyncio.Task[None]] = {}
        self._names: dict[Copy, asyncio.Future[PacsEvent]] = {}
        self._given_up: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """Events that wait."""
        return sum(self._held.values()) + len(self._kept_back)

    async def take(self, events: Sequence[PacsEvent]) -> None:
        """Put what the stream brought into the spool; returns when all of it is fsynced. Raises SpoolFullError."""
        if not self._held and not self._kept_back and not any(e.unplaced or e.name_follows for e in events):
            await self._collector.take(events)
            return
        ready: list[PacsEvent] = []
        named: list[Copy] = []
        done: asyncio.Future[None] | None = None
        for told in events:
            if self._is_awaited_name(told):
                continue
            event = self._as_it_stands(told) if told.unplaced else told
            if event.unplaced or event.door in self._held:
                done = self._hold(event)
            elif event.name_follows:
                ready.append(self._kept_back_or_not(event))
            else:
                ready.append(event)
                if event.actor_name is not None and copy_of(event) in self._kept_back:
                    named.append(copy_of(event))
        await self._collector.take(ready)
        for copy in named:
            self._let_go_of(copy)
        if done is not None:
            await asyncio.shield(done)

    def _kept_back_or_not(self, event: PacsEvent) -> PacsEvent:
        copy = copy_of(event)
        if copy in self._kept_back or self._spool.depth(EVENTS) >= THICK:
            return replace(event, name_follows=False)
        self._spool.hold(EVENTS, event.door)
        self._kept_back[copy] = asyncio.create_task(self._wait_for_name(copy))
        return event

    async def _wait_for_name(self, copy: Copy) -> None:
        await self._clock.sleep(NAME_WAIT / SECOND)
        self._let_go_of(copy)

    def _let_go_of(self, copy: Copy) -> None:
        waiting = self._kept_back.pop(copy, None)
        if waiting is not None:
            waiting.cancel()
            self._collector.close(copy)
            self._spool.let_go(EVENTS, copy[0])

    def _hold(self, event: PacsEvent) -> "asyncio.Future[None]":
        done = self._spool.put_nowait(QUEUE, event.door, _encode(event))
        self._held[event.door] += 1
        if event.name_follows:
            self._names.setdefault(copy_of(event), asyncio.get_running_loop().create_future())
        return done

    def _is_awaited_name(self, event: PacsEvent) -> bool:
        """Whether a copy is only the name that an event waits for, which then goes with that event."""
        awaited = self._names.get(copy_of(event)) if self._names and event.actor_name is not None else None
        if awaited is None or awaited.done():
            return False
        awaited.set_result(event)
        return True

    def _as_it_stands(self, event: PacsEvent) -> PacsEvent:
        """An event of a source that was looked for in vain lately goes on under that source."""
        if self._given_up.get(event.door, 0.0) > self._clock.monotonic():
            return replace(event, unplaced=False)
        return event

    async def run(self) -> None:
        """Let go what has waited, until cancelled; what waited when the process before this one ended is among it."""
        try:
            while True:
                items = await self._spool.take(QUEUE, AT_ONCE)
                by_key: dict[str, list[Item]] = {}
                for item in items:
                    by_key.setdefault(item.key, []).append(item)
                for key, lane in by_key.items():
                    # what the process before this one left is not counted yet; it holds up later events of its door, too
                    if left := sum(item.put_at < self._started for item in lane):
                        self._held[key] += left
                    task = asyncio.create_task(self._let_go(lane))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            tasks = [*self._tasks, *self._kept_back.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _let_go(self, items: Sequence[Item]) -> None:
        """Events of one door, in their order; those that wait for nothing themselves share a commit."""
        ready: list[tuple[Item, PacsEvent]] = []
        for item in items:
            try:
                event = _decode(item.payload)
            except msgspec.DecodeError as error:
                self._spool.bury(QUEUE, item, f"it waited for its door and cannot be read any more ({error})")
                self._release(item.key)
                continue
            if ready and self._must_wait(event, item.put_at):
                await self._pass_on(ready)
                ready = []
            ready.append((item, await self._settled(event, item.put_at)))
        await self._pass_on(ready)

    def _must_wait(self, event: PacsEvent, since: Micros) -> bool:
        awaited = self._names.get(copy_of(event)) if event.name_follows else None
        if awaited is not None and not awaited.done() and self._clock.now() < since + NAME_WAIT:
            return True
        return self._as_it_stands(event).unplaced

    async def _pass_on(self, ready: Sequence[tuple[Item, PacsEvent]]) -> None:
        await self._collect([event for _, event in ready])
        self._spool.acknowledge(QUEUE, [item for item, _ in ready])
        for item, _ in ready:
            self._release(item.key)

    def _release(self, key: str) -> None:
        if self._held[key] > 1:
            self._held[key] -= 1
        else:
            del self._held[key]

    async def _collect(self, events: Sequence[PacsEvent]) -> None:
        while True:
            try:
                await self._collector.take(events)
            except SpoolFullError:
                await self._clock.sleep(FULL_PAUSE)
            else:
                return

    async def _settled(self, event: PacsEvent, since: Micros) -> PacsEvent:
        if not event.unplaced and not event.name_follows:
            return event  # it only kept its place behind others
        found = await self._with_door(event, since) if event.unplaced else event
        named = await self._named(event, since) if event.name_follows else event
        return replace(
            found,
            actor_name=named.actor_name,
            actor_email=named.actor_email,
            unplaced=False,
            name_follows=False,
        )

    async def _named(self, event: PacsEvent, since: Micros) -> PacsEvent:
        """The copy with the name, if it comes in time; the event itself otherwise."""
        awaited = self._names.get(copy_of(event))
        if awaited is None:
            return event
        left = max(0, since + NAME_WAIT - self._clock.now()) / SECOND
        sleeping = asyncio.ensure_future(self._clock.sleep(left))
        both: list[asyncio.Future[Any]] = [awaited, sleeping]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return awaited.result() if awaited.done() else event
        finally:
            sleeping.cancel()
            del self._names[copy_of(event)]

    async def _with_door(self, event: PacsEvent, since: Micros) -> PacsEvent:
        source, pause = event.door, FIRST_LOOK
        while self._as_it_stands(event).unplaced:
            try:
                placed = await self._place(event)
            except PacsError:
                placed = None
            if placed is not None:
                return placed
            if self._clock.now() - since >= DOOR_WAIT:
                self._given_up[source] = self._clock.monotonic() + GIVEN_UP_SECONDS
                _log.warning(
                    "a source of events belongs to no door that can be seen; its events are told under the source itself: "
                    "give the user view rights on its door",
                    extra={"source": source},
                )
            else:
                await self._clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return event
