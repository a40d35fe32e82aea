"""What the spool and its store hand to each other."""

from dataclasses import dataclass, field

from doorwatch.spool.items import Block, Item


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An item that was given up; times are microseconds since 1970."""

    id: int
    queue: str
    key: str
    put_at: int
    died_at: int
    attempts: int
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """What cannot be delivered as if it were whole: one item, or a block of `count` of which nobody knows which is which."""

    item: Item
    count: int = 1
    size: int | None = None

    @property
    def bytes(self) -> int:
        """How many bytes of its queue it was."""
        return len(self.item.payload) if self.size is None else self.size


@dataclass(frozen=True, slots=True)
class Slice:
    """Items that were read back up to the id `last`; `more` when there are further ones."""

    items: list[Item]
    damaged: list[Damaged]
    last: int
    more: bool


@dataclass(slots=True)
class Group:
    """What the next commit will write."""

    fresh: dict[int, list[Item]] = field(default_factory=dict)  # by queue, like those that follow
    backlog: dict[int, list[Item]] = field(default_factory=dict)
    gone: dict[int, list[Item]] = field(default_factory=dict)
    moved: list[tuple[int, Item, Block | None]] = field(default_factory=list)  # changed ones, the block they leave
    tried: list[tuple[int, Item]] = field(default_factory=list)  # of the backlog
    buried: list[tuple[int, Item, int, str]] = field(default_factory=list)  # queue, item, died_at, reason
    counters: dict[int, list[int]] = field(default_factory=dict)  # queue: absolute values, in the order of COUNTERS
    notes: dict[str, bytes | None] = field(default_factory=dict)
    ledger: dict[bytes, bytes] = field(default_factory=dict)
    turn: bool = False  # the ledger's other half is emptied and becomes the current one
    next_id: int = 0  # up to which ids may be used from now on; 0: as before

    def __bool__(self) -> bool:
        return bool(
            self.fresh
            or self.backlog
            or self.gone
            or self.moved
            or self.tried
            or self.buried
            or self.counters
            or self.notes
            or self.ledger
            or self.turn
        )

    @property
    def news(self) -> int:
        """How many new items it brings."""
        return sum(map(len, self.fresh.values())) + sum(map(len, self.backlog.values()))

    def hold_back(self, most: int) -> dict[int, list[Item]]:
        """Give up departures from the backlog beyond so many, which cost a lot: they may wait for the next commit.

        Not those of a key of which something new comes: beside that, what is in the backlog counts as younger.
        """
        held: dict[int, list[Item]] = {}
        for queue, items in self.gone.items():
            if len(items) > most:
                coming = {item.key for item in self.fresh.get(queue, ())}
                slow = [item for item in items if not item.fresh and item.key not in coming]
                if len(slow) > most:
                    held[queue] = slow[most:]
                    waiting = {item.id for item in held[queue]}
                    self.gone[queue] = [item for item in items if item.id not in waiting]
        return held

    def take_over(self, older: "Group") -> None:
        """Write also what an older group could not, except its new items, which were refused, and what was noted of them."""
        for queue, items in older.gone.items():
            self.gone[queue] = items + self.gone.get(queue, [])
        self.moved[:0], self.tried[:0], self.buried[:0] = older.moved, older.tried, older.buried
        self.notes = {**older.notes, **self.notes}
        self.turn = self.turn or older.turn
