"""Coverage: time for which cameras really saw and gateways really held the events.

Intervals that touch are one row. News at the growing edge wakes only doors that wait for it; time that is filled in
or taken back later makes every door dirty whose verdict may have relied on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, and_, bindparam, delete, select, update

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import cameras, dirty, doors
from doorwatch.store.errors import UnknownError
from doorwatch.store.schema.happenings import camera_coverage, incidents, pacs_coverage
from doorwatch.store.schema.places import mappings, pacs
from doorwatch.store.sql import insert

TOUCH = SECOND // 10
"""Intervals this close are one: producers round."""


@dataclass(frozen=True, slots=True)
class CameraSpan:
    """A camera saw from `start` to `end`."""

    camera_id: str
    start: Micros
    end: Micros


@dataclass(frozen=True, slots=True)
class PacsCoverage:
    """What a gateway says of its PACS: the time it holds, what it is subscribed to, and time that it takes back."""

    covered_from: Micros
    covered_until: Micros
    subscribed: tuple[str, ...] | None = None
    refused: tuple[str, ...] | None = None
    uncovered_from: Micros | None = None


def add_camera_spans(conn: Connection, account: str, spans: Sequence[CameraSpan], now: Micros) -> int:
    """Add time that cameras saw; how many spans were taken. Spans of unknown cameras are passed over."""
    known = cameras.existing(conn, account, {span.camera_id for span in spans})
    good = [span for span in spans if span.camera_id in known and span.end >= span.start]
    by_door = _doors_of_cameras(conn, account) if good else {}
    for span in sorted(good, key=lambda span: (span.camera_id, span.start)):
        edge = _newest(conn, camera_coverage, camera_coverage.c.camera_id, account, span.camera_id)
        seen = Span(span.start, span.end)
        filled = _add(conn, camera_coverage, camera_coverage.c.camera_id, account, span.camera_id, seen)
        _wake(conn, account, by_door.get(span.camera_id, ()), filled, edge, now)
    return len(good)


def store_pacs_coverage(conn: Connection, account: str, pacs_id: str, said: PacsCoverage, now: Micros) -> None:
    """Keep what a gateway says; raises UnknownError for an unknown PACS."""
    row = conn.execute(
        select(pacs.c.covered_until, pacs.c.subscribed).where(pacs.c.account_id == account, pacs.c.pacs_id == pacs_id)
    ).first()
    if row is None:
        raise UnknownError("this access control system is not known; make a new token for its gateway")
    key = pacs_coverage.c.pacs_id
    touched = doors.doors_of_pacs(conn, account, pacs_id)
    if said.uncovered_from is not None:
        _take_back(conn, account, pacs_id, said.uncovered_from)
        if row.covered_until is not None and row.covered_until > said.uncovered_from:
            dirty.mark(conn, account, dict.fromkeys(touched, (said.uncovered_from, row.covered_until)), now)
    edge = _newest(conn, pacs_coverage, key, account, pacs_id)
    if said.covered_until > said.covered_from:
        filled = _add(conn, pacs_coverage, key, account, pacs_id, Span(said.covered_from, said.covered_until))
        _wake(conn, account, touched, filled, edge, now)
    values: dict[str, Any] = {"covered_until": _newest(conn, pacs_coverage, key, account, pacs_id), "heard_at": now}
    if values["covered_until"] is None:
        # Everything was taken back, and still this PACS is one that sends coverage.
        values["covered_until"] = said.uncovered_from
    if said.subscribed is not None:
        values["subscribed"] = list(said.subscribed)
    if said.refused is not None:
        values["refused"] = list(said.refused)
    conn.execute(update(pacs).where(pacs.c.account_id == account, pacs.c.pacs_id == pacs_id).values(**values))


def camera_spans(
    conn: Connection, account: str, camera_ids: Iterable[str], start: Micros, end: Micros
) -> dict[str, tuple[Span, ...]]:
    """For each camera the intervals that touch the time from `start` to `end`, whole."""
    return {
        camera_id: _between(conn, _CAMERA_SPANS, account, camera_id, start, end)
        for camera_id in sorted(set(camera_ids))
    }


def pacs_spans(conn: Connection, account: str, pacs_id: str, start: Micros, end: Micros) -> tuple[Span, ...]:
    """The intervals of a PACS that touch the time from `start` to `end`, whole."""
    return _between(conn, _PACS_SPANS, account, pacs_id, start, end)


def _doors_of_cameras(conn: Connection, account: str) -> dict[str, set[str]]:
    """Camera to the doors that it ever was mapped to: a late span may tell of an older mapping."""
    found: dict[str, set[str]] = {}
    query = select(mappings.c.door_id, mappings.c.camera_ids).where(mappings.c.account_id == account)
    for row in conn.execute(query):
        for camera_id in row.camera_ids:
            found.setdefault(camera_id, set()).add(row.door_id)
    return found


_LATE = 20 * SECOND
"""A verdict waits longer than this for a silent camera; what is older may have come after the verdict."""


def _wake(
    conn: Connection, account: str, door_ids: Iterable[str], filled: Sequence[Span], edge: Micros | None, now: Micros
) -> None:
    """Doors look again at what of the past was filled in; news at the edge is for those that wait for it.

    News at the edge that come late speak of a past that may have been decided without them.
    """
    if not filled:
        return
    door_ids = set(door_ids)
    undecided = door_ids.intersection(conn.execute(_UNDECIDED, {"account": account}).scalars())
    for span in filled:
        if (edge is not None and span.start < edge) or span.start < now - _LATE:
            dirty.mark(conn, account, dict.fromkeys(door_ids, span), now)
        else:
            dirty.bring_forward(conn, account, undecided, now)


_UNDECIDED = (
    select(incidents.c.door_id)
    .where(
        incidents.c.state == IncidentState.PROVISIONAL.value,
        incidents.c.account_id == bindparam("account"),
    )
    .distinct()
)


def _add(conn: Connection, table: Table, key: Column[str], account: str, value: str, span: Span) -> list[Span]:
    """Merge a span into the intervals; the parts of it that are news."""
    touching = and_(
        table.c.account_id == account,
        key == value,
        table.c.start <= span.end + TOUCH,
        table.c.end >= span.start - TOUCH,
    )
    query = select(table.c.start, table.c.end).where(touching).order_by(table.c.start)
    before = [Span(row.start, row.end) for row in conn.execute(query)]
    filled = _without(span, before)
    if not filled:
        return []
    start, end = min([span.start, *(one.start for one in before)]), max([span.end, *(one.end for one in before)])
    if len(before) == 1 and before[0].start == start:
        here = and_(table.c.account_id == account, key == value, table.c.start == start)
        conn.execute(update(table).where(here).values(end=end))
    else:
        conn.execute(delete(table).where(touching))
        row = {"account_id": account, key.name: value, "start": start, "end": end}
        conn.execute(insert(conn, table).on_conflict_do_nothing(), row)
    return filled


def _without(span: Span, before: Sequence[Span]) -> list[Span]:
    """What of a span lies in none of the others, which are in order."""
    left: list[Span] = []
    start = span.start
    for one in before:
        if one.start > start:
            left.append(Span(start, min(one.start, span.end)))
        start = max(start, one.end)
    if start < span.end:
        left.append(Span(start, span.end))
    return left


def _take_back(conn: Connection, account: str, pacs_id: str, since: Micros) -> None:
    mine = and_(pacs_coverage.c.account_id == account, pacs_coverage.c.pacs_id == pacs_id)
    conn.execute(delete(pacs_coverage).where(mine, pacs_coverage.c.start >= since))
    conn.execute(update(pacs_coverage).where(mine, pacs_coverage.c.end > since).values(end=since))


def _newest(conn: Connection, table: Table, key: Column[str], account: str, value: str) -> Micros | None:
    query = select(table.c.end).where(table.c.account_id == account, key == value).order_by(table.c.start.desc())
    found: Micros | None = conn.execute(query.limit(1)).scalar()
    return found


def _between(
    conn: Connection, query: Select[Any], account: str, value: str, start: Micros, end: Micros
) -> tuple[Span, ...]:
    wanted = {"account": account, "key": value, "start": start, "end": end}
    return tuple(Span(*row) for row in conn.execute(query, wanted).all())


def _spans_of(table: Table, key: Column[str]) -> Select[Any]:
    mine = and_(table.c.account_id == bindparam("account"), key == bindparam("key"))
    return (
        select(table.c.start, table.c.end)
        .where(mine, table.c.start <= bindparam("end"), table.c.end >= bindparam("start"))
        .order_by(table.c.start)
    )


_CAMERA_SPANS = _spans_of(camera_coverage, camera_coverage.c.camera_id)
_PACS_SPANS = _spans_of(pacs_coverage, pacs_coverage.c.pacs_id)
