"""The page's event stream: what was committed, in the order of commits, to every browser that listens.

Moments are read back from the database by their sequence, which is the events' id, so that a browser that was away
resumes where it was, and replicas publish each other's commits. What is no moment (a camera's state, a mail) is passed
on as it happens, without an id. A listener who is too slow is told to reload instead of holding anything up.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import structlog

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.metrics import DROPPED, LISTENERS

_log = structlog.get_logger(__name__)

MOST_WAITING = 1000
MOST_BACKLOG = 1000
BATCH = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the stream; `sequence` is None for what can't be resumed.

    `narrowed` makes its data for somebody with whom only some cameras are shared, None when that is nothing. Without it
    they hear that there is something to ask for, and not what.
    """

    name: str
    data: bytes
    sequence: int | None = None
    narrowed: Callable[[frozenset[str]], bytes | None] | None = None

    def told_to(self, cameras: frozenset[str] | None) -> "Entry | None":
        """The event for somebody with whom these cameras are shared (None: all); None when it is not for them."""
        if cameras is None:
            return self
        data = b"null" if self.narrowed is None else self.narrowed(cameras)
        return None if data is None else Entry(self.name, data, self.sequence)

    def encoded(self) -> bytes:
        """As it goes over the wire."""
        identity = b"" if self.sequence is None else b"id: %d\n" % self.sequence
        return b"event: %s\n%sdata: %s\n\n" % (self.name.encode(), identity, self.data)


class Source:
    """What the feed reads: where the sequence stands, and what came after a number."""

    async def newest(self, account: str) -> int:
        """The highest sequence committed."""
        raise NotImplementedError

    async def after(self, account: str, sequence: int, limit: int) -> list[Entry]:
        """What came after `sequence`, in order, at most `limit` moments."""
        raise NotImplementedError


@dataclass(eq=False, slots=True)
class Listener:
    """One browser that listens; `cameras` are the only ones that it hears of, None for all."""

    account: str
    cameras: frozenset[str] | None = None
    waiting: deque[Entry] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    overflowed: bool = False

    def offer(self, entry: Entry) -> None:
        """Queue an event, or give up on the queue when too much waits."""
        told = entry.told_to(self.cameras)
        if told is None:
            return
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.clear()
            self.overflowed = True
            DROPPED.labels("events").inc()
        self.waiting.append(told)
        self.ready.set()


class EventFeed:
    """Fans committed moments out to the browsers of each account."""

    def __init__(
        self, source: Source, sleep: Callable[[float], Awaitable[None]], *, poll_seconds: float | None
    ) -> None:
        self._source = source
        self._sleep = sleep
        self._poll_seconds = poll_seconds
        self._listeners: dict[str, set[Listener]] = {}
        self._position: dict[str, int] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._closing = False

    def changed(self, accounts: frozenset[str]) -> None:
        """Moments of these accounts were committed; called in the event loop's thread."""
        self._changed |= accounts
        self._wake.set()

    def close(self) -> None:
        """End all streams, so that the server can stop; browsers come back when it is there again."""
        self._closing = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.ready.set()

    def publish(self, account: str, name: str, data: object) -> None:
        """Pass on something that is no moment."""
        entry = Entry(name, msgspec.json.encode(data))
        for listener in self._listeners.get(account, ()):
            listener.offer(entry)

    async def run(self) -> None:
        """Read what was committed and hand it out, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()
            self._wake.clear()
            accounts = set(self._listeners) if self._poll_seconds else self._changed & self._listeners.keys()
            self._changed = set()
            for account in accounts:
                try:
                    await self._advance(account)
                except DoorwatchError as error:
                    _log.warning("live updates are late", error=str(error))
                    self._changed.add(account)
                    await self._sleep(1)
                    self._wake.set()

    async def _advance(self, account: str) -> None:
        while account in self._listeners:
            entries = await self._source.after(account, self._position[account], BATCH)
            if not entries:
                return
            for entry in entries:
                for listener in self._listeners.get(account, ()):
                    listener.offer(entry)
            self._position[account] = max(entry.sequence or 0 for entry in entries)

    async def listen(
        self, account: str, last_seen: int | None, cameras: frozenset[str] | None = None
    ) -> AsyncGenerator[bytes]:
        """The stream of one browser, from after the event `last_seen`, or from now on; a comment now and then."""
        listener = Listener(account, cameras)
        start = await self._join(listener)
        LISTENERS.labels("events").inc()
        try:
            yield b": hello\nretry: 1000\n\n"
            async for piece in self._missed(listener, last_seen, start):
                yield piece
            if last_seen is None:
                yield b"id: %d\n\n" % start
            while not self._closing:
                async for piece in self._fresh(listener, start):
                    yield piece
        finally:
            LISTENERS.labels("events").dec()
            self._leave(listener)

    async def _join(self, listener: Listener) -> int:
        listeners = self._listeners.setdefault(listener.account, set())
        listeners.add(listener)
        if len(listeners) == 1 or listener.account not in self._position:
            self._position[listener.account] = await self._source.newest(listener.account)
        return self._position[listener.account]

    def _leave(self, listener: Listener) -> None:
        listeners = self._listeners.get(listener.account, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(listener.account, None)
            self._position.pop(listener.account, None)

    async def _missed(self, listener: Listener, last_seen: int | None, start: int) -> AsyncIterator[bytes]:
        if last_seen is None or last_seen == start:
            return
        if last_seen > start or start - last_seen > MOST_BACKLOG:
            yield _reload(start)
            return
        while last_seen < start:
            entries = await self._source.after(listener.account, last_seen, BATCH)
            for entry in entries:
                told = entry.told_to(listener.cameras)
                if told is not None and (entry.sequence or 0) <= start:
                    yield told.encoded()
            if not entries:
                return
            last_seen = max(entry.sequence or 0 for entry in entries)

    async def _fresh(self, listener: Listener, start: int) -> AsyncIterator[bytes]:
        try:
            async with asyncio.timeout(15):
                await listener.ready.wait()
        except TimeoutError:
            yield b": still here\n\n"
            return
        listener.ready.clear()
        if listener.overflowed:
            listener.overflowed = False
            listener.waiting.clear()
            yield _reload(self._position[listener.account])
        while listener.waiting:
            entry = listener.waiting.popleft()
            # What was read back already, while joining, is not told twice.
            if entry.sequence is None or entry.sequence > start:
                yield entry.encoded()


def _reload(sequence: int) -> bytes:
    return Entry("reload", b'{"reason":"more happened than can be told one by one"}', sequence).encoded()
