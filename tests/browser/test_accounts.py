"""Several accounts on one server: switching in the header, and nothing of one in the other."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def second(administer):
    """Another account, of which the same person is the owner."""
    return administer("account", "add", "Harbour office", "--owner", "olga@example.com", "--time-zone", "Asia/Tokyo")[0]


def test_an_account_is_made_by_a_command_and_listed(administer, second):
    assert second["password"] is None, "its owner signs in here already"
    assert [one["name"] for one in administer("account", "list")] == ["Main site", "Harbour office"]


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_somebody_switches_accounts_in_the_header_and_sees_nothing_of_the_former_one(
    visit, incident, second, server, size
):
    page = visit("/incidents", size=size)
    expect(page.locator(".incident-row")).to_have_count(1)
    choice = page.get_by_role("combobox", name="Account", exact=True)
    expect(choice).to_have_value(server[1]("GET", "/api/session")["account"]["id"])
    choice.select_option(label="Harbour office")
    page.wait_for_url(re.compile("/$"))
    expect(choice).to_have_value(second["account"]["id"])
    expect(page.locator(".site-clock")).to_have_attribute(
        "title", re.compile("Harbour office.*Asia/Tokyo|Harbour office", re.DOTALL)
    )
    page.goto(f"/incidents/{incident['incident_id']}")
    expect(page.get_by_text("This incident does not exist")).to_be_visible()
    page.goto("/doors")
    expect(page.get_by_text("Lobby east")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("combobox", name="Account", exact=True).select_option(label="Main site")
    page.wait_for_url(re.compile("/$"))
    page.goto("/doors")
    expect(page.get_by_text("Lobby east").first).to_be_visible()


def test_somebody_of_one_account_is_not_asked_which(visit, server):
    made = server[1]("POST", "/api/users", {"email": "guest@example.com", "password": "a long enough password"})
    page = visit("/", signed_in=False)
    page.get_by_label("E-mail address").fill(made["user"]["email"])
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    expect(page.get_by_role("combobox", name="Account", exact=True)).to_have_count(0)
