"""Holding evidence on the incident's page, and exporting and erasing a cardholder in the settings; in a real browser."""

import json

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_evidence_is_held_with_a_reason_and_let_go(visit, incident, size):
    page = visit(f"/incidents/{incident['incident_id']}", size=size)
    page.get_by_role("button", name="Hold the evidence").click()
    form = page.get_by_role("form", name="Hold the evidence")
    expect(form.get_by_role("button", name="Hold", exact=True)).to_be_disabled()
    form.get_by_label("Why the evidence is kept").fill(f"police, case {size[0]}")
    form.get_by_label("It ends").select_option("0")
    form.get_by_role("button", name="Hold", exact=True).click()
    held = page.get_by_role("region", name="Holds")
    expect(held).to_contain_text(f"Held: police, case {size[0]} by olga@example.com")
    expect(held).to_contain_text("until somebody ends it")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/settings/privacy")
    expect(page.get_by_role("list", name="Held evidence")).to_contain_text(f"police, case {size[0]}")
    page.get_by_role("link", name="The incident").click()
    page.get_by_role("button", name=f"End the hold: police, case {size[0]}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("Held:")).to_have_count(0)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_cardholder_is_found_exported_and_erased(visit, server, door, now, size):
    person = {
        "actor_id": f"77aa-{size[0]}",
        "actor_name": f"Zoe Size{size[0]}",
        "actor_email": f"zoe{size[0]}@example.com",
    }
    stamp = {"timestamp": now() // 1000, "device_id": "lobby", "event_type": "AccessGranted"}
    door.gateway("POST", "/api/pacs/webhooks", {"event": {**stamp, **person}})
    page = visit("/settings/privacy", size=size)
    page.get_by_label("Name, id or e-mail of a cardholder").fill(f"size{size[0]}")
    line = page.get_by_role("list", name="Cardholders").get_by_role("listitem")
    expect(line).to_contain_text("1 event")
    with page.expect_download() as saved:
        page.get_by_role("button", name=f"Export what is stored of Zoe Size{size[0]}").click()
    told = json.loads(saved.value.path().read_text())
    assert [one["actor_id"] for one in told["people"]] == [person["actor_id"]]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=f"Erase Zoe Size{size[0]}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("list", name="Erased")).to_contain_text("1 event,")
    expect(page.get_by_label("Name, id or e-mail of a cardholder")).to_have_value("")
    page.get_by_label("Name, id or e-mail of a cardholder").fill(f"size{size[0]}")
    expect(page.get_by_text("Nobody is called so")).to_be_visible()
    assert f"Size{size[0]}" not in json.dumps(server[1]("GET", "/api/moments"))
