"""Connections to one mail server, kept for a while: to make one costs more than a mail, with TLS ten times as much."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib

KEEP_SECONDS = 5.0
"""Shorter than any server's patience, so that what is taken from here is hardly ever stale."""
MOST_MAILS = 100
"""Servers have a limit for one connection; this is below that of those that people run."""

Step = Callable[[aiosmtplib.SMTP], Awaitable[None]]
_SHUTTING_DOWN = 421


@dataclass(slots=True)
class _Kept:
    client: aiosmtplib.SMTP
    mails: int = 0


class Connections:
    """Lends connections, one mail at a time each."""

    def __init__(self, connect: Callable[[], Awaitable[aiosmtplib.SMTP]]) -> None:
        self._connect = connect
        self._idle: list[_Kept] = []
        self._closing: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def carry(self, begin: Step, finish: Step) -> None:
        """Hand a mail over: `begin` may be done anew on another connection when a kept one proves stale."""
        kept = self._take()
        if kept is not None and not await self._begun(kept, begin):
            kept = None
        if kept is None:
            kept = _Kept(await self._connect())
            await self._or_close(kept, begin)
        await self._or_close(kept, finish)
        kept.mails += 1
        if kept.mails >= MOST_MAILS:
            self._say_goodbye(kept)
        else:
            self._idle.append(kept)
            self._close_later()

    async def close(self) -> None:
        """End those that nobody uses; returns when the server was told."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        while self._idle:
            self._say_goodbye(self._idle.pop())
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _take(self) -> _Kept | None:
        while self._idle:
            kept = self._idle.pop()
            if kept.client.is_connected:
                return kept
            kept.client.close()
        return None

    async def _begun(self, kept: _Kept, begin: Step) -> bool:
        """Whether a kept connection still serves; one that does not is closed."""
        try:
            await self._or_close(kept, begin)
        except aiosmtplib.SMTPServerDisconnected:
            return False
        except aiosmtplib.SMTPResponseException as error:
            if error.code != _SHUTTING_DOWN:
                raise
            return False
        return True

    async def _or_close(self, kept: _Kept, step: Step) -> None:
        """After an error nobody knows what the other side expects: the connection is not used again.

        A step that is cut off by a server that stops is no exception to it: the other side waits for the rest of a mail.
        """
        try:
            await step(kept.client)
        except BaseException:
            kept.client.close()
            raise

    def _close_later(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._expire)

    def _expire(self) -> None:
        self._closing = None
        while self._idle:
            self._say_goodbye(self._idle.pop())

    def _say_goodbye(self, kept: _Kept) -> None:
        task = asyncio.get_running_loop().create_task(_quit(kept.client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _quit(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=2)
    client.close()
