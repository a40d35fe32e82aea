"""Processes that help judging: they say what the server would say itself, and nothing is lost when they die."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, SECOND, SystemClock
from doorwatch.server.watch import worker
from doorwatch.server.watch.judge import answer
from doorwatch.server.watch.judges import Judge, JudgeLostError, Judges
from doorwatch.server.watch.looking import look_at_doors
from doorwatch.server.watch.wire import Failed, Order, decode_answer, decode_order, message
from doorwatch.server.watch.worker import Watch
from doorwatch.store import access_events, cameras, configuration, crossings, dirty, doors, incidents, tenants
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.engines import parse_address
from doorwatch.store.engine.snapshots import Snapshots

DOORS = 12


class Building:
    """Some doors at each of which two people entered on one grant."""

    def __init__(self, db):
        self.db, self.clock = db, SystemClock()
        self.now = self.clock.now()
        db.write_sync(self._furnish)

    def _furnish(self, conn):
        account, _, pacs = tenants.ensure_default(conn, self.now)
        self.account, self.pacs = account.account_id, pacs.pacs_id
        devices = [f"d{number}" for number in range(DOORS)]
        self.doors = doors.ensure_known(conn, self.account, self.pacs, devices, self.now)
        cameras.add_camera(conn, self.account, name="c", url="rtsp://c", now=self.now, camera_id="c")
        for door in self.doors.values():
            configuration.set_mapping(conn, self.account, door, ["c"], self.now, since=self.now - HOUR)
        self.happen(conn, self.now - 60 * SECOND)

    def happen(self, conn, at):
        """Somebody follows somebody at every door."""
        grants = [AccessEvent(f"{device}-{at}", device, at, "AccessGranted", actor_name="Ada") for device in self.doors]
        people = [
            Crossing(f"{door}-{at}-{one}", door, "c", f"{at}-{one}", at + one * SECOND, Direction.IN)
            for door in self.doors.values()
            for one in (1, 2)
        ]
        access_events.store_events(conn, self.account, self.pacs, grants, self.now)
        crossings.store_crossings(conn, self.account, people, self.now)

    def told(self):
        found = self.db.read_sync(lambda conn: incidents.list_incidents(conn, self.account))
        return sorted((one.incident.door, one.incident.kind.value, one.incident.excess) for one in found)


@pytest.fixture
def place(database_address):
    with Database.open(database_address) as db:
        yield Building(db)


def dirty_ones(place):
    return [
        DirtyDoor(place.account, d, place.now - 60 * SECOND, place.now, place.now, 1, "w") for d in place.doors.values()
    ]


def test_a_process_says_what_the_server_would_say_itself(place):
    taken = dirty_ones(place)
    order = decode_order(message(Order(taken, place.now, None))[4:])
    with Snapshots.open(place.db.url.render_as_string(hide_password=False)) as database:
        said = decode_answer(message(answer(database, order))[4:])
    expected = place.db.read_sync(lambda conn: look_at_doors(conn, taken, place.now))
    assert [said.looked[index] for index in range(DOORS)] == expected
    assert all(look.changes[0].incident.actors == ("Ada",) for look in said.looked.values())


def test_a_door_that_is_unknown_fails_alone(place):
    taken = [*dirty_ones(place)[:1], DirtyDoor(place.account, "gone", 0, 1, 1, 1, "w")]
    good, bad = place.db.read_sync(lambda conn: look_at_doors(conn, taken, place.now))
    assert good.changes
    assert isinstance(bad, Failed)
    assert "no such door" in bad.why


def test_a_database_that_cannot_be_read_is_said_and_nobody_dies_of_it(tmp_path):
    with Snapshots.open(str(tmp_path / "nothing.db")) as database:
        said = answer(database, Order([DirtyDoor("a", "d", 0, 1, 1, 1, "w")], 2, None))
    assert "no such table" in (said.broken or "")


async def test_a_process_that_is_killed_is_told_and_a_new_one_comes_when_called_again(place):
    judges = Judges(place.db.url, 1, place.clock)
    order = Order(dirty_ones(place), place.now, None)
    await called(judges)
    first = judges.pids
    os.kill(first[0], signal.SIGKILL)
    with pytest.raises(JudgeLostError):
        await judges.look(order)
    assert judges.ready == 0
    judges._not_before = 0.0
    await called(judges)
    assert judges.pids != first
    assert len((await judges.look(order)).looked) == DOORS
    await judges.dismiss()
    with pytest.raises(ProcessLookupError):
        os.kill(first[0], 0)


async def test_who_waits_for_the_only_process_is_not_left_waiting_when_it_dies(place):
    judges = Judges(place.db.url, 1, place.clock)
    await called(judges)
    (pid,) = judges.pids
    os.kill(pid, signal.SIGSTOP)
    order = Order(dirty_ones(place), place.now, None)
    waiting = [asyncio.ensure_future(judges.look(order)) for _ in range(3)]
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in done] == [JudgeLostError] * 3


async def test_who_is_urgent_goes_first(place):
    judges = Judges(place.db.url, 1, place.clock)
    await called(judges)
    served = []

    async def look(name, *, urgent):
        await judges.look(Order(dirty_ones(place), place.now, None), urgent=urgent)
        served.append(name)

    await asyncio.gather(look("under way", urgent=False), look("can wait", urgent=False), look("new", urgent=True))
    assert served == ["under way", "new", "can wait"]
    await judges.dismiss()


async def test_no_more_come_than_allowed_and_none_right_after_one_was_lost(place):
    none = Judges(place.db.url, 0, place.clock)
    none.call()
    assert (none.ready, none._coming) == (0, set())
    judges = Judges(parse_address("sqlite:////nowhere/at/all.db"), 1, place.clock)
    await called(judges)
    os.kill(judges.pids[0], signal.SIGKILL)
    with pytest.raises(JudgeLostError):
        await judges.look(Order([], 0, None))
    judges.call()
    assert judges._coming == set()


async def test_a_process_ends_with_the_pipe_to_it(place):
    judge = await Judge.start(place.db.url.render_as_string(hide_password=False), place.clock)
    judge._orders.close()
    async with asyncio.timeout(60):
        assert await judge._process.wait() == 0


async def test_a_watch_that_does_not_keep_up_calls_for_help_and_loses_nothing_when_it_is_killed(place, monkeypatch):
    monkeypatch.setattr(worker, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(worker, "WITH_HELP", 3)
    monkeypatch.setattr(worker, "FULL_TIMES", 2)
    judges = Judges(place.db.url, 2, place.clock)

    async def told(account, changed):
        """Nobody listens."""

    watch = Watch(place.db, place.clock, on_change=lambda *_: None, told=told, judges=judges)
    running = asyncio.ensure_future(watch.run())
    async with asyncio.timeout(60):
        while not judges.ready:
            await place.db.write(lambda conn: place.happen(conn, place.now - 40 * SECOND))
            await place.db.write(
                lambda conn: dirty.mark(
                    conn,
                    place.account,
                    dict.fromkeys(place.doors.values(), (place.now - 60 * SECOND,) * 2),
                    place.now,
                )
            )
            watch.wake()
            await asyncio.sleep(0.05)
        for turn in range(3):
            for pid in judges.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            at = place.now - (20 - turn * 5) * SECOND
            await place.db.write(lambda conn, at=at: place.happen(conn, at))
            watch.wake()
            judges._not_before = 0.0
        while sum(excess for _, _, excess in await asyncio.to_thread(place.told)) < 5 * DOORS:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert judges.pids == []
    assert sum(excess for _, _, excess in place.told()) == 5 * DOORS


async def called(judges):
    """Have one come, and wait for it."""
    judges.call()
    while not judges.ready and judges._coming:
        await asyncio.wait(judges._coming)
