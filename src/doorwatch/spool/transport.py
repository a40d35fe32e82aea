"""The one seam through which the forwarder sends: the real client, and a scripted one for tests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from doorwatch.spool.errors import SpoolError
from doorwatch.wire import Answer

Reply = Answer
"""What the server answered."""


class TransportError(Exception):
    """No answer came; the text says why in words for the log."""


class Transport(Protocol):
    """What sends one request."""

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send and read the whole answer. Raises TransportError when there is none."""
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...


@runtime_checkable
class SoonTransport(Transport, Protocol):
    """One that can also send without a task for each request."""

    def prepare(self, method: str, url: str, headers: Mapping[str, str]) -> Any:
        """What many requests have in common, for `send_soon`."""
        ...

    def most_together(self, prepared: Any) -> int:
        """How many requests may go out together: one, unless the server offered more."""
        ...

    def send_soon(
        self, prepared: Any, bodies: Sequence[bytes], told: "Sequence[Callable[[Reply | TransportError | None], None]]"
    ) -> bool:
        """Send over a connection that stands and is free; False when there is none, upon which `send` makes one.

        Each of `told` is called later with what came of its body; None: the connection was closed already, so `send` it again.
        """
        ...


@dataclass(frozen=True, slots=True)
class TlsTrust:
    """Whom to believe: the system's authorities, and those of `ca_pem`; `verify` False believes anybody."""

    verify: bool = True
    ca_pem: bytes | None = None


class PyreqwestTransport:
    """HTTP/1.1 with kept connections. Redirects are not followed: a token goes only where it was meant to go."""

    def __init__(
        self,
        *,
        trust: TlsTrust | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        agent: str = "doorwatch",
    ) -> None:
        from pyreqwest.client import ClientBuilder  # noqa: PLC0415 - several MiB, needed only where one sends
        from pyreqwest.exceptions import BuilderError, PyreqwestError  # noqa: PLC0415

        trust = trust or TlsTrust()
        builder = (
            ClientBuilder()
            .timeout(timedelta(seconds=timeout))
            .connect_timeout(timedelta(seconds=connect_timeout))
            .follow_redirects(enable=False)
            .user_agent(agent)
            .tcp_nodelay(enabled=True)
            .pool_idle_timeout(timedelta(seconds=30))
        )
        if not trust.verify:
            builder = builder.danger_accept_invalid_certs(enable=True)
        try:
            if trust.ca_pem is not None:
                builder = builder.add_root_certificate_pem(trust.ca_pem)
            self._client = builder.build()
        except (BuilderError, PyreqwestError) as error:
            raise SpoolError(
                f"the CA file holds no certificate in PEM form ({error}); name a file that does"
            ) from error
        self._error = PyreqwestError

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send and read the whole answer."""
        try:
            return await self._send(method, url, body, headers)
        finally:
            _stop_if_cancelled()

    async def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            response = await self._client.request(method, url).headers(dict(headers)).body_bytes(body).build().send()
            if response.status in {200, 201, 202, 204}:
                return Reply(response.status)
            return Reply(
                response.status,
                bytes(await response.bytes()),
                {name.lower(): value for name, value in response.headers.items()},
            )
        except self._error as error:
            raise TransportError(_plainly(error)) from error

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()


class ScriptedTransport:
    """Answers from a function; keeps what was sent. A public part of the package, for tests."""

    def __init__(self, answer: "Callable[[str, bytes], Reply | Awaitable[Reply]] | None" = None) -> None:
        self._answer = answer or (lambda _url, _body: Reply(200))
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self.closed = False

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:  # noqa: ARG002
        """Keep the request and answer as the function says; it may raise TransportError."""
        self.sent.append((url, body, dict(headers)))
        answer = self._answer(url, body)
        await asyncio.sleep(0)
        return answer if isinstance(answer, Reply) else await answer

    async def close(self) -> None:
        """Nothing to let go."""
        self.closed = True


def _stop_if_cancelled() -> None:
    """The client loses a cancelling that arrives just as the answer does; it is still meant.

    The answer is lost then, and the item is sent again after the next start: at least once, as always.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _plainly(error: Exception) -> str:
    """The deepest cause, which names what went wrong, behind the outermost text."""
    details = getattr(error, "details", None) or {}
    causes = [cause["message"] for cause in (details.get("causes") or [])] if isinstance(details, dict) else []
    text = getattr(error, "message", str(error))
    name = type(error).__name__.removesuffix("Error")
    return f"{name}: {causes[-1] if causes else text}"
