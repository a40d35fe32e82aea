"""Every mistake that somebody makes on the first day: the gateway stays up, and `/readyz` says it in a sentence."""

import asyncio
import datetime as dt
import json
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
import trustme
from aiohttp import web

from doorwatch.gateway.config import read_config
from doorwatch.gateway.health import HealthServer
from doorwatch.gateway.metrics import render
from doorwatch.gateway.service import Gateway
from doorwatch.simulators.genetec import Building, Commands, GenetecSimulator, Settings, SimulatorConfig

PATIENCE = 20
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Stage:
    """A Security Center and a server that may use TLS, and a gateway in this process that is told wrong things."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.simulator = None
        self.runner = None
        self.values = {}

    async def start(self, pacs_certificate=None, server_certificate=None, **settings):
        building = Building()
        building.add_door("Door")
        pem, key = self._files(pacs_certificate) if pacs_certificate else (None, None)
        self.simulator = GenetecSimulator(
            SimulatorConfig(
                building=building,
                settings=Settings(**{"keep_alive": 0.5, **settings}),
                tls_certificate=pem,
                tls_key=key,
            )
        )
        await self.simulator.start()
        port = await self._start_server(server_certificate)
        user = self.simulator.config.users[0]
        self.values = {
            "acs_server_ip": "127.0.0.1",
            "acs_port": self.simulator.port,
            "acs_app_id": user.application_id,
            "acs_username": user.name,
            "acs_password": user.password,
            "cert_enabled": bool(pacs_certificate),
            "camio_endpoint": f"{'https' if server_certificate else 'http'}://127.0.0.1:{port}/api/pacs",
            "camio_auth_token": "token",
            "data_dir": str(self.folder / "data"),
            "health_port": 0,
            "forward_stats_queue_interval": 1,
        }
        return self

    def _files(self, certificate):
        pem, key = self.folder / "cert.pem", self.folder / "key.pem"
        pem.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(str(key))
        return pem, key

    async def _start_server(self, certificate):
        async def post(request):
            if request.headers.get("Authorization") != "Bearer token":
                return web.json_response({"error": "unknown token"}, status=401)
            return web.json_response({})

        app = web.Application()
        for queue in ("webhooks", "devices", "stats", "logs", "errors", "coverage"):
            app.router.add_post(f"/api/pacs/{queue}", post)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return self.runner.addresses[0][1]

    @asynccontextmanager
    async def gateway(self, **wrong):
        """A running gateway with wrong values."""
        gateway = Gateway(read_config({**self.values, **wrong}))
        task = asyncio.create_task(gateway.run())
        try:
            yield gateway
            assert not task.done(), "the gateway stays up"
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def told(self, *words, **wrong):
        """What /readyz says, once it says these words."""
        async with self.gateway(**wrong) as gateway:
            reasons = await until(
                gateway, lambda found: any(all(word in one for word in words) for one in found), words
            )
            return next(one for one in reasons if all(word in one for word in words))

    async def stop(self):
        if self.runner is not None:
            await self.runner.cleanup()
        if self.simulator is not None:
            await self.simulator.stop()


async def until(gateway, condition, what):
    health = HealthServer("127.0.0.1", 0, gateway.state.not_ready, partial(render, gateway.state))
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while True:
        status, _, body = await health.answer("GET", "/readyz")
        reasons = json.loads(body)["reasons"]
        assert status == (503 if reasons else 200)
        if condition(reasons):
            return reasons
        assert loop.time() < end, f"{what}: {reasons}"
        await asyncio.sleep(0.05)


@pytest.fixture
async def stage(tmp_path):
    one = Stage(tmp_path)
    yield one
    await one.stop()


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_with_everything_right_it_is_ready(stage):
    await stage.start()
    async with stage.gateway() as gateway:
        await until(gateway, lambda reasons: not reasons, "ready")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"acs_server_ip": "no-such-host.invalid"}, ("'no-such-host.invalid' cannot be resolved", "acs_server_ip")),
        ({"acs_port": "unused"}, ("nobody listens at 127.0.0.1:", "acs_port")),
        ({"acs_base_uri": "WrongSdk"}, ("has no Web SDK at /WrongSdk/", "acs_base_uri")),
        ({"cert_enabled": True}, ("does not speak TLS", "cert_enabled: false")),
        ({"acs_username": "nobody"}, ("refuses us (HTTP 403)", "acs_username")),
        ({"acs_password": "wrong"}, ("refuses us (HTTP 403)", "acs_password")),
        ({"acs_app_id": "wrong"}, ("refuses us (HTTP 403)", "acs_app_id")),
        ({"acs_door_events": ["Nonsense"]}, ("knows none of the event types", "acs_door_events")),
        ({"camio_auth_token": "wrong"}, ("takes nothing", "set camio_auth_token")),
        ({"camio_endpoint": "http://no-such-host.invalid/api/pacs"}, ("camio_endpoint cannot be resolved", "DNS")),
        ({"camio_endpoint": "unused"}, ("nobody listens there", "port in camio_endpoint")),
        ({"camio_endpoint": "wrong path"}, ("there is no such ingest", "/api/pacs")),
        ({"camio_endpoint": "with TLS"}, ("does not speak TLS there", "http:// in camio_endpoint")),
        ({"stats": {"endpoint": "elsewhere"}}, ("does not take stats", "stats.endpoint")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_wrong_value_is_said_while_the_gateway_stays_up(stage, wrong, words):
    await stage.start()
    endpoint = stage.values["camio_endpoint"]
    values = {
        "unused": f"http://127.0.0.1:{unused_port()}/api/pacs",
        "wrong path": endpoint.replace("/api/pacs", "/api"),
        "with TLS": endpoint.replace("http:", "https:"),
    }
    if wrong.get("acs_port") == "unused":
        wrong = {"acs_port": unused_port()}
    elif wrong.get("camio_endpoint") in values:
        wrong = {"camio_endpoint": values[wrong["camio_endpoint"]]}
    sentence = await stage.told(*words, **wrong)
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"licensed": False}, ("refuses us", "its part number is not in the licence")),
        ({"may_log_on": False}, ("refuses us", "'Log on using the SDK'")),
        ({"connections": 0}, ("refuses us", "all connections of the licence are taken")),
    ],
    ids=str,
)
async def test_what_security_center_lacks_is_among_the_causes_that_are_named(stage, settings, words):
    await stage.start(**settings)
    await stage.told(*words)


async def test_a_role_that_is_down_is_said_and_its_return_makes_ready(stage):
    await stage.start()
    commands = Commands(stage.simulator)
    async with stage.gateway() as gateway:
        await until(gateway, lambda reasons: not reasons, "ready")
        await commands.execute("restart", {"down_seconds": 2})
        await until(gateway, lambda reasons: any("nobody listens at" in one for one in reasons), "down")
        await until(gateway, lambda reasons: not reasons, "ready again")
    await commands.stop()


@pytest.mark.parametrize(
    ("names", "until_when", "values", "words"),
    [
        (["127.0.0.1"], None, {}, ("cannot be trusted", "acs_ca_file", "acs_fingerprint")),
        (["127.0.0.1"], LONG_AGO, {"acs_ca_file": "ca.pem"}, ("expired", "renew it on the Genetec server")),
        (["pacs.example.com"], None, {"acs_ca_file": "ca.pem"}, ("set acs_server_ip to the name",)),
        (["127.0.0.1"], None, {"acs_fingerprint": "00" * 32}, ("acs_fingerprint says", "set the new one")),
        (["127.0.0.1"], None, {"cert_enabled": False}, ("set cert_enabled: true",)),
        (["127.0.0.1"], None, {"acs_ca_file": "none.pem"}, ("acs_ca_file", "PEM form")),
    ],
    ids=["unknown authority", "expired", "another name", "another fingerprint", "http for https", "no CA file"],
)
async def test_a_certificate_of_security_center_that_is_not_right_is_said(stage, names, until_when, values, words):
    await stage.start(pacs_certificate=stage.authority.issue_cert(*names, not_after=until_when))
    if "acs_ca_file" in values:
        values = {"acs_ca_file": str(stage.folder / values["acs_ca_file"])}
    await stage.told(*words, **values)


@pytest.mark.parametrize(
    ("names", "until_when", "trusted", "words"),
    [
        (["127.0.0.1"], None, False, ("takes nothing", "camio_ca_file")),
        (["127.0.0.1"], LONG_AGO, True, ("takes nothing", "certificate has expired")),
        (["doorwatch.example.com"], None, True, ("takes nothing", "name that the server's certificate carries")),
    ],
    ids=["unknown authority", "expired", "another name"],
)
async def test_a_certificate_of_the_server_that_is_not_right_is_said(stage, names, until_when, trusted, words):
    await stage.start(server_certificate=stage.authority.issue_cert(*names, not_after=until_when))
    await stage.told(*words, camio_ca_file=str(stage.folder / "ca.pem") if trusted else None)


async def test_http_for_https_to_the_server_is_said(stage):
    await stage.start(server_certificate=stage.authority.issue_cert("127.0.0.1"))
    await stage.told(
        "takes nothing", "https://", camio_endpoint=stage.values["camio_endpoint"].replace("https", "http")
    )


async def test_with_its_authority_the_server_is_believed(stage):
    await stage.start(server_certificate=stage.authority.issue_cert("127.0.0.1"))
    async with stage.gateway(camio_ca_file=str(stage.folder / "ca.pem")) as gateway:
        await until(gateway, lambda reasons: not reasons, "ready")
