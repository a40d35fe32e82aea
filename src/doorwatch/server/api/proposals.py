"""Setting up a camera at its door: proposed scenes, judged placement, and its recorded video to count people on."""

import asyncio
from typing import Annotated

import cv2
import numpy as np
from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from doorwatch.blobs import BlobError
from doorwatch.domain.placement import Placement, judge_placement
from doorwatch.domain.proposal import Walk, propose_scene
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import HOUR, SECOND, Micros, from_iso, to_iso
from doorwatch.recording.clips import NothingRecordedError, cut_clip
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings
from doorwatch.server.api import place_views, shapes, views
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.api.commissioning_shapes import (
    AdviceShape,
    MeterShape,
    PlacementInput,
    PlacementShape,
    ProposalShape,
    RecordedPiece,
    RecordedShape,
)
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.errors import ApiError
from doorwatch.server.evidence import snapshot_blob
from doorwatch.server.noting import note
from doorwatch.store import cameras, configuration, segments
from doorwatch.store import walks as walk_rows
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["setting up"], responses=ERRORS)

LONGEST_PIECE = 120 * SECOND
"""Of recorded video in one answer: it is put together in memory."""

_LONGEST_LIST = 24 * HOUR
_JOINED = 3 * SECOND
_POINTS = 24


@router.get("/api/cameras/{camera_id}/proposal")
async def propose(
    camera_id: shapes.PathId, caller: Viewer, parts: Parts, door_id: shapes.Identifier = "door"
) -> ProposalShape:
    """Propose how the camera sees a door, from the people it saw walk by, and judge its place."""
    now = parts.clock.now()

    def read(
        conn: Connection,
    ) -> tuple[cameras.Camera, tuple[int, int] | None, tuple[Walk, ...], Scene | None, Micros | None]:
        camera = cameras.get_camera(conn, caller.account, camera_id)
        size, walks = walk_rows.walks_of(conn, caller.account, camera_id)
        scene = configuration.current_scenes(conn, caller.account, now).get(camera_id, {}).get(door_id)
        return camera, size, walks, scene, walk_rows.newest_walk_at(conn, caller.account, camera_id)

    camera, size, walks, stored, newest = await parts.db.read(read)
    bright = await _brightness(parts, caller.account, camera_id)
    picture = size or _size_of(camera)
    found = await asyncio.to_thread(propose_scene, walks, picture or (1, 1), door_id)
    placement = await asyncio.to_thread(_judged, picture, walks, stored or found.scene, camera.status.fps, bright)
    return ProposalShape(
        people=found.people,
        size=None if picture is None else list(picture),
        scene=None if found.scene is None else place_views.scene_shape(found.scene, door_id),
        at_door=found.at_door,
        confidence=found.confidence,
        notes=list(found.notes),
        ways=[_way(walk) for walk in walks],
        newest_at=views.iso(newest),
        placement=placement,
    )


@router.post("/api/cameras/{camera_id}/placement")
async def judge(camera_id: shapes.PathId, body: PlacementInput, caller: Manager, parts: Parts) -> PlacementShape:
    """Judge the camera's place by a scene as it is drawn just now, and by the people it saw."""
    camera, (size, walks) = await parts.db.read(
        lambda conn: (
            cameras.get_camera(conn, caller.account, camera_id),
            walk_rows.walks_of(conn, caller.account, camera_id),
        )
    )
    scene = None
    if body.scene is not None:
        scene = scene_from_mapping({"door": "door"} | body.scene.model_dump(exclude_none=True))
    bright = await _brightness(parts, caller.account, camera_id)
    picture = (scene.size if scene else None) or size or _size_of(camera)
    return await asyncio.to_thread(_judged, picture, walks if size == picture else (), scene, camera.status.fps, bright)


@router.delete("/api/cameras/{camera_id}/walks")
async def forget_walks(camera_id: shapes.PathId, caller: Manager, parts: Parts) -> shapes.Done:
    """Forget the people seen so far, as after the camera was turned; the next ones are proposed from."""
    now = parts.clock.now()

    def forget(conn: Connection) -> None:
        cameras.get_camera(conn, caller.account, camera_id)
        gone = walk_rows.forget_walks(conn, caller.account, camera_id)
        note(conn, caller, now, "camera.forget_walks", camera_id, {"walks": gone})

    await parts.db.write(forget)
    await parts.control.configure(caller.account)
    return shapes.Done()


Since = Annotated[str, Query(description="Capture time, ISO 8601")]


@router.get("/api/cameras/{camera_id}/recorded")
async def recorded(
    camera_id: shapes.PathId, since: Since, until: Since, caller: Manager, parts: Parts
) -> RecordedShape:
    """The stretches of time of which there is recorded video, gaps of a few seconds closed."""
    start, end = _span(since, until, _LONGEST_LIST)

    def read(conn: Connection) -> list[segments.Segment]:
        cameras.get_camera(conn, caller.account, camera_id)
        return segments.between(conn, caller.account, camera_id, start, end)

    found = await parts.db.read(read)
    pieces: list[tuple[Micros, Micros]] = []
    for segment in found:
        if pieces and segment.start - pieces[-1][1] <= _JOINED:
            pieces[-1] = (pieces[-1][0], max(pieces[-1][1], segment.end))
        else:
            pieces.append((segment.start, segment.end))
    root = parts.settings.data_dir / "recordings"
    here = await asyncio.to_thread(lambda: not found or (root / found[-1].name).is_file())
    told = [RecordedPiece(since=to_iso(max(a, start)), until=to_iso(min(b, end))) for a, b in pieces]
    return RecordedShape(here=here, pieces=told)


@router.get("/api/cameras/{camera_id}/recorded.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def recorded_video(
    camera_id: shapes.PathId, since: Since, until: Since, caller: Manager, parts: Parts
) -> Response:
    """A piece of recorded video of up to two minutes; the header X-Start is the capture time of its first picture."""
    start, end = _span(since, until, LONGEST_PIECE)
    await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))
    recordings = Recordings(parts.settings.data_dir / "recordings")
    try:
        clip = await asyncio.to_thread(cut_clip, recordings, camera_id, start, end)
    except NothingRecordedError:
        raise ApiError(
            404,
            "no video of this time is on the server's machine: it was not recorded, or is with an analyzer elsewhere",
        ) from None
    except RecordingError as error:
        raise ApiError(503, str(error), headers={"Retry-After": "10"}) from error
    headers = {
        "X-Start": to_iso(clip.start),
        "X-Duration-Us": str(clip.duration),
        "Cache-Control": "private, max-age=60",
    }
    await parts.looks.note(caller, Act.VIDEO_EXPORT, camera_id, {"since": to_iso(start), "until": to_iso(end)})
    return Response(clip.data, media_type="video/mp4", headers=headers)


def _span(since: str, until: str, longest: Micros) -> tuple[Micros, Micros]:
    try:
        start, end = from_iso(since), from_iso(until)
    except ValueError as error:
        raise ApiError(422, f"since or until can't be read: {error}", field="since") from None
    if not 0 < end - start <= longest:
        raise ApiError(422, f"until must lie after since, at most {longest // SECOND} s", field="until")
    return start, end


def _size_of(camera: cameras.Camera) -> tuple[int, int] | None:
    status = camera.status
    return (status.width, status.height) if status.width and status.height else None


def _judged(
    size: tuple[int, int] | None,
    walks: tuple[Walk, ...],
    scene: Scene | None,
    fps: float | None,
    bright: float | None,
) -> PlacementShape:
    if scene is not None and size != scene.size:
        walks = ()  # a scene on a picture of another size: people's boxes do not fit it
    return placement_shape(judge_placement(size or (1, 1), walks, scene, fps=fps, brightness=bright))


def placement_shape(found: Placement) -> PlacementShape:
    """A judged placement as JSON."""
    meter = found.meter
    return PlacementShape(
        meter=None
        if meter is None
        else MeterShape(
            per_metre=round(meter.per_metre, 1), per_foot=round(meter.per_foot, 1), person=round(meter.person, 1)
        ),
        advice=[AdviceShape(concern=one.concern.value, text=one.text, grave=one.grave) for one in found.advice],
    )


def _way(walk: Walk) -> list[list[float]]:
    step = max(1, len(walk.steps) // _POINTS)
    return [[round(one.box.foot.x, 1), round(one.box.foot.y, 1)] for one in walk.steps[::step]]


async def _brightness(parts: Parts, account: str, camera_id: str) -> float | None:
    """Mean brightness of the newest picture, 0 to 255; None without one."""
    try:
        picture = await asyncio.to_thread(parts.blobs.get, snapshot_blob(account, camera_id))
    except BlobError:
        return None
    return await asyncio.to_thread(_mean, picture)


def _mean(picture: bytes) -> float | None:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    return None if image is None else float(image.mean())
