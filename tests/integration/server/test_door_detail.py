"""What the API tells about one door beside its verdicts: its clock, what can't be seen, its own sensor."""

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.domain.time import MINUTE, SECOND, to_iso


async def people_alone(site, gateway, analyzer, door_id, camera_id, *, ahead, people=20):
    """People who come alone every ten minutes, let in by a PACS whose clock is `ahead` seconds ahead."""
    now = site.clock.now()
    events, crossings = [], []
    for number in range(people):
        at = now - (people - number) * 10 * MINUTE
        events.append(
            {
                "event_id": f"g{number}",
                "device_id": "lobby",
                "timestamp": to_iso(at + int(ahead * SECOND)),
                "event_type": "AccessGranted",
            }
        )
        crossings.append(
            {
                "crossing_id": f"c{number}",
                "camera_id": camera_id,
                "door_id": door_id,
                "track": f"t{number}",
                "at": to_iso(at + 5 * SECOND // 2),
                "direction": "in",
                "confidence": 0.9,
                "continuous": True,
                "possible": 0,
                "trail": [],
            }
        )
    await gateway.post("/api/pacs/webhooks", {"events": events})
    await analyzer.post("/api/analyzer/crossings", {"crossings": crossings})


async def test_a_clock_that_is_ahead_is_proposed_accepted_as_a_new_policy_and_not_proposed_again(
    site, owner, gateway, analyzer
):
    door_id, camera_id = await site.furnish(owner, gateway)
    await owner.put(f"/api/doors/{door_id}/policy", {"grant_after": 7})
    await people_alone(site, gateway, analyzer, door_id, camera_id, ahead=4)
    proposal = (await owner.get(f"/api/doors/{door_id}"))["clock_proposal"]
    assert proposal["offset"] == pytest.approx(4, abs=0.2)
    assert proposal["pairs"] == 20
    accepted = await owner.post(f"/api/doors/{door_id}/clock-offset")
    assert accepted["policy"]["clock_offset"] == pytest.approx(4, abs=0.2)
    assert accepted["policy"]["grant_after"] == 7
    assert accepted["clock_proposal"] is None
    assert (await owner.post(f"/api/doors/{door_id}/clock-offset", expect=409))["error"]


async def test_a_clock_is_corrected_unasked_only_where_the_policy_says_so(site, owner, gateway, analyzer):
    door_id, camera_id = await site.furnish(owner, gateway)
    await people_alone(site, gateway, analyzer, door_id, camera_id, ahead=-3)
    chores = site.services.watch._chores
    assert await chores.correct_clocks() == 0
    door = await owner.put(f"/api/doors/{door_id}/policy", {"clock_offset_auto": True})
    assert door["policy"]["clock_offset_auto"] is True
    assert await chores.correct_clocks() == 1
    policy = (await owner.get(f"/api/doors/{door_id}"))["policy"]
    assert policy["clock_offset"] == pytest.approx(-3, abs=0.2)
    assert policy["clock_offset_auto"] is True
    assert await chores.correct_clocks() == 0


async def test_who_may_only_look_cannot_accept_a_clock(site, owner, gateway):
    door_id, _ = await site.furnish(owner, gateway)
    viewer = await site.user(Role.VIEW)
    await viewer.post(f"/api/doors/{door_id}/clock-offset", expect=403)
    assert (await viewer.get(f"/api/doors/{door_id}"))["clock_proposal"] is None


async def test_event_types_that_the_rule_misses_are_named(site, owner, gateway):
    door_id, _ = await site.furnish(owner, gateway)
    assert (await owner.get(f"/api/doors/{door_id}"))["missing_types"] == []
    now = site.clock.now()
    said = {"covered_from": to_iso(now - SECOND), "covered_until": to_iso(now), "refused": []}
    await gateway.post("/api/pacs/coverage", said | {"subscribed": ["AccessGranted", "AccessRefused", "DoorOpen"]})
    missing = {one["meaning"]: one["types"] for one in (await owner.get(f"/api/doors/{door_id}"))["missing_types"]}
    assert set(missing) == {"closed", "locked"}
    assert "DoorClose" in missing["closed"]
    assert "DoorScheduledLock" in missing["locked"]


async def test_what_the_doors_own_sensor_counted_stands_beside_the_cameras_count(site, owner, gateway):
    door_id, _ = await site.furnish(owner, gateway)
    assert (await owner.get(f"/api/doors/{door_id}"))["sensor"] is None
    event = {"device_id": "lobby", "timestamp": site.iso(), "event_type": "DoorEntryDetected"}
    await gateway.post("/api/pacs/webhooks", {"events": [event]})
    assert (await owner.get(f"/api/doors/{door_id}"))["sensor"] == {"sensed": 1, "entered": 0}


async def test_a_system_that_falls_silent_is_a_moment_once_and_another_when_it_is_heard_again(site, owner, gateway):
    await site.furnish(owner, gateway)
    now = site.clock.now()
    chores = site.services.watch._chores

    async def cover(until):
        body = {
            "covered_from": to_iso(now - 10 * MINUTE),
            "covered_until": to_iso(until),
            "subscribed": [],
            "refused": [],
        }
        await gateway.post("/api/pacs/coverage", body)
        await chores.note_outages()
        found = await owner.get("/api/moments")
        return [moment["title"] for moment in found if moment["kind"] == "health"]

    assert await cover(now - MINUTE) == ["Access control is not heard"]
    assert await cover(now - MINUTE) == ["Access control is not heard"]
    assert sorted(await cover(now)) == ["Access control is heard again", "Access control is not heard"]
