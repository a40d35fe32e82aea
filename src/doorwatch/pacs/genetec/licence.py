"""How many connections of the licence are taken, where the Web SDK tells it."""

import asyncio
import re
from typing import Any

from doorwatch.domain.time import Clock
from doorwatch.pacs.driver import PacsError
from doorwatch.pacs.genetec.client import WebSdkClient

# the names of licence items are not published; a server that knows none of these tells nothing, which is no fault
ITEMS = ("SdkConnections", "WebSdkConnections", "SDK")
ASK_EVERY = 3600.0
PATIENCE = 5.0
_USED = re.compile(r"current|used|usage", re.IGNORECASE)
_MOST = re.compile(r"max|limit|total", re.IGNORECASE)


class Licence:
    """`used` and `most` are None while the server has not told them."""

    def __init__(self, client: WebSdkClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._due = float("-inf")
        self._items: tuple[str, ...] = ITEMS
        self.used: int | None = None
        self.most: int | None = None

    async def ask(self) -> None:
        """Ask again if it is time; never raises for what the server does not tell."""
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + ASK_EVERY
        for item in self._items:
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._client.get(f"licenseItemUsage/{item}")
            except (PacsError, TimeoutError):
                continue
            told = answer.rows[0] if answer.rows else {}
            self.used, self.most = _number(told, _USED), _number(told, _MOST)
            if self.used is not None:
                self._items = (item,)
                return


def _number(row: dict[str, Any], name: re.Pattern[str]) -> int | None:
    """The first whole number whose name matches."""
    return next(
        (value for key, value in row.items() if type(value) is int and name.search(key) and value >= 0),
        None,
    )
