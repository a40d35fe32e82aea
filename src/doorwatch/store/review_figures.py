"""Figures for those who review incidents: how many wait, of which kind, and what became of them week by week."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.incident import GrantOutcome, IncidentKind, IncidentState
from doorwatch.domain.time import Micros
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import incidents, moments
from doorwatch.store.schema.places import doors

_GONE = (IncidentState.WITHDRAWN.value, IncidentState.EXPLAINED.value)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many incidents there are: by kind and by state without those that turned out to be none, and `explained`.

    Only kinds and states that occur are named.
    """

    kinds: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    explained: int = 0

    @property
    def total(self) -> int:
        """All that did not turn out to be none."""
        return sum(self.kinds.values())


def count_incidents(
    conn: Connection,
    account: str,
    *,
    review: str | None = None,
    door_id: str | None = None,
    state: IncidentState | None = None,
    kind: IncidentKind | None = None,
    only: ColumnElement[bool] | None = None,
) -> Waiting:
    """Incidents by kind (of `state`, where one is given) and by state (of `kind`); `only` is a further condition."""
    table = incidents.c
    query = select(table.kind, table.state, func.count()).where(
        table.account_id == account, table.superseded_by.is_(None), table.state != IncidentState.WITHDRAWN.value
    )
    if review is not None:
        query = query.where(table.review == review)
    if door_id is not None:
        query = query.where(table.door_id == door_id)
    if only is not None:
        query = query.where(only)
    kinds: dict[str, int] = {}
    states: dict[str, int] = {}
    explained = 0
    for its_kind, its_state, count in conn.execute(query.group_by(table.kind, table.state)):
        of_kind = kind is None or its_kind == kind.value
        if its_state == IncidentState.EXPLAINED.value:
            explained += count if of_kind else 0
        if of_kind and its_state not in _GONE:
            states[its_state] = states.get(its_state, 0) + count
        if (its_state not in _GONE) if state is None else its_state == state.value:
            kinds[its_kind] = kinds.get(its_kind, 0) + count
    return Waiting(kinds, states, explained)


def unseen_grants(conn: Connection, account: str, start: Micros, end: Micros) -> dict[str, int]:
    """Door id to how many grants from `start` until before `end` nobody can judge, as the camera did not see it all."""
    table = moments.c
    here = (
        select(func.count())
        .select_from(moments)
        .where(
            table.door_id == doors.c.number,
            table.kind == EVENT_CODES[Meaning.GRANT],
            table.at >= start,
            table.at < end,
            table.outcome == GrantOutcome.NOT_OBSERVABLE.value,
        )
        .correlate(doors)
        .scalar_subquery()
    )
    # By door, so that each count is one range of one index.
    rows = conn.execute(select(doors.c.door_id, here.label("unseen")).where(doors.c.account_id == account))
    return {row.door_id: row.unseen for row in rows if row.unseen}


def explained_by_door(conn: Connection, account: str, start: Micros, end: Micros) -> dict[str, int]:
    """Door id to how many incidents that began from `start` until before `end` a later event accounts for."""
    return _by_door(conn, account, start, end, incidents.c.state == IncidentState.EXPLAINED.value)


def merged_into(conn: Connection, account: str, incident_id: str) -> list[str]:
    """The incidents that became part of this one, in the order of their beginnings."""
    query = select(incidents.c.incident_id).where(
        incidents.c.account_id == account, incidents.c.superseded_by == incident_id
    )
    return [row.incident_id for row in conn.execute(query.order_by(incidents.c.start, incidents.c.incident_id))]


def _by_door(
    conn: Connection, account: str, start: Micros, end: Micros, condition: ColumnElement[Any]
) -> dict[str, int]:
    table = incidents.c
    query = select(table.door_id, func.count().label("found")).where(
        table.account_id == account, table.start >= start, table.start < end, condition
    )
    return {row.door_id: row.found for row in conn.execute(query.group_by(table.door_id))}
