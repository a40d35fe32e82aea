"""Posts of events that come in one piece are answered without a task, and just as they would be with one."""

import asyncio
import json

import pytest

from doorwatch.accounts import token_desk
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import HOUR
from doorwatch.server.ingest import connection as connection_module
from doorwatch.server.ingest.connection import EventConnection
from doorwatch.server.metrics import REGISTRY
from doorwatch.store import access_events
from doorwatch.store.engine.errors import StoreBusyError

PATH = "/api/pacs/webhooks"


def body(name, **more):
    event = {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00.123Z", "event_type": "AccessGranted"}
    return json.dumps({"event": event | {"event_id": name} | more}).encode()


def head(token, data, *more, path=PATH, version="1.1"):
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"Authorization: Bearer {token}", *more]
    return "\r\n".join([*lines, f"Content-Length: {len(data)}", "", ""]).encode()


class Line:
    """A connection that is written to byte by byte."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, site):
        return cls(*await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2])))

    async def read(self):
        """Status, headers and body of the next answer."""
        raw = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)).decode()
        status, *lines = raw.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        content = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, content

    async def ask(self, raw):
        self.writer.write(raw)
        return await self.read()


@pytest.fixture
async def token(site, monkeypatch):
    monkeypatch.setattr(token_desk, "TOKEN_MEMORY", HOUR)
    return await site.token(TokenKind.GATEWAY)


@pytest.fixture
async def line(site):
    found = await Line.open(site)
    yield found
    found.writer.close()


@pytest.fixture
def short(monkeypatch):
    """How many events the posts brought that were answered without a task."""
    real, count = EventConnection._answer, []

    def answer(self, ready):
        count.extend(one.events for one in ready)
        real(self, ready)

    monkeypatch.setattr(EventConnection, "_answer", answer)
    return count


async def test_a_head_that_was_read_before_leads_to_the_same_answer_without_a_task(line, token, short):
    first, second, third = [await line.ask(head(token, body(name)) + body(name)) for name in ("1", "2", "3")]
    assert short == [1]  # the first makes the token known, the second the head
    assert [answer[0] for answer in (first, second, third)] == [200, 200, 200]
    assert json.loads(third[2]) == {"stored": 1}
    assert third[1]["connection"] == "posts-together"
    changing = {"x-request-id", "date", "connection"}
    assert {k: v for k, v in third[1].items() if k not in changing} == {
        k: v for k, v in second[1].items() if k not in changing
    }
    assert len({answer[1]["x-request-id"] for answer in (first, second, third)}) == 3


async def test_what_came_the_short_way_is_stored_counted_and_found(site, line, token, short):
    labels = {"method": "POST", "route": PATH, "status": "200"}
    await line.ask(head(token, body("0")) + body("0"))
    before = REGISTRY.get_sample_value("doorwatch_http_requests_total", labels)
    for name in "12345":
        await line.ask(head(token, body(name)) + body(name))
    assert len(short) == 4
    assert REGISTRY.get_sample_value("doorwatch_http_requests_total", labels) == before + 5
    owner = await site.user(Role.OWNER)
    assert (await owner.get("/api/search", params={"q": "access granted"}))["total"] == 6


async def test_posts_that_are_sent_before_the_answer_are_answered_in_their_order(line, token, short):
    for name in "12":
        await line.ask(head(token, body(name)) + body(name))
    posts = [head(token, body(name)) + body(name) for name in "3456"]
    line.writer.write(posts[0])
    await line.writer.drain()
    line.writer.write(posts[1] + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + posts[2])
    await line.writer.drain()
    line.writer.write(posts[3])
    answers = [await line.read() for _ in range(5)]
    assert [answer[0] for answer in answers] == [200] * 5
    assert [b"stored" in answer[2] for answer in answers] == [True, True, False, True, True]


async def friend(site, token, line):
    """A connection, with a head that is known."""
    for name in "12":
        await line.ask(head(token, body(name)) + body(name))


def post(token, name):
    return head(token, body(name)) + body(name)


async def test_posts_that_come_together_are_stored_together_and_answered_in_one_piece(site, line, token, short):
    await friend(site, token, line)
    names = [f"{number:03}" for number in range(200)]
    for name in ("100", "101"):
        await line.ask(post(token, name))
    line.writer.write(b"".join(post(token, name) for name in names))
    answers = [await line.read() for _ in names]
    assert [(status, content) for status, _, content in answers] == [(200, b'{"stored":1}')] * 200
    assert len({headers["x-request-id"] for _, headers, _ in answers}) == 200
    assert len(short) == 201
    owner = await site.user(Role.OWNER)
    assert (await owner.get("/api/search", params={"q": "access granted"}))["total"] == 202


async def test_a_post_among_others_that_is_unsound_is_refused_in_its_place(site, line, token, short):
    await friend(site, token, line)
    bad = body("3").replace(b"2026-01-31T12:00", b"2026-13-31T12:00")
    assert len(bad) == len(body("3"))
    line.writer.write(post(token, "4") + head(token, bad) + bad + post(token, "5") + post(token, "6"))
    answers = [await line.read() for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 422, 200, 200]
    assert (await line.ask(post(token, "7")))[0] == 200


async def test_where_storing_fails_the_application_says_why_and_what_came_behind_is_stored_once(
    site, line, token, short, monkeypatch
):
    await friend(site, token, line)
    real, failed = access_events.store_events, []

    def store(conn, account, pacs, events, now):
        if any(event.event_id == "4" for event in events) and not failed:
            failed.append(len(events))
            raise StoreBusyError("the database is busy: try again")
        return real(conn, account, pacs, events, now)

    monkeypatch.setattr(access_events, "store_events", store)
    line.writer.write(b"".join(post(token, name) for name in "3456"))
    answers = [await line.read() for _ in range(4)]
    assert failed
    assert [status for status, _, _ in answers] == [200] * 4  # asked again by the application, they were stored
    owner = await site.user(Role.OWNER)
    assert (await owner.get("/api/search", params={"q": "access granted"}))["total"] == 6


async def test_posts_that_follow_while_others_are_stored_are_answered_behind_them(site, line, token, short):
    await friend(site, token, line)
    for start in range(0, 100, 10):
        line.writer.write(b"".join(post(token, f"n{number:03}") for number in range(start, start + 10)))
        await line.writer.drain()
        await asyncio.sleep(0)
    line.writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + post(token, "9"))
    answers = [await line.read() for _ in range(102)]
    assert [status for status, _, _ in answers] == [200] * 102
    assert [b"stored" in content for _, _, content in answers] == [True] * 100 + [False, True]


@pytest.mark.parametrize("size", [1, 7, 400])
async def test_posts_in_pieces_are_put_together(line, token, short, size):
    for name in "12":
        await line.ask(head(token, body(name)) + body(name))
    raw = head(token, body("3")) + body("3")
    for start in range(0, len(raw), size):
        line.writer.write(raw[start : start + size])
        await line.writer.drain()
        await asyncio.sleep(0)
    assert (await line.read())[0] == 200
    assert (await line.ask(head(token, body("4")) + body("4")))[0] == 200
    assert short[-1:] == [1]


@pytest.mark.parametrize(
    ("data", "more", "status"),
    [
        (b"{", (), 422),
        (body("bad", timestamp="never"), (), 422),
        (body("nul", actor_name="a\0b"), (), 422),
        (body("packed"), ("Content-Encoding: gzip",), 400),
        (body("packed"), ("Content-Encoding: rot13",), 415),
        (body("mine"), ("X-Request-Id: mine",), 200),
        (body("twice"), ("Authorization: Bearer dwg_other",), 200),
    ],
)
async def test_what_is_unusual_is_answered_by_the_long_way_each_time(line, token, short, data, more, status):
    await line.ask(head(token, body("1")) + body("1"))
    for _ in range(3):
        assert (await line.ask(head(token, data, *more) + data))[0] == status
    assert short == []


async def test_other_addresses_versions_and_methods_are_not_mistaken_for_events(site, line, token, short):
    data = body("1")
    for _ in range(3):
        assert (await line.ask(head(token, data, path="/api/pacs/devices") + data))[0] == 422
        assert (await line.ask(head(token, data, path=f"{PATH}?x=1") + data))[0] == 200
        assert (await line.ask(head(token, data).replace(b"POST", b"PUT", 1) + data))[0] == 405
    assert short == []
    for number in range(2):
        old = head(token, body(f"old{number}"), version="1.0") + body(f"old{number}")
        other = await Line.open(site)
        assert (await other.ask(old))[0] == 200
        assert await other.reader.read() == b""
    assert short == []


async def test_a_revoked_token_is_refused_at_once(site, line, token, short):
    for name in "123":
        await line.ask(head(token, body(name)) + body(name))
    assert short == [1]
    owner = await site.user(Role.OWNER)
    [mine] = [one for one in await owner.get("/api/tokens") if one["name"].startswith("gateway")]
    await owner.call("DELETE", f"/api/tokens/{mine['id']}")
    assert (await line.ask(head(token, body("4")) + body("4")))[0] == 401
    assert short == [1]


async def test_heads_of_strangers_are_not_remembered_and_those_of_friends_are_bounded(site, line, token, monkeypatch):
    monkeypatch.setattr(connection_module, "MOST_HEADS", 3)
    seen = []
    real = EventConnection.connection_made

    def made(self, transport):
        seen.append(self)
        real(self, transport)

    monkeypatch.setattr(EventConnection, "connection_made", made)
    watched = await Line.open(site)
    for _ in range(2):
        assert (await watched.ask(head("dwg_nobody", body("1")) + body("1")))[0] == 401
    assert seen[0]._heads == {}
    for number in range(9):
        name = "n" * (number + 1)
        assert (await watched.ask(head(token, body(name)) + body(name)))[0] == 200
        assert len(seen[0]._heads) <= 3
    watched.writer.close()


async def test_who_goes_away_before_the_answer_harms_nobody_and_is_stored(site, line, token, short):
    for name in "12":
        await line.ask(head(token, body(name)) + body(name))
    gone = await Line.open(site)
    gone.writer.write(head(token, body("3")) + body("3"))
    await gone.writer.drain()
    gone.writer.close()
    assert (await line.ask(head(token, body("4")) + body("4")))[0] == 200
    owner = await site.user(Role.OWNER)
    assert (await owner.get("/api/search", params={"q": "access granted"}))["total"] == 4


async def test_a_connection_that_is_quiet_is_closed_though_its_posts_wound_no_clock(site, token, monkeypatch):
    real = EventConnection.connection_made

    def made(self, transport):
        self.timeout_keep_alive = 0.2
        real(self, transport)

    monkeypatch.setattr(EventConnection, "connection_made", made)
    quiet = await Line.open(site)
    for name in "1234":
        await quiet.ask(head(token, body(name)) + body(name))
    assert await asyncio.wait_for(quiet.reader.read(), 60) == b""


async def test_a_server_that_stops_answers_what_it_stores_and_closes(site, line, token, short, monkeypatch):
    for name in "12":
        await line.ask(head(token, body(name)) + body(name))
    storing = []
    real = EventConnection._serve

    def serve(self, *arguments):
        begun = real(self, *arguments)
        storing.append(begun)
        self.shutdown()  # as uvicorn does with every connection when it is told to stop
        return begun

    monkeypatch.setattr(EventConnection, "_serve", serve)
    status, headers, _ = await line.ask(head(token, body("3")) + body("3"))
    assert (status, headers["connection"], storing) == (200, "close", [True])
    assert await asyncio.wait_for(line.reader.read(), 60) == b""
