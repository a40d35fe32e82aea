"""Retention: which recordings go, by age, by size and for want of room. What is held never does.

A segment that is old enough to go is looked at once: where something happened around it (an access event, a crossing, an
incident at a door that the camera saw) it is marked as eventful and stays for longer, else it goes. So nothing has to be
decided while recording, and what was heard of late still keeps its video.
"""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, not_, select, update

from doorwatch.domain.time import HOUR, MINUTE, SECOND, Micros
from doorwatch.store import holds
from doorwatch.store.engine import sets
from doorwatch.store.engine.identity import door_id_of
from doorwatch.store.engine.sql import among_these, chunks
from doorwatch.store.moments import CODES, MomentKind
from doorwatch.store.schema.happenings import moments
from doorwatch.store.schema.media import segments
from doorwatch.store.schema.places import cameras
from doorwatch.store.segments import turn_into_garbage

AROUND: Micros = 15 * SECOND
"""Video so close to an event belongs to it: a clip's lead and tail, and clocks that differ a little."""

_RECENT = HOUR
_NEWEST = 2 * MINUTE
"""What is younger is spared whatever is wanted: evidence of what just happened is still being made of it."""

_AT_A_TIME = 200
_HAPPENED = tuple(
    code for kind in (MomentKind.ACCESS_EVENT, MomentKind.CROSSING, MomentKind.INCIDENT) for code in CODES[kind]
)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a camera's recordings are kept, without and with events; `most_bytes` is all that they may take."""

    ordinary: Micros
    eventful: Micros
    most_bytes: int | None = None


KeepOf = Callable[[str], Keep]


@dataclass(frozen=True, slots=True)
class Next:
    """The recording that goes next where room is wanted: whose it is, when it begins, and whether something happened in it."""

    camera_id: str
    start: Micros
    eventful: bool


def remove_old(conn: Connection, account: str, keep_of: KeepOf, now: Micros, *, limit: int = 2000) -> int:
    """Turn what was kept long enough into garbage, at most about `limit` segments at a time; how many."""
    shelf, removed = _Shelf(conn, account, now), 0
    for camera_id, ordinary, eventful in conn.execute(_oldest_query(account)).all():
        keep = keep_of(camera_id)
        before, last = now - keep.ordinary, now - max(keep.ordinary, keep.eventful)
        if ordinary is not None and ordinary < before:
            rows = shelf.oldest([camera_id], before, limit - removed, eventful=False)
            removed += shelf.remove(shelf.uneventful(rows))
        if eventful is not None and eventful < last:
            removed += shelf.remove(shelf.oldest([camera_id], last, limit - removed, eventful=True))
        if removed >= limit:
            break
    return removed


def oversized(conn: Connection, account: str, keep_of: KeepOf) -> dict[str, int]:
    """Camera to the bytes that its recordings take beyond what they may."""
    most = {camera_id: keep_of(camera_id).most_bytes for camera_id in _recorded(conn, account)}
    limited = {camera_id: bound for camera_id, bound in most.items() if bound is not None}
    if not limited:
        return {}
    told = segments.c
    used = (
        select(told.camera_id, func.sum(told.bytes).label("bytes"))
        .where(told.account_id == account, among_these(conn, told.camera_id, sorted(limited)))
        .group_by(told.camera_id)
    )
    beyond = {row.camera_id: int(row.bytes) - limited[row.camera_id] for row in conn.execute(used)}
    return {camera_id: more for camera_id, more in beyond.items() if more > 0}


def make_room(
    conn: Connection, account: str, camera_ids: Iterable[str], wanted: int, now: Micros, *, limit: int = 2000
) -> int:
    """Turn recordings of these cameras into garbage until that makes `wanted` bytes; the bytes that it does make.

    The oldest goes first: first what nothing happened in, then what something did, then what is younger than an hour.
    """
    shelf, ids = _Shelf(conn, account, now), sorted(set(camera_ids))
    made, left = 0, limit
    for eventful, before in ((False, now - _RECENT), (True, now - _NEWEST), (False, now - _NEWEST)):
        while made < wanted and left > 0:
            rows = shelf.oldest(ids, before, min(left, _AT_A_TIME), eventful=eventful)
            if not rows:
                break
            recent = before > now - _RECENT
            going = _enough(rows if recent else shelf.uneventful(rows), wanted - made)
            shelf.remove(going)
            made += sum(row.bytes for row in going)
            left -= len(rows)
    return made


def next_to_go(conn: Connection, account: str, camera_ids: Iterable[str], now: Micros) -> Next | None:
    """What `make_room` would take first of these cameras' recordings; None when nothing may go. Changes nothing."""
    shelf, ids = _Shelf(conn, account, now), sorted(set(camera_ids))
    plain = shelf.oldest(ids, now - _RECENT, _AT_A_TIME, eventful=False)
    staying = shelf.staying(plain)
    if (row := next((one for one in plain if one.segment_id not in staying), None)) is not None:
        return Next(row.camera_id, row.start, eventful=False)
    marked = shelf.oldest(ids, now - _NEWEST, 1, eventful=True)
    happened = sorted([*plain, *marked], key=lambda one: (one.start, one.segment_id))
    if happened:
        return Next(happened[0].camera_id, happened[0].start, eventful=True)
    young = shelf.oldest(ids, now - _NEWEST, 1, eventful=False)
    return Next(young[0].camera_id, young[0].start, eventful=False) if young else None


def _recorded(conn: Connection, account: str) -> list[str]:
    """All cameras that there are or were: those that were taken away left recordings, too."""
    query = select(cameras.c.camera_id).where(cameras.c.account_id == account)
    return list(conn.execute(query.order_by(cameras.c.camera_id)).scalars())


def _oldest_query(account: str) -> Select[Any]:
    """Cameras with the beginnings of their oldest recordings without and with events, None where there are none.

    Of thousands of cameras few have something to lose at a time: one statement of two probes each tells which.
    """
    told, owner = segments.c, cameras.c
    mine = and_(told.account_id == account, told.camera_id == owner.camera_id)
    beginnings = [
        select(func.min(told.start)).where(mine, told.eventful.is_(eventful)).scalar_subquery().label(name)
        for name, eventful in (("ordinary", False), ("eventful", True))
    ]
    return select(owner.camera_id, *beginnings).where(owner.account_id == account).order_by(owner.camera_id)


def _enough(rows: Sequence[Row[Any]], wanted: int) -> Sequence[Row[Any]]:
    """As many of the rows as make the wanted bytes."""
    total = 0
    for number, row in enumerate(rows, 1):
        total += row.bytes
        if total >= wanted:
            return rows[:number]
    return rows


class _Shelf:
    """An account's recordings within one transaction, without those of held incidents."""

    def __init__(self, conn: Connection, account: str, now: Micros) -> None:
        told = segments.c
        self._conn, self._account, self._now = conn, account, now
        self._free = and_(
            told.account_id == account,
            *(
                not_(and_(told.camera_id == span.camera_id, told.start < span.end, told.end > span.start))
                for span in holds.held_spans(conn, account, now)
            ),
        )

    def oldest(self, camera_ids: Sequence[str], before: Micros, limit: int, *, eventful: bool) -> list[Row[Any]]:
        """The oldest segments of some cameras that ended before a time."""
        told = segments.c
        found: list[Row[Any]] = []
        for camera_id in camera_ids:
            # The index is in the order of beginnings: bounding them spares reading all that is younger.
            query = select(segments).where(
                self._free,
                told.camera_id == camera_id,
                told.eventful.is_(eventful),
                told.start < before,
                told.end <= before,
            )
            found += self._conn.execute(query.order_by(told.start).limit(max(0, limit))).all()
        return sorted(found, key=lambda row: (row.start, row.segment_id))[: max(0, limit)]

    def remove(self, rows: Sequence[Row[Any]]) -> int:
        """Turn them into garbage; how many."""
        return turn_into_garbage(self._conn, self._account, rows, self._now)

    def uneventful(self, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Those in which nothing happened; the others are marked, and stay longer."""
        staying = self.staying(rows)
        for piece in chunks(sorted(staying)):
            mine = (segments.c.account_id == self._account, segments.c.segment_id.in_(piece))
            self._conn.execute(update(segments).where(*mine).values(eventful=True))
        return [row for row in rows if row.segment_id not in staying]

    def staying(self, rows: Sequence[Row[Any]]) -> set[str]:
        """The ids of those around which something happened."""
        by_camera: dict[str, list[Row[Any]]] = {}
        for row in rows:
            by_camera.setdefault(row.camera_id, []).append(row)
        return {one for camera_id, some in by_camera.items() for one in self._eventful(camera_id, some)}

    def _eventful(self, camera_id: str, rows: Sequence[Row[Any]]) -> list[str]:
        """The ids of those around which something happened at a door that the camera saw then."""
        views = sets.with_members(self._conn, self._account, sets.CAMERAS, [camera_id])
        doors = sets.beside(self._conn, self._account, sets.DOORS, views)
        told = moments.c
        query = select(told.at).where(
            told.door_id.in_([door_id_of(door) for door in sorted(doors)]),
            told.kind.in_(_HAPPENED),
            told.camera_set.in_(views),
            told.at >= min(row.start for row in rows) - AROUND,
            told.at <= max(row.end for row in rows) + AROUND,
        )
        times = sorted(self._conn.execute(query.distinct()).scalars())

        def near(row: Row[Any]) -> bool:
            first = bisect.bisect_left(times, row.start - AROUND)
            return first < len(times) and times[first] <= row.end + AROUND

        return [row.segment_id for row in rows if near(row)]
