"""Items that came together lie together: one row for all that a commit brought into a queue.

Most items are delivered within the second in which they came. A row for each would cost a statement's step to write and
another to remove, and each step hands the interpreter's lock to and fro between the disk's thread and the event loop.
So a commit appends its items as one block, and a block is deleted as a whole when the last of its items has left. What
left before that is a bit in a row beside it. Each item keeps its own checksum, so that a flipped bit costs one of them.
Runs in the spool's one disk thread, inside the transactions of the store.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import apsw
import msgspec

from doorwatch.spool.items import Block, Item
from doorwatch.spool.records import Damaged

ITEMS_A_BLOCK = 256

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks(
  id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, count INTEGER NOT NULL, put_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, heads BLOB NOT NULL, payloads BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS block_gone(
  block INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, bits BLOB NOT NULL) STRICT;
"""

_Head = tuple[int, str, int, int, int]  # id, key, put_at, crc and length of the payload
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Head]).decode


class Blocks:
    """Every method blocks. `append` and `remove` are called within a transaction, and `committed` or `rolled_back` after it."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        if not list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'block_gone'")):
            db.execute(_SCHEMA)
        self._changed: list[tuple[Block, int, int]] = []  # block, bits and bytes gone: true once it is committed

    # -- writing --------------------------------------------------------------------------------------------------

    def append(self, queue: int, items: Sequence[Item]) -> None:
        """Write new items of a queue, in their order, and tell each in which block it lies."""
        for start in range(0, len(items), ITEMS_A_BLOCK):
            part = items[start : start + ITEMS_A_BLOCK]
            payloads = [item.payload for item in part]
            ids, keys, times = [i.id for i in part], [i.key for i in part], [i.put_at for i in part]
            heads = _encode(list(zip(ids, keys, times, map(zlib.crc32, payloads), map(len, payloads), strict=True)))
            self._db.execute(
                "INSERT INTO blocks VALUES (?,?,?,?,?,?,?)",
                (ids[0], queue, len(part), times[0], zlib.crc32(heads), heads, b"".join(payloads)),
            )
            block = Block(ids[0], len(part))
            for item in part:
                item.block = block

    def remove(self, left: Mapping[Block, Sequence[Item]]) -> None:
        """Note that items have left their blocks; a block of which nothing is left is deleted."""
        empty: list[tuple[int]] = []
        marked: list[tuple[int]] = []  # those of the empty ones that have a row of bits
        for block, gone in left.items():
            bits, first = block.gone, block.id
            if len(gone) < block.count:
                for item in gone:
                    bits |= 1 << (item.id - first)
            if len(gone) == block.count or bits.bit_count() == block.count:
                empty.append((first,))
                if block.gone:
                    marked.append((first,))
                continue
            size = block.gone_bytes + sum(len(item.payload) for item in gone)
            self._db.execute(
                "INSERT OR REPLACE INTO block_gone VALUES (?,?,?)",
                (first, size, bits.to_bytes((bits.bit_length() + 7) // 8, "little")),
            )
            self._changed.append((block, bits, size))
        if empty:
            self._db.executemany("DELETE FROM blocks WHERE id = ?", empty)
        if marked:
            self._db.executemany("DELETE FROM block_gone WHERE block = ?", marked)

    def committed(self) -> None:
        """What was done in the transaction is on disk."""
        for block, bits, size in self._changed:
            block.gone, block.gone_bytes = bits, size
        self._changed.clear()

    def rolled_back(self) -> None:
        """What was done in the transaction is not on disk."""
        self._changed.clear()

    # -- reading --------------------------------------------------------------------------------------------------

    def read(self, queue: int) -> tuple[list[Item], list[Damaged]]:
        """All items of a queue that are in blocks and have not left, in order."""
        good: list[Item] = []
        damaged: list[Damaged] = []
        for block, heads, payloads in self._rows(queue):
            if heads is None:
                whole = Item(block.id, "", payloads, 0)
                whole.block = Block(block.id, 1, block.gone)  # which leaves as one
                damaged.append(Damaged(whole, block.count - block.gone.bit_count(), len(payloads) - block.gone_bytes))
                continue
            start = 0
            for number, key, put_at, crc, length in heads:
                payload = payloads[start : start + length]
                start += length
                if block.gone >> (number - block.id) & 1:
                    continue
                item = Item(number, key, payload, put_at)
                item.block = block
                if zlib.crc32(payload) == crc:
                    good.append(item)
                else:
                    damaged.append(Damaged(item))
        return good, damaged

    def _rows(self, queue: int) -> Iterator[tuple[Block, list[_Head] | None, bytes]]:
        """Blocks with what lies where, None when that cannot be read any more."""
        rows = self._db.execute(
            "SELECT id, b.count, crc, heads, payloads, coalesce(bytes, 0), coalesce(bits, x'') "
            "FROM blocks b LEFT JOIN block_gone ON block = id WHERE queue = ? ORDER BY id",
            (queue,),
        )
        for number, count, crc, packed, payloads, size, bits in rows:
            heads = _decode(packed) if zlib.crc32(packed) == crc else None
            yield Block(number, count, int.from_bytes(bits, "little"), size), heads, payloads

    def oldest(self, queue: int) -> int | None:
        """When the first item of the oldest block was put."""
        for (at,) in self._db.execute("SELECT put_at FROM blocks WHERE queue = ? ORDER BY id LIMIT 1", (queue,)):
            return int(at)
        return None

    def measure(self, queue: int) -> tuple[int, int, list[str]]:
        """Items and bytes of a queue that are in blocks, and what is wrong with them."""
        good, damaged = self.read(queue)
        count = len(good) + sum(one.count for one in damaged)
        size = sum(len(item.payload) for item in good) + sum(one.bytes for one in damaged)
        told = [
            f"a block of {one.count} items is damaged" if one.count > 1 else f"item {one.item.id} is damaged"
            for one in damaged
        ]
        return count, size, told
