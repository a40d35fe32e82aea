"""What the spool needs of a clock. The product's own clocks fit; the spool imports none of them."""

import asyncio
import time
from typing import Protocol


class Timer(Protocol):
    """Tells the time and waits."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class LoopTimer:
    """The machine's own clock."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(seconds)
