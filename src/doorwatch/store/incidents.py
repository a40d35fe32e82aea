"""Incidents: what the rule said, what it said before, and what people said about it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.labels import incident_labels
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Change, Known
from doorwatch.store import appearances, configuration, dirty, likenesses, moments
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import (
    Stretch,
    among,
    among_these,
    asked_stretches,
    chunks,
    keys_for,
    of_each,
    stretches_for,
    upsert,
)
from doorwatch.store.moments import MomentDraft, MomentKind
from doorwatch.store.schema.happenings import crossings, incident_revisions, incidents
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


def known_between(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[Known]:
    """Incidents of a door that begin between two times, both included, as the rule wants to compare them."""
    return known_in(conn, account, [Stretch(0, door_id, start, end)])[0]


def known_in(conn: Connection, account: str, asked: Sequence[Stretch]) -> dict[int, list[Known]]:
    """The same of many doors (the keys): number to incidents in time order."""
    query, wanted = _known_query(conn.dialect.name), {"account": account, **stretches_for(conn, asked)}
    rows = [row for row in conn.execute(query, wanted) if row.incident_id is not None]
    told = _last_final_excess(conn, account, [row.incident_id for row in rows])
    found: dict[int, list[Known]] = {one.number: [] for one in asked}
    for row in rows:
        excess = told.get(row.incident_id)
        dismissed = row.review == "dismissed"
        found[row.number].append(Known(_incident(row), row.revision, excess, dismissed, row.superseded_by))
    for known in found.values():
        known.sort(key=lambda one: (one.incident.start, one.incident.incident_id))
    return found


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


def save(conn: Connection, account: str, change: Change, now: Micros) -> StoredIncident:
    """Store what the rule now says of one incident, with its revision and its moment.

    Review and note stay, unless the change says that the incident is open again. A new incident takes over the review
    of those whose crossings it holds, when all of its crossings were reviewed alike.
    """
    incident = change.incident
    key = {"account": account, "key": incident.incident_id}
    before = conn.execute(_BEFORE, key).first()
    labels = incident_labels(incident)
    if before is None:
        said = {
            "camera_ids": _cameras_of(conn, account, incident),
            "created_at": now,
            "delay_us": max(0, now - incident.end),
            **_inherited_review(conn, account, change),
        }
    else:
        said = {name: getattr(before, name) for name in _SAID_ONCE}
        if change.reopened:
            said |= {"review": "new", "reviewed_by": None, "reviewed_at": None}
    evidence_revision = _evidence_revision(before, change)
    row: dict[str, Any] = {
        "account_id": account,
        "incident_id": incident.incident_id,
        "door_id": incident.door,
        **_verdict_columns(incident),
        "revision": change.revision,
        "evidence_revision": evidence_revision,
        "labels": list(labels),
        "superseded_by": change.superseded_by,
        "updated_at": now,
        **said,
    }
    upsert(conn, incidents, [row])
    upsert(conn, incident_revisions, [_revision_row(account, change, now)])
    stored = StoredIncident(
        incident,
        conn.execute(_DOOR_NAME, {"account": account, "key": incident.door}).scalar_one(),
        revision=change.revision,
        evidence_revision=evidence_revision,
        labels=tuple(labels),
        updated_at=now,
        superseded_by=change.superseded_by,
        **{**said, "camera_ids": tuple(said["camera_ids"])},
    )
    _write_moment(conn, account, stored, now)
    return stored


_SAID_ONCE = ("camera_ids", "created_at", "delay_us", "review", "note", "reviewed_by", "reviewed_at")
_BEFORE = select(
    *(incidents.c[name] for name in (*_SAID_ONCE, "crossing_ids", "excess_crossing_ids", "evidence_revision"))
).where(incidents.c.account_id == bindparam("account"), incidents.c.incident_id == bindparam("key"))
_DOOR_NAME = select(doors.c.name).where(doors.c.account_id == bindparam("account"), doors.c.door_id == bindparam("key"))


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


def mark_unsettled(conn: Connection, now: Micros) -> int:
    """After a start: have every door looked at again that has an undecided incident; how many doors."""
    undecided = (IncidentState.PROVISIONAL.value, IncidentState.UNCONFIRMED.value)
    query = (
        select(
            incidents.c.account_id,
            incidents.c.door_id,
            func.min(incidents.c.start).label("first"),
            func.max(incidents.c.end).label("last"),
        )
        .where(incidents.c.state.in_(undecided))
        .group_by(incidents.c.account_id, incidents.c.door_id)
    )
    rows = conn.execute(query).all()
    for row in rows:
        dirty.mark(conn, row.account_id, {row.door_id: (row.first, row.last)}, now)
    return len(rows)


@cache
def _known_query(dialect: str) -> Select[Any]:
    asked, table = asked_stretches(dialect), incidents.c
    these = and_(
        table.account_id == bindparam("account"),
        table.door_id == asked.c.key,
        table.start >= asked.c.start,
        table.start <= asked.c.end,
    )
    return of_each(asked, incidents, these, [incidents])


def _verdict_columns(incident: Incident) -> dict[str, Any]:
    return {
        "kind": incident.kind.value,
        "state": incident.state.value,
        "start": incident.start,
        "end": incident.end,
        "people": incident.people,
        "grants": incident.grants,
        "excess": incident.excess,
        "possible": incident.possible,
        "coverage": incident.coverage.value,
        "reason": incident.reason,
        "crossing_ids": list(incident.crossing_ids),
        "excess_crossing_ids": list(incident.excess_crossing_ids),
        "grant_ids": list(incident.grant_ids),
    }


def _cameras_of(conn: Connection, account: str, incident: Incident) -> list[str]:
    """The cameras of the door then, and of the doors pooled with it that people of the incident passed."""
    passed: set[str] = set()
    for piece in chunks(incident.crossing_ids):
        passed.update(conn.execute(_DOORS_OF, {"account": account, "keys": piece}).scalars())
    door_ids = [incident.door, *sorted(passed - {incident.door})]
    mapped = configuration.mappings_of(conn, account, door_ids)
    return list(dict.fromkeys(camera for door_id in door_ids for camera in mapped.at(door_id, incident.start)))


_DOORS_OF = select(crossings.c.door_id).where(
    crossings.c.account_id == bindparam("account"), crossings.c.crossing_id.in_(bindparam("keys", expanding=True))
)


def _evidence_revision(before: Row[Any] | None, change: Change) -> int:
    """Pictures show people: only another set of crossings makes the old ones wrong."""
    if before is None:
        return change.revision
    incident = change.incident
    same = (
        tuple(before.crossing_ids) == incident.crossing_ids
        and tuple(before.excess_crossing_ids) == incident.excess_crossing_ids
    )
    revision: int = before.evidence_revision
    return revision if same else change.revision


def _inherited_review(conn: Connection, account: str, change: Change) -> dict[str, Any]:
    parents = get_many(conn, account, change.inherits)
    reviewed = {crossing for parent in parents for crossing in parent.incident.excess_crossing_ids}
    alike = {parent.review for parent in parents}
    notes = [parent.note for parent in parents if parent.note]
    inherited: dict[str, Any] = {
        "review": "new",
        "note": "\n".join(notes) or None,
        "reviewed_by": None,
        "reviewed_at": None,
    }
    if parents and len(alike) == 1 and set(change.incident.excess_crossing_ids) <= reviewed:
        last = max(parents, key=lambda parent: parent.reviewed_at or 0)
        inherited |= {"review": last.review, "reviewed_by": last.reviewed_by, "reviewed_at": last.reviewed_at}
    return inherited


def _revision_row(account: str, change: Change, now: Micros) -> dict[str, Any]:
    incident = change.incident
    return {
        "account_id": account,
        "incident_id": incident.incident_id,
        "revision": change.revision,
        "at": now,
        "state": incident.state.value,
        "kind": incident.kind.value,
        "people": incident.people,
        "grants": incident.grants,
        "excess": incident.excess,
        "reason": incident.reason,
    }


def _write_moment(conn: Connection, account: str, stored: StoredIncident, now: Micros) -> None:
    incident = stored.incident
    looks = appearances.of_crossing(conn, account, next(iter(incident.excess_crossing_ids), ""))
    draft = MomentDraft(
        moments.incident_moment_id(incident.incident_id),
        MomentKind.INCIDENT,
        incident.start,
        now,
        incident.kind.value.replace("_", " ").capitalize(),
        stored.labels,
        incident.door,
        stored.camera_ids,
        detail=incident.reason,
        details={
            "incident_id": incident.incident_id,
            "review": stored.review,
            "state": incident.state.value,
            "people": incident.people,
            "grants": incident.grants,
            "excess": incident.excess,
            **appearances.columns_of(looks),
        },
    )
    moments.write(conn, account, [draft])
    likenesses.follow(conn, account, incident.incident_id, next(iter(incident.excess_crossing_ids), ""))


def _last_final_excess(conn: Connection, account: str, incident_ids: Sequence[str]) -> dict[str, int]:
    if not incident_ids:
        return {}
    wanted = {"account": account, "keys": keys_for(conn, list(incident_ids))}
    return {row.incident_id: row.excess for row in conn.execute(_final_query(conn.dialect.name), wanted)}


@cache
def _final_query(dialect: str) -> Select[Any]:
    """Final revisions, the last of each incident at the end."""
    table = incident_revisions.c
    return (
        select(table.incident_id, table.excess)
        .where(
            table.account_id == bindparam("account"),
            among(dialect, table.incident_id),
            table.state == IncidentState.FINAL.value,
        )
        .order_by(table.revision)
    )


def _query(account: str) -> Select[Any]:
    same = and_(doors.c.account_id == incidents.c.account_id, doors.c.door_id == incidents.c.door_id)
    return (
        select(incidents, doors.c.name.label("door_name"))
        .join_from(incidents, doors, same)
        .where(incidents.c.account_id == account)
    )


def _incident(row: Row[Any]) -> Incident:
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


def _stored(row: Row[Any]) -> StoredIncident:
    return StoredIncident(
        _incident(row),
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
