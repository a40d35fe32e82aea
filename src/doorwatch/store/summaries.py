"""Counts per door over a time: for the list of doors and for reports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, func, literal, select

from doorwatch.domain.access import Direction, Meaning
from doorwatch.domain.incident import CrossingOutcome, IncidentState
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import tallies
from doorwatch.store.engine import numbers
from doorwatch.store.engine.sql import among, keys_for
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import crossings, incidents, moments
from doorwatch.store.schema.places import doors


@dataclass(frozen=True, slots=True)
class DoorCounts:
    """What happened at one door; incidents that turned out to be none are not counted.

    `crossings_in` and `crossings_out` leave out who turned back; `reviews` counts incidents by review.
    """

    grants: int = 0
    crossings_in: int = 0
    crossings_out: int = 0
    incidents: Mapping[str, int] = field(default_factory=dict)
    reviews: Mapping[str, int] = field(default_factory=dict)

    @property
    def all_incidents(self) -> int:
        """Incidents of all kinds."""
        return sum(self.incidents.values())


def count_by_door(
    conn: Connection, account: str, start: Micros, end: Micros, only: Collection[str] | None = None
) -> dict[str, DoorCounts]:
    """Door id to what happened from `start` until before `end`; doors at which nothing did are left out.

    Only doors of some ids are looked at when these are given.
    """
    found: dict[str, dict[str, Any]] = {}
    whole, edges = tallies.whole_parts(Span(start, end))
    granted = tallies.grants_by_door(conn, account, whole)
    passages, happened, wanted = _passages(account, start, end, edges), _incidents(account, start, end), {}
    if only is not None:
        dialect = conn.dialect.name
        passages = passages.where(among(dialect, doors.c.door_id))
        happened = happened.where(among(dialect, incidents.c.door_id))
        wanted = {"keys": keys_for(conn, sorted(only))}
    for row in conn.execute(passages, wanted):
        counts = {
            "grants": row.grants + granted.get(row.door_id, 0),
            "crossings_in": row.crossings_in,
            "crossings_out": row.crossings_out,
        }
        if any(counts.values()):
            found[row.door_id] = counts
    for door_id, kind, review, count in conn.execute(happened, wanted):
        here = found.setdefault(door_id, {})
        for name, value in (("incidents", kind), ("reviews", review)):
            by_value = here.setdefault(name, {})
            by_value[value] = by_value.get(value, 0) + count
    return {door_id: DoorCounts(**values) for door_id, values in found.items()}


def count_sensed(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> int:
    """How many entries the door's own sensor reported from `start` until before `end`, on the PACS's clock."""
    table = moments.c
    query = select(func.count()).where(
        table.account == numbers.of_account(conn, account),
        table.door_id == door_id,
        table.kind == EVENT_CODES[Meaning.ENTRY_SENSED],
        table.at >= start,
        table.at < end,
    )
    found: int = conn.execute(query).scalar_one()
    return found


def _passages(account: str, start: Micros, end: Micros, edges: Collection[Span]) -> Select[Any]:
    """Each count is one range of one index, however much happened at other times; grants are those at the edges alone."""
    grants: Any = sum((_grants(edge) for edge in edges), literal(0))
    return select(
        doors.c.door_id,
        grants.label("grants"),
        _crossings(account, Direction.IN, start, end).label("crossings_in"),
        _crossings(account, Direction.OUT, start, end).label("crossings_out"),
    ).where(doors.c.account_id == account)


def _grants(span: Span) -> ScalarSelect[int]:
    table = moments.c
    return (
        select(func.count())
        .select_from(moments)
        .where(
            table.door_id == doors.c.number,
            table.kind == EVENT_CODES[Meaning.GRANT],
            table.at >= span.start,
            table.at < span.end,
        )
        .correlate(doors)
        .scalar_subquery()
    )


def _crossings(account: str, direction: Direction, start: Micros, end: Micros) -> ScalarSelect[int]:
    table = crossings.c
    return (
        select(func.count())
        .select_from(crossings)
        .where(
            table.account_id == account,
            table.door_id == doors.c.door_id,
            table.direction == direction.value,
            table.at >= start,
            table.at < end,
            func.coalesce(table.outcome, "") != CrossingOutcome.TURNED_BACK.value,
        )
        .correlate(doors)
        .scalar_subquery()
    )


def _incidents(account: str, start: Micros, end: Micros) -> Select[Any]:
    table = incidents.c
    gone = (IncidentState.WITHDRAWN.value, IncidentState.EXPLAINED.value)
    return (
        select(table.door_id, table.kind, table.review, func.count())
        .where(
            table.account_id == account,
            table.start >= start,
            table.start < end,
            table.state.not_in(gone),
            table.superseded_by.is_(None),
        )
        .group_by(table.door_id, table.kind, table.review)
    )
