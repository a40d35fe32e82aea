"""docs/guide/genetec.md from a new user's side: its commands and its file, on a simulated Security Center and a server."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
import yaml

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "genetec.md").read_text()
PATIENCE = 60
OWNER, PASSWORD = "owner@example.com", "seven sheep at the gate"
DOORWATCH = [str(Path(sys.executable).with_name("doorwatch"))]


def commands(section):
    """The indented commands of a section, each on one line."""
    body = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"(?:^    .*\n)+", body, re.MULTILINE)
    text = "".join(blocks).replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines()]


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.1)
    return found


class Walk:
    """What the user has: a Security Center, a server, a folder; and what the user does."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.health_port = free_port()
        self.security_center = {}
        self.server = ""
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def start(self, name, *arguments):
        out = (self.folder / f"{name}.log").open("w")
        environment = {"DOORWATCH_DATA_DIR": str(self.folder / name)}
        self.processes.append(
            subprocess.Popen(
                [*DOORWATCH, *arguments],
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
            )
        )

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def begin(self):
        self.start("simulator", "simulate", "genetec", "--port", "0", "--json")
        (self.folder / "password").write_text(PASSWORD)
        self.start("server", "serve", "--port", "0", "--owner", OWNER, "--owner-password-file", "password")
        self.security_center = json.loads(until("the simulator", lambda: self.log("simulator").partition("\n")[0]))
        self.server = until("the server", lambda: re.search(r"serves at (\S+)", self.log("server")))[1]
        return self

    def shell(self, command):
        """Run a command of the guide, with this site's names in it."""
        here = self.security_center
        for word, value in (
            ("HOST:4590", f"127.0.0.1:{here['port']}"),
            ("USER", here["user"]),
            ("APPLICATIONID", here["application_id"]),
            ("PASSWORD", here["password"]),
            ("DOORGUID", here["doors"]["Lobby east"]),
            ("127.0.0.1:8080", f"127.0.0.1:{self.health_port}"),
        ):
            command = command.replace(word, value)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.lstrip("\ufeff")

    def values(self):
        """The guide's values.yaml, filled in."""
        here = self.security_center
        values = yaml.safe_load(re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[1])
        token = subprocess.run(
            [*DOORWATCH, "token", "create", "gateway", "--data-dir", str(self.folder / "server")],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        filled = {
            "camio_endpoint": f"{self.server}/api/pacs",
            "camio_auth_token": token,
            "acs_server_ip": "127.0.0.1",
            "acs_app_id": here["application_id"],
            "acs_username": here["user"],
            "acs_password": here["password"],
        }
        assert set(values) == set(filled), "the guide's file names exactly what is needed"
        # only ports differ from the guide's, since many tests run on one machine
        return {**filled, "acs_port": here["port"], "health_port": self.health_port}

    def browse(self, path, body=None):
        request = urllib.request.Request(
            self.server + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Doorwatch": "1", "Content-Type": "application/json"},
        )
        with self._browser.open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def ready(self):
        try:
            return "true" in self.shell(commands(r"4\. Run it")[-1])
        except subprocess.CalledProcessError:
            return False

    def end(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def walk(tmp_path_factory, marked):
    one = Walk(tmp_path_factory.mktemp("guide"))
    try:
        yield one.begin()
    finally:
        one.end()


def test_from_the_guide_alone_to_the_first_event_in_the_server(walk):
    unsigned, signed = commands(r"2\. Check from the gateway's machine")
    assert walk.shell(unsigned) == "401\n"
    assert '"Status":"Ok"' in walk.shell(signed)

    (walk.folder / "values.yaml").write_text(yaml.safe_dump(walk.values()))
    run = commands(r"4\. Run it")[0].split()
    assert run[0] == "doorwatch"
    walk.start("gateway", *run[1:])
    until("the gateway is ready", walk.ready)
    assert "the PACS is heard" in walk.log("gateway")

    walk.browse("/api/session", {"email": OWNER, "password": PASSWORD})
    doors = until("the door list", lambda: walk.browse("/api/doors"))
    assert {door["name"] for door in doors} == set(walk.security_center["doors"])

    listing, raising = commands(r"5\. The first event")
    assert walk.security_center["doors"]["Lobby east"] in walk.shell(listing)
    assert '"Status":"Ok"' in walk.shell(raising)
    (moment,) = until("the event", lambda: walk.browse("/api/search?q=Lobby+east")["moments"])
    assert moment["event_type"] == "DoorOpenedForTooLong"
    assert moment["door"]["name"] == "Lobby east"


def test_every_message_of_the_guide_s_table_is_one_that_the_program_says():
    source = Path(__file__).parents[2] / "src" / "doorwatch"
    said = "".join(
        re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        for room in ("gateway", "pacs/genetec")
        for path in (source / room).glob("*.py")
    )
    table = GUIDE.split("| message begins |")[1].splitlines()[2:]
    messages = [line.split("`")[1] for line in table if line.startswith("| `")]
    assert len(messages) > 12
    for message in messages:
        words = max(message.split("..."), key=len).strip().removeprefix("'").removesuffix("'").strip()
        assert words in said, message
