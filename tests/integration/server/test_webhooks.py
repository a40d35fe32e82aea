"""Webhooks through the API: made, tried, changed, rotated, removed; nobody else's, and no secret told twice."""

import json

import pytest
from aiohttp import web

from doorwatch.accounts.roles import Role


@pytest.fixture
async def receiver():
    posts = []

    async def take(request):
        posts.append((dict(request.headers), json.loads(await request.read())))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/in", take)
    runner = web.AppRunner(app)
    await runner.setup()
    where = web.TCPSite(runner, "127.0.0.1", 0)
    await where.start()
    yield posts, f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    await runner.cleanup()


@pytest.fixture
async def reachable(tmp_path, run_server):
    async with run_server(tmp_path / "data", webhook_networks="127.0.0.1/32") as found:
        yield found


async def test_a_webhook_is_made_tried_and_its_post_told_in_the_log(reachable, receiver, eventually):
    posts, url = receiver
    owner = await reachable.user(Role.OWNER)
    made = await owner.post("/api/webhooks", {"name": "SIEM", "url": url, "kinds": ["tailgating"]}, expect=201)
    assert made["secret"].startswith("dwhook_")
    await owner.post(f"/api/webhooks/{made['hook_id']}/test")

    async def arrived():
        return posts

    [(headers, body)] = await eventually(arrived)
    assert body["type"] == "test"
    assert headers["X-Doorwatch-Signature"].startswith("t=")

    async def sent():
        return [mail for mail in await owner.get("/api/alerts/outbox") if mail["state"] == "sent"]

    [told] = await eventually(sent)
    assert told["to"] == url
    await owner.post(f"/api/alerts/outbox/{told['mail_id']}/again")

    async def twice():
        return len(posts) == 2

    await eventually(twice)
    assert posts[0][1]["id"] == posts[1][1]["id"]


async def test_a_server_that_may_reach_named_networks_alone_posts_there_and_nowhere_else(
    tmp_path, run_server, receiver, eventually
):
    posts, url = receiver
    async with run_server(tmp_path / "data", webhook_networks="127.0.0.1/32", webhook_networks_only=True) as site:
        owner = await site.user(Role.OWNER)
        for name, address in (("here", url), ("elsewhere", "https://8.8.8.8/in")):
            made = await owner.post("/api/webhooks", {"name": name, "url": address}, expect=201)
            await owner.post(f"/api/webhooks/{made['hook_id']}/test")

        async def done():
            found = {mail["to"]: mail for mail in await owner.get("/api/alerts/outbox")}
            return found if {mail["state"] for mail in found.values()} == {"sent", "failed"} else None

        told = await eventually(done)
        assert told[url]["state"] == "sent"
        assert "DOORWATCH_WEBHOOK_NETWORKS" in told["https://8.8.8.8/in"]["error"]
    assert len(posts) == 1


async def test_a_secret_is_told_when_it_is_made_and_never_again(site):
    owner = await site.user(Role.OWNER)
    made = await owner.post("/api/webhooks", {"name": "SIEM", "url": "https://siem.example/in"}, expect=201)
    fresh = await owner.post(f"/api/webhooks/{made['hook_id']}/secret")
    assert fresh["secret"] != made["secret"]
    everything = json.dumps(
        [await owner.get("/api/webhooks"), await owner.get("/api/alerts/outbox"), await owner.get("/api/alerts")]
    )
    assert made["secret"] not in everything
    assert fresh["secret"] not in everything


async def test_a_webhook_is_changed_and_removed(site):
    owner = await site.user(Role.OWNER)
    made = await owner.post("/api/webhooks", {"name": "SIEM", "url": "https://siem.example/in"}, expect=201)
    path = f"/api/webhooks/{made['hook_id']}"
    changed = await owner.put(path, {"name": "Desk", "url": "https://desk.example/in", "enabled": False})
    assert await owner.get("/api/webhooks") == [changed]
    assert (changed["name"], changed["enabled"]) == ("Desk", False)
    await owner.call("DELETE", path)
    assert await owner.get("/api/webhooks") == []
    await owner.call("DELETE", path, expect=404)
    await owner.put(path, {"name": "Desk", "url": "https://desk.example/in"}, expect=404)
    await owner.post(f"{path}/test", expect=404)
    await owner.post("/api/alerts/outbox/nothing/again", expect=404)


@pytest.mark.parametrize("url", ["ftp://host/in", "https://user:word@host/in", "not an address"])
async def test_an_address_that_is_none_is_refused_by_its_field(site, url):
    owner = await site.user(Role.OWNER)
    told = await owner.post("/api/webhooks", {"name": "SIEM", "url": url}, expect=422)
    assert told["field"] == "url"
    assert await owner.get("/api/webhooks") == []


async def test_only_managers_of_the_account_see_and_change_webhooks(site):
    owner = await site.user(Role.OWNER)
    made = await owner.post("/api/webhooks", {"name": "SIEM", "url": "https://siem.example/in"}, expect=201)
    viewer = await site.user(Role.VIEW)
    await viewer.get("/api/webhooks", expect=403)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert await stranger.get("/api/webhooks") == []
    await stranger.call("DELETE", f"/api/webhooks/{made['hook_id']}", expect=404)
    await stranger.post(f"/api/webhooks/{made['hook_id']}/secret", expect=404)


async def test_a_server_with_a_wrong_list_of_networks_does_not_start(tmp_path, run_server):
    with pytest.raises(ValueError, match="'lobby' is no network"):
        async with run_server(tmp_path / "data", webhook_networks="lobby"):
            pass


BROKER = {"name": "Building", "url": "mqtts://broker.example", "form": "mqtt"}


async def test_a_brokers_password_is_told_to_nobody_and_goes_nowhere_else(site):
    owner = await site.user(Role.OWNER)
    body = {**BROKER, "mqtt": {"username": "doorwatch", "password": "the broker's word"}}
    made = await owner.post("/api/webhooks", body, expect=201)
    path = f"/api/webhooks/{made['hook_id']}"
    told = {"topic": "doorwatch/{{type}}/{{door}}", "username": "doorwatch", "has_password": True, "authority": ""}
    assert made["mqtt"] == told
    kept = {**BROKER, "enabled": False, "mqtt": {"username": "doorwatch", "topic": "a/{{site}}"}}
    assert (await owner.put(path, kept))["mqtt"] == {**told, "topic": "a/{{site}}"}
    elsewhere = {**kept, "url": "mqtts://evil.example"}
    refused = await owner.put(path, elsewhere, expect=422)
    assert "give it again" in json.dumps(refused)
    assert "password" in json.dumps(refused)
    everything = json.dumps([await owner.get("/api/webhooks"), await owner.get("/api/audit")])
    assert "the broker's word" not in everything
    elsewhere["mqtt"] = {**kept["mqtt"], "password": ""}
    assert (await owner.put(path, elsewhere))["mqtt"]["has_password"] is False


@pytest.mark.parametrize(
    ("mqtt", "field", "words"),
    [
        ({"topic": "a/{{dor}}"}, "topic", "did you mean {{door}}"),
        ({"authority": "nonsense"}, "authority", "no certificate in PEM"),
        ({"password": "p"}, "username", "give the user, too"),
    ],
)
async def test_what_is_wrong_with_a_broker_is_told_where_it_stands(site, mqtt, field, words):
    owner = await site.user(Role.OWNER)
    refused = await owner.post("/api/webhooks", {**BROKER, "mqtt": mqtt}, expect=422)
    assert words in json.dumps(refused)
    assert field in json.dumps(refused)
