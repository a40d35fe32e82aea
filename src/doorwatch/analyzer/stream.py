"""The one stream to the server: commands come in, live video goes out. Losing it loses no data."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
import structlog

from doorwatch.analyzer.settings import AnalyzerSettings
from doorwatch.analyzer.trouble import system_word
from doorwatch.domain.time import Clock
from doorwatch.spool import Backoff

log = structlog.get_logger(__name__)

_MOST_WAITING = 8 << 20
_HEARTBEAT = 10.0


class ServerStream:
    """Keeps the WebSocket open; `on_command` gets every command, `on_state` whether the server is there."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: AnalyzerSettings,
        tls: ssl.SSLContext | bool,
        on_command: Callable[[dict[str, Any]], None],
        on_state: Callable[[bool], None],
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._tls = tls
        self._on_command = on_command
        self._on_state = on_state
        self._clock = clock
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._skipping: set[str] = set()
        self._more = asyncio.Event()
        self.connected = False

    def show(self, data: bytes, *, camera_id: str, key: bool) -> None:
        """Send a frame of the live stream, if anybody is connected.

        When the line is too slow, a camera's video is left out until its next key picture.
        """
        if not self.connected or (camera_id in self._skipping and not key):
            return
        if self._bytes + len(data) > _MOST_WAITING:
            self._skipping.add(camera_id)
            return
        self._skipping.discard(camera_id)
        self._waiting.append(data)
        self._bytes += len(data)
        self._more.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        backoff = Backoff(0.25, 5.0)
        reason = None
        while True:
            try:
                await self._connect(backoff)
                now = "the server closed the stream"
            except aiohttp.WSServerHandshakeError as error:
                now = _refusal(error.status)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                now = f"the server cannot be reached ({system_word(error)})"
            if now != reason:
                log.warning("not connected", server=self._settings.server_url, reason=now)
            reason = now
            await self._clock.sleep(backoff.next_delay())

    async def _connect(self, backoff: Backoff) -> None:
        headers = {"Authorization": f"Bearer {self._settings.token}"}
        address = self._settings.url("/api/analyzer/stream")
        async with self._session.ws_connect(
            address, headers=headers, heartbeat=_HEARTBEAT, ssl=self._tls, max_msg_size=16 << 20
        ) as socket:
            self._waiting.clear()
            self._bytes = 0
            self.connected = True
            self._on_state(True)
            backoff.reset()
            log.info("connected", server=self._settings.server_url)
            sender = asyncio.create_task(self._send(socket))
            try:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self._take(message.data)
            finally:
                self.connected = False
                sender.cancel()
                self._on_state(False)

    def _take(self, text: str) -> None:
        try:
            command = msgspec.json.decode(text)
            self._on_command(command)
        except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            log.warning("a command cannot be understood", reason=f"{type(error).__name__}: {error}", command=text[:200])

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                data = self._waiting.popleft()
                self._bytes -= len(data)
                await socket.send_bytes(data)


def _refusal(status: int) -> str:
    if status == 401:
        return "the server does not know the token: create one with `doorwatch token create`"
    if status == 403:
        return "the token is not one for analyzers: create one with `doorwatch token create --kind analyzer`"
    return f"the server answers {status}"
