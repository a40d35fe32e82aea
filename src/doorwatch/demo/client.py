"""The demo as a user of the server's HTTP API: it signs in, sets up, looks, and listens, as a person's browser would."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from doorwatch.demo.processes import DemoError


class ServerClient:
    """A signed-in session with the server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open: aiohttp.ClientSession | None = None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._open is None:
            self._open = aiohttp.ClientSession(
                base_url=self.address,
                headers={"X-Doorwatch": "1"},
                timeout=aiohttp.ClientTimeout(total=20),
                cookie_jar=aiohttp.CookieJar(unsafe=True),  # the address is a number, which cookies usually exclude
            )
        return self._open

    async def close(self) -> None:
        """End the session on this side."""
        if self._open is not None:
            await self._open.close()

    async def ready(self) -> bool:
        """Whether the server can serve."""
        try:
            async with self._session.get("/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request; its JSON answer.

        Raises DemoError with the server's own sentence when it refuses.
        """
        try:
            async with self._session.request(method, path, json=body, params=query or None) as answer:
                text = await answer.text()
                if answer.status >= 400:
                    raise DemoError(f"{method} {path} answered {answer.status}: {_sentence(text)}")
                return json.loads(text) if text else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoError(f"{method} {path} failed: {error or type(error).__name__}") from error

    async def sign_in(self, email: str, password: str) -> None:
        """Start a session."""
        await self.call("POST", "/api/session", {"email": email, "password": password})

    async def events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Live updates as (name, data), from now on; ends when the connection does."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self._session.get("/api/events", timeout=timeout) as stream:
            name = "message"
            async for raw in stream.content:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    yield name, json.loads(line[5:])
                elif not line:
                    name = "message"


def _sentence(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text[:200]
