"""Measures how the server takes in access events: the product's own process, over HTTP, every commit fsynced.

    python bench/ingest.py [--case bulk-500|bulk-100|individual|alone|duplicates|steady] [--rate N] [--seconds N]
                           [--rows N] [--doors N] [--connections N] [--database ADDRESS] [--watch] [--json]

Prints one JSON object per case. `bulk-500` and `bulk-100` post batches, `individual` one event a post over 64
connections, `alone` one event at a time over one connection, `duplicates` batches that are all stored already;
`steady` offers 10,000 events a second (or `--rate`) over 1,000 doors in batches of 500, verdicts included, and says
how long posts waited. The CPU is that of the whole server process; `--watch` lets it judge doors meanwhile, as an
installation does (`steady` always does). `--database` takes an empty PostgreSQL instead of a SQLite file.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

sys.path.insert(0, str(Path(__file__).parent))

from serving.ingest_load import Outcome, events, post_all, requests
from sqlalchemy import Connection, func, select

from doorwatch.accounts.roles import TokenKind
from doorwatch.accounts.tokens import create_token
from doorwatch.domain.time import SystemClock
from doorwatch.store import Database, tenants
from doorwatch.store.moments import MomentKind, is_kind
from doorwatch.store.schema.happenings import dirty_doors

T = TypeVar("T")

_TICKS = os.sysconf("SC_CLK_TCK")
_ALONE = Path(__file__).parent / "serving" / "ingest_server.py"


@dataclass(frozen=True, slots=True)
class Case:
    """How events are offered: how many to a post, over how many connections, and how many in all by default."""

    size: int
    connections: int
    rows: int
    doors: int = 200
    rate: float | None = None
    twice: bool = False
    watch: bool = False


CASES = {
    "bulk-500": Case(500, 8, 100_000),
    "bulk-100": Case(100, 16, 60_000),
    "individual": Case(1, 64, 20_000),
    "alone": Case(1, 1, 1_000),
    "duplicates": Case(500, 8, 50_000, twice=True),
    "steady": Case(500, 8, 0, doors=1000, rate=10_000, watch=True),
}


class Server:
    """The server in a process and a folder of its own; `settings` are environment variables."""

    def __init__(self, *, watch: bool, database: str | None, settings: Mapping[str, str] | None = None) -> None:
        self._settings = dict(settings or {})
        self.folder = Path(tempfile.mkdtemp(prefix="doorwatch-ingest-"))
        self._watch = watch
        self._address = database or f"sqlite:///{self.folder / 'doorwatch.db'}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        serve = ["-m", "doorwatch", "serve", "--no-analyzer", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, *(serve if self._watch else [str(_ALONE), str(self.port)])],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("wb"),
            env={
                **os.environ,
                "DOORWATCH_DATA_DIR": str(self.folder),
                "DOORWATCH_DATABASE_URL": self._address,
                "DOORWATCH_LOG_LEVEL": "WARNING",
                **self._settings,
            },
        )
        deadline = time.monotonic() + 60
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "log").read_text()[-2000:].strip()
                self.__exit__()
                raise SystemExit(
                    said or "the server was not ready within a minute; is the machine too busy to measure?"
                )
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def token(self, kind: TokenKind = TokenKind.GATEWAY) -> str:
        """A token for the installation, a gateway's if nothing else is said."""
        now = SystemClock().now()
        with Database.open(self._address, readers=1) as db:
            account = db.read_sync(tenants.list_accounts)[0].account_id
            made = db.write_sync(lambda conn: create_token(conn, account, name="bench", kind=kind, now=now, by="bench"))
        return made.secret

    def change(self, work: Callable[[Connection], T]) -> T:
        """Change the installation's database, while nobody posts; what the function returns."""
        with Database.open(self._address, readers=1) as db:
            return db.write_sync(work)

    def ask(self, work: Callable[[Connection], T]) -> T:
        """Read the installation's database."""
        with Database.open(self._address, readers=1) as db:
            return db.read_sync(work)

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    def counts(self) -> tuple[int, int]:
        """Events stored, and doors that wait to be judged."""
        with Database.open(self._address, readers=1) as db:
            return db.read_sync(_counts)

    def cpu(self) -> float:
        """Seconds of CPU that the process used."""
        fields = self._read("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mib(self) -> float:
        """The most memory that the process had."""
        line = next(line for line in self._read("status").splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024, 1)

    def _read(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


def _counts(conn: Connection) -> tuple[int, int]:
    rows: int = conn.execute(select(func.count()).where(is_kind(MomentKind.ACCESS_EVENT))).scalar_one()
    due = dirty_doors.c.due_at <= SystemClock().now()
    overdue: int = conn.execute(select(func.count()).select_from(dirty_doors).where(due)).scalar_one()
    return rows, overdue


def run(name: str, case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """One case on a fresh server."""
    rate = options.rate or case.rate
    rows = options.rows or (int(rate * options.seconds) if rate else case.rows)
    doors = options.doors or case.doors
    watch = options.watch or case.watch
    with Server(watch=watch, database=options.database) as server:
        token = server.token()
        start = SystemClock().now()
        posts = requests(list(events(rows, doors, start, rate or 10_000, seed=str(start))), case.size, token)
        warm = requests(list(events(50, doors, start, 50, seed="warm")), 10, token)
        asyncio.run(post_all(server.port, warm, 2, None))
        connections = options.connections or case.connections
        if case.twice:
            asyncio.run(post_all(server.port, posts, connections, None))
        before, cpu = server.counts()[0], server.cpu()
        outcome = asyncio.run(post_all(server.port, posts, connections, rate))
        cpu = server.cpu() - cpu
        stored, overdue = server.counts()
        rss = server.rss_mib()
    fresh = 0 if case.twice else rows
    return {
        "bench": "ingest",
        "case": name,
        "events_per_post": case.size,
        "connections": connections,
        "doors": doors,
        "judging": watch,
        "database": "postgresql" if options.database else "sqlite",
        **_figures(outcome, rows, cpu),
        "lost": before + fresh - stored,
        "overdue_doors": overdue,
        "rss_mib": rss,
    }


def _figures(outcome: Outcome, rows: int, cpu: float) -> dict[str, Any]:
    waits = sorted(outcome.waits_ms)
    return {
        "seconds": round(outcome.seconds, 2),
        "offered": rows,
        "achieved_per_s": round(outcome.accepted / outcome.seconds, 1),
        "refused": outcome.refused,
        "cpu_us_per_item": round(cpu / rows * 1e6, 1),
        "cpu_cores": round(cpu / outcome.seconds, 3),
        **{f"p{p}_ms": round(waits[min(len(waits) - 1, len(waits) * p // 100)], 1) for p in (50, 95, 99)},
    }


def _machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    return f"{os.cpu_count()} cores {model}, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description="Measures how the server takes in access events.")
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--rate", type=float, help="events a second; without it as many as go through")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--doors", type=int)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--database", help="address of an empty PostgreSQL database")
    parser.add_argument("--watch", action="store_true", help="judge doors meanwhile")
    parser.add_argument("--json", action="store_true", help="JSON is printed in any case")
    options = parser.parse_args()
    # Ended from outside, it still takes its server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in options.case or list(CASES):
        print(json.dumps({**run(name, CASES[name], options), "machine": _machine()}), flush=True)


if __name__ == "__main__":
    main()
