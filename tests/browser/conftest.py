"""A real server with one door, the page that it serves, and Debian's Chromium looking at it.

The door is the one of the rendered clip: two people on one grant. Its gateway and its analyzer are stood in for by
this file, which says to the server exactly what they would say; nothing of server or page is replaced.
"""

import email
import email.policy
import gzip
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import av
import cv2
import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect, sync_playwright
from pysqlite3 import dbapi2 as sqlite
from websockets.sync.client import connect

import doorwatch.server
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND, from_iso, to_iso
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.server.live.frames import make_frame
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter
from forked import Command

sys.path.insert(0, str(Path(__file__).parent))

# What a page comes to show it shows at once; three browsers on two processors are another matter.
expect.set_options(timeout=20_000)

CHROMIUM = Path("/usr/bin/chromium")
PAGE = Path(doorwatch.server.__file__).with_name("ui") / "index.html"
CLIPS = Path(__file__).parents[1] / "clips"
# The limits of the detector whose boxes were recorded.
DETECTOR = Profile(threshold=0.30, low_threshold=0.18, nms=0.60)
EMAIL, PASSWORD = "olga@example.com", "a long enough password"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
    "--disable-features=PlatformHEVCDecoderSupport",  # also where a build could play it
]


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    missing = (not CHROMIUM.exists() and f"{CHROMIUM} is missing: apt-get install chromium fonts-dejavu-core") or (
        not PAGE.exists() and "the page is not built: make ui"
    )
    for item in items:
        if here in item.path.parents and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


class Api:
    """Speaks to the server as a browser with a session, or as a machine with a token."""

    def __init__(self, base, token=None):
        self.base = base
        self._headers = {"Authorization": f"Bearer {token}"} if token else {"X-Doorwatch": "1"}
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def __call__(self, method, path, body=None, **headers):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {**self._headers, **headers}, method=method)
        if data is not None and not isinstance(body, bytes):
            request.add_header("Content-Type", "application/json")
        with self._opener.open(request, timeout=20) as answer:
            text = answer.read()
            return json.loads(text) if text else None


def until(look, seconds=30.0):
    """What `look` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing came within {seconds} s")


@pytest.fixture(scope="session")
def eventually():
    """Looks again and again until there is something to see."""
    return until


class Door:
    """The door of the clip, as its gateway and its analyzer tell the server about it."""

    def __init__(self, base, owner):
        self.base, self.owner = base, owner
        truth = json.loads((CLIPS / "truth.json").read_text())
        self.truth = next(clip for clip in truth["clips"] if clip["name"] == "s02-tailgating")
        self.video = CLIPS / "s02-tailgating.mp4"
        self.boxes = CLIPS / "boxes" / "s02-tailgating.json.gz"
        self.scene = scene_from_mapping(self.truth["scene"])
        self.length = round(self.truth["frames"] / self.truth["fps"] * SECOND)
        self.gateway = Api(base, owner("POST", "/api/tokens", {"name": "gateway", "kind": "gateway"})["token"])
        self.analyzer_token = owner("POST", "/api/tokens", {"name": "analyzer", "kind": "analyzer"})["token"]
        self.analyzer = Api(base, self.analyzer_token)
        devices = [{"device_id": "lobby", "device_name": "Lobby east"}, {"device_id": "dock", "device_name": "Dock"}]
        self.gateway("POST", "/api/pacs/devices", {"devices": devices})
        doors = {door["device_id"]: door["door_id"] for door in owner("GET", "/api/doors")}
        self.door_id = doors["lobby"]
        camera = {"name": "Lobby inside", "url": "rtsp://viewer:secret@127.0.0.1:9/lobby"}
        self.camera_id = owner("POST", "/api/cameras", camera)["camera_id"]
        owner("PUT", f"/api/doors/{self.door_id}/cameras", {"camera_ids": [self.camera_id]})
        owner("PUT", f"/api/cameras/{self.camera_id}/scenes/{self.door_id}", self.truth["scene"])

    def watch(self, base):
        """What the counting room makes of the clip's recorded detections when it starts at `base`."""
        counter = Counter(self.camera_id, [self.scene], DETECTOR, run=str(base))
        return [
            counter.observe(base + at, [Box(*box) for box in boxes])
            for at, _, boxes in json.loads(gzip.decompress(self.boxes.read_bytes()))["frames"]
        ]

    def happenings(self, base):
        """(when, what tells it) of one run of the clip that starts at `base`."""
        found = []
        for event in self.truth["events"]:
            at = base + round(event["offset_s"] * SECOND)
            body = {"device_id": "lobby", "timestamp": to_iso(at), "event_type": event["event_type"]}
            if event["actor_name"]:
                body["actor_name"] = f"{event['actor_name']} Rivera"
            found.append((at, lambda body=body: self.gateway("POST", "/api/pacs/webhooks", {"event": body})))
        crossed = [seen for seen in self.watch(base) if seen.crossings]
        return found + [(s.at + 200_000, lambda s=s: self.tell_crossings(s.crossings)) for s in crossed]

    def tell_crossings(self, crossings):
        told = [
            {
                "crossing_id": crossing.crossing_id,
                "camera_id": self.camera_id,
                "door_id": self.door_id,
                "track": crossing.track,
                "at": to_iso(crossing.at),
                "direction": crossing.direction,
                "confidence": crossing.confidence,
                "continuous": crossing.continuous,
                "possible": crossing.possible,
                "trail": [[step.at, step.column, step.row] for step in crossing.trail],
            }
            for crossing in crossings
        ]
        self.analyzer("POST", "/api/analyzer/crossings", {"crossings": told})

    def cover(self, since, until_):
        subscribed = ["AccessGranted", "DoorOpen", "DoorClose"]
        times = {"covered_from": to_iso(since), "covered_until": to_iso(until_)}
        self.gateway("POST", "/api/pacs/coverage", {**times, "subscribed": subscribed, "refused": []})
        span = {"camera_id": self.camera_id, "from": to_iso(since), "until": to_iso(until_)}
        self.analyzer("POST", "/api/analyzer/coverage", {"coverage": [span]})

    def report(self):
        status = {"camera_id": self.camera_id, "code": 200, "message": "online", "width": 640, "height": 360}
        figures = {
            "fps": 12.5,
            "codec": "h264",
            "last_frame_at": to_iso(now_us()),
            "latency_ms": 90,
            "detector": "truth",
        }
        self.analyzer("POST", "/api/analyzer/cameras", {"cameras": [{**status, **figures}]})

    def run_once(self, base):
        """All of the clip at once, as if it had happened before; its incident with picture and clip."""
        for _, tell in sorted(self.happenings(base), key=lambda pair: pair[0]):
            tell()
        self.cover(base - 60 * SECOND, now_us())
        self.report()

        def whole():
            # This showing's, and the last word of the rule: until then its sentence may change under the page.
            for found in self.owner("GET", "/api/incidents"):
                mine = base <= from_iso(found["start"]) <= base + self.length
                if mine and (found["excess"], found["state"], found["coverage"]) == (1, "final", "full"):
                    return found
            return None

        incident = until(whole)
        headers = {"X-Camera-Id": self.camera_id, "X-Start": to_iso(base), "X-Duration-Us": str(self.length)}
        headers["X-Revision"] = str(incident["revision"])
        path = f"/api/analyzer/evidence/{incident['incident_id']}"
        self.analyzer("PUT", f"{path}/picture.jpg", self.picture(), **headers)
        self.analyzer("PUT", f"{path}/clip.mp4", self.video.read_bytes(), **headers)
        return until(
            lambda: (kept := self.owner("GET", f"/api/incidents/{incident['incident_id']}"))["clip_url"] and kept
        )

    def picture(self):
        with av.open(self.video) as video:
            frame = next(f for f in video.decode(video=0) if f.time and f.time > 6.5)
            return cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))[1].tobytes()


def _listens(base):
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def now_us():
    return time.time_ns() // 1000


@pytest.fixture(scope="session")
def now():
    """What time it is, in microseconds."""
    return now_us


class LiveCamera(threading.Thread):
    """The analyzer's one stream for the door's camera: the clip once, at its own speed, as soon as somebody watches."""

    def __init__(self, door):
        super().__init__(daemon=True)
        self.door = door
        self.trouble = None
        self._ended = threading.Event()

    def run(self):
        address = self.door.base.replace("http", "ws", 1) + "/api/analyzer/stream"
        headers = {"Authorization": f"Bearer {self.door.analyzer_token}"}
        try:
            with connect(address, additional_headers=headers) as stream:
                asked = queue.SimpleQueue()
                while not self._ended.is_set():
                    try:
                        asked.put(json.loads(stream.recv(timeout=0.2)))
                    except TimeoutError:
                        continue
                    command = asked.get()
                    if command["command"] == "live" and command["on"]:
                        self._play(stream)
        except Exception as error:  # noqa: BLE001 - told by the test that waits in vain
            self.trouble = error

    def _play(self, stream):
        door, base = self.door, now_us()
        todo = door.happenings(base)
        with av.open(door.video) as video:
            track = video.streams.video[0]
            init, extra = init_segment(track), bytes(track.codec_context.extradata or b"")
            stream.send(make_frame({"camera_id": door.camera_id, "kind": "init", "codec": init.codec}, init.data))
            cut = Fragmenter()
            for packet in [p for p in video.demux(track) if p.size]:
                dts, pts = (round(float(t * packet.time_base) * SECOND) for t in (packet.dts, packet.pts))
                done = cut.add(Sample(with_lengths(bytes(packet), extra), base + dts, base + pts, packet.is_keyframe))
                todo.append((base + dts, lambda data=done: data and self._fragment(stream, data)))
        for seen in door.watch(base):
            todo.append((seen.at + 100_000, lambda seen=seen: self._people(stream, seen)))
        for at, tell in sorted(todo, key=lambda pair: pair[0]):
            if self._ended.wait(max(0, (at - now_us()) / SECOND)):
                return
            tell()

    def _fragment(self, stream, data):
        header = {"camera_id": self.door.camera_id, "kind": "fragment", "start_us": data.start}
        stream.send(make_frame({**header, "duration_us": data.duration, "sequence": 1, "key": data.key}, data.data))

    def _people(self, stream, seen):
        people = [
            {"track": one.track, "door_id": self.door.door_id, "box": one.box[:4], "foot": one.foot, "tile": one.tile}
            for one in seen.people
        ]
        header = {"camera_id": self.door.camera_id, "kind": "people", "at_us": seen.at, "people": people}
        stream.send(make_frame(header))

    def stop(self):
        self._ended.set()
        self.join(10)


@contextmanager
def serving(folder, *arguments, lines=1, **settings):
    """A server without an analyzer, until the end: its address, and the first lines that it said."""
    command = ("serve", "--data-dir", folder / "data", "--port", "0", "--no-analyzer", *arguments)
    environment = os.environ | {f"DOORWATCH_{name.upper()}": value for name, value in settings.items()}
    process = Command(*command, log=folder / "log", environment=environment)
    try:
        said = [process.stdout.readline() for _ in range(lines)]
        assert "serves at" in said[0], (folder / "log").read_text()
        base = said[0].split("serves at ")[1].strip()
        until(lambda: _listens(base))
        yield base, said
    finally:
        process.stop()


@pytest.fixture(scope="session")
def serve():
    """Runs a server of one's own."""
    return serving


@pytest.fixture(scope="session")
def api_at():
    """Speaks to any server."""
    return Api


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory):
    """Where the server keeps its data (in `data`) and its log."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def administer(server, server_folder):
    """Runs a command on the server's own machine; what it prints with --json."""

    def run(*arguments):
        command = [
            Path(sys.executable).with_name("doorwatch"),
            *arguments,
            "--data-dir",
            server_folder / "data",
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


class Mailbox:
    """A mail server that keeps what it takes."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture(scope="module")
def mailbox():
    """Takes mail for a server that is started with `smtp_host` 127.0.0.1 and its `port`."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def server(server_folder, sqlite_pattern):
    folder = server_folder
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(sqlite_pattern, folder / "data" / "doorwatch.db")  # its tables, which each would else make anew
    secret = folder / "password"
    secret.write_text(PASSWORD)
    with serving(folder, "--owner", EMAIL, "--owner-password-file", secret) as (base, _):
        owner = Api(base)
        owner("POST", "/api/session", {"email": EMAIL, "password": PASSWORD})
        yield base, owner


@pytest.fixture(scope="module")
def door(server):
    return Door(*server)


@pytest.fixture(scope="module")
def incident(door):
    """What the clip's two people on one grant became, a minute ago."""
    return door.run_once(now_us() - 60 * SECOND)


@pytest.fixture
def live_camera(door):
    """The door's camera as its analyzer streams it."""
    camera = LiveCamera(door)
    camera.start()
    yield camera
    camera.stop()
    assert camera.trouble is None


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def visiting(browser, base):
    """Opens a page of a server at a path, in a window of a size; whatever the page complains of fails the test."""
    complaints, contexts = [], []

    def open_page(path="/", size=(1440, 900), signed_in=True):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, base_url=base, permissions=["clipboard-write"]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda request: complaints.append(request.url) if not _own(request.url, base) else None)
        if signed_in:
            body = {"email": EMAIL, "password": PASSWORD}
            assert context.request.post("/api/session", data=body, headers={"X-Doorwatch": "1"}).ok
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def visit(browser, server):
    """Opens a page of the server, signed in as its owner unless told otherwise."""
    with visiting(browser, server[0]) as open_page:
        yield open_page


@pytest.fixture(scope="session")
def visit_at():
    """Opens pages of any server."""
    return visiting


def _own(url, base):
    return url.startswith((base, "blob:", "data:"))


class Home:
    """A server of one's own, with its database."""

    def __init__(self, base, database):
        self.base = base
        self._database = database

    def let_proofs_be_old(self):
        with closing(sqlite.connect(self._database, timeout=20)) as connection, connection:
            connection.execute("UPDATE sessions SET proved_at = 0")


@pytest.fixture(scope="session")
def home_at():
    """Makes one of an address and a database file; each test file starts its own as `home`."""
    return Home


@pytest.fixture
def visit_home(browser, home, visit_at):
    with visit_at(browser, home.base) as open_page:
        yield open_page
