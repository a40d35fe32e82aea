"""What waits on disk comes back into the lanes, a little of many keys at a time, while there is room for it."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from doorwatch.spool.commits import Commits
from doorwatch.spool.errors import SpoolBrokenError
from doorwatch.spool.queue import Queue
from doorwatch.spool.records import Slice
from doorwatch.spool.store import Store

LANES_A_READ, ITEMS_A_READ = 16, 128
_Read: TypeAlias = list[tuple[str, Slice]]


class Backlog:
    """Reads for all queues of a spool; `damaged` counts the items that could not be read as they were written."""

    def __init__(self, store: Store, commits: Commits, now: Callable[[], int]) -> None:
        self._store = store
        self._commits = commits
        self._now = now
        self.damaged = 0

    def open_queue(self, queue: Queue) -> None:
        """Give a queue what it held when the process before this one ended."""
        fresh = self._store.fresh(queue.number)
        queue.lanes.restore(fresh.items)
        self._bury_damaged(queue, fresh)
        queue.lanes.start_behind(self._store.backlog_keys(queue.number))
        self.read_ahead(queue)

    def read_ahead(self, queue: Queue) -> None:
        """Read for the lanes of a queue that have nothing in memory, unless that is being done."""
        if queue.reading or self._commits.closed or self._commits.broken is not None:
            return
        wanted = queue.lanes.to_load(LANES_A_READ)
        if not wanted:
            return
        queue.reading = True

        def read() -> _Read:
            return [(key, self._store.backlog(queue.number, key, after, ITEMS_A_READ)) for key, after in wanted]

        self._commits.read_soon(read).add_done_callback(lambda ended: self._have_read(queue, ended))

    def _have_read(self, queue: Queue, ended: "asyncio.Future[_Read]") -> None:
        queue.reading = False
        if (error := ended.exception()) is not None:
            self._commits.fail(SpoolBrokenError(f"the spool cannot be read: {error}"))
            return
        for key, part in ended.result():
            queue.lanes.loaded(key, part.items, part.last, more=part.more)
            self._bury_damaged(queue, part)
        self.read_ahead(queue)
        queue.wake()

    def _bury_damaged(self, queue: Queue, part: Slice) -> None:
        for one in part.damaged:
            self.damaged += one.count
            queue.depth -= one.count
            queue.bytes -= one.bytes
            queue.buried += one.count
            reason = "damaged on disk: its checksum does not fit"
            if one.count > 1:
                reason = f"damaged on disk: {one.count} items that lay together cannot be told apart any more"
            self._commits.group.buried.append((queue.number, one.item, self._now(), reason))
            self._commits.touch(queue)
