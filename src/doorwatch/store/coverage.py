"""Coverage: time for which cameras really saw and gateways really held the events.

Intervals that touch are one row. News at the growing edge wakes only doors that wait for it; time that is filled in
or taken back later makes every door dirty whose verdict may have relied on it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, and_, bindparam, delete, func, select, update

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import cameras, dirty, doors, pools
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import Stretch, among, asked_stretches, insert, keys_for, of_each, stretches_for
from doorwatch.store.schema.happenings import camera_coverage, incidents, pacs_coverage
from doorwatch.store.schema.places import mappings, pacs

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
    news = _News(conn, account, now)
    newest: dict[str, Span | None] = {}
    grown: dict[str, Span] = {}
    for span in sorted(good, key=lambda span: (span.camera_id, span.start)):
        camera_id, seen = span.camera_id, Span(span.start, span.end)
        if camera_id not in newest:
            newest[camera_id] = _newest(conn, _NEWEST_OF_CAMERA, account, camera_id)
        edge = newest[camera_id]
        if edge is not None and edge.start <= seen.start <= edge.end + TOUCH:
            # Nearly always: the camera went on seeing.
            filled = _without(seen, [edge])
            newest[camera_id] = Span(edge.start, max(edge.end, seen.end))
            grown[camera_id] = Span(edge.start, max(edge.end, seen.end))
        else:
            if camera_id in grown:
                conn.execute(_GROW, [_grown_row(account, camera_id, grown.pop(camera_id))])
            filled = _add(conn, camera_coverage, camera_coverage.c.camera_id, account, camera_id, seen)
            newest[camera_id] = _newest(conn, _NEWEST_OF_CAMERA, account, camera_id)
        news.of_camera(camera_id, filled, None if edge is None else edge.end)
    if grown:
        conn.execute(_GROW, [_grown_row(account, camera_id, span) for camera_id, span in sorted(grown.items())])
    news.tell()
    return len(good)


def _grown_row(account: str, camera_id: str, span: Span) -> dict[str, Any]:
    return {"_account": account, "_camera": camera_id, "_start": span.start, "_end": span.end}


def store_pacs_coverage(conn: Connection, account: str, pacs_id: str, said: PacsCoverage, now: Micros) -> None:
    """Keep what a gateway says; raises UnknownError for an unknown PACS."""
    row = conn.execute(
        select(pacs.c.covered_until, pacs.c.subscribed).where(pacs.c.account_id == account, pacs.c.pacs_id == pacs_id)
    ).first()
    if row is None:
        raise UnknownError("this access control system is not known; make a new token for its gateway")
    key = pacs_coverage.c.pacs_id
    news = _News(conn, account, now)
    if said.uncovered_from is not None:
        _take_back(conn, account, pacs_id, said.uncovered_from)
        if row.covered_until is not None and row.covered_until > said.uncovered_from:
            touched = doors.doors_of_pacs(conn, account, pacs_id)
            dirty.mark(conn, account, dict.fromkeys(touched, (said.uncovered_from, row.covered_until)), now)
    edge = _newest(conn, _NEWEST_OF_PACS, account, pacs_id)
    if said.covered_until > said.covered_from:
        filled = _add(conn, pacs_coverage, key, account, pacs_id, Span(said.covered_from, said.covered_until))
        news.of_pacs(pacs_id, filled, None if edge is None else edge.end)
        news.tell()
    newest = _newest(conn, _NEWEST_OF_PACS, account, pacs_id)
    values: dict[str, Any] = {"covered_until": None if newest is None else newest.end, "heard_at": now}
    if values["covered_until"] is None:
        # Everything was taken back, and still this PACS is one that sends coverage.
        values["covered_until"] = said.uncovered_from
    if said.subscribed is not None:
        values["subscribed"] = list(said.subscribed)
    if said.refused is not None:
        values["refused"] = list(said.refused)
    conn.execute(update(pacs).where(pacs.c.account_id == account, pacs.c.pacs_id == pacs_id).values(**values))


def camera_spans(conn: Connection, account: str, asked: Sequence[Stretch]) -> dict[int, dict[str, tuple[Span, ...]]]:
    """The intervals of cameras (the keys) that touch the times asked for, whole: number to camera to intervals."""
    found: dict[int, dict[str, list[Span]]] = defaultdict(dict)
    for one in asked:
        found[one.number][one.key] = []
    query = _camera_spans_query(conn.dialect.name)
    for number, camera_id, start, end in conn.execute(query, {"account": account, **stretches_for(conn, asked)}):
        if camera_id is not None:
            found[number][camera_id].append(Span(start, end))
    return {
        number: {camera: tuple(sorted(spans)) for camera, spans in cameras.items()} for number, cameras in found.items()
    }


def spans_of_camera(conn: Connection, account: str, camera_id: str, start: Micros, end: Micros) -> tuple[Span, ...]:
    """The intervals of one camera that touch the time from `start` to `end`, whole and in order."""
    return _between(conn, _ONE_CAMERA_SPANS, account, camera_id, start, end)


def first_seen(conn: Connection, account: str, camera_ids: Collection[str]) -> dict[str, Micros]:
    """Camera id to when it began to see; without those that never saw."""
    table = camera_coverage.c
    query = (
        select(table.camera_id, func.min(table.start).label("start"))
        .where(table.account_id == account, among(conn.dialect.name, table.camera_id))
        .group_by(table.camera_id)
    )
    found = conn.execute(query, {"keys": keys_for(conn, sorted(camera_ids))}).all()
    return {row.camera_id: row.start for row in found}


def pacs_spans(conn: Connection, account: str, pacs_id: str, start: Micros, end: Micros) -> tuple[Span, ...]:
    """The intervals of a PACS that touch the time from `start` to `end`, whole."""
    return _between(conn, _PACS_SPANS, account, pacs_id, start, end)


_LATE = 20 * SECOND
"""A verdict waits longer than this for a silent camera; what is older may have come after the verdict."""


class _News:
    """Wakes doors: for what of the past was filled in all that may rely on it, for the growing edge those that wait.

    News at the edge that come late speak of a past that may have been decided without them. Which doors are meant is
    found out only when somebody has to be woken, which is seldom.
    """

    def __init__(self, conn: Connection, account: str, now: Micros) -> None:
        self._conn = conn
        self._account = account
        self._now = now
        self._late: dict[str, tuple[Micros, Micros]] = {}
        self._awaited: set[str] = set()
        self._undecided = frozenset(conn.execute(_UNDECIDED, {"account": account}).scalars())
        self._of_cameras: dict[str, set[str]] | None = None

    def of_camera(self, camera_id: str, filled: Sequence[Span], edge: Micros | None) -> None:
        """A camera, seen until `edge` before, saw this too."""
        self._sort(filled, edge, lambda: self._doors_of_camera(camera_id))

    def of_pacs(self, pacs_id: str, filled: Sequence[Span], edge: Micros | None) -> None:
        """A PACS, covered until `edge` before, is covered for this too."""
        self._sort(filled, edge, lambda: doors.doors_of_pacs(self._conn, self._account, pacs_id))

    def _sort(self, filled: Sequence[Span], edge: Micros | None, concerned: Callable[[], Collection[str]]) -> None:
        for span in filled:
            if (edge is not None and span.start < edge) or span.start < self._now - _LATE:
                for door_id in concerned():
                    start, end = self._late.get(door_id, span)
                    self._late[door_id] = (min(start, span.start), max(end, span.end))
            elif self._undecided:
                self._awaited.update(self._undecided.intersection(concerned()))

    def tell(self) -> None:
        """Wake them."""
        dirty.mark(self._conn, self._account, self._late, self._now)
        dirty.bring_forward(self._conn, self._account, self._awaited, self._now)

    def _doors_of_camera(self, camera_id: str) -> set[str]:
        """The doors that it ever was mapped to, since a late span may tell of an older mapping, and their pools."""
        if self._of_cameras is None:
            self._of_cameras = _doors_of_cameras(self._conn, self._account)
        return self._of_cameras.get(camera_id, set())


def _doors_of_cameras(conn: Connection, account: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    shared = pools.read(conn, account)
    query = select(mappings.c.door_id, mappings.c.camera_ids).where(mappings.c.account_id == account)
    for door_id, camera_ids in conn.execute(query):
        judged_as = {door_id, *shared.heads(door_id, Span(-(1 << 62), 1 << 62))}
        for camera_id in camera_ids:
            found.setdefault(camera_id, set()).update(judged_as)
    return found


_UNDECIDED = (
    select(incidents.c.door_id)
    .where(
        incidents.c.state == IncidentState.PROVISIONAL.value,
        incidents.c.account_id == bindparam("account"),
    )
    .distinct()
)
_GROW = (
    update(camera_coverage)
    .where(
        camera_coverage.c.account_id == bindparam("_account"),
        camera_coverage.c.camera_id == bindparam("_camera"),
        camera_coverage.c.start == bindparam("_start"),
    )
    .values(end=bindparam("_end"))
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


def _newest(conn: Connection, query: Select[Any], account: str, value: str) -> Span | None:
    row = conn.execute(query, {"account": account, "key": value}).first()
    return None if row is None else Span(*row)


def _newest_of(table: Table, key: Column[str]) -> Select[Any]:
    mine = and_(table.c.account_id == bindparam("account"), key == bindparam("key"))
    return select(table.c.start, table.c.end).where(mine).order_by(table.c.start.desc()).limit(1)


_NEWEST_OF_CAMERA = _newest_of(camera_coverage, camera_coverage.c.camera_id)
_NEWEST_OF_PACS = _newest_of(pacs_coverage, pacs_coverage.c.pacs_id)


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


@cache
def _camera_spans_query(dialect: str) -> Select[Any]:
    asked, table = asked_stretches(dialect), camera_coverage.c
    these = and_(
        table.account_id == bindparam("account"),
        table.camera_id == asked.c.key,
        table.start <= asked.c.end,
        table.end >= asked.c.start,
    )
    return of_each(asked, camera_coverage, these, (table.camera_id, table.start, table.end))


_ONE_CAMERA_SPANS = _spans_of(camera_coverage, camera_coverage.c.camera_id)
_PACS_SPANS = _spans_of(pacs_coverage, pacs_coverage.c.pacs_id)
