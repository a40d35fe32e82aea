"""The short way for events answers as the long way does, and refuses nothing that the long way takes."""

import asyncio
from types import SimpleNamespace

import aiohttp
import pytest

from doorwatch.accounts import token_desk
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import HOUR
from doorwatch.server.ingest import lane as lane_module
from doorwatch.server.ingest.allowance import Allowances
from doorwatch.server.metrics import REGISTRY
from doorwatch.store import StoreError

EVENT = {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00.123Z", "event_type": "AccessGranted"}
PATH = "/api/pacs/webhooks"


@pytest.fixture
async def gateway(site, monkeypatch):
    # However slow this machine is, the token is remembered until the end of the test.
    monkeypatch.setattr(token_desk, "TOKEN_MEMORY", HOUR)
    found = await site.machine(TokenKind.GATEWAY)
    # The long way, once: from then on the token is remembered.
    await found.post(PATH, {"event": EVENT | {"event_id": "first"}})
    return found


@pytest.fixture
def served(monkeypatch):
    """How many posts the short way served itself."""
    real, count = lane_module.EventLane.answer, []

    def answer(self, stored):
        count.append(stored)
        return real(self, stored)

    monkeypatch.setattr(lane_module.EventLane, "answer", answer)
    return count


async def whole(caller, body, **more):
    async with caller.http.post(PATH, json=body, **more) as response:
        return response.status, {name.lower(): text for name, text in response.headers.items()}, await response.json()


async def test_both_ways_give_the_same_answer_with_the_same_headers(site, gateway, served):
    short = await whole(gateway, {"event": EVENT | {"event_id": "1"}})
    long = await whole(gateway, {"event": EVENT | {"event_id": "2"}}, headers={"X-Request-Id": "mine"})
    assert served == [1]
    assert short[0] == long[0] == 200
    assert short[2] == long[2] == {"stored": 1}
    assert long[1]["x-request-id"] == "mine"
    assert set(short[1]) == set(long[1])
    variable = {"x-request-id", "date"}
    assert {k: v for k, v in short[1].items() if k not in variable} == {
        k: v for k, v in long[1].items() if k not in variable
    }


async def test_events_of_the_short_way_are_stored_counted_and_found(site, gateway, served):
    before = REGISTRY.get_sample_value("doorwatch_ingested_total", {"kind": "access_event"})
    await gateway.post(PATH, {"events": [EVENT | {"event_id": str(n)} for n in range(7)]})
    assert served == [7]
    assert REGISTRY.get_sample_value("doorwatch_ingested_total", {"kind": "access_event"}) == before + 7
    labels = {"method": "POST", "route": PATH, "status": "200"}
    assert REGISTRY.get_sample_value("doorwatch_http_requests_total", labels) >= 2
    owner = await site.user(Role.OWNER)
    assert (await owner.get("/api/search", params={"q": "access granted"}))["total"] == 8


async def test_a_revoked_token_is_refused_at_once(site, gateway, served):
    await gateway.post(PATH, {"event": EVENT})
    owner = await site.user(Role.OWNER)
    [token] = [one for one in await owner.get("/api/tokens") if one["name"].startswith("gateway")]
    await owner.call("DELETE", f"/api/tokens/{token['id']}")
    assert "token" in (await gateway.post(PATH, {"event": EVENT}, expect=401))["error"]
    assert served == [1]


async def test_an_unremembered_or_foreign_token_gets_its_refusal_from_the_long_way(site, served):
    analyzer = await site.machine(TokenKind.ANALYZER)
    await analyzer.post("/api/analyzer/coverage", {"coverage": []})
    assert "scope" in (await analyzer.post(PATH, {"event": EVENT}, expect=403))["error"]
    await site.caller({"Authorization": "Bearer dwg_nothing"}).post(PATH, {"event": EVENT}, expect=401)
    await site.caller({}).post(PATH, {"event": EVENT}, expect=403)
    assert served == []


async def test_bad_items_are_named_and_the_good_ones_stored_once(gateway, served):
    body = {"events": [EVENT | {"event_id": "good"}, EVENT | {"timestamp": "never"}]}
    answer = await gateway.post(PATH, body, expect=422)
    assert (answer["stored"], [error["index"] for error in answer["errors"]]) == (1, [1])
    assert served == []


@pytest.mark.parametrize(("body", "status"), [(b"{", 422), (b"", 422), (b"[]", 422), (b'{"events":[]}', 200)])
async def test_strange_bodies_are_answered_by_whichever_way_understands_them(site, gateway, body, status):
    async with gateway.http.post(PATH, data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status == status


async def test_a_body_in_pieces_of_no_stated_length_is_taken_the_long_way(gateway, served):
    async def pieces():
        yield b'{"event":'
        yield b'{"device_id":"lobby","timestamp":1769860800123,"event_type":"AccessGranted"}}'

    async with gateway.http.post(PATH, data=pieces(), headers={"Content-Type": "application/json"}) as response:
        assert (response.status, await response.json()) == (200, {"stored": 1})
    assert served == []


async def test_a_token_that_overdoes_it_is_told_when_to_come_back_and_another_is_not(site, gateway, served):
    site.services.allowances = Allowances(0.5, site.clock.monotonic)
    await gateway.post(PATH, {"events": [EVENT | {"event_id": str(n)} for n in range(5)]})
    status, headers, answer = await whole(gateway, {"events": [EVENT, EVENT]})
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 4
    assert "DOORWATCH_INGEST_RATE" in answer["error"]
    other = await site.machine(TokenKind.GATEWAY)
    assert (await other.post(PATH, {"event": EVENT}))["stored"] == 1


async def test_what_the_store_refuses_is_told_by_the_long_way(site, gateway, served, monkeypatch):
    async def fail(_work):
        raise StoreError("the disk is full: free some space")

    monkeypatch.setattr(site.services.gathering, "_db", SimpleNamespace(write=fail))
    for _ in range(3):
        answer = await gateway.post(PATH, {"event": EVENT}, expect=503)
        assert answer["error"] == "the disk is full: free some space"
    assert served == []


async def test_a_client_that_goes_away_in_the_middle_of_a_body_harms_nobody(site, gateway, served):
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
    token = gateway.http.headers["Authorization"]
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: 999\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await gateway.post(PATH, {"event": EVENT}) == {"stored": 1}
    assert served == [1]


async def test_many_posts_at_once_are_each_answered_for_their_own_events(site, gateway, served):
    async with aiohttp.ClientSession(site.base, headers=dict(gateway.http.headers)) as http:

        async def post(number):
            body = {"events": [EVENT | {"event_id": f"{number}-{n}"} for n in range(number % 4 + 1)]}
            async with http.post(PATH, json=body) as response:
                return response.status, (await response.json())["stored"]

        answers = await asyncio.gather(*(post(number) for number in range(60)))
    assert answers == [(200, number % 4 + 1) for number in range(60)]
    assert len(served) == 60
