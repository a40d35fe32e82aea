"""Versioned configuration: mappings, scenes and policies, each in force from a time on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from doorwatch.domain.policy import Policy, policy_from_mapping, policy_to_mapping
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import CameraVersion, PolicyVersion
from doorwatch.store import cameras, dirty, doors
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.json_rows import rows_as
from doorwatch.store.engine.sql import among, counted, keys_for, next_numbers, upsert
from doorwatch.store.schema.places import mappings, policies, scenes


@dataclass(frozen=True, slots=True)
class Mappings:
    """All versions of some doors' mappings, to be asked for the cameras of a door at a time."""

    versions: dict[str, tuple[CameraVersion, ...]]

    def at(self, door_id: str, at: Micros) -> tuple[str, ...]:
        """The cameras that saw the door then, the primary one first; the oldest version also holds before it began."""
        versions = self.versions.get(door_id, ())
        found = versions[0].cameras if versions else ()
        for version in versions[1:]:
            if version.valid_from > at:
                break
            found = version.cameras
        return found


def set_mapping(
    conn: Connection, account: str, door_id: str, camera_ids: Sequence[str], now: Micros, *, since: Micros | None = None
) -> None:
    """Say which cameras see a door, the primary one first, from `since` (or now) on.

    Raises UnknownError when the door or a camera is not this account's.
    """
    doors.must_exist(conn, account, door_id)
    wanted = list(dict.fromkeys(camera_ids))
    unknown = set(wanted) - cameras.present(conn, account, wanted)
    if unknown:
        raise UnknownError(f"there is no camera {min(unknown)}; reload the page and choose again")
    valid_from = now if since is None else since
    row = {"account_id": account, "door_id": door_id, "valid_from": valid_from, "camera_ids": wanted}
    upsert(conn, mappings, [{**row, "changed_at": now}])
    note_mappings_changed(conn, account)
    dirty.mark(conn, account, {door_id: (valid_from, valid_from)}, now)


def mappings_of(conn: Connection, account: str, door_ids: Iterable[str]) -> Mappings:
    """All versions of these doors' mappings."""
    versions: dict[str, list[CameraVersion]] = {}
    wanted = {"account": account, "keys": keys_for(conn, sorted(set(door_ids)))}
    for door_id, valid_from, camera_ids in conn.execute(_mappings_query(conn.dialect.name), wanted):
        versions.setdefault(door_id, []).append(CameraVersion(valid_from, tuple(camera_ids)))
    return Mappings({door_id: tuple(found) for door_id, found in versions.items()})


def all_mappings(conn: Connection, account: str) -> Mappings:
    """All versions of the mappings of the account's doors.

    They are remembered on the connection until somebody changes one, which a counter tells: every batch of events and
    every list of doors asks, and mappings change once a month.
    """
    changes = _CHANGES.number(conn, {"account": account})
    remembered: dict[str, tuple[int | None, Mappings]] = conn.info.setdefault(_REMEMBERED, {})
    known = remembered.get(account)
    if known is None or known[0] != changes:
        known = changes, _all_versions(conn, account)
        remembered[account] = known
    return known[1]


@dataclass(frozen=True, slots=True)
class _MappingRow:
    """A version of a door's mapping as it is kept."""

    door_id: str
    valid_from: Micros
    camera_ids: tuple[str, ...]


def _all_versions(conn: Connection, account: str) -> Mappings:
    table = mappings.c
    query = select(table.door_id, table.valid_from, table.camera_ids).where(table.account_id == account)
    versions: dict[str, tuple[CameraVersion, ...]] = {}
    for row in rows_as(conn, query, ["valid_from"], _MappingRow):
        versions[row.door_id] = (*versions.get(row.door_id, ()), CameraVersion(row.valid_from, row.camera_ids))
    return Mappings(versions)


def note_mappings_changed(conn: Connection, account: str) -> None:
    """Have what is remembered of the account's mappings read anew."""
    next_numbers(conn, account, "mappings")
    conn.info.get(_REMEMBERED, {}).pop(account, None)


_REMEMBERED = "doorwatch.mappings"
_CHANGES = counted("mappings")


@cache
def _mappings_query(dialect: str) -> Select[Any]:
    """Built once: it is asked with every batch of events."""
    return (
        select(mappings.c.door_id, mappings.c.valid_from, mappings.c.camera_ids)
        .where(mappings.c.account_id == bindparam("account"), among(dialect, mappings.c.door_id))
        .order_by(mappings.c.valid_from)
    )


def current_mappings(conn: Connection, account: str, now: Micros) -> dict[str, tuple[str, ...]]:
    """Door id to its cameras, as mapped now; removed cameras and doors without any are left out."""
    known = all_mappings(conn, account)
    present = cameras.present_ids(conn, account)
    found: dict[str, tuple[str, ...]] = {}
    for door_id, versions in known.versions.items():
        seen_by = versions[0].cameras if len(versions) == 1 else known.at(door_id, now)
        kept = seen_by if present.issuperset(seen_by) else tuple(c for c in seen_by if c in present)
        if kept:
            found[door_id] = kept
    return found


def set_scene(conn: Connection, account: str, camera_id: str, door_id: str, scene: Scene | None, now: Micros) -> None:
    """Say how a camera sees a door from now on; None takes the scene away. Raises UnknownError."""
    doors.must_exist(conn, account, door_id)
    cameras.get_camera(conn, account, camera_id)
    row = {"account_id": account, "camera_id": camera_id, "door_id": door_id, "valid_from": now, "changed_at": now}
    upsert(conn, scenes, [{**row, "scene": None if scene is None else replace(scene, door=door_id).to_mapping()}])


def current_scene(conn: Connection, account: str, camera_id: str, door_id: str, now: Micros) -> Scene | None:
    """How a camera sees a door, as in force now; None where nothing is drawn. The scene's `door` is the door's id."""
    table = scenes.c
    mine = (table.account_id == account, table.camera_id == camera_id, table.door_id == door_id)
    query = select(table.scene).where(*mine, table.valid_from <= now).order_by(table.valid_from.desc()).limit(1)
    scene = conn.execute(query).scalar()
    return None if scene is None else scene_from_mapping({**scene, "door": door_id})


def current_scenes(conn: Connection, account: str, now: Micros) -> dict[str, dict[str, Scene]]:
    """Camera id to door id to scene, as in force now; a scene's `door` is the door's id."""
    return {
        camera_id: {door_id: scene_from_mapping({**scene, "door": door_id}) for door_id, scene in here.items()}
        for camera_id, here in drawn_scenes(conn, account, now).items()
    }


def drawn_scenes(conn: Connection, account: str, now: Micros) -> dict[str, dict[str, dict[str, Any]]]:
    """The same as they are kept, in the shape of scene.yaml: thousands are told without being looked at."""
    table = scenes.c
    query = select(table.camera_id, table.door_id, table.scene).where(
        table.account_id == account, table.valid_from <= now
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for camera_id, door_id, scene in conn.execute(query.order_by(table.valid_from)).all():
        here = found.setdefault(camera_id, {})
        if scene is None:
            here.pop(door_id, None)
        else:
            here[door_id] = scene
    return found


def set_policy(
    conn: Connection, account: str, door_id: str, policy: Policy, now: Micros, *, since: Micros | None = None
) -> None:
    """Judge a door by this policy from `since` (or now) on; raises UnknownError."""
    doors.must_exist(conn, account, door_id)
    valid_from = now if since is None else since
    row = {"account_id": account, "door_id": door_id, "valid_from": valid_from, "policy": policy_to_mapping(policy)}
    upsert(conn, policies, [{**row, "changed_at": now}])
    dirty.mark(conn, account, {door_id: (valid_from, valid_from)}, now)


def policies_of(conn: Connection, account: str, door_id: str) -> tuple[PolicyVersion, ...]:
    """All versions of a door's policy, the oldest first."""
    query = select(policies.c.valid_from, policies.c.policy).where(
        policies.c.account_id == account, policies.c.door_id == door_id
    )
    rows: Iterable[Any] = conn.execute(query.order_by(policies.c.valid_from))
    return tuple(PolicyVersion(row.valid_from, policy_from_mapping(row.policy)) for row in rows)


def current_policies(conn: Connection, account: str, now: Micros) -> dict[str, Policy]:
    """Door id to policy in force now, for the doors that have one of their own."""
    query = select(policies.c.door_id, policies.c.policy).where(
        policies.c.account_id == account, policies.c.valid_from <= now
    )
    rows = conn.execute(query.order_by(policies.c.valid_from))
    return {row.door_id: policy_from_mapping(row.policy) for row in rows}
