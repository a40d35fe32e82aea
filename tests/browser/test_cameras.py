"""The list of cameras: what is said of each."""

import re

from playwright.sync_api import expect

from doorwatch.domain.time import to_iso


def test_a_main_stream_that_is_away_is_said_though_the_camera_is_online(visit, server, door):
    said = "the main stream is not recorded, but the one to count with is: it cannot be reached"
    told = {"camera_id": door.camera_id, "code": 200, "message": said, "last_frame_at": None, "latency_ms": 90}
    door.analyzer("POST", "/api/analyzer/cameras", {"cameras": [told]})
    page = visit("/doors")
    line = page.locator(".camera-line").filter(has_text="Lobby inside")
    expect(line).to_contain_text("online")
    expect(line).to_contain_text(said)


def test_the_last_event_of_a_camera_s_doors_is_told(visit, door, now):
    page = visit("/doors")
    line = page.locator(".camera-line").filter(has_text="Lobby inside")
    expect(line).to_contain_text("No event seen yet")
    event = {"device_id": "lobby", "timestamp": to_iso(now()), "event_type": "AccessGranted"}
    door.gateway("POST", "/api/pacs/webhooks", {"event": event})
    page.reload()
    expect(line).to_contain_text(re.compile(r"Last event: Access granted, (now|\d+ s ago)"))


def test_a_door_without_a_camera_says_what_its_access_control_system_shows_there(visit, door):
    devices = [
        {"device_id": "lobby", "device_name": "Lobby east"},
        {"device_id": "dock", "device_name": "Dock", "cameras": ["7"], "camera_names": {"7": "PTZ above the dock"}},
    ]
    door.gateway("POST", "/api/pacs/devices", {"devices": devices})
    page = visit("/doors")
    expect(page.locator(".door-card").filter(has_text="Dock")).to_contain_text("shows here: PTZ above the dock")


def test_how_a_camera_is_recorded_is_chosen_in_its_dialog_and_kept(visit, server, door):
    page = visit("/doors")
    page.locator(".camera-line").filter(has_text="Lobby inside").get_by_role("button", name="Change").click()
    page.get_by_role("radio", name="Around events").check()
    page.get_by_label("Seconds before").fill("5")
    page.get_by_label("Events for days").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    told = door.owner("GET", f"/api/cameras/{door.camera_id}")["recording"]
    assert (told["mode"], told["pre_roll"], told["event_days"], told["days"]) == ("event", 5, 30, None)


def test_the_buttons_of_a_camera_stand_at_the_end_of_its_line_and_below_on_a_phone(visit, door):
    page = visit("/doors", size=(1440, 900))
    line = page.locator(".camera-line").filter(has_text="Lobby inside")
    name, button = line.locator("strong"), line.get_by_role("button", name="Change")
    expect(button).to_be_visible()
    whole, at = line.bounding_box(), button.bounding_box()
    assert at["x"] > whole["x"] + whole["width"] / 2
    page.set_viewport_size({"width": 390, "height": 844})
    expect(button).to_be_visible()
    assert button.bounding_box()["y"] > name.bounding_box()["y"] + 20
