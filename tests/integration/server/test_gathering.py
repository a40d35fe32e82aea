"""Many small posts become few writes, and each is answered by its own commit."""

import asyncio

import pytest

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import ManualClock
from doorwatch.server.ingest import gathering as gathering_module
from doorwatch.server.ingest.gathering import MANY_POSTS, MOST_TOGETHER, Gathering
from doorwatch.store import Database, StoreBusyError, access_events, tenants


@pytest.fixture
def db(tmp_path):
    found = Database.open(f"sqlite:///{tmp_path / 'doorwatch.db'}")
    yield found
    found.close()


@pytest.fixture
def key(db):
    account, _, pacs = db.write_sync(lambda conn: tenants.ensure_default(conn, 1))
    return account.account_id, pacs.pacs_id


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
    woken = []
    gathering = Gathering(db, ManualClock(), lambda: woken.append(1))
    answers = await asyncio.gather(*(gathering.store(key, [event(n, f"d{n % 3}")]) for n in range(200)))
    assert sum(writes) == 200
    assert len(writes) < 10
    assert len(woken) == len(writes)
    assert all(f"d{n % 3}" in doors for n, doors in enumerate(answers))
    await asyncio.gather(*(lane.task for lane in gathering._lanes.values()))
    assert gathering._lanes == {}


async def test_a_write_has_a_limit_and_a_large_post_is_never_split(db, key, writes):
    gathering = Gathering(db, ManualClock(), lambda: None)
    sizes = [MOST_TOGETHER - 1, 2, MOST_TOGETHER + 5, 1]
    posts = [[event(f"{n}-{i}") for i in range(size)] for n, size in enumerate(sizes)]
    await asyncio.gather(*(gathering.store(key, post) for post in posts))
    assert writes == sizes


async def test_a_write_that_fails_is_every_posts_failure_and_the_next_one_works(db, key, writes):
    gathering = Gathering(db, ManualClock(), lambda: None)
    results = await asyncio.gather(
        *(gathering.store(key, [event(name)]) for name in ("broken", "2")), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError, ValueError]
    assert await gathering.store(key, [event("3")])


async def test_after_many_posts_the_next_ones_are_waited_for_and_written_together(db, key, writes):
    gathering = Gathering(db, ManualClock(), lambda: None)
    await asyncio.gather(*(gathering.store(key, [event(n)]) for n in range(MANY_POSTS)))
    await asyncio.gather(*(gathering.store(key, [event(f"again {n}")]) for n in range(MANY_POSTS)))
    assert writes == [MANY_POSTS, MANY_POSTS]


async def test_more_than_the_database_keeps_up_with_is_refused_and_what_was_taken_is_stored(
    db, key, writes, monkeypatch
):
    monkeypatch.setattr(gathering_module, "MOST_WAITING", 10)
    gathering = Gathering(db, ManualClock(), lambda: None)
    posts = (gathering.store(key, [event(f"{n}-{i}") for i in range(6)]) for n in range(4))
    results = await asyncio.gather(*posts, return_exceptions=True)
    assert [isinstance(result, StoreBusyError) for result in results] == [False, False, True, True]
    assert sum(writes) == 12
    assert await gathering.store(key, [event("later")])


async def test_a_caller_that_went_away_takes_nobody_along(db, key, writes):
    gathering = Gathering(db, ManualClock(), lambda: None)
    gone = asyncio.ensure_future(gathering.store(key, [event("1")]))
    stays = asyncio.ensure_future(gathering.store(key, [event("2")]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays
    assert sum(writes) == 2
