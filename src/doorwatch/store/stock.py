"""Stock: what there is of each camera's recordings, how fast they grow, and how much of them is held."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from doorwatch.domain.time import DAY, HOUR, Micros
from doorwatch.store import holds
from doorwatch.store.holds import Span
from doorwatch.store.schema.media import segments

LATELY: Micros = DAY
"""Over so long it is measured how fast recordings grow."""

_LONGEST: Micros = HOUR
"""No segment is longer: what begins earlier does not reach into a span."""


@dataclass(frozen=True, slots=True)
class Stock:
    """One camera's recordings: when the oldest and the newest begin, their bytes, and those of the last day.

    `eventful_*` are of those that are past their age and stay for what happened then; None and 0 without any.
    """

    camera_id: str
    oldest: Micros
    newest: Micros
    bytes: int
    bytes_lately: int
    ordinary_oldest: Micros | None = None
    eventful_oldest: Micros | None = None
    eventful_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What must stay of a camera's recordings: around how many incidents, and how many bytes."""

    incidents: int
    bytes: int


def stocks(conn: Connection, account: str, now: Micros) -> dict[str, Stock]:
    """Camera to its recordings, of all that have any. Reads an index with an entry for each segment."""
    told = segments.c
    lately = func.sum(case((told.start >= now - LATELY, told.bytes), else_=0)).label("lately")
    query = (
        select(
            told.camera_id,
            told.eventful,
            func.min(told.start).label("oldest"),
            func.max(told.start).label("newest"),
            func.sum(told.bytes).label("bytes"),
            lately,
        )
        .where(told.account_id == account)
        .group_by(told.camera_id, told.eventful)
        .order_by(told.camera_id, told.eventful)
    )
    found: dict[str, Stock] = {}
    for row in conn.execute(query):
        former = found.get(row.camera_id)
        found[row.camera_id] = Stock(
            row.camera_id,
            row.oldest if former is None else min(former.oldest, row.oldest),
            row.newest if former is None else max(former.newest, row.newest),
            int(row.bytes) + (0 if former is None else former.bytes),
            int(row.lately) + (0 if former is None else former.bytes_lately),
            (None if former is None else former.ordinary_oldest) if row.eventful else row.oldest,
            row.oldest if row.eventful else None,
            int(row.bytes) if row.eventful else 0,
        )
    return found


def held(conn: Connection, account: str, now: Micros) -> dict[str, Held]:
    """Camera to what is held of its recordings."""
    by_camera: dict[str, list[Span]] = {}
    for span in holds.held_spans(conn, account, now):
        by_camera.setdefault(span.camera_id, []).append(span)
    return {
        camera_id: Held(len(spans), sum(_bytes(conn, account, camera_id, *span) for span in _merged(spans)))
        for camera_id, spans in by_camera.items()
    }


def _merged(spans: Iterable[Span]) -> list[tuple[Micros, Micros]]:
    """The spans as times that do not touch, so that nothing is counted twice."""
    merged: list[tuple[Micros, Micros]] = []
    for start, end in sorted((span.start, span.end) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _bytes(conn: Connection, account: str, camera_id: str, start: Micros, end: Micros) -> int:
    told = segments.c
    query = select(func.coalesce(func.sum(told.bytes), 0)).where(
        told.account_id == account,
        told.camera_id == camera_id,
        told.start > start - _LONGEST,
        told.start < end,
        told.end > start,
    )
    return int(conn.execute(query).scalar_one())
