"""Measures the way from a final incident to a mail that was handed over: the product's server, a real SMTP server.

    python bench/alerts.py [--case mails|kills] [--rate N] [--seconds N] [--rounds N] [--seed N] [--json]

Prints one JSON object per case. `mails`: incidents become final at 50 a second (or `--rate`) for a minute (or
`--seconds`), each with a picture that is there; the milliseconds are from the transaction that stores the incident to
the mail server's 250, and `unsure_p50_ms` to `unsure_p99_ms` from there to the line that says so: a kill between doubles that mail. `kills`: the server is killed with SIGKILL during delivery, `--rounds` times, at moments that come from
`--seed`, and is started again at once; `lost` are incidents that were committed and never mailed, `duplicated` mails that
came more than once, `cut` mails in the middle of which it was killed.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from serving.mail_sink import Sink
from sqlalchemy import Connection, func, select

from doorwatch.store import Database
from doorwatch.store.schema.alerting import attempts, outbox

_SERVER = Path(__file__).parent / "serving" / "alerts_server.py"
Found = TypeVar("Found")

_TICKS = os.sysconf("SC_CLK_TCK")
_LAST_SECONDS = 150.0
"""So long the last server may take: a message that nobody gave back is free after a lease of two minutes."""
_SEED = 20260105
CASES = ("mails", "kills")
_PARTS = (50, 95, 99)


class Server:
    """The server in a process and a folder of its own, which survive its being killed."""

    def __init__(self, smtp_port: int, rate: float) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="doorwatch-alerts-"))
        self._smtp_port = smtp_port
        self._rate = rate
        self._nursery: asyncio.subprocess.Process | None = None
        self._answers: asyncio.StreamReader | None = None
        self._pid = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    async def start(self, count: int) -> None:
        """Start it; it lets incidents happen until there are `count`."""
        self._nursery = self._nursery or await self._open()
        ask, answers = self._nursery.stdin, self._nursery.stdout
        assert ask is not None
        assert answers is not None
        self._answers = answers
        ask.write(f"{self.port} {self._rate} {count}\n".encode())
        self._pid = int(await answers.readline())

    async def kill(self) -> None:
        """Kill it as the kernel would."""
        if self._pid and self._answers is not None:
            os.kill(self._pid, signal.SIGKILL)
            await self._answers.readline()
            self._pid = 0

    async def close(self) -> None:
        """Kill it, and let go of its folder."""
        await self.kill()
        if self._nursery is not None:
            self._nursery.kill()
            await self._nursery.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def check(self) -> None:
        """Raises SystemExit with its last words when it ended by itself."""
        if self._nursery is not None and not Path(f"/proc/{self._pid}/exe").exists():
            raise SystemExit((self.folder / "log").read_text()[-2000:])

    async def _open(self) -> asyncio.subprocess.Process:
        environment = {
            **os.environ,
            "DOORWATCH_DATA_DIR": str(self.folder),
            "DOORWATCH_SMTP_HOST": "127.0.0.1",
            "DOORWATCH_SMTP_PORT": str(self._smtp_port),
            "DOORWATCH_SMTP_SECURITY": "none",
            "DOORWATCH_LOG_LEVEL": "WARNING",
        }
        pipe = asyncio.subprocess.PIPE
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, str(_SERVER), env=environment, stdin=pipe, stdout=pipe, stderr=log
            )

    def used(self) -> tuple[float, float]:
        """Seconds of CPU, and the most MiB that the process had."""
        folder = Path(f"/proc/{self._pid}")
        fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        peak = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM"))
        return (int(fields[11]) + int(fields[12])) / _TICKS, round(int(peak.split()[1]) / 1024, 1)

    async def written(self) -> dict[str, float]:
        """Incidents that were committed with their message, and when (seconds)."""
        return await asyncio.to_thread(self._read, _written)

    async def handed_over(self) -> dict[str, float]:
        """Incidents whose mail was noted as taken, and when (seconds)."""
        return await asyncio.to_thread(self._read, _handed_over)

    async def waiting(self) -> int:
        """Messages that were neither handed over nor given up."""
        return await asyncio.to_thread(self._read, _waiting)

    def _read(self, question: Callable[[Connection], Found]) -> Found:
        with Database.open(f"sqlite:///{self.folder / 'doorwatch.db'}", readers=1) as db:
            return db.read_sync(question)


def _written(conn: Connection) -> dict[str, float]:
    rows = conn.execute(select(outbox.c.incident_id, outbox.c.created_at))
    return {row.incident_id: row.created_at / 1e6 for row in rows}


def _handed_over(conn: Connection) -> dict[str, float]:
    same = (attempts.c.account_id == outbox.c.account_id) & (attempts.c.message_id == outbox.c.message_id)
    rows = conn.execute(select(outbox.c.incident_id, attempts.c.ended_at).join(attempts, same))
    return {row.incident_id: row.ended_at / 1e6 for row in rows}


def _waiting(conn: Connection) -> int:
    found: int = conn.execute(select(func.count()).where(outbox.c.state == "waiting")).scalar_one()
    return found


async def _until(sink: Sink, server: Server, distinct: int, seconds: float) -> None:
    """Wait until so many different mails came, at most so long."""
    deadline = time.monotonic() + seconds
    while len(sink.taken) < distinct and time.monotonic() < deadline:
        server.check()
        await asyncio.sleep(0.02)


async def mails(sink: Sink, server: Server, rate: float, seconds: float) -> dict[str, Any]:
    """A steady rate for some time."""
    count = round(rate * seconds)
    await server.start(count)
    await _until(sink, server, 1, 60)
    started, _ = server.used()
    await _until(sink, server, count, seconds + 60)
    cpu, rss = server.used()
    written = await server.written()
    late = sorted(1000 * (sink.taken[one][0] - at) for one, at in written.items() if one in sink.taken)
    handed = await server.handed_over()
    unsure = sorted(max(0.0, 1000 * (at - sink.taken[one][0])) for one, at in handed.items() if one in sink.taken)
    achieved = (len(late) - 1) / max(1e-9, max(written.values()) - min(written.values()))
    return {
        **_outcome(sink, written),
        "seconds": round(max(written.values()) - min(written.values()), 1),
        "offered_per_s": rate,
        "achieved_per_s": round(achieved, 1),
        "cpu_us_per_item": round(1e6 * (cpu - started) / max(1, len(late))),
        "rss_mib": rss,
        **{f"p{part}_ms": _part(late, part) for part in _PARTS},
        **{f"unsure_p{part}_ms": _part(unsure, part) for part in _PARTS},
    }


def _part(found: Sequence[float], percent: int) -> float:
    """What so many percent of some sorted figures do not exceed."""
    return round(found[min(len(found) - 1, len(found) * percent // 100)], 1)


async def kills(sink: Sink, server: Server, rounds: int, seed: int) -> dict[str, Any]:
    """Kill, start, kill, start: each time at a moment of its own while mails are on their way."""
    chance, begin = random.Random(seed), time.monotonic()
    for number in range(1, rounds + 1):
        before = len(sink.taken)
        await server.start(10**9)
        await _until(sink, server, before + chance.randint(20, 60), 60)
        await asyncio.sleep(chance.random() / 20)
        await server.kill()
        doubled = sink.count - len(sink.taken)
        print(f"killed {number} times: {len(sink.taken)} mails, {doubled} twice", file=sys.stderr, flush=True)
    written, cut = await server.written(), sink.cut
    await server.start(len(written))
    deadline = time.monotonic() + _LAST_SECONDS
    while await server.waiting() and time.monotonic() < deadline:
        server.check()
        await asyncio.sleep(0.2)
    seconds = round(time.monotonic() - begin, 1)
    return {**_outcome(sink, written), "kills": rounds, "cut": cut, "seed": seed, "seconds": seconds}


def _outcome(sink: Sink, written: dict[str, float]) -> dict[str, Any]:
    return {
        "items": len(written),
        "lost": len(set(written) - set(sink.taken)),
        "duplicated": sink.count - len(sink.taken),
        "unknown": len(set(sink.taken) - set(written)),
    }


async def run(case: str, options: argparse.Namespace) -> dict[str, Any]:
    """One case with a server of its own."""
    sink = Sink()
    listening = await sink.listen()
    server = Server(listening.sockets[0].getsockname()[1], options.rate)
    try:
        if case == "mails":
            found = await mails(sink, server, options.rate, options.seconds)
        else:
            found = await kills(sink, server, options.rounds, options.seed)
    finally:
        await server.close()
        listening.close()
    return {"bench": "alerts", "case": case, **found, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, help="one case instead of all")
    parser.add_argument("--rate", type=float, default=50.0, help="incidents a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they happen")
    parser.add_argument("--rounds", type=int, default=100, help="how often the server is killed")
    parser.add_argument("--seed", type=int, default=_SEED, help="from which the moments of the kills come")
    parser.add_argument("--json", action="store_true", help="JSON is printed in any case")
    options = parser.parse_args()
    for case in [options.case] if options.case else CASES:
        print(json.dumps(asyncio.run(run(case, options))), flush=True)


if __name__ == "__main__":
    main()
