"""Setting up a door in the page: a proposed scene is accepted, the door is walked, its certificate is read."""

import gzip
import json
import re
import time

import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import SECOND, to_iso
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter

WIDE, PHONE = (1440, 900), (390, 844)


@pytest.fixture(scope="module")
def people_seen(door):
    """The camera told of the people of the demo clip, as its analyzer does."""
    file = door.boxes.with_name("demo.json.gz")
    counter = Counter("c", [], Profile(threshold=0.30, low_threshold=0.18, nms=0.60), picture=(640, 360))
    seen = {}
    for at, _, boxes in json.loads(gzip.decompress(file.read_bytes()))["frames"]:
        for person in counter.observe(at + 1, [Box(*box) for box in boxes]).people:
            seen.setdefault(person.track, []).append([at + 1, *person.box[:4]])
    walks = [{"camera_id": door.camera_id, "track": t, "size": [640, 360], "steps": s} for t, s in seen.items()]
    door.analyzer("POST", "/api/analyzer/walks", {"walks": walks})
    door.analyzer("PUT", f"/api/analyzer/snapshot/{door.camera_id}", door.picture())
    door.report()


@pytest.fixture
def dock(door, server):
    """The lobby's camera also sees the dock, where nobody has drawn a scene yet; the dock's id."""
    owner = server[1]
    dock = next(one["door_id"] for one in owner("GET", "/api/doors") if one["name"] == "Dock")
    owner("PUT", f"/api/doors/{dock}/cameras", {"camera_ids": [door.camera_id]})
    yield dock
    owner("PUT", f"/api/doors/{dock}/cameras", {"camera_ids": []})


def test_a_scene_is_proposed_from_the_people_seen_and_accepted(visit, door, server, people_seen, dock):
    page = visit(f"/doors/cameras/{door.camera_id}/scene/{dock}")
    expect(page.locator(".scene-intro")).to_contain_text("proposed from 11 people")
    part = page.get_by_role("region", name="Proposal")
    expect(part).to_contain_text("came into sight or vanished here")
    expect(part).to_contain_text("Pixels a metre")
    expect(page.locator(".scene-way")).to_have_count(11)
    page.get_by_role("button", name="Threshold, first end").press("Shift+ArrowLeft")
    expect(part.get_by_role("button", name="Draw the proposal")).to_be_enabled()
    part.get_by_role("button", name="Draw the proposal").click()
    expect(part.get_by_role("button", name="The proposal is drawn")).to_be_disabled()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".message")).to_contain_text("The scene of Dock is saved")
    scenes = server[1]("GET", f"/api/cameras/{door.camera_id}")["scenes"]
    stored = next(scene for scene in scenes if scene["door_id"] == dock)
    (ax, ay), (bx, by) = sorted(stored["threshold"])
    # The true posts are at (320, 188) and (400, 210).
    assert abs(ax - 320) < 25
    assert abs(bx - 400) < 15
    assert abs(ay - 188) < 25
    assert abs(by - 210) < 15


def test_a_badly_placed_camera_is_told_while_the_scene_is_drawn(visit, door, people_seen, dock):
    page = visit(f"/doors/cameras/{door.camera_id}/scene/{dock}")
    first = page.get_by_role("button", name="Threshold, first end")
    first.wait_for()
    for _ in range(33):
        first.press("Shift+ArrowLeft")
    expect(page.locator(".scene-advice")).to_contain_text("turn the camera until the threshold")


def tell_crossing(door, at, direction="in"):
    told = {
        "crossing_id": f"walk {at}",
        "camera_id": door.camera_id,
        "door_id": door.door_id,
        "track": f"w{at}",
        "at": to_iso(at),
        "direction": direction,
    }
    door.analyzer("POST", "/api/analyzer/crossings", {"crossings": [told]})


def test_a_door_is_walked_with_keys_and_its_count_stands_beside(visit, door, server, people_seen):
    owner = server[1]
    page = visit("/doors")
    page.get_by_role("link", name="Commission Lobby east").click()
    expect(page.locator("#main")).to_contain_text("There is none yet")
    page.get_by_role("button", name="Start walking").click()
    expect(page.get_by_role("button", name=re.compile("^In"))).to_be_visible()
    page.keyboard.press("i")
    walks = page.get_by_role("region", name="Walks").get_by_role("listitem")
    expect(walks).to_have_count(1)
    expect(walks.first).to_contain_text("Waiting")
    tell_crossing(door, time.time_ns() // 1000)
    expect(walks.first).to_contain_text("Counted")
    page.keyboard.press("o")
    expect(walks).to_have_count(2)
    page.keyboard.press("u")
    expect(walks).to_have_count(1)
    page.keyboard.press("b")
    expect(walks).to_have_count(3)
    page.get_by_role("button", name="Take this walk out back").click()
    expect(walks).to_have_count(2)
    expect(page.get_by_role("button", name="Finish")).to_be_disabled()
    page.get_by_role("button", name="Drop", exact=True).click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("button", name="Start walking")).to_be_visible()
    assert owner("GET", f"/api/doors/{door.door_id}/commissioning")["run"] is None


@pytest.fixture(scope="module")
def certificate(door, server, people_seen):
    """A hundred walks of ten minutes ago, three of them missed and one counted too often."""
    owner, until = server[1], time.time_ns() // 1000 - 600 * SECOND
    start = until - 600 * SECOND
    body = {"source": "recording", "since": to_iso(start), "until": to_iso(until)}
    run = owner("POST", f"/api/doors/{door.door_id}/commissioning", body)
    marks = []
    for number in range(100):
        at, way = start + number * 6 * SECOND, "in" if number % 3 else "out"
        marks.append({"mark_id": f"m{number}", "direction": way, "at": to_iso(at)})
        if number not in (10, 40, 70):
            tell_crossing(door, at + 200_000, way)
    tell_crossing(door, start + 63 * SECOND, "out")
    owner("POST", f"/api/commissioning/{run['run_id']}/marks", {"marks": marks})
    return owner("POST", f"/api/commissioning/{run['run_id']}/finish")


def test_the_certificate_says_it_all_and_is_reached_from_the_door(visit, door, certificate):
    page = visit("/doors")
    page.get_by_role("link", name="Certificate: 97 of 100").click()
    paper = page.locator(".certificate")
    expect(paper).to_contain_text("Lobby east")
    expect(paper).to_contain_text("Meets commissioning practice")
    expect(paper).to_contain_text("97 of 100 were found (97.0 %; with 95 % confidence between 91.5 and 99.0 %)")
    expect(paper).to_contain_text(certificate["digest"])
    expect(paper).to_contain_text("olga@example.com")
    expect(paper.get_by_role("img")).to_have_attribute("aria-label", re.compile("practice asks for 95 %"))
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(paper).to_be_visible()


def test_a_run_on_recordings_that_are_elsewhere_says_so(visit, door, server):
    page = visit(f"/doors/{door.door_id}/commission")
    page.get_by_role("button", name="Start watching").click()
    expect(page.locator("#main")).to_contain_text("Nothing was recorded in this time")
    page.get_by_role("button", name="Drop", exact=True).click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("button", name="Start watching")).to_be_visible()


def test_a_door_without_scene_says_what_comes_first(visit, door, server):
    nobody = next(one["door_id"] for one in server[1]("GET", "/api/doors") if one["name"] == "Dock")
    page = visit(f"/doors/{nobody}/commission")
    expect(page.locator("#main")).to_contain_text("No camera sees this door yet")
    expect(visit("/doors/nothing/commission").locator("#main")).to_contain_text("There is no such door")
    expect(visit("/doors/certificates/nothing").locator("#main")).to_contain_text("no such certificate")


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("page_of", ["scene", "commission", "run", "certificate"])
def test_no_page_of_setting_up_is_wider_than_its_window(visit, door, server, certificate, page_of, size):
    owner, open_run = server[1], None
    path = {
        "scene": f"/doors/cameras/{door.camera_id}/scene/{door.door_id}",
        "certificate": f"/doors/certificates/{certificate['certificate_id']}",
    }.get(page_of, f"/doors/{door.door_id}/commission")
    if page_of == "run":
        open_run = owner("POST", f"/api/doors/{door.door_id}/commissioning", {})["run_id"]
        owner("POST", f"/api/commissioning/{open_run}/marks", {"marks": [{"mark_id": "m", "direction": "in"}]})
    page = visit(path, size)
    page.locator(".scene-group, .commission-way, .mark-buttons, .certificate").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if open_run:
        expect(page.get_by_role("button", name=re.compile("^In"))).to_be_visible()
        owner("POST", f"/api/commissioning/{open_run}/drop")
