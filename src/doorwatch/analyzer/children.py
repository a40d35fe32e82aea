"""The analyzer's processes: started, listened to, restarted with growing pauses, killed when they stand still."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any

import structlog

from doorwatch.analyzer.wire import Message, framed, pack, receive
from doorwatch.domain.time import Clock

log = structlog.get_logger(__name__)

SILENT_FOR = 20.0
"""Seconds after which a child that says nothing is taken for stuck."""
STARTING_FOR = 120.0
"""Seconds within which a child says its first word. Where many start at once on a busy machine loading takes long, and one that is
killed over it begins anew and makes it longer for all the others: they would never get there."""
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
_GOOD_FOR = 30.0
_LARGEST_BACKLOG = 32 << 20


class Child:
    """One process that is kept running until `stop`.

    `configuration` is sent as the first message of every start; `on_message` gets each message, `on_end` is called
    whenever the process is gone, with its exit code.
    """

    def __init__(
        self,
        role: str,
        name: str,
        configuration: Callable[[], dict[str, Any]],
        on_message: Callable[[Message], None],
        on_end: Callable[[int | None], None],
        clock: Clock,
        *,
        silent_for: float = SILENT_FOR,
    ) -> None:
        self.name = name
        self._role = role
        self._configuration = configuration
        self._on_message = on_message
        self._on_end = on_end
        self._clock = clock
        self._silent_for = silent_for
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._heard: float | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The process's id; None while it does not run."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def send(self, header: dict[str, Any], payload: bytes = b"") -> bool:
        """Send a message; False when the process does not run or reads nothing any more."""
        writer = self._writer
        if writer is None or writer.transport.get_write_buffer_size() > _LARGEST_BACKLOG:
            return False
        writer.write(framed(pack(header, payload)))
        return True

    async def run(self) -> None:
        """Keep the process running until cancelled."""
        pause = 0
        while True:
            begun = self._clock.monotonic()
            code = await self._live()
            if self._clock.monotonic() - begun > _GOOD_FOR:
                pause = 0
            log.warning("process ended", process=self.name, exit_code=code)
            self._on_end(code)
            await self._clock.sleep(_PAUSES[min(pause, len(_PAUSES) - 1)])
            pause += 1

    def kill(self) -> None:
        """End the process now; `run` starts it again."""
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _live(self) -> int | None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "doorwatch.analyzer.child",
                self._role,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
            )
        self._process = process
        self.starts += 1
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        watchdog = asyncio.create_task(self._watch())
        try:
            writer.write(framed(pack({"kind": "configuration", **self._configuration()})))
            self._writer = writer
            while (message := await receive(reader)) is not None:
                self._heard = self._clock.monotonic()
                self._take(message)
            return await process.wait()
        finally:
            self._writer = None
            watchdog.cancel()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            writer.close()
            await process.wait()

    def _take(self, message: Message) -> None:
        try:
            self._on_message(message)
        except Exception:
            log.exception("a message could not be dealt with", process=self.name, kind=message.kind)

    async def _watch(self) -> None:
        begun, self._heard = self._clock.monotonic(), None
        while True:
            await self._clock.sleep(1.0)
            silent = self._clock.monotonic() - (begun if self._heard is None else self._heard)
            patience = max(self._silent_for, STARTING_FOR) if self._heard is None else self._silent_for
            if silent > patience:
                log.error("process says nothing and is restarted", process=self.name, seconds=patience)
                self.kill()
                return
