"""What gateways, drivers and analyzers post, good and bad."""

import gzip
import io
import json

import pytest
import zstandard

from doorwatch.accounts.roles import TokenKind

EVENT = {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00.123Z", "event_type": "AccessGranted"}


async def found(owner, text):
    return (await owner.get("/api/search", params={"q": text}))["moments"]


async def test_an_unknown_token_is_401_and_one_of_another_kind_403(site, gateway, analyzer):
    nobody = site.caller({"Authorization": "Bearer dwg_unknown"})
    for caller, path, status in (
        (nobody, "/api/pacs/webhooks", 401),
        (site.caller({"Authorization": "Basic dXNlcjpwYXNz"}), "/api/pacs/webhooks", 401),
        (analyzer, "/api/pacs/webhooks", 403),
        (gateway, "/api/analyzer/crossings", 403),
    ):
        assert "token" in (await caller.post(path, {"events": []}, expect=status))["error"]


async def test_both_spellings_of_the_authorization_and_of_the_body_are_taken(site, owner):
    secret = await site.token(TokenKind.GATEWAY)
    for number, header in enumerate(("Bearer", "token", "bearer", "TOKEN")):
        caller = site.caller({"Authorization": f"{header} {secret}"})
        event = EVENT | {"event_id": str(number)}
        body = {"event": event} if number % 2 else {"events": [event]}
        assert await caller.post("/api/pacs/webhooks", body) == {"stored": 1}
    assert len(await found(owner, "access granted")) == 4


async def test_the_same_event_delivered_three_times_is_stored_once_and_learns_what_a_later_copy_knows(gateway, owner):
    for more in ({}, {}, {"actor_name": "J. Rivera"}):
        assert await gateway.post("/api/pacs/webhooks", {"event": EVENT | {"event_id": "7"} | more}) == {"stored": 1}
    moments = await found(owner, "access granted")
    assert [moment["actor_name"] for moment in moments] == ["J. Rivera"]


async def test_an_event_without_an_id_is_known_by_device_time_type_and_actor(gateway, owner):
    spelled = [
        EVENT,
        EVENT | {"timestamp": 1769860800123},
        EVENT | {"timestamp": "1769860800123"},
        EVENT | {"event_type": "access_granted"},
        EVENT | {"timestamp": "2026-01-31T13:00:00.123+01:00"},
    ]
    for event in spelled:
        await gateway.post("/api/pacs/webhooks", {"event": event})
    assert len(await found(owner, "access granted")) == 1
    await gateway.post("/api/pacs/webhooks", {"event": EVENT | {"actor_id": 17}})
    assert len(await found(owner, "access granted")) == 2


async def test_bad_events_are_named_by_index_and_field_and_the_good_ones_are_kept(gateway, owner):
    events = [
        EVENT,
        {"timestamp": "2026-01-31T12:00:00Z", "event_type": "x"},
        EVENT | {"timestamp": "yesterday"},
        EVENT | {"timestamp": 1769860800123000},
        EVENT | {"timestamp": True},
        EVENT | {"side": "left"},
        EVENT | {"labels": [1]},
        EVENT | {"device_id": "  "},
        {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00Z"},
        "nonsense",
        EVENT | {"actor_name": "a\u0000b"},
        EVENT | {"event_type": "DoorOpen"},
    ]
    answer = await gateway.post("/api/pacs/webhooks", {"events": events}, expect=422)
    assert answer["stored"] == 2
    assert [(e["index"], e["field"]) for e in answer["errors"]] == [
        (1, "device_id"), (2, "timestamp"), (3, "timestamp"), (4, "timestamp"), (5, "side"), (6, "labels[0]"),
        (7, "device_id"), (8, "event_type"), (9, ""), (10, "actor_name"),
    ]  # fmt: skip
    assert all(error["error"] for error in answer["errors"])
    assert len(await found(owner, "access event")) == 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"things":[]}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_none_is_422_with_an_example(gateway, body):
    async with gateway.http.post("/api/pacs/webhooks", data=body) as response:
        assert response.status == 422
        assert (await response.json())["error"]


async def test_an_event_of_an_older_driver_needs_only_labels_or_an_actor(gateway, owner):
    event = {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00Z"}
    await gateway.post("/api/pacs/webhooks", {"event": event | {"labels": ["entry.unlocked"]}})
    await gateway.post("/api/pacs/webhooks", {"event": event | {"actor_name": "Kim"}})
    assert len(await found(owner, "access event")) == 2


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)])
async def test_packed_bodies_are_taken(gateway, owner, encoding, pack):
    body = pack(json.dumps({"event": EVENT}).encode())
    async with gateway.http.post("/api/pacs/webhooks", data=body, headers={"Content-Encoding": encoding}) as response:
        assert response.status == 200
    assert len(await found(owner, "access granted")) == 1


async def test_too_large_a_body_is_413(gateway):
    async with gateway.http.post("/api/pacs/webhooks", data=io.BytesIO(b" " * (17 << 20))) as response:
        assert response.status == 413


@pytest.mark.parametrize("name", ["devices", "readers"])
async def test_a_device_list_replaces_the_gateways_former_one(gateway, owner, name):
    devices = [{"device_id": f"d{number}", "device_name": f"Door {number}"} for number in range(4)]
    assert await gateway.post("/api/pacs/devices", {name: devices}) == {"doors": 4}
    assert await gateway.post("/api/pacs/devices", {name: devices[:3]}) == {"doors": 3}
    assert [door["stale"] for door in await owner.get("/api/doors")] == [False, False, False, True]
    stored = await gateway.get("/api/pacs/devices")
    assert [device["device_name"] for device in stored["devices"]] == ["Door 0", "Door 1", "Door 2"]


async def test_a_device_list_that_drops_nearly_all_doors_is_held(gateway, owner):
    devices = [{"device_id": f"d{number}", "device_name": f"Door {number}"} for number in range(4)]
    await gateway.post("/api/pacs/devices", {"devices": devices, "gateway_id": "north"})
    answer = await gateway.post("/api/pacs/devices", {"devices": [], "gateway_id": "north"})
    assert "none was dropped" in answer["held"]
    assert not any(door["stale"] for door in await owner.get("/api/doors"))


async def test_half_a_device_list_is_not_taken(gateway, owner):
    body = {"devices": [{"device_id": "good"}, {"device_name": "no id"}]}
    answer = await gateway.post("/api/pacs/devices", body, expect=422)
    assert answer["errors"][0]["index"] == 1
    assert await owner.get("/api/doors") == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("stats", {"stats": {"events_received": 3}}, {"stats": []}),
        ("logs", {"logs": [{"message": "x"}]}, {"logs": {}}),
        ("errors", {"errors": [{"message": "x"}]}, {}),
    ],
)
async def test_reports_of_the_gateway_are_kept(gateway, kind, good, bad):
    assert await gateway.post(f"/api/pacs/{kind}", good) == {"stored": 1}
    assert kind in (await gateway.post(f"/api/pacs/{kind}", bad, expect=422))["error"]


async def test_coverage_shows_a_pacs_as_connected_and_until_when(site, gateway, owner):
    await gateway.post("/api/pacs/devices", {"devices": [{"device_id": "lobby", "device_name": "Lobby"}]})
    assert (await owner.get("/api/doors"))[0]["pacs"]["connected"] is False
    until = site.iso()
    body = {"covered_from": site.iso(-60), "covered_until": until, "subscribed": ["AccessGranted"], "refused": []}
    await gateway.post("/api/pacs/coverage", body)
    pacs = (await owner.get("/api/doors"))[0]["pacs"]
    assert (pacs["connected"], pacs["covered_until"]) == (True, until)
    await gateway.post("/api/pacs/coverage", {"covered_from": "x"}, expect=422)


async def test_crossings_of_unknown_cameras_or_doors_are_named_and_the_others_kept(site, owner, gateway, analyzer):
    door_id, camera_id = await site.furnish(owner, gateway)
    good = {
        "crossing_id": "c1", "camera_id": camera_id, "door_id": door_id, "track": "1", "at": site.iso(),
        "direction": "in", "confidence": 0.9, "continuous": True, "possible": 0, "trail": [],
    }  # fmt: skip
    bad = [
        good | {"crossing_id": "c2", "camera_id": "nobody"},
        good | {"crossing_id": "c3", "direction": "up"},
        good | {"crossing_id": "c4", "confidence": 7},
        good | {"crossing_id": ""},
        good | {"crossing_id": "c5", "trail": [[1, 2]]},
        good | {"crossing_id": "c6", "possible": -1},
        good | {"crossing_id": "c7", "likeness": {"model": 7, "direction": "AAAAAAAA"}},
        good | {"crossing_id": "c8", "likeness": {"model": 7, "direction": "no base64"}},
    ]
    answer = await analyzer.post("/api/analyzer/crossings", {"crossings": [good, *bad]}, expect=422)
    assert answer["stored"] == 1
    assert [error["index"] for error in answer["errors"]] == list(range(1, 9))
    assert await analyzer.post("/api/analyzer/crossings", {"crossings": [good]}) == {"stored": 1}
    assert len(await found(owner, "crossing")) == 1


async def test_an_analyzer_of_another_account_touches_nothing_here(site, owner, gateway, analyzer):
    door_id, camera_id = await site.furnish(owner, gateway)
    stranger = await site.machine(TokenKind.ANALYZER, await site.other_account())
    crossing = {
        "crossing_id": "c1", "camera_id": camera_id, "door_id": door_id, "track": "1", "at": site.iso(),
        "direction": "in",
    }  # fmt: skip
    answer = await stranger.post("/api/analyzer/crossings", {"crossings": [crossing]}, expect=422)
    assert answer["stored"] == 0
    await stranger.call("PUT", f"/api/analyzer/snapshot/{camera_id}", expect=404)
    await stranger.post("/api/analyzer/cameras", {"cameras": [{"camera_id": camera_id, "code": 500}]})
    assert (await owner.get(f"/api/cameras/{camera_id}"))["status"]["code"] == 100


async def test_what_a_camera_says_of_itself_is_shown_and_going_away_is_a_moment(site, owner, gateway, analyzer):
    _, camera_id = await site.furnish(owner, gateway)
    online = {
        "camera_id": camera_id, "code": 200, "message": "online", "width": 768, "height": 432, "fps": 15.0,
        "codec": "h264", "last_frame_at": site.iso(), "latency_ms": 80.0, "detector": "centernet",
    }  # fmt: skip
    await analyzer.post("/api/analyzer/cameras", {"cameras": [online | {"skew_ms": -1500.0}]})
    camera = await owner.get(f"/api/cameras/{camera_id}")
    assert camera["skew_ms"] == -1500.0
    assert (camera["status"]["code"], camera["width"], camera["detector"]) == (200, 768, "centernet")
    away = {"camera_id": camera_id, "code": 408, "message": "nothing for 10 s"}
    await analyzer.post("/api/analyzer/cameras", {"cameras": [away]})
    assert (await owner.get(f"/api/cameras/{camera_id}"))["skew_ms"] is None
    opening = {"camera_id": camera_id, "code": 100, "message": "the camera is being opened"}
    for said in (opening, away, opening):  # as often as it is tried
        await analyzer.post("/api/analyzer/cameras", {"cameras": [said]})
    status = (await owner.get(f"/api/cameras/{camera_id}"))["status"]
    assert (status["code"], status["message"]) == (408, "nothing for 10 s")
    await analyzer.post("/api/analyzer/cameras", {"cameras": [online]})
    titles = [m["title"] for m in await owner.get("/api/moments") if m["kind"] == "health"]
    assert titles == ["Lobby camera is back", "Lobby camera is away"]
    bad = {"cameras": [{"camera_id": camera_id}, {"camera_id": camera_id, "code": "x"}]}
    assert len((await analyzer.post("/api/analyzer/cameras", bad, expect=422))["errors"]) == 2


async def test_segments_are_taken_and_deleted_ones_forgotten(site, owner, gateway, analyzer):
    _, camera_id = await site.furnish(owner, gateway)
    segment = {
        "segment_id": "s1", "camera_id": camera_id, "start": site.iso(-9), "end": site.iso(-5), "bytes": 9, "name": "x",
    }  # fmt: skip
    assert await analyzer.post("/api/analyzer/segments", {"segments": [segment]}) == {"stored": 1}
    bad = [segment | {"end": site.iso(-20)}, segment | {"camera_id": "other"}, {}]
    answer = await analyzer.post("/api/analyzer/segments", {"segments": bad}, expect=422)
    assert [error["index"] for error in answer["errors"]] == [0, 1, 2]
    assert await analyzer.post("/api/analyzer/segments", {"deleted": ["s1"]}) == {"deleted": 1}


async def test_a_snapshot_is_kept_and_shown(site, owner, gateway, analyzer):
    _, camera_id = await site.furnish(owner, gateway)
    await owner.get(f"/api/cameras/{camera_id}/snapshot.jpg", expect=404)
    async with analyzer.http.put(f"/api/analyzer/snapshot/{camera_id}", data=b"no picture") as response:
        assert response.status == 422
    async with analyzer.http.put(f"/api/analyzer/snapshot/{camera_id}", data=b"\xff\xd8\xffpicture") as response:
        assert response.status == 201
    async with owner.http.get(f"/api/cameras/{camera_id}/snapshot.jpg") as response:
        assert response.content_type == "image/jpeg"
        assert await response.read() == b"\xff\xd8\xffpicture"
