"""What reports are made of: grants by the half hour, and every incident with how long it waited for its review."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import tallies
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import incidents, moments

_GONE = (IncidentState.WITHDRAWN.value, IncidentState.EXPLAINED.value)


@dataclass(frozen=True, slots=True)
class ReportedIncident:
    """One incident as reports count it; `waited` is from when it was first told until its review, None without one."""

    door_id: str
    start: Micros
    kind: str
    review: str
    waited: Micros | None


def grants_by_piece(conn: Connection, account: str, door_ids: Collection[str], span: Span) -> dict[Micros, int]:
    """How many grants there were at these doors in each half hour (its beginning) of a time; empty ones are left out.

    Whole quarters of days are read from their tallies, and only what is left of the time is counted.
    """
    whole, edges = tallies.whole_parts(span)
    found = tallies.grants_by_piece(conn, account, door_ids, whole)
    table = moments.c
    piece = (table.at // tallies.PIECE).label("piece")
    for edge in edges:
        query = (
            select(piece, func.count())
            .where(
                table.door_id.in_(door_ids),
                table.kind == EVENT_CODES[Meaning.GRANT],
                table.at >= edge.start,
                table.at < edge.end,
            )
            .group_by(piece)
        )
        found.update({int(number) * tallies.PIECE: count for number, count in conn.execute(query)})
    return dict(found)


def incidents_in(conn: Connection, account: str, span: Span) -> list[ReportedIncident]:
    """The incidents that began in a time; those that turned out to be none, or are part of another, are left out."""
    table = incidents.c
    query = select(table.door_id, table.start, table.kind, table.review, table.reviewed_at, table.created_at).where(
        table.account_id == account,
        table.start >= span.start,
        table.start < span.end,
        table.state.not_in(_GONE),
        table.superseded_by.is_(None),
    )
    return [
        ReportedIncident(
            row.door_id,
            row.start,
            row.kind,
            row.review,
            None if row.review == "new" or row.reviewed_at is None else max(0, row.reviewed_at - row.created_at),
        )
        for row in conn.execute(query)
    ]
