"""Looking back: what a camera recorded comes from the analyzer that has it, and a door's timeline from the store."""

import asyncio
import json

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import DAY, HOUR, SECOND, to_iso

SCENE = {"size": [768, 432], "threshold": [[110, 100], [110, 431]], "inside": [400, 300]}


@pytest.fixture
async def mapped(owner, gateway):
    """A door with a camera; their ids."""
    await gateway.post("/api/pacs/devices", {"devices": [{"device_id": "lobby", "device_name": "Lobby"}]})
    (door,) = await owner.get("/api/doors")
    camera = await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"})
    await owner.put(f"/api/doors/{door['door_id']}/cameras", {"camera_ids": [camera["camera_id"]]})
    await owner.put(f"/api/cameras/{camera['camera_id']}/scenes/{door['door_id']}", SCENE)
    return door["door_id"], camera["camera_id"]


@pytest.fixture
async def answering(analyzer):
    """An analyzer that answers each question about recordings with what `answers` says; the questions that came."""
    answers, asked = {}, []

    async def work(socket):
        while True:
            told = await socket.receive_json()
            if told["command"] != "replay":
                continue
            asked.append(told)
            kind, body, headers = answers.get(told["what"], ("answers", b'{"error": "nothing of that time"}', {}))
            await analyzer.http.put(f"/api/analyzer/{kind}/{told['request_id']}", data=body, headers=headers)

    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        task = asyncio.create_task(work(socket))
        answers["asked"] = asked
        yield answers
        task.cancel()


async def test_footage_and_pictures_come_as_the_analyzer_has_them_and_are_noted(site, owner, mapped, answering):
    _, camera_id = mapped
    at = site.clock.now() - HOUR
    times = {"X-Start": to_iso(at), "X-Until": to_iso(at + 8 * SECOND), "X-Codec": "avc1.640016"}
    answering["footage"] = ("replays", b"....ftyp and more", {"Content-Type": "video/mp4", **times})
    answering["picture"] = ("replays", b"\xff\xd8\xff", {"Content-Type": "image/jpeg", **times})
    asked = {"from_us": at, "until_us": at + 5 * SECOND}
    async with owner.http.get(f"/api/cameras/{camera_id}/footage.mp4", params=asked) as response:
        assert (response.status, response.content_type, await response.read()) == (
            200,
            "video/mp4",
            b"....ftyp and more",
        )
        assert response.headers["X-Codec"] == "avc1.640016"
        assert (response.headers["X-Start-Us"], response.headers["X-Until-Us"]) == (str(at), str(at + 8 * SECOND))
        assert "max-age" in response.headers["Cache-Control"]
    async with owner.http.get(f"/api/cameras/{camera_id}/picture.jpg", params={"at_us": at}) as response:
        assert (response.status, await response.read()) == (200, b"\xff\xd8\xff")
    told = answering["asked"]
    assert [one["what"] for one in told] == ["footage", "picture"]
    assert (told[0]["camera_id"], told[0]["from"], told[1]["widest"]) == (camera_id, at, 320)
    (noted,) = (await owner.get("/api/audit", params={"act": "video.replay"}))["entries"]
    assert noted["subject"] == camera_id


async def test_what_is_not_recorded_is_said_in_the_analyzers_words_and_a_missing_analyzer_too(
    site, owner, mapped, answering
):
    _, camera_id = mapped
    asked = {"from_us": site.clock.now(), "until_us": site.clock.now() + SECOND}
    told = await owner.get(f"/api/cameras/{camera_id}/footage.mp4", params=asked, expect=404)
    assert told["error"] == "nothing of that time"
    backwards = {"from_us": asked["until_us"], "until_us": asked["from_us"]}
    assert (await owner.get(f"/api/cameras/{camera_id}/footage.mp4", params=backwards, expect=422))[
        "field"
    ] == "until_us"
    await owner.get("/api/cameras/nothing/footage.mp4", params=asked, expect=404)
    await owner.get("/api/cameras/nothing/picture.jpg", params={"at_us": 5}, expect=404)


async def test_without_an_analyzer_footage_waits_for_nobody_and_tracks_are_what_the_store_knows(site, owner, mapped):
    _, camera_id = mapped
    asked = {"from_us": site.clock.now() - SECOND, "until_us": site.clock.now()}
    told = await owner.get(f"/api/cameras/{camera_id}/footage.mp4", params=asked, expect=503)
    assert "doorwatch analyze" in told["error"]
    assert await owner.get(f"/api/cameras/{camera_id}/tracks", params=asked) == {"frames": [], "crossings": []}


async def test_tracks_are_people_of_the_analyzer_and_crossings_with_their_outcome(
    site, owner, analyzer, mapped, answering
):
    door_id, camera_id = mapped
    at = site.clock.now() - 20 * SECOND
    person = {"track": "t", "door_id": door_id, "box": [1, 2, 3, 4], "foot": [2, 4], "tile": [0, 1]}
    frames = [{"at_us": at, "people": [person]}]
    answering["people"] = ("replays", json.dumps(frames).encode(), {"Content-Type": "application/json"})
    answering["presence"] = ("replays", json.dumps([[at, at + 5]]).encode(), {"Content-Type": "application/json"})
    crossing = {"crossing_id": "c", "camera_id": camera_id, "door_id": door_id, "track": "t", "at": to_iso(at)}
    more = {"direction": "in", "confidence": 0.9, "continuous": True, "possible": 0, "trail": [[at, 0, 1]]}
    await analyzer.post("/api/analyzer/crossings", {"crossings": [{**crossing, **more}]})
    asked = {"from_us": at - SECOND, "until_us": at + SECOND}
    told = await owner.get(f"/api/cameras/{camera_id}/tracks", params=asked)
    assert told["frames"] == [{"at_us": at, "people": [{**person, "box": [1, 2, 3, 4]}]}]
    assert [(one["crossing_id"], one["track"], one["trail"]) for one in told["crossings"]] == [("c", "t", [[at, 0, 1]])]
    assert await owner.get(f"/api/cameras/{camera_id}/presence", params=asked) == [[at, at + 5]]


async def test_a_timeline_tells_moments_coverage_and_what_is_recorded_with_its_gaps(
    site, owner, gateway, analyzer, mapped
):
    door_id, camera_id = mapped
    now = site.clock.now()
    begin = now - 600 * SECOND
    event = {"device_id": "lobby", "timestamp": to_iso(begin + SECOND), "event_type": "AccessGranted"}
    await gateway.post("/api/pacs/webhooks", {"event": {**event, "actor_name": "Ana"}})
    spans = [(0, 100), (200, 300)]
    covered = [
        {"camera_id": camera_id, "from": to_iso(begin + a * SECOND), "until": to_iso(begin + b * SECOND)}
        for a, b in spans
    ]
    await analyzer.post("/api/analyzer/coverage", {"coverage": covered})
    segments = [
        {
            "segment_id": f"{camera_id}~{start}",
            "camera_id": camera_id,
            "start": to_iso(begin + start * SECOND),
            "end": to_iso(begin + (start + 4) * SECOND),
            "bytes": 9,
            "name": f"x/{start}.mp4",
        }
        for start in (0, 4, 8, 40, 44)
    ]
    await analyzer.post("/api/analyzer/segments", {"segments": segments})
    asked = {"from_us": begin, "until_us": now}
    for place in (f"/api/doors/{door_id}", f"/api/cameras/{camera_id}"):
        told = await owner.get(f"{place}/timeline", params=asked)
        assert [door["name"] for door in told["doors"]] == ["Lobby"]
        (camera,) = told["cameras"]
        assert camera["covered"] == [[begin + a * SECOND, begin + b * SECOND] for a, b in spans]
        assert camera["recorded"] == [[begin, begin + 12 * SECOND], [begin + 40 * SECOND, begin + 48 * SECOND]]
        assert [scene["door_id"] for scene in camera["scenes"]] == [door_id]
        assert [moment["actor_name"] for moment in told["moments"]] == ["Ana"]
        assert (told["pacs_covered"], told["more"], told["buckets"]) == (None, False, [])


async def test_of_a_long_time_a_timeline_tells_how_much_there_was(site, owner, gateway, mapped):
    door_id, _ = mapped
    now = site.clock.now()
    events = [
        {"event_id": f"e{n}", "device_id": "lobby", "timestamp": to_iso(now - n * HOUR), "event_type": "AccessGranted"}
        for n in range(1, 6)
    ]
    await gateway.post("/api/pacs/webhooks", {"events": events})
    told = await owner.get(f"/api/doors/{door_id}/timeline", params={"from_us": now - DAY, "until_us": now})
    assert told["moments"] == []
    assert [bucket["grants"] for bucket in told["buckets"]] == [1] * 5
    assert all(
        b["from_us"] <= now - n * HOUR < b["until_us"] for b, n in zip(told["buckets"], (5, 4, 3, 2, 1), strict=True)
    )


@pytest.mark.parametrize("asked", [{"until_us": 5, "from_us": 9}, {"until_us": 10 * DAY}, {"from_us": -1}])
async def test_a_timeline_of_an_endless_time_is_refused(owner, mapped, asked):
    await owner.get(f"/api/doors/{mapped[0]}/timeline", params={"from_us": 0, "until_us": HOUR, **asked}, expect=422)


async def test_the_timeline_of_another_account_is_not_there(site, owner, mapped):

    door_id, camera_id = mapped
    stranger = await site.user(Role.OWNER, await site.other_account())
    for place in (f"/api/doors/{door_id}", f"/api/cameras/{camera_id}"):
        await stranger.get(f"{place}/timeline", params={"from_us": 0, "until_us": HOUR}, expect=404)
    machine = await site.machine(TokenKind.ANALYZER)
    async with machine.http.put("/api/analyzer/replays/none", data=b"x") as response:
        assert response.status == 404
