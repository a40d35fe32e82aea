"""Power cuts while a camera is recorded, its rows written to a database on the same disk: what the next start makes of it.

Where a file system may be mounted (FUSE) the power is really cut: see `power_disk`. Elsewhere the recorder is killed, and what it
had not forced to disk is taken away from the files it left.
"""

import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recording.power import LOSES, killed, may_mount, really_cut

from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.recording.segments import Recordings, Segment
from doorwatch.server.proof import Wish, prove_recordings
from doorwatch.server.settings import Settings
from doorwatch.store import cameras, segments, tenants
from doorwatch.store.engine.database import Database

ACCOUNT, CAMERA = "main", "cam"

Record = Callable[[Path], Iterator[list[Segment]]]


def cuts(rounds: int, seed: int, child: list[str]) -> dict[str, Any]:
    """Cut the power so many times; `child` is the command of a recorder, to which its folder is added."""
    chance, lost, faults, told_all = random.Random(seed), 0, 0, 0
    begun, real = time.monotonic(), may_mount()
    cut = really_cut if real else _imitated_cut
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as name:
        new = Path(name) / "new"
        new.mkdir()
        _prepare(new)
        for number in range(rounds):
            folder = Path(name) / str(number)
            folder.mkdir()
            told, left = cut(folder, new, child, chance)
            told_all += len(told)
            here, wrong = _started_again(left, told)
            lost += here
            faults += wrong
    seconds = round(time.monotonic() - begun, 2)
    how = LOSES if real else "a killed recorder, and files that are cut"
    told = {"rounds": rounds, "seed": seed, "told": told_all, "lost": lost, "faults": faults, "power": how}
    return {"case": "cuts", "seconds": seconds, **told}


def _prepare(folder: Path) -> None:
    """A data folder with an account and a camera."""
    with _database(folder) as db:
        now = SystemClock().now()
        db.write_sync(lambda conn: tenants.create_account(conn, "Main", now, account_id=ACCOUNT))
        db.write_sync(
            lambda conn: cameras.add_camera(conn, ACCOUNT, name="Cam", url="file:x", now=now, camera_id=CAMERA)
        )


def record_for_ever(folder: Path, record: Record) -> None:
    """Record below a data folder, write a row for each segment, and only then tell it (a line on standard output)."""
    recordings = Recordings(folder / "recordings")
    with _database(folder) as db:
        for done in record(recordings.root):
            time.sleep(0.0005)
            for one in done:
                db.write_sync(lambda conn, one=one: segments.store_segments(conn, ACCOUNT, [_row(one)]))
                recordings.mark_reported(one)
                sys.stdout.write(json.dumps(asdict(one)) + "\n")
                sys.stdout.flush()


def _started_again(folder: Path, told: list[dict[str, Any]]) -> tuple[int, int]:
    """What a start and `doorwatch check --video` find: told segments that are lost, and faults."""
    settings = Settings(data_dir=folder)
    with _database(folder) as db:
        for one in Recordings(folder / "recordings").recover(CAMERA):
            db.write_sync(lambda conn, one=one: segments.store_segments(conn, ACCOUNT, [_row(one)]))
        rows = {one.segment_id: one for one in db.read_sync(lambda conn: segments.of_account(conn, ACCOUNT))}
    later = SystemClock().now() + SECOND
    faults = prove_recordings(settings, Wish(later, later, later)).faults
    for fault in faults:
        sys.stderr.write(fault.told() + "\n")
    damaged = {fault.name for fault in faults}
    whole = [one for one in told if rows.get(one["segment_id"]) == _row(Segment(**one)) and one["name"] not in damaged]
    return len(told) - len(whole), len(faults)


def _row(one: Segment) -> segments.Segment:
    return segments.Segment(**asdict(one))


def _database(folder: Path) -> Database:
    return Database.open(Settings(data_dir=folder).database, readers=1)


def _imitated_cut(
    folder: Path, new: Path, child: list[str], chance: random.Random
) -> tuple[list[dict[str, Any]], Path]:
    shutil.copytree(new, folder, dirs_exist_ok=True)
    told = killed(folder, child, chance.uniform(0.0, 0.6), lambda: None)
    names = {one["name"] for one in told}
    root = folder / "recordings"
    for path in sorted(root.rglob("*.mp4")):
        if path.relative_to(root).as_posix() not in names and chance.random() < 0.5:
            path.rename(path.with_suffix(".part"))
    for path in sorted(root.rglob("*.part")):
        size = chance.randint(0, path.stat().st_size)
        zeros = chance.randint(0, 8192) if chance.random() < 0.5 else 0
        with path.open("r+b") as file:
            file.truncate(size)
            file.truncate(size + zeros)  # file systems lengthen a file before its bytes are there
    return told, folder
