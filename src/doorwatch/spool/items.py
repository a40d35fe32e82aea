"""One item, and where on disk it lies."""

import msgspec

OVERHEAD = 250
"""Bytes that an item takes in memory beside its payload."""


class Block:
    """Where `count` items lie on disk: `id` is that of the first; `gone` has a bit for each that has left."""

    __slots__ = ("count", "gone", "gone_bytes", "id")

    def __init__(self, id_: int, count: int, gone: int = 0, gone_bytes: int = 0) -> None:
        self.id = id_
        self.count = count
        self.gone = gone
        self.gone_bytes = gone_bytes


class Item(msgspec.Struct, eq=False, gc=False):
    """One item. `id` grows with the order of `put`; `put_at` is microseconds since 1970; `attempts` counts refusals.

    `block` is where a fresh one lies on disk; None when it lies by itself.
    """

    id: int
    key: str
    payload: bytes
    put_at: int
    attempts: int = 0
    fresh: bool = True
    block: Block | None = None

    def __repr__(self) -> str:
        return f"Item({self.id}, {self.key!r}, {len(self.payload)} bytes)"

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.payload) + OVERHEAD
