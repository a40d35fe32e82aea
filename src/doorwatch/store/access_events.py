"""Access events: stored once each, whatever comes how often; what a later copy knows more is filled in.

An event is one moment and nothing else: its row, and the story, sets and person that the row refers to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, select

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.incident import GrantOutcome
from doorwatch.domain.labels import UNSEEN
from doorwatch.domain.time import Micros
from doorwatch.store import actors, arrivals, dirty, doors, moments, stories, tombstones
from doorwatch.store.engine import numbers, sets
from doorwatch.store.engine.sql import among, chunks, keys_for
from doorwatch.store.engine.writer import note_change
from doorwatch.store.schema.happenings import actors as people
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.schema.happenings import stories as told
from doorwatch.store.schema.places import doors as places
from doorwatch.store.stories import story_of

EVENT_COLUMNS = (
    rows.c.name.label("event_id"),
    rows.c.at,
    told.c.event_type,
    told.c.side,
    people.c.name.label("actor_name"),
    rows.c.kind,
    rows.c.outcome,
)
"""What the rule reads of an event: of moments joined by `story_of_row` and `person_of_row`."""

_FILLED = ("side", "actor_id", "actor_name", "actor_email", "access_point_id", "source")


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """What became of a batch: ids that were new, ids that learned something, and how many said nothing new.

    `doors` tells the server's door for each device that the batch named.
    """

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    duplicates: int = 0
    doors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An access event with the door it belongs to and what the rule made of it, if it is a grant."""

    event: AccessEvent
    pacs_id: str
    door_id: str
    arrived_at: Micros
    outcome: str | None


def store_events(
    conn: Connection, account: str, pacs: str, events: Sequence[AccessEvent], arrived_at: Micros
) -> StoredEvents:
    """Store a batch, and mark the doors dirty whose verdict may change.

    An event is known by (account, pacs, event id). Doors that no device list named yet are added.
    """
    if not events:
        return StoredEvents()
    merged = {event.event_id: event for event in events}
    if len(merged) < len(events):
        merged = _merged(events)
    merged = tombstones.without_erased(conn, account, pacs, merged, arrived_at)
    door_ids = doors.ensure_known(conn, account, pacs, {event.device_id for event in merged.values()}, arrived_at)
    fresh, spans = arrivals.insert(conn, account, pacs, merged, door_ids, arrived_at)
    updated: dict[str, AccessEvent] = {}
    if len(fresh) < len(merged):
        copies = {key: event for key, event in merged.items() if key not in fresh}
        updated = _fill_in(conn, account, pacs, copies)
        spans = arrivals.spans_of(
            [*fresh.values(), *updated.values()], door_ids
        )  # seldom, so judged wherever they were
    dirty.mark(conn, account, spans, arrived_at)
    if fresh:
        note_change(conn, account)
    return StoredEvents(tuple(fresh), tuple(updated), len(events) - len(fresh) - len(updated), door_ids)


def get_many(conn: Connection, account: str, pacs: str, event_ids: Iterable[str]) -> list[StoredEvent]:
    """Events by id, in time order; unknown ids are left out."""
    found: list[StoredEvent] = []
    origin = numbers.of_pacs(conn, account, pacs)
    for piece in chunks(sorted(set(event_ids))):
        query = _query(account).where(rows.c.origin == origin, rows.c.name.in_(piece))
        found += [_stored(row) for row in conn.execute(query)]
    return sorted(found, key=lambda stored: (stored.event.at, stored.event.event_id))


def in_window(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[StoredEvent]:
    """All events of a door from `start` to `end`, both included, in time order."""
    query = _query(account).where(
        rows.c.account == numbers.of_account(conn, account),
        rows.c.door_id == door_id,
        rows.c.kind.in_(moments.CODES[moments.MomentKind.ACCESS_EVENT]),
        rows.c.at >= start,
        rows.c.at <= end,
    )
    return [_stored(row) for row in conn.execute(query.order_by(rows.c.at, rows.c.name))]


def story_of_row(account: Any) -> ColumnElement[bool]:
    """How a moment's story is joined; the account may be a parameter."""
    return and_(told.c.account_id == account, told.c.story == rows.c.story)


def person_of_row(account: Any) -> ColumnElement[bool]:
    """How a moment's person is joined; the account may be a parameter."""
    return and_(people.c.account_id == account, people.c.actor_key == rows.c.actor_key)


def _query(account: str) -> Select[Any]:
    columns = (
        *EVENT_COLUMNS,
        rows.c.access_point_id,
        rows.c.arrived_at,
        rows.c.door_id,
        told.c.labels,
        told.c.source,
        people.c.actor_id,
        people.c.email.label("actor_email"),
        places.c.device_id,
        places.c.pacs_id,
    )
    return (
        select(*columns)
        .join_from(rows, told, story_of_row(account))
        .outerjoin(people, person_of_row(account))
        .join(places, places.c.number == rows.c.door_id)
    )


def _event(row: Row[Any]) -> AccessEvent:
    return AccessEvent(
        row.event_id,
        row.device_id,
        row.at,
        row.event_type,
        Direction(row.side) if row.side else None,
        row.actor_id,
        row.actor_name,
        row.actor_email,
        tuple(row.labels),
        row.access_point_id,
        row.source,
    )


def _stored(row: Row[Any]) -> StoredEvent:
    return StoredEvent(_event(row), row.pacs_id, row.door_id, row.arrived_at, row.outcome)


def _merged(events: Iterable[AccessEvent]) -> dict[str, AccessEvent]:
    """The events by id, copies of one as one that knows what they all know."""
    merged: dict[str, AccessEvent] = {}
    for event in events:
        former = merged.get(event.event_id)
        merged[event.event_id] = event if former is None else _with_more(former, event)
    return merged


def _fill_in(conn: Connection, account: str, pacs: str, copies: Mapping[str, AccessEvent]) -> dict[str, AccessEvent]:
    """Let stored events learn from copies; those that did."""
    learned: dict[str, AccessEvent] = {}
    unseen: set[str] = set()
    wanted = {"origin": numbers.of_pacs(conn, account, pacs), "account": account, "keys": keys_for(conn, list(copies))}
    for row in conn.execute(_stored_query(conn.dialect.name), wanted):
        stored = _event(row)
        if (more := _with_more(stored, copies[stored.event_id])) != stored:
            learned[stored.event_id] = more
            if row.outcome == GrantOutcome.NOT_OBSERVABLE.value:
                unseen.add(stored.event_id)
    if learned:
        _rewrite(conn, account, pacs, learned, unseen)
    return learned


@cache
def _stored_query(dialect: str) -> Select[Any]:
    return (
        _query(bindparam("account"))  # type: ignore[arg-type]
        .where(rows.c.origin == bindparam("origin"), among(dialect, rows.c.name))
        .with_for_update(of=rows)
    )


def _rewrite(
    conn: Connection, account: str, pacs: str, learned: Mapping[str, AccessEvent], unseen: Iterable[str]
) -> None:
    told_of = {
        key: story_of(event.event_type, event.side, event.labels, event.source) for key, event in learned.items()
    }
    stories.write(conn, account, set(told_of.values()))
    labels = {key: (*one.labels, UNSEEN) if key in unseen else one.labels for key, one in told_of.items()}
    found = sets.write(conn, account, sets.LABELS, set(labels.values()))
    sets.note(conn, account, sets.KINDS, {(found[labels[key]], one.kind) for key, one in told_of.items()})
    who = {key: person for key, event in learned.items() if (person := arrivals.person_of(pacs, event)) is not None}
    actors.write(conn, account, {person.key: person for person in who.values()})
    changes = {
        moments.event_moment_id(pacs, key): {
            "label_set": found[labels[key]],
            "actor_key": who[key].key if key in who else None,
            "story": told_of[key].number,
            "access_point_id": event.access_point_id,
            "direction": told_of[key].side,
        }
        for key, event in learned.items()
    }
    moments.change(conn, account, changes)


def _with_more(stored: AccessEvent, copy: AccessEvent) -> AccessEvent:
    """The stored event with what only the copy knows; time, type and door stay as they first came."""
    missing = {name: getattr(copy, name) for name in _FILLED if getattr(stored, name) is None}
    labels = tuple(dict.fromkeys((*stored.labels, *copy.labels)))
    return stored._replace(labels=labels, **missing)
