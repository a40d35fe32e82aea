"""`/api/cameras`: video sources, their scenes, their newest pictures."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from doorwatch.blobs import BlobMissingError
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.server.api import shapes, views
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.errors import ApiError
from doorwatch.server.evidence import snapshot_blob
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import cameras, configuration

router = APIRouter(tags=["cameras"], responses=ERRORS)


@router.get("/api/cameras")
async def list_cameras(caller: Viewer, parts: Parts) -> list[shapes.CameraShape]:
    """The cameras of the account, by name."""
    now = parts.clock.now()
    return await parts.db.read(lambda conn: views.camera_shapes(conn, caller.account, now))


@router.post("/api/cameras", status_code=201)
async def add_camera(body: shapes.NewCamera, caller: Manager, parts: Parts) -> shapes.CameraShape:
    """Add a camera; the analyzer reads it at once."""
    now = parts.clock.now()

    def add(conn: Connection) -> str:
        camera = cameras.add_camera(
            conn, caller.account, name=body.name, url=body.url, now=now, enabled=body.enabled, settings=body.settings
        )
        note(conn, caller, now, "camera.add", camera.camera_id, {"name": body.name, "url": views.masked(body.url)})
        return camera.camera_id

    camera_id = await parts.db.write(add)
    return await _changed(parts, caller, camera_id)


@router.get("/api/cameras/{camera_id}")
async def get_camera(camera_id: shapes.PathId, caller: Viewer, parts: Parts) -> shapes.CameraShape:
    """One camera."""
    now = parts.clock.now()
    return (await parts.db.read(lambda conn: views.camera_shapes(conn, caller.account, now, camera_id)))[0]


@router.patch("/api/cameras/{camera_id}")
async def change_camera(
    camera_id: shapes.PathId, body: shapes.CameraChange, caller: Manager, parts: Parts
) -> shapes.CameraShape:
    """Change what is given; a URL whose password is still masked keeps the password it had."""
    now = parts.clock.now()

    def change(conn: Connection) -> None:
        former = cameras.get_camera(conn, caller.account, camera_id)
        url = None if body.url is None else views.unmasked(body.url, former.url)
        settings = _settings(former.settings, body)
        cameras.update_camera(
            conn, caller.account, camera_id, name=body.name, url=url, enabled=body.enabled, settings=settings
        )
        told = body.model_dump(exclude_none=True) | ({"url": views.masked(url)} if url else {})
        note(conn, caller, now, "camera.change", camera_id, told)

    await parts.db.write(change)
    if body.blur_people:
        # The last picture of the time before shows people as they are.
        await asyncio.to_thread(parts.blobs.delete, snapshot_blob(caller.account, camera_id))
    return await _changed(parts, caller, camera_id)


@router.delete("/api/cameras/{camera_id}", status_code=204)
async def delete_camera(camera_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Take a camera away; what it saw stays."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        cameras.remove_camera(conn, caller.account, camera_id, now)
        note(conn, caller, now, "camera.remove", camera_id, {})

    await parts.db.write(remove)
    await parts.control.configure(caller.account)
    parts.feed.publish(caller.account, "camera", {"camera_id": camera_id})


@router.get("/api/cameras/{camera_id}/snapshot.jpg", response_class=Response, responses=MEDIA["image/jpeg"])
async def snapshot(camera_id: shapes.PathId, caller: Viewer, parts: Parts) -> Response:
    """The newest picture; a fresh one is asked for, and waited for a moment."""
    await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))
    await parts.snapshots.freshen((caller.account, camera_id))
    try:
        picture = await asyncio.to_thread(parts.blobs.get, snapshot_blob(caller.account, camera_id))
    except BlobMissingError:
        raise ApiError(404, "there is no picture of this camera yet: the analyzer has not read it") from None
    return Response(picture, media_type="image/jpeg")


@router.put("/api/cameras/{camera_id}/scenes/{door_id}")
async def set_scene(
    camera_id: shapes.PathId, door_id: shapes.PathId, body: shapes.SceneInput, caller: Manager, parts: Parts
) -> shapes.SceneShape:
    """Say how a camera sees a door from now on."""
    now = parts.clock.now()
    scene = scene_from_mapping(body.model_dump(exclude_none=True) | {"door": door_id})

    def keep(conn: Connection) -> None:
        configuration.set_scene(conn, caller.account, camera_id, door_id, scene, now)
        note(conn, caller, now, "scene.set", camera_id, {"door_id": door_id})

    await parts.db.write(keep)
    await _changed(parts, caller, camera_id)
    return views.scene_shape(scene, door_id)


def _settings(former: Mapping[str, Any], body: shapes.CameraChange) -> dict[str, Any] | None:
    """What to store as the camera's settings; None for no change. New ones never end blurring by leaving it out."""
    kept = {name: former[name] for name in ("blur_people",) if name in former}
    if body.blur_people is None:
        return None if body.settings is None else {**kept, **body.settings}
    return {**(former if body.settings is None else body.settings), "blur_people": body.blur_people}


async def _changed(parts: Parts, caller: Caller, camera_id: str) -> shapes.CameraShape:
    """Tell analyzers and pages, then show the camera as it is now."""
    await parts.control.configure(caller.account)
    now = parts.clock.now()
    shape = (await parts.db.read(lambda conn: views.camera_shapes(conn, caller.account, now, camera_id)))[0]
    parts.feed.publish(caller.account, "camera", shape.model_dump(by_alias=True))
    return shape
