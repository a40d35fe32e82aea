"""Many small posts become few writes, and each is answered by its own commit."""

import asyncio

import pytest

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import ManualClock
from doorwatch.server.ingest import gathering as gathering_module
from doorwatch.server.ingest import pace
from doorwatch.server.ingest.gathering import MOST_TOGETHER, Gathering
from doorwatch.server.ingest.pace import MANY_POSTS
from doorwatch.store import Database, StoreBusyError, access_events, tenants


@pytest.fixture
def db(own_sqlite):
    found = Database.open(str(own_sqlite))
    yield found
    found.close()


@pytest.fixture
def key(db):
    account, _, pacs = db.write_sync(lambda conn: tenants.ensure_default(conn, 1))
    return account.account_id, pacs.pacs_id


def ignore(*_what):
    pass


def event(name, device="lobby"):
    return AccessEvent(str(name), device, 1_000_000, "AccessGranted")


@pytest.fixture
def writes(monkeypatch):
    """The sizes of the writes that reach the store."""
    sizes, real = [], access_events.store_events

    def counted(conn, account, pacs, events, now):
        sizes.append(len(events))
        if any(e.event_id == "broken" for e in events):
            raise ValueError("broken")
        return real(conn, account, pacs, events, now)

    monkeypatch.setattr(access_events, "store_events", counted)
    return sizes


async def test_what_arrives_during_a_write_goes_into_the_next_one_together(db, key, writes):
    told = []
    gathering = Gathering(db, ManualClock(), lambda *what: told.append(what))
    await asyncio.gather(*(gathering.store(key, [event(n, f"d{n % 3}")]) for n in range(200)))
    assert sum(writes) == 200
    assert len(writes) < 10
    assert [(of, len(events)) for of, events, _ in told] == [(key, size) for size in writes]
    assert all(event.device_id in doors for _, events, doors in told for event in events)
    await asyncio.gather(*(lane.task for lane in gathering._lanes.values()))
    assert gathering._lanes == {}


async def test_a_write_has_a_limit_and_a_large_post_is_never_split(db, key, writes):
    gathering = Gathering(db, ManualClock(), ignore)
    sizes = [MOST_TOGETHER - 1, 2, MOST_TOGETHER + 5, 1]
    posts = [[event(f"{n}-{i}") for i in range(size)] for n, size in enumerate(sizes)]
    await asyncio.gather(*(gathering.store(key, post) for post in posts))
    assert writes == sizes


async def test_a_write_that_fails_is_every_posts_failure_and_the_next_one_works(db, key, writes):
    gathering = Gathering(db, ManualClock(), ignore)
    results = await asyncio.gather(
        *(gathering.store(key, [event(name)]) for name in ("broken", "2")), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError, ValueError]
    await gathering.store(key, [event("3")])
    assert writes[-1] == 1


async def test_after_many_posts_the_next_ones_are_waited_for_and_written_together(db, key, writes):
    gathering = Gathering(db, ManualClock(), ignore)
    await asyncio.gather(*(gathering.store(key, [event(n)]) for n in range(MANY_POSTS)))
    await asyncio.gather(*(gathering.store(key, [event(f"again {n}")]) for n in range(MANY_POSTS)))
    assert writes == [MANY_POSTS, MANY_POSTS]


async def test_after_many_events_as_many_posts_and_one_more_are_waited_for_while_they_come(
    db, key, writes, monkeypatch
):
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 0.4)  # so that a busy machine does not end the wait
    monkeypatch.setattr(pace, "GAP_SECONDS", 0.4)
    gathering = Gathering(db, ManualClock(), ignore)
    posts = [[event(f"{n}-{i}") for i in range(500)] for n in range(6)]
    await asyncio.gather(*(gathering.store(key, post) for post in posts[:2]))
    waiting = []
    for post in posts[2:5]:
        waiting.append(asyncio.ensure_future(gathering.store(key, post)))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    await gathering.store(key, posts[5])  # nobody else posts: it waits no longer than the gap
    assert writes == [1000, 1500, 500]


async def test_as_many_events_as_a_write_takes_wait_for_nobody(db, key, writes, monkeypatch):
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 3600)
    monkeypatch.setattr(pace, "GAP_SECONDS", 3600)
    gathering = Gathering(db, ManualClock(), ignore)
    for turn in ("first", "second"):
        await gathering.store(key, [event(f"{turn}-{i}") for i in range(MOST_TOGETHER)])
    assert writes == [MOST_TOGETHER, MOST_TOGETHER]


async def test_what_follows_from_stored_events_may_fail_and_the_posts_are_answered(db, key, writes, capsys):
    def fail(*_what):
        raise ValueError("the listener broke")

    gathering = Gathering(db, ManualClock(), fail)
    await gathering.store(key, [event("1")])
    await gathering.store(key, [event("2")])
    assert writes == [1, 1]
    told = capsys.readouterr()
    assert "the listener broke" in told.out + told.err


async def test_more_than_the_database_keeps_up_with_is_refused_and_what_was_taken_is_stored(
    db, key, writes, monkeypatch
):
    monkeypatch.setattr(gathering_module, "MOST_WAITING", 10)
    gathering = Gathering(db, ManualClock(), ignore)
    posts = (gathering.store(key, [event(f"{n}-{i}") for i in range(6)]) for n in range(4))
    results = await asyncio.gather(*posts, return_exceptions=True)
    assert [isinstance(result, StoreBusyError) for result in results] == [False, False, True, True]
    assert sum(writes) == 12
    await gathering.store(key, [event("later")])
    assert writes[-1] == 1


async def test_a_caller_that_went_away_takes_nobody_along(db, key, writes):
    gathering = Gathering(db, ManualClock(), ignore)
    gone = asyncio.ensure_future(gathering.store(key, [event("1")]))
    stays = asyncio.ensure_future(gathering.store(key, [event("2")]))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert sum(writes) == 2
