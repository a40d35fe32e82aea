"""`/api/moments` and `/api/events`: the newest moments, and the live stream of what happens."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from doorwatch.blobs import BlobMissingError
from doorwatch.server.api import happening_shapes, happening_views, narrow, views
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.live.admission import while_admitted
from doorwatch.store import moment_reading
from doorwatch.store.people import sharing

router = APIRouter(tags=["moments"], responses=ERRORS)

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "Events named moment, incident, camera, door, mail and reload; data is the resource as JSON",
    }
}


@router.get("/api/moments")
async def newest_moments(
    caller: Guest, parts: Parts, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[happening_shapes.MomentShape]:
    """The moments that happened last, newest first."""

    def read(conn: Connection) -> list[happening_shapes.MomentShape]:
        only = None if caller.cameras is None else sharing.moments_seen(conn, caller.account, caller.cameras)
        names = views.Names.read(conn, caller.account)
        found = [
            happening_views.moment_shape(moment, names)
            for moment in moment_reading.newest(conn, caller.account, limit, only)
        ]
        return narrow.moments(conn, caller.account, found, caller.cameras)

    return await parts.db.read(read)


@router.get("/api/moments/picture.jpg", response_class=Response, responses=MEDIA["image/jpeg"])
async def moment_picture(
    caller: Guest, parts: Parts, moment_id: Annotated[str, Query(min_length=1, max_length=600, pattern=r"^[^\x00]+$")]
) -> Response:
    """What the door's camera saw at an access event; kept as long as recordings."""
    try:
        picture = await parts.stills.picture(caller.account, moment_id, caller.cameras)
    except BlobMissingError:
        raise ApiError(404, "there is no picture of this moment, or it went with the recordings") from None
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


@router.get("/api/events", response_class=StreamingResponse, responses=_STREAM)
async def events(
    request: Request, caller: Guest, parts: Parts, last_event_id: Annotated[str | None, Header(max_length=40)] = None
) -> StreamingResponse:
    """What happens, as it happens; with Last-Event-ID, what was missed comes first."""
    last_seen = int(last_event_id) if last_event_id and last_event_id.isdecimal() else None
    return StreamingResponse(
        while_admitted(request, caller, parts.feed.listen(caller.account, last_seen, caller.cameras)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )
