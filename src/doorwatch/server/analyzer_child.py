"""The analyzer that `doorwatch serve` runs beside the server: started, watched, started again when it dies.

`python -m doorwatch.server.analyzer_child` is the child's own side: it reads its settings as one line of JSON on
standard input, so that the token is in no argument list, and dies with its parent.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock

if TYPE_CHECKING:
    from doorwatch.analyzer import AnalyzerSettings

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 8.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_GOOD_RUN = 60.0

_log = structlog.get_logger(__name__)


class AnalyzerChild:
    """Keeps one analyzer process running until it is stopped."""

    def __init__(
        self,
        server_url: str,
        token: str,
        data_dir: Path,
        log_level: str,
        clock: Clock,
        *,
        metrics: tuple[str, int] | None = None,
    ) -> None:
        self._told = {
            "parent": os.getpid(),
            "server_url": server_url,
            "token": token,
            "data_dir": str(data_dir),
            "log_level": log_level,
            "metrics": metrics,
        }
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Run it again and again until cancelled; then stop it."""
        pause = _FIRST_PAUSE
        try:
            while True:
                started = self._clock.monotonic()
                code = await self._once()
                if self._clock.monotonic() - started > _GOOD_RUN:
                    pause = _FIRST_PAUSE
                _log.warning("the analyzer ended and is started again", code=code, in_seconds=pause)
                await self._clock.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
        finally:
            await self._stop()

    async def _once(self) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "doorwatch.server.analyzer_child", stdin=asyncio.subprocess.PIPE
        )
        self._process = process
        if process.stdin is not None:
            with suppress(ConnectionError):
                process.stdin.write(json.dumps(self._told).encode() + b"\n")
                await process.stdin.drain()
                process.stdin.close()
        return await process.wait()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


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
        told["server_url"], told["token"], Path(told["data_dir"]), metrics_host=host, metrics_port=port
    )


if __name__ == "__main__":
    main()
