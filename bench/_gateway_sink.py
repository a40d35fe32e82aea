"""A server that only keeps events by id, with an fsync each time: what the gateway is worth without the product's server."""

import asyncio
import sys
import time
from functools import lru_cache
from typing import Any

import apsw
import httptools
import msgspec
import uvloop

from doorwatch.domain.time import from_iso

_FINE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"stored":1}'
_GROUP = 0.002


class _Event(msgspec.Struct):
    event_id: str
    device_id: str
    event_type: str
    timestamp: str
    actor_id: str | None = None


class _Body(msgspec.Struct):
    events: list[_Event] = []
    event: _Event | None = None


_decode = msgspec.json.Decoder(_Body).decode


def _moment(timestamp: str) -> int:
    """Microseconds of `2026-01-31T12:34:56.789Z`; the whole second is read once."""
    return _second(timestamp[:19]) + int(timestamp[20:23]) * 1000


@lru_cache(maxsize=1024)
def _second(text: str) -> int:
    return from_iso(f"{text}Z")


class Keeper:
    """Rows that wait for the next commit, and the connections that wait for its end."""

    def __init__(self, file: str) -> None:
        self._db = apsw.Connection(file)
        self._db.pragma("journal_mode", "WAL")
        self._db.pragma("synchronous", "FULL")
        self._db.set_busy_timeout(5000)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS access_events(event_id TEXT PRIMARY KEY, door_id TEXT, event_type TEXT, "
            "at INTEGER, actor_id TEXT, arrived_at INTEGER, bytes INTEGER)"
        )
        self.rows: list[tuple[object, ...]] = []
        self.waiting: list[asyncio.Transport] = []

    async def run(self) -> None:
        """Commit in groups, for ever."""
        while True:
            await asyncio.sleep(_GROUP)
            if self.waiting:
                rows, waiting, self.rows, self.waiting = self.rows, self.waiting, [], []
                await asyncio.to_thread(self._write, rows)
                for transport in waiting:
                    transport.write(_FINE)

    def take(self, body: bytes, transport: asyncio.Transport) -> None:
        """Events of a request, which is answered after the commit."""
        now = time.time_ns() // 1000
        told = _decode(body)
        events = told.events or ([told.event] if told.event else [])
        each = len(body) // max(1, len(events))
        self.rows += [
            (e.event_id, e.device_id, e.event_type, _moment(e.timestamp), e.actor_id, now, each) for e in events
        ]
        self.waiting.append(transport)

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO access_events VALUES (?,?,?,?,?,?,?)", rows)


class Sink(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body = b"", []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._url == b"/api/pacs/webhooks":
            self._keeper.take(b"".join(self._body), self._transport)
        else:
            self._transport.write(_FINE)


async def main() -> None:
    """Serve on the port of the first argument, into the database of the second."""
    keeper = Keeper(sys.argv[2])
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Sink(keeper), "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await keeper.run()


if __name__ == "__main__":
    uvloop.run(main())
