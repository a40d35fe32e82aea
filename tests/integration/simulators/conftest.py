"""A simulator on real sockets, and a client that knows nothing of its insides."""

import asyncio
import json
from base64 import b64encode
from contextlib import asynccontextmanager

import aiohttp
import pytest

from doorwatch.simulators.genetec import Commands, GenetecSimulator, Scenario, SimulatorConfig
from doorwatch.simulators.genetec.settings import Settings, changed


class Client:
    """Signs in pre-emptively, as a gateway does."""

    def __init__(self, simulator, session):
        self.simulator = simulator
        self.session = session
        user = simulator.role.users[0]
        self.headers = {"Accept": "text/json", "Authorization": basic(user.name, user.application_id, user.password)}

    def url(self, path):
        return f"{self.simulator.base_url}/{path}"

    async def request(self, method, path, **options):
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.session.request(method, self.url(path), headers=headers, **options) as response:
            return response.status, await response.read()

    async def get(self, path, **options):
        status, body = await self.request("GET", path, **options)
        assert status == 200, (status, body)
        return json.loads(body.decode("utf-8-sig"))["Rsp"]

    async def subscribe(self, *types):
        query = ",".join(f"event(Door,{one})" for one in types)
        assert (await self.get(f"events/subscribe?q={query}"))["Status"] == "Ok"

    def stream(self, **headers):
        timeout = aiohttp.ClientTimeout(total=None)
        return self.session.get(self.url("events"), headers={**self.headers, **headers}, timeout=timeout)


class Reader:
    """Reads the lines of a stream; knows parts only as far as a test needs."""

    def __init__(self, response):
        self.response = response
        self.connection_id = None
        self.keep_alives = 0

    async def line(self, within=5.0):
        data = await asyncio.wait_for(self.response.content.readline(), within)
        if not data:
            raise EOFError
        return data.decode("utf-8-sig").rstrip("\r\n")

    async def event(self, within=5.0):
        while True:
            line = await self.line(within)
            if line.startswith("ConnectionId:"):
                self.connection_id = line.partition(":")[2]
            elif line == "KeepAlive":
                self.keep_alives += 1
            elif line.startswith("{"):
                return json.loads(line)["Rsp"]["Result"]

    async def started(self):
        while self.connection_id is None:
            line = await self.line()
            if line.startswith("ConnectionId:"):
                self.connection_id = line.partition(":")[2]
        return self


@pytest.fixture
def reading(client):
    """`async with reading() as reader`: an open stream, read up to its connection id."""

    @asynccontextmanager
    async def open_stream(**headers):
        async with client.stream(**headers) as response:
            assert response.status == 200
            yield await Reader(response).started()

    return open_stream


def basic(user, application_id, password):
    return "Basic " + b64encode(f"{user};{application_id}:{password}".encode()).decode()


@pytest.fixture
def settings():
    """Overridden by tests that want another behaviour from the start."""
    return {}


@pytest.fixture
async def simulator(settings):
    scenario = Scenario(
        doors=["Lobby east", "Lobby west", "Dock"],
        cardholders=["Ana Petrova"],
        cameras=["Lobby camera"],
    )
    simulator = GenetecSimulator(SimulatorConfig(building=scenario.building(), settings=changed(Settings(), settings)))
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def commands(simulator):
    commands = Commands(simulator)
    yield commands
    await commands.stop()


@pytest.fixture
async def client(simulator):
    async with aiohttp.ClientSession() as session:
        yield Client(simulator, session)
