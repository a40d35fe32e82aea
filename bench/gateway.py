"""Measures the gateway: simulated PACS, gateway and server as three real processes, all of them fsyncing.

    doorwatch bench gateway [--case NAME ...] [--all] [--cases NAME,NAME] [--server] [--mode bulk|individual] [--rate N]
                            [--seconds N] [--rows N] [--rounds N] [--seed N] [--markdown FILE]

Prints one JSON object per case. `bulk` and `individual` offer `--rate` events a second (10,000 and 5,000); `flat` and
`ceiling` the same as fast as it goes; `idle` and `rate100` tell memory at rest and at the category's usual rate;
`startup` how long it takes until subscribed; `backlog` starts with `--rows` events of an outage on disk, which drain
beside live events of other doors; `fsyncs` counts system calls under strace; `peer` sends the same payload through
syslog-ng; `chaos` kills gateway and server at random and breaks the stream in every way, then compares the server's
record with the simulator's. The sink is a small one that appends what it is sent to a file, fsyncs it and answers, or with
`--server` the product's own. What the small one kept is read when the clock has stopped: `lost` and `repeated` (sent more
than once) are by the ids of all events.
`--all` is the whole table of the sizing page: about a quarter of an hour where nothing else runs, half an hour on a busy
machine, and 11 GB of room in TMPDIR; half of both is the backlog's, which `--rows` shortens. `--all --seconds 1 --rows 2000`
is its short form, two minutes; `--cases bulk,flat` some of its lines as they are there. `--markdown FILE` writes what was
measured as tables, anew after each case, into the place that is marked for it where the file has one, as docs/guide/sizing.md
does.
Everybody who passes has passed once before the clock starts, so that names are known as they are to a gateway that runs.
What goes on is told on stderr. A case that fails is told and the others go on; the exit code is 1 then.
"""

import argparse
import asyncio
import copy
import json
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from forwarding.backlog import backlog
from forwarding.chaos import chaos
from forwarding.fsyncs import fsyncs
from forwarding.page import write
from forwarding.peer import peer
from forwarding.rig import CLOCK_TICKS, Rig, describe, percentiles

RATES = {"bulk": 10_000.0, "individual": 5_000.0, "rate100": 100.0, "flat": 0.0, "ceiling": 0.0}
PATIENCE = 180


async def throughput(options: argparse.Namespace, case: str) -> dict[str, object]:
    """Offer events at a rate, wait until the last one arrived, and say what it cost."""
    rate = RATES[case] if options.rate is None else options.rate
    mode = "individual" if case in {"individual", "ceiling", "rate100"} else "bulk"
    async with Rig(mode=mode, sink=options.sink, doors=200) as rig:
        await rig.start_gateway()
        known = await rig.introduce()
        before, beside = rig.usage(), {name: rig.usage(name) for name in ("simulator", "server")}
        # flat out, the stream is slowed down by the gateway: what is offered is what it takes
        load = await rig.control("load", {"rate": rate, "seconds": options.seconds})
        offered = int(load["events"])
        drained = await rig.wait_for_stored(known + offered, PATIENCE)
        after = rig.usage()
        others = {name: (rig.usage(name).ticks - was.ticks) / CLOCK_TICKS for name, was in beside.items()}
        commits = await rig.metric("commits_total")
        requests = await rig.metric('requests_total{queue="webhooks"}')
        waited = await rig.metric('request_seconds_total{queue="webhooks"}')
        found = await rig.kept.tally()
    stored = found.distinct - known
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
        "lost": max(0, offered - stored),
        "duplicated": max(0, stored - offered),
        "repeated": found.repeated,
        "cpu_us_per_item": round(cpu / max(1, stored) * 1e6, 1),
        "cpu_cores": round(cpu / wall, 3),
        **{f"{name}_us_per_item": round(used / max(1, stored) * 1e6, 1) for name, used in others.items()},
        "rss_mib": round(after.peak_mib, 1),
        "bytes_per_event": found.event_bytes,
        "commits": commits,
        "requests": requests,
        "request_ms": round((waited or 0) / max(1, requests or 1) * 1000, 1),
        **percentiles(found.waits),
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
    return {"bench": "gateway", "case": "startup", "most_ms": round(max(waits)), **percentiles(waits)}


def _rate(case: str) -> Callable[[argparse.Namespace], Coroutine[Any, Any, dict[str, object]]]:
    return lambda options: throughput(options, case)


CASES: dict[str, Callable[[argparse.Namespace], Coroutine[Any, Any, dict[str, object]]]] = {
    **{name: _rate(name) for name in RATES},
    "idle": idle,
    "startup": startup,
    "backlog": backlog,
    "fsyncs": fsyncs,
    "peer": peer,
    "chaos": chaos,
}

TABLE: tuple[tuple[str, dict[str, object]], ...] = (
    ("idle", {"seconds": 10.0}),
    ("startup", {"rounds": 5}),
    ("rate100", {"seconds": 20.0}),
    ("bulk", {"seconds": 60.0}),
    ("bulk", {"seconds": 60.0, "sink": "server"}),
    ("flat", {"seconds": 15.0}),
    ("individual", {"seconds": 30.0}),
    ("individual", {"seconds": 20.0, "sink": "server"}),
    ("ceiling", {"seconds": 10.0}),
    ("fsyncs", {"seconds": 5.0}),
    ("peer", {"seconds": 20.0, "mode": "bulk"}),
    ("peer", {"seconds": 10.0, "mode": "bulk", "rate": 0.0}),
    ("peer", {"seconds": 10.0, "mode": "individual"}),
    ("backlog", {"rows": 8_640_000}),
)
"""What `--all` measures, with what; `--seconds`, `--rows` and `--rounds` shorten it."""


LONGEST, LONGEST_ROUND = 1200.0, 20.0
"""Seconds after which a case is given up, or so many for each of its rounds."""


def plan(options: argparse.Namespace) -> list[tuple[str, argparse.Namespace]]:
    """The cases to run, each with its own options."""
    if options.cases:
        return [(name, _filled(options, settings)) for name, settings in TABLE if name in options.cases]
    if not options.all:
        return [(name, _filled(options, {})) for name in options.case or ["idle", "startup", "rate100", "bulk"]]
    return [(name, _filled(options, settings)) for name, settings in TABLE]


def _filled(options: argparse.Namespace, settings: dict[str, object]) -> argparse.Namespace:
    mine = copy.copy(options)
    defaults = {"seconds": 10.0, "rows": 200_000, "rounds": 0, "mode": "bulk", "sink": "light", "rate": None}
    for name, value in {**defaults, **settings}.items():
        if getattr(options, name) is None:
            setattr(mine, name, value)
    return mine


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line says; what it leaves open is filled in case by case."""
    parser = argparse.ArgumentParser(
        prog="doorwatch bench gateway", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--all", action="store_true", help="the whole table")
    parser.add_argument("--cases", type=_some, metavar="NAME,NAME", help="some lines of the whole table")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables of the sizing page")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=["bulk", "individual"])
    parser.add_argument("--sink", choices=["server", "light"])
    parser.add_argument("--server", dest="sink", action="store_const", const="server", help="the product's own server")
    parser.add_argument("--json", action="store_true", help="JSON is printed in any case")
    return parser.parse_args(given)


def _some(text: str) -> frozenset[str]:
    known = {name for name, _ in TABLE}
    named = frozenset(text.split(","))
    if named - known:
        raise argparse.ArgumentTypeError(
            f"no case {', '.join(sorted(named - known))} in the table; there are {', '.join(sorted(known))}"
        )
    return named


def run(name: str, options: argparse.Namespace) -> dict[str, object]:
    """One case; what it found, or why it failed."""

    async def limited() -> dict[str, object]:
        async with asyncio.timeout(max(LONGEST, options.rounds * LONGEST_ROUND)):
            return await CASES[name](options)

    try:
        result = asyncio.run(limited())
    except Exception as error:  # noqa: BLE001 - a busy machine may spoil one case; the others are worth having
        result = {"bench": "gateway", "case": name, "failed": f"{type(error).__name__}: {error}"}
    return {**result, "machine": describe()}


def main() -> None:
    """Run the cases that are asked for."""
    options = arguments()
    # told to stop, it still takes its processes and folders away
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results: list[dict[str, object]] = []
    planned = plan(options)
    for number, (name, mine) in enumerate(planned, 1):
        what = f"{number}/{len(planned)} {name}, {mine.sink} receiver"
        sys.stderr.write(f"{what} ...\n")
        started = time.monotonic()
        results.append(run(name, mine))
        told = results[-1].get("failed") or results[-1].get("skipped") or "done"
        sys.stderr.write(f"{what}: {told}, {time.monotonic() - started:.0f} s\n")
        print(json.dumps(results[-1]), flush=True)
        if options.markdown is not None:
            write(options.markdown, results)
    sys.exit(int(any("failed" in one for one in results)))


if __name__ == "__main__":
    main()
