"""A camera whose video this browser cannot play: said plainly, shown as pictures, and made playable on request."""

import re

import pytest
from playwright.sync_api import expect
from recorder import Recorder

from doorwatch.domain.time import SECOND, to_iso

CODEC = "hvc1.1.6.L63.90"
WORDS = re.compile("this browser cannot play HEVC video")


@pytest.fixture(scope="module", autouse=True)
def no_hevc(browser):
    """The browser is started without HEVC; what it says itself is what the page goes by."""
    page = browser.new_page()
    assert not page.evaluate('codec => MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`)', CODEC)
    page.close()


@pytest.fixture(scope="module")
def hevc_door(door, hevc_clip):
    """The door of the clip, whose camera sends HEVC."""
    door.video = hevc_clip
    return door


@pytest.fixture(scope="module")
def recorded(hevc_door, now, tmp_path_factory):
    """The incident of an HEVC camera, with its recording."""
    door = hevc_door
    incident = door.run_once(now() - 200 * SECOND)  # so long ago that all of a piece around it is written
    recorder = Recorder(door, tmp_path_factory.mktemp("recordings"), incident["clip_start_us"])
    recorder.incident = incident
    recorder.start()
    yield recorder
    recorder.stop()
    assert recorder.trouble is None


# First: whoever streams live takes the place of whoever answers for the recording.
def test_live_it_is_a_picture_a_second_and_says_what_would_help(visit, hevc_door, live_camera):
    page = visit("/live")
    tile = page.locator(".picture.live")
    expect(tile).to_have_attribute("data-state", "stills", timeout=20_000)
    expect(tile.get_by_role("status")).to_contain_text("cannot play HEVC video")
    expect(tile.get_by_role("status")).to_contain_text("sub-stream in H.264")


def look_back(visit, recorded, seconds, **more):
    at = to_iso(recorded.base + round(seconds * SECOND))
    page = visit(f"/doors/{recorded.door.door_id}/timeline?at={at}", **more)
    expect(page.locator(".recorded .picture")).to_have_attribute("data-state", "stills", timeout=20_000)
    return page


def test_looking_back_shows_pictures_says_why_and_plays_the_clip_that_is_made_in_step(visit, recorded):
    page = look_back(visit, recorded, 3)
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.locator(".recorded img")).to_have_js_property("naturalWidth", 320)
    page.get_by_role("button", name=re.compile("Make [0-9]+ seconds playable")).click()
    picture = page.locator(".recorded .picture")
    expect(picture).to_have_attribute("data-state", "clip", timeout=60_000)
    expect(page.get_by_role("status").filter(has_text="A clip made for this browser")).to_be_visible()
    # The picture that is shown is the one of the playhead, and feet and tiles are painted for it.
    page.wait_for_function(
        "at => Math.abs(+document.querySelector('.recorded .picture').dataset.at - at) < 100000",
        arg=recorded.base + 3 * SECOND,
    )
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        f"() => +document.querySelector('.recorded .picture').dataset.at > {recorded.base + 6.5 * SECOND}"
    )
    expect(picture).to_have_attribute("data-painted", re.compile("excess [1-9]"))
    page.keyboard.press(" ")
    video = page.get_by_label("Playable clip of Lobby inside")
    assert video.evaluate("one => one.videoWidth") == 320
    # Whoever comes again finds it made.
    again = visit(page.url.removeprefix(recorded.door.base))
    expect(again.locator(".recorded .picture")).to_have_attribute("data-state", "clip", timeout=20_000)


def test_the_clip_of_an_incident_is_made_playable(visit, recorded):
    page = visit(f"/incidents/{recorded.incident['incident_id']}")
    expect(page.get_by_text("This browser cannot play this camera's video")).to_be_visible()
    expect(page.locator(".clip img")).to_be_visible()
    page.get_by_role("button", name="Make a clip that plays here").click()
    video = page.get_by_label("Video of the incident; Enter plays and stops it")
    expect(video).to_have_js_property("videoWidth", 320, timeout=60_000)
    # to where somebody goes in, wherever the clip stands or has ended by now
    video.evaluate("one => { one.pause(); one.currentTime = one.duration / 2 }")
    expect(page.locator(".clip .picture")).to_have_attribute(
        "data-painted", re.compile("admitted|excess"), timeout=20_000
    )


def test_whoever_has_a_link_to_it_sees_a_clip_that_plays_here(visit, recorded, server):
    made = server[1]("POST", f"/api/incidents/{recorded.incident['incident_id']}/share", {"hours": 1})
    page = visit("/share/" + made["url"].rpartition("/")[2], signed_in=False)
    video = page.locator("video")
    expect(video).to_have_js_property("videoWidth", 320, timeout=60_000)
    assert video.evaluate("one => one.currentSrc").endswith("/playable.mp4")
    expect(page.get_by_role("link", name="Save it as it was recorded")).to_be_visible()


def test_a_clip_that_cannot_be_made_says_why(visit, recorded):
    page = visit("/")
    nothing = dict.fromkeys(("message", "start_us", "until_us", "kept_until", "url"))
    page.route("**/playable?*", lambda route: route.fulfill(json={"state": "none", "progress": 0, **nothing}))
    page.route(
        "**/playable", lambda route: route.fulfill(status=429, json={"error": "20 clips are being made already"})
    )
    page.goto(f"/doors/{recorded.door.door_id}/timeline?at={to_iso(recorded.base + 3 * SECOND)}")
    page.get_by_role("button", name=re.compile("Make [0-9]+ seconds playable")).click(timeout=20_000)
    expect(page.get_by_role("alert")).to_contain_text("20 clips are being made already")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_it_fits(visit, recorded, size):
    page = visit(f"/doors/{recorded.door.door_id}/timeline?at={to_iso(recorded.base + 3 * SECOND)}", size=size)
    expect(page.locator(".playable-offer")).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
