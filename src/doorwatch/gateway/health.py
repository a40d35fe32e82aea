"""`/healthz`, `/readyz` and `/metrics` on a port of their own: a few dozen lines instead of a web framework."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

from doorwatch.domain.errors import DoorwatchError

_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
LONGEST_HEAD = 8192
PATIENCE = 5.0


class HealthServer:
    """Answers from callables: what keeps the gateway from being ready, and its metrics."""

    def __init__(
        self, host: str, port: int, not_ready: Callable[[], list[str]], metrics: Callable[[], Awaitable[str]]
    ) -> None:
        self._host = host
        self.port = port
        self._not_ready = not_ready
        self._metrics = metrics
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` is then the real one. Raises DoorwatchError when the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=LONGEST_HEAD)
        except OSError as error:
            raise DoorwatchError(
                f"health_port {self.port} cannot be opened ({error.strerror or error}); name another one, or 0 for none"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                status, kind, body = await self.answer(method, path.partition("?")[0])
                data = b"" if method == "HEAD" else body.encode()
                writer.write(
                    f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
                    f"Content-Length: {len(body.encode())}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    async def answer(self, method: str, path: str) -> tuple[int, str, str]:
        """Status, content type and body of a request."""
        if method not in {"GET", "HEAD"}:
            return 405, "application/json", '{"error": "only GET is answered here"}'
        if path == "/healthz":
            return 200, "application/json", '{"alive": true}'
        if path == "/readyz":
            reasons = self._not_ready()
            return 503 if reasons else 200, "application/json", json.dumps({"ready": not reasons, "reasons": reasons})
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4; charset=utf-8", await self._metrics()
        return 404, "application/json", '{"error": "there are /healthz, /readyz and /metrics"}'
