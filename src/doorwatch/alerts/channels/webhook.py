"""A signed HTTP POST to an address that somebody gave: no redirects, and never into networks that are none of theirs."""

import asyncio
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.guard import ForbiddenError, Guard, refuse, unreached
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.reach import Reach
from doorwatch.domain.time import SECOND, Micros

SIGNATURE = "X-Doorwatch-Signature"
DELIVERY = "X-Doorwatch-Delivery"
_EVERYWHERE = Reach()
_SECONDS = 10.0
_KEEP_SECONDS = 5.0
"""Shorter than any server's patience, so that what is kept is hardly ever stale."""
_TOLD_OF_ANSWER = 200
_TRY_AGAIN = frozenset({408, 425, 429})
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_OURS = frozenset(
    {
        *("host", "connection", "keep-alive", "upgrade", "te", "trailer", "transfer-encoding", "expect"),
        *("content-type", "content-length", "content-encoding", "user-agent", "cookie"),
    }
)


class WebhookError(DoorwatchError, ValueError):
    """An address that no webhook may have; the sentence says why, `field` what of the webhook it is about."""

    field = "url"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST: where to, signed with what, and under which id; the id is the same when it is sent again.

    Somebody may want another method, or headers of their own beside ours.
    """

    url: str
    secrets: tuple[str, ...]
    delivery_id: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def signature(secrets: Iterable[str], at: Micros, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`, one `v1` for each secret that is valid now."""
    seconds = at // SECOND
    signed = f"{seconds}.".encode() + body
    marks = [f"v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}" for secret in secrets]
    return ",".join([f"t={seconds}", *marks])


def check_address(url: str) -> None:
    """Raise WebhookError for an address that is no plain http or https one."""
    try:
        parsed = URL(url)
        host = parsed.host
    except ValueError as error:
        raise WebhookError(f"{url!r} is no web address ({error}): write it as https://host/path") from None
    if parsed.scheme not in {"http", "https"} or not host:
        raise WebhookError(f"{url!r} is no web address: write it as https://host/path")
    if parsed.user is not None or parsed.password is not None:
        raise WebhookError("a webhook's address carries no user and password: posts are signed instead")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise WebhookError for headers that are none, or that would change what is sent or where it goes."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise WebhookError(f"{name!r} is no name of a header: use letters, digits and -")
        if name.lower() in _OURS or name.lower().startswith(("x-doorwatch-", "proxy-")):
            raise WebhookError(f"the header {name} is set by Doorwatch itself: leave it out")
        if not all(" " <= one <= "~" for one in value):
            raise WebhookError(f"the header {name} holds more than plain letters on one line: write it in ASCII")


class WebhookChannel:
    """Posts to webhooks, as far as `reach` goes.

    Connections are kept for some seconds, as a handshake costs more than a post. Each leads to the very address that was
    looked at when it was made, so a name that changes its mind later (DNS rebinding) gains nothing; answers set no cookies,
    so what one account's receiver says goes to no other.
    """

    def __init__(self, reach: Reach = _EVERYWHERE, *, seconds: float = _SECONDS) -> None:
        self._reach = reach
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def reach(self) -> Reach:
        """Where it may post to."""
        return self._reach

    async def send(self, delivery: Delivery, now: Micros) -> None:
        """Post; returns when the other side answered with 2xx.

        Raises DeliveryError: `again` is false for answers that mean the request itself is not wanted (most of 4xx, a
        redirect) and for forbidden networks.
        """
        check_address(delivery.url)
        host = URL(delivery.url).host or ""
        self._refuse_literal(host)
        headers = {
            **delivery.headers,
            "Content-Type": "application/json",
            "User-Agent": "Doorwatch",
            DELIVERY: delivery.delivery_id,
            SIGNATURE: signature(delivery.secrets, now, delivery.body),
        }
        try:
            async with asyncio.timeout(self._seconds):
                status, words = await self._answer(delivery, headers)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unreached(error, f"the webhook at {host}", self._seconds) from error
        if not 200 <= status < 300:
            raise _refused(host, status, words)

    async def close(self) -> None:
        """End the connections that are kept."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _answer(self, delivery: Delivery, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and first words. A kept connection that the other side has ended since is no reason to wait: once more."""
        self._session = self._session or self._opened()
        try:
            return await _posted(self._session, delivery, headers)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError):
                raise
            async with self._opened() as fresh:
                return await _posted(fresh, delivery, headers)

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=Guard(lambda host, address: refuse(host, address, self._reach)),
            use_dns_cache=False,
            limit=0,
            keepalive_timeout=_KEEP_SECONDS,
        )
        # The time that a post may take counts over all that is tried.
        timeout = aiohttp.ClientTimeout(total=None)
        jar = aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False, cookie_jar=jar)

    def _refuse_literal(self, host: str) -> None:
        """Addresses written as numbers never reach the resolver."""
        try:
            refuse(host, host, self._reach)
        except ForbiddenError as error:
            raise DeliveryError(str(error), again=False) from None
        except ValueError:
            return


async def _posted(session: aiohttp.ClientSession, delivery: Delivery, headers: Mapping[str, str]) -> tuple[int, bytes]:
    request = session.request(delivery.method, delivery.url, data=delivery.body, headers=headers, allow_redirects=False)
    async with request as answer:
        # A connection on which part of an answer still lies is closed by that.
        return answer.status, await answer.content.read(_TOLD_OF_ANSWER)


def _refused(host: str, status: int, body: bytes) -> DeliveryError:
    words = " ".join(body.decode("utf-8", "replace").split())
    if 300 <= status < 400:
        return DeliveryError(f"the webhook at {host} answered {status}: redirects are not followed", again=False)
    again = status >= 500 or status in _TRY_AGAIN
    return DeliveryError(f"the webhook at {host} answered {status} {words}".rstrip(), again=again)
