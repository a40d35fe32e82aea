"""Pictures that posts of callbacks lead to: fetched without signing in, for a while, by whoever the post went to."""

import aiohttp
import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.alerts import images
from doorwatch.domain.time import DAY, HOUR, SECOND, from_iso
from doorwatch.store import moment_reading

JPEG = b"\xff\xd8\xff" + b"picture" * 10


@pytest.fixture
async def posted(reachable, posts, eventually, monkeypatch):
    """What a hook was posted of an access event whose picture came, however late; and its callback."""
    monkeypatch.setattr(images, "_WAIT", HOUR)
    site, api = reachable, await reachable.machine(TokenKind.API)
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    await site.furnish(owner, gateway)
    request = {"callback_url": posts.url, "type": "query_match", "parsed_query": "camera == 'Lobby camera'"}
    made = await api.post("/api/users/me/hooks", request, expect=201)
    while await site.services.follower.follow():
        pass
    event = {"device_id": "lobby", "timestamp": site.iso(-1), "event_type": "AccessGranted", "actor_name": "Ann Lee"}
    event["event_id"] = "of a system that numbers at length " * 10
    await gateway.post("/api/pacs/webhooks", {"events": [event]})
    [moment] = await site.services.db.read(lambda conn: moment_reading.newest(conn, site.account))
    await site.services.stills.keep(site.account, moment.moment_id, JPEG)

    async def arrived():
        return posts and posts[0][3]

    return await eventually(arrived), made, owner


async def fetched(url):
    async with aiohttp.ClientSession() as stranger, stranger.get(url) as answer:
        return answer.status, await answer.read()


async def test_the_picture_of_what_was_posted_is_fetched_without_signing_in_until_its_link_is_over(
    reachable, posted, posts
):
    body, made, owner = posted
    [image] = body["images"]
    [event] = body["data"]["object"]["events"]
    assert {name: image[name] for name in ("type", "size", "camera", "moment_id", "timestamp")} == {
        "type": "image/jpeg",
        "size": len(JPEG),
        "camera": "Lobby camera",
        "moment_id": event["moment_id"],
        "timestamp": event["timestamp"],
    }
    assert abs(from_iso(image["expires_at"]) - reachable.clock.now() - DAY) < 60 * SECOND
    assert await fetched(image["url"]) == (200, JPEG)
    links, moment = reachable.services.links, image["moment_id"]
    over = links.picture(reachable.account, made["callback_id"], moment, reachable.clock.now() - 1)
    base, _, token = image["url"].rpartition("/")
    share = links.make(reachable.account, "i1", reachable.clock.now() + DAY)
    for wrong in (over, token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), share, "x"):
        assert (await fetched(f"{base}/{wrong}"))[0] == 404
    assert links.read(token, reachable.clock.now()) is None, "the link of a picture opens no incident"
    trail = await owner.get("/api/audit")
    [look] = [one for one in trail["entries"] if one["act"] == "picture.posted_view"]
    assert look["subject"] == made["callback_id"]
    assert len(posts) == 1


@pytest.mark.parametrize("end", ["removed", "switched off", "without pictures"])
async def test_links_end_with_the_callback_that_they_were_made_for(posted, posts, end):
    body, made, owner = posted
    path = f"/api/callbacks/{made['callback_id']}"
    if end == "removed":
        await owner.call("DELETE", path)
    else:
        draft = {"url": posts.url, "events": made["events"], "filter": made["filter"]}
        off = end == "switched off"
        await owner.put(path, draft | {"images": off, "enabled": not off})
    assert (await fetched(body["images"][0]["url"]))[0] == 404


async def test_who_tries_a_callback_sees_where_its_pictures_stand(reachable, posts, eventually):
    site, api = reachable, await reachable.machine(TokenKind.API)
    made = await api.post(
        "/api/callbacks", {"url": posts.url, "events": ["incident.created"], "images": True}, expect=201
    )
    assert made["images"]
    await api.post(f"/api/callbacks/{made['callback_id']}/test")

    async def arrived():
        return posts and posts[0][3]

    assert (await eventually(arrived))["images"] == []
    assert (await site.services.pictures.find(site.account, made["callback_id"], ["incident:none", "event:none"])) == {}
