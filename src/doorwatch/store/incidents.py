"""Incidents as they stand: what the rule said, what it said before, and what people said about it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import (
    among_these,
    chunks,
)
from doorwatch.store.schema.happenings import incident_revisions, incidents
from doorwatch.store.schema.media import evidence
from doorwatch.store.schema.places import doors

REVIEWS = ("new", "confirmed", "dismissed")

GONE = frozenset({IncidentState.WITHDRAWN, IncidentState.EXPLAINED})
"""States of what turned out to be no incident."""

_GONE = tuple(sorted(state.value for state in GONE))


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident with its revision and with what people said about it.

    `delay_us` is from the capture of its last excess crossing to its first commit. `evidence_revision` is the
    revision from which on pictures and clips show the people that count now. `said` counts what people said of it.
    """

    incident: Incident
    door_name: str
    review: str
    revision: int
    evidence_revision: int
    camera_ids: tuple[str, ...]
    labels: tuple[str, ...]
    created_at: Micros
    updated_at: Micros
    delay_us: int | None = None
    superseded_by: str | None = None
    note: str | None = None
    reviewed_by: str | None = None
    reviewed_at: Micros | None = None
    said: int = 0
    assigned_to: str | None = None
    dismissal: str | None = None

    @property
    def incident_id(self) -> str:
        """The incident's id."""
        return self.incident.incident_id


@dataclass(frozen=True, slots=True)
class Revision:
    """What an incident was from `at` on."""

    revision: int
    at: Micros
    state: IncidentState
    kind: IncidentKind
    people: int
    grants: int
    excess: int
    reason: str


def taken_over(conn: Connection, account: str, incident_ids: Iterable[str]) -> dict[str, int]:
    """These incidents and all that became a part of them, directly or by way of others, each with its revision."""
    found: dict[str, int] = {}
    table, asked = incidents.c, set(incident_ids)
    columns = select(table.incident_id, table.revision).where(table.account_id == account)
    rows = conn.execute(columns.where(table.incident_id.in_(asked))).all()
    while rows:
        fresh = {row.incident_id: row.revision for row in rows if row.incident_id not in found}
        found.update(fresh)
        rows = conn.execute(columns.where(table.superseded_by.in_(fresh))).all() if fresh else []
    return found


def get(conn: Connection, account: str, incident_id: str) -> StoredIncident:
    """One incident; raises UnknownError."""
    row = conn.execute(_query(account).where(incidents.c.incident_id == incident_id)).first()
    if row is None:
        raise UnknownError("there is no such incident")
    return _stored(row)


def get_many(conn: Connection, account: str, incident_ids: Iterable[str]) -> list[StoredIncident]:
    """Incidents by id, in time order; unknown ids are left out."""
    found: list[StoredIncident] = []
    for piece in chunks(sorted(set(incident_ids))):
        found += [_stored(row) for row in conn.execute(_query(account).where(incidents.c.incident_id.in_(piece)))]
    return sorted(found, key=lambda stored: (stored.incident.start, stored.incident_id))


def list_incidents(
    conn: Connection,
    account: str,
    *,
    review: str | None = None,
    kinds: Collection[IncidentKind] = (),
    door_id: str | None = None,
    states: Collection[IncidentState] = (),
    since: Micros | None = None,
    before: tuple[Micros, str] | None = None,
    with_gone: bool = False,
    only: ColumnElement[bool] | None = None,
    limit: int = 50,
) -> list[StoredIncident]:
    """Incidents, the newest first; `only` is a further condition.

    `before` is (start, incident id) of the last one of the page before. Those that turned out to be none, or became
    part of another, are left out unless `with_gone`.
    """
    query = _query(account)
    if review is not None:
        query = query.where(incidents.c.review == review)
    if kinds:
        query = query.where(incidents.c.kind.in_([kind.value for kind in kinds]))
    if door_id is not None:
        query = query.where(incidents.c.door_id == door_id)
    if states:
        query = query.where(incidents.c.state.in_([state.value for state in states]))
    if since is not None:
        query = query.where(incidents.c.start >= since)
    if before is not None:
        at, incident_id = before
        query = query.where(
            or_(incidents.c.start < at, and_(incidents.c.start == at, incidents.c.incident_id < incident_id))
        )
    if not with_gone:
        query = query.where(incidents.c.state.not_in(_GONE), incidents.c.superseded_by.is_(None))
    if only is not None:
        query = query.where(only)
    query = query.order_by(incidents.c.start.desc(), incidents.c.incident_id.desc()).limit(limit)
    return [_stored(row) for row in conn.execute(query)]


def at_doors(conn: Connection, door_ids: Collection[str]) -> ColumnElement[bool]:
    """Whether an incident happened at one of these doors, however many they are."""
    return among_these(conn, incidents.c.door_id, sorted(door_ids))


def began_within(since: Micros | None, until: Micros | None) -> list[ColumnElement[bool]]:
    """Whether an incident began from `since` until before `until`, as conditions; None is no limit."""
    asked = [] if since is None else [incidents.c.start >= since]
    return asked if until is None else [*asked, incidents.c.start < until]


def history(conn: Connection, account: str, incident_id: str) -> list[Revision]:
    """All that an incident ever was, the oldest first."""
    query = select(incident_revisions).where(
        incident_revisions.c.account_id == account, incident_revisions.c.incident_id == incident_id
    )
    return [
        Revision(
            row.revision,
            row.at,
            IncidentState(row.state),
            IncidentKind(row.kind),
            row.people,
            row.grants,
            row.excess,
            row.reason,
        )
        for row in conn.execute(query.order_by(incident_revisions.c.revision))
    ]


def lacking_evidence(
    conn: Connection, account: str, *, since: Micros, kinds: Sequence[str] = ("picture.jpg", "clip.mp4")
) -> list[StoredIncident]:
    """Incidents begun after `since` that have cameras but not every kind of evidence of who counts now."""
    have = (
        select(func.count())
        .select_from(evidence)
        .where(
            evidence.c.account_id == incidents.c.account_id,
            evidence.c.incident_id == incidents.c.incident_id,
            evidence.c.kind.in_(kinds),
            evidence.c.revision >= incidents.c.evidence_revision,
        )
        .correlate(incidents)
        .scalar_subquery()
    )
    query = _query(account).where(
        incidents.c.start >= since, incidents.c.state.not_in(_GONE), incidents.c.superseded_by.is_(None)
    )
    rows = conn.execute(query.where(have < len(kinds)).order_by(incidents.c.start))
    return [stored for stored in map(_stored, rows) if stored.camera_ids]


def incident_of(row: Row[Any]) -> Incident:
    """What the rule said, out of a row of the table."""
    return Incident(
        row.incident_id,
        row.door_id,
        IncidentKind(row.kind),
        IncidentState(row.state),
        row.start,
        row.end,
        row.people,
        row.grants,
        row.excess,
        row.possible,
        CoverageState(row.coverage),
        row.reason,
        tuple(row.crossing_ids),
        tuple(row.excess_crossing_ids),
        tuple(row.grant_ids),
    )


def _query(account: str) -> Select[Any]:
    same = and_(doors.c.account_id == incidents.c.account_id, doors.c.door_id == incidents.c.door_id)
    return (
        select(incidents, doors.c.name.label("door_name"))
        .join_from(incidents, doors, same)
        .where(incidents.c.account_id == account)
    )


def _stored(row: Row[Any]) -> StoredIncident:
    return StoredIncident(
        incident_of(row),
        row.door_name,
        row.review,
        row.revision,
        row.evidence_revision,
        tuple(row.camera_ids),
        tuple(row.labels),
        row.created_at,
        row.updated_at,
        row.delay_us,
        row.superseded_by,
        row.note,
        row.reviewed_by,
        row.reviewed_at,
        row.said,
        row.assigned_to,
        row.dismissal,
    )
