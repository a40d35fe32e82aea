"""Which copies of an event are one occurrence, and under which id it goes to the server.

The same occurrence may come from the stream and from the report, twice from each, with more or fewer decimals, with its
cardholder known only in one of them. Copies with equal door, type and millisecond are one, unless different cardholders
are known among them: then there is one for each, in the order in which they were first seen. A copy that gives fewer
than three decimals equals one whose time rounds or truncates to it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import msgspec

from doorwatch.domain.time import MILLISECOND
from doorwatch.pacs.driver import PacsEvent

_PREFIX = 8
COARSEST = 1000
"""Milliseconds: how far apart copies of one occurrence may lie, where one of them tells no decimals."""
KNOWS_ACTOR, KNOWS_NAME, KNOWS_MAIL, KNOWS_POINT, KNOWS_SIDE = 1, 2, 4, 8, 16


class Occurrence(NamedTuple):
    """What was forwarded under one door, type and millisecond: each cardholder and what was told of it."""

    people: list[tuple[str | None, int]]
    decimals: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str | None, int]]).decode


@dataclass(slots=True)
class Match:
    """What to do with a copy: `ordinal` says which person's it is, `news` whether the server should be told."""

    millis: int
    ordinal: int
    news: bool
    occurrence: Occurrence = field(repr=False)


@lru_cache(maxsize=16384)
def prefix(door: str, event_type: str) -> bytes:
    """The part of a ledger key that says which door and type."""
    return hashlib.blake2b(f"{door}|{event_type}".encode(), digest_size=_PREFIX).digest()


def key_of(door: str, event_type: str, millis: int) -> bytes:
    """The ledger key of an occurrence."""
    return group_key(prefix(door, event_type), millis)


def group_key(group: bytes, millis: int) -> bytes:
    """The ledger key of a millisecond in a group."""
    return group + max(0, millis).to_bytes(8, "big")


def millis_of(key: bytes) -> int:
    """The millisecond in a ledger key."""
    return int.from_bytes(key[_PREFIX:], "big")


def reach(decimals: int) -> int:
    """How many milliseconds a time of so few decimals may be off."""
    return 0 if decimals >= 3 else 10 ** (3 - decimals)


def is_same_time(a: int, a_decimals: int, b: int, b_decimals: int) -> bool:
    """Whether two times in milliseconds can be copies of one."""
    if a == b:
        return True
    if a_decimals >= 3 and b_decimals >= 3:
        return False
    coarse, fine, unit = (a, b, reach(a_decimals)) if a_decimals < b_decimals else (b, a, reach(b_decimals))
    return coarse in {fine // unit * unit, (fine + unit // 2) // unit * unit}


def event_id(pacs: str, door: str, event_type: str, millis: int, ordinal: int) -> str:
    """The id of an occurrence: the same wherever and whenever it is computed."""
    text = f"{pacs}|{door}|{event_type}|{millis}|{ordinal}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def knowledge(event: PacsEvent) -> int:
    """What a copy knows besides door, type and time."""
    return (
        KNOWS_ACTOR * (event.actor_id is not None)
        | KNOWS_NAME * (event.actor_name is not None)
        | KNOWS_MAIL * (event.actor_email is not None)
        | KNOWS_POINT * (event.access_point_id is not None)
        | KNOWS_SIDE * (event.side is not None)
    )


def match(event: PacsEvent, near: Mapping[bytes, bytes]) -> Match:
    """Place a copy among the occurrences of its door and type; `near` has the ledger entries within a second of it."""
    millis = event.at // MILLISECOND
    exact = near.get(key_of(event.door, event.event_type, millis))
    if exact is not None:
        return _join(event, millis, decoded(exact))
    group = prefix(event.door, event.event_type)
    for candidate in _candidates(event, millis, group, near):
        found = near.get(group_key(group, candidate))
        # the first byte of a value says how exact its time is
        if found is not None and is_same_time(millis, event.decimals, candidate, found[0]):
            return _join(event, candidate, decoded(found))
    return Match(millis, 0, news=True, occurrence=Occurrence([(event.actor_id, knowledge(event))], event.decimals))


def _candidates(event: PacsEvent, millis: int, group: bytes, near: Mapping[bytes, bytes]) -> list[int]:
    """Milliseconds at which a copy of an event may stand, earliest first: few, so that a busy door costs no more."""
    if event.decimals >= 3:
        shortened = {near_one for unit in (10, 100, 1000) for near_one in _shortened(millis, unit)}
        return sorted(shortened - {millis})
    unit = reach(event.decimals)
    wider = {near_one for more in (10, 100, 1000) if more > unit for near_one in _shortened(millis, more)}
    if unit == 10:
        return sorted({*range(millis - unit // 2, millis + unit), *wider})
    first, last = group_key(group, millis - COARSEST), group_key(group, millis + COARSEST)
    return sorted({millis_of(key) for key in near if first <= key <= last})


def _shortened(millis: int, unit: int) -> tuple[int, int]:
    return millis // unit * unit, (millis + unit // 2) // unit * unit


def _join(event: PacsEvent, millis: int, occurrence: Occurrence) -> Match:
    knows, people = knowledge(event), occurrence.people
    actors = [actor for actor, _ in people]
    if event.actor_id is None:
        ordinal = 0
    elif event.actor_id in actors:
        ordinal = actors.index(event.actor_id)
    elif None in actors:
        ordinal = actors.index(None)
    else:
        people.append((event.actor_id, knows))
        return Match(millis, len(people) - 1, news=True, occurrence=occurrence)
    actor, known = people[ordinal]
    people[ordinal] = (actor or event.actor_id, known | knows)
    return Match(millis, ordinal, news=bool(knows & ~known), occurrence=occurrence)


def encoded(occurrence: Occurrence) -> bytes:
    """A ledger value."""
    return bytes((occurrence.decimals,)) + _encode(occurrence.people)


def decoded(value: bytes) -> Occurrence:
    """What a ledger value says."""
    return Occurrence(_decode(value[1:]), value[0])
