"""What the spool and its store hand to each other."""

from dataclasses import dataclass, field

from doorwatch.spool.lanes import Item


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
class Slice:
    """Items that were read back up to the id `last`; `more` when there are further ones."""

    items: list[Item]
    damaged: list[Item]
    last: int
    more: bool


@dataclass(slots=True)
class Group:
    """What the next commit will write."""

    fresh: list[tuple[int, int, Item]] = field(default_factory=list)  # queue, crc, item
    backlog: list[tuple[int, int, Item]] = field(default_factory=list)
    amended: list[Item] = field(default_factory=list)  # fresh ones with another payload
    gone: list[tuple[int, Item]] = field(default_factory=list)
    tried: list[tuple[int, Item]] = field(default_factory=list)
    buried: list[tuple[int, Item, int, str]] = field(default_factory=list)  # queue, item, died_at, reason
    counters: dict[int, list[int]] = field(default_factory=dict)  # queue: absolute values, in the order of COUNTERS
    notes: dict[str, bytes | None] = field(default_factory=dict)
    ledger: dict[bytes, bytes] = field(default_factory=dict)
    turn: bool = False  # the ledger's other half is emptied and becomes the current one
    next_id: int = 0

    def __bool__(self) -> bool:
        return bool(
            self.fresh
            or self.backlog
            or self.amended
            or self.gone
            or self.tried
            or self.buried
            or self.counters
            or self.notes
            or self.ledger
            or self.turn
        )

    def take_over(self, older: "Group") -> None:
        """Write also what an older group could not, except its new items, which were refused, and what was noted of them."""
        self.gone[:0], self.tried[:0], self.buried[:0] = older.gone, older.tried, older.buried
        self.amended[:0] = older.amended
        self.notes = {**older.notes, **self.notes}
        self.turn = self.turn or older.turn
