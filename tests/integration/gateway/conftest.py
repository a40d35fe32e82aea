"""A site: a simulated Security Center, a gateway as a real process, and a server that keeps what it is sent."""

import asyncio
import json
import os
import socket
import sys
import urllib.request
from collections import Counter

import pytest
import yaml
from aiohttp import web

from doorwatch.domain.time import SystemClock, from_iso
from doorwatch.simulators.genetec import Building, Commands, GenetecSimulator, Settings, SimulatorConfig


class Ingest:
    """Stores what comes, by event id; `answer` may refuse or delay a request before it is stored."""

    def __init__(self):
        self.events = {}
        self.arrivals = []
        self.posts = {}
        self.answer = None
        self.port = 0
        self._runner = None

    async def start(self):
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/api/pacs/{queue}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site.port

    async def stop(self):
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _post(self, request):
        queue = request.match_info["queue"]
        body = json.loads(await request.read())
        if request.headers.get("Authorization") != "Bearer token":
            return web.json_response({"error": "unknown token"}, status=401)
        if self.answer is not None:
            refused = await self.answer(queue, body)
            if refused is not None:
                return refused
        self.posts.setdefault(queue, []).append(body)
        if queue == "webhooks":
            for event in body.get("events") or [body["event"]]:
                self.arrivals.append(event)
                known = self.events.setdefault(event["event_id"], event)
                known.update(event)
        return web.json_response({"stored": 1})

    def truth(self):
        """What is stored, as (door, type, millisecond, cardholder)."""
        return sorted(
            (e["device_id"], e["event_type"], from_iso(e["timestamp"]) // 1000, e.get("actor_id") or "")
            for e in self.events.values()
        )

    def believed(self):
        """The spans that the server counts as covered, by now."""
        spans = []
        for post in self.posts.get("coverage", []):
            start, end = from_iso(post["covered_from"]), from_iso(post["covered_until"])
            if "uncovered_from" in post:
                cut = from_iso(post["uncovered_from"])
                spans = [(a, min(b, cut)) for a, b in spans if a < cut]
            spans.append((start, end))
        return merged(spans)


def merged(spans):
    """Spans that touch put together."""
    out = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


class Site:
    """All three, with the gateway's configuration in a folder."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.building = Building()
        self.doors = [self.building.add_door(f"Door {n}", cameras=[f"Camera {n}"]) for n in range(4)]
        self.people = [self.building.add_cardholder(f"Person {n}", email=f"p{n}@example.com") for n in range(6)]
        self.simulator = GenetecSimulator(
            SimulatorConfig(building=self.building, settings=Settings(**{"keep_alive": 0.5, **settings}))
        )
        self.commands = Commands(self.simulator)
        self.ingest = Ingest()
        self.process = None
        self.health_port = free_port()
        self.values = {}
        self.last_at = 0

    async def start(self, **values):
        await self.simulator.start()
        await self.ingest.start()
        user = self.simulator.config.users[0]
        self.values = {
            "camio": {"camio_endpoint": f"http://127.0.0.1:{self.ingest.port}/api/pacs", "camio_auth_token": "token"},
            "genetec": {
                "acs_server_ip": "127.0.0.1",
                "acs_port": self.simulator.port,
                "acs_app_id": user.application_id,
                "acs_username": user.name,
                "acs_password": user.password,
                "acs_verify_seconds": 1,
                "acs_backfill_second_look_seconds": 1,
                "acs_stream_idle_seconds": 3,
            },
            "advanced": {"health_port": self.health_port, "health_host": "127.0.0.1", "forward_logs_queue_interval": 1},
        }
        for name, value in values.items():
            if isinstance(value, dict):
                self.values.setdefault(name, {}).update(value)
            else:
                self.values[name] = value
        self.write()
        return self

    def write(self):
        self.config.write_text(yaml.safe_dump(self.values))

    @property
    def config(self):
        return self.folder / "values.yaml"

    @property
    def data(self):
        return self.folder / "data"

    async def start_gateway(self, *, wait=True):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "doorwatch.gateway",
            "--config",
            str(self.config),
            env={**os.environ, "DOORWATCH_DATA_DIR": str(self.data)},
            stderr=(self.folder / "log").open("ab"),
        )
        if wait:
            await eventually(lambda: self.get("readyz")[0] == 200, "the gateway is ready")

    async def kill_gateway(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def stop_gateway(self):
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 60)

    def get(self, page):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/{page}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name):
        for line in self.get("metrics")[1].splitlines():
            if line.startswith(f"doorwatch_gateway_{name} "):
                return float(line.split()[-1])
        return None

    def log(self):
        return (self.folder / "log").read_text()

    def happen(self, kind="AccessGranted", door=0, person=None, **more):
        who = None if person is None else self.people[person].name
        # no two within a millisecond: by definition those would be copies of one
        self.last_at = more.setdefault("at", max(SystemClock().now(), self.last_at + 2000))
        return self.simulator.raise_event(kind, self.doors[door].name, cardholder=who, **more)

    def truth(self):
        """What the simulated system knows to have happened, as the ingest's truth."""
        return sorted(
            (e.door, e.event_type, (e.at + 500) // 1000, e.cardholder or "")
            for e in self.simulator.role.record.after(0)
        )

    def difference(self, parts=4):
        """Events that are missing from the server, and those that are there beyond the truth."""
        truth = Counter(event[:parts] for event in self.truth())
        stored = Counter(event[:parts] for event in self.ingest.truth())
        return list((truth - stored).elements()), list((stored - truth).elements())

    async def all_stored(self, seconds=20, parts=4):
        """Wait until the server has every event exactly once; `parts` 3 does not ask who it was."""
        try:
            await eventually(lambda: self.difference(parts) == ([], []), "", seconds)
        except AssertionError:
            missing, extra = self.difference(parts)
            pytest.fail(f"missing {missing}\nextra {extra}\n{self.log()[-3000:]}")

    async def close(self):
        await self.kill_gateway()
        await self.commands.stop()
        await self.simulator.stop()
        await self.ingest.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def eventually(condition, what, seconds=30):
    """Wait until something holds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not await loop.run_in_executor(None, condition):
        assert loop.time() < until, f"not in time: {what}"
        await asyncio.sleep(0.05)


@pytest.fixture
async def make_site(tmp_path):
    sites = []

    async def make(values=None, **settings):
        folder = tmp_path / f"site{len(sites)}"
        folder.mkdir()
        sites.append(Site(folder, **settings))
        return await sites[-1].start(**(values or {}))

    yield make
    for site in sites:
        await site.close()


@pytest.fixture
async def site(make_site):
    return await make_site()


@pytest.fixture
def wait_until():
    return eventually
