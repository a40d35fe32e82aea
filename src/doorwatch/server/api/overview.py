"""`/api/reports/overview`: the report of some days beside as many before; counted, never stored."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.domain.verdict import Span
from doorwatch.server.api import place_shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.overview_shapes import DayRate, DoorOverview, HourRate, Overview, Rate, Reviews
from doorwatch.server.api.reports import SiteId, doors_told
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.permissions import Caller
from doorwatch.store import configuration, coverage, door_states, report_figures, sites
from doorwatch.store.door_states import DoorStates
from doorwatch.store.doors import Door
from doorwatch.store.report_figures import ReportedIncident
from doorwatch.store.summaries import DoorCounts, count_by_door

router = APIRouter(tags=["reports"], responses=ERRORS)

Days = Annotated[int, Query(ge=1, le=92, description="How many days, today included")]


@router.get("/api/reports/overview")
async def overview(caller: Guest, parts: Parts, days: Days = 7, site_id: SiteId = None) -> Overview:
    """Tailgating for each hundred grants by door, day and hour, beside as many days before; reviews, locks, coverage.

    Days are those of the chosen site's zone, else of the first site's.
    """
    now = parts.clock.now()
    return await parts.db.read(lambda conn: _overview(conn, caller, now, days, site_id))


@router.get("/api/reports/overview.csv", response_class=Response, responses=CSV)
async def overview_table(caller: Guest, parts: Parts, days: Days = 7, site_id: SiteId = None) -> Response:
    """The doors of the same report as a table."""
    now = parts.clock.now()
    told = await parts.db.read(lambda conn: _overview(conn, caller, now, days, site_id))
    head = ["door", "door_id", "grants", "in", "out", "incidents", "per_100_grants", "per_100_grants_before"]
    head += ["confirmed", "dismissed", "waiting", "false_alarms", "median_wait_s", "p90_wait_s"]
    head += ["unlocked_minutes", "held_open_minutes", "coverage"]
    return table(f"doorwatch-report-{told.begins[:10]}-{days}-days.csv", head, (_row(one) for one in told.doors))


def _row(one: DoorOverview) -> list[object]:
    reviews = one.reviews
    return [
        *(one.door.name, one.door.door_id, one.now.grants, one.entries_in, one.entries_out, one.now.incidents),
        *(one.now.per_100_grants, one.before.per_100_grants, reviews.confirmed, reviews.dismissed, reviews.waiting),
        *(reviews.false_alarms, reviews.median_wait_s, reviews.p90_wait_s, one.unlocked_minutes, one.held_open_minutes),
        one.coverage,
    ]


@dataclass(frozen=True, slots=True)
class _Time:
    """The days of the report, and as many before."""

    now: Span
    before: Span
    zone: ZoneInfo
    at: Micros

    def day(self, at: Micros) -> date:
        return self.local(at).date()

    def local(self, at: Micros) -> datetime:
        return datetime.fromtimestamp(at / SECOND, UTC).astimezone(self.zone)


def _overview(conn: Connection, caller: Caller, now: Micros, days: int, site_id: str | None) -> Overview:
    places = sites.read(conn, caller.account, now)
    known = doors_told(conn, caller, now, places, site_id)
    zone = places.chosen(site_id).time_zone if site_id else views.site_of(conn, caller.account).time_zone
    start = views.midnight(now, zone, days - 1)
    span = Span(start, now + SECOND)
    time = _Time(span, Span(views.midnight(now, zone, 2 * days - 1), start), ZoneInfo(zone), now)
    ids = {door.door_id for door in known}
    happened = [one for one in report_figures.incidents_in(conn, caller.account, span) if one.door_id in ids]
    counts = count_by_door(conn, caller.account, span.start, span.end)
    former = count_by_door(conn, caller.account, time.before.start, time.before.end)
    grants = report_figures.grants_by_piece(conn, caller.account, ids, span)
    return Overview(
        begins=to_iso(span.start),
        ends=to_iso(now),
        days=days,
        now=_rate_of(counts, ids),
        before=_rate_of(former, ids),
        reviews=_reviews(happened),
        doors=_doors(conn, caller.account, known, time, (counts, former), happened),
        by_day=_by_day(time, days, grants, happened),
        by_hour=_by_hour(time, grants, happened),
    )


def _doors(
    conn: Connection,
    account: str,
    known: Sequence[Door],
    time: _Time,
    counted: tuple[dict[str, DoorCounts], dict[str, DoorCounts]],
    happened: Iterable[ReportedIncident],
) -> list[DoorOverview]:
    by_door: dict[str, list[ReportedIncident]] = defaultdict(list)
    for one in happened:
        by_door[one.door_id].append(one)
    policies = configuration.current_policies(conn, account, time.at)
    states = door_states.states_of(conn, [door.door_id for door in known], time.now, time.at, policies)
    seen = _coverage(conn, account, known, time)
    told = []
    for door in known:
        here, before = (counts.get(door.door_id, DoorCounts()) for counts in counted)
        state = states.get(door.door_id, DoorStates())
        told.append(
            DoorOverview(
                door=place_shapes.NamedDoor(door_id=door.door_id, name=door.name),
                now=_rate(here.grants, here.all_incidents),
                before=_rate(before.grants, before.all_incidents),
                entries_in=here.crossings_in,
                entries_out=here.crossings_out,
                kinds=dict(here.incidents),
                reviews=_reviews(by_door[door.door_id]),
                unlocked_minutes=round(state.unlocked / MINUTE, 1),
                held_open_minutes=round(state.held_open / MINUTE, 1),
                coverage=seen.get(door.door_id),
            )
        )
    return sorted(told, key=lambda one: (-(one.now.per_100_grants or 0), -one.now.incidents, one.door.name))


def _coverage(conn: Connection, account: str, known: Iterable[Door], time: _Time) -> dict[str, float]:
    """Door id to the share of the time that the camera which saw most of it saw."""
    mapped = configuration.current_mappings(conn, account, time.at)
    long = max(1, time.at - time.now.start)
    shares: dict[str, float] = {}
    found: dict[str, float] = {}
    for door in known:
        for camera_id in mapped.get(door.door_id, ()):
            if camera_id not in shares:
                spans = coverage.spans_of_camera(conn, account, camera_id, time.now.start, time.at)
                seen = sum(min(one.end, time.at) - max(one.start, time.now.start) for one in spans)
                shares[camera_id] = round(min(1.0, seen / long), 4)
            found[door.door_id] = max(found.get(door.door_id, 0.0), shares[camera_id])
    return found


def _by_day(time: _Time, days: int, grants: dict[Micros, int], happened: Iterable[ReportedIncident]) -> list[DayRate]:
    given: Counter[date] = Counter()
    for at, count in grants.items():
        given[time.day(at)] += count
    found = Counter(time.day(one.start) for one in happened)
    first = time.day(time.now.start)
    all_days = [first + timedelta(days=number) for number in range(days)]
    return [DayRate(day=day.isoformat(), **_rate(given[day], found[day]).model_dump()) for day in all_days]


def _by_hour(time: _Time, grants: dict[Micros, int], happened: Iterable[ReportedIncident]) -> list[HourRate]:
    given: Counter[int] = Counter()
    for at, count in grants.items():
        given[time.local(at).hour] += count
    found = Counter((time.local(one.start).hour, time.local(one.start).weekday()) for one in happened)
    told = []
    for hour in range(24):
        by_weekday = [found[hour, weekday] for weekday in range(7)]
        rate = _rate(given[hour], sum(by_weekday))
        told.append(HourRate(hour=hour, by_weekday=by_weekday, **rate.model_dump()))
    return told


def _rate_of(counts: dict[str, DoorCounts], ids: Collection[str]) -> Rate:
    here = [count for door_id, count in counts.items() if door_id in ids]
    return _rate(sum(one.grants for one in here), sum(one.all_incidents for one in here))


def _rate(grants: int, incidents: int) -> Rate:
    return Rate(grants=grants, incidents=incidents, per_100_grants=100 * incidents / grants if grants else None)


def _reviews(happened: Iterable[ReportedIncident]) -> Reviews:
    all_of_them = list(happened)
    found = Counter(one.review for one in all_of_them)
    judged = found["confirmed"] + found["dismissed"]
    waits = sorted(one.waited / SECOND for one in all_of_them if one.waited is not None)
    return Reviews(
        confirmed=found["confirmed"],
        dismissed=found["dismissed"],
        waiting=found["new"],
        false_alarms=found["dismissed"] / judged if judged else None,
        median_wait_s=_share(waits, 0.5),
        p90_wait_s=_share(waits, 0.9),
    )


def _share(ordered: Sequence[float], part: float) -> float | None:
    return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 1) if ordered else None
