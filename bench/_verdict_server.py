"""The cases of bench/verdict.py that run the server's own worker on a real database."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, SECOND, Micros, SystemClock
from doorwatch.server.metrics import REGISTRY
from doorwatch.server.watch import Watch
from doorwatch.store import Database, access_events, cameras, configuration, coverage, crossings, doors, tenants
from doorwatch.store.coverage import CameraSpan, PacsCoverage
from doorwatch.store.incidents import StoredIncident

_MIX = ("AccessGranted", "DoorUnlock", "DoorOpen", "DoorClose", "DoorLock")
_OFFSETS = (0, SECOND // 10, SECOND, 5 * SECOND, 6 * SECOND)
_AT_ONCE = 500
_COVERAGE_EVERY = 2.0
_CAMERAS_A_POST = 25


@dataclass
class Building:
    """Doors of one account, each with a camera, in a database of their own."""

    db: Database
    account: str
    pacs: str
    door_ids: dict[str, str]
    late: list[float] = field(default_factory=list)
    arrived: dict[str, Micros] = field(default_factory=dict)
    incidents: int = 0

    async def told(self, _account: str, changed: list[StoredIncident]) -> None:
        """What the server is told after a commit: measure how late first news are."""
        now = time.time_ns() // 1000
        for stored in changed:
            if stored.revision == 1 and stored.incident.excess:
                self.incidents += 1
                first = stored.incident.excess_crossing_ids[0]
                if first in self.arrived:
                    self.late.append((now - self.arrived[first]) / SECOND)


@asynccontextmanager
async def building(count: int, now: Micros) -> AsyncIterator[Building]:
    """A fresh building of so many doors."""
    with tempfile.TemporaryDirectory() as folder:
        db = await asyncio.to_thread(Database.open, str(Path(folder) / "doorwatch.db"))
        try:
            yield await db.write(lambda conn: _furnish(conn, db, count, now))
        finally:
            await db.aclose()


def _furnish(conn: Connection, db: Database, count: int, now: Micros) -> Building:
    account, _, pacs = tenants.ensure_default(conn, now)
    key = account.account_id
    ids = doors.ensure_known(conn, key, pacs.pacs_id, [f"door-{number}" for number in range(count)], now)
    for device, door_id in ids.items():
        camera = f"cam-{device}"
        cameras.add_camera(conn, key, name=camera, url="rtsp://camera", now=now, camera_id=camera)
        configuration.set_mapping(conn, key, door_id, [camera], now, since=now - 24 * HOUR)
    spans = [CameraSpan(f"cam-{device}", now - HOUR, now) for device in ids]
    coverage.add_camera_spans(conn, key, spans, now)
    coverage.store_pacs_coverage(conn, key, pacs.pacs_id, PacsCoverage(now - HOUR, now), now)
    conn.exec_driver_sql("DELETE FROM dirty_doors")
    return Building(db, key, pacs.pacs_id, ids)


def opening(device: str, door_id: str, number: int, at: Micros, people: int) -> list[AccessEvent | Crossing]:
    """One opening: five events in six seconds, and the people who enter one second apart."""
    happened: list[AccessEvent | Crossing] = [
        AccessEvent(f"{device}-{number}-{index}", device, at + offset, event_type, actor_name=f"Person {number % 500}")
        for index, (event_type, offset) in enumerate(zip(_MIX, _OFFSETS, strict=True))
    ]
    happened += [
        Crossing(
            f"{device}-{number}-p{index}",
            door_id,
            f"cam-{device}",
            f"{number}-{index}",
            at + (2 + index) * SECOND,
            Direction.IN,
        )
        for index in range(people)
    ]
    return happened


async def _store(place: Building, happened: Sequence[AccessEvent | Crossing], now: Micros) -> None:
    events = [one for one in happened if isinstance(one, AccessEvent)]
    seen = [one for one in happened if isinstance(one, Crossing)]
    if events:
        await place.db.write(lambda conn: access_events.store_events(conn, place.account, place.pacs, events, now))
    if seen:
        await place.db.write(lambda conn: crossings.store_crossings(conn, place.account, seen, now))
        here = time.time_ns() // 1000
        place.arrived.update({crossing.crossing_id: here for crossing in seen})


async def recompute(rows: int) -> dict[str, Any]:
    """Doors with ten busy minutes behind them, each looked at again after one more entry."""
    count, now = min(rows, 200), time.time_ns() // 1000
    clock = SystemClock()
    async with building(count, now) as place:
        watch = Watch(place.db, clock, on_change=_nothing, told=place.told)
        for device, door_id in place.door_ids.items():
            history: list[AccessEvent | Crossing] = []
            for number in range(20):
                people = 2 if number == 11 else 1
                history += opening(device, door_id, number, now - (620 - 30 * number) * SECOND, people)
            await _store(place, history, now)
        while await watch.step():
            pass
        looked, cpu, started = _looks(), 0.0, 0.0
        wall = 0.0
        for turn in range(max(1, rows // count)):
            entry = [
                one
                for device, door_id in place.door_ids.items()
                for one in opening(device, door_id, 100 + turn, now - 6 * SECOND + turn * SECOND // 10, 1)
                if isinstance(one, Crossing) or one.event_type == "AccessGranted"
            ]
            await _store(place, entry, now)
            started, before = time.perf_counter(), time.process_time()
            while await watch.step():
                pass
            wall += time.perf_counter() - started
            cpu += time.process_time() - before
        return {"looks": _looks() - looked, "wall": wall, "cpu": cpu}


async def live(rate: float, count: int, seconds: float, *, people: str) -> dict[str, Any]:
    """Events in real time beside the worker.

    `people` says who passes: "all" has somebody enter at every opening; "some" floods nine doors of ten with grants
    that nobody uses, while at the tenth people enter at a human pace.
    """
    clock, begin = SystemClock(), time.time_ns() // 1000
    async with building(count, begin) as place:
        watch = Watch(place.db, clock, on_change=_nothing, told=place.told)
        coming = _everywhere(place, rate, seconds) if people == "all" else _flooded(place, rate, seconds)
        begin = time.time_ns() // 1000 + SECOND // 2
        working = asyncio.create_task(watch.run())
        covering = asyncio.create_task(_cover(place))
        looked, cpu, started = _looks(), time.process_time(), time.perf_counter()
        offered, longest = await _offer(place, watch, coming, begin)
        wall = time.perf_counter() - started
        cpu = time.process_time() - cpu
        waited = time.perf_counter()
        wanted = sum(isinstance(one, Crossing) and one.crossing_id.endswith("p1") for _, one in coming)
        while time.perf_counter() - waited < 30 and people != "all" and place.incidents < wanted:
            await clock.sleep(0.05)
        looks = _looks() - looked
        for task in (working, covering):
            task.cancel()
        await asyncio.gather(working, covering, return_exceptions=True)
        return {
            "events": offered,
            "looks": looks,
            "wall": wall,
            "cpu": cpu,
            "late": place.late,
            "incidents": place.incidents,
            "expected": wanted,
            "behind_s": round(longest, 2),
        }


Coming = list[tuple[Micros, AccessEvent | Crossing]]


def _everywhere(place: Building, rate: float, seconds: float) -> Coming:
    """Openings over all doors in turn so that there are `rate` events a second, every thirteenth with one too many."""
    coming: Coming = []
    names = list(place.door_ids.items())
    for number in range(int(rate * seconds / len(_MIX))):
        device, door_id = names[number % len(names)]
        at = round(number * len(_MIX) / rate * SECOND)
        coming += [(one.at, one) for one in opening(device, door_id, number, at, 2 if number % 13 == 5 else 1)]
    return sorted(coming, key=lambda one: one[0])


def _flooded(place: Building, rate: float, seconds: float) -> Coming:
    """Nine doors of ten have grants only; at the others somebody enters every twenty seconds, every tenth time two."""
    names = list(place.door_ids.items())
    lively, flooded = names[::10], [name for index, name in enumerate(names) if index % 10]
    coming: Coming = []
    number = 0
    for turn in range(int(seconds / 20) + 1):
        for index, (device, door_id) in enumerate(lively):
            at = round((turn + index / len(lively)) * 20 * SECOND)
            number += 1
            if at + 6 * SECOND < seconds * SECOND:
                coming += [(one.at, one) for one in opening(device, door_id, number, at, 2 if number % 10 == 5 else 1)]
    for extra in range(max(0, int(rate * seconds) - len(coming))):
        device, _ = flooded[extra % len(flooded)]
        at = round(extra / rate * SECOND)
        coming.append((at, AccessEvent(f"{device}-{extra}", device, at, "AccessGranted", actor_name=f"P{extra % 500}")))
    return sorted(coming, key=lambda one: one[0])


async def _offer(place: Building, watch: Watch, coming: Coming, begin: Micros) -> tuple[int, float]:
    """Store what happens when it does, at most `_AT_ONCE` together; how many events, and how far it fell behind."""
    position, offered, behind = 0, 0, 0.0
    while position < len(coming):
        now = time.time_ns() // 1000
        upto = position
        while upto < len(coming) and upto - position < _AT_ONCE and begin + coming[upto][0] <= now:
            upto += 1
        if upto == position:
            await asyncio.sleep(0.005)
            continue
        batch = [_moved(one, begin) for _, one in coming[position:upto]]
        behind = max(behind, (now - begin - coming[position][0]) / SECOND)
        await _store(place, batch, now)
        watch.wake()
        offered += sum(isinstance(one, AccessEvent) for one in batch)
        position = upto
    return offered, behind


def _moved(one: AccessEvent | Crossing, by: Micros) -> AccessEvent | Crossing:
    if isinstance(one, Crossing):
        return Crossing(one.crossing_id, one.door, one.camera, one.track, one.at + by, one.direction)
    return AccessEvent(one.event_id, one.device_id, one.at + by, one.event_type, actor_name=one.actor_name)


async def _cover(place: Building) -> None:
    """What analyzers and gateway post beside: coverage every two seconds, twenty-five cameras a post."""
    known = [f"cam-{device}" for device in place.door_ids]
    since = time.time_ns() // 1000 - SECOND
    while True:
        now = time.time_ns() // 1000
        for start in range(0, len(known), _CAMERAS_A_POST):
            spans = [CameraSpan(camera, since, now) for camera in known[start : start + _CAMERAS_A_POST]]
            await place.db.write(lambda conn, s=spans, n=now: coverage.add_camera_spans(conn, place.account, s, n))
            await asyncio.sleep(_COVERAGE_EVERY * _CAMERAS_A_POST / len(known))
        said = PacsCoverage(since, now)
        await place.db.write(
            lambda conn, s=said, n=now: coverage.store_pacs_coverage(conn, place.account, place.pacs, s, n)
        )
        since = now


def _looks() -> int:
    """How many doors were judged so far, in this process."""
    return round(REGISTRY.get_sample_value("doorwatch_verdicts_total") or 0)


def _nothing(_conn: Connection, _account: str, _change: Any) -> None:
    """No alerts are written here."""
