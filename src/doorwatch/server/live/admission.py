"""Streams that stay open for hours: they end when whoever opened them may no longer see what they show."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.requests import HTTPConnection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros
from doorwatch.server.auth import admitted, caller_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller, Permission
from doorwatch.server.services import services_of

LOOK_AGAIN: Micros = 15 * SECOND
"""So long at most a stream goes on after its session ended or other cameras were shared."""


async def while_admitted(
    connection: HTTPConnection, caller: Caller, pieces: AsyncGenerator[bytes]
) -> AsyncIterator[bytes]:
    """The pieces, until the caller may not have them any more; browsers then ask again, as who they are now."""
    clock = services_of(connection).clock
    looked = clock.now()
    async with aclosing(pieces):
        async for piece in pieces:
            if clock.now() - looked >= LOOK_AGAIN:
                looked = clock.now()
                if not await _still(connection, caller):
                    return
            yield piece


async def until_refused(connection: HTTPConnection, caller: Caller) -> None:
    """Wait until the caller may not look any more, or at other cameras than before."""
    clock = services_of(connection).clock
    while await _still(connection, caller):
        await clock.sleep(LOOK_AGAIN / SECOND)


async def _still(connection: HTTPConnection, caller: Caller) -> bool:
    try:
        now = admitted(await caller_of(connection, using=False), Permission.VIEW_SHARED)
    except (ApiError, DoorwatchError):
        return False
    return (now.account, now.cameras) == (caller.account, caller.cameras)
