"""A mail server that takes every mail and notes when: it costs next to nothing, for it runs beside what is measured."""

import asyncio
import time
from collections import defaultdict

_END = b"\r\n.\r\n"
_ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink:
    """Message names without domain and number, and when each mail of that name was taken."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.cut = 0
        """Mails that were begun and never came whole."""

    @property
    def count(self) -> int:
        """Mails taken so far, doubles among them."""
        return sum(len(times) for times in self.taken.values())

    def take(self, mail: bytes) -> None:
        """Note a mail."""
        begin = mail.lower().index(b"message-id:")
        name = mail[begin:].split(b"<", 1)[1].split(b".1@", 1)[0]
        self.taken[name.decode()].append(time.time())

    async def listen(self) -> asyncio.Server:
        """Serve on a free port of this machine."""
        return await asyncio.get_running_loop().create_server(lambda: _Session(self), "127.0.0.1", 0)


class _Session(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._held = bytearray()
        self._in_mail = False
        self._begun = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._say(b"220 sink\r\n")

    def connection_lost(self, _error: Exception | None) -> None:
        self._sink.cut += self._begun

    def data_received(self, data: bytes) -> None:
        self._held += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Answer what has come whole; whether there was anything."""
        whole, separator, rest = self._held.partition(_END if self._in_mail else b"\r\n")
        if not separator:
            return False
        self._held = rest
        if self._in_mail:
            self._in_mail = self._begun = False
            self._sink.take(bytes(whole))
            self._say(b"250 taken\r\n")
            return True
        command = bytes(whole[:4]).upper()
        self._in_mail = command == b"DATA"
        self._begun = self._begun or command == b"MAIL"
        self._say(_ANSWERS.get(command, b"250 OK\r\n"))
        if command == b"QUIT" and self._transport is not None:
            self._transport.close()
        return True

    def _say(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)
