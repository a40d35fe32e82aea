"""The process that makes video, from outside: a job goes in, how far it is and what was made come out."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.exporting.drawing import Job, Made
from doorwatch.server.waiting import within

Progress = Callable[[float], Awaitable[None]]

_TAKES_AT_MOST = 1800.0


class ExportError(DoorwatchError):
    """Video or an export that cannot be made; the text is one sentence with the cure."""


async def made_apart(job: Job, clock: Clock, progress: Progress) -> Made:
    """What the drawing process makes of a job; `progress` is told shares from 0 to 1. Raises ExportError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "doorwatch.server.exporting.drawing",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        asked = asyncio.ensure_future(_listen(process, msgspec.json.encode(job), progress))
        if not await within(clock, asked, _TAKES_AT_MOST):
            raise ExportError("the video took more than half an hour to make: ask for a shorter time")
        return asked.result()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listen(process: asyncio.subprocess.Process, job: bytes, progress: Progress) -> Made:
    if process.stdin is None or process.stdout is None:
        raise ExportError("the process that draws the video came without pipes: try again")
    process.stdin.write(job)
    process.stdin.close()
    async for line in process.stdout:
        said = json.loads(line)
        if "progress" in said:
            await progress(said["progress"])
        elif "failed" in said:
            raise ExportError(said["failed"])
        else:
            return msgspec.convert(said["done"], Made)
    raise ExportError("the process that draws the video died over it: the recording may be damaged, look at the log")
