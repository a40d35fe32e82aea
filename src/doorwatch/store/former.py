"""What stood at a door before a change, and how it is put back: mapping, scenes, policy and pool keep their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from doorwatch.domain.policy import Policy, policy_from_mapping, policy_to_mapping
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import Micros
from doorwatch.store import cameras, configuration, pools
from doorwatch.store.mapping import MappingChange, change_mapping
from doorwatch.store.schema.places import scenes

What = Literal["mapping", "scene", "policy", "pool"]


@dataclass(frozen=True, slots=True)
class DoorPart:
    """One thing about a door that has versions; a scene is that of one camera."""

    door_id: str
    what: What
    camera_id: str | None = None


def stood_at(conn: Connection, account: str, part: DoorPart, at: Micros) -> Any:
    """What was in force then: ids of cameras or doors, a policy or a scene in the shape of its file, None for no scene.

    Nobody's setting is an empty mapping or pool and the default policy. Cameras that were removed since are named, too.
    """
    match part.what:
        case "mapping":
            versions = configuration.mappings_of(conn, account, [part.door_id]).versions.get(part.door_id, ())
            return next((list(one.cameras) for one in reversed(versions) if one.valid_from <= at), [])
        case "policy":
            policies = configuration.policies_of(conn, account, part.door_id)
            return policy_to_mapping(next((one.policy for one in reversed(policies) if one.valid_from <= at), Policy()))
        case "pool":
            return sorted(pools.read(conn, account).members(part.door_id, at))
        case "scene":
            return _scene_at(conn, account, part, at)


def put_back(conn: Connection, account: str, part: DoorPart, value: Any, now: Micros) -> None:
    """Have this in force from now on. Raises UnknownError or ConflictError where it can't be any more."""
    door_id = part.door_id
    match part.what:
        case "mapping":
            standing = configuration.current_mappings(conn, account, now).get(door_id, ())
            change_mapping(conn, account, [MappingChange(door_id, standing, tuple(value))], now)
        case "policy":
            configuration.set_policy(conn, account, door_id, policy_from_mapping(value), now)
        case "pool":
            pools.set_members(conn, account, door_id, value, now)
        case "scene":
            scene = None if value is None else scene_from_mapping({**value, "door": door_id})
            configuration.set_scene(conn, account, part.camera_id or "", door_id, scene, now)


def still_there(conn: Connection, account: str, camera_ids: Sequence[str]) -> list[str]:
    """Those of the cameras that were not removed since, in their order."""
    present = cameras.present(conn, account, camera_ids)
    return [camera_id for camera_id in camera_ids if camera_id in present]


def _scene_at(conn: Connection, account: str, part: DoorPart, at: Micros) -> dict[str, Any] | None:
    table = scenes.c
    query = select(table.scene).where(
        table.account_id == account,
        table.camera_id == part.camera_id,
        table.door_id == part.door_id,
        table.valid_from <= at,
    )
    found: dict[str, Any] | None = conn.execute(query.order_by(table.valid_from.desc()).limit(1)).scalar()
    return found
