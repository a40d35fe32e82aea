"""Which copies of an event are one occurrence, and under which id it goes to the server.

The same occurrence may come from the stream and from the report, twice from each, with more or fewer decimals, with its
cardholder known only in one of them. Copies with equal door, type and millisecond are one, unless different cardholders
are known among them: then there is one for each, in the order in which they were first seen. Copies of unequal
milliseconds are one only when one comes from the stream and the other from the report, and a single moment can have
been written as both, each rounded or cut off; each copy belongs to one occurrence. docs/design/gateway.md says why.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import msgspec

from doorwatch.domain.time import MILLISECOND
from doorwatch.pacs.driver import TICKS, PacsEvent

_PREFIX = 8
COARSEST = 1000
"""Milliseconds: how far apart copies of one occurrence may lie, where one of them tells no decimals."""
KNOWS_ACTOR, KNOWS_NAME, KNOWS_MAIL, KNOWS_POINT, KNOWS_SIDE = 1, 2, 4, 8, 16
_FINEST = 7
_MILLIS = 3
_TICKS_A_MILLI = MILLISECOND * TICKS
_WITH_TIMES = 0xFF
_WITH_TIMES_BYTE = bytes((_WITH_TIMES,))
_SAME, _EQUAL, _CUT, _ROUNDED, _BOTH_SHORTENED, _BY_RULE = range(6)


class Person(NamedTuple):
    """One of those who passed at an occurrence: who, what was told, the time that each source wrote (ticks of 100 ns)."""

    actor: str | None
    knows: int
    stream: int | None
    report: int | None


class Occurrence(NamedTuple):
    """What was forwarded under one door, type and millisecond; `decimals` is told by entries of older versions only."""

    people: list[Person]
    decimals: int | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str | None, int, int | None, int | None]]).decode
_decode_old = msgspec.msgpack.Decoder(list[tuple[str | None, int]]).decode


@dataclass(slots=True)
class Match:
    """What to do with a copy.

    `ordinal` says which person's it is, `news` whether the server should be told, `changed` whether the ledger should.
    """

    millis: int
    ordinal: int
    news: bool
    changed: bool
    occurrence: Occurrence = field(repr=False)


class _Copy(NamedTuple):
    """A copy as it is compared: `mine` and `other` are the decimals of its writer and of the other source's."""

    ticks: int
    millis: int
    actor: str | None
    from_report: bool
    mine: int
    other: int


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


def event_id(pacs: str, door: str, event_type: str, millis: int, ordinal: int) -> str:
    """The id of an occurrence: the same wherever and whenever it is computed."""
    hashed = begun_id(pacs, door, event_type).copy()
    hashed.update(b"%d|%d" % (millis, ordinal))
    return hashed.hexdigest()


@lru_cache(maxsize=4096)
def begun_id(pacs: str, door: str, event_type: str) -> hashlib.blake2b:
    """The part of the hash that many ids have in common; a new one costs more than what is left to do."""
    return hashlib.blake2b(f"{pacs}|{door}|{event_type}|".encode(), digest_size=16)


def knowledge(event: PacsEvent) -> int:
    """What a copy knows besides door, type and time."""
    return (
        (KNOWS_ACTOR if event.actor_id is not None else 0)
        | (KNOWS_NAME if event.actor_name is not None else 0)
        | (KNOWS_MAIL if event.actor_email is not None else 0)
        | (KNOWS_POINT if event.access_point_id is not None else 0)
        | (KNOWS_SIDE if event.side is not None else 0)
    )


def match(event: PacsEvent, near: Mapping[bytes, bytes], decimals: Mapping[str, int]) -> Match:
    """Place a copy among the occurrences of its door and type.

    `near` has the ledger entries within a second of it, `decimals` how exactly each source writes.
    """
    millis = event.at // MILLISECOND
    group = prefix(event.door, event.event_type)
    copy = _copy(event, millis, decimals)
    if near and not (copy.mine == copy.other == _MILLIS and group_key(group, millis) not in near):
        best: tuple[tuple[int, int, int, int], int, Occurrence] | None = None
        for candidate in _candidates(copy, group, near):
            value = near.get(group_key(group, candidate))
            if value is None:
                continue
            found = decoded(value, candidate)
            for ordinal, person in enumerate(found.people):
                fit = _fit(copy, person, candidate, found.decimals)
                if fit is not None:
                    order = (*fit, abs(candidate - millis), ordinal)
                    if best is None or order < best[0]:
                        best = order, candidate, found
        if best is not None:
            return _join(event, copy, best[1], best[0][-1], best[2])
        taken = near.get(group_key(group, millis))
        people = decoded(taken, millis).people if taken is not None else []
    else:
        people = []
    stream, report = (None, copy.ticks) if copy.from_report else (copy.ticks, None)
    people.append(Person(event.actor_id, knowledge(event), stream, report))
    return Match(millis, len(people) - 1, True, True, Occurrence(people))


def _copy(event: PacsEvent, millis: int, decimals: Mapping[str, int]) -> _Copy:
    from_report = event.source == "report"
    mine = decimals.get(event.source, 0)
    mine = max(mine, event.decimals)
    other = decimals.get("stream" if from_report else "report", mine)
    ticks = event.at * TICKS if event.exact is None else event.exact
    return _Copy(ticks, millis, event.actor_id, from_report, mine, other)


def _candidates(copy: _Copy, group: bytes, near: Mapping[bytes, bytes]) -> Iterable[int]:
    """Milliseconds at which a copy may stand: few where that can be, so that a busy door costs no more."""
    millis, coarse, fine = copy.millis, min(copy.mine, copy.other), max(copy.mine, copy.other)
    if coarse == fine == _MILLIS:
        return (millis,)
    if coarse >= _MILLIS:
        return (millis, millis - 1, millis + 1)
    unit, slack = 10 ** (_MILLIS - coarse), 10 ** max(0, _MILLIS - fine)
    if copy.mine >= copy.other:
        first = (millis - unit - slack) // unit * unit
        return dict.fromkeys((millis, *range(first, millis + unit // 2 + slack + 1, unit)))
    span = range(millis - unit // 2 - slack - 1, millis + unit + slack + 2)
    if len(near) > len(span):
        return span
    first_key, last_key = group_key(group, span[0]), group_key(group, span[-1])
    return [millis_of(key) for key in near if first_key <= key <= last_key]


def _fit(copy: _Copy, person: Person, candidate: int, old_decimals: int | None) -> tuple[int, int] | None:
    """How well a copy fits to a person, smaller is better; None when it is not of that person."""
    if copy.actor is not None and person.actor is not None and copy.actor != person.actor:
        return None
    known = 0 if copy.actor is not None and copy.actor == person.actor else 1
    mine, theirs = (person.report, person.stream) if copy.from_report else (person.stream, person.report)
    if mine == copy.ticks:
        return known, _SAME
    other = copy.other
    if old_decimals is not None and theirs is None:
        theirs, other = candidate * _TICKS_A_MILLI, old_decimals
    if copy.millis == candidate and min(copy.mine, other) >= _MILLIS:
        return known, _EQUAL
    if mine is None and theirs is not None:
        way = _shortened(copy.ticks, copy.mine, theirs, other)
        if way is not None:
            return known, way
    return (known, _BY_RULE) if copy.millis == candidate else None


def _shortened(one: int, one_decimals: int, other: int, other_decimals: int) -> int | None:
    """How one moment came to be written as both times; None when it cannot have been."""
    if one == other:
        return _EQUAL
    if one_decimals == other_decimals == _MILLIS:
        # a millisecond apart is another moment: that is how exactly occurrences are told apart
        return None
    if one_decimals > other_decimals:
        one, one_decimals, other, other_decimals = other, other_decimals, one, one_decimals
    unit, finer = _unit(one_decimals), _unit(other_decimals)
    if unit > finer and other // unit * unit == one:
        return _CUT
    if unit > finer and (other + unit // 2) // unit * unit == one:
        return _ROUNDED
    # what is written as a time lies from half a unit before it to a whole one after it
    overlap = 2 * one - unit < 2 * (other + finer) and 2 * other - finer < 2 * (one + unit)
    return _BOTH_SHORTENED if overlap else None


def _unit(decimals: int) -> int:
    unit: int = 10 ** (_FINEST - decimals)
    return unit


def _with_time(person: Person, copy: _Copy) -> Person:
    """A person with the time of a copy, unless its source has told one."""
    if copy.from_report:
        return person if person.report is not None else person._replace(report=copy.ticks)
    return person if person.stream is not None else person._replace(stream=copy.ticks)


def _join(event: PacsEvent, copy: _Copy, millis: int, ordinal: int, occurrence: Occurrence) -> Match:
    before = occurrence.people[ordinal]
    knows = knowledge(event)
    after = _with_time(before._replace(actor=before.actor or event.actor_id, knows=before.knows | knows), copy)
    occurrence.people[ordinal] = after
    return Match(millis, ordinal, bool(knows & ~before.knows), after != before, occurrence)


def encoded(occurrence: Occurrence, millis: int) -> bytes:
    """A ledger value; times are kept as they lie to the millisecond of the key."""
    base = millis * _TICKS_A_MILLI
    return _WITH_TIMES_BYTE + _encode(
        [
            (actor, knows, None if stream is None else stream - base, None if report is None else report - base)
            for actor, knows, stream, report in occurrence.people
        ]
    )


def first_seen(event: PacsEvent, millis: int, knows: int) -> bytes:
    """The ledger value of an occurrence of which one copy is known: what `match` makes of it when nothing is near.

    `knows` is what `knowledge` says of the copy.
    """
    ticks = (event.at * TICKS if event.exact is None else event.exact) - millis * _TICKS_A_MILLI
    if not ticks:
        return _first_on_time(event.actor_id, knows, event.source)
    if event.source == "report":
        return _WITH_TIMES_BYTE + _encode([(event.actor_id, knows, None, ticks)])
    return _WITH_TIMES_BYTE + _encode([(event.actor_id, knows, ticks, None)])


@lru_cache(maxsize=4096)
def _first_on_time(actor: str | None, knows: int, source: str) -> bytes:
    """The same of a copy whose time is that of its millisecond, which many of one person have in common."""
    stream, report = (None, 0) if source == "report" else (0, None)
    return _WITH_TIMES_BYTE + _encode([(actor, knows, stream, report)])


def decoded(value: bytes, millis: int) -> Occurrence:
    """What a ledger value says. Those of the first version tell no times but that of the key, and its decimals."""
    if value[0] != _WITH_TIMES:
        return Occurrence([Person(actor, knows, None, None) for actor, knows in _decode_old(value[1:])], value[0])
    base = millis * _TICKS_A_MILLI
    return Occurrence(
        [
            Person(actor, knows, None if stream is None else base + stream, None if report is None else base + report)
            for actor, knows, stream, report in _decode(value[1:])
        ]
    )
