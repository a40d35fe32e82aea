"""Measures the rule: one door's window again, a recorded day at once, and a stream of events over many doors.

    python bench/verdict.py [--case NAME] [--rows N] [--rate N] [--doors N] [--seconds N] [--json]

Prints one JSON object per case. `window` judges a busy lobby again after each crossing, as the server does: find the
window, cut, judge, compare with what was told. `audit` judges N events and N crossings of a day over 100 doors.
`stream` offers events in real time and judges each changed door, oldest first; the milliseconds are from an excess
entry's arrival to its incident, with one process doing all of it and nothing stored.

`recompute` runs the server's own worker on a SQLite file that fsyncs: CPU for one more look at doors with ten busy minutes
behind them; `busy` at a door where somebody entered every two seconds for six hours.

The other cases run `doorwatch serve` and post to it, as gateway and analyzer do, 10,000 events a second over 1,000 doors.
`building`: somebody enters at every door every five seconds, every thirteenth time two on one grant, and the doors' locks and
contacts chatter besides. `flood`: nine doors of ten let people in who never come, at the others people enter. `rush`: every
event is part of an opening at which somebody enters, two of them a second at every door. The milliseconds are from the
capture of an incident's last entry to its commit, `since_arrival_ms` from when the server had that entry; `wrong` counts
incidents that are not what the rule says of the whole story at once, `behind_s` the longest that a post waited.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import time
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from serving import verdict_building as building
from serving import verdict_server as server

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import DoorInputs, Known, Span, fetch_span, judge, judge_around, reconcile, within

START: Micros = 1_790_000_000 * SECOND
CASES = ("window", "audit", "stream", "recompute", "busy", "building", "flood", "rush")
_MIX = ("AccessGranted", "DoorUnlock", "DoorOpen", "DoorClose", "DoorLock")


def opening(door: str, number: int, at: Micros, people: int) -> tuple[list[AccessEvent], list[Crossing]]:
    """One opening of a door: five events in six seconds, and the people who enter one second apart."""
    offsets = (0, SECOND // 10, SECOND, 5 * SECOND, 6 * SECOND)
    events = [
        AccessEvent(f"{door}-{number}-{index}", door, at + offset, event_type, actor_name=f"Person {number % 500}")
        for index, (event_type, offset) in enumerate(zip(_MIX, offsets, strict=True))
    ]
    crossings = [
        Crossing(f"{door}-{number}-p{index}", door, "cam", f"{number}-{index}", at + (2 + index) * SECOND, Direction.IN)
        for index in range(people)
    ]
    return events, crossings


def again(inputs: DoorInputs, changed_at: Micros, known: Sequence[Known], now: Micros) -> list[Known]:
    """What the server does for one dirty door, without its store."""
    changed = Span(changed_at, changed_at)
    fetched = fetch_span(changed)
    window, verdict = judge_around(within(inputs, fetched), fetched, changed, now)
    while verdict is None:
        fetched = window.ask
        window, verdict = judge_around(within(inputs, fetched), fetched, changed, now)
    changes = reconcile([one for one in known if window.span.start <= one.incident.start <= window.span.end], verdict)
    return [Known(change.incident, change.revision) for change in changes]


def bench_window(rows: int) -> dict[str, Any]:
    """A lobby with an opening every twenty seconds, every tenth with one person too many."""
    events: list[AccessEvent] = []
    crossings: list[Crossing] = []
    for number in range(60):
        more_events, more_crossings = opening(
            "lobby", number, START + number * 20 * SECOND, 2 if number % 10 == 5 else 1
        )
        events += more_events
        crossings += more_crossings
    inputs = DoorInputs("a", "lobby", events, crossings, oldest=START - 1000 * SECOND)
    taken: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()
    for number in range(rows):
        crossing = crossings[number % len(crossings)]
        before = time.perf_counter()
        again(inputs, crossing.at, (), crossing.at + SECOND)
        taken.append(time.perf_counter() - before)
    return figures("window", rows, time.perf_counter() - started, time.process_time() - cpu, taken)


def bench_audit(rows: int) -> dict[str, Any]:
    """A day of a building with 100 doors: so many grants, and nearly as many entries, one in a hundred too many."""
    chance = random.Random(20260131)
    doors: dict[str, tuple[list[AccessEvent], list[Crossing]]] = defaultdict(lambda: ([], []))
    for number in range(rows):
        door = f"door {chance.randrange(100)}"
        at = START + chance.randrange(86_400 * SECOND)
        events, crossings = opening(door, number, at, 2 if chance.random() < 0.01 else 1)
        doors[door][0].append(events[0])
        doors[door][1].extend(crossings)
    started, cpu = time.perf_counter(), time.process_time()
    incidents = sum(
        len(judge(DoorInputs("a", door, events, crossings), START + 10**12).incidents)
        for door, (events, crossings) in doors.items()
    )
    result = figures("audit", 2 * rows, time.perf_counter() - started, time.process_time() - cpu, [])
    return {**result, "incidents": incidents}


def stream(rate: float, doors: int, seconds: float) -> Iterator[tuple[Micros, str, AccessEvent | Crossing]]:
    """Openings over all doors in turn so that there are `rate` events a second, sorted by time."""
    happenings: list[tuple[Micros, str, AccessEvent | Crossing]] = []
    for number in range(int(rate * seconds / len(_MIX))):
        door = f"door {number % doors}"
        at = START + round(number * len(_MIX) / rate * SECOND)
        events, crossings = opening(door, number, at, 2 if number % 13 == 5 else 1)
        happenings += [(event.at, door, event) for event in events]
        happenings += [(crossing.at, door, crossing) for crossing in crossings]
    happenings.sort(key=lambda one: one[0])
    return iter(happenings)


def bench_stream(rate: float, doors: int, seconds: float) -> dict[str, Any]:
    """Judge doors as their events come in, oldest change first, one look for all changes since the last."""
    coming = stream(rate, doors, seconds)
    inputs = {f"door {number}": DoorInputs("a", f"door {number}", oldest=START - 10**9) for number in range(doors)}
    known: dict[str, dict[str, Known]] = defaultdict(dict)
    arrived: dict[str, Micros] = {}
    dirty: dict[str, Micros] = {}
    late: list[float] = []
    looks = offered = 0
    upcoming = next(coming, None)
    started, cpu = time.perf_counter(), time.process_time()
    while upcoming is not None or dirty:
        now = START + round((time.perf_counter() - started) * SECOND)
        while upcoming is not None and upcoming[0] <= now:
            at, door, what = upcoming
            before = inputs[door]
            if isinstance(what, Crossing):
                arrived[what.crossing_id] = at
                inputs[door] = replace(before, crossings=(*before.crossings, what))
            else:
                inputs[door] = replace(before, events=(*before.events, what))
            offered += isinstance(what, AccessEvent)
            dirty.setdefault(door, at)
            upcoming = next(coming, None)
        if not dirty:
            time.sleep(0.001)
            continue
        door = next(iter(dirty))
        changed_at = dirty.pop(door)
        looks += 1
        for told in again(inputs[door], changed_at, tuple(known[door].values()), now):
            if told.incident.incident_id not in known[door] and told.incident.excess:
                done = START + round((time.perf_counter() - started) * SECOND)
                late.append((done - arrived[told.incident.excess_crossing_ids[0]]) / SECOND)
            known[door][told.incident.incident_id] = told
    result = figures("stream", offered, time.perf_counter() - started, time.process_time() - cpu, late)
    return {**result, "offered_per_s": rate, "doors": doors, "looks": looks, "incidents": len(late)}


def bench_looks(case: str, looking: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The CPU of one look, reading and writing included."""
    found = asyncio.run(looking)
    return figures(case, max(1, round(found["looks"])), found["wall"], found["cpu"], [])


def bench_live(
    case: str, rate: float, doors: int, seconds: float, *, database: str | None, judges: int | None
) -> dict[str, Any]:
    """Lateness at a server to which everything is posted."""
    found = building.live(case, rate, doors, seconds, database=database, judges=judges)
    cores = found["cores"]
    result = figures(case, found["events"], found["wall"], sum(cores.values()) * found["wall"], found["late"])
    return {
        **result,
        "offered_per_s": rate,
        "doors": doors,
        "since_arrival_ms": shares(found["arrived"]),
        "cores": cores,
        "rss_mib": found["rss"],
        **{name: found[name] for name in ("crossings", "incidents", "expected", "wrong", "refused", "behind_s")},
    }


def shares(taken: Sequence[float]) -> dict[str, float]:
    """Median, the 95th and 99th percentile and the most, in milliseconds; `taken` in seconds."""
    ordered = sorted(taken)
    names = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0} if ordered else {}
    return {name: round(ordered[int(share * (len(ordered) - 1))] * 1000, 3) for name, share in names.items()}


def figures(case: str, items: int, seconds: float, cpu: float, taken: Sequence[float]) -> dict[str, Any]:
    """The line of one case; `taken` in seconds."""
    return {
        "bench": "verdict",
        "case": case,
        "rows": items,
        "seconds": round(seconds, 3),
        "achieved_per_s": round(items / seconds, 1),
        "cpu_us_per_item": round(cpu / items * 1e6, 1),
        "cpu_cores": round(cpu / seconds, 2),
        "rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **shares(taken),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }


def run(
    *,
    case: str | None = None,
    rows: int | None = None,
    rate: float = 10_000,
    doors: int = 1000,
    seconds: float = 20,
    database: str | None = None,
    judges: int | None = None,
) -> list[dict[str, Any]]:
    """Measure one case or all; a list of what would be printed."""
    cases = {
        "window": lambda: bench_window(rows or 500),
        "audit": lambda: bench_audit(rows or 100_000),
        "stream": lambda: bench_stream(rate, doors, seconds),
        "recompute": lambda: bench_looks("recompute", server.recompute(rows or 1000)),
        "busy": lambda: bench_looks("busy", server.busy(rows or 200)),
        **{
            name: partial(bench_live, name, rate, doors, seconds, database=database, judges=judges)
            for name in ("building", "flood", "rush")
        },
    }
    return [measure() for name, measure in cases.items() if case in {None, name}]


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="doorwatch bench verdict", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--case", choices=CASES, help="one case; all without it")
    parser.add_argument("--rows", type=int, help="windows to judge, or events of the day")
    parser.add_argument("--rate", type=float, default=10_000, help="events a second of the stream")
    parser.add_argument("--doors", type=int, default=1000, help="doors of the stream")
    parser.add_argument("--seconds", type=float, default=20, help="length of the stream")
    parser.add_argument(
        "--judges", type=int, help="most processes that help judging; as the product chooses without it"
    )
    parser.add_argument("--database", help="address of an empty PostgreSQL database; a SQLite file without it")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    given = parser.parse_args(argv)
    options = {name: value for name, value in vars(given).items() if name != "json"}
    for line in run(**options):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
