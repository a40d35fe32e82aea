"""What was seen before, kept through restarts and bounded: byte keys in their order, byte values.

Entries are written in the same transaction as the items that are put beside them. They live in two generations: when
the current one is full or old, the other is emptied and becomes the current one. So every entry is remembered for at
least one whole generation, at the cost of two.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorwatch.spool.spool import Spool

RECENT = 20_000


class Ledger:
    """The ledger of a spool. Reads of recent entries cost nothing; older ones are one look into the file."""

    def __init__(self, spool: "Spool", *, most: int = 1_000_000, size: int = 0) -> None:
        self._spool = spool
        self._most = most
        self._size = size
        self._recent: OrderedDict[bytes, bytes] = OrderedDict()

    def recent(self, key: bytes) -> bytes | None:
        """An entry, if it is among the last few thousand that were written."""
        return self._recent.get(key)

    async def find(self, first: bytes, last: bytes) -> dict[bytes, bytes]:
        """All entries with `first` <= key <= `last`, by key."""
        found = await self._spool.read_ledger(first, last)
        found.update((key, value) for key, value in self._recent.items() if first <= key <= last)
        return found

    def write(self, key: bytes, value: bytes) -> None:
        """Add or replace an entry, in the transaction of what is put before the next `await`."""
        known = key in self._recent
        self._recent[key] = value
        self._recent.move_to_end(key)
        self._spool.write_ledger(key, value)
        if not known:
            self._size += 1
        if self._size > self._most:
            self.turn()

    def turn(self) -> None:
        """Begin a new generation: what was not written in the current or the last one is forgotten."""
        self._spool.turn_ledger()
        self._size = 0

    def settle(self) -> None:
        """Let go of entries that are on disk by now; called after each commit."""
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)
