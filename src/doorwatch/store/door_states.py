"""How long doors were unlocked and how long they stood open, from what the access control system said of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import DAY, SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import moments

HELD_AFTER = 30 * SECOND
"""A door that stands open no longer than this is being walked through."""

_LONGEST_OPEN = DAY
"""A door that nobody closed for longer has most likely lost its contact, and no more is counted of it."""

_UNLOCKED = {EVENT_CODES[Meaning.UNLOCKED_BY_SCHEDULE], EVENT_CODES[Meaning.UNLOCKED_BY_OPERATOR]}
_LOCKED = EVENT_CODES[Meaning.LOCKED]
_OPENED, _CLOSED = EVENT_CODES[Meaning.OPENED], EVENT_CODES[Meaning.CLOSED]


@dataclass(slots=True)
class DoorStates:
    """Microseconds during which a door was unlocked, and stood open for longer than `HELD_AFTER` at a stretch."""

    unlocked: Micros = 0
    held_open: Micros = 0


def states_of(
    conn: Connection, door_ids: Collection[str], span: Span, now: Micros, policies: Mapping[str, Policy]
) -> dict[str, DoorStates]:
    """What doors were during a time, by their id; doors that were neither are left out.

    What was so at its beginning is known from the day before. An unlocking of which no end was heard ends as it does for
    the rule; what still lasts counts until `now`.
    """
    until = min(span.end, now)
    found: dict[str, DoorStates] = {}
    for door_id, events in _events(conn, door_ids, span.start - DAY, until).items():
        policy = policies.get(door_id, Policy())
        unlocked, held = _times(events, policy, until)
        told = DoorStates(
            sum(_within(one, span) for one in unlocked),
            sum(_within(one, span) for one in held if one.end - one.start > HELD_AFTER),
        )
        if told.unlocked or told.held_open:
            found[door_id] = told
    return found


def _events(
    conn: Connection, door_ids: Collection[str], start: Micros, end: Micros
) -> dict[str, list[tuple[Micros, int]]]:
    table = moments.c
    found: dict[str, list[tuple[Micros, int]]] = {}
    query = select(table.door_id, table.at, table.kind).where(
        table.door_id.in_(door_ids),
        table.kind.in_((*sorted(_UNLOCKED), _LOCKED, _OPENED, _CLOSED)),
        table.at >= start,
        table.at < end,
    )
    for door_id, at, kind in conn.execute(query):
        found.setdefault(door_id, []).append((at, kind))
    return {door_id: sorted(events) for door_id, events in found.items()}


def _times(events: list[tuple[Micros, int]], policy: Policy, until: Micros) -> tuple[list[Span], list[Span]]:
    """When it was unlocked, and when it was open."""
    unlocked: list[Span] = []
    opened: list[Span] = []
    since: Micros | None = None
    longest: Micros = 0
    open_since: Micros | None = None
    for at, kind in events:
        if since is not None and (kind == _LOCKED or kind in _UNLOCKED):
            unlocked.append(Span(since, min(at, since + longest)))
            since = None
        if kind in _UNLOCKED:
            by_schedule = kind == EVENT_CODES[Meaning.UNLOCKED_BY_SCHEDULE]
            since, longest = at, policy.unlocked_max_scheduled if by_schedule else policy.unlocked_max_manual
        elif kind == _OPENED:
            open_since = at if open_since is None else open_since
        elif kind == _CLOSED and open_since is not None:
            opened.append(Span(open_since, min(at, open_since + _LONGEST_OPEN)))
            open_since = None
    if since is not None:
        unlocked.append(Span(since, min(until, since + longest)))
    # Of a door whose closing is never told nothing can be said.
    if open_since is not None and opened:
        opened.append(Span(open_since, min(until, open_since + _LONGEST_OPEN)))
    return unlocked, opened


def _within(one: Span, span: Span) -> Micros:
    return max(0, min(one.end, span.end) - max(one.start, span.start))
