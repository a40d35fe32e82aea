"""What was changed about a door is told with who and when, and in words."""

from doorwatch.accounts.roles import Role


async def test_each_change_of_a_door_is_told_newest_first(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    manager = await site.user(Role.MANAGE)
    await manager.put(f"/api/doors/{door_id}/policy", {"guests_per_grant": 1, "grant_after": 12.5})
    await owner.put(f"/api/doors/{door_id}/policy", {"guests_per_grant": 1, "controlled_direction": "both"})
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": []})
    told = await owner.get(f"/api/doors/{door_id}/history")
    camera = next(one["name"] for one in await owner.get("/api/cameras") if one["camera_id"] == camera_id)
    assert [(one["what"], one["sentence"]) for one in told] == [
        ("mapping", "Seen by no camera"),
        ("policy", "Policy: grant after 12.5 to 10, controlled direction in to both"),
        ("policy", "Policy: grant after 10 to 12.5, guests per grant 0 to 1"),
        ("scene", f"Scene drawn on {camera}"),
        ("mapping", f"Seen by {camera}"),
    ]
    assert told[1]["who"] != told[2]["who"]
    assert told[0]["at"] > told[-1]["at"]
    viewer = await site.user(Role.VIEW)
    await viewer.get(f"/api/doors/{door_id}/history", expect=403)
    stranger = await site.user(Role.OWNER, await site.other_account())
    await stranger.get(f"/api/doors/{door_id}/history", expect=404)


async def test_a_door_that_took_over_tells_from_which(owner, gateway):
    def listed(*devices):
        return {"devices": [{"device_id": device, "device_name": "Gate"} for device in devices], "gateway_id": "gw"}

    await gateway.post("/api/pacs/devices", listed("old", "other"))
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    camera = await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"})
    await owner.put(f"/api/doors/{doors['old']}/cameras", {"camera_ids": [camera["camera_id"]]})
    await gateway.post("/api/pacs/devices", listed("new", "other"))
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    await owner.post(f"/api/integrations/doors/{doors['old']}/follow", {"door_id": doors["new"]})
    (taken,) = await owner.get(f"/api/doors/{doors['new']}/history")
    assert taken["sentence"] == "Took over cameras, scenes and policy of Gate"
    assert (await owner.get(f"/api/doors/{doors['old']}/history"))[0]["sentence"].endswith("went to Gate")


async def preview(caller, door_id, change, **more):
    asked = {"what": change["what"], "before": change["at"], "camera_id": change["camera_id"]}
    return await caller.post(f"/api/doors/{door_id}/history/restore", asked | more)


async def take_back(caller, door_id, change):
    """As the page does it: look at what would change, then have it done."""
    told = await preview(caller, door_id, change)
    return await preview(caller, door_id, change, apply=True, stands=told["stands"])


async def test_a_change_is_taken_back_once_somebody_saw_what_that_changes(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": 12.5})
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": []})
    mapping, policy, *_ = await owner.get(f"/api/doors/{door_id}/history")
    told = await preview(owner, door_id, mapping)
    name = next(one["name"] for one in await owner.get("/api/cameras") if one["camera_id"] == camera_id)
    assert (told["changes"], told["applied"]) == ([f"Seen again by {name}"], False)
    assert (await owner.get(f"/api/doors/{door_id}"))["cameras"] == []
    assert (await take_back(owner, door_id, mapping))["applied"]
    assert [one["camera_id"] for one in (await owner.get(f"/api/doors/{door_id}"))["cameras"]] == [camera_id]
    assert (await take_back(owner, door_id, policy))["changes"] == ["grant after 12.5 to 10"]
    assert (await owner.get(f"/api/doors/{door_id}"))["policy"]["grant_after"] == 10
    newest, *_ = await owner.get(f"/api/doors/{door_id}/history")
    assert newest["sentence"].startswith("Taken back: the policy of before ")
    # Taking back is a change as well, and can be taken back itself.
    assert (await take_back(owner, door_id, newest))["changes"] == ["grant after 10 to 12.5"]


async def test_a_scene_is_taken_back_to_what_was_drawn_before_or_to_none(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    address = f"/api/cameras/{camera_id}/scenes/{door_id}"
    first = (await owner.get(f"/api/cameras/{camera_id}"))["scenes"][0]
    moved = {key: first[key] for key in ("size", "threshold", "inside")}
    await owner.put(address, moved | {"inside": [first["inside"][0] + 1, first["inside"][1]]})
    second, original = [one for one in await owner.get(f"/api/doors/{door_id}/history") if one["what"] == "scene"]
    assert (second["camera_id"], original["camera_id"]) == (camera_id, camera_id)
    assert "the inside" in (await take_back(owner, door_id, second))["changes"][0]
    assert (await owner.get(f"/api/cameras/{camera_id}"))["scenes"][0]["inside"] == first["inside"]
    assert "taken away" in (await take_back(owner, door_id, original))["changes"][0]
    assert (await owner.get(f"/api/cameras/{camera_id}"))["scenes"] == []


async def test_what_somebody_else_changed_meanwhile_is_not_taken_back_unseen(site, owner, gateway):
    door_id, _ = await site.furnish(owner, gateway)
    await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": 12.5})
    change, *_ = await owner.get(f"/api/doors/{door_id}/history")
    seen = (await preview(owner, door_id, change))["stands"]
    await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": 20})
    asked = {"what": "policy", "before": change["at"], "apply": True}
    address = f"/api/doors/{door_id}/history/restore"
    refused = await owner.post(address, asked | {"stands": seen}, expect=409)
    assert "somebody changed this in the meantime" in refused["error"]
    await owner.post(address, asked, expect=409)
    assert (await owner.get(f"/api/doors/{door_id}"))["policy"]["grant_after"] == 20


async def test_a_camera_that_was_removed_since_stays_away(site, owner, gateway):
    door_id, camera_id = await site.furnish(owner, gateway)
    other = (await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"}))["camera_id"]
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": [other, camera_id]})
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": []})
    await owner.call("DELETE", f"/api/cameras/{other}")
    change, *_ = await owner.get(f"/api/doors/{door_id}/history")
    assert (await take_back(owner, door_id, change))["changes"][-1] == "Was removed since and stays away: Dome"
    assert [one["camera_id"] for one in (await owner.get(f"/api/doors/{door_id}"))["cameras"]] == [camera_id]


async def test_taking_back_what_stands_or_what_nobody_knows_is_refused(site, owner, gateway):
    door_id, _ = await site.furnish(owner, gateway)
    address = f"/api/doors/{door_id}/history/restore"
    asked = {"what": "pool", "before": "2027-01-01T00:00:00Z"}
    told = await owner.post(address, asked)
    assert told["changes"] == []
    refused = await owner.post(address, asked | {"apply": True, "stands": told["stands"]}, expect=409)
    assert "nothing is to be taken back" in refused["error"]
    await owner.post(address, asked | {"before": "yesterday"}, expect=422)
    await owner.post(address, asked | {"what": "scene", "camera_id": "none"}, expect=404)
    await (await site.user(Role.VIEW)).post(address, asked, expect=403)
    await (await site.user(Role.OWNER, await site.other_account())).post(address, asked, expect=404)
