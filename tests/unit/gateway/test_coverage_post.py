"""How often the server is told what is covered: at once after news, often while a verdict may wait, else at leisure."""

import asyncio
import itertools
import json

import pytest

from doorwatch.domain.time import ManualClock, from_iso, from_seconds
from doorwatch.gateway.collector import QUEUE
from doorwatch.gateway.coverage import Coverage
from doorwatch.gateway.coverage_post import BUSY_SECONDS, LEAST, MOST, CoveragePoster
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.spool import QueueRules, Reply, Spool, TransportError

STEP = 0.05


class Server:
    """Takes posts of coverage and notes when each came."""

    def __init__(self, clock):
        self.clock = clock
        self.status = 200
        self.at = []
        self.until = []
        self.away = False

    async def send(self, method, url, body, headers):
        self.at.append(self.clock.monotonic())
        if self.away:
            raise TransportError("nobody answers")
        self.until.append(from_iso(json.loads(body)["covered_until"]))
        return Reply(self.status, {}, b"{}")


class Site:
    """A poster on a clock of its own; `pass_time` lets seconds go by."""

    def __init__(self, clock, server, spool):
        self.clock, self.server = clock, server
        self.coverage = Coverage()
        self.poster = CoveragePoster(
            self.coverage, spool, server, "http://server/coverage", dict, clock, lambda: from_seconds(3600)
        )

    def begin(self):
        self.coverage.begin(self.clock.now(), ("AccessGranted",), ())

    async def pass_time(self, seconds):
        """Let time pass in small steps; the posts of these seconds, counted from the first step."""
        begun = self.clock.monotonic()
        for _ in range(round(seconds / STEP)):
            self.clock.advance(STEP)
            await settled(self.clock)
        return [at - begun for at in self.server.at if at > begun]


class WatchedClock(ManualClock):
    """A manual clock that tells how many sleep on it."""

    sleepers = 0

    async def sleep(self, seconds):
        self.sleepers += 1
        try:
            await super().sleep(seconds)
        finally:
            self.sleepers -= 1


async def settled(clock):
    """Let the poster run until it sleeps again; the spool answers it from a thread of its own."""
    for _ in range(5):
        await asyncio.sleep(0)
    while not clock.sleepers:
        await asyncio.sleep(0)


@pytest.fixture
async def site(tmp_path):
    clock = WatchedClock()
    spool = await Spool.open(tmp_path / "spool", {QUEUE: QueueRules(), WAITING: QueueRules()})
    site = Site(clock, Server(clock), spool)
    task = asyncio.create_task(site.poster.run())
    await settled(clock)
    yield site
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await spool.close()


async def test_where_nothing_happens_coverage_is_told_every_two_seconds(site):
    site.begin()
    posts = await site.pass_time(20)
    assert len(posts) in {9, 10}


async def test_news_is_told_within_a_quarter_of_a_second(site):
    site.begin()
    await site.pass_time(5)
    site.poster.soon()
    posts = await site.pass_time(LEAST + 2 * STEP)
    assert posts
    assert posts[0] <= LEAST + STEP


async def test_while_a_verdict_may_wait_coverage_is_told_four_times_a_second_and_then_at_leisure(site):
    site.begin()
    await site.pass_time(5)
    site.poster.soon()
    busy = await site.pass_time(BUSY_SECONDS - 1)
    assert all(after - before <= 2 * LEAST for before, after in itertools.pairwise(busy))
    assert len(busy) <= (BUSY_SECONDS - 1) / LEAST + 1
    await site.pass_time(3)
    assert len(await site.pass_time(20)) <= 20 / MOST + 1


async def test_each_delivery_begins_that_time_anew(site):
    site.begin()
    site.poster.soon()
    await site.pass_time(BUSY_SECONDS - 5)
    site.poster.soon()
    await site.pass_time(10)
    assert len(await site.pass_time(10)) >= 20


async def test_what_is_told_never_lies_more_than_half_a_second_back_while_something_happens(site):
    site.begin()
    site.poster.soon()
    await site.pass_time(3)
    assert site.clock.now() - site.server.until[-1] <= from_seconds(0.5)


async def test_a_server_that_is_away_is_not_asked_more_often_for_being_busy(site):
    site.begin()
    site.server.away = True
    site.poster.soon()
    await site.pass_time(1)
    assert len(await site.pass_time(20)) <= 20 / MOST + 1
    assert site.poster.problem == "nobody answers"


async def test_a_server_that_does_not_know_coverage_is_left_alone_however_busy(site):
    site.begin()
    site.server.status = 404
    await site.pass_time(3)
    assert len(await site.pass_time(60)) == 0
    assert site.poster.problem is None


async def test_a_refusal_is_told_with_its_status(site):
    site.begin()
    site.server.status = 403
    await site.pass_time(3)
    assert site.poster.problem == "HTTP 403"
    assert site.poster.covered_until is None


async def test_before_the_subscription_stands_nothing_is_told(site):
    site.poster.soon()
    assert await site.pass_time(5) == []
