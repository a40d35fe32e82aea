"""How a door is judged, and what could be mended about it, in the policy dialog."""

import time

import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import MINUTE, SECOND, to_iso

AHEAD = 4


@pytest.fixture(scope="module")
def clock_ahead(door):
    """Twenty people who came alone, let in by an access control system whose clock is ahead of the camera's."""
    newest = time.time_ns() // 1000
    events, crossings = [], []
    for number in range(20):
        at = newest - (21 - number) * 10 * MINUTE
        events.append({"device_id": "lobby", "timestamp": to_iso(at + AHEAD * SECOND), "event_type": "AccessGranted"})
        crossings.append(
            {
                "crossing_id": f"alone {number}",
                "camera_id": door.camera_id,
                "door_id": door.door_id,
                "track": f"alone {number}",
                "at": to_iso(at + 5 * SECOND // 2),
                "direction": "in",
                "confidence": 0.9,
                "continuous": True,
                "possible": 0,
                "trail": [],
            }
        )
    door.gateway("POST", "/api/pacs/webhooks", {"events": events})
    door.analyzer("POST", "/api/analyzer/crossings", {"crossings": crossings})
    covered = {"covered_from": to_iso(newest - MINUTE), "covered_until": to_iso(newest)}
    door.gateway("POST", "/api/pacs/coverage", {**covered, "subscribed": ["AccessGranted"], "refused": []})


def opened(visit, door="Lobby east", size=(1440, 900)):
    page = visit("/doors", size=size)
    page.get_by_role("button", name=f"Policy of {door}").click()
    return page, page.get_by_role("dialog", name=f"Policy of {door}")


def test_a_proposed_clock_difference_is_accepted_with_its_evidence_in_view(visit, door, server, clock_ahead):
    page, dialog = opened(visit)
    findings = dialog.get_by_role("region", name="What the door's events say")
    expect(findings).to_contain_text("20 people who came alone passed")
    findings.get_by_role("button", name="Accept 4.0 s").click()
    expect(page.locator(".message")).to_contain_text("is accepted; it holds from now on")
    expect(findings).not_to_contain_text("The clocks seem to differ")
    expect(dialog.get_by_label("Access control clock is ahead by")).to_have_value("4")
    policy = server[1]("GET", f"/api/doors/{door.door_id}")["policy"]
    assert abs(policy["clock_offset"] - AHEAD) < 0.2


def test_events_that_the_gateway_does_not_get_are_named_with_where_to_add_them(visit, door, clock_ahead):
    _, dialog = opened(visit)
    findings = dialog.get_by_role("region", name="What the door's events say")
    expect(findings).to_contain_text("Events that the gateway does not get")
    expect(findings).to_contain_text("DoorClose")
    expect(findings).to_contain_text("acs_door_events")


def test_doors_that_share_their_grants_are_chosen_and_say_whose_they_are(visit, door, server):
    page, dialog = opened(visit)
    dialog.get_by_text("Doors that share the grants of this one: none").click()
    dialog.get_by_role("checkbox", name="Dock").check()
    dialog.get_by_role("button", name="Save shared grants").click()
    expect(page.locator(".message")).to_contain_text("shared grants are saved")
    expect(dialog).to_contain_text("Doors that share the grants of this one: 1")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Policy of Dock").click()
    expect(page.get_by_role("dialog", name="Policy of Dock")).to_contain_text("shares the grants of Lobby east")
    server[1]("PUT", f"/api/doors/{door.door_id}/pool", {"door_ids": []})


def test_a_policy_is_saved_by_keys_alone_and_fits_a_phone(visit, door, server):
    page, dialog = opened(visit, size=(390, 844))
    dialog.get_by_label("Guests on one grant").fill("1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert server[1]("GET", f"/api/doors/{door.door_id}")["policy"]["guests_per_grant"] == 1
    server[1]("PUT", f"/api/doors/{door.door_id}/policy", {"guests_per_grant": 0})


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_change_is_taken_back_after_a_look_at_what_that_changes(visit, door, server, size):
    api = server[1]
    policy = api("GET", f"/api/doors/{door.door_id}")["policy"]
    api("PUT", f"/api/doors/{door.door_id}/policy", policy | {"grant_after": 25})
    page = visit("/doors", size=size)
    page.get_by_label("History of Lobby east").click()
    page.get_by_role("button", name="Take back: Policy: grant after").first.click()
    dialog = page.get_by_role("dialog", name="Take this change of Lobby east back?")
    expect(dialog.get_by_role("listitem")).to_have_text(f"grant after 25 to {policy['grant_after']:g}")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".door-history li").first).to_contain_text("Taken back: the policy of before")
    assert api("GET", f"/api/doors/{door.door_id}")["policy"]["grant_after"] == policy["grant_after"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
