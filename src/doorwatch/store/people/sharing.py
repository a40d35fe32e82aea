"""What the cameras that are shared with a guest show: the doors that they see, the incidents that they saw."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, false, select

from doorwatch.domain.time import Micros
from doorwatch.store import configuration
from doorwatch.store.engine import numbers
from doorwatch.store.engine.sets import CAMERAS
from doorwatch.store.moments import MomentKind, is_kind
from doorwatch.store.schema.happenings import incidents, moments, set_members


def moments_seen(conn: Connection, account: str, cameras: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the cameras was mapped to a moment's door then, or saw it itself."""
    sets = _sets_with(conn, account, cameras)
    return moments.c.camera_set.in_(sets) if sets else false()


def incidents_seen(conn: Connection, account: str, cameras: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the cameras was mapped to the door of an incident then."""
    seen = select(moments.c.incident_id).where(
        moments.c.account == numbers.of_account(conn, account),
        is_kind(MomentKind.INCIDENT),
        moments_seen(conn, account, cameras),
    )
    return incidents.c.incident_id.in_(seen)


def doors_seen(conn: Connection, account: str, cameras: Collection[str], now: Micros) -> frozenset[str]:
    """The doors that one of the cameras is mapped to now."""
    mapped = configuration.current_mappings(conn, account, now)
    return frozenset(door_id for door_id, seen_by in mapped.items() if not set(cameras).isdisjoint(seen_by))


def _sets_with(conn: Connection, account: str, cameras: Collection[str]) -> list[int]:
    query = select(set_members.c.set_id).where(
        set_members.c.account_id == account,
        set_members.c.kind == CAMERAS,
        set_members.c.member.in_(sorted(cameras)),
    )
    return sorted(set(conn.execute(query).scalars()))
