"""What became of crossings and grants: of crossings also in their moments, grants are moments themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from doorwatch.domain.incident import CrossingVerdict, GrantOutcome
from doorwatch.domain.labels import UNSEEN
from doorwatch.store import crossings, moments

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
        told = {moments.event_moment_id(pacs, key): {"outcome": outcome.value} for (pacs, key), outcome in grants}
        moments.change(conn, account, told)
        unseen = {moment_id: one["outcome"] == GrantOutcome.NOT_OBSERVABLE.value for moment_id, one in told.items()}
        moments.relabel(conn, account, UNSEEN, unseen)
