"""`/api/reports/overview`: the report of some days beside as many before, as figures, as a table, and on paper."""

import asyncio
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.server.api import views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.overview_shapes import DoorOverview, Overview
from doorwatch.server.api.reports import SiteId, doors_told
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.permissions import Caller
from doorwatch.server.reporting.counting import report_of
from doorwatch.server.reporting.paper import Heading, heading_of, paper
from doorwatch.server.reporting.periods import so_far
from doorwatch.store import sites

router = APIRouter(tags=["reports"], responses=ERRORS)

Days = Annotated[int, Query(ge=1, le=92, description="How many days, today included")]
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/api/reports/overview")
async def overview(caller: Guest, parts: Parts, days: Days = 7, site_id: SiteId = None) -> Overview:
    """Tailgating for each hundred grants by door, day and hour, beside as many days before; reviews, locks, coverage.

    The days before end at the time of day that it is now, so that part of a day is not compared with a whole one. Days are those of the chosen site's zone, else of the first site's.
    """
    now = parts.clock.now()
    return await parts.db.read(lambda conn: _overview(conn, caller, now, days, site_id)[0])


@router.get("/api/reports/overview.csv", response_class=Response, responses=CSV)
async def overview_table(caller: Guest, parts: Parts, days: Days = 7, site_id: SiteId = None) -> Response:
    """The doors of the same report as a table."""
    now = parts.clock.now()
    told, _ = await parts.db.read(lambda conn: _overview(conn, caller, now, days, site_id))
    head = [
        "door",
        "door_id",
        "grants",
        "in",
        "out",
        "incidents",
        "incidents_per_100_grants",
        "incidents_per_100_grants_before",
    ]
    head += ["confirmed", "dismissed", "waiting", "false_alarms", "median_wait_s", "p90_wait_s"]
    head += ["unlocked_minutes", "held_open_minutes", "coverage", "watched_since"]
    return table(_file_name(told, "csv"), head, (_row(one) for one in told.doors))


@router.get("/api/reports/overview.pdf", response_class=Response, responses=PDF)
async def overview_paper(caller: Guest, parts: Parts, days: Days = 7, site_id: SiteId = None) -> Response:
    """The same report on paper, with its charts."""
    now = parts.clock.now()
    told, heading = await parts.db.read(lambda conn: _overview(conn, caller, now, days, site_id))
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(told, "pdf")}"', "Cache-Control": "no-store"}
    return Response(await asyncio.to_thread(paper, told, heading), media_type="application/pdf", headers=headers)


def _file_name(told: Overview, form: str) -> str:
    """By the first day where the doors are, which east of Greenwich begins on the day before."""
    return f"doorwatch-report-{told.by_day[0].day}-{told.days}-days.{form}"


def _row(one: DoorOverview) -> list[object]:
    reviews = one.reviews
    return [
        *(one.door.name, one.door.door_id, one.now.grants, one.entries_in, one.entries_out, one.now.incidents),
        *(one.now.per_100_grants, one.before.per_100_grants, reviews.confirmed, reviews.dismissed, reviews.waiting),
        *(reviews.false_alarms, reviews.median_wait_s, reviews.p90_wait_s, one.unlocked_minutes, one.held_open_minutes),
        *(one.coverage, one.watched_since),
    ]


def _overview(
    conn: Connection, caller: Caller, now: Micros, days: int, site_id: str | None
) -> tuple[Overview, Heading]:
    places = sites.read(conn, caller.account, now)
    known = doors_told(conn, caller, now, places, site_id)
    zone = places.chosen(site_id).time_zone if site_id else views.site_of(conn, caller.account).time_zone
    time = so_far(days, ZoneInfo(zone), now)
    return report_of(conn, caller.account, known, time), heading_of(conn, caller.account, places, site_id, time, now)
