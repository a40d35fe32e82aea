"""Access events: stored once each, whatever comes how often; what a later copy knows more is filled in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.incident import GrantOutcome
from doorwatch.domain.labels import UNSEEN, event_labels, words_of
from doorwatch.domain.time import Micros
from doorwatch.store import configuration, dirty, doors, moments
from doorwatch.store.errors import OvertakenError
from doorwatch.store.moments import Actor, MomentDraft, MomentKind
from doorwatch.store.schema import places
from doorwatch.store.schema.happenings import access_events
from doorwatch.store.sql import Bulk, among, chunks, json_text, keys_for

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
    """Store a batch with its moments, and mark the doors dirty whose verdict may change.

    An event is known by (account, pacs, event id). Doors that no device list named yet are added.
    """
    if not events:
        return StoredEvents()
    merged: dict[str, AccessEvent] = {}
    for event in events:
        former = merged.get(event.event_id)
        merged[event.event_id] = event if former is None else _with_more(former, event)
    door_ids = doors.ensure_known(conn, account, pacs, {event.device_id for event in merged.values()}, arrived_at)
    stored = _stored_already(conn, account, pacs, merged)
    fresh = {key: event for key, event in merged.items() if key not in stored}
    _insert(conn, account, pacs, fresh, door_ids, arrived_at)
    learning = {key: merged[key] for key, row in stored.items() if _says_more(row, merged[key])}
    updated = _fill_in(conn, account, pacs, learning)
    changed = {**fresh, **updated}
    _write_moments(conn, account, pacs, changed.values(), door_ids, arrived_at)
    unseen = [one for one in get_many(conn, account, pacs, updated) if one.outcome == GrantOutcome.NOT_OBSERVABLE.value]
    moments.relabel(conn, account, UNSEEN, {moments.event_moment_id(pacs, one.event.event_id): True for one in unseen})
    _mark_dirty(conn, account, changed.values(), door_ids, arrived_at)
    return StoredEvents(
        tuple(fresh),
        tuple(updated),
        len(events) - len(changed),
        door_ids,
    )


def get_many(conn: Connection, account: str, pacs: str, event_ids: Iterable[str]) -> list[StoredEvent]:
    """Events by id, in time order; unknown ids are left out."""
    found: list[StoredEvent] = []
    for piece in chunks(sorted(set(event_ids))):
        query = _query().where(*_are(account, pacs, piece))
        found += [_stored(row) for row in conn.execute(query)]
    return sorted(found, key=lambda stored: (stored.event.at, stored.event.event_id))


def in_window(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[StoredEvent]:
    """All events of a door from `start` to `end`, both included, in time order."""
    query = _query().where(
        access_events.c.account_id == account,
        access_events.c.door_id == door_id,
        access_events.c.at >= start,
        access_events.c.at <= end,
    )
    return [_stored(row) for row in conn.execute(query.order_by(access_events.c.at, access_events.c.event_id))]


def event_from_row(row: Row[Any]) -> AccessEvent:
    """The domain's event out of a row of `access_events` joined with its door's device id."""
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


def _query() -> Any:
    table, door = access_events, places.doors
    same = (door.c.account_id == table.c.account_id) & (door.c.door_id == table.c.door_id)
    return select(table, door.c.device_id).join_from(table, door, same)


def _stored(row: Row[Any]) -> StoredEvent:
    return StoredEvent(event_from_row(row), row.pacs_id, row.door_id, row.arrived_at, row.outcome)


def _are(account: str, pacs: str, event_ids: Sequence[str]) -> tuple[Any, ...]:
    table = access_events.c
    return (table.account_id == account, table.pacs_id == pacs, table.event_id.in_(event_ids))


_COLUMNS = (
    "account_id",
    "pacs_id",
    "event_id",
    "door_id",
    "at",
    "arrived_at",
    "event_type",
    "meaning",
    "side",
    "actor_id",
    "actor_name",
    "actor_email",
    "labels",
    "access_point_id",
    "source",
)
_NEW_EVENTS = Bulk(access_events, _COLUMNS, lambda statement: statement.on_conflict_do_nothing())


def _insert(
    conn: Connection,
    account: str,
    pacs: str,
    events: Mapping[str, AccessEvent],
    door_ids: Mapping[str, str],
    arrived_at: Micros,
) -> None:
    """Insert events that were not there a moment ago. Raises OvertakenError when another replica was quicker."""
    rows = [
        (
            account,
            pacs,
            event_id,
            door_ids[event.device_id],
            event.at,
            arrived_at,
            event.event_type,
            None if (meaning := event.meaning) is None else meaning.value,
            None if event.side is None else event.side.value,
            event.actor_id,
            event.actor_name,
            event.actor_email,
            json_text(event.labels),
            event.access_point_id,
            event.source,
        )
        for event_id, event in sorted(events.items())
    ]
    if _NEW_EVENTS.run(conn, rows) != len(rows):
        raise OvertakenError


def _stored_already(
    conn: Connection, account: str, pacs: str, events: Mapping[str, AccessEvent]
) -> dict[str, Row[Any]]:
    wanted = {"account": account, "pacs": pacs, "keys": keys_for(conn, list(events))}
    return {row.event_id: row for row in conn.execute(_stored_query(conn.dialect.name), wanted)}


@cache
def _stored_query(dialect: str) -> Select[Any]:
    table = access_events.c
    return select(table.event_id, table.labels, *(table[name] for name in _FILLED)).where(
        table.account_id == bindparam("account"), table.pacs_id == bindparam("pacs"), among(dialect, table.event_id)
    )


def _says_more(stored: Row[Any], copy: AccessEvent) -> bool:
    """Whether a copy knows something that the stored row lacks."""
    lacks = any(getattr(stored, name) is None and getattr(copy, name) is not None for name in _FILLED)
    return lacks or not set(copy.labels).issubset(stored.labels)


def _optional(event: AccessEvent) -> dict[str, Any]:
    return {name: None if (value := getattr(event, name)) is None else str(value) for name in _FILLED}


def _fill_in(conn: Connection, account: str, pacs: str, copies: Mapping[str, AccessEvent]) -> dict[str, AccessEvent]:
    """Let stored events learn from copies; those that did."""
    learned: dict[str, AccessEvent] = {}
    for piece in chunks(sorted(copies)):
        query = _query().where(*_are(account, pacs, piece)).with_for_update(of=access_events)
        for row in conn.execute(query):
            stored = event_from_row(row)
            if (more := _with_more(stored, copies[stored.event_id])) != stored:
                learned[stored.event_id] = more
    if learned:
        conn.execute(
            update(access_events)
            .where(
                access_events.c.account_id == account,
                access_events.c.pacs_id == pacs,
                access_events.c.event_id == bindparam("_id"),
            )
            .values({name: bindparam(name) for name in (*_FILLED, "labels")}),
            [{"_id": key, "labels": list(event.labels), **_optional(event)} for key, event in learned.items()],
        )
    return learned


def _with_more(stored: AccessEvent, copy: AccessEvent) -> AccessEvent:
    """The stored event with what only the copy knows; time, type and door stay as they first came."""
    missing = {name: getattr(copy, name) for name in _FILLED if getattr(stored, name) is None}
    labels = tuple(dict.fromkeys((*stored.labels, *copy.labels)))
    return replace(stored, labels=labels, **missing)


def _write_moments(
    conn: Connection,
    account: str,
    pacs: str,
    events: Iterable[AccessEvent],
    door_ids: Mapping[str, str],
    arrived_at: Micros,
) -> None:
    known = configuration.mappings_of(conn, account, door_ids.values())
    drafts = [
        _draft(pacs, event, door_ids[event.device_id], known.at(door_ids[event.device_id], event.at), arrived_at)
        for event in events
    ]
    moments.write(conn, account, drafts)


def _draft(pacs: str, event: AccessEvent, door_id: str, camera_ids: tuple[str, ...], arrived_at: Micros) -> MomentDraft:
    known = event.actor_id or event.actor_name
    return MomentDraft(
        moments.event_moment_id(pacs, event.event_id),
        MomentKind.ACCESS_EVENT,
        event.at,
        arrived_at,
        _title(event.event_type),
        _labels(event.event_type, event.side, event.labels),
        door_id,
        camera_ids,
        Actor(pacs, event.actor_id, event.actor_name, event.actor_email) if known else None,
        details={
            "event_type": event.event_type,
            "pacs_id": pacs,
            "event_id": event.event_id,
            "direction": None if event.side is None else event.side.value,
        },
    )


@lru_cache(1024)
def _title(event_type: str) -> str:
    return words_of(event_type).capitalize()


@lru_cache(4096)
def _labels(event_type: str, side: Direction | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of an event whoever it was: a building has few of them, and many people."""
    return event_labels(AccessEvent("", "", 0, event_type, side, labels=labels))


def _mark_dirty(
    conn: Connection, account: str, events: Iterable[AccessEvent], door_ids: Mapping[str, str], now: Micros
) -> None:
    spans: dict[str, tuple[Micros, Micros]] = {}
    for event in events:
        if event.meaning is not None:
            door_id = door_ids[event.device_id]
            start, end = spans.get(door_id, (event.at, event.at))
            spans[door_id] = (min(start, event.at), max(end, event.at))
    dirty.mark(conn, account, spans, now)
