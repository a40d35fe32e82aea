"""Doors that share their grants, and several cameras at one door: through the server, as producers post and people see."""

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import HOUR, SECOND, to_iso


class House:
    """Two leaves with a camera each, and a sided door with two cameras, of one running server."""

    def __init__(self, site, owner, gateway, analyzer):
        self.site, self.owner, self.gateway, self.analyzer = site, owner, gateway, analyzer
        self.start = site.clock.now() - 60 * SECOND
        self.doors, self.cameras = {}, {}

    async def furnish(self, **mapping):
        devices = [{"device_id": name, "device_name": name} for name in mapping]
        await self.gateway.post("/api/pacs/devices", {"devices": devices})
        self.doors = {door["device_id"]: door["door_id"] for door in await self.owner.get("/api/doors")}
        for name, cameras in mapping.items():
            for camera in cameras:
                made = await self.owner.post("/api/cameras", {"name": camera, "url": f"rtsp://127.0.0.1/{camera}"})
                self.cameras[camera] = made["camera_id"]
            body = {"camera_ids": [self.cameras[camera] for camera in cameras]}
            await self.owner.put(f"/api/doors/{self.doors[name]}/cameras", body)

    def at(self, seconds):
        return to_iso(self.start + int(seconds * SECOND))

    async def covered(self):
        spans = [{"camera_id": one, "from": self.at(-3600), "until": self.at(60)} for one in self.cameras.values()]
        await self.analyzer.post("/api/analyzer/coverage", {"coverage": spans})

    async def grant(self, door, seconds):
        event = {"device_id": door, "timestamp": self.at(seconds), "event_type": "AccessGranted"}
        await self.gateway.post("/api/pacs/webhooks", {"events": [event]})

    async def pass_by(self, door, camera, seconds, direction="in"):
        crossing = {
            "crossing_id": f"{camera}-{seconds}",
            "camera_id": self.cameras[camera],
            "door_id": self.doors[door],
            "track": f"t{seconds}",
            "at": self.at(seconds),
            "direction": direction,
            "confidence": 0.9,
            "continuous": True,
            "possible": 0,
            "trail": [],
        }
        await self.analyzer.post("/api/analyzer/crossings", {"crossings": [crossing]})

    async def crossings(self):
        """Outcome of each crossing moment, once all have one."""
        found = [one for one in await self.owner.get("/api/moments") if one["kind"] == "crossing"]
        return sorted((one["at"], one["outcome"]) for one in found) if all(one["outcome"] for one in found) else None

    async def incidents(self):
        return await self.owner.get("/api/incidents")


@pytest.fixture
async def house(site):
    owner = await site.user(Role.OWNER)
    return House(site, owner, await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER))


async def pooled(house):
    await house.furnish(left=["west"], right=["east"])
    detail = await house.owner.put(f"/api/doors/{house.doors['left']}/pool", {"door_ids": [house.doors["right"]]})
    # The pool is to hold for what is about to be told, which happened a minute ago.
    await house.site.services.db.write(
        lambda conn: conn.exec_driver_sql(f"UPDATE pools SET valid_from = {house.start - HOUR}")
    )
    await house.covered()
    return detail


async def test_a_grant_of_one_leaf_admits_at_the_other(house, eventually):
    await pooled(house)
    await house.grant("left", 10)
    await house.pass_by("right", "east", 12)
    [(_, outcome)] = await eventually(house.crossings)
    assert outcome == "admitted"
    assert await house.incidents() == []


async def test_one_grant_and_one_person_at_each_leaf_are_tailgating_of_the_pool(house, eventually):
    await pooled(house)
    await house.grant("right", 10)
    await house.pass_by("left", "west", 12)
    await house.pass_by("right", "east", 13)
    [incident] = await eventually(house.incidents)
    assert (incident["kind"], incident["people"], incident["grants"], incident["excess"]) == ("tailgating", 2, 1, 1)
    assert incident["door"]["name"] == "left"
    assert {camera["name"] for camera in incident["cameras"]} == {"west", "east"}


async def test_doors_that_share_nothing_need_a_grant_each(house, eventually):
    await house.furnish(left=["west"], right=["east"])
    await house.covered()
    await house.grant("left", 10)
    await house.pass_by("right", "east", 12)
    [incident] = await eventually(house.incidents)
    assert (incident["kind"], incident["door"]["name"]) == ("unauthorized_entry", "right")


async def test_a_pool_is_told_at_each_of_its_doors_and_can_be_dissolved(house):
    detail = await pooled(house)
    left, right = house.doors["left"], house.doors["right"]
    assert detail["pool"] == {
        "door": {"door_id": left, "name": "left"},
        "with_doors": [{"door_id": right, "name": "right"}],
    }
    assert (await house.owner.get(f"/api/doors/{right}"))["pool"] == detail["pool"]
    gone = await house.owner.put(f"/api/doors/{left}/pool", {"door_ids": []})
    assert gone["pool"] is None
    assert (await house.owner.get(f"/api/doors/{right}"))["pool"] is None


async def test_a_door_belongs_to_one_pool_at_a_time(house):
    await pooled(house)
    left, right = house.doors["left"], house.doors["right"]
    answer = await house.owner.put(f"/api/doors/{right}/pool", {"door_ids": [left]}, expect=409)
    assert "change the pool there" in answer["error"]
    await house.owner.put(f"/api/doors/{left}/pool", {"door_ids": ["nowhere"]}, expect=404)


async def test_somebody_whom_two_cameras_of_a_door_saw_is_counted_once(house, eventually):
    await house.furnish(lobby=["inside", "outside"])
    await house.covered()
    await house.grant("lobby", 10)
    await house.pass_by("lobby", "inside", 12)
    await house.pass_by("lobby", "outside", 12.4)
    assert [outcome for _, outcome in await eventually(house.crossings)] == ["admitted", "admitted"]
    assert await house.incidents() == []


async def test_somebody_whom_only_the_lesser_camera_saw_is_possible_tailgating(house, eventually):
    await house.furnish(lobby=["inside", "outside"])
    await house.covered()
    await house.grant("lobby", 10)
    await house.pass_by("lobby", "inside", 12)
    await house.pass_by("lobby", "outside", 12.4)
    await house.pass_by("lobby", "outside", 15)
    [incident] = await eventually(house.incidents)
    assert (incident["kind"], incident["excess"], incident["possible"]) == ("possible_tailgating", 0, 1)


async def test_an_incident_tells_what_the_doors_own_sensor_counted(house, eventually):
    await house.furnish(lobby=["inside"])
    await house.covered()
    for seconds in (12, 13):
        event = {"device_id": "lobby", "timestamp": house.at(seconds), "event_type": "DoorEntryDetected"}
        await house.gateway.post("/api/pacs/webhooks", {"events": [event | {"event_id": f"s{seconds}"}]})
    await house.pass_by("lobby", "inside", 12)
    [incident] = await eventually(house.incidents)
    assert (await house.owner.get(f"/api/incidents/{incident['incident_id']}"))["sensed"] == 2
