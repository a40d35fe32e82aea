"""What was seen before, kept through restarts and bounded: byte keys in their order, byte values.

Entries are written in the same transaction as the items that are put beside them. They live in two generations: when
the current one is full, the other is emptied and becomes the current one. So every entry is remembered for at least one
whole generation, at the cost of two. The first eight bytes of a key group it with those that are looked up together.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence

from doorwatch.spool.commits import Commits
from doorwatch.spool.ledger_tables import GROUP, LedgerTables

RECENT = 20_000
"""At most so many entries stay in memory when they are on disk, at least half of it."""
_Groups = dict[bytes, dict[bytes, bytes]]


class Ledger:
    """The ledger of a spool. The last ten to twenty thousand entries are also in memory."""

    def __init__(self, commits: Commits, tables: LedgerTables, *, most: int = 1_000_000) -> None:
        self._commits = commits
        self._tables = tables
        self._most = most
        self._size = tables.size()
        # by group: those that came lately, and those of before, which are let go all at once
        self._young: _Groups = {}
        self._old: _Groups = {}
        self._count = 0  # of the young ones
        self._floors: dict[bytes, bytes] = {}

    def recent(self, group: bytes) -> Mapping[bytes, bytes]:
        """The entries of a group that are in memory."""
        old, young = self._old.get(group), self._young.get(group)
        if old and young:
            return ChainMap(young, old)
        return young or old or {}

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
        group = key[:GROUP]
        if key not in self._old.get(group, ()) and key not in self._young.get(group, ()):
            self._size += 1
        self._write({key: value})

    def write_all(self, entries: Mapping[bytes, bytes]) -> None:
        """As `write`, for many entries that are new."""
        self._size += len(entries)
        self._write(entries)

    def _write(self, entries: Mapping[bytes, bytes]) -> None:
        self._commits.check()
        young = self._young
        for key, value in entries.items():
            group = young.get(key[:GROUP])
            if group is None:
                group = young[key[:GROUP]] = {}
            group[key] = value
        self._count += len(entries)
        self._commits.group.ledger.update(entries)
        self._commits.touch()
        if self._size > self._most:
            self.turn()

    def turn(self) -> None:
        """Begin a new generation: what was not written in the current or the last one is forgotten."""
        self._commits.group.turn = True
        self._commits.touch()
        self._size = 0

    def forget(self, keys: Iterable[bytes]) -> None:
        """Entries that could not be written: what the disk says of them counts."""
        for key in keys:
            for groups in (self._young, self._old):
                if key in groups.get(key[:GROUP], ()):
                    del groups[key[:GROUP]][key]

    def settle(self) -> None:
        """Let go of the oldest entries in memory, if there are many; called after each commit.

        Those that go had been handed over when the last ones went, so a whole commit ago: they are on disk.
        """
        if self._count < RECENT // 2:
            return
        for group, entries in self._old.items():
            if entries:
                self._floors[group] = max(*entries, self.floor(group))
        self._old, self._young, self._count = self._young, {}, 0
