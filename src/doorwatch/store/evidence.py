"""Evidence: the pictures and clips of incidents; the files themselves are in the blob store."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from doorwatch.domain.time import Micros
from doorwatch.store import holds, incidents, moments
from doorwatch.store.engine.sql import chunks, upsert
from doorwatch.store.schema.media import evidence

KINDS = ("picture.jpg", "clip.mp4")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture or a clip; `blob` is its name in the blob store, `start` capture time of its first frame."""

    incident_id: str
    kind: str
    camera_id: str
    blob: str
    bytes: int
    start: Micros
    duration_us: Micros
    revision: int
    stored_at: Micros


def put(conn: Connection, account: str, piece: Evidence) -> Evidence | None:
    """Keep a piece of evidence; what it replaced, whose blob can go.

    One of an older revision does not replace, and nothing replaces what is held: then it is the new one that can go.
    Raises UnknownError when the incident is not this account's.
    """
    incidents.get(conn, account, piece.incident_id)
    former = of_incidents(conn, account, [piece.incident_id]).get(piece.incident_id, {}).get(piece.kind)
    if former is not None and (former.revision > piece.revision or _is_held(conn, account, piece)):
        return piece
    row = {name: getattr(piece, name) for name in Evidence.__dataclass_fields__}
    upsert(conn, evidence, [{"account_id": account, **row}])
    moment_id = moments.incident_moment_id(piece.incident_id)
    moments.change(conn, account, {moment_id: {"picture": True}} if piece.kind == "picture.jpg" else {moment_id: {}})
    return former if former is not None and former.blob != piece.blob else None


def of_incidents(conn: Connection, account: str, incident_ids: Iterable[str]) -> dict[str, dict[str, Evidence]]:
    """Incident id to kind to evidence."""
    found: dict[str, dict[str, Evidence]] = {}
    for piece in chunks(sorted(set(incident_ids))):
        query = select(evidence).where(evidence.c.account_id == account, evidence.c.incident_id.in_(piece))
        for row in conn.execute(query):
            values = [getattr(row, name) for name in Evidence.__dataclass_fields__]
            found.setdefault(row.incident_id, {})[row.kind] = Evidence(*values)
    return found


def _is_held(conn: Connection, account: str, piece: Evidence) -> bool:
    placed = holds.of_incidents(conn, account, [piece.incident_id]).get(piece.incident_id, ())
    return any(hold.holds_at(piece.stored_at) for hold in placed)
