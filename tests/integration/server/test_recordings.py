"""What the page of recordings is made of: how far each camera reaches, what it takes, what is wrong, and the disks."""

import threading

import pytest
from structlog.testing import capture_logs

from conftest import eventually
from doorwatch.accounts.roles import Role
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, to_iso
from doorwatch.server import patrol, stocktaking
from doorwatch.store import segments
from doorwatch.store import settings as stored
from doorwatch.store.engine.errors import StoreError

MEGABYTE = 1_000_000


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch):
    """A busy machine must not make the figures of a test rest."""
    monkeypatch.setattr(stocktaking, "RESTED", 0)


@pytest.fixture
async def camera(owner):
    return (await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"}))["camera_id"]


async def record(site, analyzer, camera, *ages):
    """A megabyte that began so long ago, each, told to the server; which time it was."""
    now, told = site.clock.now(), []
    for at in (now - age for age in ages):
        times = {"start": to_iso(at), "end": to_iso(at + 4 * SECOND)}
        told.append({"segment_id": f"{camera}~{at}", "camera_id": camera, "bytes": MEGABYTE, "name": f"{at}", **times})
    await analyzer.post("/api/analyzer/segments", {"segments": told})
    return now


def disk(camera, free=60, **more):
    return {"total": 1000 * MEGABYTE, "free": free * MEGABYTE, "floor": 50 * MEGABYTE, "cameras": [camera], **more}


async def test_a_camera_that_was_never_recorded_and_no_disk_are_told_as_such(owner, camera):
    found = await owner.get("/api/recordings")
    assert found["disks"] == []
    (one,) = found["cameras"]
    assert one == {
        "camera_id": camera,
        "name": "Dome",
        "mode": "continuous",
        "blur_people": False,
        "removed": False,
        "kept_for": {"days": 3, "event_days": 14, "bytes": None},
        "oldest_at": None,
        "newest_at": None,
        "bytes": 0,
        "event_bytes": 0,
        "bytes_per_day": None,
        "held_incidents": 0,
        "held_bytes": 0,
        "damage": None,
        "stopped": None,
    }


async def test_each_camera_tells_how_far_it_reaches_and_each_disk_for_how_long_it_has_room(
    site, owner, analyzer, camera
):
    ages = [n * HOUR for n in (6, 12, 18, 23, 30)]
    now = await record(site, analyzer, camera, *ages)
    await owner.call("PATCH", f"/api/cameras/{camera}", {"recording": {"days": 2, "gigabytes": 0.5}})
    await analyzer.put("/api/analyzer/disk", disk(camera, stopped={camera: "its folder can't be written"}))
    found = await owner.get("/api/recordings")
    (one,), (its,) = found["cameras"], found["disks"]
    assert one["kept_for"] == {"days": 2, "event_days": 14, "bytes": 500 * MEGABYTE}
    assert (one["oldest_at"], one["newest_at"]) == (to_iso(now - 30 * HOUR), to_iso(now - 6 * HOUR))
    assert (one["bytes"], one["bytes_per_day"]) == (5 * MEGABYTE, 4 * MEGABYTE)
    assert one["stopped"] == "its folder can't be written"
    assert its["next"] == {"camera_id": camera, "name": "Dome", "at": to_iso(now - 30 * HOUR), "eventful": False}
    assert (its["name"], its["camera_ids"]) == ("analyzer of a test", [camera])
    # Ten megabytes above the floor, four a day, and for 18 more hours nothing goes by age: it never fills.
    assert (its["outlook"], its["days"]) == ("never", None)
    await owner.call("PATCH", f"/api/cameras/{camera}", {"recording": {"days": 9}})
    (its,) = (await owner.get("/api/recordings"))["disks"]
    assert (its["outlook"], its["days"]) == ("in_days", pytest.approx(2.5))
    await owner.call("PATCH", f"/api/cameras/{camera}", {"recording": {"gigabytes": 0.006}})
    assert (await owner.get("/api/recordings"))["disks"][0]["outlook"] == "never"


async def test_a_full_disk_and_one_of_which_nothing_is_known_yet_say_so(site, owner, analyzer, camera):
    await analyzer.put("/api/analyzer/disk", disk(camera))
    assert (await owner.get("/api/recordings"))["disks"][0]["outlook"] == "unknown"
    await record(site, analyzer, camera, 5 * MINUTE)
    found = await owner.get("/api/recordings")
    assert (found["cameras"][0]["bytes_per_day"], found["disks"][0]["outlook"]) == (None, "unknown")
    await analyzer.put("/api/analyzer/disk", disk(camera, free=40))
    assert (await owner.get("/api/recordings"))["disks"][0]["outlook"] == "now"


async def test_damage_that_was_found_and_recordings_of_a_camera_that_was_removed_are_told(
    site, owner, analyzer, camera
):
    now = await record(site, analyzer, camera, HOUR)
    told = patrol.Found(now - 2 * HOUR, now - HOUR, 3, now - DAY, now - DAY + MINUTE)
    kept = {camera: {name: getattr(told, name) for name in ("since", "at", "segments", "start", "end")}}
    await site.services.db.write(lambda conn: stored.set_setting(conn, site.account, patrol.SETTING, kept, now))
    await owner.call("DELETE", f"/api/cameras/{camera}")
    (one,) = (await owner.get("/api/recordings"))["cameras"]
    assert (one["removed"], one["damage"]["segments"]) == (True, 3)
    assert (one["damage"]["start"], one["damage"]["end"]) == (to_iso(told.start), to_iso(told.end))
    await site.services.db.write(lambda conn: segments.forget_row(conn, site.account, f"{camera}~{now - HOUR}"))
    assert (await owner.get("/api/recordings"))["cameras"] == []


async def test_who_only_looks_and_another_account_see_none_of_it(site, owner, camera):
    await (await site.user(Role.VIEW)).get("/api/recordings", expect=403)
    other = await site.user(Role.OWNER, await site.other_account())
    assert (await other.get("/api/recordings"))["cameras"] == []


async def test_what_took_long_to_count_stands_for_a_while(site, owner, analyzer, camera, monkeypatch):
    await record(site, analyzer, camera, HOUR)
    monkeypatch.setattr(stocktaking, "RESTED", 1e9)
    assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE
    await record(site, analyzer, camera, 2 * HOUR)
    assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE


async def test_while_it_is_counted_anew_for_long_the_page_has_what_was_counted_last(
    site, owner, analyzer, camera, monkeypatch
):
    await record(site, analyzer, camera, HOUR)
    assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE
    counted, go_on = stocktaking.stock.stocks, threading.Event()

    def slowly(*told):
        go_on.wait(20)
        return counted(*told)

    monkeypatch.setattr(stocktaking.stock, "stocks", slowly)
    await record(site, analyzer, camera, 2 * HOUR)
    try:
        assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE
    finally:
        go_on.set()

    async def fresh():
        return (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == 2 * MEGABYTE

    await eventually(fresh)


async def test_that_it_could_not_be_counted_anew_is_logged(site, owner, analyzer, camera, monkeypatch):
    await record(site, analyzer, camera, HOUR)
    assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE

    def broken(*_):
        raise StoreError("the disk of the database is full: free some space")

    monkeypatch.setattr(stocktaking.stock, "stocks", broken)
    monkeypatch.setattr(stocktaking, "RESTED", 0)
    with capture_logs() as logs:
        assert (await owner.get("/api/recordings"))["cameras"][0]["bytes"] == MEGABYTE
    assert [one["reason"] for one in logs if "was not counted" in one["event"]] == [
        "the disk of the database is full: free some space"
    ]
