"""Measures searching by looks: how many pictures and texts are encoded, how long ranking takes, and what rounding leaves out.

    python bench/semantic.py [--rows N] [--numbers N] [--runs N] [--pair FOLDER] [--data FOLDER] [--case NAME ...] [--json]

Fills a database of its own with N crossings (200,000; kept in the folder of --data), each with a direction of so many numbers (512) near one
of 500 looks, and asks for a look each time. `rank` compares all that there are, up to the limit of the product; `rank_words` what a door and a
week leave. `recall` is how many of the fifty likest by exact numbers are among the fifty found. `pictures` and `texts` run the encoders of
--pair; without it those of the tests, a few kilobytes large, which say what stands around a model and nothing of one. Prints one JSON object per case.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from search import machine
from searching.questions import ZONE, percentiles
from sqlalchemy import Connection
from staging.truth import ROOT

from doorwatch.domain.access import Direction
from doorwatch.domain.appearance import Appearance
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.likeness import Likeness, packed
from doorwatch.domain.time import DAY, MINUTE, Micros, from_iso
from doorwatch.search import load_vocabulary, parse
from doorwatch.search.likeness import MOST_COMPARED, Ranked, Wanted, rank
from doorwatch.store import Database, cameras, configuration, crossings, doors, tenants
from doorwatch.store.doors import Device
from doorwatch.vision.likeness import pair

CASES = ("pictures", "texts", "rank", "rank_words", "recall")
NOW: Micros = from_iso("2026-11-25T14:30:00Z")
YEARS = 2000 * DAY
MODEL, LOOKS, PIECE, SHOWN = 7, 500, 2000, 50
DOORS = [Device(f"D{number}", f"Gate {number}") for number in range(20)]
Floats = NDArray[np.float32]


def looks(numbers: int) -> Floats:
    """The looks that people have, LOOKS x numbers."""
    return np.random.default_rng(1).normal(size=(LOOKS, numbers)).astype(np.float32)


def directions(start: int, numbers: int) -> Floats:
    """PIECE people from the one with that number on, each near a look; the same ones every time."""
    chance = np.random.default_rng(start + 2)
    near = chance.normal(scale=0.7, size=(PIECE, numbers)).astype(np.float32)
    return looks(numbers)[chance.integers(0, LOOKS, PIECE)] + near


def fill(db: Database, rows: int, numbers: int) -> None:
    """Crossings a minute apart, the newest first."""

    def furnish(conn: Connection) -> tuple[str, list[str]]:
        account, _, pacs = tenants.ensure_default(conn, NOW)
        doors.store_device_list(conn, account.account_id, pacs.pacs_id, DOORS, NOW, gateway_id="bench")
        known = doors.ensure_known(conn, account.account_id, pacs.pacs_id, [one.device_id for one in DOORS], NOW)
        cameras.add_camera(conn, account.account_id, name="Cam", url="rtsp://x/1", now=NOW, camera_id="cam")
        for door in known.values():
            configuration.set_mapping(conn, account.account_id, door, ["cam"], NOW - YEARS, since=NOW - YEARS)
        return account.account_id, list(known.values())

    account, places = db.write_sync(furnish)
    for start in range(0, rows, PIECE):
        batch = [
            Crossing(
                f"c{start + number}",
                places[(start + number) % len(places)],
                "cam",
                f"t{start + number}",
                NOW - (start + number) * MINUTE,
                Direction.IN,
                appearance=Appearance(likeness=Likeness(MODEL, packed(row.tolist()))),
            )
            for number, row in enumerate(directions(start, numbers))
        ]
        db.write_sync(lambda conn, batch=batch: crossings.store_crossings(conn, account, batch, NOW))


def wanted(numbers: int, run: int) -> Wanted:
    """Somebody near a look, and nobody's own."""
    chance = np.random.default_rng(run + 1_000_003)
    one = looks(numbers)[run % LOOKS] + chance.normal(scale=0.5, size=numbers).astype(np.float32)
    return Wanted(MODEL, one / np.linalg.norm(one))


def asked(db: Database, text: str, sought: Wanted) -> tuple[Ranked, float]:
    """The page of results, and the milliseconds of processor time."""

    def work(conn: Connection) -> tuple[Ranked, float]:
        before = time.thread_time()
        account = tenants.ensure_default(conn, NOW)[0].account_id
        found = rank(conn, account, parse(text, load_vocabulary(conn, account, text), NOW, ZONE), sought, limit=SHOWN)
        return found, (time.thread_time() - before) * 1000

    return db.read_sync(work)


def bench_rank(db: Database, numbers: int, runs: int, texts: Callable[[int], str]) -> dict[str, Any]:
    """Pages of the likest."""
    taken, busy, compared = [], [], 0
    for run in range(runs):
        before = time.perf_counter()
        found, cpu = asked(db, texts(run), wanted(numbers, run))
        taken.append((time.perf_counter() - before) * 1000)
        busy.append(cpu)
        compared = max(compared, found.compared)
    return {**percentiles(taken, busy), "compared": compared}


def bench_recall(db: Database, rows: int, numbers: int, runs: int) -> dict[str, Any]:
    """Of the likest by exact numbers, how many are found."""
    exact = np.concatenate(list(_exact(min(rows, MOST_COMPARED), numbers)))
    shares = []
    for run in range(runs):
        sought = wanted(numbers, run)
        best = {f"c{number}" for number in np.argsort(-(exact @ sought.direction))[:SHOWN]}
        found = {moment.crossing_id for moment in asked(db, "", sought)[0].moments}
        shares.append(len(best & found) / SHOWN)
    return {"runs": runs, "recall": round(float(np.mean(shares)), 4), "recall_worst": round(min(shares), 4)}


def _exact(rows: int, numbers: int) -> Iterator[Floats]:
    for start in range(0, rows, PIECE):
        piece = directions(start, numbers)
        yield piece / np.linalg.norm(piece, axis=1, keepdims=True)


def bench_encoder(folder: Path, case: str, runs: int) -> dict[str, Any]:
    """Pictures of a person's size, or sentences, one after the other as the product does it."""
    found = pair.read(folder)
    chance = np.random.default_rng(3)
    if case == "pictures":
        pictures = found.pictures()
        given = [np.asarray(chance.integers(0, 255, (240, 100, 3)), np.uint8) for _ in range(runs)]
        work: list[Callable[[], object]] = [lambda one=one: pictures.encode(one) for one in given]
    else:
        texts = found.texts()
        work = [lambda run=run: texts.encode(f"a person with a red suitcase {run}") for run in range(runs)]
    started, cpu = time.perf_counter(), time.process_time()
    for one in work:
        one()
    spent, busy = time.perf_counter() - started, time.process_time() - cpu
    return {"runs": runs, "achieved_per_s": round(runs / spent, 1), "cpu_us_per_item": round(busy / runs * 1e6, 1)}


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--numbers", type=int, default=512)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--pair", type=Path, help="folder of the encoders")
    parser.add_argument("--data", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--json", action="store_true", help="it is always JSON")
    given = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = given.data or Path(temporary)
        for case in given.case or CASES:
            if case in {"pictures", "texts"}:
                encoders = given.pair or _made(Path(temporary))
                model = "given" if given.pair else "the tests' own"
                _say({"case": case, "model": model, **bench_encoder(encoders, case, given.runs)})
                continue
            kept = folder / f"looks-{given.rows}-{given.numbers}"
            with Database.open(f"{kept}.db", readers=2) as db:
                if not kept.exists():
                    fill(db, given.rows, given.numbers)
                    kept.touch()
                _say({"case": case, "rows": given.rows, "numbers": given.numbers, **_ranked(db, case, given)})


def _ranked(db: Database, case: str, given: argparse.Namespace) -> dict[str, Any]:
    if case == "recall":
        return bench_recall(db, given.rows, given.numbers, given.runs)
    texts = (lambda run: f'door:"Gate {run % len(DOORS)}" last 7 days') if case == "rank_words" else (lambda _run: "")
    return bench_rank(db, given.numbers, given.runs, texts)


def _made(folder: Path) -> Path:
    if not (ROOT / "tests" / "tiny_pair.py").exists():
        raise SystemExit("the tests' own encoders are not here: name a pair with --pair FOLDER")
    sys.path.insert(0, str(ROOT))
    from tests.tiny_pair import make_pair  # noqa: PLC0415 - the tests are not on the way of an installed bench

    return make_pair(folder / "pair")


def _say(line: dict[str, Any]) -> None:
    print(json.dumps({"bench": "semantic", **line, "machine": machine()}), flush=True)


if __name__ == "__main__":
    main()
