"""Hands a notification to the push service that a browser named, and nobody else.

Anybody who may sign in names such an address, so it may lead only to where push services are: to public addresses over
HTTPS. Networks that are named for webhooks are allowed here, too, for a push service of one's own.
"""

import ipaddress
import ssl
from dataclasses import dataclass, replace
from typing import Literal

import aiohttp
from yarl import URL

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.guard import ForbiddenError, Guard, unreached
from doorwatch.alerts.channels.push.encryption import BrowserKeys, SubscriptionError, encrypt
from doorwatch.alerts.channels.push.vapid import Signer
from doorwatch.domain.reach import Reach
from doorwatch.domain.time import Micros

_EVERYWHERE = Reach()
_SECONDS = 10.0
_LONGEST_ADDRESS = 1000
_TOLD_OF_ANSWER = 200
_GONE = frozenset({404, 410})
_TRY_AGAIN = frozenset({408, 425, 429})


class GoneError(DeliveryError):
    """The browser wants no more of it, or is no more: its subscription is to be forgotten."""

    def __init__(self, text: str) -> None:
        super().__init__(text, again=False)


@dataclass(frozen=True, slots=True)
class Push:
    """One notification for one browser.

    A later one with the same `topic` (at most 32 letters of base64url) takes its place while the browser is away;
    after `ttl` seconds it is not worth telling any more.
    """

    endpoint: str
    keys: BrowserKeys
    message: bytes
    topic: str
    ttl: int
    urgency: Literal["normal", "high"]


def check_endpoint(endpoint: str) -> None:
    """Raise SubscriptionError for an address that no push service has."""
    try:
        parsed = URL(endpoint)
        right = parsed.scheme == "https" and parsed.host and parsed.user is None and parsed.password is None
    except ValueError:
        right = False
    if not right or len(endpoint) > _LONGEST_ADDRESS:
        raise SubscriptionError("the push service's address is none: take it as the browser gives it", "endpoint")


class PushChannel:
    """Posts to push services. `reach` names networks that may be reached although they are not public."""

    def __init__(
        self,
        signer: Signer,
        reach: Reach = _EVERYWHERE,
        *,
        seconds: float = _SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._signer = signer
        self._reach = reach
        self._seconds = seconds
        self._trust: ssl.SSLContext | bool = True if trust is None else trust

    async def send(self, push: Push, now: Micros) -> None:
        """Hand over; returns when the push service has taken it. Raises DeliveryError, GoneError among them."""
        try:
            check_endpoint(push.endpoint)
        except SubscriptionError as error:
            raise DeliveryError(str(error), again=False) from None
        host = URL(push.endpoint).host or ""
        headers = {
            "Authorization": self._signer.authorization(push.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(push.ttl),
            "Topic": push.topic,
            "Urgency": push.urgency,
        }
        body = encrypt(push.message, push.keys)
        connector = aiohttp.TCPConnector(resolver=Guard(self._refuse), use_dns_cache=False, ssl=self._trust)
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        try:
            self._refuse_literal(host)
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.post(push.endpoint, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if not 200 <= answer.status < 300:
                    raise _refused(host, answer.status, await answer.content.read(_TOLD_OF_ANSWER))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            cure = "; let this server reach it, or switch notifications off"
            raise unreached(error, f"the push service {host}", self._seconds, cure) from error
        finally:
            await connector.close()

    def _refuse_literal(self, host: str) -> None:
        """Addresses written as numbers never reach the resolver."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        self._refuse(host, host)

    def _refuse(self, host: str, address: str) -> None:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        inner = not ip.is_global or ip.is_multicast
        if replace(self._reach, only=True).refuses(address) and (self._reach.only or inner):
            why = "which is no public address" if inner else "which is in none of the networks that may be reached"
            text = f"the push service {host} leads to {address}, {why}"
            raise ForbiddenError(f"{text}; if it should, name its network in DOORWATCH_WEBHOOK_NETWORKS")


def _refused(host: str, status: int, body: bytes) -> DeliveryError:
    words = " ".join(body.decode("utf-8", "replace").split())
    text = f"the push service {host} answered {status} {words}".rstrip()
    if status in _GONE:
        return GoneError(f"{text}: the browser is not subscribed any more, and was taken off the list")
    return DeliveryError(text, again=status >= 500 or status in _TRY_AGAIN)
