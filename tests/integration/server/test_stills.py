"""Each access event at a mapped door gets the picture of its camera, whether or not a scene is drawn."""

import asyncio

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import HOUR, MINUTE, SECOND, to_iso

JPEG = b"\xff\xd8\xff" + b"picture" * 10


@pytest.fixture
async def mapped(owner, gateway):
    """A door with a camera and no scene; its ids."""
    devices = [{"device_id": "lobby", "device_name": "Lobby"}, {"device_id": "dock", "device_name": "Dock"}]
    await gateway.post("/api/pacs/devices", {"devices": devices})
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    camera = await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"})
    await owner.put(f"/api/doors/{doors['lobby']}/cameras", {"camera_ids": [camera["camera_id"]]})
    return doors["lobby"], camera["camera_id"]


async def happen(site, gateway, *names, device="lobby", at=None):
    """Grants of these names at a door."""
    at = at or site.clock.now()
    body = [
        {"event_id": name, "device_id": device, "timestamp": to_iso(at), "event_type": "AccessGranted"}
        for name in names
    ]
    await gateway.post("/api/pacs/webhooks", {"events": body})
    return at


async def next_still(socket):
    """The next wish for a picture that the analyzer is told of."""
    while True:
        told = await socket.receive_json()
        if told["command"] == "still":
            return told


async def stills(socket, count, *, then_none=False):
    """So many wishes for pictures, and no more."""
    async with asyncio.timeout(60):
        found = [await next_still(socket) for _ in range(count)]
    if then_none:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(next_still(socket), 0.5)
    return found


async def put(analyzer, moment_id, data=JPEG):
    path = f"/api/analyzer/stills/{moment_id}"
    async with analyzer.http.put(path, data=data) as response:
        return response.status, await response.text()


async def test_the_picture_of_an_event_is_asked_for_kept_and_shown(site, owner, gateway, analyzer, mapped):
    _, camera_id = mapped
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        await happen(site, gateway, "elsewhere", device="dock")
        at = await happen(site, gateway, "one")
        (told,) = await stills(socket, 1, then_none=True)
    assert (told["camera_id"], told["at"]) == (camera_id, to_iso(at))
    assert (await put(analyzer, told["moment_id"]))[0] == 201
    moment = next(one for one in await owner.get("/api/moments") if one["moment_id"] == told["moment_id"])
    async with owner.http.get(moment["picture_url"]) as response:
        assert (response.status, response.content_type, await response.read()) == (200, "image/jpeg", JPEG)
    found = await owner.get("/api/search", params={"q": "access granted lobby"})
    assert found["moments"][0]["picture_url"] == moment["picture_url"]


async def test_a_clock_that_is_ahead_is_allowed_for(site, owner, gateway, analyzer, mapped):
    door_id, _ = mapped
    await owner.put(f"/api/doors/{door_id}/policy", {"clock_offset": 2.5})
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        at = await happen(site, gateway, "one")
        (told,) = await stills(socket, 1)
    assert told["at"] == to_iso(at - round(2.5 * SECOND))


async def test_a_flood_of_events_asks_for_a_few_pictures_and_old_events_for_none(site, gateway, analyzer, mapped):
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        await happen(site, gateway, "old", at=site.clock.now() - 11 * MINUTE)
        await happen(site, gateway, *(f"e{number}" for number in range(40)))
        await stills(socket, 5, then_none=True)


async def test_what_is_no_picture_of_no_event_of_ours_is_refused(site, owner, gateway, analyzer, mapped):
    await happen(site, gateway, "one")
    moment_id = (await owner.get("/api/moments"))[0]["moment_id"]
    assert (await put(analyzer, moment_id, b"GIF89a"))[0] == 422
    assert (await put(analyzer, "event:nowhere:one"))[0] == 404
    assert (await put(analyzer, "incident:one"))[0] == 404
    other = await site.other_account()
    theirs = await site.machine(TokenKind.ANALYZER, other)
    assert (await put(theirs, moment_id))[0] == 404
    stranger = await site.user(Role.OWNER, other)
    for caller in (owner, stranger):  # there is none yet, and none of this id
        await caller.get("/api/moments/picture.jpg", params={"moment_id": moment_id}, expect=404)


async def test_pictures_go_with_the_recordings(site, owner, gateway, analyzer, mapped):
    at = await happen(site, gateway, "one")
    moment_id = (await owner.get("/api/moments"))[0]["moment_id"]
    await put(analyzer, moment_id)
    account = (await owner.get("/api/session"))["account"]["id"]
    assert await site.services.stills.forget(account, at) == 0
    assert await site.services.stills.forget(account, at + 2 * HOUR) == 1
    moment = (await owner.get("/api/moments"))[0]
    assert moment["picture_url"] is None
    await owner.get("/api/moments/picture.jpg", params={"moment_id": moment_id}, expect=404)
