"""`/api/incidents`: verdicts to look at, what people say of them, their evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, Connection, and_

from doorwatch.domain.incident import IncidentKind, IncidentState
from doorwatch.domain.time import DAY, Micros, from_iso, to_iso
from doorwatch.server.api import happening_shapes, happening_views, narrow, review_shapes, shapes, views
from doorwatch.server.api.answers import ERRORS, MEDIA
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Guest, Parts, Reviewer
from doorwatch.server.errors import ApiError
from doorwatch.server.files import evidence_response
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import doors, incidents, review_figures, reviewing, sites
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.people import sharing
from doorwatch.store.sites import Places

router = APIRouter(tags=["incidents"], responses=ERRORS)

DoorId = Annotated[str | None, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Span:
    """When incidents began that are asked for: from `since` until before `until`; None is no limit."""

    since: Micros | None
    until: Micros | None


def _span(
    since: Annotated[str | None, Query(max_length=40, description="Only incidents that began then or later")] = None,
    until: Annotated[str | None, Query(max_length=40, description="Only incidents that began before then")] = None,
) -> Span:
    return Span(_time(since, "since"), _time(until, "until"))


def _time(text: str | None, field: str) -> Micros | None:
    try:
        return None if text is None else from_iso(text)
    except ValueError:
        raise ApiError(422, f"{field} is {text!r}; expected a time such as 2026-01-05T18:02:00Z", field=field) from None


Began = Annotated[Span, Depends(_span)]
SiteId = Annotated[str | None, Query(max_length=200, description="Only incidents at doors of this site")]


@router.get("/api/incidents")
async def list_incidents(
    caller: Guest,
    parts: Parts,
    began: Began,
    review: shapes.Review | None = None,
    kind: IncidentKind | None = None,
    state: IncidentState | None = None,
    door_id: DoorId = None,
    site_id: SiteId = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        str | None, Query(max_length=200, description="The incident_id, or a time, before which the page begins")
    ] = None,
) -> list[happening_shapes.IncidentShape]:
    """Incidents, newest first; those that turned out to be none are left out unless their state is asked for."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[happening_shapes.IncidentShape]:
        places = sites.read(conn, caller.account, now)
        found = incidents.list_incidents(
            conn,
            caller.account,
            review=review,
            kinds=() if kind is None else (kind,),
            states=() if state is None else (state,),
            with_gone=state in incidents.GONE,
            door_id=door_id,
            before=None if before is None else _cursor(conn, caller.account, before),
            only=_only(conn, caller, places, site_id, began),
            limit=limit,
        )
        return [
            narrow.incident(one, caller.cameras) for one in happening_views.incident_shapes(conn, caller.account, found)
        ]

    return await parts.db.read(read)


@router.get("/api/incidents/counts")
async def count_incidents(
    caller: Guest,
    parts: Parts,
    began: Began,
    review: shapes.Review | None = None,
    kind: IncidentKind | None = None,
    state: IncidentState | None = None,
    door_id: DoorId = None,
    site_id: SiteId = None,
) -> review_shapes.IncidentCounts:
    """How many incidents there are: by kind among those of the state, by state among those of the kind."""
    now = parts.clock.now()

    def read(conn: Connection) -> review_shapes.IncidentCounts:
        places = sites.read(conn, caller.account, now)
        found = review_figures.count_incidents(
            conn,
            caller.account,
            review=review,
            door_id=door_id,
            state=state,
            kind=kind,
            only=_only(conn, caller, places, site_id, began),
        )
        unseen = review_figures.unseen_grants(conn, caller.account, now - 7 * DAY, now)
        if caller.cameras is not None:
            here = sharing.doors_seen(conn, caller.account, caller.cameras, now)
            unseen = {one: count for one, count in unseen.items() if one in here}
        if site_id is not None:
            site = places.chosen(site_id)
            unseen = {one: count for one, count in unseen.items() if places.of_door(one) == site}
        return review_shapes.IncidentCounts(
            total=found.total,
            kinds=dict(found.kinds),
            states=dict(found.states),
            explained=found.explained,
            not_observable=sum(unseen.values()) if door_id is None else unseen.get(door_id, 0),
        )

    return await parts.db.read(read)


@router.get("/api/incidents/table.csv", response_class=Response, responses=CSV)
async def incidents_table(
    caller: Guest,
    parts: Parts,
    began: Began,
    review: shapes.Review | None = None,
    kind: IncidentKind | None = None,
    state: IncidentState | None = None,
    door_id: DoorId = None,
    site_id: SiteId = None,
    days: Annotated[int, Query(ge=1, le=3660)] = 31,
) -> Response:
    """The incidents of the last days as a table, the newest first; times in the zone of the door's site."""
    now = parts.clock.now()

    def read(conn: Connection) -> tuple[Places, list[happening_shapes.IncidentShape]]:
        places = sites.read(conn, caller.account, now)
        # Of all sites the first midnight; the last one is up to a day later.
        since = min(views.midnight(now, zone, days - 1) for zone in places.zones())
        found = incidents.list_incidents(
            conn,
            caller.account,
            review=review,
            kinds=() if kind is None else (kind,),
            states=() if state is None else (state,),
            with_gone=state in incidents.GONE,
            door_id=door_id,
            since=since if began.since is None else began.since,
            only=_only(conn, caller, places, site_id, began),
            limit=_MOST_ROWS,
        )
        told = happening_views.incident_shapes(conn, caller.account, found)
        return places, [narrow.incident(one, caller.cameras) for one in told]

    places, found = await parts.db.read(read)
    rows = (_row(one, ZoneInfo(places.of_door(one.door.door_id).time_zone)) for one in found)
    return table(f"doorwatch-incidents-{to_iso(now)[:10]}.csv", _HEAD, rows)


@router.get("/api/incidents/{incident_id}")
async def get_incident(incident_id: shapes.PathId, caller: Guest, parts: Parts) -> happening_shapes.IncidentDetail:
    """One incident with crossings, grants and history."""
    found = await parts.db.read(lambda conn: happening_views.incident_detail(conn, caller.account, incident_id))
    return narrow.incident(found, caller.cameras)


@router.post("/api/incidents/{incident_id}/review")
async def review_incident(
    incident_id: shapes.PathId, body: happening_shapes.ReviewInput, caller: Reviewer, parts: Parts
) -> happening_shapes.IncidentDetail:
    """Confirm or dismiss an incident, or make it new again; 409 with who was first when somebody did so meanwhile."""
    now = parts.clock.now()

    def keep(conn: Connection) -> None:
        before = incidents.get(conn, caller.account, incident_id).review
        kept = reviewing.set_review(
            conn,
            caller.account,
            incident_id,
            body.review,
            now,
            by=caller.name,
            note=body.note,
            dismissal=body.dismissal,
            seen=body.seen,
        )
        parts.alerts.on_review(conn, caller.account, before, kept)
        note(conn, caller, now, "incident.review", incident_id, {"review": body.review, "dismissal": kept.dismissal})

    await parts.db.write(keep)
    parts.alerts.wake()
    return await parts.db.read(lambda conn: happening_views.incident_detail(conn, caller.account, incident_id))


@router.get("/api/incidents/{incident_id}/picture.jpg", response_class=Response, responses=MEDIA["image/jpeg"])
async def picture(incident_id: shapes.PathId, request: Request, caller: Guest, parts: Parts) -> Response:
    """The incident's picture."""
    return await evidence_response(parts, request, caller.account, incident_id, "picture.jpg", caller.cameras)


@router.get("/api/incidents/{incident_id}/clip.mp4", response_class=Response, responses=MEDIA["video/mp4"])
async def clip(incident_id: shapes.PathId, request: Request, caller: Guest, parts: Parts) -> Response:
    """The incident's short video; ranges are served."""
    found = await evidence_response(parts, request, caller.account, incident_id, "clip.mp4", caller.cameras)
    await parts.looks.note(caller, Act.VIDEO_VIEW, incident_id)
    return found


def _only(
    conn: Connection, caller: Caller, places: Places, site_id: str | None, began: Span
) -> ColumnElement[bool] | None:
    """Which incidents the caller may know of, and asks for; None for all. Raises UnknownError for a site."""
    wanted = incidents.began_within(began.since, began.until)
    if caller.cameras is not None:
        wanted.append(sharing.incidents_seen(conn, caller.account, caller.cameras))
    if site_id is not None:
        site = places.chosen(site_id)
        here = [one for one in doors.ids(conn, caller.account) if places.of_door(one) == site]
        wanted.append(incidents.at_doors(conn, here))
    return and_(*wanted) if wanted else None


_MOST_ROWS = 100_000
_HEAD = ["start", "end", "door", "kind", "state", "review", "people", "grants", "excess", "possible", "coverage"]
_HEAD += ["reason", "cameras", "note", "reviewed_by", "reviewed_at", "shown_after_ms", "door_id", "incident_id"]


def _row(one: happening_shapes.IncidentShape, zone: ZoneInfo) -> list[object]:
    def local(at: str | None) -> str | None:
        return None if at is None else datetime.fromisoformat(at).astimezone(zone).isoformat(timespec="milliseconds")

    return [
        *(local(one.start), local(one.end), one.door.name, one.kind.value, one.state.value, one.review),
        *(one.people, one.grants, one.excess, one.possible, one.coverage.value, one.reason),
        *("; ".join(camera.name for camera in one.cameras), one.note, one.reviewed_by, local(one.reviewed_at)),
        *(one.crossing_to_incident_ms, one.door.door_id, one.incident_id),
    ]


def _cursor(conn: Connection, account: str, before: str) -> tuple[int, str]:
    try:
        return from_iso(before), ""
    except ValueError:
        found = incidents.get_many(conn, account, [before])
    if not found:
        raise ApiError(422, f"before is {before!r}; expected the id of an incident or a time", field="before")
    return found[0].incident.start, found[0].incident_id
