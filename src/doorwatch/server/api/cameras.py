"""`/api/cameras`: video sources, their scenes, their newest pictures."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.blobs import BlobMissingError
from doorwatch.domain.camera_address import unmasked
from doorwatch.domain.recording import plan_of
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.server.api import camera_shapes, camera_views, place_shapes, place_views, shapes, views
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.auth import Guest, Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.evidence import snapshot_blob
from doorwatch.server.live.inquiries import NoAnalyzerError
from doorwatch.server.noting import note
from doorwatch.server.packing import json_answer
from doorwatch.server.permissions import Caller
from doorwatch.store import cameras, configuration
from doorwatch.store.engine.errors import ConflictError, UnknownError

router = APIRouter(tags=["cameras"], responses=ERRORS)

T = TypeVar("T")

_SPARE = 12.0
_STREAMS_SECONDS = 40.0


@router.get("/api/cameras", response_model=list[place_shapes.CameraShape])
async def list_cameras(request: Request, caller: Guest, parts: Parts) -> Response:
    """The cameras of the account, by name."""
    now = parts.clock.now()

    def read(conn: Connection) -> Response:
        return json_answer(request, camera_views.camera_rows(conn, caller.account, now, caller.cameras))

    return await parts.db.read(read)


@router.post("/api/cameras", status_code=201)
async def add_camera(body: place_shapes.NewCamera, caller: Manager, parts: Parts) -> place_shapes.CameraShape:
    """Add a camera; the analyzer reads it at once."""
    now = parts.clock.now()

    def add(conn: Connection) -> str:
        camera = cameras.add_camera(
            conn,
            caller.account,
            name=body.name,
            url=body.url,
            main_url=body.main_url and unmasked(body.main_url, body.url),
            now=now,
            enabled=body.enabled,
            settings=body.settings | _recording(body.settings, body.recording),
            groups=body.groups,
            labels=body.labels,
        )
        told = {"name": body.name, "url": views.masked(camera.url)}
        told |= {"main_url": views.masked(camera.main_url)} if camera.main_url else {}
        note(conn, caller, now, "camera.add", camera.camera_id, told)
        return camera.camera_id

    camera_id = await parts.db.write(add)
    return await _changed(parts, caller, camera_id)


@router.get("/api/cameras/{camera_id}")
async def get_camera(camera_id: shapes.PathId, caller: Guest, parts: Parts) -> place_shapes.CameraShape:
    """One camera."""
    _must_be_shared(caller, camera_id)
    now = parts.clock.now()
    return await parts.db.read(lambda conn: camera_views.camera_shape(conn, caller.account, now, camera_id))


@router.patch("/api/cameras/{camera_id}")
async def change_camera(
    camera_id: shapes.PathId, body: place_shapes.CameraChange, caller: Manager, parts: Parts
) -> place_shapes.CameraShape:
    """Change what is given; a URL whose password is still masked keeps the password it had."""
    now = parts.clock.now()

    def change(conn: Connection) -> None:
        former = cameras.get_camera(conn, caller.account, camera_id)
        url = None if body.url is None else unmasked(body.url, former.url)
        main_url = body.main_url and unmasked(body.main_url, former.main_url or url or former.url)
        settings = _settings(former.settings, body)
        cameras.update_camera(
            conn,
            caller.account,
            camera_id,
            name=body.name,
            url=url,
            main_url=main_url,
            enabled=body.enabled,
            settings=settings,
            groups=body.groups,
            labels=body.labels,
        )
        told = body.model_dump(exclude_none=True) | ({"url": views.masked(url)} if url else {})
        told |= {"main_url": views.masked(main_url)} if main_url else {}
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
async def snapshot(camera_id: shapes.PathId, caller: Guest, parts: Parts) -> Response:
    """The newest picture; a fresh one is asked for, and waited for a moment."""
    _must_be_shared(caller, camera_id)
    await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))
    await parts.snapshots.freshen((caller.account, camera_id))
    try:
        picture = await asyncio.to_thread(parts.blobs.get, snapshot_blob(caller.account, camera_id))
    except BlobMissingError:
        raise ApiError(404, "there is no picture of this camera yet: the analyzer has not read it") from None
    return Response(picture, media_type="image/jpeg")


@router.put("/api/cameras/{camera_id}/scenes/{door_id}")
async def set_scene(
    camera_id: shapes.PathId, door_id: shapes.PathId, body: place_shapes.SceneInput, caller: Manager, parts: Parts
) -> place_shapes.SceneShape:
    """Say how a camera sees a door from now on; 409 when somebody else drew it since `before`."""
    now = parts.clock.now()
    scene = _drawn(body, door_id)
    known = [scene.to_mapping(), None if body.before is None else _drawn(body.before, door_id).to_mapping()]

    def keep(conn: Connection) -> None:
        stands = configuration.current_scene(conn, caller.account, camera_id, door_id, now)
        if "before" in body.model_fields_set and (stands and stands.to_mapping()) not in known:
            raise ConflictError(
                "somebody else drew this scene in the meantime: nothing was saved; look at theirs first"
            )
        configuration.set_scene(conn, caller.account, camera_id, door_id, scene, now)
        note(conn, caller, now, "scene.set", camera_id, {"door_id": door_id})

    await parts.db.write(keep)
    await _changed(parts, caller, camera_id)
    return place_views.scene_shape(scene, door_id)


def _drawn(told: place_shapes.DrawnScene, door_id: str) -> Scene:
    return scene_from_mapping(told.model_dump(exclude_none=True, exclude={"before"}) | {"door": door_id})


def _must_be_shared(caller: Caller, camera_id: str) -> None:
    """Raises UnknownError for a camera that is not shared with the caller."""
    if caller.cameras is not None and camera_id not in caller.cameras:
        raise UnknownError("there is no such camera")


def _settings(former: Mapping[str, Any], body: place_shapes.CameraChange) -> dict[str, Any] | None:
    """What to store as the camera's settings; None for no change. New ones never end blurring by leaving it out."""
    if body.settings is None and body.blur_people is None and body.recording is None:
        return None
    kept = {name: former[name] for name in ("blur_people", "recording", "record") if name in former}
    wanted = {**(former if body.settings is None else kept | body.settings)}
    wanted |= {} if body.blur_people is None else {"blur_people": body.blur_people}
    return wanted | _recording(wanted, body.recording)


def _recording(settings: Mapping[str, Any], wanted: place_shapes.RecordingShape | None) -> dict[str, Any]:
    """The recording among a camera's settings, with what is wanted of it changed; nothing when nothing is."""
    if wanted is None:
        return {}
    return {"recording": plan_of(settings).to_mapping() | wanted.model_dump(mode="json", exclude_unset=True)}


@router.post("/api/cameras/discover")
async def discover(
    body: camera_shapes.DiscoverRequest, caller: Manager, parts: Parts
) -> list[camera_shapes.DiscoveredCamera]:
    """Have all analyzers look for ONVIF cameras in their networks."""
    question = {"what": "discover", "seconds": body.seconds}
    told = await _answers(parts.control.inquiries.ask_all(caller.account, question, body.seconds + _SPARE))
    found = {one["endpoint"]: one for answer in told for one in answer.get("cameras", ())}
    return [camera_shapes.DiscoveredCamera(**one) for one in sorted(found.values(), key=lambda one: one["address"])]


@router.post("/api/cameras/streams")
async def streams(body: camera_shapes.StreamsRequest, caller: Manager, parts: Parts) -> camera_shapes.StreamsShape:
    """Ask an ONVIF camera which streams it has; nothing of it is kept."""
    question = {"what": "streams", "url": body.url, "user": body.user, "password": body.password.get_secret_value()}
    asked = parts.control.inquiries.ask_one(caller.account, body.url, question, _STREAMS_SECONDS)
    return camera_shapes.StreamsShape(**await _answers(asked))


@router.post("/api/cameras/probe")
async def probe(body: camera_shapes.ProbeRequest, caller: Manager, parts: Parts) -> camera_shapes.ProbeShape:
    """Watch a stream for some seconds and say what it is and what is wrong with it."""
    url, camera_id = body.url, body.camera_id
    if (url is None) == (camera_id is None):
        raise ApiError(422, "name either the stream's url, or the camera_id of a camera that was added", field="url")
    if camera_id is not None:
        url = (await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))).url
    if url is None or url.startswith("file:") or "://" not in url:
        raise ApiError(422, "only rtsp:// and rtsps:// streams are looked at from here", field="url")
    question = {"what": "probe", "url": url, "transport": body.transport, "seconds": body.seconds}
    asked = parts.control.inquiries.ask_one(caller.account, camera_id or url, question, body.seconds + _SPARE)
    return camera_shapes.ProbeShape(**await _answers(asked))


async def _answers(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except NoAnalyzerError as error:
        raise ApiError(409, str(error)) from error


async def _changed(parts: Parts, caller: Caller, camera_id: str) -> place_shapes.CameraShape:
    """Tell analyzers and pages, then show the camera as it is now."""
    await parts.control.configure(caller.account)
    now = parts.clock.now()
    shape = await parts.db.read(lambda conn: camera_views.camera_shape(conn, caller.account, now, camera_id))
    parts.feed.publish(caller.account, "camera", shape.model_dump(by_alias=True))
    return shape
