"""The spool's tables: what one group commit writes, and what is read back. Runs in the spool's one disk thread."""

import zlib
from array import array
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from doorwatch.spool.blocks import Blocks
from doorwatch.spool.errors import SpoolBrokenError, SpoolError, SpoolFullError
from doorwatch.spool.items import Block, Item
from doorwatch.spool.ledger_tables import LedgerTables
from doorwatch.spool.records import Damaged, DeadLetter, Group, Slice
from doorwatch.spool.shrinking import Shrinking

FILE_NAME = "spool.db"
FORMAT = 2
OLDER = (1,)
"""Formats that are read on: the first one had no blocks."""
COUNTERS = ("depth", "bytes", "put", "delivered", "buried", "dropped")

# What came in lately is in blocks (see blocks.py), which are read back only after a restart; `fresh` has those of it that were
# changed since. `backlog` is clustered by key, so that one door's items can be read in order without touching the others'.
# An item is in exactly one of the three; within a key those of the backlog are younger.
_SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE queues(
  queue INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, depth INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0, put INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
  buried INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE fresh(
  id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, key TEXT NOT NULL, put_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE backlog(
  queue INTEGER NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, put_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY(queue, key, id)) STRICT, WITHOUT ROWID;
CREATE TABLE dead(
  id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, key TEXT NOT NULL, put_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE notes(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE orders(
  id INTEGER PRIMARY KEY AUTOINCREMENT, verb TEXT NOT NULL, argument TEXT NOT NULL, answer TEXT) STRICT;
INSERT INTO meta VALUES ('format', 2), ('next_id', 1);
"""
# One statement for all rows of a commit, each packed into one value: each step of a statement hands the interpreter's lock
# to the event loop and back.
_NUMBERS = "%020d%020d%010d%010d"  # id, put_at, crc, length of the key
_TO_BACKLOG = """
INSERT INTO backlog SELECT ?1, CAST(substr(value, 61, CAST(substr(value, 51, 10) AS INTEGER)) AS TEXT),
  CAST(substr(value, 1, 20) AS INTEGER), CAST(substr(value, 21, 20) AS INTEGER), 0,
  CAST(substr(value, 41, 10) AS INTEGER), substr(value, 61 + CAST(substr(value, 51, 10) AS INTEGER)) FROM carray(?2)
"""


class Store:
    """One SQLite file. Every method blocks; they are called from one thread at a time."""

    def __init__(self, folder: Path, *, synchronous: str = "FULL") -> None:
        self.path = folder / FILE_NAME
        try:
            self._db = apsw.Connection(str(self.path))
        except apsw.Error as error:
            raise _translated(error, self.path) from error
        try:
            self._prepare(synchronous)
        except BaseException as error:
            self._db.close()  # or its log would stay beside a file that is refused
            if isinstance(error, apsw.Error):
                raise _translated(error, self.path) from error
            raise

    def _prepare(self, synchronous: str) -> None:
        db = self._db
        db.set_busy_timeout(5000)
        if not db.pragma("page_count"):
            db.pragma("auto_vacuum", "INCREMENTAL")
        if db.pragma("journal_mode", "WAL") != "wal":
            raise SpoolError(f"{self.path.parent}: the file system cannot hold the spool's log; use a local disk")
        db.pragma("synchronous", synchronous)
        db.pragma("cache_size", -4096)
        db.pragma("journal_size_limit", 32 << 20)
        db.pragma("temp_store", "MEMORY")
        with db:
            if not self._one("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"):
                db.execute(_SCHEMA)
            found = self._one("SELECT value FROM meta WHERE name = 'format'")
            if found != FORMAT and found not in OLDER:
                raise SpoolError(
                    f"{self.path} has format {found}, this version reads {FORMAT}; "
                    "let the version that wrote it empty it and move it away, or name another data folder"
                )
            self.ledger = LedgerTables(db)
            self.blocks = Blocks(db)
            self.shrinking = Shrinking(db)
            if found != FORMAT:
                db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (FORMAT,))

    def _one(self, sql: str, arguments: tuple[Any, ...] = ()) -> Any:
        for (value,) in self._db.execute(sql, arguments):
            return value
        return None

    @property
    def next_id(self) -> int:
        """An id that was never used, nor any beyond it."""
        return int(self._one("SELECT value FROM meta WHERE name = 'next_id'"))

    def queue(self, name: str) -> tuple[int, list[int]]:
        """Number and counters (in the order of COUNTERS) of a queue, which is made if need be."""
        row = f"SELECT queue, {', '.join(COUNTERS)} FROM queues WHERE name = ?"  # noqa: S608 - fixed names
        if not list(self._db.execute(row, (name,))):
            self._db.execute("INSERT INTO queues(name) VALUES (?)", (name,))
        number, *counters = next(iter(self._db.execute(row, (name,))))
        return number, list(counters)

    def queue_names(self) -> list[str]:
        """All queues that were ever used."""
        return [name for (name,) in self._db.execute("SELECT name FROM queues ORDER BY queue")]

    # -- writing --------------------------------------------------------------------------------------------------

    def commit(self, group: Group) -> None:
        """Write one group and fsync it.

        Raises SpoolFullError when the disk is full (nothing was written; try again later) and SpoolBrokenError when
        the disk failed.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(group)
            self._db.execute("COMMIT")
        except BaseException as error:
            self.ledger.rolled_back()
            self.blocks.rolled_back()
            # a full disk has ended the transaction already, and an error of the way back would hide what happened
            if self._db.in_transaction:
                with suppress(apsw.Error):
                    self._db.execute("ROLLBACK")
            if isinstance(error, apsw.Error):
                raise _translated(error, self.path) from error
            raise
        self.ledger.committed()
        self.blocks.committed()

    def _write(self, group: Group) -> None:
        many = self._db.executemany
        for queue, items in group.fresh.items():
            self.blocks.append(queue, items)
        for queue, items in group.backlog.items():
            self._db.execute(_TO_BACKLOG, (queue, apsw.carray(tuple([_packed(item) for item in items]))))
        if group.moved:
            many(
                "INSERT OR REPLACE INTO fresh VALUES (?,?,?,?,?,?,?)",
                [
                    (i.id, queue, i.key, i.put_at, i.attempts, zlib.crc32(i.payload), i.payload)
                    for queue, i, _ in group.moved
                ],
            )
        if group.tried:
            many(
                "UPDATE backlog SET attempts = ? WHERE queue = ? AND key = ? AND id = ?",
                [(i.attempts, queue, i.key, i.id) for queue, i in group.tried],
            )
        if group.buried:
            many(
                "INSERT INTO dead VALUES (?,?,?,?,?,?,?,?)",
                [
                    (i.id, queue, i.key, i.put_at, died_at, i.attempts, reason, i.payload)
                    for queue, i, died_at, reason in group.buried
                ],
            )
        self._remove(group)
        self._write_small(group)

    def _remove(self, group: Group) -> None:
        left: defaultdict[Block, list[Item]] = defaultdict(list)
        alone: list[int] = []
        backlog: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for _, item, block in group.moved:
            if block is not None:
                left[block].append(item)
        for queue, items in [*group.gone.items(), *((queue, [item]) for queue, item, _, _ in group.buried)]:
            for item in items:
                if item.block is not None:
                    left[item.block].append(item)
                elif item.fresh:
                    alone.append(item.id)
                else:
                    backlog[queue, item.key].append(item.id)
        if left:
            self.blocks.remove(left)
        # one statement takes many: each step of one hands the interpreter's lock to the event loop and back
        if alone:
            self._db.execute("DELETE FROM fresh WHERE id IN (SELECT value FROM carray(?))", (_numbers(alone),))
        for place, ids in backlog.items():
            self._db.execute(
                "DELETE FROM backlog WHERE queue = ? AND key = ? AND id IN (SELECT value FROM carray(?))",
                (*place, _numbers(ids)),
            )

    def _write_small(self, group: Group) -> None:
        db = self._db
        if group.counters:
            db.executemany(
                "UPDATE queues SET depth=?, bytes=?, put=?, delivered=?, buried=?, dropped=? WHERE queue=?",
                [(*values, queue) for queue, values in group.counters.items()],
            )
        for name, value in group.notes.items():
            if value is None:
                db.execute("DELETE FROM notes WHERE name = ?", (name,))
            else:
                db.execute("INSERT OR REPLACE INTO notes VALUES (?,?)", (name, value))
        if group.turn:
            self.ledger.turn()
        if group.ledger:
            self.ledger.append(group.ledger)
        if group.next_id:
            db.execute("UPDATE meta SET value = ? WHERE name = 'next_id'", (group.next_id,))

    # -- reading --------------------------------------------------------------------------------------------------

    def fresh(self, queue: int) -> "Slice":
        """All fresh items of a queue, in order."""
        good, damaged = self.blocks.read(queue)
        rows = self._db.execute(
            "SELECT id, key, put_at, attempts, crc, payload FROM fresh WHERE queue = ? ORDER BY id", (queue,)
        )
        for number, key, put_at, attempts, crc, payload in rows:
            item = Item(number, key, payload, put_at, attempts, fresh=True)
            if zlib.crc32(payload) == crc:
                good.append(item)
            else:
                damaged.append(Damaged(item))
        return Slice(sorted(good, key=lambda item: item.id), damaged, 0, more=False)

    def backlog_keys(self, queue: int) -> list[str]:
        """The keys that have a backlog; costs one seek a key, however many items there are."""
        keys: list[str] = []
        step = "SELECT min(key) FROM backlog WHERE queue = ? AND key > ?"
        key = self._one("SELECT min(key) FROM backlog WHERE queue = ?", (queue,))
        while key is not None:
            keys.append(key)
            key = self._one(step, (queue, key))
        return keys

    def backlog(self, queue: int, key: str, after: int, limit: int, most_bytes: int = 1 << 20) -> "Slice":
        """Up to `limit` items of a key's backlog with ids above `after`, in order; at least one, if there is one."""
        rows = self._db.execute(
            "SELECT id, key, put_at, attempts, crc, payload FROM backlog "
            "WHERE queue = ? AND key = ? AND id > ? ORDER BY id LIMIT ?",
            (queue, key, after, limit),
        )
        good: list[Item] = []
        damaged: list[Damaged] = []
        size = count = 0
        for number, name, put_at, attempts, crc, payload in rows:
            item = Item(number, name, payload, put_at, attempts, fresh=False)
            if zlib.crc32(payload) == crc:
                good.append(item)
            else:
                damaged.append(Damaged(item))
            after, size, count = number, size + len(payload), count + 1
            if size >= most_bytes:
                rows.close()
                return Slice(good, damaged, after, more=True)
        return Slice(good, damaged, after, more=count == limit)

    def oldest(self, queue: int) -> int | None:
        """When the oldest item of a queue was put."""
        found = [
            at
            for key in self.backlog_keys(queue)[:1000]
            if (at := self._one("SELECT put_at FROM backlog WHERE queue=? AND key=? ORDER BY id LIMIT 1", (queue, key)))
        ]
        if at := self._one("SELECT put_at FROM fresh WHERE queue = ? ORDER BY id LIMIT 1", (queue,)):
            found.append(at)
        if at := self.blocks.oldest(queue):
            found.append(at)
        return min(found, default=None)

    def note(self, name: str) -> bytes | None:
        """A note's value."""
        value: bytes | None = self._one("SELECT value FROM notes WHERE name = ?", (name,))
        return value

    def dead(self, queue: str | None = None, limit: int = 1000, after: int = 0) -> list[DeadLetter]:
        """Dead letters, oldest first."""
        rows = self._db.execute(
            "SELECT d.id, q.name, d.key, d.put_at, d.died_at, d.attempts, d.reason, d.payload FROM dead d "
            "JOIN queues q USING (queue) WHERE (?1 IS NULL OR q.name = ?1) AND d.id > ?2 ORDER BY d.id LIMIT ?3",
            (queue, after, limit),
        )
        return [DeadLetter(*row) for row in rows]

    def dead_count(self, queue: str | None = None) -> int:
        """How many dead letters there are."""
        return int(
            self._one("SELECT count(*) FROM dead JOIN queues USING (queue) WHERE ?1 IS NULL OR name = ?1", (queue,))
        )

    def remove_dead(self, ids: list[int]) -> None:
        """Forget dead letters."""
        with self._db:
            self._db.executemany("DELETE FROM dead WHERE id = ?", [(i,) for i in ids])

    # -- orders of other processes --------------------------------------------------------------------------------

    def changed(self) -> int:
        """A number that differs after another process wrote."""
        return int(self._db.pragma("data_version"))

    def open_orders(self) -> list[tuple[int, str, str]]:
        """Orders nobody answered yet: id, verb, argument."""
        return list(self._db.execute("SELECT id, verb, argument FROM orders WHERE answer IS NULL ORDER BY id"))

    def give_order(self, verb: str, argument: str) -> int:
        """Leave an order for the owner."""
        with self._db:
            self._db.execute("DELETE FROM orders WHERE answer IS NOT NULL")
            self._db.execute("INSERT INTO orders(verb, argument) VALUES (?,?)", (verb, argument))
        return int(self._db.last_insert_rowid())

    def answer_order(self, order: int, answer: str) -> None:
        """Say what became of an order."""
        with self._db:
            self._db.execute("UPDATE orders SET answer = ? WHERE id = ?", (answer, order))

    def order_answer(self, order: int) -> str | None:
        """The owner's answer, once there is one."""
        answer: str | None = self._one("SELECT answer FROM orders WHERE id = ?", (order,))
        return answer

    # -- proof ----------------------------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        """What is wrong with the file: SQLite's own check, checksums, counters. Reads everything; may take minutes."""
        try:
            found = [text for (text,) in self._db.execute("PRAGMA integrity_check") if text != "ok"]
        except apsw.Error as error:
            return [f"{self.path} cannot be read: {error}"]
        found += self.ledger.problems()
        for name in self.queue_names():
            number, counters = self.queue(name)
            count, size, told = self.blocks.measure(number)
            found += [f"{text} (queue {name})" for text in told]
            for table in ("fresh", "backlog"):
                sql = f"SELECT id, crc, payload FROM {table} WHERE queue = ?"  # noqa: S608 - fixed names
                for item, crc, payload in self._db.execute(sql, (number,)):
                    count, size = count + 1, size + len(payload)
                    if zlib.crc32(payload) != crc:
                        found.append(f"item {item} of queue {name} is damaged")
            if [count, size] != counters[:2]:
                found.append(
                    f"queue {name} counts {counters[0]} items of {counters[1]} bytes, but holds {count} of {size}"
                )
        return found

    def close(self) -> None:
        """Write the log back and close."""
        with suppress(apsw.Error):
            self._db.pragma("wal_checkpoint(TRUNCATE)")
        self._db.close()

    def close_reader(self) -> None:
        """Close without touching the log, which belongs to the owner."""
        self._db.close()


def _packed(item: Item) -> bytes:
    """An item as one value, for `_TO_BACKLOG`."""
    key = item.key.encode()
    return (_NUMBERS % (item.id, item.put_at, zlib.crc32(item.payload), len(key))).encode() + key + item.payload


def _numbers(ids: list[int]) -> Any:
    """Ids as one argument of a statement."""
    return apsw.carray(array("q", ids), flags=apsw.SQLITE_CARRAY_INT64)


def _translated(error: Exception, path: Path) -> SpoolError:
    if isinstance(error, SpoolError):
        return error
    if isinstance(error, apsw.FullError):
        return SpoolFullError(f"the disk that holds {path} is full; make room, nothing more is accepted until then")
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return SpoolError(f"{path} cannot be written ({error}); give the process a data folder of its own")
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return SpoolBrokenError(f"{path} is damaged ({error}); move it away and start again, or restore it")
    return SpoolBrokenError(f"the disk under {path} failed ({error}); check the disk, then start the process again")
