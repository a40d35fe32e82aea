"""People are found by what they wear and carry and how long they were there; it is shown in colours and said in words."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

WIDE, PHONE = (1440, 900), (390, 844)


def crossed(door, now, name, **looks):
    at = now()
    told = {
        "crossing_id": name,
        "camera_id": door.camera_id,
        "door_id": door.door_id,
        "track": name,
        "at": datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(),
        "direction": "out",
        **looks,
    }
    door.analyzer("POST", "/api/analyzer/crossings", {"crossings": [told]})
    return told


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_somebody_in_red_who_leaves_appears_once_it_is_known_what_they_wear(visit, door, now, size):
    name = f"red {size[0]}"
    query = "q=red%20jacket%20leaving%20with%20a%20suitcase%20stayed%20over%2010%20seconds%20today"
    page = visit(f"/search?{query}", size=size)
    chips = page.get_by_role("list", name="How the search was understood")
    expect(chips.get_by_role("listitem")).to_have_count(5)
    expect(chips).to_contain_text("upper red")
    expect(chips).to_contain_text("Carrying suitcase")
    expect(chips).to_contain_text("dwell > 10 s")
    results = page.locator(".result")
    before = door.owner("GET", f"/api/search?{query}")["total"]
    expect(results).to_have_count(before)
    crossed(door, now, f"blue {size[0]}", upper="blue", lower="red", dwell_us=20_000_000)
    told = crossed(door, now, name)
    door.analyzer(
        "POST",
        "/api/analyzer/crossings",
        {
            "crossings": [
                {**told, "upper": "red", "lower": "blue", "dwell_us": 12_400_000, "carried": ["suitcase", "sledge"]}
            ]
        },
    )
    expect(results).to_have_count(before + 1)
    expect(results.first).to_contain_text("in red over blue, with a suitcase, seen for 12 s")
    expect(page.get_by_text("More like this")).to_have_count(0)  # there is no model here to search by looks
    expect(results.first.locator(".cloth-dots")).to_have_attribute("aria-hidden", "true")
    seen = results.first.locator(".cloth").evaluate_all(
        "dots => dots.map(dot => getComputedStyle(dot).backgroundColor)"
    )
    assert seen == ["rgb(207, 36, 54)", "rgb(47, 99, 196)"]


def test_an_owner_decides_that_no_colours_are_kept(visit, door):
    page = visit("/settings/privacy")
    switch = page.get_by_role("switch", name="Keep the colours of clothes")
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    dialog = page.get_by_role("alertdialog").or_(page.get_by_role("dialog"))
    dialog.get_by_role("button", name="Keep none").click()
    expect(page.get_by_text("Colours of clothes are kept no more.")).to_be_visible()
    expect(switch).not_to_be_checked()
    assert door.owner("GET", "/api/clothing") == {"kept": False}
    door.owner("PUT", "/api/clothing", {"kept": True})
