"""Events of many posts in one write.

Gateways that forward events one by one post many small bodies at the same time. What arrives while a write is on its way
waits for the next one, all together: a batch costs the database little more than one event. Each post is still answered
only after the commit that holds its events.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import Clock
from doorwatch.server.ingest.pace import Pace, Pause
from doorwatch.store import access_events
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import StoreBusyError

MOST_TOGETHER = 5000
MOST_WAITING = 100_000

Key = tuple[str, str]
"""Account and access control system."""

Listener = Callable[[Key, Sequence[AccessEvent], Mapping[str, str]], None]
"""Told after each commit of the events in it and of the server's doors by device id."""

Done = Callable[[BaseException | None], None]
"""Told once how a post ended: None when its events are committed."""

_log = structlog.get_logger(__name__)


class _Post(NamedTuple):
    events: Sequence[AccessEvent]
    done: Done


@dataclass(slots=True)
class _Lane:
    posts: list[_Post] = field(default_factory=list)
    waiting: int = 0
    task: "asyncio.Task[None] | None" = None
    pace: Pace = field(default_factory=Pace)
    breath: "_Breath | None" = None


class Gathering:
    """Writes events, as many posts at a time as are waiting."""

    def __init__(self, db: Database, clock: Clock, on_stored: Listener) -> None:
        self._db = db
        self._clock = clock
        self._on_stored = on_stored
        self._lanes: dict[Key, _Lane] = {}

    async def store(self, key: Key, events: Sequence[AccessEvent]) -> None:
        """Store events; when this returns they are committed.

        Raises StoreBusyError when too many wait already, and what the store raises.
        """
        stored = asyncio.get_running_loop().create_future()

        def done(error: BaseException | None) -> None:
            if not stored.done():
                stored.set_result(None) if error is None else stored.set_exception(error)

        self.put(key, events, done)
        await stored

    def put(self, key: Key, events: Sequence[AccessEvent], done: Done) -> None:
        """As `store`, for those who wait in no task: `done` is told in the event loop's thread. Raises StoreBusyError."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
        elif lane.waiting > MOST_WAITING:
            raise StoreBusyError("more events wait than the database keeps up with: try again in some seconds")
        lane.waiting += len(events)
        lane.posts.append(_Post(events, done))
        if lane.task is None:
            lane.task = asyncio.get_running_loop().create_task(self._drain(key, lane))
        elif lane.breath is not None:
            lane.breath.posted(len(lane.posts), lane.waiting)

    async def _drain(self, key: Key, lane: _Lane) -> None:
        try:
            while lane.posts:
                posts = _next(lane)
                count = await self._write(key, posts)
                await _wait(lane, lane.pace.after(len(posts), count, len(lane.posts)))
        finally:
            lane.task = None
            if not lane.posts:
                self._lanes.pop(key, None)

    async def _write(self, key: Key, posts: Sequence[_Post]) -> int:
        """Write the events of some posts and tell those who wait; how many events they are."""
        account, pacs = key
        events = [event for post in posts for event in post.events]
        now = self._clock.now()
        failed: BaseException | None = None
        try:
            stored = await self._db.write(lambda conn: access_events.store_events(conn, account, pacs, events, now))
        except Exception as error:  # noqa: BLE001 - it belongs to the posts, each of which answers with it
            failed = error
        else:
            self._tell(key, events, stored.doors)
        for post in posts:
            post.done(failed)
        return len(events)

    def _tell(self, key: Key, events: Sequence[AccessEvent], doors: Mapping[str, str]) -> None:
        try:
            self._on_stored(key, events, doors)
        except Exception:  # noqa: BLE001 - the commit stands, whatever its listener does
            _log.exception("events are stored, but what follows from them failed", account=key[0])


class _Breath:
    """Waits until enough posts wait, or nobody posts any more."""

    def __init__(self, pause: Pause) -> None:
        self._loop = asyncio.get_running_loop()
        self._pause = pause
        self._until = self._loop.time() + pause.seconds
        self._timer = self._loop.call_later(pause.gap, self._over)
        self.enough: asyncio.Future[bool] = self._loop.create_future()

    def posted(self, posts: int, events: int) -> None:
        """Hear that one more post came, and how many posts and events wait by now."""
        if self.enough.done():
            return
        if posts >= self._pause.posts or events >= MOST_TOGETHER:
            self._timer.cancel()
            self.enough.set_result(True)
        elif self._pause.gap < self._pause.seconds:
            self._timer.cancel()
            self._timer = self._loop.call_at(min(self._until, self._loop.time() + self._pause.gap), self._over)

    def _over(self) -> None:
        if not self.enough.done():
            self.enough.set_result(False)

    def end(self) -> None:
        """Wait no more."""
        self._timer.cancel()


async def _wait(lane: _Lane, pause: Pause) -> None:
    """Let those post who were just answered, and those who are about to."""
    if len(lane.posts) >= pause.posts or lane.waiting >= MOST_TOGETHER:
        lane.pace.learn(enough=True)
        return
    lane.breath = _Breath(pause)
    try:
        lane.pace.learn(enough=await lane.breath.enough)
    finally:
        lane.breath.end()
        lane.breath = None


def _next(lane: _Lane) -> list[_Post]:
    """The posts that go into one write, in the order in which they came."""
    count, most = 0, 0
    for post in lane.posts:
        if most and count + len(post.events) > MOST_TOGETHER:
            break
        count += len(post.events)
        most += 1
    taken, lane.posts = lane.posts[:most], lane.posts[most:]
    lane.waiting -= count
    return taken
