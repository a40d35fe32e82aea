"""Searches over HTTP: whatever is typed is answered, chips say where they are, and one that takes too long is stopped."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.server.api import search
from doorwatch.store.engine.limits import TooSlowError, at_most

ODD = [
    '"unbalanced',
    "2026-02-30",
    "word " * 900,
    "x" * 4900,
    "'; DROP TABLE moments; --",
    "<script>alert(1)</script>",
    'camera:"no such camera"',
    "2016-01-01 to 2026-12-31",
    "%_\\",
    "-" * 100,
    ":" * 100,
    '"' * 99,
    "every every every",
    "18:00-06:00-18:00",
]


@pytest.fixture
async def owner(site):
    return await site.user(Role.OWNER)


async def test_whatever_is_typed_is_answered_and_what_was_left_out_is_said(site, owner):
    await site.furnish(owner, await site.machine(TokenKind.GATEWAY))
    for text in ODD:
        answer = await owner.get("/api/search", params={"q": text})
        assert answer["query"]["text"] == text
    said = [
        (await owner.get("/api/search", params={"q": text}))["query"]["problems"]
        for text in ('"unbalanced', "2026-02-30", "word " * 100, 'camera:"no such camera"')
    ]
    assert all(said)
    refused = await owner.get("/api/search", params={"q": "x" * 5001}, expect=422)
    assert "q" in refused["error"]
    refused = await owner.get("/api/search", params={"q": "word " * 10_000}, expect=414)
    assert "ask for less" in refused["error"]


async def test_pages_follow_a_mark_and_what_happens_meanwhile_moves_nothing(site, owner):
    gateway = await site.machine(TokenKind.GATEWAY)

    async def tell(*seconds):
        for second in seconds:
            event = {"device_id": "lobby", "event_id": f"e{second}", "timestamp": site.iso(-second)}
            await gateway.post("/api/pacs/webhooks", {"event": event | {"event_type": "AccessGranted"}})

    async def page(**more):
        found = await owner.get("/api/search", params={"q": "access granted", "limit": 2, **more})
        return [one["moment_id"].rpartition(":")[2] for one in found["moments"]], found["next"]

    await tell(40, 30, 20, 10)
    first, mark = await page()
    await tell(5, 35)  # one that is newer than the page, and one that comes late
    second, mark = await page(before=mark)
    third, end = await page(before=mark)
    assert (first, second, third, end) == (["e10", "e20"], ["e30", "e35"], ["e40"], None)


async def test_a_chip_says_where_in_the_search_it_is(owner):
    text = "tailgating NOT reviewed"
    chips = (await owner.get("/api/search", params={"q": text}))["query"]["chips"]
    assert [text[chip["start"] : chip["end"]] for chip in chips] == ["tailgating", "NOT reviewed"]


async def test_a_search_that_takes_too_long_is_stopped_and_the_next_one_is_not(owner, monkeypatch):
    def endless(conn, *_args, **_options):
        count = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        conn.exec_driver_sql(count).all()

    monkeypatch.setattr(search, "find", endless)
    monkeypatch.setattr(search, "MOST_SECONDS", 0.2)
    refused = await owner.get("/api/search?q=lobby", expect=422)
    assert "was stopped: add a time, a door or a camera" in refused["error"]
    assert refused["reason"] == "too_slow"
    monkeypatch.undo()
    assert (await owner.get("/api/search?q=lobby"))["total"] == 0


async def test_a_read_within_its_time_is_left_alone_and_other_troubles_are_told_as_they_are(site):
    def read(conn):
        with at_most(conn, 5):
            return conn.exec_driver_sql("SELECT 7").scalar_one()

    def wrong(conn):
        with at_most(conn, 5):
            conn.exec_driver_sql("SELECT 1 FROM nowhere")

    assert await site.services.db.read(read) == 7
    with pytest.raises(Exception, match="no such table") as trouble:
        await site.services.db.read(wrong)
    assert not isinstance(trouble.value, TooSlowError)
