"""Several sites in one account over HTTP: their zones in search, reports, tables and links."""

from datetime import datetime

import pytest

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import from_iso
from doorwatch.store import access_events, tenants
from doorwatch.store.audit_trail import audit

# Auckland is half a day ahead of Lisbon: what happened there today may be tomorrow's here.
FAR = "Pacific/Auckland"


@pytest.fixture
async def places(site, owner, gateway):
    """Two doors in two sites: their ids, and those of the sites."""
    devices = [{"device_id": "lobby", "device_name": "Lobby east"}, {"device_id": "dock", "device_name": "Dock"}]
    await gateway.post("/api/pacs/devices", {"devices": devices})
    doors = {door["device_id"]: door["door_id"] for door in await owner.get("/api/doors")}
    made = await owner.post("/api/sites", {"name": "Auckland yard", "time_zone": FAR})
    await owner.put(f"/api/sites/{made['site_id']}/members", {"door_ids": [doors["dock"]]})
    return {**doors, "here": (await owner.get("/api/session"))["site"]["site_id"], "there": made["site_id"]}


async def stored(site, device, *times):
    def store(conn):
        pacs = tenants.list_pacs(conn, site.account)[0].pacs_id
        events = [AccessEvent(f"{device}-{at}", device, from_iso(at), "AccessGranted") for at in times]
        access_events.store_events(conn, site.account, pacs, events, site.clock.now())

    await site.services.db.write(store)


async def test_times_of_a_search_are_meant_in_the_zone_of_the_place_that_is_named(site, owner, places):
    # 14:00 UTC on the first is 03:00 on the second in Auckland, where it is summer.
    await stored(site, "dock", "2026-01-01T14:00:00Z")
    await stored(site, "lobby", "2026-01-01T14:00:00Z")

    async def found(q):
        return [one["door"]["name"] for one in (await owner.get("/api/search", params={"q": q}))["moments"]]

    assert await found("auckland yard 2026-01-02") == ["Dock"]
    assert await found("auckland yard 2026-01-01") == []
    assert await found("door:dock 2026-01-02") == ["Dock"]
    assert await found("lobby 2026-01-01") == ["Lobby east"]
    assert sorted(await found("2026-01-01")) == ["Dock", "Lobby east"]
    chosen = await owner.get("/api/search", params={"q": "2026-01-02", "site_id": places["there"]})
    assert len(chosen["moments"]) == 2
    chips = (await owner.get("/api/search", params={"q": "auckland yard"}))["query"]["chips"]
    assert [one["value"] for one in chips] == ["Auckland yard"]
    assert "Auckland yard" in str(await owner.get("/api/suggest", params={"q": "auck"}))
    await owner.get("/api/search", params={"q": "x", "site_id": "nowhere"}, expect=404)


async def test_reports_begin_their_weeks_where_the_door_is_and_are_told_of_one_site(site, owner, places):
    everything = await owner.get("/api/reports/weeks?weeks=2")
    assert len(everything) == 4
    begins = {week["door"]["name"]: datetime.fromisoformat(week["begins"]) for week in everything}
    assert begins["Dock"].hour in {11, 12}
    assert begins["Lobby east"].hour == 0
    only = await owner.get("/api/reports/weeks", params={"weeks": 1, "site_id": places["there"]})
    assert [week["door"]["name"] for week in only] == ["Dock"]
    table = await owner.get("/api/reports/weeks.csv", params={"site_id": places["there"]})
    assert "Dock" in table
    assert "Lobby" not in table
    summary = await owner.get("/api/reports/summary", params={"site_id": places["here"]})
    assert [one["door"]["name"] for one in summary] == ["Lobby east"]
    await owner.get("/api/reports/summary", params={"site_id": "nowhere"}, expect=404)


async def test_sites_are_added_changed_filled_and_removed_and_the_trail_tells_it(site, owner, places):
    listed = await owner.get("/api/sites")
    assert [(one["name"], one["time_zone"], one["default"], one["door_ids"]) for one in listed] == [
        ("Auckland yard", FAR, False, [places["dock"]]),
        ("Main site", "UTC", True, [places["lobby"]]),
    ]
    assert [one["name"] for one in (await owner.get("/api/session"))["sites"]] == ["Auckland yard", "Main site"]
    assert {one["name"]: one["site_id"] for one in await owner.get("/api/doors")} == {
        "Dock": places["there"],
        "Lobby east": places["here"],
    }
    path = f"/api/sites/{places['there']}"
    await owner.call("PATCH", path, {"name": "Lisbon", "time_zone": "Europe/Lisbon"})
    refused = await owner.call("PATCH", path, {"time_zone": "Mars/Base"}, expect=409)
    assert "no time zone" in refused["error"]
    await owner.call("DELETE", path, expect=409)
    await owner.put(f"/api/sites/{places['here']}/members", {"door_ids": [places["dock"]]})
    await owner.call("DELETE", path)
    assert [one["name"] for one in await owner.get("/api/sites")] == ["Main site"]
    entries = await site.services.db.read(lambda conn: audit.list_entries(conn, site.account))
    acts = [entry for entry in entries if entry.action.startswith("site.")]
    assert [entry.action for entry in acts] == [
        "site.remove",
        "site.assign",
        "site.change",
        "site.assign",
        "site.add",
    ]
    assert acts[2].detail["before"] == {"name": "Auckland yard", "time_zone": FAR}


async def test_doors_are_told_in_portions_by_words_by_site_and_in_a_few_words(site, owner, gateway, places):
    async def named(**asked):
        return [door["name"] for door in await owner.get("/api/doors", params=asked)]

    assert await named() == ["Dock", "Lobby east"]
    assert await named(limit=1) == ["Dock"]
    assert await named(text="EAST lob") == ["Lobby east"]
    assert await named(text="nowhere") == []
    assert await named(site_id=places["there"]) == ["Dock"]
    assert await named(site_id=places["here"], text="dock") == []
    await owner.get("/api/doors", params={"site_id": "nowhere"}, expect=404)
    await owner.get("/api/doors", params={"limit": 0}, expect=422)
    told = {door["name"]: door for door in await owner.get("/api/door-outlines")}
    assert told["Dock"]["site_id"] == places["there"]
    assert told["Lobby east"] == {
        "door_id": places["lobby"],
        "name": "Lobby east",
        "stale": False,
        "site_id": places["here"],
        "camera_ids": [],
    }


async def test_a_portion_of_doors_counts_what_the_whole_list_counts(site, owner, places):
    await stored(site, "dock", *[f"2026-01-01T1{hour}:00:00Z" for hour in range(3)])
    whole = {door["name"]: door for door in await owner.get("/api/doors")}
    [dock] = await owner.get("/api/doors", params={"text": "dock", "limit": 5})
    assert dock == whole["Dock"]


async def test_incidents_are_listed_and_counted_of_one_site(owner, places):
    for asked in ({}, {"site_id": places["there"]}):
        assert await owner.get("/api/incidents", params=asked) == []
        assert (await owner.get("/api/incidents/counts", params=asked))["total"] == 0
    await owner.get("/api/incidents", params={"site_id": "nowhere"}, expect=404)
