"""`/api/cameras/{camera_id}/…`: what a camera recorded, fetched from the analyzer that has it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from doorwatch.domain.time import SECOND, Micros, from_iso, to_iso
from doorwatch.server.api import shapes, timeline_shapes
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.live.inquiries import InquiryError, NoAnalyzerError
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store import cameras, configuration, crossings
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.crossings import StoredCrossing
from doorwatch.store.engine.errors import UnknownError

router = APIRouter(tags=["looking back"], responses=ERRORS)

_PATIENCE = 15.0
_LONGEST_TRACKS = 120 * SECOND
_BEFORE = 30 * SECOND
_SETTLED = 60 * SECOND
"""What was recorded this long ago is finished, and a browser may keep it."""

Moment = Annotated[int, Query(ge=0, le=1 << 53, description="Capture time in microseconds since 1970")]


@router.get("/api/cameras/{camera_id}/footage.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def footage(camera_id: shapes.PathId, from_us: Moment, until_us: Moment, caller: Guest, parts: Parts) -> Response:
    """Recorded video as fragments whose times are capture times: whole groups of pictures, at most 30 s of them.

    `X-Start-Us` and `X-Until-Us` tell from when to when; whoever goes on asks from the latter. `X-Codec` names the codec.
    """
    await admit(parts, caller, camera_id)
    must_be_a_time(from_us, until_us)
    await parts.looks.note(caller, Act.VIDEO_REPLAY, camera_id, {"from": to_iso(from_us)})
    told = await _ask(parts, caller, camera_id, {"what": "footage", "from": from_us, "until": until_us})
    headers = told["headers"]
    times = {"X-Start-Us": _us(headers["x-start"]), "X-Until-Us": _us(headers["x-until"])}
    return Response(
        told["data"],
        media_type="video/mp4",
        headers={**times, "X-Codec": headers.get("x-codec", ""), **_kept(parts, until_us)},
    )


@router.get("/api/cameras/{camera_id}/picture.jpg", response_class=Response, responses=MEDIA["image/jpeg"])
async def picture(
    camera_id: shapes.PathId,
    at_us: Moment,
    caller: Guest,
    parts: Parts,
    widest: Annotated[int, Query(ge=16, le=1920, description="Most pixels across")] = 320,
) -> Response:
    """The recorded picture nearest to a time, at most two seconds away; `X-Start-Us` tells when it was captured."""
    await admit(parts, caller, camera_id)
    await parts.looks.note(caller, Act.VIDEO_REPLAY, camera_id, {"from": to_iso(at_us)})
    told = await _ask(parts, caller, camera_id, {"what": "picture", "at": at_us, "widest": widest})
    headers = {"X-Start-Us": _us(told["headers"]["x-start"]), **_kept(parts, at_us)}
    return Response(told["data"], media_type="image/jpeg", headers=headers)


@router.get("/api/cameras/{camera_id}/tracks")
async def tracks(
    camera_id: shapes.PathId, from_us: Moment, until_us: Moment, caller: Guest, parts: Parts
) -> timeline_shapes.Tracks:
    """Who was where in each searched picture, and the crossings with what the rule made of them; at most two minutes."""
    await admit(parts, caller, camera_id)
    must_be_a_time(from_us, until_us)
    until_us = min(until_us, from_us + _LONGEST_TRACKS)
    crossed = await parts.db.read(lambda conn: _crossed(conn, caller.account, camera_id, from_us, until_us))
    asked = {"what": "people", "from": from_us, "until": until_us}
    try:
        frames = json.loads((await _ask(parts, caller, camera_id, asked))["data"])
    except ApiError:
        frames = []  # what the rule says of the crossings is known without the analyzer
    return timeline_shapes.Tracks(frames=frames, crossings=[timeline_shapes.crossing_shape(one) for one in crossed])


@router.get("/api/cameras/{camera_id}/presence")
async def presence(
    camera_id: shapes.PathId, from_us: Moment, until_us: Moment, caller: Guest, parts: Parts
) -> list[timeline_shapes.TimeSpan]:
    """When somebody was in the picture; at most six hours."""
    await admit(parts, caller, camera_id)
    must_be_a_time(from_us, until_us)
    told = await _ask(parts, caller, camera_id, {"what": "presence", "from": from_us, "until": until_us})
    return [(int(start), int(end)) for start, end in json.loads(told["data"])]


async def admit(parts: Services, caller: Caller, camera_id: str) -> None:
    """Raises UnknownError for a camera that is not there, or not shared with the caller."""
    if caller.cameras is not None and camera_id not in caller.cameras:
        raise UnknownError("there is no such camera")
    await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))


def _crossed(conn: Connection, account: str, camera_id: str, start: Micros, end: Micros) -> list[StoredCrossing]:
    """The crossings of the time, and those shortly before, whose trails are still painted."""
    mapped = configuration.current_mappings(conn, account, end)
    door_ids = [door for door, seen_by in mapped.items() if camera_id in seen_by]
    return crossings.of_camera(conn, account, camera_id, door_ids, start - _BEFORE, end)


async def _ask(parts: Services, caller: Caller, camera_id: str, question: dict[str, Any]) -> dict[str, Any]:
    question = {"camera_id": camera_id, **question}
    try:
        return await parts.control.inquiries.ask_one(caller.account, camera_id, question, _PATIENCE, command="replay")
    except NoAnalyzerError as error:
        raise ApiError(503, str(error), headers={"Retry-After": "5"}) from error
    except InquiryError as error:
        raise ApiError(404, str(error)) from error


def must_be_a_time(start: Micros, end: Micros) -> None:
    """Raises ApiError for an end that does not come after its start."""
    if end <= start:
        raise ApiError(422, "until_us is not after from_us: swap them", field="until_us")


def _kept(parts: Services, until: Micros) -> dict[str, str]:
    """Whether browsers may keep an answer: only when nothing can be added to it."""
    settled = until < parts.clock.now() - _SETTLED
    return {"Cache-Control": "private, max-age=600" if settled else "no-store"}


def _us(iso: str) -> str:
    return str(from_iso(iso))
