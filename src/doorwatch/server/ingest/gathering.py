"""Events of many posts in one write.

Gateways that forward events one by one post many small bodies at the same time. What arrives while a write is on its way
waits for the next one, all together: a batch costs the database little more than one event. Each post is still answered
only after the commit that holds its events.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import Clock
from doorwatch.store import access_events
from doorwatch.store.database import Database
from doorwatch.store.errors import StoreBusyError

MOST_TOGETHER = 2000
MOST_WAITING = 100_000
MANY_POSTS = 16
BREATH_SECONDS = 0.003
"""Real time, since it is the machine's own pace that is waited for."""

Key = tuple[str, str]
"""Account and access control system."""


@dataclass(slots=True)
class _Post:
    events: Sequence[AccessEvent]
    stored: "asyncio.Future[Mapping[str, str]]"


@dataclass(slots=True)
class _Lane:
    posts: list[_Post] = field(default_factory=list)
    waiting: int = 0
    task: "asyncio.Task[None] | None" = None


class Gathering:
    """Writes events, as many posts at a time as are waiting."""

    def __init__(self, db: Database, clock: Clock, on_stored: Callable[[], None]) -> None:
        self._db = db
        self._clock = clock
        self._on_stored = on_stored
        self._lanes: dict[Key, _Lane] = {}

    async def store(self, key: Key, events: Sequence[AccessEvent]) -> Mapping[str, str]:
        """Store events; when this returns they are committed. The server's doors by device id.

        Raises StoreBusyError when too many wait already, and what the store raises.
        """
        lane = self._lanes.setdefault(key, _Lane())
        if lane.waiting > MOST_WAITING:
            raise StoreBusyError("more events wait than the database keeps up with: try again in some seconds")
        lane.waiting += len(events)
        post = _Post(events, asyncio.get_running_loop().create_future())
        lane.posts.append(post)
        if lane.task is None:
            lane.task = asyncio.create_task(self._drain(key, lane))
        return await post.stored

    async def _drain(self, key: Key, lane: _Lane) -> None:
        try:
            while lane.posts:
                posts = _next(lane)
                await self._write(key, posts)
                if len(posts) >= MANY_POSTS:
                    # Those who were just answered are about to post again: to wait for them halves the writes.
                    await asyncio.sleep(BREATH_SECONDS)
        finally:
            lane.task = None
            if not lane.posts:
                self._lanes.pop(key, None)

    async def _write(self, key: Key, posts: Sequence[_Post]) -> None:
        account, pacs = key
        events = [event for post in posts for event in post.events]
        now = self._clock.now()
        try:
            stored = await self._db.write(lambda conn: access_events.store_events(conn, account, pacs, events, now))
        except Exception as error:  # noqa: BLE001 - it belongs to the posts, each of which answers with it
            for post in posts:
                if not post.stored.done():
                    post.stored.set_exception(error)
            return
        self._on_stored()
        for post in posts:
            if not post.stored.done():
                post.stored.set_result(stored.doors)


def _next(lane: _Lane) -> list[_Post]:
    """The posts that go into one write, in the order in which they came."""
    taken: list[_Post] = []
    count = 0
    while lane.posts and (not taken or count + len(lane.posts[0].events) <= MOST_TOGETHER):
        post = lane.posts.pop(0)
        count += len(post.events)
        taken.append(post)
    lane.waiting -= count
    return taken
