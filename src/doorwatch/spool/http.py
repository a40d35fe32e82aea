"""The transport that producers use: the small client, or the large one where the way leads through a proxy."""

import os
import ssl
from collections.abc import Callable, Mapping, Sequence

from doorwatch.spool.errors import SpoolError
from doorwatch.spool.transport import PyreqwestTransport, Reply, TlsTrust, Transport, TransportError
from doorwatch.wire import ClosedEarlyError, HttpClient, Prepared, Trust, WireError

PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
LONGEST_REPLY = 16 << 20


class WireTransport:
    """HTTP/1.1 with kept connections, on the event loop itself. Redirects are not followed, proxies not known."""

    def __init__(
        self,
        *,
        trust: TlsTrust | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        agent: str = "doorwatch",
    ) -> None:
        self._client = HttpClient(
            trust=_believe(trust or TlsTrust()),
            timeout=timeout,
            connect_timeout=connect_timeout,
            most_body=LONGEST_REPLY,
            headers={"User-Agent": agent},
        )

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send and read the whole answer. A kept connection that proves closed is no error: it is sent again."""
        try:
            return await self._client.ask(method, url, headers, body)
        except WireError as error:
            raise TransportError(str(error)) from error

    def prepare(self, method: str, url: str, headers: Mapping[str, str]) -> Prepared:
        """As `SoonTransport` says."""
        return self._client.prepare(method, url, headers)

    def most_together(self, prepared: Prepared) -> int:
        """As `SoonTransport` says."""
        return self._client.most_together(prepared)

    def send_soon(
        self,
        prepared: Prepared,
        bodies: Sequence[bytes],
        told: Sequence[Callable[[Reply | TransportError | None], None]],
    ) -> bool:
        """As `SoonTransport` says."""
        return self._client.ask_soon(prepared, bodies, told, _what_failed)

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()


def make_transport(
    *, trust: TlsTrust | None = None, timeout: float = 30.0, connect_timeout: float = 10.0, agent: str = "doorwatch"
) -> Transport:
    """The transport for this machine: times are seconds. Raises SpoolError when the CA file holds no certificate.

    Proxies are the business of a client that costs several MiB and three times the CPU, so it is taken only where the
    environment names one.
    """
    kind = PyreqwestTransport if proxied() else WireTransport
    return kind(trust=trust, timeout=timeout, connect_timeout=connect_timeout, agent=agent)


def proxied() -> bool:
    """Whether the environment names a proxy."""
    return any(os.environ.get(name) or os.environ.get(name.upper()) for name in PROXY_VARIABLES)


def _what_failed(error: WireError) -> TransportError | None:
    """None where the request should go once more, over another connection."""
    return None if isinstance(error, ClosedEarlyError) and error.silent else TransportError(str(error))


def _believe(trust: TlsTrust) -> Trust:
    if not trust.verify:
        return Trust(_anybody)
    if trust.ca_pem is None:
        return Trust()
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=trust.ca_pem.decode())
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise SpoolError(f"the CA file holds no certificate in PEM form ({error}); name a file that does") from error
    return Trust(lambda: context)


def _anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
