"""A receiver that keeps what it is sent, with an fsync before each answer, and does nothing else while the clock runs.

It appends the bodies to one file, counts the events in them by the name of their first key, and answers a group of requests
after their fsync. As the product's server does, it offers to take several requests of one connection at the same time, and
answers in one piece what one fsync brought. Whether every event came, once and in order, is found out after the run from the bytes that it kept
(kept.py), so that the two cores carry the gateway and not its judge.

    python bench/forwarding/sink.py PORT FILE
"""

import asyncio
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httptools
import uvloop
from kept import HEAD, whole_records  # run as a program: its own folder is on the path

_FINE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: posts-together\r\n"
    b'Content-Length: 12\r\n\r\n{"stored":1}'
)
_TOLD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_GROUP = 0.002
_MARK = b'"event_id"'


class Keeper:
    """Bodies that wait for the next fsync, and the connections that wait for its end."""

    def __init__(self, file: str) -> None:
        path = Path(file)
        path.touch()
        size, self.kept = whole_records(path)
        os.truncate(path, size)  # a record that a kill cut in two was not answered
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._pieces: list[bytes] = []
        self._events = 0
        self._waiting: list[asyncio.Transport] = []
        self.came = asyncio.Event()

    async def run(self) -> None:
        """Write in groups, for ever."""
        while True:
            await self.came.wait()
            await asyncio.sleep(_GROUP)
            self.came.clear()
            pieces, waiting, events = self._pieces, self._waiting, self._events
            self._pieces, self._waiting, self._events = [], [], 0
            await asyncio.to_thread(self._write, b"".join(pieces))
            self.kept += events
            for transport, answers in Counter(waiting).items():
                transport.write(_FINE * answers)

    def take(self, body: list[bytes], transport: asyncio.Transport) -> None:
        """The events of a request, which is answered when they are on disk."""
        whole = body[0] if len(body) == 1 else b"".join(body)
        events = whole.count(_MARK)
        self._pieces += HEAD.pack(len(whole), events, time.time_ns() // 1000), whole
        self._events += events
        self._waiting.append(transport)
        self.came.set()

    def _write(self, data: bytes) -> None:
        written = os.write(self._file, data)
        while written < len(data):
            written += os.write(self._file, data[written:])
        os.fdatasync(self._file)


class Sink(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        """Somebody is there."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._body = b"", []

    def on_url(self, url: bytes) -> None:
        """A piece of its address."""
        self._url += url

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._url == b"/api/pacs/webhooks":
            self._keeper.take(self._body, self._transport)
        elif self._url == b"/kept":
            count = b"%d" % self._keeper.kept
            self._transport.write(_TOLD % (len(count), count))
        else:
            self._transport.write(_FINE)


async def main() -> None:
    """Serve on the port of the first argument, into the file of the second."""
    keeper = Keeper(sys.argv[2])
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Sink(keeper), "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await keeper.run()


if __name__ == "__main__":
    uvloop.run(main())
