"""What goes between the server and the processes that judge: orders to look at doors, and what was seen there."""

from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Border, Change, Known, Span
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.outcomes import Outcomes

LENGTH = 4
"""Bytes before each message: how long it is."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What of a door's window is news beside what is stored, and when to look again.

    `again_from` is the earliest input that is still open then. `known` are the incidents with which the verdict was
    compared, where it made a difference; the changes hold for no others. `border` is to be kept for later looks, if
    `new_border` says that it is another one, or none, than what was kept before.
    """

    span: Span
    again_at: Micros | None
    again_from: Micros
    known: tuple[Known, ...] = ()
    changes: tuple[Change, ...] = ()
    outcomes: Outcomes = field(default_factory=Outcomes)
    border: Border | None = None
    new_border: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A door that could not be judged, and why, for the log."""

    why: str


class Start(msgspec.Struct, frozen=True):
    """The first message to a process: which database it reads."""

    database: str


class Order(msgspec.Struct, frozen=True):
    """Doors to judge on one snapshot, as of `now`; nothing from before `oldest` is judged again."""

    doors: list[DirtyDoor]
    now: Micros
    oldest: Micros | None


class Answer(msgspec.Struct, frozen=True):
    """What was seen at the doors of an order, by their positions, or why the database could not be read."""

    looked: dict[int, Looked] = {}
    failed: dict[int, Failed] = {}
    broken: str | None = None


_encode = msgspec.msgpack.Encoder().encode
decode_start = msgspec.msgpack.Decoder(Start).decode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


def message(told: Start | Order | Answer) -> bytes:
    """A message as it goes through a pipe."""
    body = _encode(told)
    return len(body).to_bytes(LENGTH, "big") + body


def read_message(pipe: BinaryIO) -> bytes | None:
    """The next message's body; None when the other end is gone."""
    head = pipe.read(LENGTH)
    if len(head) < LENGTH:
        return None
    size = int.from_bytes(head, "big")
    body = pipe.read(size)
    return body if len(body) == size else None
