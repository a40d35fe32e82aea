"""Group commits: what is handed over within a few milliseconds is one transaction, which one thread writes.

This half of the spool knows groups and the file. It knows of a queue no more than its number and its counters: what an
item is, who waits for it and what a refusal means for it is told by the three calls that it makes.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from doorwatch.spool.disk_thread import DiskThread
from doorwatch.spool.errors import SpoolBrokenError, SpoolError, SpoolFullError
from doorwatch.spool.queue import Queue
from doorwatch.spool.records import Group
from doorwatch.spool.store import Store

T = TypeVar("T")

COMMIT_WINDOW = 0.005
RESERVED = 10_000
"""Ids that are reserved at once, so that not every commit has to write how far they have come."""
LATER = 0.025
"""Seconds in which what arrives shares a commit; for what nobody waits for, and what a kill may undo."""
FEW, MANY = 256, 4096
"""So many items may leave the backlog in a commit that somebody waits for, and in any other: the rest leaves with the next.

Each that leaves touches a place of its own on disk, and who comes should not wait for thousands of them.
"""
THICK, PACE = 8, 0.025
"""Where a commit brought so many new items, the next one begins no sooner than so many seconds after it began.

A commit costs as much as some fifty events do, and so does the request that carries what it brought. Who comes after a pause,
or behind few, waits for the short window alone.
"""


class Commits:
    """Collects a group and writes it, one after the other. To be used from one event loop.

    `on_written` is called with a group that is fsynced, `on_refused` with one for which the disk had no room (what was
    removed in it is written later, what is new in it is not), `on_broken` once, when the disk failed.
    """

    def __init__(
        self,
        store: Store,
        *,
        on_written: Callable[[Group], None],
        on_refused: Callable[[Group], None],
        on_broken: Callable[[SpoolError], None],
    ) -> None:
        self._store = store
        self._on_written = on_written
        self._on_refused = on_refused
        self._on_broken = on_broken
        self._loop = asyncio.get_running_loop()
        self._disk = DiskThread()
        self._touched: set[Queue] = set()
        self._done: asyncio.Future[None] = self.new_future()
        self._timer: asyncio.TimerHandle | None = None
        self._window = 0.0  # which it was set for
        self._urgent = False  # somebody waits for the group that is being collected
        self._held_back = False  # the last commit left departures to the next one
        self._paced_until = 0.0  # when the next one may begin, after one that brought much
        self._committing: asyncio.Future[None] | None = None
        self.group = Group()
        """What the next commit will write; whoever adds to it calls `touch`."""
        self.next_id = self._reserved = store.next_id
        self.broken: SpoolError | None = None
        self.closed = False
        self.count = 0

    def new_future(self) -> "asyncio.Future[None]":
        """A future whose failure nobody need look at: it is also in `broken`, or met at the next put."""
        future: asyncio.Future[None] = self._loop.create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    def check(self) -> None:
        """Raise what keeps anything from being written."""
        if self.broken is not None:
            raise self.broken
        if self.closed:
            raise SpoolError("the spool was closed")

    def touch(self, queue: Queue | None = None) -> "asyncio.Future[None]":
        """Something was added to the group, or the counters of a queue changed; done when that is fsynced."""
        if queue is not None:
            self._touched.add(queue)
        if self._timer is None or not self._urgent:
            self._urgent = True
            self._kick()
        return self._done

    def touch_later(self, queue: Queue) -> None:
        """As `touch`, for what goes with the next group, or is written a little later where none comes.

        Items that were delivered are such: should the process be killed before that, they are delivered once more.
        """
        self._touched.add(queue)
        if self._timer is None:
            self._kick()

    def fail(self, error: SpoolError) -> None:
        """Nothing will be written any more."""
        if self.broken is None:
            self.broken = error
            self._on_broken(error)

    async def flush(self) -> None:
        """Wait until everything that was handed over so far is fsynced. Raises SpoolFullError or SpoolBrokenError."""
        while self.group or self._touched or self._committing is not None:
            if self.broken is not None:
                raise self.broken
            if self._committing is not None:
                # and not the next one, which may have nothing to write and then never ends
                await asyncio.shield(self._committing)
            else:
                self._kick(now=True)
                await asyncio.shield(self._done)

    async def on_disk(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the function gives, called by the thread that writes, in its turn."""
        return await self.read_soon(partial(function, *arguments))

    def read_soon(self, function: Callable[[], T]) -> "asyncio.Future[T]":
        """As `on_disk`, for those who do not wait."""
        future: asyncio.Future[T] = self._loop.create_future()

        def told(result: T, error: BaseException | None) -> None:
            if future.done():
                return  # nobody waits any more
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._disk.do(function, told)
        return future

    async def close(self) -> None:
        """Write nothing more, and close the file."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self.on_disk(self._store.close)
        self._disk.end()

    # -- one commit -----------------------------------------------------------------------------------------------

    def _kick(self, *, now: bool = False) -> None:
        if self._committing is not None or self.closed or self.broken is not None:
            return
        window = 0.0 if now else self._short_window() if self._urgent else LATER
        if self._timer is not None:
            if window >= self._window:
                return
            self._timer.cancel()
        self._window = window
        self._timer = self._loop.call_later(window, self._commit)

    def _short_window(self) -> float:
        return max(COMMIT_WINDOW, self._paced_until - self._loop.time())

    def _commit(self) -> None:
        self._timer, self._urgent = None, False
        group, done = self.group, self._done
        self._paced_until = self._loop.time() + PACE if group.news >= THICK else 0.0
        if self.next_id > self._reserved:
            group.next_id = self.next_id + RESERVED
        # every other commit at least takes many, or those who leave would wait for ever beside a busy stream
        held = group.hold_back(FEW if group.news and not self._held_back else MANY)
        self._held_back = bool(held)
        group.counters = {queue.number: queue.counters_with(held.get(queue.number, ())) for queue in self._touched}
        self._touched = {queue for queue in self._touched if queue.number in held}
        self.group, self._done = Group(gone=held), self.new_future()
        self._committing = done
        self._disk.do(partial(self._store.commit, group), lambda _, error: self._committed(group, done, error))

    def _committed(self, group: Group, done: "asyncio.Future[None]", error: BaseException | None) -> None:
        self._committing = None
        self.count += 1
        if error is None:
            self._reserved = group.next_id or self._reserved
            self._on_written(group)
            done.set_result(None)
        else:
            if isinstance(error, SpoolFullError):
                self._on_refused(group)
                self.group.take_over(group)
            else:
                self.fail(error if isinstance(error, SpoolError) else SpoolBrokenError(f"the spool failed: {error}"))
            done.set_exception(error)
        if self.group or self._touched:
            self._kick(now=self._held_back)
