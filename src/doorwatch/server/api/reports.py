"""`/api/reports`: numbers per door."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from doorwatch.domain.time import SECOND, Micros, to_iso
from doorwatch.server.api import place_shapes, report_shapes, review_shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.permissions import Caller
from doorwatch.server.reporting.counting import doors_of_site
from doorwatch.store import review_figures, sites
from doorwatch.store.doors import Door
from doorwatch.store.people import sharing
from doorwatch.store.sites import Places
from doorwatch.store.summaries import DoorCounts, count_by_door

router = APIRouter(tags=["reports"], responses=ERRORS)

SiteId = Annotated[str | None, Query(max_length=200, description="Only doors of this site")]
Weeks = Annotated[int, Query(ge=1, le=53, description="How many weeks, the running one included")]


@router.get("/api/reports/summary")
async def summary(
    caller: Guest, parts: Parts, days: Annotated[int, Query(ge=1, le=366)] = 7, site_id: SiteId = None
) -> list[report_shapes.DoorSummary]:
    """What happened at each door in the last days, today included, in the zone of the door's site."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[report_shapes.DoorSummary]:
        places = sites.read(conn, caller.account, now)
        counts = views.counts_since(conn, caller.account, places, now, days - 1)
        return [
            _summary(door.door_id, door.name, counts.get(door.door_id, DoorCounts()))
            for door in doors_told(conn, caller, now, places, site_id)
        ]

    return await parts.db.read(read)


@router.get("/api/reports/weeks")
async def weeks(caller: Guest, parts: Parts, weeks: Weeks = 8, site_id: SiteId = None) -> list[review_shapes.DoorWeek]:
    """What became of each door's incidents week by week, the newest week first; weeks begin on Monday."""
    now = parts.clock.now()
    return await parts.db.read(lambda conn: _weeks(conn, caller, now, weeks, site_id))


@router.get("/api/reports/weeks.csv", response_class=Response, responses=CSV)
async def weeks_table(caller: Guest, parts: Parts, weeks: Weeks = 8, site_id: SiteId = None) -> Response:
    """The same as a table."""
    now = parts.clock.now()
    found = await parts.db.read(lambda conn: _weeks(conn, caller, now, weeks, site_id))
    kinds = sorted({kind for week in found for kind in week.incidents})
    head = ["week", "door", "door_id", "grants", "in", "out", *kinds, "confirmed", "dismissed", "waiting"]
    head += ["explained", "not_observable", "false_alarms_of_reviewed", "false_alarms_per_1000_grants"]
    return table(
        f"doorwatch-weeks-{found[0].week if found else 'none'}.csv",
        head,
        (
            [
                *(week.week, week.door.name, week.door.door_id, week.grants, week.entries_in, week.entries_out),
                *(week.incidents.get(kind, 0) for kind in kinds),
                *(week.confirmed, week.dismissed, week.waiting, week.explained, week.not_observable),
                *(week.false_alarms_of_reviewed, week.false_alarms_per_1000_grants),
            ]
            for week in found
        ),
    )


def doors_told(conn: Connection, caller: Caller, now: Micros, places: Places, site_id: str | None) -> list[Door]:
    """The doors that the caller may know of, of one site or of all, by name. Raises UnknownError."""
    known = doors_of_site(conn, caller.account, places, site_id)
    if caller.cameras is None:
        return known
    seen = sharing.doors_seen(conn, caller.account, caller.cameras, now)
    return [door for door in known if door.door_id in seen]


def _weeks(
    conn: Connection, caller: Caller, now: Micros, weeks: int, site_id: str | None
) -> list[review_shapes.DoorWeek]:
    places = sites.read(conn, caller.account, now)
    known = doors_told(conn, caller, now, places, site_id)
    by_zone: dict[str, list[Door]] = {}
    for door in known:
        by_zone.setdefault(places.of_door(door.door_id).time_zone, []).append(door)
    return [
        week
        for ago in range(weeks)
        for zone, here in sorted(by_zone.items())
        for week in _week(conn, caller.account, now, ago, zone, here)
    ]


def _week(
    conn: Connection, account: str, now: Micros, ago: int, zone: str, known: list[Door]
) -> Iterator[review_shapes.DoorWeek]:
    """One week of doors that are in one zone."""
    since_monday = datetime.fromtimestamp(now / SECOND, UTC).astimezone(ZoneInfo(zone)).weekday()
    start = views.midnight(now, zone, since_monday + 7 * ago)
    end = now + SECOND if ago == 0 else views.midnight(now, zone, since_monday + 7 * (ago - 1))
    counts = count_by_door(conn, account, start, end)
    explained = review_figures.explained_by_door(conn, account, start, end)
    unseen = review_figures.unseen_grants(conn, account, start, end)
    monday = datetime.fromtimestamp(start / SECOND, UTC).astimezone(ZoneInfo(zone)).date().isoformat()
    for door in known:
        here = counts.get(door.door_id, DoorCounts())
        reviewed = {name: here.reviews.get(name, 0) for name in ("confirmed", "dismissed", "new")}
        judged = reviewed["confirmed"] + reviewed["dismissed"]
        yield review_shapes.DoorWeek(
            door=place_shapes.NamedDoor(door_id=door.door_id, name=door.name),
            week=monday,
            begins=to_iso(start),
            ends=to_iso(end),
            grants=here.grants,
            entries_in=here.crossings_in,
            entries_out=here.crossings_out,
            incidents=dict(here.incidents),
            confirmed=reviewed["confirmed"],
            dismissed=reviewed["dismissed"],
            waiting=reviewed["new"],
            explained=explained.get(door.door_id, 0),
            not_observable=unseen.get(door.door_id, 0),
            false_alarms_of_reviewed=reviewed["dismissed"] / judged if judged else None,
            false_alarms_per_1000_grants=1000 * reviewed["dismissed"] / here.grants if here.grants else None,
        )


def _summary(door_id: str, name: str, counts: DoorCounts) -> report_shapes.DoorSummary:
    return report_shapes.DoorSummary(
        door=place_shapes.NamedDoor(door_id=door_id, name=name),
        grants=counts.grants,
        entries_in=counts.crossings_in,
        entries_out=counts.crossings_out,
        incidents=dict(counts.incidents),
        reviewed=sum(count for review, count in counts.reviews.items() if review != "new"),
    )
