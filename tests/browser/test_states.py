"""Each page when the server fails, is away, or takes its time: something says what is wrong and what to do; never nothing."""

import json
import time

import pytest
from playwright.sync_api import expect

SENTENCE = "something unexpected went wrong; the server's log tells what, by the request id"
SETTINGS = ["integrations", "mail", "gateways", "recordings", "people", "tokens", "alerts"]
PAGES = ["/", "/search?q=lobby", "/incidents", "/doors", "/reports", *(f"/settings/{part}" for part in SETTINGS)]
# What a page needs to know who looks at it; a failure of that is another test.
SHELL = ("/api/session", "/api/events")


def spoil(page, how):
    """Answer everything that a page asks for in another way."""
    page.route(
        lambda url: "/api/" in url and not any(part in url for part in SHELL),
        how,
    )


def fail(route):
    route.fulfill(status=500, content_type="application/json", body=json.dumps({"error": SENTENCE}))


def hurried(page, done, seconds=20):
    """Whether it is done in time; the pauses between the page's tries pass at once."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        page.clock.run_for(1000)
    return done()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_page_whose_questions_fail_says_the_servers_sentence(visit, door, size):
    page = visit("/settings/account", size)
    spoil(page, fail)
    silent = []
    for path in PAGES:
        page.goto(path)
        try:
            expect(page.locator("main [role=alert]").first).to_contain_text("went wrong", timeout=20_000)
        except AssertionError:
            silent.append(path)
    assert silent == []


def test_a_page_of_a_server_that_is_away_says_so_and_comes_back(visit, door):
    page = visit("/settings/account")
    page.clock.install()
    spoil(page, lambda route: route.abort())
    silent = []
    for path in PAGES:
        page.goto(path)
        if not hurried(page, page.locator("main [role=alert]").first.is_visible):
            silent.append(path)
    assert silent == []
    page.goto("/reports")
    again = page.get_by_role("button", name="Try again")
    assert hurried(page, lambda: again.count() and not page.locator("main .notice[role=status]").count())
    page.unroute_all()
    again.evaluate_all("(all) => all.forEach((one) => one.click())")
    expect(page.locator("main [role=alert]")).to_have_count(0)
    expect(page.get_by_role("region", name="Totals of each door")).to_be_visible()


def test_a_server_that_takes_its_time_is_waited_for_in_words(visit, door):
    page = visit("/settings/account")
    waiting = []
    spoil(page, lambda route: waiting.append(route))  # noqa: PLW0108 - the builtin can take no marks
    silent = []
    for path in PAGES:
        page.goto(path)
        try:
            expect(page.locator("main").get_by_text("Loading").first).to_be_visible(timeout=10_000)
        except AssertionError:
            silent.append(path)
    for route in waiting:
        route.abort()
    assert silent == []


def test_who_looks_cannot_be_told_and_the_page_says_so(visit, door):
    page = visit("/settings/account")
    page.route("**/api/session", fail)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("went wrong")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_every_time_that_is_shown_tells_its_zone_when_pointed_at(visit, incident):
    page = visit("/")
    bare = []
    for path in PAGES:
        page.goto(path)
        page.locator("main").wait_for()
        page.wait_for_function("() => !document.querySelector('.loading')")
        bare += page.evaluate(
            """(path) => [...document.querySelectorAll('main time')]
            .filter((one) => !/UTC|GMT|[A-Z][a-z]+\\/[A-Z]/.test(one.title || one.closest('[title]')?.title || ''))
            .map((one) => path + ': ' + one.textContent)""",
            path,
        )
    assert bare == []
