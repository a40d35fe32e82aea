"""A long outage: a spool full of events drains while live events of other doors pass it by."""

import argparse
import asyncio
import json
import time

from _gateway_rig import CLOCK_TICKS, Rig, percentiles

from doorwatch.domain.time import to_iso
from doorwatch.spool import QueueRules, Spool

OLD_DOORS = 100


async def backlog(options: argparse.Namespace) -> dict[str, object]:
    """Fill the spool with `--rows` events of a hundred doors, start the gateway, and raise live events elsewhere."""
    async with Rig(mode="bulk", sink=options.sink, doors=20) as rig:
        await _fill(rig, options.rows)
        started = await rig.start_gateway()
        began, before = time.monotonic(), rig.usage()
        stop = asyncio.Event()
        lag = asyncio.create_task(_live(rig, stop))
        drained = await rig.wait_for_stored(options.rows, 900)
        stop.set()
        live = await lag
        after = rig.usage()
        seconds = time.monotonic() - began
        stored = await rig.stored()
        return {
            "bench": "gateway",
            "case": "backlog",
            "sink": options.sink,
            "rows": options.rows,
            "startup_ms": round(started),
            "seconds": round(drained, 1),
            "achieved_per_s": round(stored / seconds, 1),
            "lost": max(0, options.rows + len(live) - stored),
            "cpu_us_per_item": round((after.ticks - before.ticks) / CLOCK_TICKS / max(1, stored) * 1e6, 1),
            "rss_mib": round(after.peak_mib, 1),
            "live_events": len(live),
            **{f"live_{name}": value for name, value in percentiles(live).items()},
            "live_most_ms": round(max(live), 1) if live else None,
        }


async def _fill(rig: Rig, rows: int) -> None:
    now = time.time_ns() // 1_000_000
    async with await Spool.open(rig.folder / "gateway", {"webhooks": QueueRules(memory=0)}, synchronous="OFF") as spool:
        for number in range(rows):
            door = f"00000000-0000-4000-8000-{number % OLD_DOORS:012d}"
            event = {
                "event_id": f"{number:032x}", "device_id": door, "event_type": "AccessGranted", "source": "stream",
                "timestamp": to_iso((now - (rows - number)) * 1000, 3), "side": "in",
                "access_point_id": door, "actor_id": door, "actor_name": f"Person {number % 500}",
                "actor_email": f"person.{number % 500}@example.com",
            }  # fmt: skip
            spool.put_nowait("webhooks", door, json.dumps(event).encode())
            if number % 5000 == 0:
                await spool.flush()


async def _live(rig: Rig, stop: asyncio.Event) -> list[float]:
    """Raise an event four times a second; milliseconds until each was at the server."""
    waits: list[float] = []
    doors = list(rig.simulator["doors"].values())
    while not stop.is_set():
        raised = time.monotonic()
        answer = await rig.control("raise", {"event_type": "DoorOpen", "door": doors[len(waits) % len(doors)]})
        seen = 0
        while not seen and time.monotonic() - raised < 30:
            await asyncio.sleep(0.02)
            seen = len(
                await asyncio.to_thread(
                    rig.query,
                    f"SELECT 1 FROM access_events WHERE event_type = 'DoorOpen' LIMIT 1 OFFSET {len(waits)}",
                )
            )
        waits.append((time.monotonic() - raised) * 1000)
        assert answer
        await asyncio.sleep(0.25)
    return waits
