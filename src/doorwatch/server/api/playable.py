"""`…/playable`: a clip that every browser plays, of video whose codec plays in few; encoded anew on request."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from doorwatch.blobs import BlobMissingError
from doorwatch.domain.time import MINUTE, Micros, to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.api.replay import Moment, admit, must_be_a_time
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.exporting.footage import Footage, of_kept
from doorwatch.server.exporting.playable import KEPT, READY, Standing, Wanted
from doorwatch.server.exporting.process import ExportError
from doorwatch.server.files import ranged
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store import cameras, evidence, incidents
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.evidence import Evidence

router = APIRouter(tags=["looking back"], responses=ERRORS)

LONGEST: Micros = 2 * MINUTE
"""So much video is made playable at a time."""


class TimeInput(shapes.Request):
    """Which piece of a recording, in capture times."""

    from_us: Annotated[int, Field(ge=0, le=1 << 53, description="Microseconds since 1970")]
    until_us: Annotated[int, Field(ge=0, le=1 << 53, description="At most two minutes later")]


class PlayableShape(shapes.Answer):
    """How far a playable clip is, and where it lies once it is ready."""

    state: str = Field(description="none, waiting, working, ready or failed")
    progress: int = Field(description="0 to 100")
    message: str | None = Field(description="Why it failed")
    start_us: int | None = Field(description="Capture time of its first picture")
    until_us: int | None = Field(description="Capture time at which its last picture ends")
    kept_until: shapes.Time | None
    url: str | None


@router.post("/api/cameras/{camera_id}/playable", status_code=202)
async def make_playable(camera_id: shapes.PathId, body: TimeInput, caller: Guest, parts: Parts) -> PlayableShape:
    """Have a piece of a camera's recording made into a clip that every browser plays (VP9); ask again until it is ready."""
    await admit(parts, caller, camera_id)
    wanted = _of_camera(caller, camera_id, body.from_us, body.until_us)
    await _must_be_kept(parts, caller, camera_id)
    await parts.looks.note(caller, Act.VIDEO_PLAYABLE, camera_id, _told(wanted))

    async def find() -> Footage:
        return await parts.exports.cuttings.cut(caller.account, camera_id, wanted.start, wanted.end)

    try:
        standing = await parts.playable.ask(wanted, find)
    except ExportError as error:
        raise ApiError(429, str(error), headers={"Retry-After": "30"}) from error
    return _shape(standing, _camera_url(camera_id, wanted))


@router.get("/api/cameras/{camera_id}/playable")
async def playable_of_camera(
    camera_id: shapes.PathId, from_us: Moment, until_us: Moment, caller: Guest, parts: Parts
) -> PlayableShape:
    """How far the playable clip of a piece of recording is."""
    await admit(parts, caller, camera_id)
    wanted = _of_camera(caller, camera_id, from_us, until_us)
    return _shape(await parts.playable.standing(wanted), _camera_url(camera_id, wanted))


@router.get("/api/cameras/{camera_id}/playable.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def playable_clip(
    camera_id: shapes.PathId, from_us: Moment, until_us: Moment, request: Request, caller: Guest, parts: Parts
) -> Response:
    """The playable clip of a piece of recording."""
    await admit(parts, caller, camera_id)
    wanted = _of_camera(caller, camera_id, from_us, until_us)
    await parts.looks.note(caller, Act.VIDEO_REPLAY, camera_id, {"from": to_iso(from_us)})
    return await clip_response(parts, request, wanted)


@router.post("/api/incidents/{incident_id}/playable", status_code=202)
async def make_incident_playable(incident_id: shapes.PathId, caller: Guest, parts: Parts) -> PlayableShape:
    """Have the clip that is kept with an incident made into one that every browser plays."""
    kept = await _kept_clip(parts, caller, incident_id)
    wanted = Wanted.of_incident(caller.account, kept)
    await parts.looks.note(caller, Act.VIDEO_PLAYABLE, incident_id, _told(wanted))

    try:
        standing = await parts.playable.ask(wanted, lambda: of_kept(parts.blobs, kept))
    except ExportError as error:
        raise ApiError(429, str(error), headers={"Retry-After": "30"}) from error
    return _shape(standing, f"/api/incidents/{incident_id}/playable.mp4")


@router.get("/api/incidents/{incident_id}/playable")
async def playable_of_incident(incident_id: shapes.PathId, caller: Guest, parts: Parts) -> PlayableShape:
    """How far the playable clip of an incident is."""
    wanted = Wanted.of_incident(caller.account, await _kept_clip(parts, caller, incident_id))
    return _shape(await parts.playable.standing(wanted), f"/api/incidents/{incident_id}/playable.mp4")


@router.get("/api/incidents/{incident_id}/playable.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def playable_incident_clip(incident_id: shapes.PathId, request: Request, caller: Guest, parts: Parts) -> Response:
    """The playable clip of an incident."""
    wanted = Wanted.of_incident(caller.account, await _kept_clip(parts, caller, incident_id))
    await parts.looks.note(caller, Act.VIDEO_VIEW, incident_id)
    return await clip_response(parts, request, wanted)


def _of_camera(caller: Caller, camera_id: str, start: Micros, end: Micros) -> Wanted:
    must_be_a_time(start, end)
    if end - start > LONGEST:
        raise ApiError(422, f"at most {LONGEST // MINUTE} minutes are made playable at a time", field="until_us")
    return Wanted(caller.account, f"cameras/{camera_id}", start, end)


async def _kept_clip(parts: Services, caller: Caller, incident_id: str) -> Evidence:
    """The incident's clip. Raises UnknownError, or ApiError with 404 when there is none."""
    await parts.db.read(lambda conn: incidents.get(conn, caller.account, incident_id))
    pieces = await parts.db.read(lambda conn: evidence.of_incidents(conn, caller.account, [incident_id]))
    found = pieces.get(incident_id, {}).get("clip.mp4")
    if caller.cameras is not None and (found is None or found.camera_id not in caller.cameras):
        raise UnknownError("there is no such incident")
    if found is None:
        raise ApiError(404, "the clip of this incident has not arrived from the analyzer yet")
    return found


async def _must_be_kept(parts: Services, caller: Caller, camera_id: str) -> None:
    camera = await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))
    if camera.settings.get("blur_people", False) is not False:
        raise ApiError(404, "of this camera only blurred evidence of incidents is kept")


async def clip_response(parts: Services, request: Request, wanted: Wanted) -> Response:
    """A playable clip, whole or a range of it. Raises ApiError with 404 when there is none."""
    try:
        file = await asyncio.to_thread(parts.blobs.open, wanted.name)
    except BlobMissingError:
        raise ApiError(404, "there is no playable clip of this time: have it made") from None
    size = await asyncio.to_thread(parts.blobs.size, wanted.name)
    return ranged(request, file, size or 0, "video/mp4", f'"{wanted.start}-{wanted.end}-{size}"')


def _told(wanted: Wanted) -> dict[str, str]:
    return {"from": to_iso(wanted.start), "until": to_iso(wanted.end)}


def _camera_url(camera_id: str, wanted: Wanted) -> str:
    return f"/api/cameras/{camera_id}/playable.mp4?from_us={wanted.start}&until_us={wanted.end}"


def _shape(one: Standing, url: str) -> PlayableShape:
    return PlayableShape(
        state=one.state,
        progress=one.progress,
        message=one.message,
        start_us=one.start,
        until_us=one.end,
        kept_until=None if one.made_at is None else to_iso(one.made_at + KEPT),
        url=url if one.state == READY else None,
    )
