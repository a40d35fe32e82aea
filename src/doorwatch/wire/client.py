"""The client: addresses, trust, and connections that are kept for the next request."""

import asyncio
import os
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from doorwatch.wire.connection import Connection
from doorwatch.wire.errors import (
    CertificateError,
    ClosedEarlyError,
    FingerprintError,
    NoAnswerError,
    NotHttpError,
    NoTlsError,
    UnknownHostError,
    UnreachableError,
    WireError,
)
from doorwatch.wire.known import Answer, Known

F = TypeVar("F")

KEPT_SECONDS = 30.0
SWEEP_SECONDS = 1.0
"""How often it is looked for requests that take too long."""
_HEADS_KEPT = 64
MOST_TOGETHER = 16
"""Requests that go out together: more of them would wait for each other without costing less."""


class Place(NamedTuple):
    """Where a request goes: an origin, and how it is written."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: `context` is made when first needed; `pinned` is the SHA-256 of the one certificate, if set."""

    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    pinned: bytes | None = None


class Prepared(NamedTuple):
    """A request but for its body, and the connections that may carry it."""

    head: bytes
    idle: "deque[Connection]"
    known: Known


class Stream:
    """An answer whose body is read piece by piece. What is not read makes the sender wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers

    async def read(self) -> bytes:
        """All bytes that came since the last time, at least one; none at the end. Raises WireError when it broke."""
        await self._connection.more()
        return self._connection.take()

    @property
    def socket(self) -> Any:
        """The socket below, for options; None once it is gone."""
        return self._connection.info("socket")

    def close(self) -> None:
        """Let it go."""
        self._connection.abort()


class HttpClient:
    """Asks servers. To be used from one event loop; times are seconds, sizes bytes."""

    def __init__(
        self,
        *,
        trust: Trust | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        most_at_once: int | None = None,
        most_body: int = 64 << 20,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._trust = trust or Trust()
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._most_body = most_body
        self._headers = dict(headers or {})
        self._turns = asyncio.Semaphore(most_at_once) if most_at_once else None
        self._idle: dict[Place, deque[Connection]] = {}
        self._heads: dict[tuple[str, str, tuple[tuple[str, str], ...]], bytes] = {}
        self._known: dict[Place, Known] = {}
        self._context: ssl.SSLContext | None = None
        self._closed = False
        self._busy: set[Connection] = set()  # with requests that nobody awaits
        self._sweep: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request and its whole answer. Raises WireError.

        A kept connection that turns out to be closed is no failure: the request goes once more over a new one, so it
        must be one that may arrive twice.
        """
        if self._turns is None:
            return await self._ask(method, url, headers, body)
        async with self._turns:
            return await self._ask(method, url, headers, body)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes) -> Answer:
        place = _place(url)
        request = self._request(method, url, headers, body)
        if (kept := self._kept(self._stand(place))) is not None:
            try:
                return await self._over(kept, request)
            except ClosedEarlyError as error:
                if not error.silent:
                    raise
        return await self._over(await self._connect(place), request)

    def prepare(self, method: str, url: str, headers: Mapping[str, str] | None) -> Prepared:
        """What requests of `ask_soon` have in common."""
        place = _place(url)
        return Prepared(self._head(method, url, headers), self._stand(place), self._knows(place))

    def most_together(self, prepared: Prepared) -> int:
        """How many requests `ask_soon` may be given at once, as far as the server offered it."""
        return MOST_TOGETHER if prepared.known.takes_several((self._loop or self._running()).time()) else 1

    def ask_soon(
        self,
        prepared: Prepared,
        bodies: Sequence[bytes],
        told: Sequence[Callable[[Answer | F], None]],
        failure: Callable[[WireError], F],
    ) -> bool:
        """Requests over a connection that is kept and free, without a task or a timer of their own.

        False when there is none: `ask` makes one. Each of `told` is called later, with the answer to its body or with what
        `failure` makes of the error; a connection that proves closed is a ClosedEarlyError that is `silent`, upon which
        the caller asks once more. Several bodies are requests that are sent together, at most `most_together`.
        """
        connection = self._kept(prepared.idle) if self._turns is None else None
        if connection is None:
            return False
        loop = self._loop or self._running()
        connection.deadline = loop.time() + self._timeout
        self._busy.add(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(SWEEP_SECONDS, self._end_slow_ones)
        requests = [b"%bContent-Length: %d\r\n\r\n%b" % (prepared.head, len(body), body) for body in bodies]
        hearing = [partial(self._hear, connection, one, failure) for one in told]
        connection.ask_soon(b"".join(requests), most=self._most_body, told=hearing)
        return True

    def _hear(
        self,
        connection: Connection,
        told: Callable[[Answer | F], None],
        failure: Callable[[WireError], F],
        error: WireError | None,
    ) -> None:
        if error is not None:
            self._busy.discard(connection)
            told(failure(error))
            return
        answer = connection.answer()
        if not connection.waited_for:
            self._busy.discard(connection)
            self._keep(connection)
        told(answer)

    def _running(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        return self._loop

    def _end_slow_ones(self) -> None:
        loop = self._running()
        now = loop.time()
        for connection in [one for one in self._busy if one.deadline <= now]:
            connection.expire(self._timeout)
        again = self._busy and not self._closed
        self._sweep = loop.call_later(SWEEP_SECONDS, self._end_slow_ones) if again else None

    async def _over(self, connection: Connection, request: bytes) -> Answer:
        await connection.ask(request, timeout=self._timeout, most=self._most_body)
        answer = connection.answer()
        self._keep(connection)
        return answer

    def _keep(self, connection: Connection) -> None:
        if not connection.reusable or self._closed:
            connection.close()
        else:
            connection.idle_since = (self._loop or self._running()).time()
            connection.home.append(connection)

    async def open(self, url: str, headers: Mapping[str, str] | None = None) -> Stream:
        """Ask for a body that is read piece by piece, over a connection of its own. Raises WireError."""
        connection = await self._connect(_place(url))
        request = self._request("GET", url, headers, b"")
        await connection.ask(request, timeout=self._timeout, most=0, streaming=True)
        return Stream(connection)

    async def close(self) -> None:
        """Let all kept connections go; those in use end with their answer."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        # a turn of the loop, in which the transports really close
        await asyncio.sleep(0)

    # -- connections ----------------------------------------------------------------------------------------------

    def _stand(self, place: Place) -> "deque[Connection]":
        """Where connections to a place stand that nobody uses."""
        stand = self._idle.get(place)
        if stand is None:
            stand = self._idle[place] = deque()
        return stand

    def _knows(self, place: Place) -> Known:
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = Known()
        return known

    def _kept(self, connections: "deque[Connection]") -> Connection | None:
        """The connection that was used last, so that those which are not needed grow old and are let go."""
        if not connections:
            return None
        oldest = (self._loop or self._running()).time() - KEPT_SECONDS
        while connections and connections[0].idle_since < oldest:
            connections.popleft().close()
        while connections:
            connection = connections.pop()
            if connection.standing:
                return connection
            connection.close()
        return None

    async def _connect(self, place: Place) -> Connection:
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {}
        known, home = self._knows(place), self._stand(place)
        if place.tls:
            if self._context is None:
                self._context = self._trust.context()
            options = {"ssl": self._context, "server_hostname": place.host}
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop, str(place), known, home), place.host, place.port, **options
                )
        except (OSError, TimeoutError, UnicodeError) as error:
            raise _why(error, place, self._connect_timeout) from error
        self._check_pinned(connection, place)
        return connection

    def _check_pinned(self, connection: Connection, place: Place) -> None:
        if self._trust.pinned is None or not place.tls:
            return
        link = connection.info("ssl_object")
        certificate = link.getpeercert(binary_form=True) if link is not None else None
        digest = sha256(certificate or b"").digest()
        if digest != self._trust.pinned:
            connection.abort()
            got, expected = digest.hex(), self._trust.pinned.hex()
            raise FingerprintError(
                f"{place} shows a certificate with the fingerprint {got} instead of {expected}", got, expected
            )

    # -- what is sent ---------------------------------------------------------------------------------------------

    def _request(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes) -> bytes:
        head = self._head(method, url, headers)
        if not body and method == "GET":
            return head + b"\r\n"
        return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)

    def _head(self, method: str, url: str, headers: Mapping[str, str] | None) -> bytes:
        key = (method, url, tuple(headers.items()) if headers else ())
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _HEADS_KEPT:
                self._heads.clear()
            head = self._heads[key] = _head(method, url, {**self._headers, **(headers or {})})
        return head


@lru_cache(maxsize=64)
def _place(url: str) -> Place:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WireError(f"{url!r} is no address ({error})") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WireError(f"{url!r} is no address that begins with http:// or https://")
    tls = parts.scheme == "https"
    return Place(parts.hostname, port or (443 if tls else 80), tls)


def _head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    if not host.isascii():
        host = host.encode("idna").decode()
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    for line in lines:
        if not line.isascii() or not line.isprintable():
            # the line itself may be a secret
            raise NotHttpError(f"{line.split(':', 1)[0].split(' ', 1)[0]}: it holds characters that HTTP cannot carry")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _why(error: Exception, place: Place, seconds: float) -> WireError:
    """The class that says why no connection came about."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return UnknownHostError(f"the name {place.host!r} cannot be resolved")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or str(error)
        return CertificateError(f"the certificate of {place} cannot be trusted ({reason})", reason)
    if isinstance(error, ssl.SSLError):
        return NoTlsError(f"{place} does not speak TLS ({error.reason or error})")
    if isinstance(error, TimeoutError):
        return NoAnswerError(f"{place} did not answer within {seconds:g} s")
    if place.tls and isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return NoTlsError(f"{place} closed the connection instead of speaking TLS")
    code = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(code) if code else str(error)
    return UnreachableError(f"nobody listens at {place} ({reason})", reason)
