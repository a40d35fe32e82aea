"""Cameras in groups, as files, and as the access control system itself shows them at its doors."""

from doorwatch.accounts.roles import Role

ROWS = "name,url,user,password,groups,labels\nDock,rtsp://10.0.0.7/s2,viewer,s3cr3t,Yard; North,loading\nGate,rtsp://10.0.0.8/s2,,,North,\n"


async def ids(owner):
    return {camera["name"]: camera["camera_id"] for camera in await owner.get("/api/cameras")}


async def test_a_file_is_told_first_then_taken_and_comes_back_without_its_passwords(site, owner):
    told = await owner.post("/api/camera-list", {"csv": ROWS})
    assert (told["applied"], told["added"], told["fault_count"]) == (False, ["Dock", "Gate"], 0)
    assert await owner.get("/api/cameras") == []
    await owner.post("/api/camera-list", {"csv": ROWS, "apply": True})
    dock, gate = await owner.get("/api/cameras")
    assert dock["url"] == "rtsp://viewer:***@10.0.0.7/s2"
    assert (dock["groups"], dock["labels"], gate["groups"], gate["labels"]) == (
        ["Yard", "North"],
        ["loading"],
        ["North"],
        [],
    )
    text = await owner.get("/api/camera-list")
    assert "s3cr3t" not in text
    back = await owner.post("/api/camera-list", {"csv": text})
    assert (back["unchanged_count"], back["added"], back["changed"]) == (2, [], [])
    viewer = await site.user(Role.VIEW)
    await viewer.post("/api/camera-list", {"csv": ROWS}, expect=403)
    await viewer.get("/api/camera-list", expect=403)


async def test_a_file_that_is_none_changes_nothing(owner):
    refused = await owner.post("/api/camera-list", {"csv": "colour\nred\n", "apply": True}, expect=422)
    assert "must name the columns" in refused["error"]
    partly = await owner.post("/api/camera-list", {"csv": ROWS + "Shop,nowhere,,,,\n", "apply": True})
    assert (partly["added_count"], partly["faults"][0]["row"]) == (2, 4)


async def test_a_group_and_a_label_of_cameras_are_search_terms(owner, gateway):
    await owner.post("/api/camera-list", {"csv": ROWS, "apply": True})
    cameras = await ids(owner)
    devices = [{"device_id": name, "device_name": f"Door {name}"} for name in ("a", "b", "c")]
    await gateway.post("/api/pacs/devices", {"devices": devices})
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    await owner.put(f"/api/doors/{doors['a']}/cameras", {"camera_ids": [cameras["Dock"]]})
    await owner.put(f"/api/doors/{doors['b']}/cameras", {"camera_ids": [cameras["Gate"]]})
    events = [
        {"device_id": name, "timestamp": "2026-01-02T03:04:05Z", "event_type": "AccessGranted"}
        for name in ("a", "b", "c")
    ]
    await gateway.post("/api/pacs/webhooks", {"events": events})

    async def found(query):
        told = await owner.get("/api/search", params={"q": query})
        return sorted(moment["door"]["name"] for moment in told["moments"])

    assert await found("north") == ["Door a", "Door b"]
    assert await found('camera:"yard"') == ["Door a"]
    assert await found("loading") == ["Door a"]
    told = await owner.get("/api/suggest", params={"q": "nor"})
    assert {"text": "North", "kind": "group"} in told["suggestions"]


async def test_what_the_access_control_system_shows_at_a_door_is_suggested(owner, gateway):
    await owner.post("/api/camera-list", {"csv": ROWS + "Hall,rtsp://10.0.0.9/s2,,,,guid-7\n", "apply": True})
    cameras = await ids(owner)
    devices = [
        {"device_id": "a", "device_name": "A", "cameras": ["guid-7"]},
        {"device_id": "b", "device_name": "B", "cameras": ["guid-8"]},
        {"device_id": "c", "device_name": "C", "cameras": ["guid-8"]},
    ]
    await gateway.post("/api/pacs/devices", {"devices": devices})
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    told = (await owner.get("/api/integrations/suggestions"))["suggestions"]
    assert [(one["camera_id"], one["door_id"], one["because"]) for one in told] == [
        (cameras["Hall"], doors["a"], "pacs")
    ]
    # Which camera the system means by guid-8 is known once one of its doors is mapped.
    await owner.put(f"/api/doors/{doors['b']}/cameras", {"camera_ids": [cameras["Gate"]]})
    told = (await owner.get("/api/integrations/suggestions"))["suggestions"]
    learnt = next(one for one in told if one["door_id"] == doors["c"])
    assert learnt["camera_id"] == cameras["Gate"]
    assert learnt["reason"] == "The access control system shows the same camera at this door as at B"


async def test_a_camera_that_the_access_control_system_calls_by_the_same_name_is_suggested(owner, gateway):
    await owner.post("/api/camera-list", {"csv": ROWS, "apply": True})
    cameras = await ids(owner)
    device = {"device_id": "a", "device_name": "Server room", "cameras": ["guid-1", "guid-2"]}
    await gateway.post("/api/pacs/devices", {"devices": [device | {"camera_names": {"guid-1": "GATE", "x": "Dock"}}]})
    [door] = await owner.get("/api/doors")
    assert door["pacs_cameras"] == ["GATE"]
    [told] = (await owner.get("/api/integrations/suggestions"))["suggestions"]
    assert (told["camera_id"], told["because"]) == (cameras["Gate"], "pacs")
    assert told["reason"] == "The access control system shows its camera GATE at this door"
