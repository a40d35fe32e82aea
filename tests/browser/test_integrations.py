"""Mapping cameras to doors on the settings page, in every state that the guide names, and the gateways' page."""

import re
import time

import pytest
from playwright.sync_api import expect

from doorwatch.domain.time import SECOND, to_iso

MANY_DOORS, MANY_CAMERAS = 10_000, 2_000


class Building:
    """Doors by the gateway's lists, and cameras, as the server knows them."""

    def __init__(self, base, owner, api):
        self.owner = owner
        self.gateway = api(base, owner("POST", "/api/tokens", {"name": "gateway", "kind": "gateway"})["token"])

    def lists(self, **doors):
        devices = [{"device_id": device, "device_name": name} for device, name in doors.items()]
        self.gateway("POST", "/api/pacs/devices", {"devices": devices, "gateway_id": "gw"})

    def add_camera(self, name):
        return self.owner("POST", "/api/cameras", {"name": name, "url": "rtsp://127.0.0.1:9/x"})["camera_id"]

    @property
    def mapped(self):
        """Door names to the names of their cameras."""
        told = self.owner("GET", "/api/integrations/mapping")
        doors = {door["door_id"]: door["name"] for door in told["doors"]}
        cameras = {camera["camera_id"]: camera["name"] for camera in told["cameras"]}
        return {doors[door]: [cameras[one] for one in seen_by] for door, seen_by in told["mapping"].items()}

    def maps(self, door, *cameras):
        told = self.owner("GET", "/api/integrations/mapping")
        door_id = next(one["door_id"] for one in told["doors"] if one["name"] == door and not one["stale"])
        ids = [one["camera_id"] for name in cameras for one in told["cameras"] if one["name"] == name]
        change = {"door_id": door_id, "before": told["mapping"].get(door_id, []), "after": ids}
        self.owner("PUT", "/api/integrations/mapping", {"changes": [change]})


@pytest.fixture(scope="module")
def building(server):
    built = Building(*server, type(server[1]))
    built.lists(lobby="Lobby east", dock="Loading dock", server="Server room")
    return built


def row(page, camera):
    return page.locator(".mapping-row").filter(has=page.get_by_text(camera, exact=True))


def choose(page, camera, text, door):
    row(page, camera).get_by_role("button", name=f"Doors that {camera} sees").click()
    page.get_by_role("combobox", name=f"Doors that {camera} sees").fill(text)
    page.get_by_role("option", name=door).first.click()


def save(page):
    page.locator(".save-bar").get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    told = dialog.locator(".changes").inner_text()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".save-bar")).to_have_count(0)
    expect(page.get_by_text("The mapping is saved.").first).to_be_visible()
    return told


def test_the_first_save_ends_the_message_that_nothing_was_found(visit, building):
    building.add_camera("Dome 1")
    page = visit("/settings/integrations")
    expect(page.get_by_text("No integration settings found")).to_be_visible()
    choose(page, "Dome 1", "lob", "Lobby east")
    expect(page.get_by_text("One door is not saved")).to_be_visible()
    assert "+ Dome 1" in save(page)
    assert building.mapped == {"Lobby east": ["Dome 1"]}
    page.reload()
    expect(row(page, "Dome 1")).to_contain_text("Lobby east")
    expect(page.get_by_text("No integration settings found")).to_have_count(0)
    expect(row(page, "Dome 1")).to_contain_text("to count people, draw Lobby east")


def test_a_door_is_removed_by_its_x_or_by_choosing_it_again_and_replaced_by_another(visit, building):
    building.add_camera("Dome 2")
    building.maps("Loading dock", "Dome 2")
    page = visit("/settings/integrations")
    row(page, "Dome 2").get_by_role("button", name="Remove Loading dock from Dome 2").click()
    choose(page, "Dome 2", "", "Server room")
    told = save(page)
    assert "\N{MINUS SIGN} Dome 2" in told
    assert building.mapped["Server room"] == ["Dome 2"]
    assert "Loading dock" not in building.mapped
    choose(page, "Dome 2", "server", "Server room , mapped: choose to take it away")
    save(page)
    assert "Server room" not in building.mapped


def test_a_camera_sees_several_doors_and_a_door_is_seen_by_several_cameras(visit, building):
    building.add_camera("Turret A")
    building.add_camera("Turret B")
    page = visit("/settings/integrations")
    for camera, door in (("Turret A", "Loading dock"), ("Turret A", "Server room"), ("Turret B", "Server room")):
        choose(page, camera, door, door)
    assert save(page).count("+ Turret") == 3
    assert building.mapped["Loading dock"] == ["Turret A"]
    assert building.mapped["Server room"] == ["Turret A", "Turret B"]
    for door in ("Loading dock", "Server room"):
        building.maps(door)


def test_a_stale_door_is_shown_by_name_and_cleared_with_one_click(visit, building):
    building.add_camera("Dome 3")
    building.maps("Server room", "Dome 3")
    building.lists(lobby="Lobby east", dock="Loading dock")
    page = visit("/settings/integrations", size=(390, 844))
    page.get_by_role("button", name="Stale doors (1)").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".mapping-row")).to_have_count(1)
    expect(row(page, "Dome 3").locator(".stale-door")).to_have_text("Server room Stale")
    row(page, "Dome 3").get_by_role("button", name="Remove Server room from Dome 3").click()
    save(page)
    assert "Server room" not in building.mapped


def test_a_door_that_is_listed_anew_takes_over_everything(visit, building):
    building.lists(lobby="Lobby east", dock="Loading dock", gate="Gate")
    building.add_camera("Dome 4")
    building.maps("Gate", "Dome 4")
    building.lists(lobby="Lobby east", dock="Loading dock", gate2="GATE")
    page = visit("/settings/integrations")
    row(page, "Dome 4").get_by_role("button", name="Move everything to the new GATE").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Move").click()
    expect(page.get_by_text("GATE took over from the stale door.")).to_be_visible()
    assert building.mapped["GATE"] == ["Dome 4"]
    assert "Gate" not in building.mapped


def test_a_suggestion_is_accepted_with_one_press(visit, building):
    building.add_camera("Camera loading dock")
    page = visit("/settings/integrations")
    suggested = page.get_by_role("region", name="Suggested mapping")
    expect(suggested).to_contain_text("Their names are alike")
    suggested.get_by_role("button", name="Accept: Camera loading dock sees Loading dock").click()
    expect(suggested).to_have_count(0)
    save(page)
    assert building.mapped["Loading dock"] == ["Camera loading dock"]


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(visit, building):
    building.add_camera("Dome 5")
    building.lists(lobby="Lobby east", dock="Loading dock", gate2="GATE", annex="Annex")
    page = visit("/settings/integrations")
    choose(page, "Dome 5", "annex", "Annex")
    building.maps("Annex", "Dome 1")
    page.locator(".save-bar").get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("somebody else changed the cameras of Annex in the meantime")
    assert building.mapped["Annex"] == ["Dome 1"]
    # Both are there to be looked at, and saving now keeps both.
    expect(row(page, "Dome 1")).to_contain_text("Annex")
    expect(row(page, "Dome 5")).to_contain_text("Annex")
    assert "+ Dome 5" in save(page)
    assert building.mapped["Annex"] == ["Dome 1", "Dome 5"]


def test_leaving_with_unsaved_changes_asks_first(visit, building):
    page = visit("/settings/integrations")
    row(page, "Dome 1").get_by_role("button", name="Remove Lobby east from Dome 1").click()
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("One door is not saved")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(row(page, "Dome 1")).to_contain_text("Lobby east")


def test_a_door_is_mapped_with_the_keyboard_alone_on_a_phone(visit, building):
    building.add_camera("Dome 6")
    building.lists(lobby="Lobby east", dock="Loading dock", gate2="GATE", annex="Annex")
    page = visit("/settings/integrations", size=(390, 844))
    page.get_by_label("Filter cameras and doors").fill("dome 6")
    expect(page.locator(".mapping-row")).to_have_count(1)
    page.get_by_role("button", name="Doors that Dome 6 sees").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("annex")
    expect(page.get_by_role("option", name="Annex")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row(page, "Dome 6").locator(".chip")).to_contain_text("Annex")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_cameras_come_from_a_file_after_it_was_told_what_that_changes(visit, building, tmp_path):
    file = tmp_path / "cameras.csv"
    file.write_text("name,url,groups\nNorth 1,rtsp://10.9.0.1/s2,North\nNorth 2,nowhere,North\nDome 1,,\n")
    page = visit("/doors")
    page.get_by_role("button", name="List as a file").click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(file)
    told = page.get_by_role("status", name="What cameras.csv would change")
    expect(told).to_contain_text("One camera added: North 1")
    expect(told).to_contain_text("2 rows are left out")
    expect(told).to_contain_text("Row 3 url: the address must begin with rtsp")
    page.get_by_role("button", name="Take the good row").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("list", name="Groups and labels of North 1")).to_have_text("North")
    page.get_by_role("button", name="Change North 1").click()
    page.get_by_role("textbox", name="Labels").fill("fence; gravel")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("list", name="Groups and labels of North 1").get_by_role("link")).to_have_text(
        ["North", "fence", "gravel"]
    )


def test_gateways_say_how_they_are_and_a_suspicious_list_is_accepted(visit, building):
    now = time.time_ns() // 1000
    building.gateway("POST", "/api/pacs/stats", {"stats": {"version": "9.8.7", "queue_lengths": {"webhooks": 12}}})
    building.gateway("POST", "/api/pacs/errors", {"errors": [{"level": "error", "message": "The PACS went away"}]})
    covered = {"covered_from": to_iso(now - 60 * SECOND), "covered_until": to_iso(now)}
    body = {**covered, "subscribed": ["AccessGranted", "DoorOpen"], "refused": ["DoorForced"]}
    building.gateway("POST", "/api/pacs/coverage", body)
    building.lists()
    page = visit("/settings/gateways")
    card = page.get_by_role("article")
    for told in ("Connected", "9.8.7", "The PACS went away", "does not give: DoorForced", "2 event types"):
        expect(card).to_contain_text(told)
    expect(card.get_by_role("alert")).to_contain_text("so none was dropped")
    card.get_by_role("button", name="They are really gone").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Let them go").click()
    expect(card.get_by_role("alert")).to_have_count(0)


def test_ten_thousand_doors_and_two_thousand_cameras_open_and_filter_at_once(visit, building):
    building.lists(**{f"d{number}": f"Door {number} floor {number % 40}" for number in range(MANY_DOORS)})
    rows = "".join(f"Corridor {number},rtsp://127.0.0.1:9/{number}\n" for number in range(MANY_CAMERAS))
    building.owner("POST", "/api/camera-list", {"csv": "name,url\n" + rows, "apply": True})
    asked = []
    page = visit("/settings/integrations")
    expect(page.get_by_text(re.compile(r"2,0\d\d cameras, 10,\d\d\d doors"))).to_be_visible()
    # What nobody sees is not drawn, and typing asks the server nothing.
    page.on("request", lambda request: asked.append(request.url))
    assert page.locator(".mapping-row").count() <= 60
    page.get_by_label("Filter cameras and doors").fill("corridor 1777")
    expect(page.locator(".mapping-row")).to_have_count(1)
    choose(page, "Corridor 1777", "door 9999", "Door 9999 floor 39")
    expect(row(page, "Corridor 1777").locator(".chip")).to_have_text("Door 9999 floor 39 no event yet")
    assert [url for url in asked if "/api/integrations" in url] == []
    save(page)
    assert building.mapped["Door 9999 floor 39"] == ["Corridor 1777"]
    event = {"device_id": "d9999", "timestamp": to_iso(time.time_ns() // 1000), "event_type": "AccessGranted"}
    building.gateway("POST", "/api/pacs/webhooks", {"events": [event]})
    expect(row(page, "Corridor 1777")).to_contain_text("Last event: Access granted", ignore_case=True)


def test_ten_thousand_doors_are_drawn_in_portions_and_filtered(visit, building):
    page = visit("/doors")
    expect(page.get_by_text(re.compile(r"40 of 10,?\d\d\d doors"))).to_be_visible()
    assert page.locator(".door-card").count() == 40
    page.get_by_label("Filter doors").fill("door 9998 ")
    expect(page.locator(".door-card")).to_have_count(1)
    page.get_by_role("button", name="Map a camera to Door 9998").click()
    page.get_by_role("combobox", name="Map a camera to Door 9998").fill("corridor 39")
    expect(page.get_by_role("option", name="Corridor 39 not mapped")).to_be_visible()
