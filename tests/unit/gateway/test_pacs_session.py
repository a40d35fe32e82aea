"""One connection after the other: when the next is tried, and what is read of the record when clocks were set."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from doorwatch.domain.time import HOUR, MINUTE, SECOND, from_iso
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.coverage import NOTE, Coverage, Kept
from doorwatch.gateway.pacs_session import STEADY_SECONDS, PacsSession
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.gateway.waiting import Waiting
from doorwatch.pacs.driver import Alive, DriverStatus, Inventory, PacsEvent, PacsLostError, Subscribed
from doorwatch.spool import Spool

START = from_iso("2026-01-31T12:00:00Z")


class Hands:
    """A clock whose sleepers wake as soon as they sleep, at the time that they wanted; it can be set like any other."""

    def __init__(self):
        self.steady, self.set_by = 0, 0
        self.slept = []

    def now(self):
        return START + self.set_by + self.steady

    def monotonic(self):
        return self.steady / SECOND

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.steady += round(seconds * SECOND)
        await asyncio.sleep(0)


class Pacs:
    """A system with a record, whose clock goes by ours and `ahead`; a stream says what it is given and then breaks."""

    def __init__(self, clock):
        self.clock, self.status = clock, DriverStatus()
        self.ahead = 0
        self.record = []
        self.items = asyncio.Queue()
        self.asked = []
        self.faults = []

    def happens(self):
        self.record.append(PacsEvent("d1", self.clock.now() + self.ahead, "DoorOpen", source="report"))

    async def connect(self):
        pass

    async def inventory(self):
        return Inventory()

    async def stream(self):
        yield Subscribed(self.clock.now(), ("DoorOpen",))
        while (item := await self.items.get()) is not None:
            yield item
        raise PacsLostError("it broke")

    async def backfill(self, since, until, _types=None):
        self.asked.append((since, until))
        if self.faults:
            raise self.faults.pop()
        yield [event for event in self.record if since <= event.at - self.ahead <= until]

    async def place(self, event):
        return event

    async def close(self):
        pass


class Stage:
    def __init__(self, spool, clock):
        self.spool, self.clock = spool, clock
        self.pacs = Pacs(clock)
        self.coverage = Coverage()

    @asynccontextmanager
    async def listening(self, second_look=0.0):
        collector = Collector(self.spool, "pacs")
        self.session = PacsSession(
            self.pacs,
            collector,
            Waiting(self.spool, collector, self.pacs.place, self.clock),
            self.coverage,
            self.spool,
            self.clock,
            overlap=60,
            second_look=second_look,
            on_inventory=lambda _inventory: None,
            on_news=lambda: None,
        )
        task = asyncio.create_task(self.session.run())
        try:
            yield self.session
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.001)

    async def meets(self, item):
        await self.pacs.items.put(item)
        await self.until(self.pacs.items.empty)


@pytest.fixture
async def stage(tmp_path):
    clock = Hands()
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now, synchronous="OFF") as spool:
        yield Stage(spool, clock)


async def test_a_stream_that_breaks_again_and_again_is_tried_later_and_one_that_held_at_once(stage):
    async with stage.listening() as session:
        for n in range(1, 9):
            await stage.until(lambda n=n: session.sessions == n)
            await stage.pacs.items.put(None)
        await stage.until(lambda: session.sessions == 9)
        assert max(stage.clock.slept) > 1.9
        assert max(stage.clock.slept) <= 4
        stage.clock.steady += round((STEADY_SECONDS + 1) * SECOND)
        await stage.pacs.items.put(None)
        await stage.until(lambda: session.sessions == 10)
        assert stage.clock.slept[-1] <= 0.5


@pytest.mark.parametrize("second_look", [0.0, 60.0], ids=["of the gap", "of the second look"])
async def test_a_fault_that_nobody_expected_is_told_in_one_line_and_the_record_read_again_until_it_is_over(
    stage, caplog, second_look
):
    async with stage.listening():
        await stage.until(lambda: stage.coverage.listening)
    stage.clock.steady += 5 * MINUTE
    stage.pacs.happens()
    stage.clock.steady += MINUTE
    stage.coverage = Coverage(msgspec.json.decode(await stage.spool.recall(NOTE), type=Kept))
    claims = []

    async def sleep(seconds):
        claims.append(stage.coverage.claim(stage.clock.now(), HOUR, None))
        if seconds == second_look:
            stage.pacs.faults = [KeyError("Timestamp")] * 4
        await Hands.sleep(stage.clock, seconds)

    stage.clock.sleep = sleep
    stage.pacs.faults = [] if second_look else [KeyError("Timestamp")] * 4
    begun = len(stage.pacs.asked)
    async with stage.listening(second_look):
        await stage.until(lambda: len(stage.pacs.asked) - begun == (6 if second_look else 5))
        await stage.until(lambda: stage.coverage.kept.owed is None)
        await stage.until(lambda: stage.coverage.claim(stage.clock.now(), HOUR, None).since == START)
    told = [record for record in caplog.records if record.levelname == "WARNING" and record.exc_info]
    assert [record.reason for record in told] == ["KeyError: 'Timestamp'"]
    pauses = [seconds for seconds in stage.clock.slept if seconds != second_look][-4:]
    assert pauses[-1] > pauses[0]
    if not second_look:
        assert {one.since for one in claims} == {START + 6 * MINUTE}, "what was not read is not claimed"


@pytest.mark.parametrize("by", [-HOUR, HOUR], ids=["back", "forward"])
async def test_what_happened_before_the_clock_of_the_pacs_was_set_is_read_too(stage, by):
    async with stage.listening():
        await stage.until(lambda: stage.coverage.listening)
        await stage.meets(Alive(stage.clock.now(), proves=True))
    for _ in range(2):
        stage.clock.steady += 5 * MINUTE
        stage.pacs.happens()
        stage.pacs.ahead = by
    kept = msgspec.json.decode(await stage.spool.recall(NOTE), type=Kept)
    assert kept.ahead == 0
    stage.coverage = Coverage(kept)
    async with stage.listening():
        await stage.until(lambda: stage.spool.depth(QUEUE) == 2)


async def test_a_restart_after_our_clock_was_set_back_reads_the_gap_all_the_same(stage):
    stage.clock.set_by, stage.pacs.ahead = HOUR, -HOUR
    async with stage.listening():
        await stage.until(lambda: stage.coverage.listening)
    stage.clock.steady += 5 * MINUTE
    stage.pacs.happens()
    stage.clock.steady += 5 * MINUTE
    stage.coverage = Coverage(msgspec.json.decode(await stage.spool.recall(NOTE), type=Kept))
    stage.clock.set_by, stage.pacs.ahead = 0, 0
    async with stage.listening():
        await stage.until(lambda: stage.spool.depth(QUEUE) == 1)


async def test_a_clock_that_is_set_back_while_the_pacs_is_heard_leaves_no_hole_behind_the_next_break(stage):
    async with stage.listening() as session:
        await stage.until(lambda: stage.coverage.listening)
        stage.clock.set_by, stage.pacs.ahead = -HOUR, HOUR
        await stage.meets(Alive(stage.clock.now(), proves=True))
        await stage.pacs.items.put(None)
        await stage.until(lambda: session.sessions == 2)
        stage.pacs.happens()
        await stage.until(lambda: stage.pacs.asked)
    begin, end = stage.pacs.asked[-1]
    assert begin <= stage.clock.now() - MINUTE
    assert end >= begin + MINUTE


async def test_rows_that_come_late_are_found_though_the_process_ends_before_it_has_looked_again(stage):
    async with stage.listening():
        await stage.until(lambda: stage.coverage.listening)
    stage.clock.steady += HOUR
    stage.coverage = Coverage(msgspec.json.decode(await stage.spool.recall(NOTE), type=Kept))
    late = stage.clock.now() - 30 * MINUTE
    stage.clock.sleep = _never
    async with stage.listening(second_look=60):
        await stage.until(lambda: stage.coverage.claim(stage.clock.now(), MINUTE, None).since == START)
    stage.pacs.record.append(PacsEvent("d1", late, "DoorOpen", source="report"))
    del stage.clock.sleep
    stage.clock.steady += MINUTE
    stage.coverage = Coverage(msgspec.json.decode(await stage.spool.recall(NOTE), type=Kept))
    async with stage.listening(second_look=60):
        await stage.until(lambda: stage.spool.depth(QUEUE) == 1)
        await stage.until(lambda: stage.coverage.kept.owed is None)


async def _never(_seconds):
    await asyncio.get_running_loop().create_future()
