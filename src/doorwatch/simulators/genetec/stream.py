"""One open `/events` answer: the framing of its parts, keep-alives, and the ways in which it can go wrong."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from doorwatch.domain.time import Clock
from doorwatch.simulators.genetec.formats import BYTE_ORDER_MARK, Form
from doorwatch.simulators.genetec.settings import Settings

BOUNDARY = b"--GENETECBOUNDARY\r\n"
_SERVICE_PART = BOUNDARY + b"Content-type: text/plain\r\n\r\n"
KEEP_ALIVE = _SERVICE_PART + b"KeepAlive\r\n"


def event_part(form: Form, document: bytes) -> bytes:
    """A part of the stream around an event's document."""
    return BOUNDARY + b"Content-type: " + form.value.encode() + b"\r\n\r\n" + document + b"\r\n"


@dataclass(slots=True)
class StreamFaults:
    """What is wrong with all streams now."""

    frozen: bool = False
    silent: bool = False
    """No keep-alives are sent."""
    drip: tuple[int, float] | None = None
    """Write so many bytes at a time and wait so many seconds between."""


class EventStream:
    """The writing side of one client's stream; what is offered is queued and written by `run`."""

    def __init__(
        self,
        *,
        connection_id: str,
        form: Form,
        settings: Settings,
        faults: StreamFaults,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.connection_id = connection_id
        self.form = form
        self._settings = settings
        self._faults = faults
        self._clock = clock
        self._chance = chance
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._end: str | None = None
        self._transport: asyncio.Transport | None = None

    def offer(self, data: bytes) -> None:
        """Queue bytes that belong together: all of them are written, in order, unless the stream is dropped."""
        if self._end is None:
            self._waiting.append(data)
            self._drained.clear()
            self._wake.set()

    async def drained(self) -> None:
        """Wait until everything that was offered was handed to the network, or the stream has ended."""
        await self._drained.wait()

    def close(self) -> None:
        """End the answer properly, after what is queued."""
        self._finish("close")

    def drop(self) -> None:
        """Reset the connection: what was queued is lost."""
        self._waiting.clear()
        self._finish("drop")
        if self._transport is not None:
            self._transport.abort()

    def cut(self) -> None:
        """Break the connection in the middle of the last line queued, or of a keep-alive when none is."""
        last = self._waiting.pop() if self._waiting else KEEP_ALIVE
        keep = len(last) - len(last) // 3
        self._waiting.append(last[:keep])
        self._finish("cut")

    def configure(self, settings: Settings) -> None:
        """Write by these settings from now on."""
        self._settings = settings

    def refresh(self) -> None:
        """Look at the faults again."""
        self._wake.set()

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Answer the request until the stream ends or the client goes away."""
        response = web.StreamResponse(
            headers={"Content-Type": "multipart/x-mixed-replace; boundary=GENETECBOUNDARY", "Cache-Control": "no-cache"}
        )
        response.enable_chunked_encoding()
        self._transport = request.transport
        await response.prepare(request)
        keeper = asyncio.create_task(self._keep_alive())
        try:
            await self._write(response, self._greeting())
            await self._pump(response)
        except ConnectionError:
            self._finish("gone")
        finally:
            keeper.cancel()
            self._end = self._end or "gone"
            self._drained.set()
        if self._end == "cut" and self._transport is not None:
            self._transport.close()  # the half line arrives first, the end of the answer never
        return response

    async def _pump(self, response: web.StreamResponse) -> None:
        while True:
            self._wake.clear()
            if self._waiting and not (self._faults.frozen and self._end is None):
                data = b"".join(self._waiting)
                self._waiting.clear()
                await self._write(response, data)
                continue
            if self._end is not None:
                return
            if not self._waiting:
                self._drained.set()
            await self._wake.wait()

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        if self._faults.drip is not None:
            size, pause = self._faults.drip
            for start in range(0, len(data), size):
                await response.write(data[start : start + size])
                await self._clock.sleep(pause)
        elif self._settings.fragments:
            start = 0
            while start < len(data):
                size = self._chance.choice((1, 2, 3, 7, 19, 64, 300, 1500))
                await response.write(data[start : start + size])
                start += size
        else:
            await response.write(data)

    def _greeting(self) -> bytes:
        mark = BYTE_ORDER_MARK if self._settings.stream_byte_order_mark else b""
        line = b"ConnectionId:" + self.connection_id.encode() + b"\r\n"
        return mark + (line if self._settings.connection_id == "bare" else _SERVICE_PART + line)

    async def _keep_alive(self) -> None:
        while self._end is None:
            await self._clock.sleep(self._settings.keep_alive)
            if not self._faults.silent:
                self.offer(KEEP_ALIVE)

    def _finish(self, how: str) -> None:
        self._end = self._end or how
        self._wake.set()
