"""From a driver's copies to items in the spool."""

import json
import random

import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, from_iso
from doorwatch.gateway import collector as collector_module
from doorwatch.gateway.collector import NOTE, QUEUE, Collector
from doorwatch.gateway.identity import encoded, event_id, group_key, key_of, match, prefix
from doorwatch.gateway.writers import Writers
from doorwatch.pacs.driver import TICKS, PacsEvent
from doorwatch.pacs.genetec.answers import rounded
from doorwatch.spool import Spool

START = from_iso("2026-01-31T12:00:00Z")


async def spooled(spool):
    await spool.flush()
    found = []
    while items := spool.take_nowait(QUEUE, 1000):
        found += [json.loads(item.payload) for item in items]
        spool.acknowledge(QUEUE, items)
        await spool.flush()
    return found


def event(millis=0, door="d1", kind="AccessGranted", actor=None, decimals=3, **known):
    return PacsEvent(door, START + millis * MILLISECOND, kind, decimals, actor, **known)


async def test_an_event_becomes_one_item_of_its_door_with_all_that_is_known(tmp_path):
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs")
        await collector.take(
            [event(5, actor="a1", actor_name="Ann", actor_email="ann@x.org", access_point_id="p", side=Direction.IN)]
        )
        (item,) = spool.take_nowait(QUEUE)
        assert item.key == "d1"
        body = json.loads(item.payload)
        assert len(body.pop("event_id")) == 32
        assert body == {
            "device_id": "d1",
            "timestamp": "2026-01-31T12:00:00.005Z",
            "event_type": "AccessGranted",
            "source": "stream",
            "side": "in",
            "access_point_id": "p",
            "actor_id": "a1",
            "actor_name": "Ann",
            "actor_email": "ann@x.org",
        }


@pytest.mark.parametrize("side", [(Direction.IN, Direction.IN), (Direction.IN, Direction.OUT), (None, Direction.IN)])
@pytest.mark.parametrize("point", [("p", "q"), ("p", "p"), (None, "q"), ("p", None)])
async def test_each_event_of_a_door_tells_its_own_reader_and_side(tmp_path, point, side):
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        pairs = list(zip(point, side, strict=True))
        await Collector(spool, "pacs").take(
            [event(n * 5000, access_point_id=one, side=way) for n, (one, way) in enumerate(pairs)]
        )
        told = [(one.get("access_point_id"), one.get("side")) for one in await spooled(spool)]
        assert told == [(one, way and way.value) for one, way in pairs]


async def test_what_is_kept_ready_is_of_so_many_doors_only_and_events_are_the_same_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(collector_module, "WARM", 3)
    events = [event(n, door=f"d{n % 7}") for n in range(70)]
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs")
        await collector.take(events)
        assert sum(trail.begun is not None for trail in collector._trails.values()) <= 3
        found = {body["event_id"]: body["device_id"] for body in await spooled(spool)}
    said = [(one.door, one.event_type, one.at // MILLISECOND) for one in events]
    assert found == {event_id("pacs", door, kind, millis, 0): door for door, kind, millis in said}


async def test_copies_of_before_a_restart_are_known_after_it(tmp_path):
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        await Collector(spool, "pacs").take([event(n * 7, actor="ann") for n in range(50)])
        before = await spooled(spool)
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs")
        await collector.take([event(n * 7, actor="bob", source="report") for n in range(50)])
        await collector.take([event(n * 7, actor="ann", source="report") for n in range(60)])
        after = await spooled(spool)
    ids = {e["event_id"] for e in before}
    assert len(before) == 50
    assert len(after) == 60
    assert not ids & {e["event_id"] for e in after}
    assert [e["actor_id"] for e in after].count("bob") == 50


async def test_a_copy_is_compared_with_what_was_seen_before_a_restart_though_newer_ones_are_in_memory(tmp_path):
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs")
        await collector.take([event(0, "d9", decimals=0, source="report"), event(921, actor="bob")])
        await spooled(spool)
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs", Writers(await spool.recall(NOTE)))
        await collector.take([event(968)])
        assert len(await spooled(spool)) == 1
        await collector.take([event(1000, actor="bob", decimals=0, source="report")])
        assert await spooled(spool) == [], "it is the report's copy of the first one"


async def test_events_of_one_source_a_millisecond_apart_are_new_and_cost_no_comparison(tmp_path, monkeypatch):
    monkeypatch.setattr(Collector, "_compare", None)
    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        collector = Collector(spool, "pacs")
        for n in range(0, 50, 5):
            await collector.take([event(millis, decimals=6) for millis in range(n, n + 5)])
        assert len({e["event_id"] for e in await spooled(spool)}) == 50


async def test_an_update_keeps_id_and_time_of_the_first_copy(tmp_path):
    async with await Spool.open(tmp_path, [QUEUE]) as spool:
        collector = Collector(spool, "pacs")
        await collector.take([event(780, decimals=2, source="report"), event(784, actor="ann")])
        first, second = await spooled(spool)
    assert first["event_id"] == second["event_id"]
    assert first["timestamp"] == second["timestamp"] == "2026-01-31T12:00:00.780Z"
    assert second["actor_id"] == "ann"


@pytest.mark.parametrize("report_decimals", [0, 1, 2, 3])
async def test_any_order_of_copies_from_stream_and_report_tells_each_occurrence_once(tmp_path, report_decimals):
    """300 occurrences, each two to four times, shortened or without its cardholder, shuffled within two seconds."""
    dice = random.Random(11)
    truth, copies = set(), []
    for n in range(300):
        door, kind = f"d{n % 4}", dice.choice(["AccessGranted", "DoorOpen"])
        millis = n * 2100 + dice.randint(0, 999)
        truth.add((door, kind, millis))
        for number in range(dice.randint(2, 4)):
            source = dice.choice(["stream", "report"]) if number else "stream"
            decimals = 3 if source == "stream" else report_decimals
            unit = 10 ** (3 - decimals)
            actor = "ann" if dice.random() < 0.5 else None
            one = event(millis // unit * unit, door, kind, actor, decimals, source=source)
            copies.append((n + dice.random() * 3, one))
    copies.sort(key=lambda pair: pair[0])
    told = []
    for life in range(3):
        async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
            collector = Collector(spool, "pacs")
            part = [copy for _, copy in copies[life::3]]
            for start in range(0, len(part), 40):
                await collector.take(part[start : start + 40])
            told += await spooled(spool)
    assert len({e["event_id"] for e in told}) == len(truth)


def one_by_one(batches):
    """The ids that are told when every copy is compared with all that was seen before."""
    ledger, told, writers = {}, [], Writers()
    for batch in batches:
        writers.hear(batch)
        for one in batch:
            found = match(one, ledger, writers.decimals)
            if found.news:
                told.append(event_id("pacs", one.door, one.event_type, found.millis, found.ordinal))
            if found.changed:
                ledger[key_of(one.door, one.event_type, found.millis)] = encoded(found.occurrence, found.millis)
    return told, ledger


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_taken_at_once_is_told_as_if_each_were_compared_with_all(tmp_path, seed):
    """Mostly later and later, as a stream is, with repetitions, people, both sources, steps back and a new start among them.

    Where a source writes more than milliseconds, its times lie between them, so that copies are of unequal milliseconds.
    """
    dice = random.Random(seed)
    decimals = {"stream": dice.choice([3, 3, 6]), "report": dice.choice([0, 2, 3])}
    both, now, batches = dice.random() < 0.7, 0, []
    for _ in range(30):
        batch = []
        for _ in range(dice.randint(1, 20)):
            now += dice.choice([0, 1, 1, 2, 40, 3000])
            source = dice.choice(["stream", "stream", "report"]) if both else "stream"
            unit = 10 ** max(0, 3 - decimals[source])
            millis = max(0, now - dice.choice([0, 0, 0, 0, 1, 500])) // unit * unit
            door, actor = dice.choice(["d1", "d2"]), dice.choice([None, "ann", "bob"])
            exact = None
            if decimals[source] > 3:
                ticks = START * TICKS + millis * 10_000 + dice.choice([0, 4_000, 5_000, 9_990])
                exact, millis = ticks, (rounded(ticks) - START) // MILLISECOND
            batch.append(event(millis, door, actor=actor, decimals=decimals[source], source=source, exact=exact))
            if dice.random() < 0.1:
                batch.append(dice.choice(batch))
        batches.append(batch)
    expected, ledger = one_by_one(batches)
    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        collector = Collector(spool, "pacs")
        for batch in batches[:15]:
            await collector.take(batch)
    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        collector = Collector(spool, "pacs", Writers(await spool.recall(NOTE)))
        for batch in batches[15:]:
            await collector.take(batch)
        assert sorted(e["event_id"] for e in await spooled(spool)) == sorted(expected)
        groups = [prefix(door, "AccessGranted") for door in ("d1", "d2")]
        kept = await spool.ledger.read([(group_key(group, 0), group + b"\xff" * 8) for group in groups])
        assert {**kept[0], **kept[1]} == ledger


async def test_ordinary_events_cost_no_look_at_the_disk(tmp_path, monkeypatch):
    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        collector = Collector(spool, "pacs")
        looks = 0
        read = spool.ledger.read

        async def counting(spans):
            nonlocal looks
            looks += 1
            return await read(spans)

        monkeypatch.setattr(spool.ledger, "read", counting)
        for n in range(300):
            source = "report" if n % 10 == 0 else "stream"
            await collector.take([event(n * 3, f"d{n % 3}", decimals=2 if n % 10 == 0 else 3, source=source)])
        assert looks == 0
        assert collector.last_event_at == START + 897 * MILLISECOND
        assert collector.received == 300


async def test_two_tasks_may_bring_the_same_events_at_once(tmp_path):
    import asyncio

    async with await Spool.open(tmp_path, [QUEUE], synchronous="OFF") as spool:
        collector = Collector(spool, "pacs")
        events = [event(n * 10, actor="ann") for n in range(600)]
        await asyncio.gather(collector.take(events), collector.take(events), collector.take(list(reversed(events))))
        assert len(await spooled(spool)) == 600
        assert collector.repeated == 1200
