"""Alerts of searches, silences and the system's troubles, on the page and in the deliveries."""

import re

import pytest
from playwright.sync_api import expect


def alert_of_search(page, text, name):
    """Make an alert of a search with the button beside its results."""
    page.goto(f"/search?q={text}")
    page.get_by_role("button", name="Alert me").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Mail to").fill("guard@example.com")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"“{name}” alerts from now on")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_an_alert_is_made_from_a_search_tells_and_its_delivery_can_be_read(visit, door, eventually, now, size):
    page = visit("/", size=size)
    name = f"Forced {size[0]}"
    alert_of_search(page, "forced+open", name)
    page.goto("/settings/alerts")
    line = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=f"Change {name}"))
    expect(line).to_contain_text("every match")
    expect(line).to_contain_text("to guard@example.com")
    door.gateway("POST", "/api/pacs/webhooks", {"event": event("DoorOpenWhileLockSecure", now())})
    mail = eventually(
        lambda: [one for one in door.owner("GET", "/api/alerts/outbox") if one["subject"].startswith(name)]
    )
    page.reload()
    expect(page.get_by_text(mail[0]["subject"])).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Tries: {name}")).click()
    expect(page.get_by_text("Not tried yet.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    line.get_by_role("button", name=f"Remove {name}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)


def event(kind, at):
    return {"device_id": "lobby", "timestamp": at // 1000, "event_type": kind}


def test_an_alert_is_changed_to_several_matches_in_quiet_hours(visit, door):
    page = visit("/")
    alert_of_search(page, "tailgating", "Tailgaters")
    page.goto("/settings/alerts")
    page.get_by_role("button", name="Change Tailgaters").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Matches it takes").fill("3")
    dialog.get_by_label("within minutes").fill("5")
    dialog.get_by_label("at one").select_option("camera")
    dialog.get_by_label("Unauthorized entry").check()
    dialog.get_by_text("When it watches and tells").click()
    dialog.get_by_label("Quiet hours").check()
    dialog.get_by_role("button", name="Sat").click()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("3 matches within 5 min")).to_be_visible()
    (rule,) = [one for one in door.owner("GET", "/api/alert-rules") if one["name"] == "Tailgaters"]
    assert (rule["at_least"], rule["per"], rule["kinds"], rule["quiet"]) == (
        3,
        "camera",
        ["unauthorized_entry"],
        {"start": "22:00", "end": "06:00", "days": [5]},
    )


def test_a_silence_is_begun_with_a_reason_and_ended_and_a_trouble_is_seen_while_it_lasts(visit, door, eventually, now):
    door.gateway("POST", "/api/pacs/webhooks", {"event": event("DoorOpenedForTooLong", now())})
    eventually(lambda: door.owner("GET", "/api/alerts/system")["lasting"])
    page = visit("/settings/alerts")
    expect(page.get_by_text("Lobby east is held open").first).to_be_visible()
    page.get_by_label("Reason").fill("Fire drill")
    page.get_by_label(re.compile("^At")).select_option("Lobby east")
    page.get_by_role("button", name="Silence", exact=True).click()
    line = page.get_by_role("listitem").filter(has_text="Fire drill")
    expect(line).to_contain_text("Lobby east")
    line.get_by_role("button", name="End the silence: Fire drill").click()
    expect(line).to_contain_text("over")


def test_whom_the_system_tells_is_chosen_and_an_address_that_is_none_is_refused(visit, door):
    page = visit("/settings/alerts")
    form = page.get_by_role("form", name="Troubles of the system")
    form.get_by_label("A camera is away").uncheck()
    form.get_by_label("Mail to").fill("it@example.com\nnobody")
    form.get_by_role("button", name="Save who is told").click()
    expect(form.get_by_role("alert")).to_contain_text("recipient 2, 'nobody', is no mail address")
    form.get_by_label("Mail to").fill("it@example.com")
    form.get_by_role("button", name="Save who is told").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    kept = door.owner("GET", "/api/alerts/system")
    assert (kept["off"], kept["recipients"]) == (["camera_offline"], ["it@example.com"])


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_deliveries_are_narrowed_to_a_state_and_older_ones_are_shown(visit, server, eventually, size):
    _, owner = server
    wanted = {"name": "Forbidden", "url": "http://127.0.0.1:9/in"}
    hook = owner("POST", "/api/webhooks", wanted)["hook_id"]
    for _ in range(51):
        owner("POST", f"/api/webhooks/{hook}/test")
    eventually(lambda: len(owner("GET", "/api/alerts/outbox?state=failed&limit=60")) >= 51)
    page = visit("/settings/alerts", size=size)
    expect(page.get_by_text("No mail server is set, so nothing is sent")).to_be_visible()
    lines = page.locator(".deliveries > li")
    expect(lines).to_have_count(50)
    page.get_by_role("button", name="Show older ones").click()
    expect(lines.nth(50)).to_be_visible()
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    page.get_by_label("Which deliveries").select_option("failed")
    expect(lines).to_have_count(50)
    expect(lines.first).to_contain_text("failed")
    page.get_by_label("Which deliveries").select_option("sent")
    expect(page.get_by_text("There are none of these")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    owner("DELETE", f"/api/webhooks/{hook}")
