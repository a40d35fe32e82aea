"""What the rule says of incidents: what it is told of those that it knows, and what it says of them now."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from doorwatch.domain.incident import Incident, IncidentState
from doorwatch.domain.labels import incident_labels
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Change, Known
from doorwatch.store import appearances, configuration, dirty, likenesses, moments
from doorwatch.store.engine.sql import Stretch, among, asked_stretches, chunks, keys_for, of_each, stretches_for, upsert
from doorwatch.store.incidents import StoredIncident, get_many, incident_of
from doorwatch.store.moments import MomentDraft, MomentKind
from doorwatch.store.schema.happenings import crossings, incident_revisions, incidents
from doorwatch.store.schema.places import doors


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
        found[row.number].append(Known(incident_of(row), row.revision, excess, dismissed, row.superseded_by))
    for known in found.values():
        known.sort(key=lambda one: (one.incident.start, one.incident.incident_id))
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
