"""Sites in the settings and in the header: nothing to choose with one, times in the zone of the chosen one with two."""

from playwright.sync_api import expect


def test_a_second_site_brings_its_zone_and_goes_again(visit, door, incident):
    page = visit("/settings/sites", size=(1440, 900))
    expect(page.get_by_label("Site", exact=True)).to_have_count(0)
    page.get_by_label("Name of another site").fill("Auckland yard")
    page.get_by_role("form", name="Another site").get_by_label("Time zone").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Add site").click()
    line = page.get_by_role("list", name="Sites").get_by_role("listitem").filter(has_text="0 doors")
    expect(line).to_be_visible()
    page.get_by_role("button", name="Move a door to Auckland yard").click()
    page.get_by_role("combobox", name="Move a door to Auckland yard").fill("dock")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Sites")).to_contain_text("1 door, 0 cameras")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})

    choice = page.get_by_label("Site", exact=True)
    choice.select_option("Auckland yard")
    expect(choice).to_have_attribute("title", "Times are shown in Pacific/Auckland")
    page.goto("/reports")
    report = page.get_by_role("region", name="Totals of each door")
    expect(report).to_contain_text("Dock")
    expect(report).not_to_contain_text("Lobby east")
    page.get_by_label("Site", exact=True).select_option("All sites")
    expect(report).to_contain_text("Lobby east")

    page.get_by_label("Site", exact=True).select_option("Auckland yard")
    page.goto("/doors")
    cards = page.locator(".door-card")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Dock")
    page.goto("/incidents")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    doors = page.locator("select").filter(has_text="Every door").locator("option")
    expect(doors).to_have_text(["Every door", "Dock"])
    page.get_by_label("Site", exact=True).select_option("All sites")
    first = page.locator(".incident-row").first
    expect(first).to_contain_text("Lobby east")
    # Times of several places stand side by side, so each names its zone.
    expect(first.locator("time")).to_contain_text("UTC")
    page.goto("/")
    expect(page.locator(".ticker time").first).to_contain_text("UTC")

    page.goto("/settings/sites")
    page.get_by_role("button", name="Move a door to Main site").click()
    page.get_by_role("combobox", name="Move a door to Main site").fill("dock")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Sites")).to_contain_text("0 doors, 0 cameras")
    page.get_by_role("button", name="Remove Auckland yard").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_label("Site", exact=True)).to_have_count(0)
