"""Cardholders that only the report knows."""

import json

import pytest

from doorwatch.domain.time import MILLISECOND, SECOND, from_iso
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.enrich import AWAY_PAUSE, FRUITLESS, LOOKS, MOST_WAITING, REST, Enricher
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.spool import Spool

START = from_iso("2026-01-31T12:00:00Z")


class Hands:
    """A clock that only moves when it is told to, or when somebody sleeps."""

    def __init__(self):
        self.at = START

    def now(self):
        return self.at

    def monotonic(self):
        return (self.at - START) / SECOND

    async def sleep(self, seconds):
        self.at += round(seconds * SECOND)


class Record:
    """The PACS's report: rows by time; who asked for what is kept."""

    def __init__(self):
        self.rows = []
        self.asked = []
        self.away = False

    async def read(self, since, until, types):
        self.asked.append((since, until, tuple(types)))
        if self.away:
            raise PacsError("nobody listens")
        yield [row for row in self.rows if since <= row.at <= until and row.event_type in types]


def event(millis=0, actor=None, kind="AccessGranted", source="stream", door="d1"):
    return PacsEvent(door, START + millis * MILLISECOND, kind, 3, actor, source=source)


@pytest.fixture
async def stage(tmp_path):
    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        yield Stage(spool)


class Stage:
    def __init__(self, spool):
        self.spool, self.clock, self.record = spool, Hands(), Record()
        self.collector = Collector(spool, "pacs")
        self.ahead = 0
        self.enricher = Enricher(self.record.read, self.collector, self.clock, 5.0, lambda: self.ahead)

    async def hear(self, *events):
        await self.collector.take(events)
        self.enricher.note(events)

    async def look_up(self, after=5.0):
        await self.clock.sleep(after)
        return await self.enricher.look_up()

    async def told(self):
        await self.spool.flush()
        return [json.loads(item.payload) for item in self.spool.take_nowait(QUEUE, 1000)]


async def test_a_cardholder_that_only_the_report_knows_is_sent_under_the_same_id(stage):
    await stage.hear(event(), event(10), event(20, "bob"))
    stage.record.rows = [event(0, "ann", source="report"), event(10, "cy", source="report")]
    await stage.look_up()
    first, second, third, *updates = await stage.told()
    assert [(e["event_id"], e["actor_id"]) for e in updates] == [
        (first["event_id"], "ann"),
        (second["event_id"], "cy"),
    ]
    assert third["actor_id"] == "bob"
    assert stage.enricher.found == 2
    assert stage.enricher.waiting == 0
    assert len(stage.record.asked) == 1


async def test_what_can_have_no_cardholder_or_has_one_is_not_asked_for(stage):
    await stage.hear(event(kind="DoorOpen"), event(5, "ann"), event(9, source="report"))
    assert stage.enricher.waiting == 0
    await stage.look_up()
    assert stage.record.asked == []


async def test_nothing_is_asked_before_its_time(stage):
    await stage.hear(event())
    await stage.look_up(4.9)
    assert stage.record.asked == []
    await stage.look_up(0.2)
    assert stage.record.asked == [(START - SECOND, START + SECOND, ("AccessGranted",))]


async def test_the_report_is_asked_in_the_time_of_the_pacs(stage):
    stage.ahead = 90 * SECOND
    await stage.hear(event())
    await stage.look_up()
    assert stage.record.asked[0][:2] == (START - 91 * SECOND, START - 89 * SECOND)


async def test_a_row_that_reaches_the_report_late_is_found_by_a_later_look(stage):
    await stage.hear(event())
    await stage.look_up()
    stage.record.rows = [event(0, "ann", source="report")]
    await stage.look_up(9)
    assert stage.enricher.found == 0
    await stage.look_up(2)
    assert stage.enricher.found == 1


async def test_after_four_looks_an_event_stays_without_a_cardholder(stage):
    await stage.hear(event())
    for _ in range(10):
        await stage.look_up(100)
    assert len(stage.record.asked) == LOOKS
    assert stage.enricher.waiting == 0


async def test_events_far_apart_are_separate_questions_and_those_near_one(stage):
    await stage.hear(event(0), event(20_000), event(600_000), event(610_000))
    await stage.look_up()
    await stage.look_up(0)
    assert [(until - since) // SECOND for since, until, _ in stage.record.asked] == [22, 12]


async def test_a_pacs_that_is_away_costs_no_look(stage):
    await stage.hear(event())
    stage.record.away = True
    for _ in range(LOOKS + 1):
        assert await stage.look_up(AWAY_PAUSE) == AWAY_PAUSE
    stage.record.away = False
    stage.record.rows = [event(0, "ann", source="report")]
    await stage.look_up(AWAY_PAUSE)
    assert stage.enricher.found == 1


async def test_a_report_that_never_knows_more_is_left_alone_for_a_while(stage):
    for n in range(FRUITLESS):
        await stage.hear(event(n * 10_000))
        await stage.look_up(500)
    assert stage.enricher.waiting == 0
    asked = len(stage.record.asked)
    await stage.hear(event(990_000))
    assert stage.enricher.waiting == 0
    await stage.clock.sleep(REST)
    stage.record.rows = [event(995_000, "ann", source="report")]
    await stage.hear(event(995_000))
    await stage.look_up()
    assert len(stage.record.asked) == asked + 1
    assert stage.enricher.found == 1


async def test_what_waits_is_bounded_and_the_oldest_go(stage):
    stage.enricher.note([event(n) for n in range(MOST_WAITING + 10)])
    assert stage.enricher.waiting == MOST_WAITING


async def test_a_question_that_takes_long_is_followed_by_a_longer_pause(stage):
    read = stage.record.read

    async def slow(since, until, types):
        await stage.clock.sleep(7)
        async for rows in read(since, until, types):
            yield rows

    stage.enricher._read = slow
    await stage.hear(event())
    assert await stage.look_up() == pytest.approx(21)
