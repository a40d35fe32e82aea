"""Newest pictures of cameras: asked for when somebody looks, kept in the blob store."""

import asyncio
from collections.abc import Callable

from doorwatch.domain.time import Clock
from doorwatch.server.live.media import CameraKey
from doorwatch.server.waiting import within

FRESH_SECONDS = 1.0
WAIT_SECONDS = 3.0


class Snapshots:
    """Which pictures are fresh, and who waits for one."""

    def __init__(self, ask: Callable[[CameraKey], bool], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._taken: dict[CameraKey, float] = {}
        self._waiting: dict[CameraKey, asyncio.Event] = {}

    def arrived(self, key: CameraKey, at: float) -> None:
        """A picture was stored."""
        self._taken[key] = at
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.set()

    async def freshen(self, key: CameraKey) -> None:
        """Have a picture that is at most a second old, if the analyzer delivers one in time."""
        if self._clock.monotonic() - self._taken.get(key, -FRESH_SECONDS) < FRESH_SECONDS:
            return
        waiting = self._waiting.get(key)
        if waiting is None:
            if not self._ask(key):
                return
            waiting = self._waiting[key] = asyncio.Event()
        if not await within(self._clock, waiting.wait(), WAIT_SECONDS):
            self._waiting.pop(key, None)
