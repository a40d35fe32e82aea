"""Sends the items of one queue, and decides by the answer what becomes of them.

Whose fault a failure is decides what it costs. What the item can do nothing about (no connection, 401, 403, 408, 429,
503, a redirect) closes the gate for the whole queue, and one request at a time tries whether it is open again. A
refusal of the item itself counts against it; after `max_retries` of them it is a dead letter. A server error counts only
when others were accepted since the last time: otherwise it is an outage that wears another status. An item that the
server names as bad (422 with its index) will not get better, and is a dead letter at once.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from doorwatch.spool.backoff import Backoff
from doorwatch.spool.items import Item
from doorwatch.spool.replies import Encoder, Meaning, as_is, bad_items, meaning_of, reason_of, retry_after
from doorwatch.spool.spool import Spool
from doorwatch.spool.timing import LoopTimer, Timer
from doorwatch.spool.transport import Reply, Transport, TransportError

WORTH_COMPRESSING = 512


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a queue goes and how: `batch` items a request (1: one by one), `in_flight` requests at once.

    `linger` is the longest that an item waits, in seconds, for others to fill its batch. `headers` is asked before each
    request, so that a token may change. `compression` is none, gzip or zstd.
    """

    url: str
    encode: Encoder = as_is
    method: str = "POST"
    batch: int = 1
    batch_bytes: int = 1 << 20
    in_flight: int = 1
    linger: float = 0.0
    max_retries: int = 100
    compression: str = "none"
    content_type: str = "application/json"
    headers: Callable[[], Mapping[str, str]] = dict


@dataclass(slots=True)
class ForwarderState:
    """How it goes. `away` is why nothing can be delivered now; counts are since the start."""

    away: str | None = None
    last_status: int | None = None
    delivered: int = 0
    requests: int = 0
    retries: int = 0
    refused: int = 0
    buried: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is brought where, how a failure is waited out, and who is told how it goes.

    `backoff` is for a server that takes nothing, `item_backoff` makes one for each item that was refused. Told are: why the
    server takes nothing, that it takes again, that it took something, what was given up and why.
    """

    spool: Spool
    queue: str
    endpoint: Endpoint
    transport: Transport
    clock: Timer = field(default_factory=LoopTimer)
    backoff: Backoff = field(default_factory=lambda: Backoff(0.25, 30.0))
    item_backoff: Callable[[], Backoff] = lambda: Backoff(0.2, 5.0)
    on_away: Callable[[str], None] = lambda _reason: None
    on_back: Callable[[], None] = lambda: None
    on_delivered: Callable[[], None] = lambda: None
    on_buried: Callable[[Item, str], None] = lambda _item, _reason: None


class Sender:
    """One round after the other, in as many tasks as one likes; items that nothing became of go back into the queue.

    `state.away` says why nothing goes out now: then `probe` is the only way to send. `epoch` grows whenever that changes.
    """

    def __init__(self, delivery: Delivery) -> None:
        self.spool = delivery.spool
        self.queue = delivery.queue
        self.endpoint = delivery.endpoint
        self.state = ForwarderState()
        self.epoch = 0
        self._transport = delivery.transport
        self._clock = delivery.clock
        self._backoff = delivery.backoff
        self._item_backoff = delivery.item_backoff
        self._tell = delivery
        self._probe = asyncio.Lock()
        self._open_at = 0.0
        self._held: set[asyncio.Task[None]] = set()
        self._waits: dict[int, Backoff] = {}
        self._marks: dict[int, int] = {}  # item: how many were accepted when the server last stumbled over it
        self._stumbled = 0  # the same for batches

    async def close(self) -> None:
        """Give back what waits for its next try."""
        for task in self._held:
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)

    # -- one round ------------------------------------------------------------------------------------------------

    async def probe(self) -> None:
        """When it is time, try with one request whether the server takes again."""
        async with self._probe:
            if self.state.away is not None:
                await self._clock.sleep(max(0.0, self._open_at - self._clock.monotonic()))
                await self.one_round(1, probing=True)

    async def one_round(self, limit: int, *, probing: bool = False) -> None:
        """Wait for up to `limit` items and send them."""
        endpoint = self.endpoint
        items = await self.spool.take(self.queue, limit, endpoint.batch_bytes, ways=endpoint.in_flight)
        if self.state.away is not None and not probing:
            self.spool.put_back(self.queue, items)
            return
        if (wait := self._not_due(items, probing=probing)) > 0:
            self.spool.put_back(self.queue, items)
            await self._clock.sleep(min(wait, 1.0))
            return
        left = list(items)
        try:
            await self.deliver(left)
        finally:
            if left:
                # whatever was not dealt with (the process stops) is given out again
                self.spool.put_back(self.queue, left)

    def _not_due(self, items: Sequence[Item], *, probing: bool) -> float:
        linger = self.endpoint.linger
        if not linger or probing or len(items) >= self.endpoint.batch > 1:
            return 0.0
        age = self._clock.now() / 1e6 - min(item.put_at for item in items) / 1e6
        # an age below zero: the machine's clock was set back; waiting that out could take for ever
        return linger - age if 0 <= age < linger else 0.0

    # -- one batch ------------------------------------------------------------------------------------------------

    async def deliver(self, left: list[Item], told: "tuple[Reply | TransportError, int] | None" = None) -> None:
        """Send `left`; whatever is dealt with is removed from it, what stays goes back into the queue.

        `told`: it was sent already, and this came of it; with the epoch in which it was sent.
        """
        parts = [list(left)]
        blocked: set[str] = set()
        splitting = False
        while parts:
            part = [item for item in parts.pop(0) if item.key not in blocked]
            if not part:
                continue
            if told is not None:
                (reply, epoch), told = told, None
            else:
                epoch = self.epoch
                reply = await self._send(part)
            self.state.last_status = reply.status if isinstance(reply, Reply) else self.state.last_status
            if isinstance(reply, TransportError):
                self._away(str(reply), epoch)
                return
            meaning = meaning_of(reply)
            if meaning is Meaning.ACCEPTED:
                self.accepted(part)
                _drop(left, part)
            elif meaning is Meaning.PARTLY:
                self._partly(part, bad_items(reply), left)
            elif meaning is Meaning.AWAY or (
                meaning is Meaning.FAULT and not self._items_are_to_blame(part, splitting=splitting)
            ):
                self._away(reason_of(reply), epoch, retry_after(reply.headers, lambda: self._clock.now() / 1e6))
                return
            elif len(part) > 1:
                splitting = True
                middle = len(part) // 2
                parts[:0] = [part[:middle], part[middle:]]
            else:
                blocked.add(part[0].key)
                self._refused(part[0], reason_of(reply), left)

    async def _send(self, items: Sequence[Item]) -> Reply | TransportError:
        body, headers = self.endpoint.encode([item.payload for item in items]), self.headers()
        if self.endpoint.compression != "none" and len(body) >= WORTH_COMPRESSING:
            headers["Content-Encoding"] = self.endpoint.compression
            body = _compressed(body, self.endpoint.compression)
        started = self._clock.monotonic()
        self.state.requests += 1
        try:
            return await self._transport.send(self.endpoint.method, self.endpoint.url, body, headers)
        except TransportError as error:
            return error
        finally:
            self.state.seconds += self._clock.monotonic() - started

    def headers(self) -> dict[str, str]:
        """The headers of a request, with the token as it is now."""
        return {"Content-Type": self.endpoint.content_type, **self.endpoint.headers()}

    # -- what became of them --------------------------------------------------------------------------------------

    def accepted(self, items: list[Item]) -> None:
        """The server took these: they leave."""
        self.spool.acknowledge(self.queue, items)
        self.state.delivered += len(items)
        if self._waits or self._marks:
            for item in items:
                self._forget(item)
        self._backoff.reset()
        self._tell.on_delivered()
        if self.state.away is not None:
            self.state.away = None
            self.epoch += 1
            self._tell.on_back()

    def _partly(self, items: list[Item], bad: dict[int, str], left: list[Item]) -> None:
        named = {index: items[index] for index in bad if 0 <= index < len(items)}
        taken = [item for index, item in enumerate(items) if index not in named]
        self.accepted(taken)
        _drop(left, taken)
        for index, item in named.items():
            self.state.refused += 1
            self._bury(item, f"HTTP 422: {bad[index]}", left)

    def _items_are_to_blame(self, items: Sequence[Item], *, splitting: bool) -> bool:
        """Whether the server took other items since it last stumbled: over this one, or over any batch."""
        accepted = self.state.delivered
        if len(items) > 1:
            before, self._stumbled = self._stumbled, accepted
            return splitting or accepted > before
        (item,) = items
        mark = self._marks.get(item.id)
        self._marks[item.id] = accepted
        return mark is not None and mark < accepted

    def _refused(self, item: Item, reason: str, left: list[Item]) -> None:
        self.state.refused += 1
        if item.attempts >= self.endpoint.max_retries:
            self._bury(item, f"{reason} (after {item.attempts} retries)", left)
            return
        self.state.retries += 1
        delay = self._waits.setdefault(item.id, self._item_backoff()).next_delay()
        _drop(left, [item])
        task = asyncio.create_task(self._hold(item, delay))
        self._held.add(task)
        task.add_done_callback(self._held.discard)

    async def _hold(self, item: Item, delay: float) -> None:
        try:
            await self._clock.sleep(delay)
        finally:
            self.spool.put_back(self.queue, [item], tried=True)

    def _bury(self, item: Item, reason: str, left: list[Item]) -> None:
        self.spool.bury(self.queue, item, reason)
        _drop(left, [item])
        self.state.buried += 1
        self._forget(item)
        self._tell.on_buried(item, reason)

    def _forget(self, item: Item) -> None:
        self._waits.pop(item.id, None)
        self._marks.pop(item.id, None)

    def _away(self, reason: str, epoch: int, wait: float = 0.0) -> None:
        if epoch != self.epoch:
            return  # many requests were out when the server went away: it went away once
        self.epoch += 1
        self.state.retries += 1
        self._open_at = self._clock.monotonic() + max(wait, self._backoff.next_delay())
        if self.state.away is None:
            self._tell.on_away(reason)
        self.state.away = reason


def _drop(left: list[Item], items: Sequence[Item]) -> None:
    if len(items) == len(left):
        left.clear()
        return
    gone = {item.id for item in items}
    left[:] = [item for item in left if item.id not in gone]


def _compressed(body: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(body, 1)
    with suppress(ImportError):
        from compression import zstd  # type: ignore[import-not-found] # noqa: PLC0415 - from 3.14 on

        packed: bytes = zstd.compress(body, 1)
        return packed
    import zstandard  # noqa: PLC0415 - only where it is asked for

    return zstandard.ZstdCompressor(level=1).compress(body)
