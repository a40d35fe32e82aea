"""From an empty server to doors that are mapped and tested, by the quickstart alone, counted step by step.

Server with analyzer, gateway, access control system (40 doors) and cameras (12 addresses) are the real programs and
simulators; whoever sets it up has the page, a shell and docs/guide/quickstart.md.
"""

import json
import re
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from doorwatch.vision import models
from doorwatch.vision.detect.base import DetectorError

CLIP = Path(__file__).parents[1] / "clips" / "s09-nobody.mp4"
COMMAND = Path(sys.executable).with_name("doorwatch")
PLACES = [f"{part} {way}" for part in ("Lobby", "Dock", "Garage", "Roof", "Office", "Lab") for way in ("east", "west")]
SECONDS_A_CLICK, SECONDS_A_FIELD, SECONDS_A_COMMAND = 2, 8, 20
"""What somebody who reads what is written there needs, rather more than less."""


class Afternoon:
    """Does with the page what a person does, and counts it."""

    def __init__(self):
        self.clicks = self.fields = self.commands = 0

    def click(self, what):
        what.click()
        self.clicks += 1

    def fill(self, what, text):
        what.fill(text)
        self.fields += 1

    @property
    def seconds(self):
        return self.clicks * SECONDS_A_CLICK + self.fields * SECONDS_A_FIELD + self.commands * SECONDS_A_COMMAND


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Starts programs of ours, and ends them."""
    folder = tmp_path_factory.mktemp("programs")
    with ExitStack() as stack:

        def start(name, *arguments, ready=True):
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            process = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=log, text=True)
            stack.callback(process.stdout.close)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
            return json.loads(process.stdout.readline()) if ready else process

        yield start


@pytest.fixture(scope="module")
def model():
    """The person detector of this machine; `make test` fetches one when there is none."""
    try:
        return models.find(models.data_folder()).path
    except DetectorError as error:
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")


@pytest.fixture(scope="module")
def building(programs, tmp_path_factory):
    """An access control system with 40 doors, and a camera server that plays for 12 cameras."""
    scenario = tmp_path_factory.mktemp("building") / "scenario.yaml"
    doors = "".join(f"  - {place}\n" for place in PLACES)
    scenario.write_text(f"doors:\n{doors}cardholders: [Ina Grator]\ngenerate: {{doors: {40 - len(PLACES)}}}\n")
    pacs = programs("pacs", "simulate", "genetec", "--port", "0", "--scenario", str(scenario), "--json")
    camera = programs("camera", "simulate", "camera", str(CLIP), "--port", "0", "--path", "/door")
    return pacs, camera


def badge(pacs, door):
    """Somebody holds their card to a door's reader."""
    body = json.dumps({"event_type": "AccessGranted", "door": door, "cardholder": "Ina Grator"}).encode()
    url = pacs["control_url"] + "/commands/raise"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_an_empty_server_has_mapped_and_tested_doors_within_five_minutes(
    programs, building, model, serve, browser, visit_at, tmp_path
):
    pacs, camera = building
    done = Afternoon()
    with serve(tmp_path, "--analyzer", lines=2, model=model) as (base, said), visit_at(browser, base) as visit:
        done.commands += 1
        link = re.search(r"\S+/setup#\S+", said[1]).group()

        # 1. The owner
        page = visit(link.removeprefix(base), signed_in=False)
        done.fill(page.get_by_label("E-mail address"), "olga@example.com")
        done.fill(page.get_by_label("Your name"), "Olga Owner")
        done.fill(page.get_by_label("Password"), "a long enough password")
        done.click(page.get_by_role("button", name="Set up"))

        # 2. The access control system
        done.click(page.get_by_role("link", name="Settings"))
        done.click(page.get_by_role("link", name="Tokens"))
        done.fill(page.get_by_label("Name"), "Gateway")
        done.click(page.get_by_role("button", name="Generate token"))
        token = page.locator(".secret").inner_text()
        done.click(page.get_by_role("button", name="Copy"))
        values = tmp_path / "values.yaml"
        values.write_text(
            f"camio:\n  camio_endpoint: {base}/api/pacs\n  camio_auth_token: {token}\n"
            f"genetec:\n  acs_server_ip: 127.0.0.1\n  acs_port: {pacs['port']}\n"
            f"  acs_app_id: '{pacs['application_id']}'\n  acs_username: gateway\n  acs_password: secret\n"
            f"advanced:\n  health_port: 0\n  data_dir: {tmp_path / 'gateway'}\n"
        )
        done.fields += 6
        programs("gateway", "gateway", "--config", str(values), ready=False)
        done.commands += 1
        done.click(page.get_by_role("button", name="I have kept it"))

        # 3. The cameras
        cameras = tmp_path / "cameras.csv"
        rows = "".join(f"Camera {place},{camera['urls'][0]},Entrances\n" for place in PLACES)
        cameras.write_text("name,url,groups\n" + rows)
        done.commands += 1
        done.click(page.get_by_role("link", name="Doors"))
        done.click(page.get_by_role("button", name="List as a file"))
        with page.expect_file_chooser() as chooser:
            done.click(page.get_by_role("button", name="Choose a file"))
        chooser.value.set_files(cameras)
        done.clicks += 2
        expect(page.get_by_role("dialog")).to_contain_text("12 cameras added")
        done.click(page.get_by_role("button", name="Take 12 rows"))

        # 4. The mapping
        expect(page.locator(".door-card")).to_have_count(40, timeout=60_000)
        expect(page.get_by_role("button", name="Show more doors")).to_have_count(0)
        done.click(page.get_by_role("link", name="Settings"))
        done.click(page.get_by_role("link", name="Integrations"))
        expect(page.get_by_text("No integration settings found")).to_be_visible()
        done.click(page.get_by_role("button", name="Accept all 12"))
        done.click(page.locator(".save-bar").get_by_role("button", name="Save"))
        expect(page.get_by_role("heading", name="Save 12 doors?")).to_be_visible()
        done.click(page.get_by_role("dialog").get_by_role("button", name="Save"))
        expect(page.locator(".save-bar")).to_have_count(0)
        expect(page.get_by_text("No integration settings found")).to_have_count(0)

        # 5. A badge at a door, and the picture of its camera
        done.click(page.get_by_role("link", name="Doors"))
        expect(page.locator(".camera-line").filter(has_text="online")).to_have_count(12, timeout=120_000)
        door = page.locator(".door-card").filter(has_text="Lobby east")
        done.click(door.get_by_role("button", name="Test badge at Lobby east"))
        expect(door.get_by_role("status")).to_contain_text("Badge at Lobby east")
        badge(pacs, "Lobby east")
        done.clicks += 1
        proof = door.get_by_role("img", name="What Camera Lobby east saw when somebody badged")
        expect(proof).to_be_visible(timeout=60_000)
        assert proof.evaluate("image => image.naturalWidth") > 0

    assert (done.clicks, done.fields, done.commands) == (20, 10, 3)
    assert done.seconds <= 5 * 60
