"""A simulated Security Center on real sockets: API port, streaming port, and a control port of our own."""

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock, Micros, SystemClock
from doorwatch.simulators.genetec.building import Building
from doorwatch.simulators.genetec.faults import AnswerFaults
from doorwatch.simulators.genetec.record import RaisedEvent
from doorwatch.simulators.genetec.role import Role, User
from doorwatch.simulators.genetec.routes import Routes
from doorwatch.simulators.genetec.settings import Settings

DEFAULT_USER = User("gateway", "secret", "DoorwatchSimulatorApplicationId0000000000000000000000000000000+/=")


@dataclass(slots=True)
class SimulatorConfig:
    """Where a simulator listens and what it starts with; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    streaming_port: int = 0
    control_port: int = 0
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    seed: int = 1
    users: list[User] = field(default_factory=lambda: [DEFAULT_USER])
    building: Building = field(default_factory=Building)
    settings: Settings = field(default_factory=Settings)


class GenetecSimulator:
    """Starts, stops and restarts the role; use `role` and the commands to make things happen.

    All methods belong to the event loop that called `start`.
    """

    def __init__(self, config: SimulatorConfig | None = None, clock: Clock | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.role = Role(
            users=self.config.users,
            building=self.config.building,
            settings=self.config.settings,
            clock=clock or SystemClock(),
            seed=self.config.seed,
        )
        self.answer_faults = AnswerFaults(self.role.clock)
        self.routes = Routes(self.role, self.answer_faults)
        self.port = self.config.port
        self.streaming_port = self.config.streaming_port
        self._runner: web.AppRunner | None = None
        self._sites: list[web.TCPSite] = []
        self._restarting: asyncio.Task[None] | None = None

    @property
    def scheme(self) -> str:
        """`https` where a certificate was given."""
        return "https" if self.config.tls_certificate else "http"

    @property
    def base_url(self) -> str:
        """The address of the Web SDK, without a slash at the end."""
        return f"{self.scheme}://{self.config.host}:{self.port}/{self.role.settings.base_uri.strip('/')}"

    async def start(self) -> None:
        """Listen. Raises DoorwatchError when a port is taken or the certificate cannot be read."""
        await self._listen()

    async def stop(self) -> None:
        """End every stream and stop listening."""
        await self._forget_restart()
        await self.role.stop()
        await self._hang_up()

    def raise_event(
        self,
        event_type: str,
        door: str,
        *,
        cardholder: str | None = None,
        at: Micros | None = None,
        side: str | None = None,
    ) -> RaisedEvent:
        """Let something happen at a door; more ways are in `role.raise_event`. Raises DoorwatchError."""
        return self.role.raise_event(event_type, door, cardholder=cardholder, at=at, side=side)

    async def restart(self, down_seconds: float) -> None:
        """Take the role down, with all sessions and streams, and refuse connections for so long.

        Returns when it is down; it comes up by itself. Where it is down already, the time begins anew.
        """
        await self._forget_restart()
        self.role.end_sessions()
        await self._hang_up()

        async def come_back() -> None:
            await self.role.clock.sleep(down_seconds)
            await self._listen()

        self._restarting = asyncio.get_running_loop().create_task(come_back())

    async def _forget_restart(self) -> None:
        restarting, self._restarting = self._restarting, None
        if restarting is not None:
            restarting.cancel()
            await asyncio.gather(restarting, return_exceptions=True)

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.routes.handle)
        # Handlers are cancelled when their client goes away, so that a stream frees its session at once.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        self._runner = runner
        tls = self._tls()
        try:
            self.port = await self._site(runner, self.port, tls)
            self.streaming_port = await self._site(runner, self.streaming_port, tls)
        except OSError as error:
            await self._hang_up()
            raise DoorwatchError(
                f"The simulator cannot listen on {self.config.host}: {error.strerror or error}. "
                "Give another --port, or 0 for a free one."
            ) from None
        self.routes.streaming_address = f"{self.scheme}://{self.config.host}:{self.streaming_port}"

    async def _site(self, runner: web.AppRunner, port: int, tls: ssl.SSLContext | None) -> int:
        site = web.TCPSite(runner, self.config.host, port, ssl_context=tls, reuse_address=True)
        await site.start()
        self._sites.append(site)
        return int(site.port)

    async def _hang_up(self) -> None:
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for site in self._sites:
            await site.stop()
        self._sites.clear()
        for stream in self.role.streams():
            stream.drop()
        for connection in list(runner.server.connections if runner.server else []):
            if connection.transport is not None:
                connection.transport.abort()
        await runner.cleanup()

    def _tls(self) -> ssl.SSLContext | None:
        certificate, key = self.config.tls_certificate, self.config.tls_key
        if certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise DoorwatchError(
                f"The simulator cannot use the certificate {certificate}: {error}. "
                "Give a PEM file with --tls-certificate and its key with --tls-key."
            ) from None
        return context
