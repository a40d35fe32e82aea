"""One queue: its rules, its numbers, its lanes and those who wait for it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.spool.items import Item
from doorwatch.spool.lanes import Lanes


class WhenFull(StrEnum):
    """What happens to a new item when its queue has reached its limit."""

    STOP = "stop"
    DROP_OLDEST = "drop_oldest"


@dataclass(frozen=True, slots=True)
class QueueRules:
    """Limits of one queue: payload bytes on disk, what happens beyond them, bytes of items held in memory."""

    max_bytes: int = 8 << 30
    when_full: WhenFull = WhenFull.STOP
    memory: int = 12 << 20


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """One queue in numbers: what waits now, and what passed since the folder was made."""

    depth: int
    bytes: int
    put: int
    delivered: int
    buried: int
    dropped: int


class Queue:
    """One queue as its owner holds it: rules, lanes, counters, and who waits for items."""

    def __init__(self, name: str, number: int, rules: QueueRules, counters: list[int]) -> None:
        self.name = name
        self.number = number
        self.rules = rules
        self.lanes = Lanes(rules.memory)
        self.depth, self.bytes, self.put, self.delivered, self.buried, self.dropped = counters
        self.takers: deque[asyncio.Future[None]] = deque()
        self.givers: set[asyncio.Future[None]] = set()  # who wait for room in memory
        self.reading = False

    @property
    def counters(self) -> list[int]:
        """In the order in which the store keeps them."""
        return [self.depth, self.bytes, self.put, self.delivered, self.buried, self.dropped]

    def counters_with(self, kept: Sequence[Item]) -> list[int]:
        """The same while these, which were delivered, are on disk yet: what a new process would find."""
        depth, size, put, delivered, *others = self.counters
        return [depth + len(kept), size + sum(len(item.payload) for item in kept), put, delivered - len(kept), *others]

    def wake(self) -> None:
        """Tell one waiting taker that there is something."""
        while self.takers and self.lanes.ready:
            taker = self.takers.popleft()
            if not taker.done():
                taker.set_result(None)
                return

    def tell_givers(self) -> None:
        """Tell those who wait for room that there is some."""
        if self.givers and self.lanes.roomy:
            for giver in self.givers:
                if not giver.done():
                    giver.set_result(None)
            self.givers.clear()

    def fail(self, error: Exception) -> None:
        """Nobody will ever get anything."""
        for taker in self.takers:
            if not taker.done():
                taker.set_exception(error)

    def refuse(self, item: Item) -> None:
        """A new item could not be written after all."""
        self.depth -= 1
        self.bytes -= len(item.payload)
        self.put -= 1
        if item.fresh:
            self.lanes.withdraw(item)
        else:
            self.lanes.stored([item.key])
