"""The word of a mail server that it took a mail, heard when it arrives and not some turns of the event loop later.

Between the two a kill would double the mail. Under load these turns take as long as the word was under way.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiosmtplib

_TAKEN = b"250"


class _Replies(asyncio.Protocol):
    """Stands between a connection and its client."""

    def __init__(self, client: asyncio.Protocol) -> None:
        self._client = client
        self.taken: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        taken, self.taken = self.taken, None
        if taken is not None and data.startswith(_TAKEN):
            taken()
        else:
            self.taken = taken
        self._client.data_received(data)

    def eof_received(self) -> bool | None:
        return self._client.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.connection_lost(exc)

    def pause_writing(self) -> None:
        self._client.pause_writing()

    def resume_writing(self) -> None:
        self._client.resume_writing()


def listen(client: aiosmtplib.SMTP) -> None:
    """Hear the replies to a client that is connected."""
    transport = client.transport
    inner = None if transport is None else transport.get_protocol()
    if transport is not None and isinstance(inner, asyncio.Protocol):
        transport.set_protocol(_Replies(inner))


@contextmanager
def told_of_taking(client: aiosmtplib.SMTP, taken: Callable[[], None]) -> Iterator[None]:
    """Within it `taken` is called, once, when the server says 250."""
    replies = None if client.transport is None else client.transport.get_protocol()
    if not isinstance(replies, _Replies):
        yield
        return
    replies.taken = taken
    try:
        yield
    finally:
        replies.taken = None
