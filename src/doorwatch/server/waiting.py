"""Waiting for something, but not for ever, by the clock that was given."""

import asyncio
from collections.abc import Awaitable

from doorwatch.domain.time import Clock


async def within(clock: Clock, work: Awaitable[object], seconds: float) -> bool:
    """Wait for `work` at most that many seconds; whether it was done in time. What was not done is cancelled."""
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        return task.done()
    finally:
        for one in (task, timer):
            one.cancel()
        await asyncio.gather(task, timer, return_exceptions=True)
