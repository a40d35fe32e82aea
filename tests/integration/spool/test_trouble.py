"""The spool under a disk that fails, a process that is killed, and clocks that jump."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap

import apsw
import pytest

from doorwatch.spool import Spool, SpoolBrokenError, SpoolError, SpoolFullError, store
from doorwatch.spool.asking import order
from doorwatch.spool.store import FILE_NAME, Store

STRACE = shutil.which("strace")
WRITER = textwrap.dedent("""
    import asyncio, sys
    from doorwatch.spool import Spool, SpoolError

    async def main():
        async with await Spool.open(sys.argv[1], ["q"]) as spool:
            for number in range(int(sys.argv[2])):
                try:
                    await spool.put("q", f"door{number % 3}", b"%d" % number * 50)
                except SpoolError as error:
                    print("error", type(error).__name__, error, flush=True)
                    if type(error).__name__ == "SpoolBrokenError":
                        return
                    continue
                print(number, flush=True)

    asyncio.run(main())
""")


async def everything(folder):
    """What a spool holds, by key."""
    async with await Spool.open(folder, ["q"]) as spool:
        found = {}
        while spool.counts("q").depth:
            items = await asyncio.wait_for(spool.take("q", 100), 60)
            for item in items:
                found.setdefault(item.key, []).append(item.payload)
            spool.acknowledge("q", items)
        return found


def payloads(numbers):
    found = {}
    for number in numbers:
        found.setdefault(f"door{number % 3}", []).append(b"%d" % number * 50)
    return found


@pytest.mark.parametrize("after", [1, 40, 150])
async def test_after_kill_nine_everything_that_was_acknowledged_is_there_in_order(tmp_path, after):
    process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
        [sys.executable, "-c", WRITER, str(tmp_path), "100000"], stdout=subprocess.PIPE, text=True
    )
    told = [int(process.stdout.readline()) for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    told += [int(word) for word in rest if word.isdigit()]
    found = await everything(tmp_path)
    for key, items in payloads(told).items():
        assert found[key][: len(items)] == items
    assert sum(map(len, found.values())) <= len(told) + 1
    store = Store(tmp_path)
    assert store.problems() == []
    store.close()


@pytest.mark.skipif(STRACE is None, reason="strace is not installed: failing disks cannot be tried")
@pytest.mark.parametrize(
    ("inject", "kind"),
    [
        ("pwrite64:error=ENOSPC:when=60..90", "SpoolFullError"),
        ("fdatasync,fsync:error=EIO:when=20", "SpoolBrokenError"),
    ],
)
async def test_a_disk_that_fails_is_said_and_what_was_acknowledged_before_is_kept(tmp_path, inject, kind):
    names = inject.split(":")[0]
    done = subprocess.run(  # noqa: ASYNC221
        [STRACE, "-f", "-q", "-o", "/dev/null", "-e", f"trace={names}", "-e", f"inject={inject}",
         sys.executable, "-c", WRITER, str(tmp_path), "60"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr and not done.stdout:
        pytest.skip("NOT PERMITTED HERE: strace may not trace, so failing disks cannot be tried")
    lines = done.stdout.splitlines()
    errors = [line for line in lines if line.startswith("error")]
    assert errors, (done.stdout[-500:], done.stderr[-500:])
    assert kind in errors[0]
    told = [int(line) for line in lines if line.isdigit()]
    found = await everything(tmp_path)
    for key, items in payloads(told).items():
        assert set(items) <= set(found[key])
    if kind == "SpoolFullError":
        assert told[-1] == 59, "it goes on when there is room again"


async def test_a_log_whose_last_page_was_torn_loses_no_more_than_that_commit(tmp_path):
    async with await Spool.open(tmp_path / "a", ["q"]) as spool:
        for number in range(30):
            await spool.put("q", f"door{number % 3}", b"%d" % number * 50)
        (tmp_path / "b").mkdir()
        for name in (FILE_NAME, FILE_NAME + "-wal"):
            shutil.copy(tmp_path / "a" / name, tmp_path / "b" / name)
    wal = tmp_path / "b" / (FILE_NAME + "-wal")
    data = wal.read_bytes()
    wal.write_bytes(data[:-700] + os.urandom(300))
    found = await everything(tmp_path / "b")
    assert sum(map(len, found.values())) >= 29
    for key, items in found.items():
        assert items == payloads(range(30))[key][: len(items)]


async def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1000)
    with pytest.raises(SpoolBrokenError, match=r"is damaged .*; move it away and start again"):
        await Spool.open(tmp_path, ["q"])


async def test_an_older_version_refuses_the_file_and_leaves_it_to_the_one_that_wrote_it(tmp_path, monkeypatch):
    file, aside = tmp_path / FILE_NAME, tmp_path / "aside"
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await asyncio.gather(*(spool.put("q", f"door{n % 3}", b"%d" % n) for n in range(60)))
        spool.acknowledge("q", await spool.take("q", 9))
    before = file.read_bytes()
    with monkeypatch.context() as older:
        older.setattr(store, "FORMAT", 1)
        older.setattr(store, "OLDER", ())
        with pytest.raises(SpoolError) as refused:
            await Spool.open(tmp_path, ["q"])
        assert str(refused.value) == (
            f"{file} has format 2, this version reads 1; let the version that wrote it empty it and move it away, "
            "or name another data folder"
        )
        assert file.read_bytes() == before
        assert not file.with_name(FILE_NAME + "-wal").exists()
    # the way back, as the guide for installing tells it: put aside, it is delivered by whoever wrote it
    aside.mkdir()
    file.rename(aside / FILE_NAME)
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert spool.counts("q").depth == 0
    async with await Spool.open(aside, ["q"]) as spool:
        assert spool.counts("q").depth == 51
        assert len(await spool.take("q", 100, each=100)) == 51


async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SpoolError, match=r"cannot be used .*; name one that this user may write to"):
        await Spool.open(tmp_path / "file" / "spool", ["q"])


async def test_a_full_disk_refuses_and_takes_again_and_forgets_no_acknowledgement(tmp_path, monkeypatch):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        await spool.put("q", "a", b"1")
        await spool.put("q", "b", b"2")
        (first,) = await spool.take("q")
        write = spool._store._write

        def full(_group):
            raise apsw.FullError("database or disk is full")

        monkeypatch.setattr(spool._store, "_write", full)
        spool.acknowledge("q", [first])
        with pytest.raises(SpoolFullError, match="make room"):
            await spool.put("q", "a", b"3")
        assert spool.counts("q").depth == 1
        monkeypatch.setattr(spool._store, "_write", write)
        await spool.put("q", "a", b"4")
        await spool.flush()
    assert await everything(tmp_path) == {"b": [b"2"], "a": [b"4"]}


async def test_a_clock_that_jumps_by_an_hour_changes_no_order(tmp_path):
    now = 1_800_000_000_000_000

    async with await Spool.open(tmp_path, ["q"], now=lambda: now) as spool:
        for jump in (0, 3600, -7200, 3600):
            now += jump * 1_000_000
            await spool.put("q", "door", b"%d" % jump)
        assert [i.payload for i in await spool.take("q", 9)] == [b"0", b"3600", b"-7200", b"3600"]


async def test_a_large_backlog_opens_quickly_and_stays_out_of_memory(tmp_path):
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        for number in range(60_000):
            spool.put_nowait("q", f"door{number % 50}", b"x" * 400)
            if number % 10_000 == 0:
                await spool.flush()
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        assert loop.time() - started < 3
        assert spool.counts("q").depth == 60_000
        assert spool._queues["q"].lanes.weight < 16 << 20
        taken = 0
        while spool.counts("q").depth:
            items = await spool.take("q", 500)
            taken += len(items)
            spool.acknowledge("q", items)
            assert spool._queues["q"].lanes.weight < 16 << 20
        assert taken == 60_000


async def test_orders_reach_the_owner_from_another_process_and_work_without_one(tmp_path):
    async with await Spool.open(tmp_path, ["q"]) as spool:
        for number in range(4):
            await spool.put("q", f"d{number}", b"%d" % number)
            (item,) = await spool.take("q")
            spool.bury("q", item, "because")
        ids = [letter.id for letter in await spool.dead_letters()]
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "doorwatch", "gateway", "queue", "retry", str(ids[0]), "--data-dir", str(tmp_path),
            stdout=subprocess.PIPE,
        )  # fmt: skip
        answer, _ = await asyncio.wait_for(asked.communicate(), 60)
        assert answer.decode() == "1 dead letters are queued again\n"
        assert [item.payload for item in await spool.take("q")] == [b"0"]
    assert await order(tmp_path, "drop", ids=ids[1:2]) == 1
    assert await order(tmp_path, "retry") == 2
    with pytest.raises(SpoolError, match="unknown order"):
        await order(tmp_path, "burn")
    with pytest.raises(SpoolError, match="holds no spool"):
        await order(tmp_path / "nowhere", "drop")
