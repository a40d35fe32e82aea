"""What became of crossings and grants, kept beside them and in their moments."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, update

from doorwatch.domain.incident import CrossingVerdict, GrantOutcome
from doorwatch.domain.labels import UNSEEN
from doorwatch.store import crossings, moments
from doorwatch.store.schema.happenings import access_events

Grant = tuple[str, str, GrantOutcome]
"""PACS, event id, and what became of it."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes that are not stored yet."""

    crossings: tuple[CrossingVerdict, ...] = ()
    grants: tuple[Grant, ...] = ()


def keep(conn: Connection, account: str, found: Sequence[Outcomes]) -> None:
    """Keep the outcomes of several doors."""
    seen = [verdict for one in found for verdict in one.crossings]
    if seen:
        crossings.set_outcomes(conn, account, seen)
    grants = sorted({(pacs, key): outcome for one in found for pacs, key, outcome in one.grants}.items())
    if grants:
        rows = [
            {"_account": account, "_pacs": pacs, "_id": key, "_outcome": outcome.value}
            for (pacs, key), outcome in grants
        ]
        conn.execute(_SET_GRANT, rows)
        told = {moments.event_moment_id(pacs, key): {"outcome": outcome.value} for (pacs, key), outcome in grants}
        moments.change(conn, account, told)
        unseen = {moment_id: one["outcome"] == GrantOutcome.NOT_OBSERVABLE.value for moment_id, one in told.items()}
        moments.relabel(conn, account, UNSEEN, unseen)


_SET_GRANT = (
    update(access_events)
    .where(
        access_events.c.account_id == bindparam("_account"),
        access_events.c.pacs_id == bindparam("_pacs"),
        access_events.c.event_id == bindparam("_id"),
    )
    .values(outcome=bindparam("_outcome"))
)
