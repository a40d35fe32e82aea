"""`/api/doors/{door_id}/timeline` and the same of a camera: what happened at a door or before a camera over a time, and what of it can be seen."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.domain.policy import Policy
from doorwatch.domain.time import DAY, HOUR, SECOND, Micros
from doorwatch.domain.verdict import Span
from doorwatch.server.api import happening_views, narrow, place_shapes, place_views, shapes, timeline_shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller
from doorwatch.store import cameras, configuration, coverage, doors, segments, stretches, tenants
from doorwatch.store.cameras import Camera
from doorwatch.store.doors import Door
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.people import sharing

router = APIRouter(tags=["looking back"], responses=ERRORS)

LONGEST = 8 * DAY
DETAILED = 6 * HOUR
MOST_MOMENTS = 1500
_BUCKETS = 240

When = Annotated[int, Query(ge=0, le=1 << 53, description="Capture time in microseconds since 1970")]


@router.get("/api/doors/{door_id}/timeline")
async def door_timeline(
    door_id: shapes.PathId, from_us: When, until_us: When, caller: Guest, parts: Parts
) -> timeline_shapes.Timeline:
    """What happened at a door over at most eight days, and what the cameras that saw it then have of it."""
    span, now = Span(from_us, until_us), parts.clock.now()
    return await parts.db.read(
        lambda conn: _told(conn, caller, _of_door(conn, caller, door_id, min(span.end, now)), span, now)
    )


@router.get("/api/cameras/{camera_id}/timeline")
async def camera_timeline(
    camera_id: shapes.PathId, from_us: When, until_us: When, caller: Guest, parts: Parts
) -> timeline_shapes.Timeline:
    """The same of all doors that a camera sees, with this camera alone."""
    span, now = Span(from_us, until_us), parts.clock.now()
    return await parts.db.read(
        lambda conn: _told(conn, caller, _of_camera(conn, caller, camera_id, min(span.end, now)), span, now)
    )


_Place = tuple[list[Door], list[Camera]]


def _told(conn: Connection, caller: Caller, place: _Place, span: Span, now: Micros) -> timeline_shapes.Timeline:
    if not SECOND <= span.end - span.start <= LONGEST:
        raise ApiError(422, "the time from from_us to until_us has to be a second to eight days long", field="until_us")
    known, seen_by = place
    at = min(span.end, now)
    long = span.end - span.start > DETAILED
    ids = [door.door_id for door in known]
    found = stretches.moments_at(conn, caller.account, ids, span, incidents_only=long, limit=MOST_MOMENTS + 1)
    names = views.Names.read(conn, caller.account)
    told = [happening_views.moment_shape(moment, names) for moment in found[-MOST_MOMENTS:]]
    policies = configuration.current_policies(conn, caller.account, at)
    return timeline_shapes.Timeline(
        from_us=span.start,
        until_us=span.end,
        doors=[place_shapes.NamedDoor(door_id=door.door_id, name=door.name) for door in known],
        cameras=_cameras(conn, caller.account, seen_by, span, at),
        pacs_covered=_pacs_covered(conn, caller.account, known, span),
        clock_offset_us=policies.get(ids[0], Policy()).clock_offset if ids else 0,
        moments=narrow.moments(conn, caller.account, told, caller.cameras),
        more=len(found) > MOST_MOMENTS,
        buckets=_buckets(conn, ids, span) if long else [],
    )


def _of_camera(conn: Connection, caller: Caller, camera_id: str, at: Micros) -> _Place:
    """A camera and the doors that it saw then. Raises UnknownError."""
    if caller.cameras is not None and camera_id not in caller.cameras:
        raise UnknownError("there is no such camera")
    camera = cameras.get_camera(conn, caller.account, camera_id)
    mapped = configuration.current_mappings(conn, caller.account, at)
    ids = sorted(door for door, seen_by in mapped.items() if camera_id in seen_by)
    return [doors.get_door(conn, caller.account, one) for one in ids], [camera]


def _of_door(conn: Connection, caller: Caller, door_id: str, at: Micros) -> _Place:
    """A door and the cameras that saw it then. Raises UnknownError."""
    account, shared = caller.account, caller.cameras
    door = doors.get_door(conn, account, door_id)
    if shared is not None and door_id not in sharing.doors_seen(conn, account, shared, at):
        raise UnknownError("there is no such door")
    mapped = configuration.current_mappings(conn, account, at).get(door_id, ())
    seen_by = [one for one in mapped if shared is None or one in shared]
    return [door], [cameras.get_camera(conn, account, one) for one in seen_by]


def _cameras(
    conn: Connection, account: str, seen_by: Sequence[Camera], span: Span, at: Micros
) -> list[timeline_shapes.TimelineCamera]:
    scenes = configuration.current_scenes(conn, account, at)
    return [
        timeline_shapes.TimelineCamera(
            camera_id=camera.camera_id,
            name=camera.name,
            scenes=[place_views.scene_shape(s, d) for d, s in sorted(scenes.get(camera.camera_id, {}).items())],
            covered=_cut(coverage.spans_of_camera(conn, account, camera.camera_id, span.start, span.end), span),
            recorded=_cut(segments.recorded_spans(conn, account, camera.camera_id, span.start, span.end), span),
            blurred=camera.settings.get("blur_people", False) is not False,
        )
        for camera in seen_by
    ]


def _pacs_covered(
    conn: Connection, account: str, known: Sequence[Door], span: Span
) -> list[timeline_shapes.TimeSpan] | None:
    systems = {system.pacs_id: system for system in tenants.list_pacs(conn, account)}
    if not known or systems[known[0].pacs_id].covered_until is None:
        return None
    return _cut(coverage.pacs_spans(conn, account, known[0].pacs_id, span.start, span.end), span)


def _buckets(conn: Connection, ids: Sequence[str], span: Span) -> list[timeline_shapes.Bucket]:
    width = max(SECOND, (span.end - span.start) // _BUCKETS)
    return [
        timeline_shapes.Bucket(
            from_us=span.start + index * width,
            until_us=span.start + (index + 1) * width,
            grants=counted.grants,
            events=counted.events,
            crossings=counted.crossings,
        )
        for index, counted in sorted(stretches.counts_at(conn, ids, span, width).items())
    ]


def _cut(spans: Sequence[Span], span: Span) -> list[timeline_shapes.TimeSpan]:
    return [(max(one.start, span.start), min(one.end, span.end)) for one in spans]
