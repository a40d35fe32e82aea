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

_STANDS_STILL_AT_MOST = 600.0
"""Seconds without news of it; how long it may take altogether depends on what was asked for and on the machine."""


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
        return await _listen(process, clock, msgspec.json.encode(job), progress)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listen(process: asyncio.subprocess.Process, clock: Clock, job: bytes, progress: Progress) -> Made:
    if process.stdin is None or process.stdout is None:
        raise ExportError("the process that draws the video came without pipes: try again")
    process.stdin.write(job)
    process.stdin.close()
    while line := await _next_line(process.stdout, clock):
        said = json.loads(line)
        if "progress" in said:
            await progress(said["progress"])
        elif "failed" in said:
            raise ExportError(said["failed"])
        else:
            return msgspec.convert(said["done"], Made)
    raise ExportError("the process that draws the video died over it: the recording may be damaged, look at the log")


async def _next_line(output: asyncio.StreamReader, clock: Clock) -> bytes:
    read = asyncio.ensure_future(output.readline())
    if not await within(clock, read, _STANDS_STILL_AT_MOST):
        raise ExportError("making the video stood still for ten minutes: is the machine overloaded? Export again")
    return read.result()
