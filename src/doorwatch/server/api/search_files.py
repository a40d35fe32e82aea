"""`/api/search/results.{csv,json}`: what a search finds as a file, sent a page at a time while it is found."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from doorwatch.domain.time import Micros, to_iso
from doorwatch.search import Query
from doorwatch.server.api import happening_shapes, happening_views, narrow, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.search import SiteId, Text, page_of, understood
from doorwatch.server.api.tables import CSV, csv_head, csv_rows
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.likeness import Likeness
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store import sites
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.folding import fold
from doorwatch.store.sites import Places

router = APIRouter(tags=["search"], responses=ERRORS)

MOST = 50_000
"""So many of the newest moments are in a file."""
_PAGE = 500
_HEAD = (
    *("at", "kind", "title", "detail", "door", "cameras", "person", "direction", "outcome", "state", "review"),
    *("people", "grants", "excess", "labels", "event_type", "arrived_at", "moment_id", "incident_id", "crossing_id"),
)
_JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}

Told = list[happening_shapes.MomentShape]


@dataclass(frozen=True, slots=True)
class _Page:
    """Some of what is found, the mark of what follows, and why nothing follows although there is more."""

    query: Query
    places: Places
    moments: Told
    next: str | None
    found: int = 0
    ended: str | None = None


@router.get("/api/search/results.csv", response_class=StreamingResponse, responses=CSV)
async def results_table(caller: Guest, parts: Parts, q: Text = "", site_id: SiteId = None) -> StreamingResponse:
    """The newest 50,000 moments that match as a table; times in the zone of each moment's site.

    Where it ends before all was told, its last row says why.
    """
    first = await _begun(caller, parts, q, site_id, "csv")

    async def pieces() -> AsyncIterator[bytes]:
        yield csv_head(_HEAD)
        async for page in _pages(caller, parts, first):
            yield csv_rows(_row(moment, page.places) for moment in page.moments)
            if page.ended:
                yield csv_rows([["", "", page.ended]])

    return _file(pieces(), first, parts.clock.now(), "csv", "text/csv; charset=utf-8")


@router.get("/api/search/results.json", response_class=StreamingResponse, responses=_JSON)
async def results_document(caller: Guest, parts: Parts, q: Text = "", site_id: SiteId = None) -> StreamingResponse:
    """The same as one JSON object: `query`, `exported_at`, `moments` as search tells them, and `ended`: why it is not all."""
    first, now = await _begun(caller, parts, q, site_id, "json"), parts.clock.now()

    async def pieces() -> AsyncIterator[bytes]:
        yield f'{{"query": {json.dumps(first.query.text)}, "exported_at": "{to_iso(now)}", "moments": [\n'.encode()
        between, ended = "", None
        async for page in _pages(caller, parts, first):
            # A link to a picture is good for a while only, and would be a key to it.
            told = [moment.model_dump_json(exclude={"picture_url"}) for moment in page.moments]
            yield (between + ",\n".join(told) if told else "").encode()
            between, ended = ",\n", page.ended
        yield f'\n], "ended": {json.dumps(ended)}}}\n'.encode()

    return _file(pieces(), first, now, "json", "application/json")


async def _begun(caller: Caller, parts: Services, text: str, site_id: str | None, form: str) -> _Page:
    """The first page, once it is noted that somebody takes it away."""
    now = parts.clock.now()

    def read(conn: Connection) -> _Page:
        query, places = (
            understood(conn, caller, text, now, site_id, parts.likeness),
            sites.read(conn, caller.account, now),
        )
        return _page(conn, caller, parts.likeness, _Page(query, places, [], None), min(_PAGE, MOST), count=True)

    first = await parts.db.read(read)
    told = {"format": form, "found": first.found, "most": MOST}
    await parts.db.write(lambda conn: note(conn, caller, now, Act.SEARCH_EXPORT, text.strip()[:500], told))
    return first


async def _pages(caller: Caller, parts: Services, page: _Page) -> AsyncIterator[_Page]:
    """All pages; each is a read of its own, so that whoever takes a file away slowly holds up nobody."""
    sent = 0
    while True:
        sent += len(page.moments)
        if page.next is not None and sent >= MOST:
            page = replace(page, next=None, ended=f"older moments are left out: a file holds the newest {MOST}")
        yield page
        if page.next is None:
            return
        page = await parts.db.read(_following(caller, parts.likeness, page, min(_PAGE, MOST - sent)))


def _following(caller: Caller, likeness: Likeness, page: _Page, limit: int) -> Callable[[Connection], _Page]:
    def read(conn: Connection) -> _Page:
        try:
            return _page(conn, caller, likeness, page, limit)
        except ApiError as error:
            return replace(page, moments=[], next=None, ended=f"older moments are left out: {error.detail}")

    return read


def _page(
    conn: Connection, caller: Caller, likeness: Likeness, page: _Page, limit: int, *, count: bool = False
) -> _Page:
    found = page_of(conn, caller, page.query, limit, page.next, likeness=likeness, count=count)
    names = views.Names.read(conn, caller.account)
    told = [happening_views.moment_shape(moment, names) for moment in found.moments]
    seen = narrow.moments(conn, caller.account, told, caller.cameras)
    return replace(page, moments=seen, next=found.next, found=found.total)


def _row(moment: happening_shapes.MomentShape, places: Places) -> Sequence[object]:
    if moment.door is None and moment.cameras:
        site = places.of_camera(moment.cameras[0].camera_id)
    else:
        site = places.of_door(moment.door.door_id if moment.door else None)
    zone = ZoneInfo(site.time_zone)
    return (
        *(_local(moment.at, zone), moment.kind, moment.title, moment.detail, moment.door.name if moment.door else ""),
        *("; ".join(camera.name for camera in moment.cameras), moment.actor_name, moment.direction, moment.outcome),
        *(moment.state, moment.review, moment.people, moment.grants, moment.excess, "; ".join(moment.labels)),
        *(moment.event_type, _local(moment.arrived_at, zone), moment.moment_id, moment.incident_id, moment.crossing_id),
    )


def _local(at: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).isoformat(timespec="milliseconds")


def _file(pieces: AsyncIterator[bytes], first: _Page, now: Micros, ending: str, kind: str) -> StreamingResponse:
    """A file to save, named after what was looked for and when."""
    words = re.sub("[^a-z0-9]+", "-", fold(first.query.text))[:60].strip("-") or "everything"
    name = f"doorwatch-{words}-{re.sub('[^0-9TZ]', '', to_iso(now, 0))}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, headers=headers, media_type=kind)
