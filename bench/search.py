"""Measures search among many moments: how long an answer takes, how much room moments take, and a peer beside it.

    python bench/search.py [--rows N] [--runs N] [--case NAME ...] [--data FOLDER] [--postgres ADDRESS] [--peer] [--json]

Fills a database of its own with N moments (10 million; they stay in the folder of --data, to be asked again) and asks each
case so many times (200), every time for something else. An answer is all that a request does but HTTP: names are loaded,
words understood, 50 moments found, and all counted up to 10,000.

`tailgating_door_week` is the tailgating of one door in one week; `two_common` are two words that many moments have, `rare_pair`
two that few have, in labels or in texts; `person_yesterday` is somebody's day; `words_camera_7d` are words at a camera in the last
seven days; `counts_hour_week` is how much happened at each door in each hour of a week; `autocomplete` is what a few
letters may become. `hostile` are ten thousand words, ten years, markup, dates that there are not, and common words of which no
moment has all; each must be answered, and none may take the five seconds after which a search is stopped. `insert` stores
events in batches of 500, eight at a time, the way that posts go in the server, while somebody searches on.

With `--peer`, tantivy (`pip install tantivy`) indexes the same moments and is asked the same, as far as it can be.
Prints one JSON object per case.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from searching import moments as many
from searching.questions import ZONE, Questions, percentiles
from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import DAY, SECOND, Micros, SystemClock
from doorwatch.domain.verdict import Span
from doorwatch.search import find, load_vocabulary, parse, suggest
from doorwatch.server.ingest.gathering import Gathering
from doorwatch.server.serving import calm_collector
from doorwatch.store import Database, tallies

BATCH = 500
POSTS = 8
"""So many batches are on their way at the same time, as in `bench ingest`."""
WARM = 5
"""So many runs are not counted: statements are prepared in them."""
CASES = (
    *("tailgating_door_week", "two_common", "rare_pair", "person_yesterday", "counts_hour_week", "words_camera_7d"),
    *("hostile", "autocomplete", "size", "insert"),
)
TEXTS = ("name", "title", "detail", "folded", "crossing_id", "incident_id", "track", "access_point_id")


def answer(conn: Connection, account: str, text: str, now: Micros) -> int:
    """All that a request for the first page does."""
    query = parse(text, load_vocabulary(conn, account, text), now, ZONE)
    found = find(conn, account, query)
    return len(found.moments)


Work = Callable[[Connection, int], int]


def timed(db: Database, runs: int, work: Work) -> tuple[list[float], list[float], int]:
    """Milliseconds of each run, those in which a processor was at it, and how much was found in all."""
    taken, busy, found = [], [], 0

    def one(conn: Connection, run: int) -> tuple[int, float]:
        before = time.thread_time()
        return work(conn, run), (time.thread_time() - before) * 1000

    for run in range(-WARM, runs):
        before = time.perf_counter()
        more, cpu = db.read_sync(partial(one, run=run % runs))
        if run >= 0:
            taken.append((time.perf_counter() - before) * 1000)
            busy.append(cpu)
            found += more
    return taken, busy, found


def bench_texts(db: Database, building: many.Building, case: str, runs: int, seed: int) -> dict[str, Any]:
    """A case that is a search."""
    questions = Questions(building, seed)
    asked = [questions.text(case) for _ in range(runs)]
    taken, busy, found = timed(db, runs, lambda conn, run: answer(conn, building.account, *asked[run]))
    slowest = asked[max(range(runs), key=taken.__getitem__)]
    return {**percentiles(taken, busy), "found": found, "slowest": slowest[0][:200], "slowest_ms": round(max(taken), 1)}


def bench_autocomplete(db: Database, building: many.Building, runs: int, seed: int) -> dict[str, Any]:
    """What some letters may become."""
    questions = Questions(building, seed)
    asked = [questions.begun() for _ in range(runs)]

    def work(conn: Connection, run: int) -> int:
        return len(suggest(asked[run], load_vocabulary(conn, building.account, asked[run])))

    taken, busy, found = timed(db, runs, work)
    return {**percentiles(taken, busy), "found": found}


def bench_counts(db: Database, building: many.Building, runs: int, seed: int) -> dict[str, Any]:
    """How much happened at each door in each hour of a week."""
    questions = Questions(building, seed)
    weeks = [questions.week() for _ in range(runs)]

    def work(conn: Connection, run: int) -> int:
        week = Span(weeks[run], weeks[run] + 7 * DAY)
        return sum(map(sum, tallies.by_door(conn, building.account, week).values()))

    taken, busy, found = timed(db, runs, work)
    return {**percentiles(taken, busy), "found": found}


def bench_insert(db: Database, building: many.Building, seconds: float, seed: int) -> dict[str, Any]:
    """Events in batches, the way of posts, while somebody searches on; the milliseconds are those of the searches."""
    questions = Questions(building, seed)
    stop, taken = threading.Event(), [0.0]

    def search_on() -> None:
        while not stop.is_set():
            text, now = questions.text("tailgating_door_week")
            before = time.perf_counter()
            db.read_sync(partial(answer, account=building.account, text=text, now=now))
            taken.append((time.perf_counter() - before) * 1000)
            stop.wait(0.05)

    searching = threading.Thread(target=search_on)
    batches = list(_batches(building, round(seconds * 40_000 / BATCH)))
    searching.start()
    started, cpu = time.perf_counter(), time.process_time()
    stored = asyncio.run(_feed(db, building, iter(batches), started + seconds))
    spent, busy = time.perf_counter() - started, time.process_time() - cpu
    stop.set()
    searching.join()
    return {
        **percentiles(taken[1:] or taken),
        "rows": stored,
        "seconds": round(spent, 2),
        "achieved_per_s": round(stored / spent),
        "cpu_us_per_item": round(busy / stored * 1e6, 1),
    }


async def _feed(db: Database, building: many.Building, batches: Iterator[list[AccessEvent]], until: float) -> int:
    """Give batches to the part of the server that posts go to, as so many posts at a time; how many events are stored."""
    gathering = Gathering(db, SystemClock(), lambda *_: None)
    stored = 0

    async def post() -> None:
        nonlocal stored
        for batch in batches:
            if time.perf_counter() > until:
                return
            await gathering.store((building.account, building.pacs), batch)
            stored += len(batch)

    await asyncio.gather(*(post() for _ in range(POSTS)))
    return stored


def _batches(building: many.Building, count: int) -> Iterable[list[AccessEvent]]:
    chance = random.Random(count)
    marks = f"{chance.getrandbits(40):010x}"
    for batch in range(count):
        yield [
            AccessEvent(
                f"{marks}{batch:08x}{one:06x}",
                f"D{chance.randrange(len(building.door_ids))}",
                building.end + batch * SECOND,
                kind,
                side,
                *((who.actor_id, who.name) if kind.startswith("Access") else (None, None)),
                source="stream",
            )
            for one in range(BATCH)
            for kind, side, _ in [chance.choice(many.EVENTS)]
            for who in [chance.choice(building.people)]
        ]


def bench_size(db: Database, rows: int) -> dict[str, Any]:
    """Bytes that a moment takes with all indexes, and those of them that are its texts."""
    told = " + ".join(f"COALESCE(LENGTH({name}), 0)" for name in TEXTS)

    def read(conn: Connection) -> tuple[int, float]:
        text = conn.exec_driver_sql(
            f"SELECT AVG({told}) FROM (SELECT * FROM moments LIMIT 100000) AS told"
        ).scalar_one()
        if db.shared:
            return int(conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()), float(text)
        pages = (
            conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            - conn.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        )
        return int(pages) * int(conn.exec_driver_sql("PRAGMA page_size").scalar_one()), float(text)

    size, text = db.read_sync(read)
    return {"bytes_per_moment": round(size / rows - text, 1), "text_bytes_per_moment": round(text, 1)}


def opened(folder: Path, rows: int, address: str | None) -> tuple[Database, many.Building, dict[str, Any] | None]:
    """The database with so many moments: the one of an earlier run, or a new one, and then how long it took to fill."""
    kept = folder / f"moments-{rows}{'-shared' if address else ''}.json"
    db = Database.open(address or str(folder / f"moments-{rows}.db"), readers=2)
    if kept.exists():
        return db, many.remembered(json.loads(kept.read_text()), rows), None
    started, cpu = time.perf_counter(), time.process_time()
    building = many.fill(db, rows)
    kept.write_text(json.dumps(many.facts(building)))
    spent, busy = time.perf_counter() - started, time.process_time() - cpu
    told = {"rows": rows, "seconds": round(spent, 1), "achieved_per_s": round(rows / spent)}
    return db, building, {**told, "cpu_us_per_item": round(busy / rows * 1e6, 1)}


def machine() -> str:
    """What it runs on."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10, help="how long to insert")
    parser.add_argument("--seed", type=int, default=None, help="of what is asked; else it is new every time")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--data", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--postgres", help="address of an empty PostgreSQL database, instead of SQLite")
    parser.add_argument("--peer", action="store_true", help="ask tantivy the same, on the same moments")
    parser.add_argument("--json", action="store_true", help="it is always JSON")
    given = parser.parse_args()
    seed = random.randrange(1 << 30) if given.seed is None else given.seed
    with TemporaryDirectory() as temporary:
        folder = given.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        db, building, filled = opened(folder, given.rows, given.postgres)
        common = {"bench": "search", "database": "postgresql" if db.shared else "sqlite", "moments": given.rows}
        calm_collector()  # as the server does when it begins to serve
        with db:
            if filled:
                _say({**common, "case": "fill", **filled})
            for case in given.case or CASES:
                _say({**common, "case": case, **_measured(db, building, case, given, seed)})
            if given.peer:
                from searching import peer  # noqa: PLC0415 - only where tantivy is there

                for line in peer.measured(db, building, folder, given.rows, given.runs, seed):
                    _say({**common, **line})


def _measured(db: Database, building: many.Building, case: str, given: argparse.Namespace, seed: int) -> dict[str, Any]:
    if case == "size":
        return bench_size(db, given.rows)
    if case == "autocomplete":
        return bench_autocomplete(db, building, given.runs, seed)
    if case == "counts_hour_week":
        return bench_counts(db, building, given.runs, seed)
    if case == "insert":
        return bench_insert(db, building, given.seconds, seed)
    return bench_texts(db, building, case, given.runs, seed)


def _say(line: dict[str, Any]) -> None:
    print(json.dumps({**line, "machine": machine()}), flush=True)


if __name__ == "__main__":
    main()
