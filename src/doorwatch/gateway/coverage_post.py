"""Tells the server for which time it holds the PACS's events: often while something happens at a door, else at leisure.

A verdict is final when this coverage has passed the last entry by `settle`. So it is told at once after a delivery and
four times a second from then on, for as long as a verdict may wait for it; where nothing happens, every two seconds do.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from doorwatch.domain.time import Clock, Micros, to_iso
from doorwatch.gateway.collector import QUEUE
from doorwatch.gateway.coverage import Coverage
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.spool import Spool, Transport, TransportError

_log = logging.getLogger("doorwatch.gateway")
MOST, LEAST = 2.0, 0.25
BUSY_SECONDS = 40.0
"""How long after a delivery coverage is told every `LEAST` seconds."""

UNKNOWN_SECONDS = 3600.0


class CoveragePoster:
    """Runs until cancelled."""

    def __init__(
        self,
        coverage: Coverage,
        spool: Spool,
        transport: Transport,
        url: str,
        headers: Callable[[], Mapping[str, str]],
        clock: Clock,
        idle: Callable[[], Micros],
    ) -> None:
        self._coverage = coverage
        self._spool = spool
        self._transport = transport
        self._url = url
        self._headers = headers
        self._clock = clock
        self._idle = idle
        self._due = asyncio.Event()
        self._busy_until = clock.monotonic()
        self.covered_until: Micros | None = None
        self.status: int | None = None
        self.problem: str | None = None

    def soon(self) -> None:
        """Something was delivered, or changed: the server should hear of it."""
        self._busy_until = self._clock.monotonic() + BUSY_SECONDS
        self._due.set()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            self._due.clear()
            pause = await self.post()
            await self._clock.sleep(LEAST)
            if pause > LEAST:
                await self._wait(pause - LEAST)

    async def _wait(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._due.wait())
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait([waiting, sleeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()

    async def post(self) -> float:
        """Post once; seconds until the next time at the latest."""
        now = self._clock.now()
        # everything that was heard before `now` must be among what is counted as delivered or not
        await self._spool.flush()
        waits = [await self._spool.oldest(queue) for queue in (QUEUE, WAITING)]
        oldest = min((at for at in waits if at is not None), default=None)
        claim = self._coverage.claim(now, self._idle(), oldest)
        if claim is None:
            return MOST
        body = {
            "covered_from": to_iso(claim.since),
            "covered_until": to_iso(claim.until),
            "subscribed": list(self._coverage.subscribed),
            "refused": list(self._coverage.refused),
        }
        if claim.uncovered_from is not None:
            body["uncovered_from"] = to_iso(claim.uncovered_from)
        headers = {"Content-Type": "application/json", **self._headers()}
        try:
            reply = await self._transport.send("POST", self._url, msgspec.json.encode(body), headers)
        except TransportError as error:
            self.problem = str(error)
            return MOST
        self.status = reply.status
        # 404 is a server that does not know of coverage, and no problem
        self.problem = None if reply.status in {200, 201, 202, 204, 404} else f"HTTP {reply.status}"
        if reply.status == 404:
            _log.info("the server does not know about coverage; it is left alone for an hour")
            return UNKNOWN_SECONDS
        if 200 <= reply.status < 300:
            self._coverage.said(claim)
            self.covered_until = claim.until
        return LEAST if self._clock.monotonic() < self._busy_until else MOST
