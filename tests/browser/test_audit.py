"""The audit page: who did what, filtered, and exported."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_what_was_done_is_found_and_exported(visit, incident, server, size):
    server[1]("POST", f"/api/incidents/{incident['incident_id']}/review", {"review": "confirmed"})
    page = visit("/settings/audit", size=size)
    entries = page.locator(".audit-entry")
    expect(entries.first).to_be_visible()
    page.get_by_label("What was done").select_option(label="Reviewed an incident")
    expect(entries.first).to_contain_text("olga@example.com from 127.0.0.1")
    expect(entries.first).to_contain_text(incident["incident_id"])
    entries.first.get_by_text("What changed").click()
    expect(entries.first).to_contain_text("confirmed")
    page.get_by_label("Who", exact=True).fill("nobody")
    expect(page.get_by_text("Nothing of this kind was done")).to_be_visible()
    page.get_by_label("Who", exact=True).fill("OLGA")
    expect(entries.first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert "incident.review" in download.value.path().read_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
