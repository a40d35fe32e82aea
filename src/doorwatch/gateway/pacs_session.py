"""One connection to the PACS after the other: listen, keep the coverage's books, fill gaps, upload doors."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

import msgspec

from doorwatch.domain.time import Clock, Micros, from_seconds
from doorwatch.gateway.collector import Collector
from doorwatch.gateway.coverage import NOTE, Coverage, Gap, Look
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
STEADY_SECONDS = 30.0
"""A stream that held for so long was a good one. After others the next try comes later and later, but not much."""
CLOCK_SLACK = from_seconds(2.0)
"""Less than so much is no setting of a clock: readings lie apart a little, and the PACS tells its time to the second."""
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
        self._clock_begin = self._our_clock()
        self._quick, self._flapping, self._slow = Backoff(0.5, 15.0), Backoff(0.5, 4.0), Backoff(15.0, 300.0)
        self._heard_from: float | None = None
        self.problem: str | None = "the PACS has not been reached yet"
        self.sessions = 0
        self.backfilled = 0

    def _our_clock(self) -> Micros:
        """What our clock would have told when the steady one began; another value tells that it was set."""
        return self._clock.now() - from_seconds(self._clock.monotonic())

    async def run(self) -> None:
        """Connect, listen, and begin again whenever it breaks."""
        try:
            while True:
                await self._clock.sleep(await self._one_session())
        finally:
            await self._end_tasks(self._lasting)

    async def _one_session(self) -> float:
        """Listen until it breaks; seconds to wait before the next try."""
        self._heard_from = None
        try:
            await self._session()
        except SpoolFullError as error:
            self._away(str(error))
            return FULL_PAUSE
        except PacsError as error:
            self._coverage.end(error.proved if isinstance(error, PacsLostError) else None)
            self._away(str(error))
            return self._pause(slow=error.slow)
        finally:
            await self._end_tasks(self._tasks)
            self._coverage.end()
            if self._spool.broken is None:
                self._note(force=True)
        return 0.5

    def _pause(self, *, slow: bool) -> float:
        """Seconds until the next try, after one that failed or a stream that broke."""
        if slow:
            return self._slow.next_delay()
        if self._heard_from is None:
            return self._quick.next_delay()
        self._quick.reset()
        if self._clock.monotonic() - self._heard_from >= STEADY_SECONDS:
            self._flapping.reset()
        return self._flapping.next_delay()

    def _away(self, reason: str) -> None:
        """One line when it goes away; the reason may change meanwhile, which is one more line."""
        if reason != self.problem:
            _log.warning("the PACS is not heard", extra={"reason": reason})
        self.problem = reason
        self._on_news()

    async def _session(self) -> None:
        await self._driver.connect()
        self._on_inventory(await self._driver.inventory())
        stream = self._driver.stream()
        try:
            async for item in stream:
                await self._meet(item)
                if isinstance(item, Subscribed) and self.problem is not None:
                    self.problem = None
                    self.sessions += 1
                    self._heard_from = self._clock.monotonic()
                    _log.info("the PACS is heard", extra={"event_types": len(item.types)})
        finally:
            closing = getattr(stream, "aclose", None)
            if closing is not None:
                await closing()
        raise PacsLostError("the stream ended")

    async def _meet(self, item: StreamItem) -> None:
        coverage = self._coverage
        self._look_at_clock()
        if isinstance(item, Events):
            await self._waiting.take(item.events)
            # only now: what is noted as heard must be on disk
            coverage.heard(self._no_later_than_now(item.at), proves=item.proves)
            self._note()
            if self._on_events is not None:
                self._on_events(item.events)
        elif isinstance(item, Alive):
            coverage.heard(self._no_later_than_now(item.at), proves=item.proves)
            self._note()
        elif isinstance(item, Subscribed):
            if (coverage.subscribed, coverage.refused) != (item.types, item.refused) and item.refused:
                _log.warning("event types were refused by the PACS", extra={"refused": ", ".join(item.refused)})
            gap = coverage.begin(self._no_later_than_now(item.at), item.types, item.refused, self._driver.ahead)
            self._note(force=True)
            self._on_news()
            if gap is not None:
                self._start(self._fill(gap))
        elif isinstance(item, Missed):
            _log.warning("something may have been missed", extra={"reason": item.reason})
            since = self._no_later_than_now(item.since)
            self._start(self._fill(coverage.missed(since, self._clock.now())))
            self._note(force=True)
            self._on_news()
        elif isinstance(item, InventoryChanged):
            self._start(self._read_inventory())

    def _look_at_clock(self) -> None:
        """See whether our clock was set back; the books then go by the new time.

        One that seems to be set forward may be that of a machine that slept: what it slept through is a gap.
        """
        begin = self._our_clock()
        jump, self._clock_begin = begin - self._clock_begin, begin
        if jump < -CLOCK_SLACK:
            self._coverage.set_clock(jump)
            _log.warning("the clock of this machine was set back", extra={"seconds": round(-jump / 1e6, 1)})
            self._note(force=True)
            self._on_news()

    def _no_later_than_now(self, at: Micros) -> Micros:
        """A moment that was read off our clock a moment ago, before it was set back perhaps."""
        return min(at, self._clock.now())

    async def _read_inventory(self) -> None:
        self._on_inventory(await self._driver.inventory())

    # -- gaps -----------------------------------------------------------------------------------------------------

    async def _fill(self, gap: Gap) -> None:
        """Read the gap from the PACS's record until that succeeds, and once more later for rows that came late."""
        coverage = self._coverage
        began = self._clock.now()
        since, until = self._span(gap, began)
        if self._second_look:
            coverage.owe(since)

        def proved(up_to: Micros) -> None:
            # what was read of a gap need not be read again, even by the next process: its rows are on disk
            gap.read = min(up_to, began)
            self._note(force=True)

        rows = await self._read_until_done(since, until, proved)
        coverage.filled(gap, self._clock.now())
        self._note(force=True)
        self._on_news()
        _log.info("a gap was filled", extra={"seconds": round((gap.until - gap.since) / 1e6, 1), "rows": rows})
        if (look := coverage.look()) is not None:
            self._start(self._look_again(look, until), self._lasting)

    def _span(self, gap: Gap, now: Micros) -> tuple[Micros, Micros]:
        """What to ask the record for, in our time.

        It is asked by the PACS's clock as it goes now. Where that clock, or ours, was set since the gap began, rows of it may
        lie where the old difference between the two says, too.
        """
        since = self._coverage.fill_from(gap, self._overlap)
        shift = 0 if gap.ahead is None else gap.ahead - self._driver.ahead
        if abs(shift) <= CLOCK_SLACK:
            shift = 0
        return min(since, since + shift, now - self._overlap), max(now, now + shift)

    async def _look_again(self, look: Look, until: Micros) -> None:
        await self._clock.sleep(self._second_look)

        def proved(up_to: Micros) -> None:
            look.since = up_to - SEAM

        await self._read_until_done(look.since, until, proved)
        self._coverage.looked(look)
        self._note(force=True)

    async def _read_until_done(self, since: Micros, until: Micros, proved: Callable[[Micros], None]) -> int:
        """Read a span of the record piece by piece, until all of it is on disk; `proved` is told up to where it is."""
        backoff, rows, begin = Backoff(1.0, 60.0), 0, since
        while True:
            try:
                while since < until:
                    step = min(since + READ_AT_ONCE, until)
                    rows += await self._read_back(max(begin, since - SEAM), step)
                    since = step
                    proved(step)
                    backoff.reset()
                await self._spool.flush()
            except Exception as error:
                # Whatever it is: a gap that nobody reads any more would stay open until the next break.
                if self._spool.broken is not None:
                    raise
                if not backoff.failures:
                    self._not_yet(error)
                await self._clock.sleep(backoff.next_delay())
            else:
                return rows

    def _not_yet(self, error: Exception) -> None:
        """One line for each piece that cannot be read; what nobody expected is told with where it happened."""
        expected = isinstance(error, (PacsError, SpoolFullError))
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        _log.warning(
            "a gap cannot be filled from the PACS's record yet",
            extra={"reason": reason},
            exc_info=None if expected else error,
        )

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
