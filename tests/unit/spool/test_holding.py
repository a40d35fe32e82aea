"""Keys that are held, and items that are changed before they leave."""

import asyncio

import pytest

from doorwatch.spool import QueueRules, Spool


@pytest.fixture
async def spool(tmp_path):
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        yield spool


def payloads(spool):
    items = spool.take_nowait("q", 100)
    spool.acknowledge("q", items)
    return [item.payload for item in items]


async def test_a_held_key_gives_nothing_until_it_is_let_go_as_often_and_others_pass(spool):
    spool.hold("q", "a")
    spool.hold("q", "a")
    for key in "aab":
        await spool.put("q", key, key.encode())
    assert payloads(spool) == [b"b"]
    spool.let_go("q", "a")
    assert payloads(spool) == []
    spool.let_go("q", "a")
    assert payloads(spool) == [b"a", b"a"]


async def test_items_that_were_ready_are_held_too(spool):
    await spool.put("q", "a", b"1")
    spool.hold("q", "a")
    assert payloads(spool) == []
    spool.let_go("q", "a")
    assert payloads(spool) == [b"1"]


async def test_what_comes_back_to_a_held_key_waits_with_the_others(spool):
    await spool.put("q", "a", b"1")
    items = await spool.take("q")
    spool.hold("q", "a")
    spool.put_back("q", items)
    await spool.put("q", "a", b"2")
    assert payloads(spool) == []
    spool.let_go("q", "a")
    assert payloads(spool) == [b"1", b"2"]


async def test_letting_a_key_go_wakes_who_waits(spool):
    spool.hold("q", "a")
    await spool.put("q", "a", b"1")
    taker = asyncio.create_task(spool.take("q"))
    await asyncio.sleep(0)
    assert not taker.done()
    spool.let_go("q", "a")
    assert [item.payload for item in await taker] == [b"1"]


async def test_a_hold_does_not_outlive_the_process(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.hold("q", "a")
        await spool.put("q", "a", b"1")
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert payloads(spool) == [b"1"]


async def test_a_changed_item_keeps_its_place_and_is_changed_on_disk(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.hold("q", "a")
        first, done = spool.hand_over("q", "a", b"one")
        await done
        await spool.put("q", "a", b"two")
        changed = spool.amend("q", "a", first, b"one, and more")
        assert changed is not None
        await changed
        assert spool.counts("q").bytes == len(b"one, and more") + 3
        assert spool._store.problems() == []
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert payloads(spool) == [b"one, and more", b"two"]
        await spool.flush()
        assert (spool.counts("q").depth, spool.counts("q").bytes) == (0, 0)


async def test_an_item_that_is_out_or_gone_or_not_yet_written_cannot_be_changed(spool):
    number, done = spool.hand_over("q", "a", b"1")
    assert spool.amend("q", "a", number, b"2") is None
    await done
    items = await spool.take("q")
    assert spool.amend("q", "a", number, b"2") is None
    spool.acknowledge("q", items)
    assert spool.amend("q", "a", number, b"2") is None
    assert spool.amend("q", "never", number, b"2") is None


async def test_a_change_does_not_go_beyond_the_limit_of_its_queue(tmp_path):
    async with await Spool.open(tmp_path, {"q": QueueRules(max_bytes=10)}) as spool:
        number, done = spool.hand_over("q", "a", b"12345678")
        await done
        assert spool.amend("q", "a", number, b"12345678901") is None
        assert spool.amend("q", "a", number, b"1234567890") is not None
        assert payloads(spool) == [b"1234567890"]
