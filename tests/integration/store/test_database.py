"""The database itself: commits, failures, snapshots, and errors that say what to do."""

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import text

from doorwatch.store import Database, StoreBusyError, StoreError, tenants
from doorwatch.store.engine import writer
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.engine.writer import note_change
from doorwatch.store.schema.places import accounts


def add(name):
    return lambda conn: tenants.create_account(conn, name, 1, account_id=name)


def names(conn):
    return sorted(account.name for account in tenants.list_accounts(conn))


class Gate:
    """Holds the writer up, so that what comes meanwhile goes into one transaction."""

    def __init__(self, db):
        self._entered, self._open = threading.Event(), threading.Event()
        self.job = db._writer.submit(self._wait)
        assert self._entered.wait(10)

    def _wait(self, _conn):
        self._entered.set()
        assert self._open.wait(10)

    def open(self):
        self._open.set()
        self.job.result(10)


async def test_a_write_that_returned_is_there_for_readers_and_for_the_next_process(database, database_address):
    await database.write(add("a"))
    assert await database.read(names) == ["a"]
    with Database.open(database_address) as other:
        assert other.read_sync(names) == ["a"]


async def test_writes_that_wait_share_one_commit(database):
    commits = []
    database.on_change(commits.append)
    gate = Gate(database)

    def noted(name):
        def work(conn):
            note_change(conn, name)
            return add(name)(conn)

        return work

    waiting = [asyncio.ensure_future(database.write(noted(name))) for name in "abc"]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(*waiting)
    assert commits == [frozenset("abc")]


async def test_one_failing_write_takes_only_its_own_work_back(database):
    gate = Gate(database)

    def half(conn):
        add("half")(conn)
        raise ConflictError("no")

    waiting = [asyncio.ensure_future(database.write(work)) for work in (add("a"), half, add("b"))]
    await asyncio.sleep(0)
    gate.open()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[1], ConflictError)
    assert await database.read(names) == ["a", "b"]


async def test_a_write_that_the_database_refuses_fails_alone(database):
    gate = Gate(database)
    works = (add("a"), add("a"), add("b"), lambda conn: conn.execute(text("SELECT nonsense FROM nowhere")))
    waiting = [asyncio.ensure_future(database.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one).__name__ for one in done] == ["Account", "StoreError", "Account", "StoreError"]
    assert await database.read(names) == ["a", "b"]


async def test_a_cancelled_write_that_did_not_begin_is_not_done(database):
    gate = Gate(database)
    waiting = asyncio.ensure_future(database.write(add("never")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.open()
    assert await database.read(names) == []


async def test_too_many_waiting_writes_are_refused(database, monkeypatch):
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    gate = Gate(database)
    waiting = [asyncio.ensure_future(database.write(add(name))) for name in "ab"]
    await asyncio.sleep(0)
    assert database.waiting_writes == 2
    with pytest.raises(StoreBusyError, match="try again"):
        await database.write(add("c"))
    gate.open()
    await asyncio.gather(*waiting)


async def test_a_reader_sees_one_moment_and_cannot_write(database):
    await database.write(add("a"))

    def look_twice(conn):
        first = names(conn)
        database.write_sync(add("b"))
        return first, names(conn)

    assert await database.read(look_twice) == (["a"], ["a"])
    with pytest.raises(StoreError):
        await database.read(add("c"))
    assert await database.read(names) == ["a", "b"]


async def test_a_failing_listener_does_not_spoil_the_commit(database):
    heard = []

    def fail(_accounts):
        raise RuntimeError("listener")

    database.on_change(fail)
    database.on_change(heard.append)
    await database.write(lambda conn: note_change(conn, "x"))
    assert heard == [frozenset("x")]


async def test_a_write_that_failed_announces_nothing(database):
    heard = []
    database.on_change(heard.append)

    def fail(conn):
        note_change(conn, "x")
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        await database.write(fail)
    await database.write(lambda conn: None)
    assert heard == []


def test_closing_does_what_waits_and_then_refuses(own_address):
    db = Database.open(own_address)
    gate = Gate(db)
    job = db._writer.submit(add("late"))
    gate.open()
    db.close()
    assert job.result(1).name == "late"
    with pytest.raises(StoreError, match="closed"):
        db.write_sync(add("too late"))


def test_many_threads_write_at_once_and_nothing_is_lost(database):
    def work(thread):
        for number in range(20):
            database.write_sync(add(f"{thread}-{number}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(database.read_sync(names)) == 160


def test_a_referenced_row_cannot_be_deleted(building):
    with pytest.raises(StoreError):
        building.db.write_sync(lambda conn: conn.execute(accounts.delete()))


def test_sqlite_keeps_every_promise_it_was_asked_for(tmp_path):
    with Database.open(str(tmp_path / "x.db")) as db:
        asked = {
            name: db.read_sync(lambda c, n=name: c.execute(text(f"PRAGMA {n}")).scalar())
            for name in ("journal_mode", "synchronous", "foreign_keys", "query_only", "mmap_size")
        }
        written = db.write_sync(lambda c: c.execute(text("PRAGMA query_only")).scalar())
    assert (asked, written) == (
        {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 1, "mmap_size": 0},
        0,
    )
    assert (tmp_path / "x.db").stat().st_mode & 0o077 == 0


def test_an_address_that_cannot_be_used_is_explained():
    for address, said in {
        "mysql://host/x": "mysql:// which is not known; use sqlite:/// or postgresql://",
        "sqlite://": "names no file",
        "sqlite:///:memory:": "names no file",
        "postgresql://user:secret@ho st:nan/x": "cannot be read",
        "postgresql://u:secret@127.0.0.1:1/x?connect_timeout=2": "cannot be reached",
    }.items():
        with pytest.raises(StoreError) as caught:
            Database.open(address)
        message = str(caught.value).replace("//,", "//")
        assert said in message
        assert "secret" not in message


def test_a_file_that_is_no_database_is_explained(tmp_path):
    path = tmp_path / "x.db"
    path.write_text("this is a shopping list and nothing else " * 50)
    with pytest.raises(StoreError, match="not a sound database: restore it from a backup"):
        Database.open(str(path))


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Database.open(str(tmp_path / "file" / "x.db"))


def test_a_full_disk_is_explained(tmp_path):
    path = tmp_path / "x.db"
    with Database.open(str(path)) as db:
        pages = db.read_sync(lambda c: c.execute(text("PRAGMA page_count")).scalar())
        db.write_sync(lambda c: None)
        db._writing.dispose()
        limit = [f"PRAGMA max_page_count={pages}"]

        def fill(conn):
            conn.exec_driver_sql(limit[0])
            conn.execute(
                accounts.insert(),
                [
                    {"account_id": f"{n}" * 100, "name": "x" * 1000, "created_at": 1, "number": n + 1}
                    for n in range(300)
                ],
            )

        with pytest.raises(StoreError, match="is full: free some space"):
            db.write_sync(fill)


def test_a_postgresql_that_does_not_know_the_database_is_explained(postgres_server):
    with pytest.raises(StoreError, match="does not exist: create it"):
        Database.open(postgres_server.address("nothing_here"))


def test_a_database_of_a_newer_version_is_left_alone(own_address):
    with Database.open(own_address) as db:
        db.write_sync(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreError, match="a newer Doorwatch has written this database"):
        Database.open(own_address)


def test_what_was_written_survives_a_process_that_is_killed(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "x.db"
    script = (
        "import os, sys\n"
        "from doorwatch.store import Database, tenants\n"
        "db = Database.open(sys.argv[1])\n"
        "db.write_sync(lambda c: tenants.create_account(c, 'kept', 1))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -9
    with Database.open(str(path)) as db:
        assert db.read_sync(names) == ["kept"]
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
