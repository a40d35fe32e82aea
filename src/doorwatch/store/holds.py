"""Holds: evidence of an incident that is kept whatever retention, new pictures or an erasure would do to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store import incidents
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import chunks
from doorwatch.store.schema.happenings import incidents as held_incidents
from doorwatch.store.schema.keeping import holds

AROUND = 2 * MINUTE
"""So much of the recording before and after a held incident is kept with it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold; `until` is when it ends by itself, None when somebody has to end it."""

    hold_id: str
    incident_id: str
    reason: str
    placed_by: str
    placed_at: Micros
    until: Micros | None = None
    released_by: str | None = None
    released_at: Micros | None = None

    def holds_at(self, now: Micros) -> bool:
        """Whether it still holds."""
        return self.released_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Span:
    """What a camera recorded around a held incident."""

    camera_id: str
    start: Micros
    end: Micros


def place(
    conn: Connection, account: str, incident_id: str, *, reason: str, by: str, now: Micros, until: Micros | None = None
) -> Hold:
    """Keep the evidence of an incident. Raises UnknownError, and ConflictError for an end that is past."""
    incidents.get(conn, account, incident_id)
    if until is not None and until <= now:
        raise ConflictError("the end of the hold is in the past: choose a later one, or none")
    hold = Hold(new_id("hold"), incident_id, reason, by, now, until)
    row = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
    conn.execute(holds.insert().values(account_id=account, **row))
    return hold


def release(conn: Connection, account: str, incident_id: str, hold_id: str, *, by: str, now: Micros) -> Hold:
    """End a hold. Raises UnknownError, and ConflictError for one that has ended."""
    hold = get(conn, account, incident_id, hold_id)
    if not hold.holds_at(now):
        raise ConflictError("this hold has ended already: reload the page")
    mine = (holds.c.account_id == account, holds.c.hold_id == hold_id)
    conn.execute(update(holds).where(*mine).values(released_by=by, released_at=now))
    return get(conn, account, incident_id, hold_id)


def get(conn: Connection, account: str, incident_id: str, hold_id: str) -> Hold:
    """One hold of an incident; raises UnknownError."""
    query = select(holds).where(
        holds.c.account_id == account, holds.c.incident_id == incident_id, holds.c.hold_id == hold_id
    )
    row = conn.execute(query).first()
    if row is None:
        raise UnknownError("there is no such hold")
    return _hold(row)


def list_holds(conn: Connection, account: str, *, now: Micros | None = None) -> list[Hold]:
    """The account's holds, the newest first; with `now`, those that hold then."""
    query = select(holds).where(holds.c.account_id == account)
    if now is not None:
        query = query.where(_holding(now))
    return [_hold(row) for row in conn.execute(query.order_by(holds.c.placed_at.desc(), holds.c.hold_id))]


def of_incidents(conn: Connection, account: str, incident_ids: Iterable[str]) -> dict[str, list[Hold]]:
    """Incident id to all holds that were ever placed on it, the newest first."""
    found: dict[str, list[Hold]] = {}
    for piece in chunks(sorted(set(incident_ids))):
        query = select(holds).where(holds.c.account_id == account, holds.c.incident_id.in_(piece))
        for row in conn.execute(query.order_by(holds.c.placed_at.desc(), holds.c.hold_id)):
            found.setdefault(row.incident_id, []).append(_hold(row))
    return found


def held(conn: Connection, account: str, now: Micros) -> frozenset[str]:
    """The incidents that are held."""
    query = select(holds.c.incident_id).where(holds.c.account_id == account, _holding(now))
    return frozenset(conn.execute(query).scalars())


def held_spans(conn: Connection, account: str, now: Micros) -> list[Span]:
    """The recordings that must stay: what the cameras of each held incident saw around it."""
    table = held_incidents.c
    query = select(table.start, table.end, table.camera_ids).where(
        table.account_id == account, table.incident_id.in_(sorted(held(conn, account, now)))
    )
    return [
        Span(camera_id, row.start - AROUND, row.end + AROUND)
        for row in conn.execute(query)
        for camera_id in row.camera_ids
    ]


def _holding(now: Micros) -> ColumnElement[bool]:
    return and_(holds.c.released_at.is_(None), or_(holds.c.until.is_(None), holds.c.until > now))


def _hold(row: Row[Any]) -> Hold:
    return Hold(*(getattr(row, name) for name in Hold.__dataclass_fields__))
