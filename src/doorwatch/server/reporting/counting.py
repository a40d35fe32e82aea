"""The report of a time beside the time before it: counted when it is asked for, never stored."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.domain.verdict import Span
from doorwatch.server.api import place_shapes
from doorwatch.server.api.overview_shapes import DayRate, DoorOverview, HourRate, Overview, Rate, Reviews
from doorwatch.store import configuration, coverage, door_states, doors, report_figures
from doorwatch.store.door_states import DoorStates
from doorwatch.store.doors import Door
from doorwatch.store.report_figures import ReportedIncident
from doorwatch.store.sites import Places
from doorwatch.store.summaries import DoorCounts, count_by_door


@dataclass(frozen=True, slots=True)
class ReportTime:
    """The time of a report, what it is compared with, the zone of its days, and until when there is anything to count.

    What it is compared with ends at the time of day at which the report does: half a day says nothing beside a whole one.
    """

    now: Span
    before: Span
    zone: ZoneInfo
    at: Micros

    def day(self, at: Micros) -> date:
        """On which day of the zone that is."""
        return self.local(at).date()

    def local(self, at: Micros) -> datetime:
        """What a clock of the zone says then."""
        return datetime.fromtimestamp(at / SECOND, UTC).astimezone(self.zone)

    @property
    def days(self) -> int:
        """How many days of the zone it touches."""
        return (self.day(self.at - 1) - self.day(self.now.start)).days + 1


def doors_of_site(conn: Connection, account: str, places: Places, site_id: str | None) -> list[Door]:
    """The doors of one site or of all, by name. Raises UnknownError."""
    known = doors.list_doors(conn, account)
    if site_id is None:
        return known
    wanted = places.chosen(site_id).site_id
    return [door for door in known if places.of_door(door.door_id).site_id == wanted]


def report_of(conn: Connection, account: str, known: Sequence[Door], time: ReportTime) -> Overview:
    """Tailgating for each hundred grants at these doors by door, day and hour; reviews, locks, coverage."""
    span = time.now
    ids = {door.door_id for door in known}
    happened = [one for one in report_figures.incidents_in(conn, account, span) if one.door_id in ids]
    counts = count_by_door(conn, account, span.start, span.end)
    former = count_by_door(conn, account, time.before.start, time.before.end)
    grants = report_figures.grants_by_piece(conn, account, ids, span)
    return Overview(
        begins=to_iso(span.start),
        ends=to_iso(time.at),
        days=time.days,
        now=_rate_of(counts, ids),
        before=_rate_of(former, ids),
        reviews=_reviews(happened),
        doors=_doors(conn, account, known, time, (counts, former), happened),
        by_day=_by_day(time, grants, happened),
        by_hour=_by_hour(time, grants, happened),
    )


def _doors(
    conn: Connection,
    account: str,
    known: Sequence[Door],
    time: ReportTime,
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
        state, watched = states.get(door.door_id, DoorStates()), seen.get(door.door_id)
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
                coverage=watched.share if watched else None,
                watched_since=to_iso(watched.since) if watched else None,
            )
        )
    return sorted(told, key=lambda one: (-(one.now.per_100_grants or 0), -one.now.incidents, one.door.name))


@dataclass(frozen=True, slots=True)
class _Watched:
    """The share of the time since `since` that a door's best camera saw; before that no camera had ever seen the door."""

    share: float
    since: Micros


def _coverage(conn: Connection, account: str, known: Iterable[Door], time: ReportTime) -> dict[str, _Watched]:
    """Door id to how well it was watched; without those that no camera saw yet."""
    mapped = configuration.current_mappings(conn, account, time.at)
    watching = {camera_id for door in known for camera_id in mapped.get(door.door_id, ())}
    first = coverage.first_seen(conn, account, watching)
    seen = {camera_id: _seen(conn, account, camera_id, time) for camera_id in first}
    found: dict[str, _Watched] = {}
    for door in known:
        here = [camera_id for camera_id in mapped.get(door.door_id, ()) if camera_id in first]
        since = max(time.now.start, min((first[camera_id] for camera_id in here), default=time.at))
        if since < time.at:
            share = max(seen[camera_id] for camera_id in here) / (time.at - since)
            found[door.door_id] = _Watched(round(min(1.0, share), 4), since)
    return found


def _seen(conn: Connection, account: str, camera_id: str, time: ReportTime) -> Micros:
    spans = coverage.spans_of_camera(conn, account, camera_id, time.now.start, time.at)
    return sum(min(one.end, time.at) - max(one.start, time.now.start) for one in spans)


def _by_day(time: ReportTime, grants: dict[Micros, int], happened: Iterable[ReportedIncident]) -> list[DayRate]:
    given: Counter[date] = Counter()
    for at, count in grants.items():
        given[time.day(at)] += count
    found = Counter(time.day(one.start) for one in happened)
    first = time.day(time.now.start)
    all_days = [first + timedelta(days=number) for number in range(time.days)]
    return [DayRate(day=day.isoformat(), **_rate(given[day], found[day]).model_dump()) for day in all_days]


def _by_hour(time: ReportTime, grants: dict[Micros, int], happened: Iterable[ReportedIncident]) -> list[HourRate]:
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
