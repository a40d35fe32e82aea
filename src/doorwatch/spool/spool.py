"""The spool: named queues in one folder. To be used from one event loop."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Self

from doorwatch.spool.backlog import Backlog
from doorwatch.spool.commits import Commits
from doorwatch.spool.errors import SpoolError, SpoolFullError
from doorwatch.spool.folder import take_folder
from doorwatch.spool.items import OVERHEAD, Item
from doorwatch.spool.ledger import Ledger
from doorwatch.spool.orders import answer_orders
from doorwatch.spool.queue import Queue, QueueCounts, QueueRules, WhenFull
from doorwatch.spool.records import DeadLetter, Group
from doorwatch.spool.shrinking import PAUSE, STEPS
from doorwatch.spool.store import Store

QUIET = 1000
"""Items of a queue, below which there is time to make the file smaller."""


class Spool:
    """Queues of byte payloads that survive kill -9 and power cuts; see the invariants in the package's docstring."""

    def __init__(self, store: Store, lock: int, now: Callable[[], int]) -> None:
        self._store = store
        self._lock = lock
        self._now = now
        self._commits = Commits(store, on_written=self._publish, on_refused=self._refuse, on_broken=self._fail)
        self._backlog = Backlog(store, self._commits, now)
        self._queues: dict[str, Queue] = {}
        self._by_number: dict[int, Queue] = {}
        self._changed = store.changed()
        self._orders: asyncio.Task[None] | None = None
        self.ledger = Ledger(self._commits, store.ledger)

    @classmethod
    async def open(
        cls,
        folder: Path | str,
        queues: Mapping[str, QueueRules] | Iterable[str] = (),
        *,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        synchronous: str = "FULL",
    ) -> Self:
        """Take a folder (made if need be) and its queues; `now` gives microseconds since 1970.

        Raises SpoolBusyError when another process owns the folder, SpoolError when it cannot be used.
        """
        folder = Path(folder)
        lock = take_folder(folder)
        try:
            store = Store(folder, synchronous=synchronous)
            spool = cls(store, lock, now)
            for name in dict.fromkeys([*store.queue_names(), *queues]):
                spool._open_queue(name, queues.get(name, QueueRules()) if isinstance(queues, Mapping) else QueueRules())
        except BaseException:
            os.close(lock)
            raise
        spool._orders = asyncio.create_task(spool._watch_orders())
        return spool

    def _open_queue(self, name: str, rules: QueueRules) -> None:
        number, counters = self._store.queue(name)
        queue = self._queues[name] = self._by_number[number] = Queue(name, number, rules, counters)
        self._backlog.open_queue(queue)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- giving ---------------------------------------------------------------------------------------------------

    async def put(self, queue: str, key: str, payload: bytes) -> None:
        """Append an item; returns when it is fsynced.

        Raises SpoolFullError when the queue or the disk is full, SpoolBrokenError when the disk failed.
        """
        await asyncio.shield(self.put_nowait(queue, key, payload))

    def put_nowait(self, queue: str, key: str, payload: bytes) -> "asyncio.Future[None]":
        """Hand an item over; the future (shared by all of the same commit) is done when it is fsynced."""
        return self.hand_over(queue, key, payload)[1]

    def hand_over(self, queue: str, key: str, payload: bytes) -> "tuple[int, asyncio.Future[None]]":
        """As `put_nowait`, and tells the item's id, by which `amend` finds it."""
        self._commits.check()
        place = self._queues[queue]
        size = len(payload)
        if place.bytes + size > place.rules.max_bytes:
            self._make_room(place, size)
        item_id = self._commits.next_id
        self._commits.next_id += 1
        fresh = place.lanes.place(key, size + OVERHEAD, item_id)
        item = Item(item_id, key, payload, self._now(), fresh=fresh)
        group = self._commits.group
        (group.fresh if fresh else group.backlog).setdefault(place.number, []).append(item)
        place.depth += 1
        place.bytes += size
        place.put += 1
        return item_id, self._commits.touch(place)

    async def wait_for_room(self, queue: str, seconds: float) -> None:
        """Wait until there is room in memory for much more, but no longer than that: it is cheaper than the backlog."""
        place = self._queues[queue]
        if not place.lanes.roomy:
            room = self._commits.new_future()
            place.givers.add(room)
            try:
                await asyncio.wait([room], timeout=seconds)
            finally:
                place.givers.discard(room)

    def put_all(self, queue: str, entries: "Sequence[tuple[str, bytes]]") -> "asyncio.Future[None]":
        """As `put_nowait` for many (key, payload) at once, of which all are taken or none."""
        self._commits.check()
        place = self._queues[queue]
        keys, payloads = [key for key, _ in entries], [payload for _, payload in entries]
        size = sum(map(len, payloads))
        if place.bytes + size > place.rules.max_bytes:
            self._make_room(place, size)
        first, count = self._commits.next_id, len(entries)
        self._commits.next_id += count
        items = list(map(Item, range(first, first + count), keys, payloads, repeat(self._now())))
        near, far = place.lanes.place_all(items)
        group = self._commits.group
        if near:
            group.fresh.setdefault(place.number, []).extend(near)
        if far:
            group.backlog.setdefault(place.number, []).extend(far)
        place.depth += count
        place.bytes += size
        place.put += count
        return self._commits.touch(place)

    def hold(self, queue: str, key: str) -> None:
        """Give out nothing of this key until `let_go`; in memory only, so a new process gives it out at once."""
        self._queues[queue].lanes.hold(key)

    def let_go(self, queue: str, key: str) -> None:
        """Undo one `hold` of a key."""
        place = self._queues[queue]
        place.lanes.let_go(key)
        self._backlog.read_ahead(place)
        place.wake()

    def amend(self, queue: str, key: str, item_id: int, payload: bytes) -> "asyncio.Future[None] | None":
        """Give an item another payload, on disk with the next commit; None when it was given out or is not in memory."""
        self._commits.check()
        place = self._queues[queue]
        item = place.lanes.find(key, item_id)
        more = len(payload) - len(item.payload) if item is not None else 0
        if item is None or place.bytes + more > place.rules.max_bytes:
            return None
        # another object: a commit that is being written now may still read the old one
        changed = Item(item.id, key, payload, item.put_at, item.attempts)
        place.lanes.replace(item, changed)
        self._commits.group.moved.append((place.number, changed, item.block))
        place.bytes += more
        return self._commits.touch(place)

    def remember(self, name: str, value: bytes | None) -> "asyncio.Future[None]":
        """Keep a small named value (None forgets it), in the transaction of what is put before the next `await`."""
        self._commits.check()
        self._commits.group.notes[name] = value
        return self._commits.touch()

    async def recall(self, name: str) -> bytes | None:
        """The value last remembered under a name."""
        if name in self._commits.group.notes:
            return self._commits.group.notes[name]
        return await self._commits.on_disk(self._store.note, name)

    async def flush(self) -> None:
        """Wait until everything that was handed over so far is fsynced. Raises as `put` does."""
        await self._commits.flush()

    # -- taking ---------------------------------------------------------------------------------------------------

    async def take(
        self, queue: str, limit: int = 1, most_bytes: int = 1 << 20, *, each: int | None = None, ways: int = 1
    ) -> list[Item]:
        """Wait for items and lease up to `limit` of them (up to `each` of a key), in order within each key.

        `ways`: so many take at the same time, each some of the keys. Each item must come back through `acknowledge`,
        `put_back` or `bury`; until then its key gives nothing more.
        """
        place = self._queues[queue]
        while not place.lanes.ready:
            taker: asyncio.Future[None] = self._commits.new_future()
            place.takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                if taker.done() and not taker.cancelled():
                    place.wake()
                raise
        items = place.lanes.take(limit, most_bytes, each, ways=ways)
        place.wake()
        return items

    def take_nowait(self, queue: str, limit: int = 1, most_bytes: int = 1 << 20) -> list[Item]:
        """Lease what is there, possibly nothing."""
        return self._queues[queue].lanes.take(limit, most_bytes)

    def acknowledge(self, queue: str, items: Iterable[Item]) -> None:
        """These were delivered: they leave with the next commit."""
        place = self._queues[queue]
        items = list(items)
        place.delivered += len(items)
        self._leave(place, items)
        self._commits.touch_later(place)
        self._commits.group.gone.setdefault(place.number, []).extend(items)

    def put_back(self, queue: str, items: Iterable[Item], *, tried: bool = False) -> None:
        """These will be given out again, before anything younger of their keys; `tried` counts an attempt."""
        place = self._queues[queue]
        items = list(items)
        if tried:
            for item in items:
                self._count_attempt(place, item)
            self._commits.touch()
        place.lanes.put_back(items)
        place.wake()

    def _count_attempt(self, place: Queue, item: Item) -> None:
        item.attempts += 1
        if item.fresh:
            block, item.block = item.block, None
            self._commits.group.moved.append((place.number, item, block))
        else:
            self._commits.group.tried.append((place.number, item))

    def bury(self, queue: str, item: Item, reason: str) -> None:
        """Give an item up: it moves to the dead letters with the reason."""
        place = self._queues[queue]
        place.buried += 1
        self._leave(place, [item])
        self._commits.touch(place)
        self._commits.group.buried.append((place.number, item, self._now(), reason))

    def _leave(self, place: Queue, items: list[Item]) -> None:
        place.depth -= len(items)
        place.bytes -= sum(len(item.payload) for item in items)
        place.lanes.finish(items)
        place.tell_givers()
        if place.lanes.hungry:
            self._backlog.read_ahead(place)
        place.wake()

    # -- looking --------------------------------------------------------------------------------------------------

    def counts(self, queue: str) -> QueueCounts:
        """One queue in numbers."""
        return QueueCounts(*self._queues[queue].counters)

    def depth(self, queue: str) -> int:
        """How many items of a queue are on their way."""
        return self._queues[queue].depth

    @property
    def queues(self) -> list[str]:
        """The names of all queues."""
        return list(self._queues)

    @property
    def commits(self) -> int:
        """Group commits since the start, those that failed included."""
        return self._commits.count

    @property
    def damaged(self) -> int:
        """Items that could not be read as they were written."""
        return self._backlog.damaged

    @property
    def broken(self) -> SpoolError | None:
        """What failed for good, if anything."""
        return self._commits.broken

    async def oldest(self, queue: str) -> int | None:
        """When the oldest waiting item was put, in microseconds since 1970."""
        return await self._commits.on_disk(self._store.oldest, self._queues[queue].number)

    async def dead_letters(self, queue: str | None = None, limit: int = 1000) -> list[DeadLetter]:
        """Items that were given up, oldest first."""
        await self.flush()
        return await self._commits.on_disk(self._store.dead, queue, limit)

    async def revive(self, dead: Iterable[DeadLetter]) -> int:
        """Put dead letters back at the end of their queues; how many."""
        count = 0
        for letter in dead:
            await self.put(letter.queue, letter.key, letter.payload)
            await self._commits.on_disk(self._store.remove_dead, [letter.id])
            count += 1
        return count

    async def forget(self, dead: Iterable[DeadLetter]) -> int:
        """Drop dead letters for good; how many."""
        ids = [letter.id for letter in dead]
        await self._commits.on_disk(self._store.remove_dead, ids)
        return len(ids)

    # -- ending ---------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Write what was handed over, close the file and let the folder go."""
        if self._commits.closed:
            return
        if self._orders is not None:
            self._orders.cancel()
            with suppress(asyncio.CancelledError):
                await self._orders
        with suppress(SpoolError):
            await self.flush()
        for queue in self._queues.values():
            for taker in queue.takers:
                taker.cancel()
        await self._commits.close()
        os.close(self._lock)

    # -- what became of a group -----------------------------------------------------------------------------------

    def _publish(self, group: Group) -> None:
        """It is on disk: its items may be given out."""
        touched: dict[int, Queue] = {}
        for number, items in group.fresh.items():
            queue = touched[number] = self._by_number[number]
            queue.lanes.add(items)
        for number, items in group.backlog.items():
            queue = touched[number] = self._by_number[number]
            queue.lanes.stored({item.key for item in items})
            self._backlog.read_ahead(queue)
        for queue in touched.values():
            queue.wake()
        self.ledger.settle()

    def _refuse(self, group: Group) -> None:
        """There was no room for it: nobody will get its new items, and nothing of them was seen."""
        for number, items in [*group.fresh.items(), *group.backlog.items()]:
            for item in items:
                self._by_number[number].refuse(item)
        # what was refused must not be known as seen, or it would be kept out when it comes again
        self.ledger.forget(key for key in group.ledger if key not in self._commits.group.ledger)
        for number in group.counters:
            self._commits.touch(self._by_number[number])

    def _fail(self, error: SpoolError) -> None:
        for queue in self._queues.values():
            queue.fail(error)

    def _make_room(self, place: Queue, size: int) -> None:
        limit = f"the queue {place.name!r} holds {place.bytes} bytes, its limit is {place.rules.max_bytes}"
        if place.rules.when_full is WhenFull.STOP or size > place.rules.max_bytes:
            raise SpoolFullError(f"{limit}; bring the server back, or raise the limit")
        while place.bytes + size > place.rules.max_bytes:
            oldest = place.lanes.take(64, size)
            if not oldest:
                raise SpoolFullError(f"{limit}, and all of it is being delivered; try again")
            place.dropped += len(oldest)
            self._commits.group.gone.setdefault(place.number, []).extend(oldest)
            self._leave(place, oldest)
            self._commits.touch(place)

    # -- other processes ------------------------------------------------------------------------------------------

    async def _watch_orders(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            changed = await self._commits.on_disk(self._store.changed)
            if changed != self._changed:
                self._changed = changed
                await answer_orders(self, self._store, self._commits.on_disk)
            await self._shrink()

    async def _shrink(self) -> None:
        """An outage may have made the file large: make it smaller while little else has to be done."""
        for _ in range(STEPS):
            quiet = all(queue.depth < QUIET for queue in self._queues.values())
            if not quiet or not await self._commits.on_disk(self._store.shrinking.step):
                return
            await asyncio.sleep(PAUSE)
