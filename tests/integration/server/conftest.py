"""A real server on a port of its own, with a database file in the test's folder; nothing is replaced."""

import asyncio
import base64
import email
import email.policy
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from aiohttp import web
from aiosmtpd.smtp import SMTP
from argon2 import PasswordHasher

from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.accounts.tokens import create_token
from doorwatch.accounts.users import add_user
from doorwatch.domain.time import SystemClock, to_iso
from doorwatch.server.app import create_app
from doorwatch.server.services import Services
from doorwatch.server.serving import configured
from doorwatch.server.settings import Settings
from doorwatch.store import tenants

# furnished.py is shared by test modules, which are no package
sys.path.insert(0, str(Path(__file__).parent))

PASSWORD = "a long enough password"
SCENE = {
    "size": [768, 432],
    "threshold": [[110, 100], [110, 431]],
    "inside": [400, 300],
    "floor": {"corners": [[110, 100], [600, 120], [700, 420], [110, 431]], "size_m": [3.0, 2.0], "tile_m": 0.5},
}


class Api:
    """One caller of the server: a token's, a browser's, or nobody's."""

    def __init__(self, base: str, headers: dict[str, str] | None = None) -> None:
        self.base = base
        self.http = aiohttp.ClientSession(
            base, headers=headers or {}, cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(60)
        )

    async def call(self, method: str, path: str, body=None, *, expect=None, **more):
        async with self.http.request(method, path, json=body, **more) as response:
            text = await response.text()
            if expect is None:
                assert response.status < 300, (response.status, text)
            else:
                assert response.status == expect, (response.status, text)
            return json.loads(text) if text and "json" in response.headers.get("Content-Type", "") else text

    async def get(self, path: str, **more):
        return await self.call("GET", path, **more)

    async def post(self, path: str, body=None, **more):
        return await self.call("POST", path, body, **more)

    async def put(self, path: str, body=None, **more):
        return await self.call("PUT", path, body, **more)


class Site:
    """A running server and its callers."""

    def __init__(self, services: Services, base: str) -> None:
        self.services = services
        self.base = base
        self.clock = services.clock
        self._callers: list[Api] = []
        self.account = ""

    def caller(self, headers: dict[str, str] | None = None) -> Api:
        api = Api(self.base, headers)
        self._callers.append(api)
        return api

    async def token(self, kind: TokenKind, account: str | None = None, pacs: str | None = None) -> str:
        now = self.clock.now()
        owner = account or self.account
        made = await self.services.db.write(
            lambda conn: create_token(
                conn, owner, name=f"{kind} of a test", kind=kind, now=now, by="test", pacs_id=pacs
            )
        )
        return made.secret

    async def machine(self, kind: TokenKind, account: str | None = None) -> Api:
        return self.caller({"Authorization": f"Bearer {await self.token(kind, account)}"})

    async def user(self, role: Role, account: str | None = None) -> Api:
        email = f"{role}-{account or 'main'}@example.com"
        now, owner = self.clock.now(), account or self.account
        passwords = self.services.accounts.passwords
        await self.services.db.write(
            lambda conn: add_user(conn, owner, passwords, email=email, password=PASSWORD, role=role, now=now, by="test")
        )
        return await self.signed_in(email)

    async def signed_in(self, email: str) -> Api:
        api = self.caller({"X-Doorwatch": "1"})
        await api.post("/api/session", {"email": email, "password": PASSWORD})
        return api

    async def other_account(self) -> str:
        now = self.clock.now()

        def make(conn):
            account = tenants.create_account(conn, "Somebody else", now)
            site = tenants.create_site(conn, account.account_id, "Elsewhere")
            tenants.create_pacs(conn, account.account_id, site.site_id, "Other", now)
            return account.account_id

        return await self.services.db.write(make)

    async def furnish(self, owner: Api, gateway: Api) -> tuple[str, str]:
        """One door with one camera; their ids."""
        await gateway.post("/api/pacs/devices", {"devices": [{"device_id": "lobby", "device_name": "Lobby east"}]})
        door_id = (await owner.get("/api/doors"))[0]["door_id"]
        camera = await owner.post("/api/cameras", {"name": "Lobby camera", "url": "rtsp://u:secret@127.0.0.1/lobby"})
        await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": [camera["camera_id"]]})
        await owner.put(f"/api/cameras/{camera['camera_id']}/scenes/{door_id}", SCENE)
        return door_id, camera["camera_id"]

    def iso(self, seconds: float = 0) -> str:
        return to_iso(self.clock.now() + int(seconds * 1_000_000))

    async def close(self) -> None:
        for caller in self._callers:
            await caller.http.close()


@asynccontextmanager
async def running(folder: Path, **settings) -> AsyncIterator[Site]:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    known = Settings(data_dir=folder, port=port, **settings)
    services = await Services.open(known, SystemClock())
    # Cheap hashes: what argon2 costs is not what these tests are about.
    services.accounts.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app = create_app(known, services.clock, services)
    server = uvicorn.Server(configured(app, timeout_graceful_shutdown=1, ws="websockets-sansio"))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    site = Site(services, f"http://127.0.0.1:{port}")
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        site.account = (await services.db.read(tenants.list_accounts))[0].account_id
        yield site
    finally:
        await site.close()
        server.should_exit = True
        await task
        bound.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, sqlite_pattern):
    """A data folder whose database has its tables: copying it is quicker than making them for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copyfile(sqlite_pattern, folder / "doorwatch.db")
    return folder


@pytest.fixture
async def site(tmp_path, prepared):
    shutil.copytree(prepared, tmp_path / "data")
    async with running(tmp_path / "data") as found:
        yield found


@pytest.fixture
async def owner(site):
    return await site.user(Role.OWNER)


@pytest.fixture
async def gateway(site):
    return await site.machine(TokenKind.GATEWAY)


@pytest.fixture
async def analyzer(site):
    return await site.machine(TokenKind.ANALYZER)


async def eventually(look, seconds: float = 30):
    """What `look` finds, as soon as it finds something."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = await look()
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.03)


@pytest.fixture(name="eventually")
def _eventually():
    return eventually


@pytest.fixture
def run_server():
    return running


class Inbox:
    """A mail server that keeps what it is sent; `port` is where it listens, `close` ends it early."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.mails.append(email.message_from_bytes(envelope.original_content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
async def inbox():
    """A mail server of the test's own."""
    box = Inbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    box.close = server.close
    yield box
    server.close()


class Posts(list):
    """What arrived, as (method, headers, body as it was, body)."""

    def of(self, kind):
        """What was told of one type: the objects."""
        return [body["data"]["object"] for *_, body in self if body["type"] == kind]


@pytest.fixture
async def posts():
    """A receiver on this machine, and what it was posted."""
    found = Posts()

    async def take(request):
        raw = await request.read()
        found.append((request.method, dict(request.headers), raw, json.loads(raw)))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_route("*", "/in", take)
    runner = web.AppRunner(app)
    await runner.setup()
    where = web.TCPSite(runner, "127.0.0.1", 0)
    await where.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    yield found
    await runner.cleanup()


@pytest.fixture
async def reachable(own_address, tmp_path, run_server):
    """A server on each kind of database that may post to this machine."""
    more = {"secret_key": base64.b64encode(bytes(range(32))).decode(), "webhook_networks": "127.0.0.1/32"}
    async with run_server(tmp_path / "data", database_url=own_address, **more) as found:
        yield found
