"""What arrived: read after a run, from the bytes that the light receiver kept or from the product's own database."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import Protocol, TypeAlias

import aiohttp
import msgspec

from doorwatch.domain.time import from_iso

HEAD = Struct("<IIQ")
"""Before each body: its length, the number of its events, when it came (microseconds since 1970)."""
LATEST = 20_000
LIVE = "DoorOpen"
"""The type of the events that are raised beside a backlog."""
Told: TypeAlias = tuple[str, str, int, str]
"""Door, type, millisecond, cardholder."""


@dataclass(slots=True)
class Tally:
    """What a look at all that arrived found. Waits are milliseconds from an event's own time until it came."""

    distinct: int = 0
    repeated: int = 0
    out_of_order: int | None = None
    event_bytes: int | None = None
    waits: list[float] = field(default_factory=list)
    live_waits: list[float] = field(default_factory=list)


class Kept(Protocol):
    """One kind of receiver."""

    async def count(self, enough: int) -> int:
        """How many events it holds; no more than a guess from above where that is less than enough."""
        ...

    async def tally(self) -> Tally:
        """Look at all of them; seconds and a hundred megabytes where there are millions."""
        ...

    async def events(self) -> list[Told]:
        """All of them, each once."""
        ...


# -- the light receiver's file ------------------------------------------------------------------------------------


class _Event(msgspec.Struct, gc=False):
    event_id: str
    device_id: str
    event_type: str
    timestamp: str
    actor_id: str | None = None


class _Body(msgspec.Struct, gc=False):
    events: list[_Event] = []
    event: _Event | None = None


_decode = msgspec.json.Decoder(_Body).decode


def whole_records(path: Path) -> tuple[int, int]:
    """Up to which byte a file consists of whole records, and how many events they hold."""
    end = events = 0
    size = path.stat().st_size
    with path.open("rb") as file:
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, count, _ = HEAD.unpack(head)
            if end + HEAD.size + length > size:
                break
            end, events = end + HEAD.size + length, events + count
            file.seek(end)
    return end, events


def records(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """When each whole body came, how many events it holds, and itself."""
    with path.open("rb", buffering=1 << 20) as file:
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, count, arrived = HEAD.unpack(head)
            body = file.read(length)
            if len(body) == length:
                yield arrived, count, body


class LightKept:
    """The file of sink.py, and the receiver itself for the count."""

    def __init__(self, file: Path, port: int, http: aiohttp.ClientSession) -> None:
        self._file = file
        self._port = port
        self._http = http
        self._repeated = 0

    async def count(self, enough: int) -> int:  # noqa: ARG002 - it costs nothing to say exactly
        """Events that are on disk, without those that the last tally found to have come again."""
        with suppress(aiohttp.ClientError):
            async with self._http.get(f"http://127.0.0.1:{self._port}/kept") as answer:
                return int(await answer.text()) - self._repeated
        return 0

    async def tally(self) -> Tally:
        """Read every body."""
        found = await asyncio.to_thread(self._tally)
        self._repeated = found.repeated
        return found

    def _tally(self) -> Tally:
        ids = bytearray()
        last: dict[str, int] = {}
        tally = Tally(out_of_order=0)
        late = 0
        waits: deque[float] = deque(maxlen=LATEST)
        for arrived, _, body in records(self._file):
            told = _events_of(body)
            tally.event_bytes = len(body) // max(1, len(told))
            for one in told:
                ids += bytes.fromhex(one.event_id)
                at = _moment(one.timestamp)
                if at < last.get(one.device_id, 0):
                    late += 1
                else:
                    last[one.device_id] = at
                waits.append((arrived - at) / 1000)
                if one.event_type == LIVE:
                    tally.live_waits.append((arrived - at) / 1000)
        tally.distinct = _distinct(ids)
        tally.repeated = len(ids) // 16 - tally.distinct
        tally.out_of_order, tally.waits = late, list(waits)
        return tally

    async def events(self) -> list[Told]:
        """By their ids; a copy that knows the cardholder completes one that does not."""
        return await asyncio.to_thread(self._events)

    def _events(self) -> list[Told]:
        found: dict[str, _Event] = {}
        for _, _, body in records(self._file):
            for one in _events_of(body):
                known = found.setdefault(one.event_id, one)
                known.actor_id = known.actor_id or one.actor_id
        return [(e.device_id, e.event_type, _moment(e.timestamp) // 1000, e.actor_id or "") for e in found.values()]


def _events_of(body: bytes) -> list[_Event]:
    told = _decode(body)
    return told.events or ([told.event] if told.event else [])


def _distinct(ids: bytearray) -> int:
    """How many different ids of sixteen bytes there are."""
    if len(ids) < 16 * 1_000_000:
        return len({bytes(ids[start : start + 16]) for start in range(0, len(ids), 16)})
    import numpy as np  # noqa: PLC0415 - millions of objects would take a gigabyte

    halves = np.frombuffer(ids, dtype="<u8").reshape(-1, 2)
    ordered = halves[np.lexsort((halves[:, 0], halves[:, 1]))]
    return 1 + int((ordered[1:] != ordered[:-1]).any(axis=1).sum())


def _moment(timestamp: str) -> int:
    """Microseconds of `2026-01-31T12:34:56.789Z`; the whole second is read once."""
    return _second(timestamp[:19]) + int(timestamp[20:23]) * 1000


@lru_cache(maxsize=1024)
def _second(text: str) -> int:
    return from_iso(f"{text}Z")


# -- the product's database ---------------------------------------------------------------------------------------

_ACCESS_EVENTS = """
CREATE TEMP VIEW access_events AS SELECT m.number & ((1 << 40) - 1) AS rowid, d.door_id, s.event_type, m.at,
    m.arrived_at, p.actor_id
FROM moments m LEFT JOIN doors d ON d.number = m.door_id
LEFT JOIN stories s ON s.account_id = d.account_id AND s.story = m.story
LEFT JOIN actors p ON p.account_id = d.account_id AND p.actor_key = m.actor_key
WHERE m.kind < 16
"""
_ORDER = """
SELECT count(*) FROM (SELECT at < lag(at) OVER (PARTITION BY door_id ORDER BY rowid) AS late FROM access_events
WHERE door_id IN (SELECT DISTINCT door_id FROM access_events LIMIT 3)) WHERE late
"""


class ServerKept:
    """The database of the product's own server; it keeps events as moments, each id once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def count(self, enough: int) -> int:
        """The last row's number, which costs nothing however many rows there are, or the number of rows."""
        last = await self._number("SELECT coalesce(max(rowid), 0) FROM access_events")
        return last if last < enough else await self._number("SELECT count(*) FROM access_events")

    async def tally(self) -> Tally:
        """What the database can say; the order is looked at for three doors."""
        with suppress(sqlite3.Error):
            wait = "SELECT (arrived_at - at) / 1000.0 FROM access_events"
            waits = await self._query(f"{wait} ORDER BY rowid DESC LIMIT {LATEST}")
            live = await self._query(f"{wait} WHERE event_type = '{LIVE}'")
            return Tally(
                await self.count(0),
                0,
                await self._number(_ORDER),
                None,
                [float(str(ms)) for (ms,) in waits],
                [float(str(ms)) for (ms,) in live],
            )
        return Tally(await self.count(0))

    async def events(self) -> list[Told]:
        """All access events."""
        device = "(SELECT device_id FROM doors WHERE doors.door_id = access_events.door_id)"
        rows = await self._query(f"SELECT {device}, event_type, at / 1000, coalesce(actor_id, '') FROM access_events")
        return [(str(a), str(b), int(str(c)), str(d)) for a, b, c, d in rows]

    async def _number(self, sql: str) -> int:
        return int(str((await self._query(sql))[0][0]))

    async def _query(self, sql: str) -> list[tuple[object, ...]]:
        return await asyncio.to_thread(self._ask, sql)

    def _ask(self, sql: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=10)
        try:
            connection.execute(_ACCESS_EVENTS)
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
