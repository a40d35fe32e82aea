"""Measures the gateway: simulated PACS, gateway and server as three real processes, all of them fsyncing.

    python bench/gateway.py [--case bulk|individual|flat|idle|rate100|backlog|chaos|startup] [--rate N] [--seconds N]
                            [--rows N] [--rounds N] [--seed N] [--sink server|light] [--json]

Prints one JSON object a case. `bulk` and `individual` offer `--rate` events a second; `flat` as many as go through;
`idle` and `rate100` tell memory at rest; `startup` how long it takes until subscribed; `backlog` fills the spool with
`--rows` events while the server is away, then lets it drain beside live events of other doors; `chaos` kills gateway
and server at random and breaks the stream in every way, then compares the server's record with the simulator's.
The sink is the product's own server with SQLite, or (`light`) one that only keeps ids.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from _gateway_backlog import backlog
from _gateway_chaos import chaos
from _gateway_rig import CLOCK_TICKS, Rig, describe, percentiles


async def throughput(options: argparse.Namespace, case: str) -> dict[str, object]:
    """Offer events at a rate, wait until the last one arrived, and say what it cost."""
    rate = 0 if case == "flat" else options.rate or (10_000 if case == "bulk" else 100 if case == "rate100" else 5_000)
    mode = "individual" if case in {"individual", "rate100"} else "bulk"
    async with Rig(mode=mode, sink=options.sink, doors=200) as rig:
        await rig.start_gateway()
        await asyncio.sleep(1)
        before = rig.usage()
        load = await rig.control("load", {"rate": rate, "seconds": options.seconds})
        offered = int(load["events"])
        drained = await rig.wait_for_stored(offered, 180)
        after = rig.usage()
        forwarded = await rig.metric("events_forwarded_total")
        commits = await rig.metric("commits_total")
        requests = await rig.metric('requests_total{queue="webhooks"}')
        waited = await rig.metric('request_seconds_total{queue="webhooks"}')
        stored = await rig.stored()
        waits = percentiles(await rig.latencies())
    wall = float(load["seconds"]) + drained
    cpu = (after.ticks - before.ticks) / CLOCK_TICKS
    return {
        "bench": "gateway",
        "case": case,
        "mode": mode,
        "sink": options.sink,
        "seconds": round(wall, 2),
        "offered": offered,
        "offered_per_s": round(offered / float(load["seconds"]), 1),
        "achieved_per_s": round(stored / wall, 1),
        "lost": offered - stored,
        "duplicated": max(0, int(forwarded or 0) - stored),
        "cpu_us_per_item": round(cpu / max(1, stored) * 1e6, 1),
        "cpu_cores": round(cpu / wall, 3),
        "rss_mib": round(after.peak_mib, 1),
        "commits": commits,
        "requests": requests,
        "request_ms": round((waited or 0) / max(1, requests or 1) * 1000, 1),
        **waits,
    }


async def idle(options: argparse.Namespace) -> dict[str, object]:
    """Memory and CPU while nothing happens."""
    async with Rig(mode="individual", sink=options.sink, doors=50) as rig:
        await rig.start_gateway()
        before = rig.usage()
        await asyncio.sleep(options.seconds)
        after = rig.usage()
    cpu = (after.ticks - before.ticks) / CLOCK_TICKS
    return {
        "bench": "gateway",
        "case": "idle",
        "seconds": options.seconds,
        "cpu_cores": round(cpu / options.seconds, 4),
        "rss_mib": round(after.peak_mib, 1),
    }


async def startup(options: argparse.Namespace) -> dict[str, object]:
    """From the start of the process until the PACS is heard."""
    waits = []
    async with Rig(mode="individual", sink=options.sink, doors=200) as rig:
        for _ in range(options.rounds or 5):
            waits.append(await rig.start_gateway())
            await rig.kill_gateway()
    return {"bench": "gateway", "case": "startup", "seconds": round(max(waits), 2), **percentiles(waits)}


CASES = {
    "bulk": lambda options: throughput(options, "bulk"),
    "individual": lambda options: throughput(options, "individual"),
    "flat": lambda options: throughput(options, "flat"),
    "rate100": lambda options: throughput(options, "rate100"),
    "idle": idle,
    "startup": startup,
    "backlog": backlog,
    "chaos": chaos,
}


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description="Measures the gateway.")
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sink", choices=["server", "light"], default="server")
    parser.add_argument("--json", action="store_true", help="JSON is printed in any case")
    options = parser.parse_args()
    for name in options.case or ["idle", "startup", "rate100", "individual", "bulk", "flat"]:
        result = asyncio.run(CASES[name](options))
        print(json.dumps({**result, "machine": describe()}), flush=True)


if __name__ == "__main__":
    main()
