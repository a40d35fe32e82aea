"""The analyzer's stream, live video, evidence and share links, over real sockets."""

import asyncio

import aiohttp
import pytest

from doorwatch.accounts.roles import Role
from doorwatch.domain.time import SECOND, to_iso
from doorwatch.server.live.frames import make_frame

JPEG = b"\xff\xd8\xff" + b"picture" * 10
CLIP = b"\0\0\0\x18ftyp" + bytes(range(8, 256)) + bytes(range(256)) * 39


class Commands:
    """The commands that an analyzer was told, read as they come."""

    def __init__(self, socket):
        self._socket = socket
        self.told = []

    async def next(self, name, good=lambda _: True):
        async with asyncio.timeout(60):
            while True:
                told = await self._socket.receive_json()
                self.told.append(told)
                if told["command"] == name and good(told):
                    return told


async def tailgate(site, gateway, analyzer, door_id, camera_id, *, people=2, now=None):
    """One grant, some people in; a picture of the floor for each."""
    now = now or site.clock.now()
    event = {
        "event_id": f"grant-{now}",
        "device_id": "lobby", "timestamp": to_iso(now - 5 * SECOND), "event_type": "AccessGranted", "actor_name": "Kim",
    }  # fmt: skip
    await gateway.post("/api/pacs/webhooks", {"event": event})
    crossings = [
        {
            "crossing_id": f"c{number}", "camera_id": camera_id, "door_id": door_id, "track": str(number),
            "at": to_iso(now - (3 - number) * SECOND), "direction": "in",
            "trail": [[now - (3 - number) * SECOND, number, 1]],
        }
        for number in range(people)
    ]  # fmt: skip
    await analyzer.post("/api/analyzer/crossings", {"crossings": crossings})
    return now


async def upload(analyzer, asked, kind, data):
    headers = {
        "X-Camera-Id": asked["camera_id"], "X-Start": asked["from"], "X-Duration-Us": "9000000",
        "X-Revision": str(asked["revision"]),
    }  # fmt: skip
    path = f"/api/analyzer/evidence/{asked['incident_id']}/{kind}"
    async with analyzer.http.put(path, data=data, headers=headers) as response:
        return response.status, await response.text()


async def test_an_analyzer_is_configured_on_connecting_and_on_every_change(site, owner, gateway, analyzer):
    door_id, camera_id = await site.furnish(owner, gateway)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        commands = Commands(socket)
        first = await commands.next("configure")
        camera = first["cameras"][0]
        assert (camera["camera_id"], camera["url"]) == (camera_id, "rtsp://u:secret@127.0.0.1/lobby")
        assert camera["settings"]["record"] is True
        assert (camera["doors"], camera["scenes"][0]["door_id"]) == ([door_id], door_id)
        assert camera["scenes"][0]["floor"]["tile_m"] == 0.5
        await owner.call("PATCH", f"/api/cameras/{camera_id}", {"enabled": False})
        second = await commands.next("configure")
        assert second["revision"] > first["revision"]
        assert second["cameras"][0]["enabled"] is False


async def test_a_grant_opens_the_gate_of_its_door_and_an_old_one_does_not(site, owner, gateway, analyzer):
    door_id, _ = await site.furnish(owner, gateway)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        commands = Commands(socket)
        await commands.next("configure")
        for seconds, event_type in ((-3600, "AccessGranted"), (0, "DoorClose"), (0, "AccessGranted")):
            event = {"device_id": "lobby", "timestamp": site.iso(seconds), "event_type": event_type}
            await gateway.post("/api/pacs/webhooks", {"event": event})
        gate = await commands.next("gate")
        assert gate["door_id"] == door_id
        assert gate["until"] > site.iso(10)
        assert [told["command"] for told in commands.told].count("gate") == 1


async def test_nobody_streams_with_the_wrong_token(site, gateway):
    for caller, status in ((site.caller(), 401), (gateway, 403)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await caller.http.ws_connect("/api/analyzer/stream")
        assert refused.value.status == status


async def test_video_reaches_who_watches_and_the_analyzer_is_told_when_to_send_it(site, owner, gateway, analyzer):
    _, camera_id = await site.furnish(owner, gateway)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as stream:
        commands = Commands(stream)
        await commands.next("configure")
        async with owner.http.ws_connect("/api/live") as page:
            await page.send_str("nonsense")
            await page.send_json({"watch": [camera_id]})
            assert (await commands.next("live"))["on"] is True
            await stream.send_bytes(b"\0")
            frames = [
                make_frame({"camera_id": camera_id, "kind": kind, "start_us": 1}, payload)
                for kind, payload in (("init", b"ftyp"), ("fragment", b"moof"), ("people", b""))
            ]
            for frame in frames:
                await stream.send_bytes(frame)
            assert [await page.receive_bytes(timeout=20) for _ in frames] == frames
            async with owner.http.ws_connect("/api/live") as second:
                await second.send_json({"watch": [camera_id]})
                assert await second.receive_bytes(timeout=20) == frames[0]
        assert (await commands.next("live"))["on"] is False


async def test_an_analyzer_that_comes_back_is_told_what_is_being_watched(site, owner, gateway, analyzer):
    _, camera_id = await site.furnish(owner, gateway)
    async with owner.http.ws_connect("/api/live") as page:
        await page.send_json({"watch": [camera_id]})
        for _ in range(2):
            async with analyzer.http.ws_connect("/api/analyzer/stream") as stream:
                assert (await Commands(stream).next("live"))["camera_id"] == camera_id


async def test_live_video_is_for_those_who_signed_in_on_our_own_page(site, owner):
    for caller, headers, status in ((site.caller(), {}, 401), (owner, {"Origin": "https://evil.example.com"}, 403)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await caller.http.ws_connect("/api/live", headers=headers)
        assert refused.value.status == status


async def test_a_second_connection_of_an_analyzer_ends_the_first(site, owner, gateway, analyzer):
    await site.furnish(owner, gateway)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as first:
        await Commands(first).next("configure")
        async with analyzer.http.ws_connect("/api/analyzer/stream") as second:
            await Commands(second).next("configure")
            message = await first.receive(timeout=20)
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert message.data == 4001


async def test_evidence_is_asked_for_until_it_is_there_and_again_when_the_incident_grows(
    site, owner, gateway, analyzer, eventually
):
    door_id, camera_id = await site.furnish(owner, gateway)
    began = await tailgate(site, gateway, analyzer, door_id, camera_id)
    await eventually(lambda: owner.get("/api/incidents"))
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        asked = await Commands(socket).next("evidence")
    assert (asked["door_id"], asked["camera_id"]) == (door_id, camera_id)
    assert asked["from"] < asked["picture_at"] < asked["until"]
    assert {(tile["column"], tile["state"]) for tile in asked["tiles"]} == {(0, "admitted"), (1, "excess")}
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        commands = Commands(socket)
        again = await commands.next("evidence")
        assert again["incident_id"] == asked["incident_id"]
        assert (await upload(analyzer, again, "picture.jpg", JPEG))[0] == 201
        assert (await upload(analyzer, again, "clip.mp4", CLIP))[0] == 201
        await tailgate(site, gateway, analyzer, door_id, camera_id, people=3, now=began)
        grown = await commands.next("evidence", lambda told: told["revision"] > again["revision"])
        assert grown["incident_id"] == asked["incident_id"]
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        commands = Commands(socket)
        await commands.next("configure")
        grown = await commands.next("evidence")
        for kind, data in (("picture.jpg", JPEG), ("clip.mp4", CLIP)):
            assert (await upload(analyzer, grown, kind, data))[0] == 201
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        commands = Commands(socket)
        await commands.next("configure")
        await owner.call("PATCH", f"/api/cameras/{camera_id}", {"enabled": True})
        await commands.next("configure")
        assert "evidence" not in [told["command"] for told in commands.told]


@pytest.fixture
async def proved(site, owner, gateway, analyzer, eventually):
    """An incident with picture and clip."""
    door_id, camera_id = await site.furnish(owner, gateway)
    await tailgate(site, gateway, analyzer, door_id, camera_id)
    incident = (await eventually(lambda: owner.get("/api/incidents")))[0]
    asked = {
        "incident_id": incident["incident_id"], "camera_id": camera_id, "from": site.iso(-8), "revision": 1,
    }  # fmt: skip
    for kind, data in (("picture.jpg", JPEG), ("clip.mp4", CLIP)):
        assert (await upload(analyzer, asked, kind, data))[0] == 201
    return await owner.get(f"/api/incidents/{incident['incident_id']}")


async def test_picture_and_clip_are_served_to_those_who_may_see_them(site, owner, proved):
    assert proved["clip_start_us"]
    async with owner.http.get(proved["picture_url"]) as response:
        assert (response.content_type, await response.read()) == ("image/jpeg", JPEG)
    async with owner.http.get(proved["clip_url"]) as response:
        assert (response.content_type, await response.read()) == ("video/mp4", CLIP)
        assert response.headers["Accept-Ranges"] == "bytes"
    await site.caller().get(proved["clip_url"], expect=401)
    stranger = await site.user(Role.OWNER, await site.other_account())
    await stranger.get(proved["clip_url"], expect=404)
    await stranger.get(f"/api/incidents/{proved['incident_id']}", expect=404)
    moments = (await owner.get("/api/search", params={"q": "tailgating"}))["moments"]
    assert next(m for m in moments if m["incident_id"])["picture_url"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19), ("bytes=10000-", 10000, 10239), ("bytes=-40", 10200, 10239),
     ("bytes=5-99999", 5, 10239), ("bytes=-99999", 0, 10239)],
)  # fmt: skip
async def test_a_range_of_the_clip_is_served(owner, proved, asked, first, last):
    async with owner.http.get(proved["clip_url"], headers={"Range": asked}) as response:
        assert response.status == 206
        assert response.headers["Content-Range"] == f"bytes {first}-{last}/10240"
        assert await response.read() == CLIP[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=9-3", "bytes=-0", "bytes=-", "items=0-1", "bytes=a-b"])
async def test_a_range_that_is_none_is_416_with_the_size(owner, proved, asked):
    async with owner.http.get(proved["clip_url"], headers={"Range": asked}) as response:
        assert response.status == 416
        assert response.headers["Content-Range"] == "bytes */10240"


async def test_a_range_of_a_clip_that_changed_meanwhile_is_the_whole_new_one(owner, proved):
    headers = {"Range": "bytes=0-9", "If-Range": '"something older"'}
    async with owner.http.get(proved["clip_url"], headers=headers) as response:
        assert (response.status, await response.read()) == (200, CLIP)


async def test_evidence_of_nothing_or_of_nonsense_is_refused(site, analyzer, proved):
    good = {"incident_id": proved["incident_id"], "camera_id": "c", "from": site.iso(), "revision": 1}
    assert (await upload(analyzer, good | {"incident_id": "nothing"}, "clip.mp4", CLIP))[0] == 404
    assert (await upload(analyzer, good, "clip.avi", CLIP))[0] == 404
    assert (await upload(analyzer, good, "clip.mp4", b""))[0] == 422
    assert (await upload(analyzer, good | {"from": "yesterday"}, "clip.mp4", CLIP))[0] == 422
    assert (await upload(analyzer, good | {"revision": "x"}, "clip.mp4", CLIP))[0] == 422


async def test_older_evidence_that_comes_late_does_not_replace_newer(site, owner, analyzer, proved):
    good = {"incident_id": proved["incident_id"], "camera_id": "c", "from": site.iso(), "revision": 5}
    assert (await upload(analyzer, good, "picture.jpg", JPEG + b"new"))[0] == 201
    assert (await upload(analyzer, good | {"revision": 1}, "picture.jpg", JPEG + b"old"))[0] == 201
    shown = await owner.get(f"/api/incidents/{proved['incident_id']}")
    async with owner.http.get(shown["picture_url"]) as response:
        assert await response.read() == JPEG + b"new"
    assert len(site.services.blobs.names("evidence/")) == 2


async def test_a_share_link_shows_one_incident_without_signing_in_until_it_is_over(site, owner, proved):
    made = await owner.post(f"/api/incidents/{proved['incident_id']}/share", {"hours": 1})
    nobody = site.caller()
    path = made["url"].removeprefix(site.base)
    async with nobody.http.get(path) as response:
        text = await response.text()
        assert response.status == 200
        assert "Tailgating at Lobby east" in text
        assert f'src="{path}/clip.mp4"' in text
        assert response.headers["Cache-Control"] == "no-store"
    async with nobody.http.get(f"{path}/picture.jpg") as response:
        assert await response.read() == JPEG
    async with nobody.http.get(f"{path}/clip.mp4", headers={"Range": "bytes=0-3"}) as response:
        assert await response.read() == CLIP[:4]
    ended = site.services.links.make(site.account, proved["incident_id"], site.clock.now() - 1)
    for token in (ended, path.rpartition("/")[2][:-4] + "AAAA", "x"):
        assert "link is over" in (await nobody.get(f"/share/{token}", expect=404))["error"]
    await owner.post(f"/api/incidents/{proved['incident_id']}/share", {"hours": 10_000}, expect=422)
    await owner.post("/api/incidents/nothing/share", {}, expect=404)


async def test_a_review_is_kept_streamed_and_found(site, owner, proved):
    viewer = await site.user(Role.VIEW)
    path = f"/api/incidents/{proved['incident_id']}/review"
    await viewer.post(path, {"review": "dismissed"}, expect=403)
    reviewed = await owner.post(path, {"review": "confirmed", "note": "Seen by me"})
    assert (reviewed["review"], reviewed["note"], reviewed["reviewed_by"]) == (
        "confirmed", "Seen by me", "owner-main@example.com",
    )  # fmt: skip
    assert [i["review"] for i in await owner.get("/api/incidents", params={"review": "confirmed"})] == ["confirmed"]
    assert await owner.get("/api/incidents", params={"review": "new"}) == []
    assert (await owner.get("/api/search", params={"q": "review:confirmed"}))["total"] == 1
    await owner.post(path, {"review": "maybe"}, expect=422)


async def test_incidents_are_paged_by_id_or_time(site, owner, proved):
    listed = await owner.get("/api/incidents", params={"kind": "tailgating", "limit": 1})
    assert [i["incident_id"] for i in listed] == [proved["incident_id"]]
    for before in (proved["incident_id"], proved["start"]):
        assert await owner.get("/api/incidents", params={"before": before}) == []
    assert len(await owner.get("/api/incidents", params={"before": site.iso(60)})) == 1
    answer = await owner.get("/api/incidents", params={"before": "nonsense"}, expect=422)
    assert answer["field"] == "before"
