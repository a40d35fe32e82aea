"""The page of integrations: the mapping as a whole, what could be mapped, and how the gateways are."""

import asyncio

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.domain.time import SECOND, to_iso


def listed(*names):
    return {"devices": [{"device_id": name.lower().replace(" ", "-"), "device_name": name} for name in names]}


async def camera(owner, name):
    return (await owner.post("/api/cameras", {"name": name, "url": "rtsp://127.0.0.1/x"}))["camera_id"]


async def ids(caller):
    return {door["name"]: door["door_id"] for door in (await caller.get("/api/integrations/mapping"))["doors"]}


def change(door_id, before=(), after=()):
    return {"door_id": door_id, "before": list(before), "after": list(after)}


async def save(caller, *changes, **more):
    return await caller.put("/api/integrations/mapping", {"changes": list(changes)}, **more)


@pytest.fixture
async def building(owner, gateway):
    """Two doors and two cameras, none mapped: door ids by name, and the cameras."""
    await gateway.post("/api/pacs/devices", listed("Lobby east", "Server room"))
    return await ids(owner), [await camera(owner, name) for name in ("Entrance one", "Entrance two")]


async def test_the_mapping_is_unsaved_until_it_is_saved_once(owner, building):
    before = await owner.get("/api/integrations/mapping")
    assert before["saved_at"] is None
    assert before["mapping"] == {}
    assert [(one["name"], one["stale"]) for one in before["doors"]] == [("Lobby east", False), ("Server room", False)]
    assert (await save(owner))["saved_at"] is not None


async def test_several_doors_are_saved_at_once_and_audited(site, owner, building):
    doors, cameras = building
    stands = await save(
        owner, change(doors["Lobby east"], after=cameras), change(doors["Server room"], after=cameras[1:])
    )
    assert stands["mapping"] == {doors["Lobby east"]: cameras, doors["Server room"]: cameras[1:]}
    assert [one["name"] for one in (await owner.get("/api/doors"))[0]["cameras"]] == ["Entrance one", "Entrance two"]


async def test_two_people_do_not_overwrite_each_other(owner, building):
    doors, cameras = building
    await save(owner, change(doors["Lobby east"], after=cameras[:1]))
    late = [change(doors["Server room"], after=cameras), change(doors["Lobby east"], after=cameras[1:])]
    refused = await save(owner, *late, expect=409)
    assert "somebody else changed the cameras of Lobby east" in refused["error"]
    assert (await owner.get("/api/integrations/mapping"))["mapping"] == {doors["Lobby east"]: cameras[:1]}


async def test_of_two_saves_at_the_same_moment_one_is_told(owner, building):
    doors, cameras = building
    both = await asyncio.gather(
        *(
            owner.http.put("/api/integrations/mapping", json={"changes": [change(doors["Lobby east"], after=[one])]})
            for one in cameras
        )
    )
    assert sorted(answer.status for answer in both) == [200, 409]


async def test_an_unknown_camera_or_door_changes_nothing(site, owner, building):
    doors, cameras = building
    good = change(doors["Lobby east"], after=cameras[:1])
    assert (
        "no camera nobody"
        in (await save(owner, good, change(doors["Server room"], after=["nobody"]), expect=404))["error"]
    )
    await save(owner, good, change("door_nowhere", after=cameras), expect=404)
    assert (await owner.get("/api/integrations/mapping"))["mapping"] == {}


async def test_who_may_only_look_saves_nothing_and_strangers_see_nothing(site, owner, building):
    doors, cameras = building
    guest = await site.user(Role.VIEW)
    await save(guest, change(doors["Lobby east"], after=cameras), expect=403)
    assert len((await guest.get("/api/integrations/mapping"))["doors"]) == 2
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert (await stranger.get("/api/integrations/mapping"))["doors"] == []
    await save(stranger, change(doors["Lobby east"], after=[]), expect=404)
    assert (await stranger.get("/api/integrations/suggestions"))["suggestions"] == []
    assert [one["name"] for one in await stranger.get("/api/gateways")] == ["Other"]


async def test_a_door_that_vanished_stays_by_name_and_the_renamed_one_takes_over(owner, gateway, building):
    doors, cameras = building
    await save(owner, change(doors["Lobby east"], after=cameras[:1]))
    await gateway.post(
        "/api/pacs/devices",
        {
            "devices": [
                {"device_id": "server-room", "device_name": "Server room"},
                {"device_id": "new", "device_name": "LOBBY East"},
            ]
        },
    )
    stands = await owner.get("/api/integrations/mapping")
    assert {one["name"] for one in stands["doors"] if one["stale"]} == {"Lobby east"}
    assert stands["mapping"] == {doors["Lobby east"]: cameras[:1]}
    [renamed] = (await owner.get("/api/integrations/suggestions"))["renamed"]
    assert renamed["stale_id"] == doors["Lobby east"]
    after = await owner.post(f"/api/integrations/doors/{renamed['stale_id']}/follow", {"door_id": renamed["door_id"]})
    assert after["mapping"] == {renamed["door_id"]: cameras[:1]}
    assert (await owner.get("/api/integrations/suggestions"))["renamed"] == []


async def test_cameras_are_suggested_by_their_names(owner, gateway, building):
    doors, _ = building
    lobby = await camera(owner, "Camera Lobby-East")
    [told] = (await owner.get("/api/integrations/suggestions"))["suggestions"]
    assert (told["camera_id"], told["door_id"], told["because"]) == (lobby, doors["Lobby east"], "names")
    await save(owner, change(doors["Lobby east"], after=[lobby]))
    assert (await owner.get("/api/integrations/suggestions"))["suggestions"] == []


async def test_cameras_are_suggested_by_grants_that_somebody_in_view_followed(site, owner, gateway, analyzer, building):
    doors, cameras = building
    begin = site.clock.now() - 3600 * SECOND
    grants = [begin + (60 + number * 97) * SECOND for number in range(20)]
    events = [
        {"device_id": "server-room", "timestamp": to_iso(at), "event_type": "AccessGranted", "event_id": f"g{at}"}
        for at in grants
    ]
    await gateway.post("/api/pacs/webhooks", {"events": events})
    walks = [walk(cameras[0], at + 2 * SECOND) for at in grants] + [walk(cameras[1], at + 40 * SECOND) for at in grants]
    await analyzer.post("/api/analyzer/walks", {"walks": walks})
    [told] = (await owner.get("/api/integrations/suggestions"))["suggestions"]
    assert (told["camera_id"], told["door_id"], told["because"]) == (cameras[0], doors["Server room"], "grants")
    assert told["reason"].startswith("20 of 20 grants at this door were followed by somebody on this camera within 4 s")


def walk(camera_id, at):
    steps = [[at + number * SECOND, 100, 100, 150, 250] for number in range(4)]
    return {"camera_id": camera_id, "track": f"t{at}", "size": [640, 360], "steps": steps}


async def test_a_gateway_tells_how_it_is(site, owner, gateway, building):
    await gateway.post("/api/pacs/stats", {"stats": {"version": "1.2.3", "queue_lengths": {"webhooks": 7}}})
    await gateway.post("/api/pacs/errors", {"errors": [{"level": "error", "message": "away", "count": 3, "code": "x"}]})
    await gateway.post(
        "/api/pacs/logs", {"logs": [{"level": "info", "message": "hello", "context": {"a": "b"}}, "text"]}
    )
    now = site.iso()
    await gateway.post(
        "/api/pacs/coverage",
        {
            "covered_from": site.iso(-60),
            "covered_until": now,
            "subscribed": ["AccessGranted"],
            "refused": ["DoorForced"],
        },
    )
    [told] = await owner.get("/api/gateways")
    assert told["connected"]
    assert told["covered_until"] == now
    assert (told["subscribed"], told["refused"]) == (["AccessGranted"], ["DoorForced"])
    assert told["stats"] == {"version": "1.2.3", "queue_lengths": {"webhooks": 7}}
    assert [(one["level"], one["message"], one["count"]) for one in told["errors"]] == [("error", "away", 3)]
    assert [one["message"] for one in told["logs"]] == ["text", "hello"]
    assert told["logs"][1]["context"] == {"a": "b"}


async def test_a_list_that_lost_most_doors_waits_and_is_accepted_here(owner, gateway, building):
    doors, cameras = building
    await save(owner, change(doors["Lobby east"], after=cameras[:1]))
    await gateway.post("/api/pacs/devices", {"devices": []})
    [told] = await owner.get("/api/gateways")
    [held] = told["held"]
    assert held["dropped"] == ["Lobby east", "Server room"]
    path = f"/api/gateways/{told['pacs_id']}/doors/accept"
    await owner.post(path, {"gateway_id": held["gateway_id"]})
    assert (await owner.get("/api/gateways"))[0]["held"] == []
    assert all(one["stale"] for one in (await owner.get("/api/integrations/mapping"))["doors"])
    await owner.post(path, {"gateway_id": held["gateway_id"]}, expect=404)
