"""Looking back in a real browser: the recording plays, and at a known picture feet and tiles lie where they were seen."""

import re

import pytest
from playwright.sync_api import expect
from recorder import Recorder

from doorwatch.domain.time import SECOND, to_iso


@pytest.fixture(scope="module")
def recorded(door, incident, tmp_path_factory):
    """The recording of the incident."""
    recorder = Recorder(door, tmp_path_factory.mktemp("recordings"), incident["clip_start_us"])
    recorder.start()
    yield recorder
    recorder.stop()
    assert recorder.trouble is None


def look_back(visit, recorded, seconds, **more):
    """The door's timeline, so many seconds into the clip, with its picture shown."""
    at = to_iso(recorded.base + round(seconds * SECOND))
    page = visit(f"/doors/{recorded.door.door_id}/timeline?at={at}", **more)
    expect(page.locator(".recorded .picture")).to_have_attribute("data-state", "showing", timeout=20_000)
    expect(page.locator(".recorded .picture")).to_have_attribute("data-at", re.compile(r"\d+"))
    return page


def shown(page):
    return int(page.locator(".recorded .picture").get_attribute("data-at"))


def test_feet_and_tiles_lie_where_they_were_seen_in_the_picture_that_is_shown(visit, recorded, incident):
    page = look_back(visit, recorded, 7)
    picture = page.locator(".recorded .picture")
    expect(picture).to_have_attribute("data-painted", re.compile("excess [1-9].*admitted [1-9]"))
    at = shown(page)
    assert at in recorded.times
    assert abs(at - (recorded.base + 7 * SECOND)) < 0.1 * SECOND
    people = max((seen for seen in recorded.seen if seen.at <= at), key=lambda seen: seen.at).people
    drawn = page.locator(".feet").evaluate_all(
        "all => all.map(one => [one.dataset.track, +one.lastChild.getAttribute('cx'), +one.lastChild.getAttribute('cy')])"
    )
    assert {track: (x, y) for track, x, y in drawn} == {p.track: tuple(map(round, p.foot)) for p in people}
    assert page.locator(".feet polyline").first.get_attribute("points").count(",") > 5
    assert page.locator(".overlay .threshold").count() == 1


def test_single_pictures_are_stepped_through_and_the_overlay_with_them(visit, recorded):
    page = look_back(visit, recorded, 6)
    times = sorted(recorded.times)
    before = shown(page)
    for key, by in ((".", 1), (".", 1), (",", -1)):
        wanted = times[times.index(before) + by]
        page.keyboard.press(key)
        expect(page.locator(".recorded .picture")).to_have_attribute("data-at", str(wanted))
        before = wanted


def test_it_plays_at_the_chosen_speed_and_its_address_leads_back(visit, recorded):
    page = look_back(visit, recorded, 1)
    page.get_by_label("Speed").select_option("2")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        f"() => +document.querySelector('.recorded .picture').dataset.at > {recorded.base + 4 * SECOND}"
    )
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    at = shown(page)
    page.wait_for_function(
        "at => Math.abs(Date.parse(new URLSearchParams(location.search).get('at')) * 1000 - at) < 100000", arg=at
    )
    again = visit(page.url.removeprefix(recorded.door.base))
    expect(again.locator(".recorded .picture")).to_have_attribute("data-state", "showing", timeout=20_000)
    again.wait_for_function(f"() => Math.abs(document.querySelector('.recorded .picture').dataset.at - {at}) < 300000")


def test_the_explanation_stands_beside_it_and_each_grant_and_crossing_leads_to_its_picture(visit, recorded, incident):
    page = look_back(visit, recorded, 6)
    beside = page.get_by_role("complementary", name="What happened")
    expect(beside.locator(".verdict")).to_contain_text(incident["reason"])
    steps = beside.get_by_role("list", name="What happened, in order").get_by_role("button")
    expect(steps).to_have_count(3)
    crossing = next(one for one in incident["crossings"] if one["outcome"] == "excess")
    steps.filter(has_text="Without a grant").click()
    wanted = page.evaluate("at => Date.parse(at) * 1000", crossing["at"]) - 1_500_000
    page.wait_for_function(
        f"() => Math.abs(document.querySelector('.recorded .picture').dataset.at - {wanted}) < 120000"
    )
    moments = beside.get_by_role("list", name="Moments, the oldest first")
    expect(moments).to_contain_text("Ben Rivera")
    beside.get_by_role("link", name="Review it").click()
    page.get_by_role("link", name="Look back").click()
    expect(page).to_have_url(re.compile("/timeline"))


def test_the_strip_shows_what_happened_and_is_zoomed_and_moved(visit, recorded):
    page = look_back(visit, recorded, 6)
    strip = page.locator(".strip")
    expect(strip.locator(".on-incidents")).to_have_count(1)
    expect(strip.locator(".on-access")).not_to_have_count(0)
    expect(strip.locator(".on-crossings")).not_to_have_count(0)
    expect(strip.locator(".recorded-bar")).to_have_count(1)
    expect(strip.locator(".presence-bar")).not_to_have_count(0)
    expect(page.locator(".replay-length")).to_have_text("10 min")
    page.keyboard.press("+")
    expect(page.locator(".replay-length")).to_have_text("5 min")
    slider = page.get_by_role("slider", name="Place in time")
    before = int(slider.get_attribute("aria-valuenow"))
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", str(before - 3))
    box = strip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    expect(page.locator(".strip-hover img")).to_have_js_property("naturalWidth", 240)
    left = int(slider.get_attribute("aria-valuemin"))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 200, box["y"] + 60, steps=4)
    page.mouse.up()
    assert int(slider.get_attribute("aria-valuemin")) < left


def test_a_time_without_a_recording_says_so_and_one_without_media_source_shows_still_pictures(visit, recorded):
    at = to_iso(recorded.base - 3600 * SECOND)
    page = visit(f"/doors/{recorded.door.door_id}/timeline?at={at}")
    expect(page.locator(".recorded .picture-words")).to_contain_text("No recording of this time")
    page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    at = to_iso(-(-recorded.base // SECOND) * SECOND + 7 * SECOND)  # a still picture is of a whole second
    page.goto(f"/doors/cameras/{recorded.door.camera_id}/timeline?at={at}")
    expect(page.locator(".picture-words")).to_contain_text("Still pictures")
    expect(page.locator(".recorded img")).to_have_js_property("naturalWidth", 640)
    expect(page.locator(".recorded .picture")).to_have_attribute("data-painted", re.compile("excess"))


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_it_fits(visit, recorded, size):
    page = look_back(visit, recorded, 7, size=size)
    expect(page.locator(".happenings")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
