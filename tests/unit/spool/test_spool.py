"""The spool's invariants, on real files."""

import asyncio
import random
import shutil
import zlib

import apsw
import pytest

from doorwatch.spool import QueueRules, Spool, SpoolBusyError, SpoolFullError, WhenFull, commits
from doorwatch.spool.items import Item
from doorwatch.spool.records import Group
from doorwatch.spool.store import FILE_NAME


async def drain(spool, queue="q", limit=50):
    out = []
    while spool.counts(queue).depth:
        items = await asyncio.wait_for(spool.take(queue, limit), 60)
        out += items
        spool.acknowledge(queue, items)
    return out


async def test_what_was_put_comes_out_in_order_and_leaves_when_acknowledged(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(10):
            await spool.put("q", "door", b"%d" % n)
        items = await spool.take("q", 10)
        assert [i.payload for i in items] == [b"%d" % n for n in range(10)]
        spool.acknowledge("q", items)
        await spool.flush()
        assert spool.counts("q").depth == 0
        assert spool.counts("q").delivered == 10


async def test_nothing_is_given_out_before_it_is_on_disk(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        done = spool.put_nowait("q", "door", b"x")
        assert spool.take_nowait("q") == []
        await done
        assert [i.payload for i in spool.take_nowait("q")] == [b"x"]


async def test_many_puts_share_one_commit(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await asyncio.gather(*(spool.put("q", "door", b"x") for _ in range(500)))
        assert spool.commits <= 2


async def test_what_comes_thick_is_committed_at_a_pace(tmp_path):
    loop = asyncio.get_running_loop()
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        began = loop.time()
        for _ in range(20):
            await spool.put_all("q", [("door", b"x")] * commits.THICK)
        assert spool.commits <= (loop.time() - began) / commits.PACE + 2


async def test_what_comes_alone_waits_for_no_pace_and_neither_does_what_comes_after_a_pause(tmp_path):
    loop = asyncio.get_running_loop()
    waits = []
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        for _ in range(10):
            await spool.put_all("q", [("door", b"x")] * commits.THICK)
            await asyncio.sleep(commits.PACE)
            began = loop.time()
            await spool.put("q", "door", b"alone")
            waits.append(loop.time() - began)
            began = loop.time()
            await spool.put("q", "door", b"alone")
            waits.append(loop.time() - began)
    # the quickest, since the machine may be busy with something else
    assert min(waits[::2]) < commits.PACE / 2
    assert min(waits[1::2]) < commits.PACE / 2


async def test_who_comes_does_not_wait_until_all_who_leave_the_backlog_have_left(tmp_path, monkeypatch):
    """Also for a process that is killed between the commits: counters and items agree, and the order is kept."""
    monkeypatch.setattr(commits, "FEW", 20)
    monkeypatch.setattr(commits, "MANY", 100)
    groups, copy = [], tmp_path / "killed"
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=0)}, synchronous="OFF") as spool:
        await spool.put_all("q", [(f"door{n % 10}", b"%d" % n) for n in range(300)])
        items = await spool.take("q", 1000, each=1000)
        assert len(items) == 300
        write = spool._store.commit

        def commit(group):
            write(group)
            groups.append((group.news, sum(map(len, group.gone.values()))))
            if len(groups) == 1:
                copy.mkdir()
                for name in (FILE_NAME, FILE_NAME + "-wal"):
                    shutil.copy(tmp_path / name, copy / name)

        monkeypatch.setattr(spool._store, "commit", commit)
        spool.acknowledge("q", items[:250])
        await spool.put("q", "another door", b"live")
        assert groups[0] == (1, 20)
        await spool.flush()
        assert [gone for _, gone in groups] == [20, 100, 100, 30]
        assert spool._store.problems() == []
    async with await Spool.open(copy, ["q"], synchronous="OFF") as spool:
        assert spool._store.problems() == []
        assert spool.counts("q").depth == 281
        assert spool.counts("q").delivered == 20
        again = [int(item.payload) for item in await drain(spool) if item.key == "door3"]
        assert again == sorted(again)


def test_departures_of_a_key_of_which_something_comes_are_not_held_back():
    gone = [Item(n, f"door{n % 2}", b"", 0, fresh=False) for n in range(100)] + [Item(200, "door1", b"", 0)]
    group = Group(gone={1: list(gone)}, fresh={1: [Item(300, "door0", b"", 0)]})
    held = group.hold_back(30)
    assert {item.key for item in held[1]} == {"door1"}
    assert len(held[1]) == 50 - 30
    assert sorted(item.id for item in [*group.gone[1], *held[1]]) == [item.id for item in gone]
    assert group.hold_back(1000) == {}


async def test_what_was_not_acknowledged_is_given_out_again_after_a_restart(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(6):
            await spool.put("q", f"door{n % 2}", b"%d" % n)
        first = await spool.take("q", 1)
        spool.acknowledge("q", first)
        await spool.take("q", 1)
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert spool.counts("q").depth == 5
        assert sorted(i.payload for i in await drain(spool)) == [b"1", b"2", b"3", b"4", b"5"]


async def test_a_key_gives_nothing_more_until_all_it_gave_came_back(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(3):
            await spool.put("q", "door", b"%d" % n)
        (first,) = await spool.take("q", 1)
        assert spool.take_nowait("q") == []
        spool.put_back("q", [first], tried=True)
        (again,) = await spool.take("q", 1)
        assert (again.payload, again.attempts) == (b"0", 1)
        spool.acknowledge("q", [again])
        assert [i.payload for i in await spool.take("q", 5)] == [b"1", b"2"]


async def test_attempts_survive_a_restart(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put("q", "door", b"x")
        spool.put_back("q", await spool.take("q"), tried=True)
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert (await spool.take("q"))[0].attempts == 1


async def test_a_second_owner_is_refused_and_told_who_has_it(tmp_path):
    async with await Spool.open(tmp_path, ["q"]):
        with pytest.raises(SpoolBusyError, match="belongs to the running process"):
            await Spool.open(tmp_path, ["q"])
    async with await Spool.open(tmp_path, ["q"]):
        pass


async def test_a_buried_item_is_a_dead_letter_with_its_reason_and_can_be_revived(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put("q", "door", b"x")
        (item,) = await spool.take("q")
        spool.bury("q", item, "HTTP 422: timestamp")
        (letter,) = await spool.dead_letters()
        assert (letter.queue, letter.key, letter.payload, letter.reason) == ("q", "door", b"x", "HTTP 422: timestamp")
        assert spool.counts("q").buried == 1
        assert await spool.revive([letter]) == 1
        assert await spool.dead_letters() == []
        assert [i.payload for i in await spool.take("q")] == [b"x"]


async def test_a_full_queue_stops_and_takes_again_when_there_is_room(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(max_bytes=10)}) as spool:
        await spool.put("q", "door", b"12345678")
        with pytest.raises(SpoolFullError, match="its limit is 10"):
            await spool.put("q", "door", b"123")
        spool.acknowledge("q", await spool.take("q"))
        await spool.put("q", "door", b"123")


async def test_a_queue_that_may_drop_its_oldest_does_and_counts_it(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(max_bytes=10, when_full=WhenFull.DROP_OLDEST)}) as spool:
        for n in range(8):
            await spool.put("q", "log", b"%04d" % n)
        assert spool.counts("q").dropped == 6
        assert [i.payload for i in await drain(spool)] == [b"0006", b"0007"]


async def test_a_flipped_bit_becomes_a_dead_letter_and_not_a_delivery(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(3):
            await spool.put("q", "door", b"payload %d" % n)
    db = apsw.Connection(str(tmp_path / FILE_NAME))
    for number, payloads in list(db.execute("SELECT id, payloads FROM blocks")):
        db.execute(
            "UPDATE blocks SET payloads = ? WHERE id = ?", (payloads.replace(b"payload 1", b"paxload 1"), number)
        )
    db.close()
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert [i.payload for i in await drain(spool)] == [b"payload 0", b"payload 2"]
        (letter,) = await spool.dead_letters()
        assert "damaged on disk" in letter.reason
        assert zlib.crc32(letter.payload) != zlib.crc32(b"payload 1")


async def test_notes_and_ledger_are_kept_with_the_items_they_came_with(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.put_nowait("q", "door", b"x")
        spool.ledger.write(b"one-doork1", b"v1")
        await spool.remember("covered", b"123")
        assert spool.commits == 1
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert await spool.recall("covered") == b"123"
        assert await spool.ledger.find([(b"one-doork0", b"one-doork9"), (b"another-x", b"another-y")]) == [
            {b"one-doork1": b"v1"},
            {},
        ]
        await spool.remember("covered", None)
        assert await spool.recall("covered") is None


async def test_the_ledger_remembers_an_entry_for_a_whole_generation(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write(b"one-doorold", b"1")
        await spool.flush()
        spool.ledger.turn()
        spool.ledger.write(b"one-doornew", b"2")
        await spool.flush()
        assert await spool.ledger.read([(b"one-doora", b"one-doorz")]) == [{b"one-doorold": b"1", b"one-doornew": b"2"}]
        spool.ledger.turn()
        await spool.flush()
        assert await spool.ledger.read([(b"one-doora", b"one-doorz")]) == [{b"one-doornew": b"2"}]


@pytest.mark.parametrize("seed", range(12))
async def test_any_mix_of_operations_and_restarts_keeps_order_and_loses_nothing(tmp_path, seed):  # noqa: C901
    """A model: per key a list of what was put and not yet acknowledged. Memory so small that most goes to disk."""
    dice = random.Random(seed)
    model, out, number = {}, {}, 0
    rules = {"q": QueueRules(memory=dice.choice([0, 3000, 20_000]))}
    for _life in range(4):
        async with await Spool.open(tmp_path, rules, synchronous="OFF") as spool:
            out.clear()
            for _ in range(dice.randint(20, 60)):
                what = dice.random()
                if what < 0.4:
                    entries = []
                    for _ in range(dice.randint(1, 30)):
                        key = f"door{dice.randint(0, 4)}"
                        payload = f"{number}".encode() * dice.randint(1, 40)
                        number += 1
                        model.setdefault(key, []).append(payload)
                        entries.append((key, payload))
                    if dice.random() < 0.5:
                        spool.put_all("q", entries)
                    else:
                        for key, payload in entries:
                            spool.put_nowait("q", key, payload)
                    if dice.random() < 0.5:
                        await spool.flush()
                elif what < 0.7:
                    for item in spool.take_nowait("q", dice.randint(1, 20), dice.choice([10, 1000, 1 << 20])):
                        out.setdefault(item.key, []).append(item)
                elif what < 0.8:
                    await asyncio.sleep(0.002)
                elif out:
                    key = dice.choice(list(out))
                    items = out.pop(key)
                    assert [i.payload for i in items] == model[key][: len(items)]
                    if dice.random() < 0.3:
                        spool.put_back("q", items, tried=True)
                    else:
                        spool.acknowledge("q", items)
                        del model[key][: len(items)]
            await spool.flush()
            assert spool.counts("q").depth == sum(map(len, model.values()))
    async with await Spool.open(tmp_path, rules, synchronous="OFF") as spool:
        assert spool._store.problems() == []
        rest = {}
        for item in await drain(spool):
            rest.setdefault(item.key, []).append(item.payload)
        assert rest == {key: items for key, items in model.items() if items}
        assert spool.counts("q").bytes == 0


async def test_a_backlog_does_not_hold_up_another_key(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=100_000)}, synchronous="OFF") as spool:
        for n in range(5000):
            spool.put_nowait("q", f"door{n % 5}", b"x" * 300)
        await spool.flush()
        while spool.counts("q").depth > 4500:
            spool.acknowledge("q", await spool.take("q", 20))
        await spool.put("q", "live", b"now")
        seen = []
        while "live" not in seen:
            items = await spool.take("q", 20)
            spool.acknowledge("q", items)
            seen += [i.key for i in items]
        assert len(seen) <= 400
        assert spool._queues["q"].lanes.weight < 150_000


async def test_a_taker_that_is_cancelled_takes_nothing_with_it(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        waiting = asyncio.create_task(spool.take("q"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await spool.put("q", "door", b"x")
        assert len(await spool.take("q")) == 1


async def test_a_flush_during_a_commit_ends_when_there_is_nothing_more_to_write(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for delay in range(12):
            spool.put_nowait("q", "door", b"x" * 100_000)
            await asyncio.sleep(delay / 1000)
            await asyncio.wait_for(asyncio.gather(spool.flush(), spool.flush()), 60)
            assert len(spool.take_nowait("q")) == (delay == 0)


async def test_no_id_is_given_twice_though_only_now_and_then_it_is_written_how_far_they_have_come(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(commits, "RESERVED", 7)
    seen = [0]
    for life in range(4):
        async with await Spool.open(tmp_path / str(life), ["q"]) as spool:
            write = spool._store._write
            for n in range(10):
                if n == 5:
                    monkeypatch.setattr(spool._store, "_write", full)
                    with pytest.raises(SpoolFullError):
                        await spool.put("q", "a", b"refused")
                    monkeypatch.setattr(spool._store, "_write", write)
                number, done = spool.hand_over("q", f"k{n % 3}", b"x")
                await done
                assert number > max(seen)
                seen.append(number)
            # what a kill leaves
            shutil.copytree(tmp_path / str(life), tmp_path / str(life + 1))
    async with await Spool.open(tmp_path / "4", ["q"]) as spool:
        assert sorted(item.id for item in await spool.take("q", 100)) == seen[1:]


def full(_group):
    raise apsw.FullError("database or disk is full")
