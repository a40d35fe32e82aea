"""The cases of bench/verdict.py that run the server's own worker on a real database."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, SECOND, Micros, SystemClock
from doorwatch.server.metrics import REGISTRY
from doorwatch.server.watch.worker import Watch
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


@asynccontextmanager
async def building(count: int, now: Micros) -> AsyncIterator[Building]:
    """A fresh building of so many doors."""
    with tempfile.TemporaryDirectory() as folder:
        db = await asyncio.to_thread(Database.open, str(Path(folder) / "doorwatch.db"))
        try:
            yield Building(db, *await db.write(lambda conn: furnish(conn, count, now)))
        finally:
            await db.aclose()


def furnish(conn: Connection, count: int, now: Micros) -> tuple[str, str, dict[str, str]]:
    """Doors with a camera each, watched until now: account, access control system, and door ids by device."""
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
    return key, pacs.pacs_id, ids


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


async def recompute(rows: int) -> dict[str, Any]:
    """Doors with ten busy minutes behind them, each looked at again after one more entry."""
    count = min(rows, 200)
    quiet_now_and_then = [(-620 + 30 * number, 2 if number == 11 else 1) for number in range(20)]
    more = [(-6 + turn / 10, 1) for turn in range(max(1, rows // count))]
    return await _look_again(count, quiet_now_and_then, more)


async def busy(rows: int) -> dict[str, Any]:
    """A door at which somebody entered every two seconds for six hours, looked at again after each entry more."""
    never_quiet = [(second, 1) for second in range(-6 * 3600, -6, 2)]
    more = [(-6 + 2 * turn, 1) for turn in range(rows)]
    return await _look_again(1, never_quiet, more)


async def _look_again(
    count: int, before: Sequence[tuple[float, int]], more: Sequence[tuple[float, int]]
) -> dict[str, Any]:
    """What looking takes after each opening in `more`; openings are seconds from now with so many people."""
    now = time.time_ns() // 1000
    async with building(count, now) as place:
        watch = Watch(place.db, SystemClock(), on_change=_nothing, told=_unheard)

        async def happen(number: int, seconds: float, people: int) -> None:
            at = now + round(seconds * SECOND)
            parts = [opening(device, door_id, number, at, people) for device, door_id in place.door_ids.items()]
            await _store(place, [one for part in parts for one in part if _decides(one)], now)

        async def judge_all() -> None:
            while await watch.step():
                pass

        for number, (seconds, people) in enumerate(before[:-1]):
            await happen(number, seconds, people)
        await judge_all()
        # All that happened was one window until now; what comes next shows where later ones can begin.
        await happen(len(before), *before[-1])
        await judge_all()
        looked, cpu, wall = _looks(), 0.0, 0.0
        for turn, (seconds, people) in enumerate(more):
            await happen(len(before) + 1 + turn, seconds, people)
            started, used = time.perf_counter(), time.process_time()
            await judge_all()
            wall += time.perf_counter() - started
            cpu += time.process_time() - used
        return {"looks": _looks() - looked, "wall": wall, "cpu": cpu}


def _decides(one: AccessEvent | Crossing) -> bool:
    """Whether it is a grant or an entry: the chatter of locks and contacts is kept out."""
    return isinstance(one, Crossing) or one.event_type == "AccessGranted"


def _looks() -> int:
    """How many doors were judged so far, in this process."""
    return round(REGISTRY.get_sample_value("doorwatch_verdicts_total") or 0)


async def _unheard(_account: str, _changed: list[StoredIncident]) -> None:
    """Nobody waits for news here."""


def _nothing(_conn: Connection, _account: str, _change: Any, _stored: Any) -> None:
    """No alerts are written here."""
