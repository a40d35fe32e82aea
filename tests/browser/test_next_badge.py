"""Whoever maps cameras badges at a door: its row lights up and offers the camera that saw them."""

import time
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import SECOND, to_iso


@pytest.fixture(scope="module")
def cameras(door, server):
    """Two more cameras that see no door yet: their ids by name."""
    made = {}
    for name in ("Attic", "Dock inside"):
        camera = {"name": name, "url": f"rtsp://127.0.0.1:9/{name.split()[0]}"}
        made[name] = server[1]("POST", "/api/cameras", camera)["camera_id"]
    return made


def badge(door, event_type="AccessGranted", device="dock", **more):
    event = {
        **more,
        "device_id": device,
        "timestamp": to_iso(time.time_ns() // 1000),
        "event_type": event_type,
        "actor_name": "Ina Grator",
    }
    door.gateway("POST", "/api/pacs/webhooks", {"event": event})


def somebody_walks(door, camera_id):
    now = time.time_ns() // 1000
    steps = [[now - SECOND + number * SECOND // 10, 200, 100, 260, 300] for number in range(10)]
    walk = {"camera_id": camera_id, "track": f"w{now}", "size": [640, 360], "steps": steps}
    door.analyzer("POST", "/api/analyzer/walks", {"walks": [walk]})


def test_the_door_of_the_next_badge_lights_up_and_offers_the_camera_that_saw_somebody(visit, door, server, cameras):
    badge(door)  # one from before the waiting is none to wait for
    page = visit("/doors")
    dock = page.locator(".door-card").filter(has_text="Dock")
    page.get_by_role("button", name="Wait for next badge").click()
    expect(page.locator(".waiting-badge")).to_be_visible()
    badge(door, "DoorOpen", device="lobby")
    badge(door)
    offer = page.get_by_role("region", name="Cameras for Dock")
    expect(offer).to_contain_text("Ina Grator badged here")
    expect(offer).to_be_focused()
    expect(dock).to_have_class("door-card   badged")
    expect(offer.get_by_role("listitem").first).to_contain_text("Attic")
    somebody_walks(door, cameras["Dock inside"])
    expect(offer.get_by_role("listitem").first).to_contain_text("Dock inside")
    expect(offer.get_by_role("listitem").first).to_contain_text("somebody")
    offer.get_by_role("button", name="Map Dock inside to Dock").click()
    expect(dock.locator(".chip")).to_contain_text("Dock inside")
    expect(offer).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".save-bar")).to_have_count(0)
    stored = {one["name"]: [camera["name"] for camera in one["cameras"]] for one in server[1]("GET", "/api/doors")}
    assert stored["Dock"] == ["Dock inside"]


def test_waiting_ends_when_it_is_stopped(visit, door, cameras):
    page = visit("/doors", size=(390, 844))
    page.get_by_role("button", name="Wait for next badge").click()
    page.get_by_role("button", name="Stop waiting").click()
    expect(page.locator(".waiting-badge")).to_have_count(0)
    badge(door)
    expect(page.locator(".door-card").filter(has_text="Dock")).to_contain_text("Access granted, ")
    expect(page.get_by_role("region", name="Cameras for Dock")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_test_badge_at_a_mapped_door_shows_what_its_camera_saw(visit, door, server):
    page = visit("/doors")
    card = page.locator(".door-card").filter(has_text="Lobby east")
    card.get_by_role("button", name="Test badge at Lobby east").click()
    expect(card.get_by_role("status")).to_contain_text("Badge at Lobby east")
    badge(door, device="dock")  # at another door
    badge(door, device="lobby", event_id="tested")
    offer = page.get_by_role("region", name="Cameras for Lobby east")
    expect(offer).to_contain_text("Ina Grator badged here")
    expect(offer.get_by_role("status")).to_contain_text("Waiting for the picture of Lobby inside… It is not online")
    told = server[1]("GET", "/api/moments")
    moment = next(one for one in told if one["door"]["name"] == "Lobby east" and one["moment_id"].endswith(":tested"))
    door.analyzer("PUT", f"/api/analyzer/stills/{quote(moment['moment_id'], safe='')}", door.picture())
    picture = offer.get_by_role("img", name="What Lobby inside saw when somebody badged")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 640
    ticker = visit("/")
    expect(ticker.locator(".moment img").first).to_be_visible()
    found = visit("/search?q=access%20granted%20lobby")
    expect(found.locator("img[src*='/api/moments/picture.jpg']").first).to_be_visible()
