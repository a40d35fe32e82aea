"""The settings' part about recordings: disks with what goes next, and of each camera how far it reaches and what is wrong."""

import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import HOUR, SECOND, to_iso

GIGABYTE = 10**9


@pytest.fixture
def recorded(door, now):
    """Two hours of recordings, and a disk that says how full it is."""
    at = now()
    rows = []
    for start in (at - 2 * HOUR, at - HOUR):
        times = {"start": to_iso(start), "end": to_iso(start + 4 * SECOND)}
        name = {"segment_id": f"stock~{start}", "name": f"stock/{start}", "camera_id": door.camera_id}
        rows.append({**name, **times, "bytes": 2 * GIGABYTE})
    door.analyzer("POST", "/api/analyzer/segments", {"segments": rows})
    disk = {"total": 500 * GIGABYTE, "free": 62 * GIGABYTE, "floor": 50 * GIGABYTE, "cameras": [door.camera_id]}
    door.analyzer("PUT", "/api/analyzer/disk", {**disk, "stopped": {door.camera_id: "its folder can't be written"}})
    yield
    door.analyzer("PUT", "/api/analyzer/disk", disk)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_disks_and_cameras_tell_how_their_recordings_stand(visit, door, recorded, size):
    page = visit("/settings/recordings", size=size)
    disk = page.get_by_role("list", name="Disks").get_by_role("listitem")
    expect(disk).to_contain_text("62 GB of 500 GB are free, 50 GB are to stay so.")
    expect(disk).to_contain_text("Room for about")
    expect(disk).to_contain_text("Next to go for want of room: Lobby inside")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Lobby inside"))
    expect(row).to_contain_text("Always")
    expect(row).to_contain_text("Not recorded now: its folder can't be written")
    expect(row).to_contain_text("3 days, events 14 days")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_recorded_and_no_disk_are_said(visit, door):
    page = visit("/settings/account")
    page.route("**/api/recordings", lambda route: route.fulfill(json={"at": "", "cameras": [], "disks": []}))
    page.goto("/settings/recordings")
    expect(page.get_by_text("No analyzer tells of its disk")).to_be_visible()
    expect(page.get_by_text("No camera yet")).to_be_visible()
