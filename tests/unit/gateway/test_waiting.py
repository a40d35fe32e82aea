"""Events that wait on disk for a door or a name."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest
from msgspec.structs import replace

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, SECOND, from_iso
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.waiting import DOOR_WAIT, GIVEN_UP_SECONDS, NAME_WAIT, THICK, Waiting
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.spool import QueueRules, Spool, SpoolFullError

START = from_iso("2026-01-31T12:00:00Z")


class Hands:
    """A clock that moves when it is told to; sleepers wake when their time has come."""

    def __init__(self):
        self.at = START
        self.sleepers = []

    def now(self):
        return self.at

    def monotonic(self):
        return (self.at - START) / SECOND

    async def sleep(self, seconds):
        done = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.at + round(seconds * SECOND), done))
        if seconds <= 0:
            done.set_result(None)
        await done

    def move(self, micros):
        self.at += micros
        for due, done in self.sleepers:
            if due <= self.at and not done.done():
                done.set_result(None)


class Stage:
    def __init__(self, spool, clock):
        self.spool, self.clock = spool, clock
        self.collector = Collector(spool, "pacs")
        self.doors = {}
        self.asked = 0
        self.away = False
        self.waiting = Waiting(spool, self.collector, self.place, clock)

    async def place(self, event):
        self.asked += 1
        if self.away:
            raise PacsError("nobody listens")
        door = self.doors.get(event.door)
        found = replace(event, door=door, access_point_id=event.door, side=Direction.IN, unplaced=False)
        return found if door else None

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.waiting.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def settle(self):
        """Let everything happen that can happen without time passing."""
        for _ in range(10):
            await self.spool.flush()
            await asyncio.sleep(0.005)

    def told(self):
        items = self.spool.take_nowait(QUEUE, 1000)
        self.spool.acknowledge(QUEUE, items)
        return [json.loads(item.payload) for item in items]


@pytest.fixture
async def stage(tmp_path):
    clock = Hands()
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now, synchronous="OFF") as spool:
        yield Stage(spool, clock)


def event(millis=0, door="d1", actor=None, **more):
    return PacsEvent(door, START + millis * MILLISECOND, "AccessGranted", 3, actor, **more)


def stray(millis=0, reader="r1", **more):
    return event(millis, reader, unplaced=True, **more)


async def test_what_needs_nothing_goes_on_at_once(stage):
    await stage.waiting.take([event(actor="ann", actor_name="Ann"), event(5)])
    assert len(stage.told()) == 2
    assert stage.waiting.held == 0


async def test_a_name_that_comes_in_time_goes_with_the_first_copy(stage):
    first = event(actor="ann", name_follows=True)
    async with stage.running():
        await stage.waiting.take([first])
        await stage.settle()
        assert stage.told() == []
        assert stage.waiting.held == 1
        await stage.waiting.take([replace(first, actor_name="Ann", actor_email="a@x.org", name_follows=False)])
        await stage.settle()
        (told,) = stage.told()
    assert (told["actor_id"], told["actor_name"], told["actor_email"]) == ("ann", "Ann", "a@x.org")
    assert stage.waiting.held == 0
    assert stage.spool.counts(WAITING).depth == 0


async def test_a_name_is_waited_for_a_fifth_of_a_second_and_then_comes_with_a_second_copy(stage):
    first = event(actor="ann", name_follows=True)
    async with stage.running():
        await stage.waiting.take([first])
        await stage.settle()
        stage.clock.move(NAME_WAIT - 1)
        await stage.settle()
        assert stage.told() == []
        stage.clock.move(1)
        await stage.settle()
        (told,) = stage.told()
        assert "actor_name" not in told
        await stage.waiting.take([replace(first, actor_name="Ann", name_follows=False)])
        (again,) = stage.told()
    assert again["event_id"] == told["event_id"]
    assert again["actor_name"] == "Ann"


async def test_later_events_of_the_same_door_keep_their_place_and_those_of_others_pass(stage):
    async with stage.running():
        await stage.waiting.take([event(0, actor="ann", name_follows=True), event(1), event(2, "d2")])
        await stage.waiting.take([event(3), event(4, "d2")])
        await stage.settle()
        assert [e["device_id"] for e in stage.told()] == ["d2", "d2"]
        stage.clock.move(NAME_WAIT)
        await stage.settle()
        assert [e["timestamp"][-4:-1] for e in stage.told()] == ["000", "001", "003"]
        assert stage.waiting.held == 0


async def test_a_reader_s_event_is_on_disk_while_its_door_is_looked_for_and_goes_out_under_the_door(stage):
    async with stage.running():
        await stage.waiting.take([stray(), stray(7)])
        assert await stage.spool.oldest(WAITING) == START, "coverage must not run ahead of it"
        await stage.settle()
        assert stage.told() == []
        stage.doors["r1"] = "d1"
        stage.clock.move(SECOND)
        await stage.settle()
        told = stage.told()
    assert [(e["device_id"], e["access_point_id"], e["side"]) for e in told] == [("d1", "r1", "in")] * 2
    assert await stage.spool.oldest(WAITING) is None


async def test_the_report_s_row_of_such_an_event_is_the_same_occurrence(stage):
    async with stage.running():
        await stage.waiting.take([stray()])
        await stage.collector.take([event(0, "d1", "ann", source="report")])
        stage.doors["r1"] = "d1"
        await stage.settle()
        stage.clock.move(SECOND)
        await stage.settle()
        told = stage.told()
    assert len({e["event_id"] for e in told}) == 1


async def test_what_waited_when_the_process_was_killed_is_taken_up_again(tmp_path):
    clock = Hands()
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        await Stage(spool, clock).waiting.take([stray(), event(3, actor="ann", name_follows=True)])
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        stage = Stage(spool, clock)
        stage.doors["r1"] = "d1"
        async with stage.running():
            await stage.settle()
            assert sorted(e["timestamp"] for e in stage.told()) == [
                "2026-01-31T12:00:00.000Z",
                "2026-01-31T12:00:00.003Z",
            ]


async def test_what_was_left_by_the_process_before_holds_up_later_events_of_its_door(tmp_path):
    clock = Hands()
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        await Stage(spool, clock).waiting.take([stray(), stray(1)])
    clock.move(1)
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        stage = Stage(spool, clock)
        async with stage.running():
            await stage.settle()
            assert stage.waiting.held == 2
            await stage.waiting.take([event(2, "r1")])
            stage.doors["r1"] = "d1"
            clock.move(SECOND)
            await stage.settle()
            assert sorted(e["timestamp"][-4:-1] for e in stage.told()) == ["000", "001", "002"]
            assert stage.waiting.held == 0


async def test_a_reader_that_nobody_knows_is_given_up_in_time_with_a_line_and_not_looked_for_again_soon(stage, caplog):
    async with stage.running():
        await stage.waiting.take([stray(actor="ann")])
        for _ in range(40):
            await stage.settle()
            stage.clock.move(SECOND // 2)
        await stage.settle()
        (told,) = stage.told()
        assert told["device_id"] == "r1"
        assert "belongs to no door that can be seen" in caplog.text
        asked = stage.asked
        assert asked < 12
        await stage.waiting.take([stray(30_000)])
        assert len(stage.told()) == 1
        stage.clock.move(round(GIVEN_UP_SECONDS * SECOND))
        await stage.waiting.take([stray(400_000)])
        await stage.settle()
    assert stage.asked == asked + 1


async def test_a_pacs_that_is_away_does_not_shorten_the_wait(stage):
    stage.away = True
    async with stage.running():
        await stage.waiting.take([stray()])
        await stage.settle()
        stage.clock.move(DOOR_WAIT // 2)
        await stage.settle()
        assert stage.told() == []
        stage.away, stage.doors["r1"] = False, "d1"
        stage.clock.move(DOOR_WAIT // 4)
        await stage.settle()
        (told,) = stage.told()
    assert told["device_id"] == "d1"


async def test_a_name_that_comes_while_the_door_is_looked_for_goes_with_the_event(stage):
    first = stray(actor="ann", name_follows=True)
    async with stage.running():
        await stage.waiting.take([first])
        await stage.settle()
        await stage.waiting.take([replace(first, actor_name="Ann", name_follows=False)])
        stage.doors["r1"] = "d1"
        stage.clock.move(SECOND)
        await stage.settle()
        (told,) = stage.told()
    assert (told["device_id"], told["actor_name"]) == ("d1", "Ann")


async def test_what_cannot_be_read_any_more_is_a_dead_letter_and_holds_up_nothing(stage):
    await stage.spool.put(WAITING, "r1", b"what another version wrote")
    stage.doors["r1"] = "d1"
    async with stage.running():
        await stage.waiting.take([stray()])
        await stage.settle()
        assert len(stage.told()) == 1
    (dead,) = await stage.spool.dead_letters(WAITING)
    assert "cannot be read any more" in dead.reason
    assert await stage.spool.oldest(WAITING) is None


async def test_an_event_that_waits_for_a_name_is_in_the_queue_of_events_once_and_not_given_out(stage):
    async with stage.running():
        await stage.waiting.take([event(actor="ann", name_follows=True), event(1)])
        assert stage.spool.counts(WAITING).put == 0
        assert stage.spool.counts(QUEUE).put == 2
        assert stage.told() == []
        assert await stage.spool.oldest(QUEUE) == START, "coverage must not run ahead of it"


async def test_a_name_that_was_written_into_a_waiting_event_is_there_after_a_restart(tmp_path):
    clock, first = Hands(), event(actor="ann", name_follows=True)
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        stage = Stage(spool, clock)
        await stage.waiting.take([first])
        await stage.waiting.take([replace(first, actor_name="Ann", name_follows=False)])
    async with await Spool.open(tmp_path, [QUEUE, WAITING], now=clock.now) as spool:
        (told,) = Stage(spool, clock).told()
    assert told["actor_name"] == "Ann"


async def test_a_door_waits_until_all_of_its_events_have_names(stage):
    ann, bob = event(0, actor="ann", name_follows=True), event(1, actor="bob", name_follows=True)
    async with stage.running():
        await stage.waiting.take([ann, bob])
        await stage.waiting.take([replace(bob, actor_name="Bob", name_follows=False)])
        assert stage.told() == []
        await stage.waiting.take([replace(ann, actor_name="Ann", name_follows=False)])
        assert [e["actor_name"] for e in stage.told()] == ["Ann", "Bob"]
        assert stage.waiting.held == 0


async def test_where_events_come_thick_none_waits_for_a_name(stage):
    async with stage.running():
        await stage.waiting.take([event(n) for n in range(THICK)])
        await stage.waiting.take([event(1000, "d2", actor="ann", name_follows=True)])
        assert stage.waiting.held == 0
        assert "d2" in {e["device_id"] for e in stage.told()}


async def test_a_name_for_an_event_that_is_held_up_by_others_of_its_reader_still_comes(stage):
    first = event(0, "r1", actor="ann", name_follows=True)
    async with stage.running():
        await stage.waiting.take([stray(), first])
        await stage.waiting.take([replace(first, actor_name="Ann", name_follows=False)])
        stage.doors["r1"] = "r1"
        await stage.settle()
        stage.clock.move(SECOND)
        await stage.settle()
        assert [e.get("actor_name") for e in stage.told()] == [None, "Ann"]


async def test_what_the_spool_refused_leaves_its_door_free(tmp_path):
    clock = Hands()
    rules = {QUEUE: QueueRules(max_bytes=300), WAITING: QueueRules()}
    async with await Spool.open(tmp_path, rules, now=clock.now, synchronous="OFF") as spool:
        stage = Stage(spool, clock)
        with pytest.raises(SpoolFullError):
            await stage.waiting.take([event(n, actor="ann", name_follows=True) for n in range(5)])
        clock.move(NAME_WAIT)
        await stage.settle()
        assert stage.waiting.held == 0
        assert stage.told()
