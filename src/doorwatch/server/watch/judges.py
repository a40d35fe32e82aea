"""The processes that judge beside the server: called when many doors wait, sent home when none do, replaced when they die."""

import asyncio
import sys
from contextlib import suppress

import structlog
from sqlalchemy import URL

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.metrics import JUDGES
from doorwatch.server.waiting import within
from doorwatch.server.watch.wire import LENGTH, Answer, Order, Start, decode_answer, message

PATIENCE_SECONDS = 10.0
"""Who has not answered after this time is ended: its doors' leases are over, and others judge them."""

_START_SECONDS = 60.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0

_log = structlog.get_logger(__name__)


class JudgeLostError(DoorwatchError):
    """A judging process died over an order, or hung; nothing of it was stored."""


class Judge:
    """One process. It serves one order at a time."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        orders: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        clock: Clock,
    ) -> None:
        self._process = process
        self._orders = orders
        self._answers = answers
        self._clock = clock

    @classmethod
    async def start(cls, address: str, clock: Clock) -> "Judge":
        """Start one and wait until it is ready. Raises JudgeLostError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "doorwatch.server.watch.judge",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdin is None or process.stdout is None:
            raise JudgeLostError("a judging process came without pipes")
        judge = cls(process, process.stdin, process.stdout, clock)
        try:
            await judge._ask(message(Start(address)), _START_SECONDS)
        except BaseException:
            await asyncio.shield(judge.end())
            raise
        return judge

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def look(self, order: Order) -> Answer:
        """What it sees at these doors. Raises JudgeLostError, and then it is of no use any more."""
        return await self._ask(message(order), PATIENCE_SECONDS)

    async def end(self) -> None:
        """End it; it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _ask(self, said: bytes, seconds: float) -> Answer:
        asked = asyncio.ensure_future(self._exchange(said))
        try:
            if not await within(self._clock, asked, seconds):
                raise JudgeLostError(f"a judging process did not answer for {seconds:.0f} s: another takes its doors")
            return decode_answer(asked.result())
        except (OSError, EOFError) as error:
            raise JudgeLostError("a judging process died: another takes its doors") from error

    async def _exchange(self, said: bytes) -> bytes:
        self._orders.write(said)
        await self._orders.drain()
        head = await self._answers.readexactly(LENGTH)
        return await self._answers.readexactly(int.from_bytes(head, "big"))


class Judges:
    """At most `most` processes that read the database at `url`; none runs until it is called for."""

    def __init__(self, url: URL, most: int, clock: Clock) -> None:
        self._address = url.render_as_string(hide_password=False)
        self._most = most
        self._clock = clock
        self._free: list[Judge] = []
        self._changed = asyncio.Event()
        self._urgent = 0
        self._all: set[Judge] = set()
        self._coming: set[asyncio.Task[None]] = set()
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0

    @property
    def ready(self) -> int:
        """How many can serve."""
        return len(self._all)

    @property
    def pids(self) -> list[int]:
        """The numbers of those processes."""
        return sorted(judge.pid for judge in self._all)

    def call(self) -> None:
        """Have one more come, unless all are here or on their way, or one died a moment ago."""
        if len(self._all) + len(self._coming) < self._most and self._clock.monotonic() >= self._not_before:
            task = asyncio.create_task(self._come(), name="watch-judge")
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def look(self, order: Order, *, urgent: bool = False) -> Answer:
        """Have a free one look; who is urgent goes first. Raises JudgeLostError when it is lost over it, or none is left."""
        judge = await self._next(urgent=urgent)
        try:
            answer = await judge.look(order)
        except BaseException:
            await self._lose(judge)
            raise
        self._pause = _FIRST_PAUSE
        self._free.append(judge)
        self._changed.set()
        return answer

    async def _next(self, *, urgent: bool) -> Judge:
        self._urgent += urgent
        try:
            while not self._free or (self._urgent and not urgent):
                if not self._all:
                    raise JudgeLostError("no judging process is left")
                self._changed.clear()
                await self._changed.wait()
            return self._free.pop()
        finally:
            if urgent:
                self._urgent -= 1
                self._changed.set()

    async def dismiss(self) -> None:
        """End all of them; they can be called again."""
        for task in list(self._coming):
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)
        gone, self._free = list(self._all), []
        self._all.clear()
        self._told()
        for judge in gone:
            await judge.end()

    async def _come(self) -> None:
        try:
            judge = await Judge.start(self._address, self._clock)
        except (DoorwatchError, OSError) as error:
            self._wait_a_while()
            _log.error("no process helps judging doors; the server judges them itself", error=str(error))
            return
        self._all.add(judge)
        self._free.append(judge)
        self._told()
        _log.info("a process helps judging doors", pid=judge.pid, processes=len(self._all))

    async def _lose(self, judge: Judge) -> None:
        self._all.discard(judge)
        self._told()
        self._wait_a_while()
        await asyncio.shield(judge.end())

    def _told(self) -> None:
        JUDGES.set(len(self._all))
        self._changed.set()

    def _wait_a_while(self) -> None:
        self._not_before = self._clock.monotonic() + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
