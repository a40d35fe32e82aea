"""The analyzer that `doorwatch serve` runs beside the server: started, watched, started again when it dies.

`python -m doorwatch.server.analyzer_child` is the child's own side: it reads its settings as one line of JSON on
standard input, so that the token is in no argument list, and dies with its parent.

Loading the server takes several times as long as loading an analyzer. So this module needs little, and an analyzer that
ran here before is started first: it counts, and keeps what it has to tell on disk until the server listens.
"""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.binding import local_address
from doorwatch.server.secrets import read_secret
from doorwatch.server.settings import Settings

if TYPE_CHECKING:
    from doorwatch.analyzer import AnalyzerSettings

TOKEN_FILE = "analyzer-token"  # noqa: S105 - a file's name

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 8.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0
_GOOD_RUN = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Orders:
    """What an analyzer beside the server is started with; `metrics` is the address and port of its figures."""

    server_url: str
    token: str = field(repr=False)
    data_dir: Path
    log_level: str
    metrics: tuple[str, int] | None
    free_space: int | None = None

    @classmethod
    def of(cls, settings: Settings, token: str) -> "Orders":
        """Those of a server with these settings, whose port is known."""
        port = settings.analyzer_metrics_port
        metrics = None if port is None else (settings.analyzer_metrics_host, port)
        free = None if settings.free_space_gb is None else int(settings.free_space_gb * 1_000_000_000)
        return cls(local_address(settings), token, settings.data_dir, settings.log_level, metrics, free)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start one."""
        process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE)
        told = {**asdict(self), "data_dir": str(self.data_dir), "parent": os.getpid()}
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.write(json.dumps(told).encode() + b"\n")
                process.stdin.close()
        return process


class AnalyzerChild:
    """Keeps one analyzer process running until it is stopped."""

    def __init__(self, orders: Orders, clock: Clock) -> None:
        self._orders = orders
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def early(cls, settings: Settings, clock: Clock) -> "AnalyzerChild | None":
        """One that runs already, with the token of the last time; None where there was no last time.

        It watches the cameras of the last configuration while the server is still loading.
        """
        token = read_secret(settings.data_dir / TOKEN_FILE)
        if not token:
            return None
        child = cls(Orders.of(settings, token), clock)
        child._process = child._orders.start()
        return child

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def serves(self, orders: Orders) -> bool:
        """Whether it was started with these orders."""
        return self._orders == orders

    async def run(self) -> None:
        """Run it again and again until cancelled; then stop it."""
        pause = _FIRST_PAUSE
        try:
            while True:
                started = self._clock.monotonic()
                if self._process is None:
                    self._process = self._orders.start()
                code = await _ended(self._process)
                self._process = None
                if self._clock.monotonic() - started > _GOOD_RUN:
                    pause = _FIRST_PAUSE
                _log.warning("the analyzer ended and is started again", code=code, in_seconds=pause)
                await self._clock.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask it to end, and make it after some seconds; blocks so long."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None


async def _ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of a process without a thread; its exit code."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    handle = os.pidfd_open(process.pid)
    loop.add_reader(handle, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    return process.wait()


def main() -> None:
    """The child's side."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    told = json.loads(sys.stdin.readline())
    if os.getppid() != told["parent"]:
        sys.exit(0)  # the parent died before the wish to die with it was set

    from doorwatch.analyzer import run  # noqa: PLC0415 - the server's own process needs none of it
    from doorwatch.server.logs import configure_logs  # noqa: PLC0415 - as above
    from doorwatch.spool import SpoolError  # noqa: PLC0415 - as above

    configure_logs(told["log_level"])
    try:
        run(_settings(told))
    except (DoorwatchError, SpoolError) as error:
        sys.stderr.write(f"doorwatch: {error}\n")
        sys.exit(1)


def _settings(told: dict[str, Any]) -> "AnalyzerSettings":
    from doorwatch.analyzer import AnalyzerSettings  # noqa: PLC0415 - the server's own process needs none of it

    host, port = told["metrics"] or ("127.0.0.1", None)
    return AnalyzerSettings(
        told["server_url"],
        told["token"],
        Path(told["data_dir"]),
        metrics_host=host,
        metrics_port=port,
        free_space=told["free_space"],
    )


if __name__ == "__main__":
    main()
