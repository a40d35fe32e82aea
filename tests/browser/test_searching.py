"""Searching in a real browser: what happens appears in open results, parts are changed and taken out, searches are kept."""

import re

import pytest
from playwright.sync_api import expect

WIDE, PHONE = (1440, 900), (390, 844)


def event(door, now, name, kind="AccessGranted", ago=0):
    at = now() - ago * 1_000_000
    body = {
        "event_id": name,
        "device_id": "lobby",
        "timestamp": at // 1000,
        "event_type": kind,
        "actor_name": "Mona Lind",
    }
    door.gateway("POST", "/api/pacs/webhooks", {"events": [body]})


def test_what_matches_appears_in_open_results_by_itself_and_nothing_else_does(visit, door, now):
    event(door, now, "first")
    page = visit("/search?q=access%20denied%20or%20forced%20open")
    found = page.get_by_role("status").filter(has_text="moment")
    expect(found).to_have_text("0 moments")
    event(door, now, "beside it")
    event(door, now, "denied now", "AccessRefused")
    expect(page.locator(".result")).to_have_count(1)
    expect(found).to_have_text("1 moment")
    event(door, now, "forced an hour ago", "DoorForcedOpen", ago=3600)  # told late: it stands where it belongs
    expect(page.locator(".result")).to_have_count(2)
    expect(page.locator(".result").last).to_contain_text("forced")


def test_a_search_is_completed_as_one_types_with_a_shape_for_each_kind_of_word(visit, door):
    page = visit("/search")
    box = page.get_by_role("combobox", name="Search")
    box.press_sequentially("tailg")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_contain_text("tailgating")
    expect(options.first.locator("svg")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box).to_have_value("tailgating ")
    box.press_sequentially("lobby ins")
    expect(options.first).to_contain_text("Camera")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=tailgating%20lobby%20inside$", re.IGNORECASE))
    expect(page.get_by_role("list", name="How the search was understood").get_by_role("listitem")).to_have_count(2)


def test_older_results_come_as_one_scrolls_and_new_ones_move_nothing(visit, door, now):
    for number in range(90):
        event(door, now, f"many {number}", "DoorOpen")
    page = visit("/search?q=door%20open")
    expect(page.locator(".result").first).to_be_visible()
    page.mouse.move(700, 500)
    page.mouse.wheel(0, 20_000)
    page.wait_for_function("() => document.querySelectorAll('.result').length > 50")
    page.mouse.wheel(0, 40_000)
    page.wait_for_function("() => document.querySelectorAll('.result').length > 80")
    seen = page.locator(".results > li").nth(60)
    seen.scroll_into_view_if_needed()
    before = seen.bounding_box()["y"]
    event(door, now, "one more", "DoorOpen")
    page.wait_for_function("() => document.querySelectorAll('.result').length > 90")
    moved = page.locator(".results > li").nth(61).bounding_box()["y"] - before
    assert abs(moved) < 5, moved


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_chip_is_changed_or_taken_out_by_keyboard_and_what_is_not_understood_is_said(visit, size):
    page = visit("/search?q=tailgating%20wibble%202026-02-30", size=size)
    chips = page.get_by_role("list", name="How the search was understood")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    expect(chips).to_contain_text("not known, in texts wibble")
    expect(page.get_by_role("alert")).to_contain_text("There is no day 2026-02-30: it was left out")
    chips.get_by_role("button", name="Change wibble").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("lobby")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=tailgating%20lobby%202026-02-30"))
    expect(chips).to_contain_text("Lobby east")
    chips.get_by_role("link", name="Without lobby").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=tailgating%202026-02-30$"))


def test_a_search_is_kept_with_a_colour_found_again_and_forgotten(visit):
    page = visit("/search?q=tailgating%20lobby")
    page.get_by_role("button", name="Save search").click()
    form = page.get_by_role("form", name="Save search")
    form.get_by_label("Name").fill("Lobby")
    form.get_by_label("amber").check()
    form.get_by_role("button", name="Save", exact=True).click()
    saved = page.get_by_role("list", name="Saved searches")
    expect(saved.locator(".colour-amber")).to_contain_text("Lobby")
    page.goto("/search?q=today")
    saved.get_by_role("link", name="Lobby").click()
    expect(page).to_have_url(re.compile(r"q=tailgating%20lobby$"))
    page.get_by_role("combobox", name="Search").fill("")
    expect(page.get_by_role("option", name="tailgating lobby searched before")).to_be_visible()
    page.keyboard.press("Escape")
    saved.get_by_role("button", name="Forget the saved search Lobby").click()
    expect(saved).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_was_found_is_saved_as_a_file_that_says_what_was_looked_for(visit, door, now, size, tmp_path):
    event(door, now, f"to save {size[0]}", "DoorOpenedForTooLong")
    page = visit("/search?q=held%20open", size=size)
    expect(page.locator(".result").first).to_be_visible()
    page.get_by_role("button", name="Save results").press("Enter")
    saving = page.get_by_role("region", name="Save results")
    expect(saving).to_contain_text("newest 50,000")
    with page.expect_download() as taken:
        saving.get_by_role("link", name="Table (CSV)").click()
    assert re.fullmatch(r"doorwatch-held-open-[0-9TZ]+\.csv", taken.value.suggested_filename)
    taken.value.save_as(tmp_path / "found.csv")
    assert "Mona Lind" in (tmp_path / "found.csv").read_text(encoding="utf-8-sig")


def test_a_result_leads_to_the_timeline_of_its_door_at_that_moment(visit, door, now):
    event(door, now, "to look at", "DoorForcedOpen")
    page = visit("/search?q=forced%20open")
    page.locator("a.result").first.click()
    expect(page).to_have_url(re.compile(r"/doors/door_[0-9a-f]+/timeline\?at=20"))
