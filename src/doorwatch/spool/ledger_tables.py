"""The ledger on disk: a log that is appended to, and two tables in the order of keys into which it is merged.

Entries come in any order of keys; put into a table one by one, each would cost a page of its own in every commit. So a
commit appends one row with all of its entries, and once ten thousand have gathered they are merged, in the order of
keys, in one go. Until then they are in memory too, where they are looked for first; a start reads them back.
Runs in the spool's one disk thread, inside the transactions of the store.
"""

import zlib

import apsw
import msgspec

GATHERED = 10_000
GROUP = 8
"""The first bytes of a key, which those that are looked up together have in common."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger_0(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_1(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_log(id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, entries BLOB NOT NULL) STRICT;
INSERT OR IGNORE INTO meta VALUES ('generation', 0);
"""

Entries = dict[bytes, bytes]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[bytes, bytes]).decode


class LedgerTables:
    """Every method blocks. `turn` and `append` are called within a transaction, and `committed` or `rolled_back` after it."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        if not list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ledger_log'")):
            db.execute(_SCHEMA)
        self._gathered: dict[bytes, Entries] = {}  # what is in the log, by group
        self._unsorted: list[Entries] = []  # and what of it came since somebody last asked for a group
        self._count = 0
        for crc, packed in db.execute("SELECT crc, entries FROM ledger_log ORDER BY id"):
            # what is damaged is left out: an entry that is missing costs a repetition at most
            if zlib.crc32(packed) == crc:
                self._gather(_decode(packed))
        ((self._generation,),) = db.execute("SELECT value FROM meta WHERE name = 'generation'")
        self._was = self._generation
        # of the transaction that is going on:
        self._written: Entries = {}
        self._merged = False

    def _gather(self, entries: Entries) -> None:
        self._unsorted.append(entries)
        self._count += len(entries)

    def _by_group(self, group: bytes) -> Entries:
        gathered = self._gathered
        for entries in self._unsorted:
            for key, value in entries.items():
                if key[:GROUP] in gathered:
                    gathered[key[:GROUP]][key] = value
                else:
                    gathered[key[:GROUP]] = {key: value}
        self._unsorted.clear()
        return gathered.get(group, {})

    # -- writing --------------------------------------------------------------------------------------------------

    def append(self, entries: Entries) -> None:
        """Add or replace entries."""
        packed = _encode(entries)
        self._db.execute("INSERT INTO ledger_log(crc, entries) VALUES (?,?)", (zlib.crc32(packed), packed))
        self._written = entries
        if len(entries) + (0 if self._merged else self._count) >= GATHERED:
            self._merge()

    def turn(self) -> None:
        """Empty the other table, which is the current one from now on."""
        self._merge()
        self._generation = 1 - self._generation
        self._db.execute(f"DELETE FROM ledger_{self._generation}")  # noqa: S608 - 0 or 1
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'generation'", (self._generation,))

    def _merge(self) -> None:
        rows: Entries = {}
        if not self._merged:
            for entries in (*self._gathered.values(), *self._unsorted):
                rows.update(entries)
        rows.update(self._written)
        keys = sorted(rows)
        # one statement for all: each step of one hands the interpreter's lock to the event loop and back
        merge = (
            f"INSERT OR REPLACE INTO ledger_{self._generation} "  # noqa: S608 - 0 or 1
            "SELECT substr(value, 1, ?1), substr(value, ?1 + 1) FROM carray(?2)"
        )
        for length in {len(key) for key in keys}:
            joined = tuple([key + rows[key] for key in keys if len(key) == length])
            self._db.execute(merge, (length, apsw.carray(joined)))
        self._db.execute("DELETE FROM ledger_log")
        self._written, self._merged = {}, True

    def committed(self) -> None:
        """What was done in the transaction is on disk."""
        if self._merged:
            self._gathered, self._unsorted, self._count = {}, [], 0
        if self._written:
            self._gather(self._written)
        self._written, self._merged, self._was = {}, False, self._generation

    def rolled_back(self) -> None:
        """What was done in the transaction is not on disk."""
        self._written, self._merged, self._generation = {}, False, self._was

    # -- reading --------------------------------------------------------------------------------------------------

    def range(self, first: bytes, last: bytes) -> Entries:
        """Entries with `first` <= key <= `last`; the youngest word of each. Both ends are of one group."""
        found: Entries = {}
        for generation in (1 - self._generation, self._generation):
            found.update(
                self._db.execute(
                    f"SELECT key, value FROM ledger_{generation} WHERE key BETWEEN ? AND ?",  # noqa: S608
                    (first, last),
                )
            )
        gathered = self._by_group(first[:GROUP])
        found.update((key, value) for key, value in gathered.items() if first <= key <= last)
        return found

    def last(self, group: bytes) -> bytes | None:
        """The last key of a group."""
        found = list(self._by_group(group))
        for number in (0, 1):
            sql = f"SELECT max(key) FROM ledger_{number} WHERE key BETWEEN ? AND ?"  # noqa: S608 - fixed names
            found += [key for (key,) in self._db.execute(sql, (group, group + b"\xff" * 64)) if key is not None]
        return max(found, default=None)

    def size(self) -> int:
        """Entries of the current generation, those that were replaced before they were merged counted more than once."""
        ((kept,),) = self._db.execute(f"SELECT count(*) FROM ledger_{self._generation}")  # noqa: S608
        return int(kept) + self._count

    def problems(self) -> list[str]:
        """Rows of the log whose checksum does not fit."""
        rows = self._db.execute("SELECT id, crc, entries FROM ledger_log")
        return [
            f"row {number} of the ledger's log is damaged" for number, crc, packed in rows if zlib.crc32(packed) != crc
        ]
