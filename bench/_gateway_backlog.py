"""A long outage: a spool full of events drains while live events of other doors pass it by."""

import argparse
import asyncio
import json
import time
import zlib
from collections.abc import Iterator

import apsw
from _gateway_rig import CLOCK_TICKS, Rig, cardholder, percentiles

from doorwatch.domain.time import to_iso
from doorwatch.spool import Spool

OLD_DOORS = 100
STEP_MILLIS = 10
"""A hundred events a second, as a day of 8.64 million is made of."""
PATIENCE = 60


async def backlog(options: argparse.Namespace) -> dict[str, object]:
    """Fill the spool with `--rows` events of a hundred doors, start the gateway, and raise live events elsewhere."""
    async with Rig(mode="bulk", sink=options.sink, doors=20) as rig:
        await fill(rig, options.rows)
        started = await rig.start_gateway()
        began, before = time.monotonic(), rig.usage()
        stop = asyncio.Event()
        lag = asyncio.create_task(_live(rig, stop))
        await rig.wait_for_stored(options.rows, PATIENCE)
        stop.set()
        live = await lag
        seconds = time.monotonic() - began
        await rig.wait_for_stored(options.rows + len(live), 10)
        after = rig.usage()
        stored = await rig.stored()
        return {
            "bench": "gateway",
            "case": "backlog",
            "sink": options.sink,
            "rows": options.rows,
            "startup_ms": round(started),
            "seconds": round(seconds, 1),
            "achieved_per_s": round(stored / seconds, 1),
            "lost": max(0, options.rows + len(live) - stored),
            "out_of_order": await _out_of_order(rig),
            "cpu_us_per_item": round((after.ticks - before.ticks) / CLOCK_TICKS / max(1, stored) * 1e6, 1),
            "rss_mib": round(after.peak_mib, 1),
            "live_events": len(live),
            **{f"live_{name}": value for name, value in percentiles(live).items()},
            "live_most_ms": round(max(live), 1) if live else None,
        }


async def fill(rig: Rig, rows: int) -> None:
    """Write what a gateway has on disk after an outage, without living through it."""
    folder = rig.folder / "gateway"
    async with await Spool.open(folder, ["webhooks"]):
        pass
    await asyncio.to_thread(_write, str(folder / "spool.db"), rows)


def _write(file: str, rows: int) -> None:
    db = apsw.Connection(file)
    db.pragma("journal_mode", "OFF")  # gigabytes, written once and read by nobody before all are there
    db.pragma("synchronous", "OFF")
    db.pragma("cache_size", -65536)
    (queue,) = next(iter(db.execute("SELECT queue FROM queues WHERE name = 'webhooks'")))
    size = 0

    def made() -> Iterator[tuple[object, ...]]:
        nonlocal size
        for row in _rows(rows, queue):
            size += len(row[-1])
            yield row

    with db:
        db.executemany("INSERT INTO backlog VALUES (?,?,?,?,0,?,?)", made())
        db.execute("UPDATE queues SET depth = ?, bytes = ?, put = ? WHERE queue = ?", (rows, size, rows, queue))
        db.execute("UPDATE meta SET value = ? WHERE name = 'next_id'", (rows + 1,))
    db.close()


def _rows(rows: int, queue: int) -> Iterator[tuple[int, str, int, int, int, bytes]]:
    """In the order in which the table lies: door by door, each by time."""
    first = time.time_ns() // 1_000_000 - rows * STEP_MILLIS
    for index in range(min(OLD_DOORS, rows)):
        door = f"00000000-0000-4000-8000-{index:012d}"
        person = cardholder(index)
        tail = json.dumps(
            {"side": "in", "access_point_id": door, "actor_id": door, "actor_name": person["name"],
             "actor_email": person["email"]}, separators=(",", ":"),
        )[1:]  # fmt: skip
        for number in range(index, rows, OLD_DOORS):
            millis = first + number * STEP_MILLIS
            payload = (
                f'{{"event_id":"{number:032x}","device_id":"{door}","event_type":"AccessGranted","source":"stream",'
                f'"timestamp":"{_second(millis // 1000)}.{millis % 1000:03d}Z",{tail}'
            ).encode()
            yield queue, door, number + 1, millis * 1000, zlib.crc32(payload), payload


_seconds: dict[int, str] = {}


def _second(seconds: int) -> str:
    if seconds not in _seconds:
        if len(_seconds) > 100_000:
            _seconds.clear()
        _seconds[seconds] = to_iso(seconds * 1_000_000, 0)[:-1]
    return _seconds[seconds]


async def _out_of_order(rig: Rig) -> int:
    """How many events of some doors arrived after a later one of the same door."""
    sql = (
        "SELECT count(*) FROM (SELECT at < lag(at) OVER (PARTITION BY door_id ORDER BY rowid) AS late FROM access_events "
        "WHERE door_id IN (SELECT DISTINCT door_id FROM access_events LIMIT 3)) WHERE late"
    )
    return int((await asyncio.to_thread(rig.query, sql))[0][0])


async def _live(rig: Rig, stop: asyncio.Event) -> list[float]:
    """Raise an event four times a second; milliseconds until each was at the server."""
    waits: list[float] = []
    doors = list(rig.simulator["doors"].values())
    last = 0
    while not stop.is_set():
        raised = time.monotonic()
        await rig.control("raise", {"event_type": "DoorOpen", "door": doors[len(waits) % len(doors)]})
        found: list[tuple[int]] = []
        while not found and time.monotonic() - raised < 30:
            await asyncio.sleep(0.02)
            sql = f"SELECT rowid FROM access_events WHERE rowid > {last} AND event_type = 'DoorOpen' LIMIT 1"
            found = await asyncio.to_thread(rig.query, sql)
        waits.append((time.monotonic() - raised) * 1000)
        last = found[0][0] if found else last
        await asyncio.sleep(0.25)
    return waits
