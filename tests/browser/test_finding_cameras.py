"""Cameras in the network are found, asked for their streams and added, on the page and with a real analyzer."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

CLIP = Path(__file__).parents[1] / "clips" / "s09-nobody.mp4"
COMMAND = Path(sys.executable).with_name("doorwatch")


@pytest.fixture(scope="module")
def camera(tmp_path_factory, resized_clip):
    """A simulated camera of two streams with an ONVIF service; its addresses."""
    log = (tmp_path_factory.mktemp("camera") / "log").open("w")
    sign_in = ("--user", "viewer", "--password", "see me/all")
    process = subprocess.Popen(
        [
            COMMAND,
            "simulate",
            "camera",
            CLIP,
            "--port",
            "0",
            "--onvif-port",
            "0",
            "--path",
            "/door",
            "--path",
            f"fine={resized_clip(1280, 720)}",
            *sign_in,
        ],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    yield json.loads(process.stdout.readline())
    process.terminate()
    process.wait(20)
    process.stdout.close()
    log.close()


@pytest.fixture(scope="module")
def analyzer(server, eventually, tmp_path_factory):
    """A real analyzer of this server."""
    base, owner = server
    folder = tmp_path_factory.mktemp("analyzer")
    token = folder / "token"
    token.write_text(owner("POST", "/api/tokens", {"name": "real", "kind": "analyzer"})["token"])
    token.chmod(0o600)
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [COMMAND, "analyze", "--server", base, "--token-file", token, "--data-dir", folder / "data"],
        stdout=log,
        stderr=log,
    )  # its log is in the folder that pytest keeps

    def answers():
        try:
            return owner("POST", "/api/cameras/discover", {"seconds": 1}) is not None
        except OSError:
            return False

    eventually(answers, seconds=60)
    yield
    process.terminate()
    process.wait(30)
    log.close()


def opened(visit, size=(1440, 900)):
    page = visit("/doors", size=size)
    # Doors that come while the button is pressed push it down, and what is let go beside it is no press.
    for place in (".door-card, .doors-page > .empty", ".camera-line, .cameras .empty"):
        expect(page.locator(place).first).to_be_visible()
    page.get_by_role("button", name="Find cameras").click()
    dialog = page.get_by_role("dialog", name="Find cameras")
    expect(dialog).to_be_visible()
    return page, dialog


def test_without_an_analyzer_the_page_says_what_to_start(visit, server):
    _, dialog = opened(visit)
    dialog.get_by_role("button", name="Search the network").click()
    expect(dialog.get_by_role("alert")).to_contain_text("no analyzer is connected: start")


def test_a_camera_is_signed_in_to_looked_at_and_added_with_its_proposed_stream(visit, server, camera, analyzer):
    page, dialog = opened(visit)
    dialog.get_by_label("Address of the camera").fill(camera["onvif"])
    dialog.get_by_label("ONVIF user").fill("viewer")
    dialog.get_by_label("Its password").fill("wrong")
    dialog.get_by_role("button", name="List its streams").click()
    expect(dialog.get_by_role("alert")).to_contain_text("refuses user and password", timeout=30_000)
    dialog.get_by_label("Its password").fill("see me/all")
    dialog.get_by_role("button", name="List its streams").click()

    streams = page.get_by_role("dialog", name="Streams of Doorwatch Simulated camera")
    proposed = streams.locator(".pick").filter(has_text="Count with this")
    expect(proposed).to_contain_text(re.compile("H264 · 640.360"), timeout=30_000)
    expect(proposed.get_by_role("radio")).to_be_checked()
    streams.get_by_role("button", name="Look at it").click()
    expect(streams.get_by_role("img")).to_have_js_property("naturalWidth", 640, timeout=40_000)
    recorded = streams.get_by_label("Which stream is recorded as evidence")
    expect(recorded.locator("option:checked")).to_contain_text(re.compile("fine · H264 · 1280.720"))
    streams.get_by_label("Name").fill("Found at the gate")
    streams.get_by_role("button", name="Add camera").click()
    expect(page.locator(".message")).to_contain_text("Found at the gate is added")
    expect(page.locator(".camera-line")).to_contain_text("Found at the gate")
    expect(page.locator("body")).not_to_contain_text("see me")
    # What was added is the address of the stream with who signs in: the analyzer sees pictures there.
    (added,) = server[1]("GET", "/api/cameras")
    assert added["url"].startswith("rtsp://viewer:***@127.0.0.1:")
    assert added["url"].endswith("/door")
    assert added["main_url"] == added["url"].removesuffix("/door") + "/fine"
    seen = server[1]("POST", "/api/cameras/probe", {"camera_id": added["camera_id"], "seconds": 2})
    assert (seen["width"], seen["height"]) == (640, 360)


def test_what_is_no_camera_is_told_in_the_servers_words(visit, server, analyzer):
    _, dialog = opened(visit)
    dialog.get_by_label("Address of the camera").fill("127.0.0.1:9")
    dialog.get_by_role("button", name="List its streams").click()
    expect(dialog.get_by_role("alert")).to_contain_text("127.0.0.1", timeout=30_000)


def test_the_search_of_a_network_without_cameras_says_what_to_do_on_a_phone_too(visit, server, analyzer):
    page, dialog = opened(visit, size=(390, 844))
    dialog.get_by_role("button", name="Search the network").click()
    expect(dialog.get_by_role("status")).to_contain_text("type the address of one below", timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_form_knows_both_streams_and_one_can_be_taken_away(visit, server, door):
    page = visit("/doors")
    # what is still loading would push the line away under the pointer
    expect(page.get_by_role("button", name="Policy of Lobby east")).to_be_visible()
    expect(page.locator(".camera-last")).to_be_visible()
    page.get_by_role("button", name="Change Lobby inside").click()
    dialog = page.get_by_role("dialog", name="Change Lobby inside")
    main = dialog.get_by_label("Address of its main stream")
    main.fill("rtsp://viewer:***@127.0.0.1:9/fine")
    dialog.get_by_role("button", name="Save").click()
    line = page.locator(".camera-line").filter(has_text="Lobby inside")
    expect(line).to_contain_text("recorded: rtsp://viewer:***@127.0.0.1:9/fine")
    page.get_by_role("button", name="Change Lobby inside").click()
    main.fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(line).not_to_contain_text("recorded:")
