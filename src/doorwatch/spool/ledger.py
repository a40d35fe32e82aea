"""What was seen before, kept through restarts and bounded: byte keys in their order, byte values.

Entries are written in the same transaction as the items that are put beside them. They live in two generations: when
the current one is full, the other is emptied and becomes the current one. So every entry is remembered for at least one
whole generation, at the cost of two. The first eight bytes of a key group it with those that are looked up together.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from doorwatch.spool.commits import Commits
from doorwatch.spool.ledger_tables import GROUP, LedgerTables

RECENT = 20_000


class Ledger:
    """The ledger of a spool. The last few thousand entries are also in memory."""

    def __init__(self, commits: Commits, tables: LedgerTables, *, most: int = 1_000_000) -> None:
        self._commits = commits
        self._tables = tables
        self._most = most
        self._size = tables.size()
        self._recent: dict[bytes, dict[bytes, bytes]] = {}
        self._floors: dict[bytes, bytes] = {}
        self._order: deque[bytes] = deque()

    def recent(self, group: bytes) -> dict[bytes, bytes]:
        """The entries of a group that are in memory."""
        return self._recent.get(group, {})

    def floor(self, group: bytes) -> bytes:
        """All entries of a group with keys beyond this one are in memory; of a group that `last` was asked for before."""
        return self._floors.get(group, b"")

    async def find(self, spans: Sequence[tuple[bytes, bytes]]) -> list[dict[bytes, bytes]]:
        """For each span, the entries with first <= key <= last; both ends of a span are of one group."""
        found = await self.read(spans)
        for (first, last), entries in zip(spans, found, strict=True):
            recent = self.recent(first[:GROUP])
            entries.update((key, value) for key, value in recent.items() if first <= key <= last)
        return found

    async def read(self, spans: Sequence[tuple[bytes, bytes]]) -> list[dict[bytes, bytes]]:
        """As `find`, of what is on disk alone."""
        span = self._tables.range
        return await self._commits.on_disk(lambda: [span(first, last) for first, last in spans])

    async def last(self, groups: Sequence[bytes]) -> list[bytes | None]:
        """The last key of each group, in the order of keys; None for a group without entries."""
        read = self._tables.last
        kept = await self._commits.on_disk(lambda: [read(group) for group in groups])
        for group, found in zip(groups, kept, strict=True):
            if found is not None:
                self._floors[group] = max(found, self.floor(group))
        return [
            max((key for key in (found, *self.recent(group)) if key is not None), default=None)
            for group, found in zip(groups, kept, strict=True)
        ]

    def write(self, key: bytes, value: bytes) -> None:
        """Add or replace an entry, in the transaction of what is put before the next `await`."""
        group = self._recent.setdefault(key[:GROUP], {})
        if key not in group:
            self._size += 1
        group[key] = value
        self._order.append(key)
        self._hand_over({key: value})
        if self._size > self._most:
            self.turn()

    def write_all(self, entries: Mapping[bytes, bytes]) -> None:
        """As `write`, for many entries that are new."""
        recent = self._recent
        for key, value in entries.items():
            group = recent.get(key[:GROUP])
            if group is None:
                group = recent[key[:GROUP]] = {}
            group[key] = value
        self._size += len(entries)
        self._order.extend(entries)
        self._hand_over(entries)
        if self._size > self._most:
            self.turn()

    def turn(self) -> None:
        """Begin a new generation: what was not written in the current or the last one is forgotten."""
        self._commits.group.turn = True
        self._commits.touch()
        self._size = 0

    def _hand_over(self, entries: Mapping[bytes, bytes]) -> None:
        self._commits.check()
        self._commits.group.ledger.update(entries)
        self._commits.touch()

    def forget(self, keys: Iterable[bytes]) -> None:
        """Entries that could not be written: what the disk says of them counts."""
        for key in keys:
            self._drop(key, key[:GROUP])

    def settle(self) -> None:
        """Let go of the oldest entries in memory, which are on disk by now; called after each commit."""
        oldest, floors = self._order.popleft, self._floors
        for _ in range(len(self._order) - RECENT):
            key = oldest()
            group = key[:GROUP]
            if key > floors.get(group, b""):
                floors[group] = key
            self._drop(key, group)

    def _drop(self, key: bytes, group: bytes) -> None:
        entries = self._recent.get(group)
        if entries is not None:
            entries.pop(key, None)
            if not entries:
                del self._recent[group]
