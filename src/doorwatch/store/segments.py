"""Segments: which pieces of recorded video exist, and which files are still to be deleted.

A row leaves the list before its file is deleted: it turns into garbage, and garbage is dropped once the analyzer says
that the file is gone. So a row never promises a file that is not there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import cameras
from doorwatch.store.engine.sql import chunks, insert
from doorwatch.store.schema.media import garbage, segments

_SEAM = SECOND // 2
"""Segments this close are one recording."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A recorded file; `start` and `end` are capture times, `name` its name under the analyzer's recordings.

    `sha256` is the hash of what was recorded, None where an older version did. `fault` is what is wrong with the file
    (missing, truncated, altered), `eventful` says that it is kept for what happened then: both are the server's own.
    """

    segment_id: str
    camera_id: str
    start: Micros
    end: Micros
    bytes: int
    name: str
    sha256: str | None = None
    fault: str | None = None
    eventful: bool = False


def store_segments(conn: Connection, account: str, batch: Sequence[Segment]) -> tuple[int, ...]:
    """Add rows for files that are safely written; positions of those whose camera is not this account's."""
    known = cameras.existing(conn, account, {segment.camera_id for segment in batch})
    gone = _in_garbage(conn, account, [segment.segment_id for segment in batch])
    rows = {
        segment.segment_id: {
            "account_id": account,
            "segment_id": segment.segment_id,
            "camera_id": segment.camera_id,
            "start": segment.start,
            "end": segment.end,
            "bytes": segment.bytes,
            "name": segment.name,
            "sha256": segment.sha256,
        }
        for segment in batch
        # A late repetition of the post must not bring back a file that is about to be deleted.
        if segment.camera_id in known and segment.segment_id not in gone
    }
    # What was told once stands: the file is never written again, and what a check found out of it must not be undone.
    if rows:
        conn.execute(insert(conn, segments).on_conflict_do_nothing(), list(rows.values()))
    return tuple(index for index, segment in enumerate(batch) if segment.camera_id not in known)


def between(conn: Connection, account: str, camera_id: str, start: Micros, end: Micros) -> list[Segment]:
    """A camera's segments that touch the time from `start` to `end`, in order."""
    query = select(segments).where(
        segments.c.account_id == account,
        segments.c.camera_id == camera_id,
        segments.c.start < end,
        segments.c.end > start,
    )
    return [_segment(row) for row in conn.execute(query.order_by(segments.c.start))]


def following(conn: Connection, account: str, camera_id: str, at: Micros, before: Micros, limit: int) -> list[Segment]:
    """The camera's segments that begin from a time on and before another, in order."""
    query = select(segments).where(
        segments.c.account_id == account,
        segments.c.camera_id == camera_id,
        segments.c.start >= at,
        segments.c.start < before,
    )
    return [_segment(row) for row in conn.execute(query.order_by(segments.c.start).limit(limit))]


def begun_between(conn: Connection, account: str, camera_id: str, before: Micros) -> tuple[Micros, Micros] | None:
    """When the oldest and the newest of a camera's segments that begin before a time do so; None without any."""
    mine = segments.c.account_id == account, segments.c.camera_id == camera_id, segments.c.start < before
    first, last = conn.execute(select(func.min(segments.c.start), func.max(segments.c.start)).where(*mine)).one()
    return None if first is None else (first, last)


def of_account(conn: Connection, account: str) -> list[Segment]:
    """All segments of an account, those of a camera in order."""
    query = select(segments).where(segments.c.account_id == account)
    return [_segment(row) for row in conn.execute(query.order_by(segments.c.camera_id, segments.c.start))]


def replace_row(conn: Connection, account: str, one: Segment) -> None:
    """List a segment as it was found to be."""
    values = {name: getattr(one, name) for name in Segment.__dataclass_fields__ if name != "segment_id"}
    mine = (segments.c.account_id == account, segments.c.segment_id == one.segment_id)
    conn.execute(update(segments).where(*mine).values(**values))


def forget_row(conn: Connection, account: str, segment_id: str) -> None:
    """Take a segment off the list whose file is gone."""
    mine = (segments.c.account_id == account, segments.c.segment_id == segment_id)
    conn.execute(delete(segments).where(*mine))


def recorded_spans(conn: Connection, account: str, camera_id: str, start: Micros, end: Micros) -> list[Span]:
    """The times without a gap that a camera's segments cover between `start` and `end`, in order; cut at both."""
    table = segments.c
    here = (
        select(table.start, table.end, func.lag(table.end).over(order_by=table.start).label("before"))
        .where(
            table.account_id == account,
            table.camera_id == camera_id,
            table.start < end,
            table.end > start,
            # What the check found missing or altered is a gap.
            table.fault.is_(None),
        )
        .subquery()
    )
    # Where the one before ended long before, a span begins, and that end is the end of the span before it.
    begins = select(here.c.start, here.c.before).where(
        or_(here.c.before.is_(None), here.c.start > here.c.before + _SEAM)
    )
    rows = conn.execute(begins.order_by(here.c.start)).all()
    if not rows:
        return []
    last: int = conn.execute(select(func.max(here.c.end))).scalar_one()
    ends = [row.before for row in rows[1:]] + [last]
    spans = zip((row.start for row in rows), ends, strict=True)
    return [Span(max(start, begun), min(end, ended)) for begun, ended in spans]


def used_bytes(conn: Connection, account: str) -> int:
    """How many bytes of recordings the account has, garbage included."""
    total = 0
    for table in (segments, garbage):
        query = select(func.coalesce(func.sum(table.c.bytes), 0)).where(table.c.account_id == account)
        total += int(conn.execute(query).scalar_one())
    return total


def turn_into_garbage(conn: Connection, account: str, rows: Sequence[Row[Any]], now: Micros) -> int:
    """Take rows off the list; their files are deleted later. How many."""
    if rows:
        conn.execute(
            insert(conn, garbage).on_conflict_do_nothing(),
            [
                {
                    "account_id": account,
                    "segment_id": row.segment_id,
                    "camera_id": row.camera_id,
                    "name": row.name,
                    "bytes": row.bytes,
                    "removed_at": now,
                }
                for row in rows
            ],
        )
    for piece in chunks([row.segment_id for row in rows]):
        conn.execute(delete(segments).where(segments.c.account_id == account, segments.c.segment_id.in_(piece)))
    return len(rows)


def garbage_bytes(conn: Connection, account: str, camera_ids: Iterable[str]) -> int:
    """How many bytes of some cameras' recordings are still to be deleted."""
    total = 0
    for piece in chunks(sorted(set(camera_ids))):
        query = select(func.coalesce(func.sum(garbage.c.bytes), 0))
        mine = (garbage.c.account_id == account, garbage.c.camera_id.in_(piece))
        total += int(conn.execute(query.where(*mine)).scalar_one())
    return total


def list_garbage(conn: Connection, account: str, limit: int = 1000) -> list[str]:
    """Ids of segments whose files the analyzer is to delete, the oldest first."""
    query = select(garbage.c.segment_id).where(garbage.c.account_id == account)
    return list(conn.execute(query.order_by(garbage.c.removed_at, garbage.c.segment_id).limit(limit)).scalars())


def drop_garbage(conn: Connection, account: str, segment_ids: Iterable[str]) -> int:
    """Forget garbage whose files are gone; how many rows. A segment that is still listed is not touched."""
    dropped = 0
    for piece in chunks(sorted(set(segment_ids))):
        result = conn.execute(delete(garbage).where(garbage.c.account_id == account, garbage.c.segment_id.in_(piece)))
        dropped += result.rowcount
    return dropped


def _in_garbage(conn: Connection, account: str, segment_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for piece in chunks(segment_ids):
        query = select(garbage.c.segment_id).where(garbage.c.account_id == account, garbage.c.segment_id.in_(piece))
        found.update(conn.execute(query).scalars())
    return found


def _segment(row: Row[Any]) -> Segment:
    return Segment(**{name: getattr(row, name) for name in Segment.__dataclass_fields__})
