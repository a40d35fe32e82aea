"""What happened at doors over a stretch of time: each moment of a short one, how much there was of a long one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Span
from doorwatch.store.moment_reading import from_row, query_of
from doorwatch.store.moments import CODES, EVENT_CODES, Moment, MomentKind
from doorwatch.store.schema.happenings import moments

_ALL = tuple(code for kind in MomentKind for code in CODES[kind])
_INCIDENT = CODES[MomentKind.INCIDENT]
_COUNTED = (*CODES[MomentKind.ACCESS_EVENT], *CODES[MomentKind.CROSSING])


@dataclass(slots=True)
class Counted:
    """How much happened in one piece of a time."""

    grants: int = 0
    events: int = 0
    crossings: int = 0


def moments_at(
    conn: Connection, account: str, door_ids: Sequence[str], span: Span, *, incidents_only: bool, limit: int
) -> list[Moment]:
    """The newest moments at these doors from `span.start` until before `span.end`, in the order of time."""
    if not door_ids:
        return []
    table = moments.c
    query = query_of(account).where(
        table.door_id.in_(door_ids),
        # The kinds are named so that each is one range of the doors' index.
        table.kind.in_(_INCIDENT if incidents_only else _ALL),
        table.at >= span.start,
        table.at < span.end,
    )
    rows = conn.execute(query.order_by(table.at.desc(), table.number.desc()).limit(limit)).all()
    return [from_row(row) for row in reversed(rows)]


def counts_at(conn: Connection, door_ids: Sequence[str], span: Span, width: Micros) -> dict[int, Counted]:
    """How much happened in each piece of `width` of a time, by the piece's number; empty ones are left out."""
    if not door_ids:
        return {}
    table = moments.c
    piece = ((table.at - span.start) // width).label("piece")
    query = (
        select(piece, table.kind, func.count().label("found"))
        .where(
            table.door_id.in_(door_ids),
            table.kind.in_(_COUNTED),
            table.at >= span.start,
            table.at < span.end,
        )
        .group_by(piece, table.kind)
    )
    found: dict[int, Counted] = {}
    for row in conn.execute(query):
        here = found.setdefault(int(row.piece), Counted())
        if row.kind == EVENT_CODES[Meaning.GRANT]:
            here.grants += row.found
        elif row.kind in CODES[MomentKind.CROSSING]:
            here.crossings += row.found
        else:
            here.events += row.found
    return found
