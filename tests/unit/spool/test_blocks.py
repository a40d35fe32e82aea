"""Items that lie together on disk: they leave one by one, are damaged one by one, and an older file is read on."""

import asyncio
import zlib

import apsw
import pytest

from doorwatch.spool import QueueRules, Spool, SpoolFullError, WhenFull
from doorwatch.spool.blocks import ITEMS_A_BLOCK
from doorwatch.spool.shrinking import FEWEST, KEPT_PAGES, MOST, STEP_SECONDS, Shrinking
from doorwatch.spool.store import FILE_NAME


def numbered(count, doors=3):
    return [(f"door{n % doors}", b"payload %d" % n) for n in range(count)]


def database(folder):
    return apsw.Connection(str(folder / FILE_NAME))


def rows(folder, table):
    db = database(folder)
    ((count,),) = db.execute(f"SELECT count(*) FROM {table}")
    db.close()
    return count


async def everything(spool):
    found = []
    while items := spool.take_nowait("q", 1000):
        found += [item.payload for item in items]
        spool.acknowledge("q", items)
        await spool.flush()
    return sorted(found)


async def test_what_came_together_lies_together_and_goes_with_its_last_item(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", numbered(30))
        assert rows(tmp_path, "blocks") == 1
        spool.acknowledge("q", spool.take_nowait("q", 20))
        await spool.flush()
        assert (rows(tmp_path, "blocks"), rows(tmp_path, "block_gone")) == (1, 1)
        spool.acknowledge("q", spool.take_nowait("q", 20))
        await spool.flush()
        assert (rows(tmp_path, "blocks"), rows(tmp_path, "block_gone")) == (0, 0)


async def test_after_a_restart_only_that_is_given_out_which_had_not_left(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", numbered(2 * ITEMS_A_BLOCK + 7))
        for _ in range(3):
            items = spool.take_nowait("q", 60)
            gone = {item.payload for item in items[::2]}
            spool.acknowledge("q", items[::2])
            spool.put_back("q", items[1::2])
            await spool.flush()
        left = {payload for _, payload in numbered(2 * ITEMS_A_BLOCK + 7)} - gone
        depth = spool.counts("q").depth
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert spool._store.problems() == []
        found = await everything(spool)
        assert len(found) == depth
        assert set(found) <= left
        assert rows(tmp_path, "blocks") == rows(tmp_path, "block_gone") == 0


async def test_an_item_that_was_refused_leaves_its_block_and_keeps_its_place_and_its_attempts(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", numbered(9, doors=1))
        items = spool.take_nowait("q", 2)
        spool.put_back("q", items[:1], tried=True)
        spool.put_back("q", items[1:])
        await spool.flush()
        assert rows(tmp_path, "fresh") == 1
        assert spool._store.problems() == []
    async with await Spool.open(tmp_path, ["q"]) as spool:
        items = spool.take_nowait("q", 9)
        assert [item.payload for item in items] == [payload for _, payload in numbered(9, doors=1)]
        assert [item.attempts for item in items] == [1] + [0] * 8
        spool.acknowledge("q", items)
        await spool.flush()
        assert rows(tmp_path, "fresh") == rows(tmp_path, "blocks") == 0


async def test_a_block_that_cannot_be_read_is_one_dead_letter_that_says_how_much_it_was(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", numbered(10, doors=10))
        spool.acknowledge("q", spool.take_nowait("q", 4))
        await spool.flush()
        await spool.put("q", "door1", b"whole")
    db = database(tmp_path)
    db.execute("UPDATE blocks SET heads = x'00' WHERE count = 10")
    db.close()
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert await everything(spool) == [b"whole"]
        (letter,) = await spool.dead_letters()
        assert "6 items that lay together cannot be told apart" in letter.reason
        assert b"payload 9" in letter.payload
        counts = spool.counts("q")
        assert (counts.depth, counts.bytes, counts.buried) == (0, 0, 6)
        assert spool._store.problems() == []
        assert rows(tmp_path, "blocks") == rows(tmp_path, "block_gone") == 0


async def test_the_check_names_a_damaged_item_and_a_damaged_block(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", numbered(3))
        await spool.put_all("q", numbered(2))
        db = database(tmp_path)
        db.execute(
            "UPDATE blocks SET payloads = CAST(replace(payloads, 'payload 1', 'paxload 1') AS BLOB) WHERE count = 3"
        )
        db.execute("UPDATE blocks SET heads = x'00' WHERE count = 2")
        db.close()
        assert spool._store.problems() == [
            "item 2 is damaged (queue q)",
            "a block of 2 items is damaged (queue q)",
        ]


async def test_many_are_taken_all_or_none(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(max_bytes=50)}) as spool:
        with pytest.raises(SpoolFullError, match="its limit is 50"):
            await spool.put_all("q", numbered(6))
        assert spool.counts("q").depth == 0
        await spool.put_all("q", numbered(5))
        assert await everything(spool) == sorted(payload for _, payload in numbered(5))


async def test_many_push_out_the_oldest_where_they_may(tmp_path):
    rules = QueueRules(max_bytes=50, when_full=WhenFull.DROP_OLDEST)
    async with await Spool.open(tmp_path, {"q": rules}) as spool:
        await spool.put_all("q", numbered(5))
        await spool.put_all("q", [("door0", b"the newest one")])
        assert b"the newest one" in await everything(spool)
        assert spool.counts("q").dropped == 2


async def test_many_that_do_not_fit_in_memory_come_in_order_from_the_backlog(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=4000)}) as spool:
        await spool.put_all("q", numbered(200, doors=2))
        assert 0 < rows(tmp_path, "backlog") < 200
        found = {}
        while spool.counts("q").depth:
            items = await spool.take("q", 16)
            for item in items:
                found.setdefault(item.key, []).append(item.payload)
            spool.acknowledge("q", items)
        truth = numbered(200, doors=2)
        assert found == {f"door{door}": [payload for _, payload in truth[door::2]] for door in range(2)}


async def test_the_backlog_keeps_any_key_and_any_payload(tmp_path):
    entries = [("", b""), ("tür-ß-門", b"\x00\xff' 0123456789"), ("x" * 300, b"1")]
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=0)}) as spool:
        await spool.put_all("q", entries)
        assert rows(tmp_path, "backlog") == 3
        assert sorted((item.key, item.payload) for item in await spool.take("q", 3)) == sorted(entries)
        assert spool._store.problems() == []


async def test_who_waits_for_room_goes_on_when_items_leave_and_in_any_case_after_a_while(tmp_path):
    loop = asyncio.get_running_loop()
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=100_000)}) as spool:
        await asyncio.wait_for(spool.wait_for_room("q", 600), 60)
        await spool.put_all("q", [(f"door{n}", b"x" * 1000) for n in range(38)])
        began = loop.time()
        await spool.wait_for_room("q", 0.05)
        assert loop.time() - began >= 0.04
        waiting = asyncio.create_task(spool.wait_for_room("q", 600))
        await asyncio.sleep(0)
        assert not waiting.done()
        spool.acknowledge("q", spool.take_nowait("q", 10))
        await asyncio.wait_for(waiting, 60)
        assert not spool._queues["q"].givers


async def test_what_an_outage_took_of_the_disk_is_given_back_bit_by_bit(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=0)}, synchronous="OFF") as spool:
        await spool.put_all("q", [(f"door{n % 5}", b"x" * 4000) for n in range(6000)])
        while spool.counts("q").depth:
            spool.acknowledge("q", await spool.take("q", 500))
        await spool.flush()
        pages = spool._store._db.pragma("page_count")
        step = spool._store.shrinking.pages
        assert spool._store.shrinking.step()
        assert spool._store._db.pragma("page_count") <= pages - step
        while spool._store.shrinking.step():
            pass
        assert spool._store._db.pragma("page_count") < KEPT_PAGES + 200
        assert spool._store.problems() == []


@pytest.mark.parametrize(("seconds_a_page", "pages"), [(0.0, MOST), (STEP_SECONDS / 100, 100), (1.0, FEWEST)])
async def test_a_step_gives_back_what_can_be_given_back_in_a_moment(tmp_path, seconds_a_page, pages):
    async with await Spool.open(tmp_path, {"q": QueueRules(memory=0)}, synchronous="OFF") as spool:
        await spool.put_all("q", [(f"door{n % 5}", b"x" * 4000) for n in range(9000)])
        while spool.counts("q").depth:
            spool.acknowledge("q", await spool.take("q", 500))
        await spool.flush()
        db = spool._store._db
        full = db.pragma("page_count")
        shrinking = Shrinking(db, clock=lambda: (full - db.pragma("page_count")) * seconds_a_page)
        goes_on = [shrinking.step() for _ in range(6)]
        assert shrinking.pages == pytest.approx(pages, rel=0.1)
        # where a page takes a second, few are given back and then something else has its turn
        assert goes_on == [seconds_a_page < 1] * 6


async def test_a_file_of_the_first_format_is_read_on(tmp_path):
    async with await Spool.open(tmp_path, ["q"]):
        pass
    db = database(tmp_path)
    db.execute("DROP TABLE blocks; DROP TABLE block_gone")
    db.execute("UPDATE meta SET value = 1 WHERE name = 'format'")
    db.execute("UPDATE meta SET value = 8 WHERE name = 'next_id'")
    payload = b"from before"
    db.execute("INSERT INTO fresh SELECT 7, queue, 'door', 1, 0, ?, ? FROM queues", (zlib.crc32(payload), payload))
    db.execute("UPDATE queues SET depth = 1, bytes = ?, put = 1", (len(payload),))
    db.close()
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put_all("q", [("door", b"from now")])
        assert [item.payload for item in spool.take_nowait("q", 5)] == [payload, b"from now"]
        assert spool._store.problems() == []
