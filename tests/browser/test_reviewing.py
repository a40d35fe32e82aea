"""What somebody who reviews sees of a verdict: its facts, its history, what is not certain, tables, blurring."""

import pytest
from playwright.sync_api import expect


def test_an_incident_says_what_was_counted_and_how_its_verdict_came_about(visit, incident):
    page = visit(f"/incidents/{incident['incident_id']}")
    page.get_by_text("Why: what was counted").click()
    facts = page.locator(".why-facts")
    expect(facts).to_contain_text("People counted")
    expect(facts).to_contain_text("Ben Rivera")
    expect(facts).to_contain_text("Lobby inside")
    page.get_by_text("History:").click()
    expect(page.locator(".history li").last).to_contain_text("first seen")


def test_what_is_not_certain_is_one_press_away_with_its_count(visit, incident):
    page = visit("/incidents?review=all")
    chips = page.get_by_role("list", name="What is not certain")
    expect(chips.get_by_role("button", name="Possible tailgating")).to_contain_text("0")
    chips.get_by_role("button", name="Possible tailgating").click()
    expect(page).to_have_url("/incidents?review=all&kind=possible_tailgating")
    expect(page.locator(".empty")).to_contain_text("No incident matches this choice")
    chips.get_by_role("button", name="Possible tailgating").click()
    expect(page.locator(".incident-row")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "link", "name"), [("/incidents", "Export", "incidents"), ("/reports", "Export", "weeks")]
)
def test_tables_are_saved(visit, incident, path, link, name):
    page = visit(path)
    with page.expect_download() as saved:
        page.get_by_role("link", name=link).click()
    assert saved.value.suggested_filename.startswith(f"doorwatch-{name}-")


def test_blurring_people_is_switched_for_a_camera(visit, incident, server):
    page = visit("/doors")
    page.get_by_role("button", name="Change Lobby inside").click()
    page.get_by_role("checkbox", name="Keep only blurred people").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".camera-line")).to_contain_text("people blurred")
    (camera,) = [one for one in server[1]("GET", "/api/cameras") if one["name"] == "Lobby inside"]
    assert camera["blur_people"] is True
    server[1]("PATCH", f"/api/cameras/{camera['camera_id']}", {"blur_people": False})


@pytest.mark.parametrize("path", ["/incidents?review=all", "/reports", "/doors"])
def test_what_reviewers_use_fits_a_phone(visit, incident, path):
    page = visit(path, size=(390, 844))
    if path == "/reports":
        expect(page.get_by_role("heading", name="Reviews by week")).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
