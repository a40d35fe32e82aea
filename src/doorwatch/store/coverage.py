"""Coverage: time for which cameras really saw and gateways really held the events.

Intervals that touch are one row. News at the growing edge wakes only doors that wait for it; time that is filled in
or taken back later makes every door dirty whose verdict may have relied on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, delete, select, update

from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import cameras, dirty, doors
from doorwatch.store.errors import UnknownError
from doorwatch.store.schema.happenings import camera_coverage, pacs_coverage
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
        _add(conn, camera_coverage, camera_coverage.c.camera_id, account, span.camera_id, Span(span.start, span.end))
        _wake(conn, account, by_door.get(span.camera_id, ()), Span(span.start, span.end), edge, now)
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
        span = Span(said.covered_from, said.covered_until)
        _add(conn, pacs_coverage, key, account, pacs_id, span)
        _wake(conn, account, touched, span, edge, now)
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
        camera_id: _between(conn, camera_coverage, camera_coverage.c.camera_id, account, camera_id, start, end)
        for camera_id in sorted(set(camera_ids))
    }


def pacs_spans(conn: Connection, account: str, pacs_id: str, start: Micros, end: Micros) -> tuple[Span, ...]:
    """The intervals of a PACS that touch the time from `start` to `end`, whole."""
    return _between(conn, pacs_coverage, pacs_coverage.c.pacs_id, account, pacs_id, start, end)


def _doors_of_cameras(conn: Connection, account: str) -> dict[str, set[str]]:
    """Camera to the doors that it ever was mapped to: a late span may tell of an older mapping."""
    found: dict[str, set[str]] = {}
    query = select(mappings.c.door_id, mappings.c.camera_ids).where(mappings.c.account_id == account)
    for row in conn.execute(query):
        for camera_id in row.camera_ids:
            found.setdefault(camera_id, set()).add(row.door_id)
    return found


def _wake(
    conn: Connection, account: str, door_ids: Iterable[str], span: Span, edge: Micros | None, now: Micros
) -> None:
    if edge is not None and span.start + TOUCH < edge and span.end <= edge:
        # A gap of the past was filled, or repeated: what was said of it may change.
        dirty.mark(conn, account, dict.fromkeys(door_ids, (span.start, span.end)), now)
    else:
        dirty.bring_forward(conn, account, door_ids, now)


def _add(conn: Connection, table: Table, key: Column[str], account: str, value: str, span: Span) -> None:
    touching = and_(
        table.c.account_id == account,
        key == value,
        table.c.start <= span.end + TOUCH,
        table.c.end >= span.start - TOUCH,
    )
    rows = conn.execute(select(table.c.start, table.c.end).where(touching).order_by(table.c.start)).all()
    start = min([span.start, *(row.start for row in rows)])
    end = max([span.end, *(row.end for row in rows)])
    first = rows[0].start if rows else None
    if first == start and len(rows) == 1:
        if rows[0].end != end:
            here = and_(table.c.account_id == account, key == value, table.c.start == start)
            conn.execute(update(table).where(here).values(end=end))
        return
    if rows:
        conn.execute(delete(table).where(touching))
    conn.execute(
        insert(conn, table).on_conflict_do_nothing(),
        {"account_id": account, key.name: value, "start": start, "end": end},
    )


def _take_back(conn: Connection, account: str, pacs_id: str, since: Micros) -> None:
    mine = and_(pacs_coverage.c.account_id == account, pacs_coverage.c.pacs_id == pacs_id)
    conn.execute(delete(pacs_coverage).where(mine, pacs_coverage.c.start >= since))
    conn.execute(update(pacs_coverage).where(mine, pacs_coverage.c.end > since).values(end=since))


def _newest(conn: Connection, table: Table, key: Column[str], account: str, value: str) -> Micros | None:
    query = select(table.c.end).where(table.c.account_id == account, key == value).order_by(table.c.start.desc())
    found: Micros | None = conn.execute(query.limit(1)).scalar()
    return found


def _between(
    conn: Connection, table: Table, key: Column[str], account: str, value: str, start: Micros, end: Micros
) -> tuple[Span, ...]:
    query = select(table.c.start, table.c.end).where(
        table.c.account_id == account, key == value, table.c.start <= end, table.c.end >= start
    )
    return tuple(Span(row.start, row.end) for row in conn.execute(query.order_by(table.c.start)))
