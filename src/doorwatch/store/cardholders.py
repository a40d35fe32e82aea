"""Cardholders: finding one by name, and telling all that is stored of one, before it is erased or when they ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from doorwatch.domain.time import Micros, to_iso
from doorwatch.store import cameras, erasing, evidence, holds
from doorwatch.store.engine import numbers
from doorwatch.store.engine.folding import fold
from doorwatch.store.moment_reading import title_of
from doorwatch.store.schema.alerting import outbox
from doorwatch.store.schema.happenings import actors, incidents, member_sets, moments, stories
from doorwatch.store.schema.people import audit
from doorwatch.store.schema.places import doors
from doorwatch.store.scrubbing import Words

MOST_FOUND = 50
MOST_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class Cardholder:
    """Somebody whose credential was used, with how often and when last."""

    actor_key: int
    pacs_id: str
    actor_id: str | None
    name: str | None
    email: str | None
    events: int
    last_at: Micros | None


def find(conn: Connection, account: str, text: str) -> list[Cardholder]:
    """People with words that begin like those of the text (name or id) or with this address, at most MOST_FOUND."""
    words = fold(text).split()
    if not words:
        return []
    query = select(actors).where(actors.c.account_id == account)
    if "@" in text:
        query = query.where(func.lower(actors.c.email) == text.strip().lower())
    else:
        for word in words:
            query = query.where(actors.c.folded.contains(f" {word}", autoescape=True))
    rows = conn.execute(
        query.order_by(actors.c.actor_id.is_(None), actors.c.name, actors.c.actor_id).limit(MOST_FOUND)
    ).all()
    return [_cardholder(conn, account, row) for row in rows]


def get(conn: Connection, account: str, actor_key: int) -> Cardholder:
    """One person; raises UnknownError."""
    return _cardholder(conn, account, erasing.people_of(conn, account, actor_key)[0])


def export(conn: Connection, account: str, actor_key: int) -> dict[str, Any]:
    """All that is stored of a person, as JSON; raises UnknownError. Video and pictures are named, not contained."""
    rows = erasing.people_of(conn, account, actor_key)
    keys = [row.actor_key for row in rows]
    events = conn.execute(_events(conn, account, keys)).all()
    found = _incidents(conn, account, {row.event_id for row in events})
    words = Words.of(word for row in rows for word in (row.actor_id, row.name, row.email))
    names = cameras.names(conn, account)
    return {
        "people": [
            {"pacs_id": row.pacs_id, "actor_id": row.actor_id, "name": row.name, "email": row.email} for row in rows
        ],
        "events": [_event(row, names) for row in events],
        "events_complete": len(events) < MOST_EVENTS,
        "incidents": found,
        "messages": _messages(conn, account, words),
        "audit": _audit(conn, account, words),
    }


def _cardholder(conn: Connection, account: str, row: Row[Any]) -> Cardholder:
    here = (moments.c.account == numbers.of_account(conn, account), moments.c.actor_key == row.actor_key)
    count, last = conn.execute(select(func.count(), func.max(moments.c.at)).where(*here)).one()
    return Cardholder(row.actor_key, row.pacs_id, row.actor_id, row.name, row.email, count, last)


def _events(conn: Connection, account: str, keys: Sequence[int]) -> Select[Any]:
    sets = member_sets.c
    return (
        select(
            moments.c.name.label("event_id"),
            moments.c.at,
            moments.c.direction,
            moments.c.outcome,
            doors.c.name.label("door"),
            stories.c.event_type,
            sets.members.label("camera_ids"),
        )
        .join_from(moments, stories, (stories.c.account_id == account) & (stories.c.story == moments.c.story))
        .join(doors, doors.c.number == moments.c.door_id)
        .outerjoin(member_sets, (sets.account_id == account) & (sets.set_id == moments.c.camera_set))
        .where(moments.c.account == numbers.of_account(conn, account), moments.c.actor_key.in_(keys))
        .order_by(moments.c.at, moments.c.number)
        .limit(MOST_EVENTS)
    )


def _event(row: Row[Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "event_id": row.event_id,
        "at": to_iso(row.at),
        "door": row.door,
        "what": title_of(row.event_type),
        "event_type": row.event_type,
        "direction": row.direction,
        "outcome": row.outcome,
        "cameras": [names.get(one, one) for one in row.camera_ids or ()],
    }


def _incidents(conn: Connection, account: str, event_ids: set[str]) -> list[dict[str, Any]]:
    table = incidents.c
    query = select(table.incident_id, table.start, table.kind, table.state, table.reason, table.note, table.grant_ids)
    rows = [
        row
        for row in conn.execute(query.where(table.account_id == account).order_by(table.start, table.incident_id))
        if not event_ids.isdisjoint(row.grant_ids)
    ]
    ids = [row.incident_id for row in rows]
    proofs, placed = evidence.of_incidents(conn, account, ids), holds.of_incidents(conn, account, ids)
    return [
        {
            "incident_id": row.incident_id,
            "start": to_iso(row.start),
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "note": row.note,
            "evidence": sorted(proofs.get(row.incident_id, ())),
            "holds": [hold.reason for hold in placed.get(row.incident_id, ()) if hold.released_at is None],
        }
        for row in rows
    ]


def _messages(conn: Connection, account: str, words: Words) -> list[dict[str, Any]]:
    if not words.said:
        return []
    query = select(outbox.c.created_at, outbox.c.channel, outbox.c.recipient, outbox.c.subject, outbox.c.state).where(
        outbox.c.account_id == account, words.in_any(outbox.c.recipient, outbox.c.subject, outbox.c.payload)
    )
    return [
        {
            "at": to_iso(row.created_at),
            "channel": row.channel,
            "to": row.recipient,
            "subject": row.subject,
            "state": row.state,
        }
        for row in conn.execute(query.order_by(outbox.c.created_at))
    ]


def _audit(conn: Connection, account: str, words: Words) -> list[dict[str, Any]]:
    if not words.said:
        return []
    query = select(audit.c.at, audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail).where(
        audit.c.account_id == account, words.in_any(audit.c.actor, audit.c.subject, audit.c.detail)
    )
    return [
        {"at": to_iso(row.at), "who": row.actor, "act": row.action, "subject": row.subject, "detail": row.detail}
        for row in conn.execute(query.order_by(audit.c.number))
    ]
