"""Pictures and clips for the server: tried again while it is away, given up when it refuses them."""

import asyncio
import ssl
from collections.abc import Mapping

import aiohttp
import structlog

from doorwatch.analyzer.settings import AnalyzerSettings
from doorwatch.domain.time import Clock
from doorwatch.spool import Backoff

log = structlog.get_logger(__name__)

_GIVE_UP_AFTER = 600.0
_WORTH_ANOTHER_TRY = frozenset({401, 403, 408, 425, 429})


class Uploads:
    """Puts files to the server's API; at most two at a time."""

    def __init__(
        self, session: aiohttp.ClientSession, settings: AnalyzerSettings, tls: ssl.SSLContext | bool, clock: Clock
    ) -> None:
        self._session = session
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._places = asyncio.Semaphore(2)

    async def put(self, path: str, data: bytes, headers: Mapping[str, str], *, tries: int | None = None) -> bool:
        """Whether the server took it; False after ten minutes (or `tries`), or when it refuses this very file."""
        backoff, begun, tried = Backoff(0.3, 10.0), self._clock.monotonic(), 0
        while True:
            tried += 1
            status = await self._try(path, data, headers)
            if status is not None and status < 300:
                return True
            if status is not None and status < 500 and status not in _WORTH_ANOTHER_TRY:
                log.warning("the server refuses a file", path=path, status=status)
                return False
            if tried == tries or self._clock.monotonic() - begun > _GIVE_UP_AFTER:
                log.warning("a file could not be delivered", path=path, status=status, tries=tried)
                return False
            await self._clock.sleep(backoff.next_delay())

    async def tell(self, path: str, data: bytes) -> bool:
        """Put JSON once, quietly: what is said again soon anyway."""
        status = await self._try(path, data, {"Content-Type": "application/json"})
        return status is not None and status < 300

    async def _try(self, path: str, data: bytes, headers: Mapping[str, str]) -> int | None:
        try:
            async with (
                self._places,
                self._session.put(self._settings.url(path), data=data, headers=headers, ssl=self._tls) as response,
            ):
                await response.read()
                return response.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
