"""Cameras as the API tells them, written straight from the rows: an account may have thousands of them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.recording import plan_of
from doorwatch.domain.time import Micros
from doorwatch.server.api import place_shapes
from doorwatch.server.api.views import iso, masked
from doorwatch.store import cameras, configuration, sites, walks
from doorwatch.store.cameras import Camera
from doorwatch.store.mapping import door_names
from doorwatch.store.tenants import Site


def camera_shape(conn: Connection, account: str, now: Micros, camera_id: str) -> place_shapes.CameraShape:
    """One camera; raises UnknownError for one that is not there."""
    return place_shapes.CameraShape(**_told(conn, account, now, [cameras.get_camera(conn, account, camera_id)])[0])


def camera_rows(
    conn: Connection, account: str, now: Micros, shared: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """The account's cameras by name as `CameraShape` has them; those that are shared, None: all of them."""
    found = cameras.list_cameras(conn, account, shared)
    return _told(conn, account, now, found)


def _told(conn: Connection, account: str, now: Micros, found: list[Camera]) -> list[dict[str, Any]]:
    wanted = {camera.camera_id for camera in found}
    seen: dict[str, list[str]] = defaultdict(list)
    for door_id, seen_by in configuration.current_mappings(conn, account, now).items():
        for camera_id in seen_by:
            if camera_id in wanted:
                seen[camera_id].append(door_id)
    names = door_names(conn, account, {door_id for of_camera in seen.values() for door_id in of_camera})
    scenes = configuration.drawn_scenes(conn, account, now)
    people = walks.newest_walks(conn, account)
    places = sites.read(conn, account, now)
    return [
        _camera(
            camera,
            iso(people.get(camera.camera_id)),
            [{"door_id": door_id, "name": names[door_id]} for door_id in seen.get(camera.camera_id, ())],
            [_scene(scene, door_id) for door_id, scene in sorted(scenes.get(camera.camera_id, {}).items())],
            places.of_camera(camera.camera_id),
        )
        for camera in found
    ]


def _camera(
    camera: Camera, people_at: str | None, seen: list[dict[str, str]], scenes: list[dict[str, Any]], site: Site
) -> dict[str, Any]:
    status = camera.status
    message = status.message or ("waiting for the analyzer" if status.at is None else "")
    return {
        "camera_id": camera.camera_id,
        "name": camera.name,
        "url": masked(camera.url),
        "main_url": None if camera.main_url is None else masked(camera.main_url),
        "enabled": camera.enabled,
        "status": {"code": status.code, "message": message, "at": iso(status.at)},
        "width": status.width,
        "height": status.height,
        "fps": status.fps,
        "latency_ms": status.latency_ms,
        "skew_ms": status.skew_ms,
        "detector": status.detector,
        "recording": plan_of(camera.settings).to_mapping(),
        "blur_people": camera.settings.get("blur_people", False) is not False,
        "groups": list(camera.groups),
        "labels": list(camera.labels),
        "site_id": site.site_id,
        "people_at": people_at,
        "doors": seen,
        "scenes": scenes,
    }


def _scene(scene: dict[str, Any], door_id: str) -> dict[str, Any]:
    """A scene as it is kept, with every key that `SceneShape` has."""
    return {"doorway": None, "floor": None, **scene, "door": door_id, "door_id": door_id}
