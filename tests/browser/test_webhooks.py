"""Webhooks on the settings page, in a real browser."""

import re

import pytest


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_webhook_is_added_tried_and_removed(visit, size):
    page = visit("/settings/alerts", size=size)
    page.get_by_text("No webhook yet").wait_for()
    page.get_by_label("Name", exact=True).fill("SIEM")
    page.get_by_label("Address", exact=True).fill("http://127.0.0.1:9/in")
    page.get_by_role("button", name="Add webhook").click()
    secret = page.locator("code.secret")
    secret.wait_for()
    assert re.fullmatch(r"dwhook_[\w-]{40,}", secret.inner_text())
    page.get_by_role("button", name="I have kept it").click()
    assert not secret.is_visible()
    page.get_by_role("button", name="Try SIEM").click()
    page.get_by_text("which alerts may not reach").first.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], "nothing sticks out of the page"
    page.get_by_role("button", name="Remove SIEM").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("No webhook yet").wait_for()


def test_an_address_that_is_none_is_told_beside_the_form(visit):
    page = visit("/settings/alerts")
    page.get_by_label("Name", exact=True).fill("SIEM")
    page.get_by_label("Address", exact=True).fill("ftp://siem.example/in")
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_role("alert").get_by_text("is no web address").wait_for()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_broker_is_added_with_its_topic_and_a_wrong_one_is_told(visit, size):
    page = visit("/settings/alerts", size=size)
    page.get_by_label("Goes to").select_option("mqtt")
    page.get_by_label("Name", exact=True).fill("Building")
    page.get_by_label("Address", exact=True).fill("mqtts://127.0.0.1:9")
    topic = page.get_by_label("Topic", exact=True)
    assert topic.input_value() == "doorwatch/{{type}}/{{door}}"
    topic.fill("building/{{dor}}")
    page.get_by_label("User", exact=True).fill("doorwatch")
    page.get_by_label("Password", exact=True).fill("the broker's word")
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_role("alert").get_by_text("did you mean {{door}}").wait_for()
    topic.fill("building/{{door}}")
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_text("Topic building/{{door}}, as doorwatch").wait_for()
    assert page.get_by_label("Topic", exact=True).input_value() == "doorwatch/{{type}}/{{door}}", (
        "the form is new again"
    )
    page.get_by_role("button", name="Try Building").click()
    page.get_by_text("which alerts may not reach").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    page.get_by_role("button", name="Remove Building").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("No webhook yet").wait_for()


def registered(server):
    """What another system registered by itself."""
    wanted = {
        "name": "Guard tour",
        "url": "http://127.0.0.1:9/in",
        "events": ["incident.created", "incident.explained", "pacs.events.created"],
        "filter": "lobby weekdays 18:00-06:00",
    }
    return server[1]("POST", "/api/callbacks", wanted)["callback_id"]


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_callback_that_a_system_registered_is_shown_with_its_last_post_switched_off_and_removed(visit, server, size):
    registered(server)
    page = visit("/settings/alerts", size=size)
    page.get_by_text("Only: lobby weekdays 18:00-06:00").wait_for()
    page.get_by_text("Nothing was posted yet.").wait_for()
    page.get_by_role("button", name="Try Guard tour").click()
    page.get_by_text("Last post: failed").wait_for()
    switch = page.get_by_role("switch", name="Post to Guard tour")
    page.locator("label.switch", has=switch).click()
    page.locator("label.switch[data-selected]", has=switch).wait_for(state="detached")
    assert not server[1]("GET", "/api/callbacks")[0]["enabled"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    page.get_by_role("button", name="Remove Guard tour").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("No callback yet").wait_for()
