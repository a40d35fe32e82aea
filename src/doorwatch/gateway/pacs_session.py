"""One connection to the PACS after the other: listen, keep the coverage's books, fill gaps, upload doors."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

import msgspec

from doorwatch.domain.time import Clock, Micros, from_seconds
from doorwatch.gateway.collector import Collector
from doorwatch.gateway.coverage import NOTE, Coverage, Gap
from doorwatch.gateway.waiting import Waiting
from doorwatch.pacs.driver import (
    Alive,
    Driver,
    Events,
    Inventory,
    InventoryChanged,
    Missed,
    PacsError,
    PacsEvent,
    PacsLostError,
    StreamItem,
    Subscribed,
)
from doorwatch.spool import Backoff, Spool, SpoolFullError

_log = logging.getLogger("doorwatch.gateway")
NOTE_EVERY = from_seconds(1.0)
FULL_PAUSE = 5.0
READ_AT_ONCE = from_seconds(838)
SEAM = from_seconds(60)
"""What two pieces of a gap have in common: with every answer it is judged anew how far the PACS's clock is ahead, and what lay
between the end of one piece and the beginning of the next would be read by nobody. Both together fill one question of a report.
"""


class PacsSession:
    """Runs until cancelled; `problem` is why the PACS is not heard now, in words for people."""

    def __init__(
        self,
        driver: Driver,
        collector: Collector,
        waiting: Waiting,
        coverage: Coverage,
        spool: Spool,
        clock: Clock,
        *,
        overlap: float,
        second_look: float,
        on_inventory: Callable[[Inventory], None],
        on_news: Callable[[], None],
        on_events: Callable[[Sequence[PacsEvent]], None] | None = None,
    ) -> None:
        self._driver = driver
        self._collector = collector
        self._waiting = waiting
        self._coverage = coverage
        self._spool = spool
        self._clock = clock
        self._overlap = from_seconds(overlap)
        self._second_look = second_look
        self._on_inventory = on_inventory
        self._on_news = on_news
        self._on_events = on_events
        self._tasks: set[asyncio.Task[None]] = set()  # end with the stream
        self._lasting: set[asyncio.Task[None]] = set()
        self._noted: Micros = 0
        self.problem: str | None = "the PACS has not been reached yet"
        self.sessions = 0
        self.backfilled = 0

    async def run(self) -> None:
        """Connect, listen, and begin again whenever it breaks."""
        quick, slow = Backoff(0.5, 15.0), Backoff(15.0, 300.0)
        try:
            while True:
                await self._clock.sleep(await self._one_session(quick, slow))
        finally:
            await self._end_tasks(self._lasting)

    async def _one_session(self, quick: Backoff, slow: Backoff) -> float:
        """Listen until it breaks; seconds to wait before the next try."""
        try:
            await self._session(quick)
        except SpoolFullError as error:
            self._away(str(error))
            return FULL_PAUSE
        except PacsError as error:
            self._coverage.end(error.proved if isinstance(error, PacsLostError) else None)
            self._away(str(error))
            return (slow if error.slow else quick).next_delay()
        finally:
            await self._end_tasks(self._tasks)
            self._coverage.end()
            if self._spool.broken is None:
                self._note(force=True)
        return 0.5

    def _away(self, reason: str) -> None:
        """One line when it goes away; the reason may change meanwhile, which is one more line."""
        if reason != self.problem:
            _log.warning("the PACS is not heard", extra={"reason": reason})
        self.problem = reason
        self._on_news()

    async def _session(self, quick: Backoff) -> None:
        await self._driver.connect()
        self._on_inventory(await self._driver.inventory())
        stream = self._driver.stream()
        try:
            async for item in stream:
                await self._meet(item)
                if isinstance(item, Subscribed) and self.problem is not None:
                    self.problem = None
                    self.sessions += 1
                    quick.reset()
                    _log.info("the PACS is heard", extra={"event_types": len(item.types)})
        finally:
            closing = getattr(stream, "aclose", None)
            if closing is not None:
                await closing()
        raise PacsLostError("the stream ended")

    async def _meet(self, item: StreamItem) -> None:
        coverage = self._coverage
        if isinstance(item, Events):
            await self._waiting.take(item.events)
            # only now: what is noted as heard must be on disk
            coverage.heard(item.at, proves=item.proves)
            self._note()
            if self._on_events is not None:
                self._on_events(item.events)
        elif isinstance(item, Alive):
            coverage.heard(item.at, proves=item.proves)
            self._note()
        elif isinstance(item, Subscribed):
            if (coverage.subscribed, coverage.refused) != (item.types, item.refused) and item.refused:
                _log.warning("event types were refused by the PACS", extra={"refused": ", ".join(item.refused)})
            gap = coverage.begin(item.at, item.types, item.refused)
            self._note(force=True)
            self._on_news()
            if gap is not None:
                self._start(self._fill(gap))
        elif isinstance(item, Missed):
            _log.warning("something may have been missed", extra={"reason": item.reason})
            self._start(self._fill(coverage.missed(item.since, self._clock.now())))
            self._note(force=True)
            self._on_news()
        elif isinstance(item, InventoryChanged):
            self._start(self._read_inventory())

    async def _read_inventory(self) -> None:
        self._on_inventory(await self._driver.inventory())

    # -- gaps -----------------------------------------------------------------------------------------------------

    async def _fill(self, gap: Gap) -> None:
        """Read the gap from the PACS's record until that succeeds, and once more later for rows that came late."""
        since = self._coverage.fill_from(gap, self._overlap)
        rows = await self._read_until_done(since, self._clock.now())
        await self._spool.flush()
        self._coverage.filled(gap, self._clock.now())
        self._note(force=True)
        self._on_news()
        _log.info("a gap was filled", extra={"seconds": round((gap.until - gap.since) / 1e6, 1), "rows": rows})
        if self._second_look:
            self._start(self._look_again(since, self._clock.now()), self._lasting)

    async def _look_again(self, since: Micros, until: Micros) -> None:
        await self._clock.sleep(self._second_look)
        await self._read_until_done(since, until)

    async def _read_until_done(self, since: Micros, until: Micros) -> int:
        backoff, rows, begin = Backoff(1.0, 60.0), 0, since
        while True:
            try:
                # piece by piece, so that what was read of a long gap need not be read again when the PACS stumbles
                while since < until:
                    step = min(since + READ_AT_ONCE, until)
                    rows += await self._read_back(max(begin, since - SEAM), step)
                    since = step
                    backoff.reset()
            except (PacsError, SpoolFullError) as error:
                if not backoff.failures:
                    _log.warning("a gap cannot be filled from the PACS's record yet", extra={"reason": str(error)})
                await self._clock.sleep(backoff.next_delay())
            else:
                return rows

    async def _read_back(self, since: Micros, until: Micros) -> int:
        rows = 0
        async for events in self._driver.backfill(since, until):
            rows += len(events)
            await self._collector.take(events)
        self.backfilled += rows
        return rows

    def _start(self, work: Coroutine[None, None, None], tasks: "set[asyncio.Task[None]] | None" = None) -> None:
        place = self._tasks if tasks is None else tasks
        task = asyncio.create_task(work)
        place.add(task)

        def ended(done: "asyncio.Task[None]") -> None:
            place.discard(done)
            if not done.cancelled() and (error := done.exception()) is not None:
                _log.warning("work beside the stream failed", extra={"reason": str(error)})

        task.add_done_callback(ended)

    async def _end_tasks(self, tasks: "set[asyncio.Task[None]]") -> None:
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, *, force: bool = False) -> None:
        """Keep the books on disk, in the commit of the events that they speak of, or a second late."""
        now = self._clock.now()
        kept = self._coverage.kept
        if kept is not None and (force or now - self._noted >= NOTE_EVERY or now < self._noted):
            self._noted = now
            self._spool.remember(NOTE, msgspec.json.encode(kept))
