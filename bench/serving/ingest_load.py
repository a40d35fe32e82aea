"""Posts access events to a server as fast, or as often, as it is told: bodies are made before the clock starts."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from doorwatch.domain.time import SECOND, Micros, to_iso

TYPES = ("AccessGranted", "DoorUnlock", "DoorOpen", "DoorClose", "DoorLock")
_CARDHOLDERS = 500


def _guid(*parts: object) -> str:
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))


def events(count: int, doors: int, start: Micros, rate: float, *, seed: str = "") -> Iterator[dict[str, Any]]:
    """Openings of doors in turn, five events each, as the gateway forwards them; about 430 bytes apiece."""
    devices = [_guid("door", number) for number in range(doors)]
    points = [_guid("reader", number) for number in range(doors)]
    for number in range(count):
        opening, step = divmod(number, len(TYPES))
        holder = opening % _CARDHOLDERS
        yield {
            "event_id": f"{_guid('event', seed, number)}-0",
            "device_id": devices[opening % doors],
            "timestamp": to_iso(start + int(number * SECOND / rate), 3),
            "event_type": TYPES[step],
            "side": "in",
            **(
                {
                    "actor_id": _guid("holder", holder),
                    "actor_name": f"Person Number {holder}",
                    "actor_email": f"person.{holder}@example.com",
                }
                if step == 0
                else {}
            ),
            "labels": ["building north", f"floor {opening % doors % 12}"],
            "access_point_id": points[opening % doors],
            "source": "stream",
        }


def requests(made: Sequence[dict[str, Any]], size: int, token: str) -> list[tuple[int, bytes]]:
    """The posts that carry these events, `size` to a body, with how many each carries."""
    found = []
    for start in range(0, len(made), size):
        piece = made[start : start + size]
        body = msgspec.json.encode({"event": piece[0]} if size == 1 else {"events": piece})
        head = (
            "POST /api/pacs/webhooks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        found.append((len(piece), head.encode() + body))
    return found


@dataclass(slots=True)
class Outcome:
    """What became of the posts."""

    seconds: float = 0.0
    accepted: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    waits_ms: list[float] = field(default_factory=list)


class Line(asyncio.Protocol):
    """One connection: one post at a time, its status when the answer is whole."""

    @classmethod
    async def open(cls, port: int) -> "Line":
        """A connection to a server of this machine."""
        return (await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port))[1]

    def __init__(self) -> None:
        self.answered: asyncio.Future[int] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def post(self, request: bytes) -> "asyncio.Future[int]":
        """Send one; its status comes later."""
        assert self._transport is not None
        self.answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self.answered

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0 or self.answered is None:
            return
        head = self._seen[:end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._seen) >= end + 4 + length:
            status, self._seen = int(head[9:12]), b""
            self.answered.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def close(self) -> None:
        """Say good-bye."""
        assert self._transport is not None
        self._transport.close()


async def post_all(port: int, posts: Sequence[tuple[int, bytes]], connections: int, rate: float | None) -> Outcome:
    """Post everything over so many connections; with a rate, no sooner than each post is due."""
    lines = [await Line.open(port) for _ in range(connections)]
    outcome, coming = Outcome(), iter(posts)
    started = time.perf_counter()
    offered = 0

    async def work(line: Line) -> None:
        nonlocal offered
        for count, request in coming:
            due = started + offered / rate if rate else started
            offered += count
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            sent = time.perf_counter()
            status = await line.post(request)
            # With a rate, a post that had to queue here has waited, too.
            outcome.waits_ms.append((time.perf_counter() - (due if rate else sent)) * 1000)
            if status == 200:
                outcome.accepted += count
            else:
                outcome.refused[status] = outcome.refused.get(status, 0) + 1

    await asyncio.gather(*(work(line) for line in lines))
    outcome.seconds = time.perf_counter() - started
    for line in lines:
        line.close()
    return outcome
