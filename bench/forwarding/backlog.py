"""A long outage: a spool full of events drains while live events of other doors pass it by."""

import argparse
import asyncio
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator

import apsw
from forwarding.kept import LIVE
from forwarding.rig import CLOCK_TICKS, Rig, cardholder, percentiles

from doorwatch.domain.time import to_iso
from doorwatch.spool import Spool

OLD_DOORS = 100
STEP_MILLIS = 10
"""A hundred events a second, as a day of 8.64 million is made of."""
PATIENCE = 60
AFTERWARDS = 5.0
"""Seconds for which live events go on when everything has left the disk."""
BYTES_A_ROW = 1300
"""On disk: with the gateway, and then with the receiver beside it."""


async def backlog(options: argparse.Namespace) -> dict[str, object]:
    """Fill the spool with `--rows` events of a hundred doors, start the gateway, and raise live events elsewhere."""
    async with Rig(mode="bulk", sink=options.sink, doors=20) as rig:
        free, needed = shutil.disk_usage(rig.folder).free, options.rows * BYTES_A_ROW
        if free < needed:
            raise RuntimeError(f"{rig.folder} has {free >> 20} MiB free and {needed >> 20} are needed; set TMPDIR")
        await fill(rig, options.rows)
        began = time.monotonic()  # it drains from its first moment on
        started = await rig.start_gateway()
        live = asyncio.create_task(_raise_live(rig))
        await rig.wait_for_count(options.rows, PATIENCE)
        seconds, drained = time.monotonic() - began, rig.usage()
        await asyncio.sleep(AFTERWARDS)  # when the file is made smaller again, beside live events
        live.cancel()
        raised = len(await rig.raised())
        after = rig.usage()
        await rig.wait_for_stored(options.rows + raised, 10)
        found = await rig.kept.tally()
        return {
            "bench": "gateway",
            "case": "backlog",
            "sink": options.sink,
            "rows": options.rows,
            "startup_ms": round(started),
            "seconds": round(seconds, 1),
            "achieved_per_s": round(options.rows / seconds, 1),
            "lost": max(0, options.rows + raised - found.distinct),
            "duplicated": max(0, found.distinct - options.rows - raised),
            "repeated": found.repeated,
            "out_of_order": found.out_of_order,
            "cpu_us_per_item": round(drained.ticks / CLOCK_TICKS / max(1, options.rows) * 1e6, 1),
            "rss_mib": round(after.peak_mib, 1),
            "live_events": len(found.live_waits),
            **{f"live_{name}": value for name, value in percentiles(found.live_waits).items()},
            "live_most_ms": round(max(found.live_waits, default=0), 1),
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
    with open(file, "rb+") as whole:  # noqa: PTH123 - a name, as apsw takes it
        os.fsync(whole.fileno())  # or the gateway's first fsync would have all of it to write


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


async def _raise_live(rig: Rig) -> None:
    """Raise an event four times a second, until cancelled; what is kept tells how long each took."""
    doors = list(rig.simulator["doors"].values())
    number = 0
    while True:
        await rig.control("raise", {"event_type": LIVE, "door": doors[number % len(doors)]})
        number += 1
        await asyncio.sleep(0.25)
