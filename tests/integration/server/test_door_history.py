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
