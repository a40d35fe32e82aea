"""The watch by the hands of a clock that the test moves: when verdicts come, change and become final."""

import asyncio

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, MINUTE, SECOND, ManualClock
from doorwatch.domain.verdict import Span
from doorwatch.server.watch import looking
from doorwatch.server.watch.worker import LEASE, Watch
from doorwatch.store import (
    Database,
    access_events,
    cameras,
    configuration,
    coverage,
    crossings,
    dirty,
    incidents,
    tenants,
)
from doorwatch.store.coverage import CameraSpan, PacsCoverage
from doorwatch.store.doors import Device, store_device_list


class Door:
    """One door with one camera, a watch, and a clock."""

    def __init__(self, db):
        self.db, self.clock = db, ManualClock()
        self.alerts, self.told = [], []
        now = self.clock.now()

        def furnish(conn):
            account, _, pacs = tenants.ensure_default(conn, now)
            self.account, self.pacs = account.account_id, pacs.pacs_id
            store_device_list(conn, self.account, self.pacs, [Device("lobby", "Lobby")], now)
            self.camera = cameras.add_camera(conn, self.account, name="Cam", url="rtsp://x", now=now).camera_id
            self.door = access_events.doors.ensure_known(conn, self.account, self.pacs, ["lobby"], now)["lobby"]
            configuration.set_mapping(conn, self.account, self.door, [self.camera], now, since=now - HOUR)

        db.write_sync(furnish)
        self.watch = self.new_watch()

    def new_watch(self):
        def on_change(conn, account, change, stored):
            if change.alert or change.update or change.correction:
                kind = "alert" if change.alert else "update" if change.update else "correction"
                self.alerts.append((kind, change.incident.excess))

        async def told(account, changed):
            self.told += changed

        return Watch(self.db, self.clock, on_change=on_change, told=told)

    def at(self, seconds):
        return self.start + int(seconds * SECOND)

    @property
    def start(self):
        return 20_458 * 24 * HOUR + 8 * HOUR

    async def grant(self, seconds, name="g"):
        event = AccessEvent(f"{name}{seconds}", "lobby", self.at(seconds), "AccessGranted")
        now = self.clock.now()
        await self.db.write(lambda conn: access_events.store_events(conn, self.account, self.pacs, [event], now))

    async def enter(self, *seconds):
        seen = [Crossing(f"c{s}", self.door, self.camera, f"t{s}", self.at(s), Direction.IN) for s in seconds]
        now = self.clock.now()
        await self.db.write(lambda conn: crossings.store_crossings(conn, self.account, seen, now))

    async def covered(self, until, since=-60):
        span, now = CameraSpan(self.camera, self.at(since), self.at(until)), self.clock.now()
        await self.db.write(lambda conn: coverage.add_camera_spans(conn, self.account, [span], now))

    async def pacs_covered(self, until, since=-60):
        said = PacsCoverage(self.at(since), self.at(until))
        now = self.clock.now()
        await self.db.write(lambda conn: coverage.store_pacs_coverage(conn, self.account, self.pacs, said, now))

    async def work(self):
        """Serve what is due until nothing is."""
        while await self.watch.step():
            pass

    async def until(self, seconds):
        """Let time pass in small steps, with the watch at work, as it would be."""
        while self.clock.now() < self.at(seconds):
            self.clock.advance(0.5)
            await self.work()

    async def incidents(self):
        found = await self.db.read(lambda conn: incidents.list_incidents(conn, self.account, with_gone=True))
        return [(one.incident.kind.value, one.incident.state.value, one.incident.excess) for one in found]

    async def outcomes(self):
        span = Span(self.at(-HOUR), self.at(HOUR))
        seen = await self.db.read(lambda conn: crossings.in_window(conn, self.account, self.door, *span))
        return [one.outcome and one.outcome.value for one in seen]


@pytest.fixture
def door(own_sqlite):
    db = Database.open(str(own_sqlite))
    yield Door(db)
    db.close()


async def test_an_incident_is_provisional_at_once_and_final_when_it_settled_and_only_then_alerted(door):
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(3)
    await door.covered(3)
    await door.work()
    assert await door.incidents() == [("tailgating", "provisional", 1)]
    assert await door.outcomes() == ["admitted", "excess"]
    assert door.alerts == []
    for second in range(4, 20):
        await door.covered(second)
        await door.until(second)
    assert await door.incidents() == [("tailgating", "final", 1)]
    assert door.alerts == [("alert", 1)]
    assert await door.db.read(dirty.next_due) > door.clock.now()


async def test_a_settled_door_is_left_alone(door):
    await door.grant(0)
    await door.enter(1)
    await door.covered(600)
    await door.until(600)
    assert await door.db.read(dirty.count) == 0
    assert await door.watch.step() == 0


async def test_a_third_person_makes_the_incident_grow_under_its_id_and_tells_so(door):
    await door.covered(300)
    await door.grant(0)
    await door.enter(1, 2)
    await door.until(20)
    await door.enter(4)
    await door.work()
    await door.until(40)
    assert await door.incidents() == [("tailgating", "final", 2)]
    assert door.alerts == [("alert", 1), ("update", 2)]
    assert len({one.incident_id for one in door.told}) == 1


async def test_a_grant_that_comes_late_explains_the_incident_and_corrects_the_alert(door):
    await door.covered(3000)
    await door.enter(10)
    await door.until(40)
    assert await door.incidents() == [("unauthorized_entry", "final", 1)]
    await door.grant(8)
    door.clock.advance(1)
    await door.work()
    assert [state for _, state, _ in await door.incidents()] == ["explained"]
    assert [kind for kind, _ in door.alerts] == ["alert", "correction"]
    assert await door.outcomes() == ["admitted"]


async def test_while_the_gateway_is_away_an_entry_is_unconfirmed_and_nothing_is_alerted(door):
    await door.covered(3000)
    await door.pacs_covered(5)
    await door.enter(20)
    await door.until(60)
    assert await door.incidents() == [("unauthorized_entry", "unconfirmed", 1)]
    assert door.alerts == []
    await door.grant(19)
    await door.pacs_covered(60, since=5)
    await door.until(70)
    assert await door.incidents() == [("unauthorized_entry", "explained", 0)]
    assert door.alerts == []


async def test_two_grants_half_a_minute_apart_with_two_people_each_are_two_incidents(door):
    await door.covered(300)
    for begin in (0, 30):
        await door.grant(begin)
        await door.enter(begin + 1, begin + 2)
    await door.until(60)
    assert await door.incidents() == [("tailgating", "final", 1)] * 2


async def test_twenty_minutes_of_entries_without_a_grant_is_read_in_a_window_that_widens(door):
    await door.covered(4000)
    await door.enter(*range(0, 1200, 4))
    door.clock.advance(1300)
    await door.work()
    found = await door.incidents()
    assert sum(excess for _, _, excess in found) == 300
    assert len(found) == 19


async def test_a_new_watch_finishes_what_a_dead_one_left(door):
    await door.covered(300)
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(3)
    now = door.clock.now()
    taken = await door.db.write(lambda conn: dirty.take(conn, now, worker="dead", lease=LEASE))
    assert len(taken) == 1
    door.watch = door.new_watch()
    assert await door.watch.step() == 0
    await door.until(14)
    assert [excess for _, _, excess in await door.incidents()] == [1]


async def test_a_restart_looks_again_at_what_was_undecided(door):
    await door.covered(300)
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(3)
    await door.work()
    await door.db.write(lambda conn: conn.exec_driver_sql("DELETE FROM dirty_doors"))
    door.clock.advance(60)
    door.watch = door.new_watch()
    running = asyncio.ensure_future(door.watch.run())
    async with asyncio.timeout(60):
        while await door.incidents() != [("tailgating", "final", 1)]:
            await asyncio.sleep(0.01)
            door.clock.advance(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_door_that_cannot_be_judged_is_tried_again_and_delays_no_other(door, monkeypatch):
    now = door.clock.now()

    def second(conn):
        store_device_list(conn, door.account, door.pacs, [Device("side", "Side")], now, gateway_id="other")
        side = access_events.doors.ensure_known(conn, door.account, door.pacs, ["side"], now)["side"]
        configuration.set_mapping(conn, door.account, side, [door.camera], now)
        return side

    other = await door.db.write(second)
    real = looking.judge_around

    def broken(inputs, *others):
        if inputs.door == other:
            raise ValueError("of all things")
        return real(inputs, *others)

    monkeypatch.setattr(looking, "judge_around", broken)
    await door.enter(0)
    door.clock.advance(11)
    await door.work()
    assert [excess for _, _, excess in await door.incidents()] == [1]
    waiting = await door.db.read(dirty.count)
    monkeypatch.undo()
    door.clock.advance(6)
    await door.work()
    assert await door.db.read(dirty.count) == waiting - 1


async def test_a_worker_that_was_too_slow_leaves_the_door_to_the_next(door):
    await door.covered(300)
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(3)
    now = door.clock.now()
    slow = (await door.db.write(lambda conn: dirty.take(conn, now, worker="slow", lease=LEASE)))[0]
    door.clock.advance(11)
    await door.work()
    await door.watch._serve([slow])
    assert [excess for _, _, excess in await door.incidents()] == [1]
    assert door.alerts == [("alert", 1)]


async def test_a_policy_that_changes_is_judged_by_from_then_on(door):
    await door.covered(3000)
    await door.grant(0)
    await door.enter(8)
    await door.until(30)
    assert await door.incidents() == []
    assert (await door.outcomes()) == ["admitted"]
    assert door.clock.now() < door.start + MINUTE


async def test_the_final_word_comes_at_most_half_a_second_after_the_incident_settled(door):
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(2.2)
    await door.covered(2.2)
    await door.work()
    assert await door.incidents() == [("tailgating", "provisional", 1)]
    settled = 2 + 6
    while (await door.incidents())[0][1] == "provisional":
        # An analyzer tells what it saw every half a second while something is undecided, a fifth of a second late.
        door.clock.advance(0.5)
        await door.covered((door.clock.now() - door.start) / SECOND - 0.2)
        await door.work()
        assert door.clock.now() <= door.at(settled + 1)
    assert door.clock.now() - door.at(settled) <= SECOND // 2 + SECOND // 5


async def test_a_verdict_that_coverage_overtook_is_looked_at_again_at_once(door):
    await door.grant(0)
    await door.enter(1, 2)
    door.clock.advance(9)
    await door.covered(5)
    await door.work()
    assert await door.incidents() == [("tailgating", "provisional", 1)]
    await door.covered(9)
    await door.work()
    assert await door.incidents() == [("tailgating", "final", 1)]


async def test_what_is_older_than_the_memory_is_not_judged_again(door):
    long_ago = door.start - 100 * 24 * HOUR
    late = AccessEvent("ancient", "lobby", long_ago, "AccessGranted")
    seen = Crossing("old", door.door, door.camera, "t", long_ago + SECOND, Direction.IN)
    now = door.clock.now()
    await door.db.write(lambda conn: access_events.store_events(conn, door.account, door.pacs, [late], now))
    await door.db.write(lambda conn: crossings.store_crossings(conn, door.account, [seen], now))
    await door.work()
    assert await door.incidents() == []
    assert await door.db.read(dirty.count) == 0
