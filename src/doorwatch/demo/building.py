"""A building in a box: every part of the product as a process of its own, set up as an integrator would do it.

Nothing is faked between the parts: the gateway reads the simulated Web SDK over a socket from a values.yaml, the
analyzer reads the camera over RTSP, the server hands out tokens, and mail goes through an SMTP server.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
import yaml

from doorwatch.demo.client import ServerClient
from doorwatch.demo.director import Cue, Director
from doorwatch.demo.processes import DemoError, Process, Supervisor, free_port
from doorwatch.domain.time import Micros, SystemClock, from_seconds, to_iso

OWNER = "owner@demo.invalid"
DESK = "security-desk@demo.invalid"
DOOR = "Lobby east"
OTHER_DOORS = ("Lobby west", "Server room", "Loading dock")
APPLICATION_ID = "demo-application"
PACS_PASSWORD = "demo-password"  # noqa: S105 - of a simulated system on this machine
CLIP_SECONDS = 72.0
# The first showing begins here, so that nobody waits half a minute for the first tailgating.
HEAD_START_SECONDS = 9.0
_MOST_RESTARTS = 2
# A part that lives and only takes its time, on a busy machine, is waited for.
_LONGEST_SECONDS = 180.0
_PATIENCE_SECONDS = 10.0
"""After so long whoever waits is told again what for."""
_SURNAMES = {"Ana": "Rivera", "Ben": "Okafor", "Chidi": "Lindqvist", "Fay": "Tanaka", "Gus": "Moreau"}


def clip_file(name: str) -> Path:
    """A file of the sample clip, which is part of the package."""
    return Path(str(resources.files("doorwatch.demo") / "clip" / name))


def local_zone() -> str:
    """The name of this machine's time zone; UTC when it does not tell."""
    for name in (os.environ.get("TZ", ""), _first_line(Path("/etc/timezone"))):
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"


def _first_line(file: Path) -> str:
    try:
        return file.read_text().strip().partition("\n")[0]
    except OSError:
        return ""


@dataclass
class Mail:
    """A mail that reached the local mailbox."""

    at: Micros
    to: str
    subject: str
    file: str


@dataclass
class Building:
    """The demo's processes and what they need to know of each other.

    `cues` are raised in the simulated PACS in step with `clip`, which began at `epoch` and repeats; `settings` are
    environment variables for the server beside the demo's own.
    """

    folder: Path
    say: Callable[[str], None]
    port: int
    model: Path | None = None
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    mails: list[Mail] = field(default_factory=list)
    on_mail: Callable[[Mail], None] | None = None
    clip: Path = field(default_factory=lambda: clip_file("demo.mp4"))
    cues: Sequence[Cue] = field(default_factory=lambda: clip_cues())  # noqa: PLW0108 - defined below
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        self.ports = {name: free_port() for name in ("simulator", "stream", "control", "camera", "mailbox", "gateway")}
        self.address = f"http://127.0.0.1:{self.port}"
        self.server = ServerClient(self.address)
        self.supervisor = Supervisor(self.say)
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self.camera_id = self.door_id = ""
        self.epoch: Micros = 0

    def _process(self, name: str, *arguments: str, **more: Any) -> Process:
        return Process(name, [sys.executable, "-m", *arguments], self.folder, **more)

    async def open(self) -> None:
        """Start everything and set it up; returns when the camera is being watched and events are being raised.

        Raises DemoError that says which link of the chain broke.
        """
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        self.say("  1 of 4  the simulated access control system and the mailbox")
        await self._start_surroundings()
        self.say("  2 of 4  the server with its database and its page")
        await self._start_server()
        self.say("  3 of 4  the gateway, which brings the doors")
        await self._connect_gateway()
        self.say("  4 of 4  the camera, which is mapped to a door and counted from as soon as its picture is there")
        await self._connect_camera()

    async def close(self) -> None:
        """Stop everything."""
        for task in self._tasks:
            task.cancel()
        await self.server.close()
        if self._http is not None:
            await self._http.close()
        await self.supervisor.stop()

    async def _start_surroundings(self) -> None:
        mailbox = self._process(
            "mailbox",
            "doorwatch.demo.mailbox",
            "--folder",
            str(self.folder / "mail"),
            "--port",
            str(self.ports["mailbox"]),
            on_line=self._mail_arrived,
        )
        await self.supervisor.start(mailbox)
        scenario = self.folder / "building.yaml"
        scenario.write_text(yaml.safe_dump(_scenario()))
        simulator = self._process(
            "simulator",
            "doorwatch",
            "simulate",
            "genetec",
            "--port",
            str(self.ports["simulator"]),
            "--streaming-port",
            str(self.ports["stream"]),
            "--control-port",
            str(self.ports["control"]),
            "--scenario",
            str(scenario),
        )
        await self.supervisor.start(simulator)
        await self._until("simulated Web SDK", simulator, self._simulator_answers)

    async def _simulator_answers(self) -> bool:
        try:
            await self.control("GET", "state")
        except (aiohttp.ClientError, TimeoutError):
            return False
        return True

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the simulator's own control API."""
        if self._http is None:
            raise DemoError("the building is not open")
        url = f"http://127.0.0.1:{self.ports['control']}/_control/{path}"
        async with self._http.request(method, url, json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def _start_server(self) -> None:
        password_file = self.folder / "owner-password"
        password_file.write_text(self.password + "\n")
        password_file.chmod(0o600)
        arguments = ["serve", "--data-dir", str(self.folder / "server"), "--port", str(self.port)]
        arguments += ["--owner", OWNER, "--owner-password-file", str(password_file)]
        settings = {
            "DOORWATCH_PUBLIC_URL": self.address,
            "DOORWATCH_SITE_NAME": "Headquarters",
            "DOORWATCH_TIME_ZONE": local_zone(),
            "DOORWATCH_SMTP_HOST": "127.0.0.1",
            "DOORWATCH_SMTP_PORT": str(self.ports["mailbox"]),
            "DOORWATCH_MAIL_FROM": "doorwatch@demo.invalid",
            # The demo's camera is on this machine, where cameras are refused otherwise.
            "DOORWATCH_CAMERA_NETWORKS": "127.0.0.1/32",
        }
        settings |= self.settings
        if self.model is not None:
            settings["DOORWATCH_MODEL"] = str(self.model)
        server = await self.supervisor.start(self._process("server", "doorwatch", *arguments, settings=settings))
        await self._until("server", server, self.server.ready)
        await self.server.sign_in(OWNER, self.password)

    async def _connect_gateway(self) -> None:
        token = await self.server.call("POST", "/api/tokens", {"name": "Gateway of the demo", "kind": "gateway"})
        values = {
            "camio": {"camio_endpoint": f"{self.address}/api/pacs", "camio_auth_token": token["token"]},
            "genetec": {
                "acs_server_ip": "127.0.0.1",
                "acs_port": self.ports["simulator"],
                "acs_app_id": APPLICATION_ID,
                "acs_username": "doorwatch",
                "acs_password": PACS_PASSWORD,
            },
            "advanced": {"health_port": self.ports["gateway"], "data_dir": str(self.folder / "gateway")},
        }
        config = self.folder / "values.yaml"
        config.touch(mode=0o600)
        config.write_text(yaml.safe_dump(values))
        gateway = await self.supervisor.start(self._process("gateway", "doorwatch.gateway", "--config", str(config)))
        await self._until("gateway: the door list reaches the server", gateway, self._door_is_known)

    async def _door_is_known(self) -> bool:
        return any(door["name"] == DOOR for door in await self.server.call("GET", "/api/doors"))

    async def _connect_camera(self) -> None:
        self.epoch = epoch = self.clock.now() - from_seconds(HEAD_START_SECONDS)
        # Before the camera: whoever is seen on its first pictures was let in, however long the rest takes.
        director = Director(
            self.cues, epoch=epoch, duration=from_seconds(CLIP_SECONDS), clock=self.clock, raise_event=self._raise
        )
        self._tasks.append(asyncio.create_task(director.play()))
        camera = self._process(
            "camera",
            "doorwatch",
            "simulate",
            "camera",
            str(self.clip),
            "--port",
            str(self.ports["camera"]),
            "--path",
            "/lobby",
            "--epoch",
            to_iso(epoch),
        )
        await self.supervisor.start(camera)
        doors = {door["name"]: door["door_id"] for door in await self.server.call("GET", "/api/doors")}
        created = await self.server.call(
            "POST", "/api/cameras", {"name": "Lobby camera", "url": f"rtsp://127.0.0.1:{self.ports['camera']}/lobby"}
        )
        self.camera_id, self.door_id = created["camera_id"], doors[DOOR]
        scene = yaml.safe_load(clip_file("scene.yaml").read_text())
        await self.server.call("PUT", f"/api/doors/{self.door_id}/cameras", {"camera_ids": [self.camera_id]})
        await self.server.call("PUT", f"/api/cameras/{self.camera_id}/scenes/{self.door_id}", scene)
        examples = (await self.server.call("GET", "/api/alerts/words"))["examples"]
        words = next(example["template"] for example in examples if example["name"] == "desk")
        await self.server.call("PUT", "/api/alerts", {"template": words, "recipients": [DESK]})
        await self._until("analyzer: the camera is online", camera, self._camera_online)

    async def _camera_online(self) -> bool:
        camera = await self.server.call("GET", f"/api/cameras/{self.camera_id}")
        return bool(camera["status"]["code"] == 200)

    async def _raise(self, cue: Cue, due: Micros) -> None:
        event = {"event_type": cue.event_type, "door": DOOR, "at": to_iso(due)}
        if cue.cardholder:
            event["cardholder"] = cue.cardholder
        try:
            await self.control("POST", "commands/raise", event)
        except (aiohttp.ClientError, TimeoutError):
            self.say("the simulated Web SDK is away; an event of the clip is left out")

    def _mail_arrived(self, line: str) -> None:
        arrival = json.loads(line)
        mail = Mail(arrival["at_us"], arrival["to"], arrival["subject"], arrival["file"])
        self.mails.append(mail)
        if self.on_mail is not None:
            self.on_mail(mail)

    async def _until(self, link: str, process: Process, there: Callable[[], Awaitable[bool]]) -> None:
        begun = self.clock.monotonic()
        deadline, tell_again = begun + _LONGEST_SECONDS, begun + _PATIENCE_SECONDS
        while not await there():
            now = self.clock.monotonic()
            if now > deadline or process.restarts >= _MOST_RESTARTS:
                raise DemoError(f"the chain broke at: {link}\n{process.failure()}")
            if now > tell_again:
                self.say(f"          still waiting, {round(now - begun)} s so far (log: {process.log})")
                tell_again = now + _PATIENCE_SECONDS
            await self.clock.sleep(0.1)


def clip_cues() -> list[Cue]:
    """The access events of the sample clip."""
    events = json.loads(clip_file("events.json").read_text())["events"]
    return [Cue(from_seconds(e["offset_s"]), e["event_type"], _full_name(e.get("actor_name"))) for e in events]


def _full_name(first: str | None) -> str | None:
    return f"{first} {_SURNAMES.get(first, 'Santos')}" if first else None


def _scenario() -> dict[str, Any]:
    people = sorted({cue.cardholder for cue in clip_cues() if cue.cardholder})
    return {
        "doors": [DOOR, *OTHER_DOORS],
        "cardholders": [_person(name) for name in people],
        "users": [{"name": "doorwatch", "password": PACS_PASSWORD, "application_id": APPLICATION_ID}],
    }


def _person(name: str) -> dict[str, str]:
    first, last = name.split()
    email = f"{first}.{last}@demo.invalid".lower()
    return {"name": name, "first_name": first, "last_name": last, "email": email}
