"""A door that two cameras see is looked back at in both of them, side by side and in step, whatever one does with the time."""

import pytest
from playwright.sync_api import expect
from recorder import Recorder

from doorwatch.domain.time import SECOND, to_iso

FRAME = SECOND * 2 // 25
LATER = 30_000
"""The second camera takes its pictures so much later."""


@pytest.fixture(scope="module")
def recorded(door, request, tmp_path_factory):
    """The recordings of both cameras."""
    camera = {"name": "Lobby from the desk", "url": "rtsp://viewer:secret@127.0.0.1:9/desk"}
    desk = door.owner("POST", "/api/cameras", camera)["camera_id"]
    door.owner("PUT", f"/api/doors/{door.door_id}/cameras", {"camera_ids": [door.camera_id, desk]})
    incident = request.getfixturevalue("incident")  # once both are there
    root, base = tmp_path_factory.mktemp("recordings"), incident["clip_start_us"]
    recorder = Recorder(door, root, base, {desk: LATER})
    recorder.start()
    yield recorder
    recorder.stop()
    assert recorder.trouble is None


def look_back(visit, recorded, seconds):
    at = to_iso(recorded.base + round(seconds * SECOND))
    page = visit(f"/doors/{recorded.door.door_id}/timeline?at={at}")
    expect(page.locator(".recorded .picture[data-state=showing]")).to_have_count(2, timeout=30_000)
    return page


def in_step(page, at):
    """Wait until both show the picture of a time, each its own."""
    page.wait_for_function(
        """([at, frame]) => {
            const shown = [...document.querySelectorAll('.recorded .picture')].map((one) => +one.dataset.at);
            return shown.length === 2 && shown.every((one) => Math.abs(one - at) <= frame);
        }""",
        arg=[at, FRAME],
    )


def test_both_stand_side_by_side_and_follow_steps_jumps_and_play(visit, recorded):
    page = look_back(visit, recorded, 2)
    left, right = (one.bounding_box() for one in page.locator(".recorded .picture").all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert left["width"] == pytest.approx(right["width"], abs=1)
    in_step(page, recorded.base + 2 * SECOND)
    for _ in range(5):
        page.keyboard.press(".")
    in_step(page, recorded.base + 2 * SECOND + 5 * FRAME)
    page.keyboard.press("ArrowRight")
    in_step(page, recorded.base + 7 * SECOND + 5 * FRAME)
    page.keyboard.press(" ")
    pictures = page.locator(".recorded .picture")
    page.wait_for_function(
        f"() => +document.querySelector('.recorded .picture').dataset.at > {recorded.base + 9 * SECOND}"
    )
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    in_step(page, int(pictures.first.get_attribute("data-at")))
    page.set_viewport_size({"width": 390, "height": 844})
    upper, lower = (one.bounding_box() for one in page.locator(".recorded .picture").all())
    assert upper["y"] + upper["height"] <= lower["y"]
