"""Walks: the newest people that each camera followed through its picture, as boxes, to propose scenes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from doorwatch.domain.proposal import Walk, WalkStep
from doorwatch.domain.time import Micros
from doorwatch.store import cameras
from doorwatch.store.engine.sql import upsert
from doorwatch.store.schema.commissioning import walks

KEPT = 60
"""Walks kept of each camera: enough to propose from, and soon forgotten when the camera was turned."""


@dataclass(frozen=True, slots=True)
class SeenWalk:
    """A walk before a camera; boxes are pixels of a picture of `size` (width, height)."""

    camera_id: str
    size: tuple[int, int]
    walk: Walk


def store_walks(conn: Connection, account: str, batch: Sequence[SeenWalk]) -> tuple[int, ...]:
    """Keep walks, each once, and the newest of each camera; positions of those whose camera is not this account's."""
    known = cameras.existing(conn, account, {seen.camera_id for seen in batch})
    rows = {
        (seen.camera_id, seen.walk.track): {
            "account_id": account,
            "camera_id": seen.camera_id,
            "track": seen.walk.track,
            "seen_at": seen.walk.steps[-1].at,
            "width": seen.size[0],
            "height": seen.size[1],
            "steps": [list(step) for step in seen.walk.steps],
        }
        for seen in batch
        if seen.camera_id in known and seen.walk.steps
    }
    upsert(conn, walks, list(rows.values()))
    for camera_id in {seen.camera_id for seen in batch} & known:
        _forget_old(conn, account, camera_id)
    return tuple(index for index, seen in enumerate(batch) if seen.camera_id not in known)


def walks_of(conn: Connection, account: str, camera_id: str) -> tuple[tuple[int, int] | None, tuple[Walk, ...]]:
    """The size of a camera's picture, and its walks in that picture, the oldest first.

    Walks in a picture of another shape, from before the camera was set to this one, are left out; None without any.
    """
    query = select(walks).where(walks.c.account_id == account, walks.c.camera_id == camera_id)
    rows = conn.execute(query.order_by(walks.c.seen_at, walks.c.track)).all()
    if not rows:
        return None, ()
    size = (rows[-1].width, rows[-1].height)
    return size, tuple(
        Walk(row.track, tuple(WalkStep(*step) for step in row.steps)) for row in rows if (row.width, row.height) == size
    )


def times_of(conn: Connection, account: str) -> dict[str, list[tuple[Micros, Micros]]]:
    """Camera id to when the people of its kept walks came into view and went; cameras without a walk are left out."""
    came = walks.c.steps[(0, 0)].as_float()
    query = select(walks.c.camera_id, came, walks.c.seen_at).where(walks.c.account_id == account)
    found: dict[str, list[tuple[Micros, Micros]]] = {}
    for camera_id, start, end in conn.execute(query):
        found.setdefault(camera_id, []).append((round(start), end))
    return found


def newest_walk_at(conn: Connection, account: str, camera_id: str) -> Micros | None:
    """When the newest walk was seen; None when there is none."""
    query = select(walks.c.seen_at).where(walks.c.account_id == account, walks.c.camera_id == camera_id)
    found: Micros | None = conn.execute(query.order_by(walks.c.seen_at.desc()).limit(1)).scalar()
    return found


def newest_walks(conn: Connection, account: str) -> dict[str, Micros]:
    """Camera id to when its newest walk was seen; cameras without a walk are left out."""
    query = select(walks.c.camera_id, func.max(walks.c.seen_at).label("at")).where(walks.c.account_id == account)
    return {row.camera_id: row.at for row in conn.execute(query.group_by(walks.c.camera_id))}


def forget_walks(conn: Connection, account: str, camera_id: str) -> int:
    """Begin anew, as after a camera was moved; how many are gone."""
    mine = delete(walks).where(walks.c.account_id == account, walks.c.camera_id == camera_id)
    return conn.execute(mine).rowcount


def _forget_old(conn: Connection, account: str, camera_id: str) -> None:
    mine = (walks.c.account_id == account, walks.c.camera_id == camera_id)
    oldest = conn.execute(
        select(walks.c.seen_at).where(*mine).order_by(walks.c.seen_at.desc()).offset(KEPT).limit(1)
    ).scalar()
    if oldest is not None:
        conn.execute(delete(walks).where(*mine, walks.c.seen_at <= oldest))
