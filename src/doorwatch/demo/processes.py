"""The demo's processes: each started with its own log file, watched, started again when it dies, stopped together."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from doorwatch.domain.errors import DoorwatchError

_STOP_SECONDS = 8.0
_RESTART_SECONDS = 1.0
_TAIL = 12


class DemoError(DoorwatchError):
    """The demo can't go on; the text says which part broke and where its log is."""


def free_port(wanted: int | None = None) -> int:
    """A port on this machine that nobody listens on.

    Raises DemoError when `wanted` is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            text = f"port {wanted} can't be used ({error.strerror}); stop what listens there or choose another --port"
            raise DemoError(text) from error
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One part of the building: a real process of its own."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        folder: Path,
        on_line: Callable[[str], None] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._settings = dict(settings or {})
        self.log = folder / f"{name}.log"
        self._arguments = list(arguments)
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The process's number; None when it does not run."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it in a session of its own, so that the terminal's Ctrl-C reaches only the demo, which then stops all."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self._on_line else log,
                stderr=log,
                start_new_session=True,
                env=os.environ | self._settings | {"PYTHONUNBUFFERED": "1"},
            )
        if self._on_line:
            self._tasks.append(asyncio.create_task(self._read_lines()))

    async def _read_lines(self) -> None:
        stream = self._process.stdout if self._process else None
        while stream and self._on_line and (line := await stream.readline()):
            self._on_line(line.decode(errors="replace").rstrip())

    def failure(self) -> str:
        """The end of its log, for the sentence that says what broke."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-_TAIL:]
            return "\n".join(f"  {self.name}: {line}" for line in lines)
        return f"  {self.name}: it wrote no log"

    async def wait(self) -> int:
        """Wait until it ends; its exit code, negative for a signal."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Ask it to stop, and after some seconds make it."""
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        for task in self._tasks:
            task.cancel()


class Supervisor:
    """Keeps the building's processes alive and tells about it in plain words."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._processes: list[Process] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def processes(self) -> list[Process]:
        """All that were started, the first one first."""
        return list(self._processes)

    async def start(self, process: Process) -> Process:
        """Start a process and watch it from now on."""
        self._processes.append(process)
        await process.start()
        self._watchers.append(asyncio.create_task(self._watch(process)))
        return process

    async def _watch(self, process: Process) -> None:
        while True:
            code = await process.wait()
            if self._stopping:
                return
            how = f"was killed (signal {-code})" if code < 0 else f"ended with code {code}"
            self._say(f"the {process.name} {how}; starting it again (log: {process.log})")
            await asyncio.sleep(_RESTART_SECONDS)
            process.restarts += 1
            await process.start()

    async def stop(self) -> None:
        """Stop everything, the last started first."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        for process in reversed(self._processes):
            await process.stop()
