"""From what gateway and analyzer post to what a person sees."""

import asyncio
import base64
import json

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import DAY, from_iso

ONE_KEY = base64.b64encode(bytes(range(32))).decode()
"""Replicas share the key that seals secrets in their database."""


@pytest.fixture
async def site(own_address, tmp_path, run_server):
    """A server on each kind of database."""
    async with run_server(tmp_path / "data", database_url=own_address) as found:
        yield found


def crossing(site, name, camera_id, door_id, seconds, **more):
    at = site.clock.now() + int(seconds * 1_000_000)
    return {
        "crossing_id": name,
        "camera_id": camera_id,
        "door_id": door_id,
        "track": name,
        "at": site.iso(seconds),
        "direction": "in",
        "confidence": 0.9,
        "continuous": True,
        "possible": 0,
        "trail": [[at - 400_000, 1, 1], [at, 2, 1]],
        **more,
    }


async def listen(api, names, until, headers=None, heard=None):
    """Events of the stream until one satisfies `until`; the ids seen last as well. `heard` is set from when on it hears."""
    seen, last = [], None
    async with api.http.get("/api/events", headers=headers or {}) as stream:
        assert stream.status == 200
        name = ""
        async for raw in stream.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("id: "):
                last = line[4:]
                if heard is not None:
                    heard.set()
            elif line.startswith("data: ") and name in names:
                data = json.loads(line[6:])
                seen.append((name, data, last))
                if until(name, data):
                    return seen
    return seen


async def test_two_people_on_one_grant_become_an_incident_that_is_streamed_listed_and_explained(site, eventually):
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    analyzer = await site.machine(TokenKind.ANALYZER)
    door_id, camera_id = await site.furnish(owner, gateway)
    heard = asyncio.Event()
    stream = asyncio.create_task(listen(owner, {"incident", "moment"}, lambda name, _: name == "incident", heard=heard))
    await asyncio.wait_for(heard.wait(), 60)

    event = {
        "device_id": "lobby",
        "timestamp": site.iso(-4),
        "event_type": "AccessGranted",
        "actor_id": "17",
        "actor_name": "J. Rivera",
    }
    crossings = [crossing(site, "c1", camera_id, door_id, -2), crossing(site, "c2", camera_id, door_id, -1)]
    assert await gateway.post("/api/pacs/webhooks", {"event": event}) == {"stored": 1}
    assert await analyzer.post("/api/analyzer/crossings", {"crossings": crossings}) == {"stored": 2}

    seen = await asyncio.wait_for(stream, 60)
    incident = seen[-1][1]
    assert (incident["kind"], incident["people"], incident["grants"], incident["excess"]) == ("tailgating", 2, 1, 1)
    assert incident["state"] == "provisional"
    assert incident["reason"].startswith("2 people, 1 grant")
    detail = await owner.get(f"/api/incidents/{incident['incident_id']}")
    assert [c["outcome"] for c in detail["crossings"]] == ["admitted", "excess"]
    assert detail["crossings"][0]["trail"][0][1:] == [1, 1]
    assert [g["actor_name"] for g in detail["grants_used"]] == ["J. Rivera"]
    assert [r["revision"] for r in detail["history"]] == [1]
    assert detail["crossing_to_incident_ms"] >= 1000, "the excess person passed a second before it was told"
    assert [i["incident_id"] for i in await owner.get("/api/incidents")] == [incident["incident_id"]]
    today = site.clock.now() // DAY * DAY
    counted = (await owner.get("/api/doors"))[0]["counts_today"]["incidents"]
    assert counted == (from_iso(incident["start"]) >= today), "it may be of yesterday, at midnight"
    moments = await owner.get("/api/moments")
    assert {m["kind"] for m in moments} == {"access_event", "crossing", "incident"}


async def test_what_happened_is_found_in_plain_words(site, eventually):
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    analyzer = await site.machine(TokenKind.ANALYZER)
    door_id, camera_id = await site.furnish(owner, gateway)
    await analyzer.post("/api/analyzer/crossings", {"crossings": [crossing(site, "c1", camera_id, door_id, -1)]})

    async def found():
        answer = await owner.get("/api/search", params={"q": "unauthorized entry lobby last 2 hours"})
        return answer if answer["total"] else None

    answer = await eventually(found)
    assert answer["moments"][0]["kind"] == "incident"
    assert answer["moments"][0]["door"]["name"] == "Lobby east"
    assert {chip["kind"] for chip in answer["query"]["chips"]} >= {"time"}
    assert answer["next"] is None
    assert (await owner.get("/api/suggest", params={"q": "lob"}))["suggestions"]
    assert (await owner.get("/api/search", params={"q": "x", "before": "nonsense"}, expect=422))["error"]


@pytest.mark.parametrize("own_address", ["postgresql"], indirect=True)
async def test_two_replicas_on_one_database_tell_each_others_news(own_address, tmp_path, run_server):
    async with (
        run_server(tmp_path / "one", database_url=own_address, secret_key=ONE_KEY) as one,
        run_server(tmp_path / "two", database_url=own_address, secret_key=ONE_KEY) as two,
    ):
        owner, gateway = await one.user(Role.OWNER), await one.machine(TokenKind.GATEWAY)
        listener = await two.signed_in("owner-main@example.com")
        heard = asyncio.Event()
        stream = asyncio.create_task(
            listen(listener, {"moment"}, lambda _, data: data["kind"] == "access_event", heard=heard)
        )
        await asyncio.wait_for(heard.wait(), 60)
        event = {"device_id": "lobby", "timestamp": one.iso(), "event_type": "AccessGranted"}
        await gateway.post("/api/pacs/webhooks", {"event": event})
        assert (await asyncio.wait_for(stream, 60))[-1][1]["title"] == "Access granted"
        assert len(await owner.get("/api/moments")) == 1
