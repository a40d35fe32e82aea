"""The page in a real browser against a real server: what an operator does all day."""

import re

import pytest
from playwright.sync_api import expect

WIDE, PHONE = (1440, 900), (390, 844)


def test_somebody_signs_in_sees_an_incident_opens_it_and_finds_it_by_searching(visit, incident):
    page = visit("/", signed_in=False)
    page.get_by_label("E-mail address").fill("olga@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()

    ticker = page.get_by_role("complementary", name="What happened, newest first")
    ticker.get_by_role("link").filter(has_text="2 people, 1 grant").first.click()
    expect(page).to_have_url(re.compile(f"/incidents/{incident['incident_id']}$"))
    expect(page.locator(".verdict")).to_contain_text("2 people, 1 grant")
    expect(page.locator(".verdict")).to_contain_text(incident["reason"])

    page.keyboard.press("/")
    page.keyboard.type("tailgating")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=tailgating$"))
    found = page.locator(".result").filter(has_text="2 people, 1 grant")
    expect(found.first).to_be_visible()
    expect(found.first.locator("img")).to_have_js_property("naturalWidth", 640)


def test_the_clip_paints_the_tiles_in_step_with_the_people(visit, incident):
    page = visit(f"/incidents/{incident['incident_id']}")
    picture = page.locator(".clip .picture")
    video = page.locator(".clip video")
    expect(video).to_have_js_property("videoWidth", 640)
    video.evaluate("v => { v.pause(); v.currentTime = 4.0; }")
    expect(picture).to_have_attribute("data-painted", re.compile("^(neutral|$)"))
    video.evaluate("v => { v.currentTime = 5.8; }")
    expect(picture).to_have_attribute("data-painted", re.compile("admitted"))
    assert "excess" not in picture.get_attribute("data-painted")
    video.evaluate("v => { v.currentTime = 7.0; }")
    expect(picture).to_have_attribute("data-painted", re.compile("excess [1-9].*admitted [1-9]"))
    assert page.locator(".clip .tile.mark-excess").count() >= 1


def test_the_course_names_every_grant_and_crossing_with_its_time(visit, incident):
    page = visit(f"/incidents/{incident['incident_id']}")
    steps = page.get_by_role("list", name="What happened, in order").get_by_role("listitem")
    expect(steps).to_have_count(3)
    expect(steps.nth(0)).to_contain_text("Ben Rivera")
    expect(steps.nth(1)).to_contain_text("Admitted by Ben Rivera")
    expect(steps.nth(2)).to_contain_text("Without a grant")
    steps.nth(2).get_by_role("button").click()
    page.wait_for_function("() => document.querySelector('.clip video').currentTime > 5.5")


def test_an_incident_is_reviewed_by_keys_alone_and_put_back(visit, incident, server, eventually):
    page = visit("/incidents")
    row = page.locator(".incident-row")
    expect(row.first.locator("[aria-current]")).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator(".message")).to_contain_text("Dismissed")
    expect(row.first).to_contain_text("Dismissed")
    eventually(lambda: server[1]("GET", f"/api/incidents/{incident['incident_id']}")["review"] == "dismissed")
    page.keyboard.press("u")
    expect(page.locator(".message")).to_contain_text("Put back")
    page.get_by_label("Note").fill("The visitor of Ben, signed in later")
    page.get_by_role("button", name="Save note").click()

    def kept():
        stored = server[1]("GET", f"/api/incidents/{incident['incident_id']}")
        return (stored["review"], stored["note"]) == ("new", "The visitor of Ben, signed in later")

    eventually(kept)


def test_a_link_to_the_incident_works_without_signing_in(visit, incident):
    page = visit(f"/incidents/{incident['incident_id']}")
    page.get_by_role("button", name="Share link").click()
    form = page.get_by_role("form", name="Share link")
    form.get_by_label("For whom").fill("The insurer")
    form.get_by_label("Password").fill("a word for them")
    form.get_by_role("button", name="Make the link").click()
    link = page.locator(".link-field").input_value()
    stranger = visit(link, signed_in=False)
    expect(stranger.locator("body")).not_to_contain_text("Lobby east")
    stranger.get_by_label("Password").fill("another word")
    stranger.get_by_role("button", name="Show").click()
    expect(stranger.get_by_role("alert")).to_contain_text("not the password")
    stranger.get_by_label("Password").fill("a word for them")
    stranger.get_by_role("button", name="Show").click()
    expect(stranger.locator("body")).to_contain_text("Lobby east")
    page.get_by_role("button", name="Done").click()
    page.get_by_text("Links without signing in").click()
    mine = page.get_by_role("listitem").filter(has_text="The insurer")
    expect(mine).to_contain_text("with a password")
    mine.get_by_role("button", name="End the link to The insurer").click()
    page.get_by_role("button", name="End it", exact=True).click()
    expect(mine).to_contain_text("ended by")
    stranger.reload()
    expect(stranger.locator("body")).to_contain_text("this link is over")


def test_an_address_of_nothing_says_so(visit, door):
    expect(visit("/incidents/nothing").locator("#main")).to_contain_text("This incident does not exist")
    expect(visit("/attic").locator("#main")).to_contain_text("There is no page at this address")
    found = visit("/search?q=zzzz").locator("#main")
    expect(found).to_contain_text("Nothing matches")


def test_a_mapping_is_saved_only_when_asked_and_guarded_until_then(visit, door, server):
    page = visit("/doors")
    dock = page.locator(".door-card").filter(has_text="Dock")
    dock.get_by_role("button", name="Map a camera to Dock").click()
    page.get_by_role("combobox", name="Map a camera to Dock").fill("lob")
    page.get_by_role("option", name=re.compile("Lobby inside")).click()
    expect(dock.locator(".chip")).to_contain_text("Lobby inside")
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("not saved")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".save-bar")).to_have_count(0)
    stored = {one["name"]: [camera["name"] for camera in one["cameras"]] for one in server[1]("GET", "/api/doors")}
    assert stored["Dock"] == ["Lobby inside"]
    dock.get_by_role("button", name="Remove Lobby inside from Dock").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".save-bar")).to_have_count(0)
    assert not [one for one in server[1]("GET", "/api/doors") if one["name"] == "Dock" and one["cameras"]]


@pytest.fixture
def dock_without_scene(door, server):
    """The lobby's camera also sees the dock, where nobody has drawn a scene yet; the dock's id."""
    owner = server[1]
    dock = next(one["door_id"] for one in owner("GET", "/api/doors") if one["name"] == "Dock")
    door.analyzer("PUT", f"/api/analyzer/snapshot/{door.camera_id}", door.picture())
    owner("PUT", f"/api/doors/{dock}/cameras", {"camera_ids": [door.camera_id]})
    yield dock
    owner("PUT", f"/api/doors/{dock}/cameras", {"camera_ids": []})


def test_a_scene_is_drawn_on_the_cameras_picture_with_mouse_and_keys(visit, door, server, dock_without_scene):
    page = visit("/doors")
    page.locator(".door-card").filter(has_text="Dock").get_by_role("link", name="No scene yet").click()
    first_end = page.get_by_role("button", name="Threshold, first end")
    expect(first_end).to_have_attribute("aria-label", "Threshold, first end: 269, 162")
    expect(page.locator(".scene-stage img")).to_have_js_property("naturalWidth", 640)

    place = first_end.bounding_box()
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 40, middle[1] + 20, steps=4)
    page.mouse.up()
    expect(first_end).not_to_have_attribute("aria-label", "Threshold, first end: 269, 162")
    page.keyboard.press("Control+z")
    expect(first_end).to_have_attribute("aria-label", "Threshold, first end: 269, 162")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(first_end).to_have_attribute("aria-label", "Threshold, first end: 259, 163")

    page.get_by_label("Width, m").fill("none")
    expect(page.get_by_role("alert")).to_contain_text("metres above 0")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_label("Width, m").fill("1,8")
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("not saved")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".message")).to_contain_text("The scene of Dock is saved")

    scenes = server[1]("GET", f"/api/cameras/{door.camera_id}")["scenes"]
    stored = next(scene for scene in scenes if scene["door_id"] == dock_without_scene)
    assert (stored["size"], stored["threshold"][0]) == ([640, 360], [259, 163])
    assert stored["floor"]["size_m"][0] == 1.8
    page.get_by_role("link", name="Back to Doors").click()
    dock = page.locator(".door-card").filter(has_text="Dock")
    expect(dock.get_by_role("link", name="Scene of Lobby inside")).to_be_visible()


def test_a_scene_that_the_server_refuses_stays_drawn_beside_its_sentence(visit, door, server, dock_without_scene):
    viewer = {"email": "vera@example.com", "password": "another long password"}
    server[1]("POST", "/api/users", {**viewer, "role": "view"})
    page = visit("/doors", PHONE)
    assert page.context.request.post("/api/session", data=viewer, headers={"X-Doorwatch": "1"}).ok
    page.goto(f"/doors/cameras/{door.camera_id}/scene/{dock_without_scene}")
    page.get_by_role("button", name="Threshold, second end").press("ArrowRight")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".scene-bar").get_by_role("alert")).to_contain_text("this needs the permission")
    expect(page.locator(".scene-bar")).to_contain_text("Not saved")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_policy_is_changed(visit, door, server):
    page = visit("/doors")
    page.get_by_role("button", name="Policy of Dock").click()
    page.get_by_label("A grant admits for").fill("15")
    page.get_by_role("button", name="Save policy").click()
    expect(page.locator(".message")).to_contain_text("Dock")
    stored = next(one for one in server[1]("GET", "/api/doors") if one["name"] == "Dock")
    assert stored["policy"]["grant_after"] == 15


def test_keys_lead_everywhere_and_help_lists_them(visit, incident):
    page = visit("/")
    page.locator(".ticker .moment").first.wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("search, from everywhere")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for key, heading in (("i", "Incidents"), ("d", "Doors"), ("r", "Reports"), ("s", "Search")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".results .selected")).to_have_count(1)


def test_the_theme_is_dark_until_somebody_asks_for_light(visit, door):
    page = visit("/settings")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Show in light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_session_that_ended_leads_back_to_the_sign_in(visit, door):
    page = visit("/settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("path", ["/", "/search?q=today", "/incidents", "/doors", "/reports", "/settings/alerts"])
def test_no_page_is_wider_than_its_window(visit, incident, path, size):
    page = visit(path, size)
    page.locator("h1").first.wait_for(state="attached")
    page.wait_for_load_state("load")
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_a_phone_the_queue_leads_to_the_incident_and_back(visit, incident):
    page = visit("/incidents", PHONE)
    page.locator(".incident-row a").first.click()
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_be_in_viewport()
    page.get_by_role("link", name="Incidents").first.click()
    expect(page.locator(".incident-row").first).to_be_visible()
