"""Live video in a real browser: the picture plays, and the floor is painted in step with it."""

import re

from playwright.sync_api import expect


def test_two_people_on_one_grant_leave_a_green_and_a_red_trail_while_they_walk(visit, door, live_camera):
    door.report()
    page = visit("/")
    picture = page.locator(".picture.live")
    expect(picture).to_have_attribute("data-state", "playing")
    page.wait_for_function("() => document.querySelector('.live video').currentTime > 1")
    expect(picture).to_have_attribute("data-painted", re.compile(r"excess [1-9].*admitted [1-9]"))
    assert page.locator(".live .tile.mark-excess").count() >= 1
    assert page.locator(".live .tile.mark-admitted").count() >= 1
    ticker = page.locator(".ticker")
    expect(ticker).to_contain_text("2 people, 1 grant")
    expect(ticker).to_contain_text("Ben Rivera")


def test_a_browser_without_media_source_shows_still_pictures_and_says_so(visit, door):
    door.report()
    door.analyzer("PUT", f"/api/analyzer/snapshot/{door.camera_id}", door.picture())
    page = visit("/settings")
    page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    page.goto("/")
    expect(page.locator(".picture-words")).to_contain_text("Still pictures")
    expect(page.locator(".stills")).to_have_js_property("naturalWidth", 640)


def test_nothing_jumps_while_somebody_reads_the_ticker(visit, door, incident):
    page = visit("/")
    first = page.locator(".ticker .moment").first
    first.wait_for()
    before = first.inner_text()
    page.locator(".ticker").hover()
    event = {"device_id": "dock", "timestamp": incident["end"], "event_type": "AccessRefused", "actor_name": "Kim Late"}
    door.gateway("POST", "/api/pacs/webhooks", {"event": event})
    pill = page.locator(".ticker .pill")
    expect(pill).to_have_text("1 new")
    assert first.inner_text() == before
    pill.click()
    expect(page.locator(".ticker")).to_contain_text("Kim Late")


def test_the_wall_is_laid_out_heard_and_shown_large_as_asked_and_remembers_it(visit, door, server):
    door.report()
    page = visit("/")
    bar = page.get_by_role("toolbar", name="The wall")
    four = bar.get_by_role("button", name="4 cameras at a time")
    four.click()
    expect(page.locator(".wall.wall-2")).to_be_visible()
    bar.get_by_text("Silent").click()
    bar.get_by_role("checkbox", name="Tailgating", exact=True).check()
    page.reload()
    expect(four).to_have_attribute("aria-pressed", "true")
    expect(bar.get_by_text("Sounds")).to_be_visible()
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement?.className === 'wall-box'")


def test_a_hidden_page_lets_go_of_its_video_and_has_it_again_when_it_is_back(visit, door):
    page = visit("/settings")
    page.clock.install()
    page.add_init_script("""
        window.sockets = [];
        const Real = WebSocket;
        window.WebSocket = class extends Real { constructor(...all) { super(...all); window.sockets.push(this); } };
    """)
    page.goto("/")
    page.wait_for_function("() => window.sockets[0]?.readyState === 1")
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, arg=True)
    page.clock.fast_forward(15_000)
    page.wait_for_function("() => window.sockets.every((socket) => socket.readyState > 1)")
    page.evaluate(hide, arg=False)
    page.wait_for_function("() => window.sockets.at(-1).readyState === 1")
