"""A server of one machine: bind, open, make the first owner, serve, and run the analyzer beside it."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection

from doorwatch.accounts import setup
from doorwatch.accounts.roles import Role, Scope, TokenKind
from doorwatch.accounts.setup import LINK_LIFE, NewLink
from doorwatch.accounts.tokens import create_token
from doorwatch.accounts.users import add_user
from doorwatch.domain.time import HOUR, Clock, SystemClock
from doorwatch.server.analyzer_child import TOKEN_FILE, AnalyzerChild, Orders
from doorwatch.server.app import Application, create_app
from doorwatch.server.backup import refuse_unfinished
from doorwatch.server.binding import ServeError, address, bind, local_address, setup_address
from doorwatch.server.ingest.connection import event_connections
from doorwatch.server.secrets import read_secret, write_secret
from doorwatch.server.services import Services
from doorwatch.server.settings import LOCAL_FILE, Settings
from doorwatch.server.tls import Certificate
from doorwatch.store import tenants
from doorwatch.store.people import tokens
from doorwatch.store.people.tokens import Token

_MACHINE_TOKENS = {TokenKind.ANALYZER: "analyzer of this machine", TokenKind.API: "commands on this machine"}
_WS_MOST_BYTES = 16 << 20
_ALLOCATIONS_BETWEEN_LOOKS = 50_000


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """Who owns a new installation that nobody sets up by hand."""

    email: str
    password_file: Path


async def serve(
    settings: Settings,
    clock: Clock,
    owner: FirstOwner | None,
    bound: socket.socket,
    inner: socket.socket | None = None,
    *,
    analyzer: AnalyzerChild | bool,
    say: Callable[[str], None],
) -> None:
    """Serve at a bound socket, whose port the settings name, until SIGTERM or SIGINT; with TLS at the inner one as well.

    A new installation gets the owner that is given, else `say` is told a link with which one is made. `analyzer` is one
    that runs already, or whether to run one. Raises DoorwatchError with one sentence when it can't start.
    """
    refuse_unfinished(settings.data_dir)
    _check_folder(settings.data_dir)
    certificate = None
    if settings.tls_cert is not None and settings.tls_key is not None:
        certificate = Certificate(settings.tls_cert, settings.tls_key, clock)
    services = await Services.open(settings, clock)
    try:
        invitation = await _first_owner(services, owner)
        token = await machine_token(services, TokenKind.ANALYZER, settings.data_dir / TOKEN_FILE)
    except BaseException:
        await services.db.aclose()
        raise
    say(f"Doorwatch serves at {address(settings)}")
    if invitation is not None:
        say(invitation)
    async with _local_file(services, settings), _beside(services, Orders.of(settings, token), analyzer):
        await _listen(create_app(settings, clock, services), settings, certificate, bound, inner)


class _Server(uvicorn.Server):
    """uvicorn raises the signal that ended it once more, which would end us before the analyzer was stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to us."""
        yield


@contextlib.asynccontextmanager
async def serving_alone(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The application on a free local port, without its workers: its address, and a token that may do everything.

    For one command on an installation whose server does not run. Raises DoorwatchError.
    """
    clock = SystemClock()
    services = await Services.open(settings, clock)
    bound = bind("127.0.0.1", 0)
    app = create_app(settings, clock, services, with_workers=False)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        token = await machine_token(services, TokenKind.API, None)
        while not server.started and not task.done():
            await clock.sleep(0.01)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}", token
    finally:
        server.should_exit = True
        await task
        bound.close()


async def _listen(
    app: Application,
    settings: Settings,
    certificate: Certificate | None,
    bound: socket.socket,
    inner: socket.socket | None,
) -> None:
    config = configured(app, settings.trusted_proxies)
    following: asyncio.Task[None] | None = None
    if certificate is not None:
        config.load()
        config.ssl = certificate.context
        following = asyncio.create_task(certificate.follow())
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    calm_collector()
    try:
        async with _inside(app, inner):
            await server.serve(sockets=[bound])
    finally:
        if following is not None:
            following.cancel()


def calm_collector() -> None:
    """Have the garbage collector pass over what is here to stay, and look less often at what comes and goes.

    What a request leaves is nearly always freed by itself; looking for circles in it cost a tenth of the server's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_LOOKS, 20, 20)


def configured(app: Application, trusted_proxies: str = "", **more: Any) -> uvicorn.Config:
    """How uvicorn serves the application; `more` are further settings of its own, which win."""
    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(trusted_proxies.strip(" ,")),
        "forwarded_allow_ips": [network.strip() for network in trusted_proxies.split(",") if network.strip()],
        "ws_max_size": _WS_MOST_BYTES,
        "timeout_graceful_shutdown": 5,
        "timeout_keep_alive": 75,
    }
    http: Any = event_connections(app.lane)
    return uvicorn.Config(app, http=http, **{**options, **more})


@contextlib.asynccontextmanager
async def _inside(app: Application, inner: socket.socket | None) -> AsyncIterator[None]:
    """The same application for this machine's own programs, which know no certificate."""
    if inner is None:
        yield
        return
    server = _Server(configured(app, "", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[inner]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def _beside(services: Services, orders: Orders, analyzer: AnalyzerChild | bool) -> AsyncIterator[None]:
    if not analyzer:
        yield
        return
    child = analyzer if isinstance(analyzer, AnalyzerChild) else None
    if child is not None and not child.serves(orders):
        child.stop()  # its token was revoked
        child = None
    task = asyncio.create_task((child or AnalyzerChild(orders, services.clock)).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _first_owner(services: Services, owner: FirstOwner | None) -> str | None:
    """Make the owner of a new installation, or a link with which one is made; None when there is somebody already."""
    account = (await services.db.read(tenants.list_accounts))[0].account_id
    if not await services.db.read(setup.is_needed):
        return None
    now = services.clock.now()
    if owner is None:
        link = await services.db.write(lambda conn: setup.new_link(conn, account, now))
        return _told(services.settings, link)
    try:
        password = owner.password_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ServeError(f"the owner's password can't be read from {owner.password_file}: {error}") from error
    passwords = services.accounts.passwords
    await services.db.write(
        lambda conn: add_user(
            conn, account, passwords, email=owner.email, password=password, role=Role.OWNER, now=now, by="system"
        )
    )
    return None


def _told(settings: Settings, link: NewLink) -> str:
    hours = LINK_LIFE // HOUR
    here = settings.public_url is None
    hint = " (from another machine, write this one's name instead of 127.0.0.1)" if here else ""
    return f"Nobody can sign in yet. Set up Doorwatch at {setup_address(settings, link.secret)}\nThe link is good once, for {hours} hours{hint}."


async def machine_token(services: Services, kind: TokenKind, file: Path | None) -> str:
    """A token that this machine uses itself: the one in the file while it is good, else a new one."""
    kept = "" if file is None else read_secret(file)
    if kept and isinstance(await services.accounts.token(kept), Token):
        return kept
    account = (await services.db.read(tenants.list_accounts))[0].account_id
    now, name = services.clock.now(), _MACHINE_TOKENS[kind]

    def make(conn: Connection) -> str:
        for former in tokens.list_tokens(conn, account):
            if former.name == name and former.created_by == "system":
                tokens.revoke_token(conn, account, former.token_id, now)
        also = (Scope.INSTALLATION,) if kind is TokenKind.API else ()
        return create_token(conn, account, name=name, kind=kind, now=now, by="system", also=also).secret

    secret = await services.db.write(make)
    if file is not None:
        write_secret(file, secret)
    return secret


@contextlib.asynccontextmanager
async def _local_file(services: Services, settings: Settings) -> AsyncIterator[None]:
    """Let commands on this machine find the running server."""
    token = await machine_token(services, TokenKind.API, None)
    file = settings.data_dir / LOCAL_FILE
    write_secret(file, json.dumps({"address": local_address(settings), "token": token, "pid": os.getpid()}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_secret(folder / ".writable", "yes")
        (folder / ".writable").unlink()
    except OSError as error:
        raise ServeError(
            f"the data folder {folder} can't be written ({error.strerror}): check its owner and its disk, or choose "
            "another --data-dir"
        ) from error
