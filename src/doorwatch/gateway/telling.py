"""How an event is told to the server. Events differ in their time; what else is said of a door or a person is written once."""

from binascii import hexlify
from functools import lru_cache
from typing import NamedTuple

import msgspec

from doorwatch.domain.access import Direction
from doorwatch.domain.time import to_iso
from doorwatch.gateway.identity import KNOWS_ACTOR, KNOWS_MAIL, KNOWS_NAME, KNOWS_POINT, KNOWS_SIDE

KEPT = 8192
_encode = msgspec.json.Encoder().encode
_MILLIS = tuple(b'.%03dZ",' % millis for millis in range(1000))


class Where(NamedTuple):
    """What is said of a place, as it stands in a body, and which of it was known."""

    text: bytes
    knows: int


class Who(NamedTuple):
    """What is said of a person, as it stands in a body, and which of it was known."""

    text: bytes
    knows: int


class _Where(msgspec.Struct, omit_defaults=True, gc=False):
    device_id: str
    event_type: str
    source: str
    side: Direction | None = None
    access_point_id: str | None = None


class _Who(msgspec.Struct, omit_defaults=True, gc=False):
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None


@lru_cache(maxsize=KEPT)
def where(door: str, event_type: str, source: str, side: Direction | None, point: str | None) -> Where:
    """Where something happened, and what; an access point or a side that is None is not known."""
    knows = (KNOWS_POINT if point is not None else 0) | (KNOWS_SIDE if side is not None else 0)
    return Where(_encode(_Where(door, event_type, source, side, point))[1:-1], knows)


@lru_cache(maxsize=KEPT)
def who(number: str | None, name: str | None, mail: str | None) -> Who:
    """Who it was; what is None is not known."""
    knows = (
        (KNOWS_ACTOR if number is not None else 0)
        | (KNOWS_NAME if name is not None else 0)
        | (KNOWS_MAIL if mail is not None else 0)
    )
    inner = _encode(_Who(number, name, mail))[1:-1]
    return Who(b"," + inner if inner else b"", knows)


def time_text(millis: int) -> bytes:
    """How a time (milliseconds since 1970) stands in a body, up to the comma behind it."""
    second, rest = divmod(millis, 1000)
    return _second(second) + _MILLIS[rest]


def body(number: bytes, time: bytes, place: Where, person: Who) -> bytes:
    """A whole event as JSON. `number` is the id's sixteen bytes, `time` what `time_text` gave."""
    return b"".join((b'{"event_id":"', hexlify(number), b'","timestamp":"', time, place.text, person.text, b"}"))


@lru_cache(maxsize=512)
def _second(seconds: int) -> bytes:
    return to_iso(seconds * 1_000_000, 0)[:-1].encode()
