"""The ledger: a log that is merged, found again after a kill, and never ahead of the items it speaks of."""

import random
import shutil
from contextlib import suppress

import apsw
import pytest

from doorwatch.spool import Spool, SpoolFullError
from doorwatch.spool.ledger import RECENT
from doorwatch.spool.ledger_tables import GATHERED
from doorwatch.spool.store import FILE_NAME


def key(group, n):
    return b"group%03d" % group + n.to_bytes(8, "big")


def whole(group):
    return key(group, 0), key(group, 2**63)


async def rows(folder, table):
    db = apsw.Connection(str(folder / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
    with db:
        ((count,),) = db.execute(f"SELECT count(*) FROM {table}")
    db.close()
    return count


async def test_a_commit_appends_one_row_whatever_the_number_of_doors(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(300):
            spool.ledger.write(key(n, 1), b"v")
        await spool.flush()
        assert await rows(tmp_path, "ledger_log") == spool.commits == 1
        assert await rows(tmp_path, "ledger_0") == 0


async def test_what_was_written_is_found_after_a_kill_whether_merged_or_not(tmp_path):
    alive, dead, truth = tmp_path / "alive", tmp_path / "dead", {}
    alive.mkdir()
    luck = random.Random(7)
    async with await Spool.open(alive, ["q"], synchronous="OFF") as spool:
        for _ in range(30):
            for _ in range(GATHERED // 12):
                one, value = key(luck.randrange(40), luck.randrange(2000)), luck.randbytes(6)
                truth[one] = value
                spool.ledger.write(one, value)
            await spool.flush()
        shutil.copytree(alive, dead)  # what a process that is killed now leaves behind
    assert 0 < await rows(dead, "ledger_log") < 30
    assert await rows(dead, "ledger_0") > 0
    async with await Spool.open(dead, ["q"]) as spool:
        found = await spool.ledger.find([whole(group) for group in range(40)])
        last = await spool.ledger.last([b"group%03d" % group for group in range(41)])
        assert spool._store.problems() == []
    assert {k: v for part in found for k, v in part.items()} == truth
    assert last == [max(k for k in truth if k[:8] == b"group%03d" % group) for group in range(40)] + [None]


async def test_a_new_generation_takes_along_what_was_not_merged_yet(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write(key(1, 1), b"old")
        await spool.flush()
        spool.ledger.turn()
        spool.ledger.write(key(1, 2), b"new")
        await spool.flush()
        assert await spool.ledger.read([whole(1)]) == [{key(1, 1): b"old", key(1, 2): b"new"}]
        assert await rows(tmp_path, "ledger_0") == 1
        spool.ledger.turn()
        for n in range(GATHERED):
            spool.ledger.write(key(2, n), b"many at once")
        await spool.flush()
        assert await spool.ledger.read([whole(1)]) == [{key(1, 2): b"new"}]
        assert len((await spool.ledger.read([whole(2)]))[0]) == GATHERED
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert await spool.ledger.read([whole(1)]) == [{key(1, 2): b"new"}]


async def test_the_youngest_word_counts(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for value in (b"1", b"2"):
            spool.ledger.write(key(1, 1), value)
            spool.ledger.turn()
            await spool.flush()
        spool.ledger.write(key(1, 1), b"3")
        await spool.flush()
        assert await spool.ledger.read([whole(1)]) == [{key(1, 1): b"3"}]
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert await spool.ledger.find([whole(1)]) == [{key(1, 1): b"3"}]


async def test_a_damaged_row_of_the_log_is_told_and_left_out(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for n in range(2):
            spool.ledger.write(key(1, n), b"v")
            await spool.flush()
    db = apsw.Connection(str(tmp_path / FILE_NAME))
    db.execute("UPDATE ledger_log SET entries = x'81' WHERE id = 1")
    db.close()
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert spool._store.problems() == ["row 1 of the ledger's log is damaged"]
        assert await spool.ledger.find([whole(1)]) == [{key(1, 1): b"v"}]


async def test_a_file_without_a_log_is_read_on(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write(key(1, 1), b"v")
        await spool.flush()
        spool.ledger.turn()
    db = apsw.Connection(str(tmp_path / FILE_NAME))
    db.execute("DROP TABLE ledger_log")
    db.close()
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert await spool.ledger.find([whole(1)]) == [{key(1, 1): b"v"}]


async def test_what_a_full_disk_refused_does_not_count_as_seen(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write(key(1, 1), b"before")
        await spool.flush()
        database = spool._store._db
        most = database.pragma("max_page_count")
        database.pragma("max_page_count", database.pragma("page_count"))
        done = spool.put_nowait("q", "door", b"x" * 100_000)
        spool.ledger.write(key(1, 1), b"refused")
        spool.ledger.write(key(1, 2), b"refused")
        with pytest.raises(SpoolFullError):
            await done
        database.pragma("max_page_count", most)
        with suppress(SpoolFullError):
            await spool.flush()
        assert await spool.ledger.find([whole(1)]) == [{key(1, 1): b"before"}]
        spool.ledger.write(key(1, 2), b"again")
        await spool.put("q", "door", b"x")
        assert await spool.ledger.find([whole(1)]) == [{key(1, 1): b"before", key(1, 2): b"again"}]


async def test_it_is_known_from_where_on_memory_holds_all_of_a_group(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write(key(1, 7), b"v")
        await spool.flush()
        assert spool.ledger.floor(key(1, 0)[:8]) == b""
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.ledger.last([key(1, 0)[:8]])
        assert spool.ledger.floor(key(1, 0)[:8]) == key(1, 7)
        half = RECENT // 2
        for start in (8, 8 + half, 8 + 2 * half):
            spool.ledger.write_all({key(1, n): b"v" for n in range(start, start + half)})
            await spool.flush()
        assert spool.ledger.floor(key(1, 0)[:8]) == key(1, 8 + 2 * half - 1)
        assert sorted(spool.ledger.recent(key(1, 0)[:8])) == [key(1, 8 + 2 * half + n) for n in range(half)]


async def test_the_youngest_word_counts_in_memory_too(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        spool.ledger.write_all({key(1, n): b"old" for n in range(RECENT // 2)})
        await spool.flush()
        spool.ledger.write(key(1, 5), b"new")
        spool.ledger.write(key(1, RECENT), b"new")
        recent = spool.ledger.recent(key(1, 0)[:8])
        assert (recent[key(1, 5)], recent[key(1, 6)], len(recent)) == (b"new", b"old", RECENT // 2 + 1)
