"""What somebody who reviews sees of a verdict: its facts, its history, what is not certain, tables, blurring."""

import json
import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

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


def test_two_reviewers_do_not_overwrite_each_other_and_settle_it_in_comments(visit, incident, server):
    address = f"/incidents/{incident['incident_id']}"
    other = type(server[1])(
        server[0], server[1]("POST", "/api/tokens", {"name": "Another reviewer", "kind": "api"})["token"]
    )
    other("POST", f"/api{address}/review", {"review": "confirmed"})
    page = visit(address)
    # As if this page had not yet heard of the other's word.
    late = {"seen": 0, "review": "dismissed"}
    page.route(f"**/api{address}/review", lambda route: route.continue_(post_data=json.dumps(late)), times=1)
    page.get_by_role("button", name="Review again").click()
    expect(page.locator(".message")).to_contain_text("Another reviewer confirmed it at")
    assert server[1]("GET", f"/api{address}")["review"] == "confirmed"

    page.get_by_role("button", name="Review again").click()
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_label("Why it was dismissed").select_option("authorized")
    expect(page.get_by_label("Why it was dismissed")).to_have_value("authorized")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator(".assignee")).to_contain_text("Assigned to olga@example.com")
    page.get_by_role("textbox", name="Comment").fill("She is the caterer")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_role("region", name="Comments")).to_contain_text("She is the caterer")
    kept = server[1]("GET", f"/api{address}")
    assert (kept["review"], kept["dismissal"]) == ("dismissed", "authorized")
    server[1]("POST", f"/api{address}/review", {"review": "new"})


@pytest.mark.parametrize(
    ("path", "link", "name"),
    [
        ("/incidents", "Export", "incidents"),
        ("/reports", "Export weeks", "weeks"),
        ("/reports", "Export doors", "report"),
    ],
)
def test_tables_are_saved(visit, incident, path, link, name):
    page = visit(path)
    with page.expect_download() as saved:
        page.get_by_role("link", name=link).click()
    assert saved.value.suggested_filename.startswith(f"doorwatch-{name}-")


def test_blurring_people_is_switched_for_a_camera(visit, incident, server):
    page = visit("/doors")
    # what is still loading would push the line away under the pointer
    expect(page.get_by_role("button", name="Policy of Lobby east")).to_be_visible()
    expect(page.locator(".camera-last")).to_be_visible()
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


def test_a_report_tells_rates_in_figures_charts_and_tables_and_leads_to_what_it_counts(visit, incident, door):
    page = visit("/reports")
    figures = page.locator(".report-figures")
    expect(figures.locator("div").filter(has_text="Per 100 grants")).to_contain_text("100.0")
    expect(page.get_by_role("img", name="1 incident in 7 days")).to_be_visible()
    day = page.get_by_role("region", name="Day by day").first
    day.get_by_text("Numbers").click()
    expect(day.locator("tbody tr")).to_have_count(7)
    row = page.get_by_role("region", name="Totals of each door").get_by_role("row").nth(1)
    expect(row).to_contain_text("Lobby east")
    row.get_by_role("link", name="Lobby east").click()
    expect(page).to_have_url(re.compile(f"/doors/{door.door_id}/timeline"))


def test_a_link_narrows_the_list_to_the_minutes_of_a_storm_and_one_press_widens_it(visit, incident):
    begun = datetime.fromisoformat(incident["start"])
    minute = begun.replace(second=0, microsecond=0)

    def listed(since):
        span = urlencode(
            {"review": "all", "since": since.isoformat(), "until": (since + timedelta(minutes=1)).isoformat()}
        )
        return visit(f"/incidents?{span}", size=(390, 844))

    page = listed(minute)
    expect(page.locator(".incident-row").first).to_be_visible()
    page = listed(minute - timedelta(hours=1))
    expect(page.get_by_text("No incident matches this choice")).to_be_visible()
    page.get_by_role("button", name="Show all times").click()
    expect(page.locator(".incident-row").first).to_be_visible()
    assert "since" not in page.url
