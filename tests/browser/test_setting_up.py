"""The first start: a link out of the log, a page, and somebody who may do everything."""

import re

import pytest
from playwright.sync_api import expect

PHONE = (390, 844)


@pytest.fixture(scope="module")
def empty_server(serve, tmp_path_factory):
    """A server in which nobody can sign in yet: its address and its set-up link."""
    with serve(tmp_path_factory.mktemp("empty"), lines=2) as (base, said):
        yield base, re.search(r"\S+/setup#\S+", said[1]).group()


@pytest.fixture
def visit_empty(browser, empty_server, visit_at):
    with visit_at(browser, empty_server[0]) as open_page:
        yield open_page


def test_the_sign_in_says_where_the_link_is(visit_empty):
    page = visit_empty("/", signed_in=False)
    expect(page.get_by_role("status")).to_contain_text("doorwatch user setup-link")


def test_a_link_that_is_wrong_says_how_to_get_another(visit_empty):
    page = visit_empty("/setup#wrong", PHONE, signed_in=False)
    expect(page.get_by_role("alert")).to_contain_text("not known")
    expect(page.get_by_role("alert")).to_contain_text("doorwatch user setup-link")
    page.get_by_role("link", name="To the sign-in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_first_owner_is_made_by_the_link_alone_and_nobody_after(empty_server, visit_empty):
    base, link = empty_server
    page = visit_empty(link.removeprefix(base), PHONE, signed_in=False)
    page.get_by_label("E-mail address").fill("olga@example.com")
    page.get_by_label("Your name").fill("Olga Owner")
    password = page.get_by_label("Password")
    password.fill("a long enough password")
    expect(password).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show what is typed").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_label("Name of the site").fill("Harbour")
    page.get_by_label("Time zone of the site").select_option("Europe/Vienna")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Set up").click()

    expect(page).to_have_url(f"{base}/")
    page.goto("/settings/account")
    facts = page.locator(".facts-list")
    for words in ("Olga Owner", "owner", "Harbour", "Europe/Vienna"):
        expect(facts).to_contain_text(words)

    stranger = visit_empty(link.removeprefix(base), signed_in=False)
    expect(stranger.get_by_role("alert")).to_contain_text("set up already")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)
    page.get_by_label("E-mail address").fill("olga@example.com")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(facts).to_contain_text("Olga Owner")
