"""A scene is drawn on the live picture: by mouse, finger and keys, with the people of the last seconds on it."""

import re

import pytest
from playwright.sync_api import expect

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


@pytest.fixture
def editor(visit, door):
    """Opens the editor of the lobby's scene, whose camera is online."""
    door.report()

    def opened(size="wide"):
        page = visit(f"/doors/cameras/{door.camera_id}/scene/{door.door_id}", size=SIZES[size])
        expect(page.locator(".scene-handle")).to_have_count(9)
        return page

    return opened


def handle(page, name):
    return page.get_by_role("button", name=re.compile(f"^{name}: "))


def place(page, name):
    """Where the handle of a point lies, in pixels of the camera."""
    told = handle(page, name).get_attribute("aria-label")
    return tuple(float(number) for number in told.rpartition(": ")[2].split(", "))


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_is_live_and_who_walked_over_it_is_shown(editor, live_camera, size, tmp_path):
    page = editor(size)
    video = page.locator(".scene-stage video")
    expect(page.locator(".scene-showing")).to_have_text("Live", timeout=30_000)
    expect(video).to_have_js_property("videoWidth", 640)
    # Somebody walks through: feet and way of the person, and the tile under them on the floor as it is drawn.
    expect(page.locator(".scene-foot").first).to_be_attached(timeout=20_000)
    expect(page.locator(".scene-track").first).to_be_attached()
    expect(page.locator(".scene-tile.stood-on").first).to_be_attached(timeout=20_000)
    page.screenshot(path=tmp_path / f"scene-live-{size}.png")
    page.get_by_role("button", name="Hold the picture").click()
    expect(video).to_have_count(0)
    expect(page.locator(".scene-showing")).to_have_text("A picture that is held")
    expect(page.locator(".scene-track").first).to_be_attached()
    page.get_by_role("button", name="Live picture").click()
    expect(video).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_live_video_a_new_still_comes_every_second(editor):
    page = editor()
    with page.expect_request(lambda request: "snapshot.jpg?n=" in request.url) as first:
        pass
    with page.expect_request(
        lambda request: "snapshot.jpg?n=" in request.url and request.url != first.value.url, timeout=15_000
    ):
        pass
    page.get_by_role("button", name="Hold the picture").click()
    expect(page.get_by_role("button", name="New picture")).to_be_visible()


def test_a_finger_drags_a_corner_on_a_phone_and_the_page_does_not_scroll(browser, server, visit, editor):
    page = editor("narrow")
    session = page.context.new_cdp_session(page)
    corner = handle(page, "Floor, corner 3, in the room")
    corner.scroll_into_view_if_needed()
    before, scrolled = place(page, "Floor, corner 3, in the room"), page.evaluate("scrollY")
    box = corner.bounding_box()
    assert box["width"] >= 30
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind, *points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]})

    touch("touchStart", (x, y))
    touch("touchMove", (x - 10, y - 20))
    expect(page.locator(".scene-loupe")).to_be_visible()
    touch("touchMove", (x - 20, y - 30))
    touch("touchEnd")
    expect(page.locator(".scene-loupe")).to_have_count(0)
    after = place(page, "Floor, corner 3, in the room")
    assert after[0] < before[0] - 20
    assert after[1] < before[1] - 30
    assert page.evaluate("scrollY") == scrolled
    # One gesture is one step back, and one forth.
    page.get_by_role("button", name="Undo").click()
    assert place(page, "Floor, corner 3, in the room") == before
    page.get_by_role("button", name="Redo").click()
    assert place(page, "Floor, corner 3, in the room") == after


def test_every_point_is_reached_moved_and_told_by_keys(editor):
    page = editor()
    handle(page, "Threshold, first end").focus()
    names = []
    for _ in range(9):
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')").rpartition(":")[0])
        page.keyboard.press("Tab")
    assert names[:3] == ["Threshold, first end", "Threshold, second end", "Inside"]
    assert [name for name in names if name.startswith("Doorway")] == ["Doorway, corner 3", "Doorway, corner 4"]
    assert len([name for name in names if name.startswith("Floor")]) == 4
    point = page.locator(".scene-point")
    expect(point).to_have_attribute("aria-live", "polite")
    for name in names:
        x, y = place(page, name)
        handle(page, name).focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+ArrowLeft")
        moved = place(page, name)
        assert moved == (pytest.approx(x - 10, abs=1), pytest.approx(y + 1, abs=1)), name
        expect(point).to_contain_text(f"{name} {moved[0]:.0f}, {moved[1]:.0f}")
    for _ in names:
        page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()


def test_what_somebody_else_drew_meanwhile_is_not_overwritten_unseen(editor, server, door):
    page = editor()
    [drawn] = server[1]("GET", f"/api/cameras/{door.camera_id}")["scenes"]
    theirs = {name: value for name, value in drawn.items() if name not in ("door", "door_id")} | {"inside": [300, 250]}
    server[1]("PUT", f"/api/cameras/{door.camera_id}/scenes/{door.door_id}", theirs)
    handle(page, "Threshold, first end").press("ArrowRight")
    mine = place(page, "Threshold, first end")
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    bar = page.locator(".scene-bar")
    expect(bar.get_by_role("alert")).to_contain_text("somebody else drew this scene")
    assert place(page, "Threshold, first end") == mine, "what one drew is still there"
    page.get_by_role("button", name="Show theirs").click()
    expect(handle(page, "Inside")).to_have_attribute("aria-label", "Inside: 300, 250")
    expect(bar.get_by_role("status")).to_have_text("Saved")
    page.get_by_role("button", name="Undo").click()
    save.click()
    expect(page.locator(".message")).to_contain_text("is saved")
    [now] = server[1]("GET", f"/api/cameras/{door.camera_id}")["scenes"]
    assert (now["threshold"][0], now["inside"]) == (list(mine), drawn["inside"])


def test_the_grid_lies_in_perspective_and_follows_its_measures(editor):
    page = editor()
    tiles = page.locator(".scene-stage .scene-tile")
    count = tiles.count()
    assert count >= 8
    near, far = (tiles.nth(index).bounding_box() for index in (count - 1, 0))
    assert near["height"] > far["height"], "tiles at the threshold look smaller than those before the camera"
    depth = page.get_by_label("Depth, m")
    depth.fill("5")
    expect(tiles).to_have_count(2 * count)
