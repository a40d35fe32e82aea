"""What is asked of the provider: its document, its keys, a token for a code, and what it tells of a person.

Its address is set by the operator of the server, and what its document names is followed only over TLS (or on this
machine). Redirects are not followed, answers are bounded, and a document is kept for an hour.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from doorwatch.accounts.sign_on.attempt import Attempt, Purpose
from doorwatch.accounts.sign_on.errors import ProviderError, SignOnError
from doorwatch.accounts.sign_on.id_token import Expected, UnknownKeyError, read
from doorwatch.domain.time import HOUR, SECOND, Clock, Micros

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_MOST_BYTES = 1 << 20
_KEPT_FOR = HOUR
_KEYS_AGAIN_AFTER = 30 * SECOND
_AWAY_FOR = 5 * SECOND
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Client:
    """As what the provider knows this server."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect: str
    """Where the provider sends people back to."""
    scopes: str = "openid email profile"
    acr_values: tuple[str, ...] = ()
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider told of a person: the checked claims, and the ID token as it came."""

    claims: Mapping[str, Any]
    id_token: str = field(repr=False)


class Provider:
    """One provider, through its discovery document."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._document: tuple[Micros, dict[str, Any]] | None = None
        self._keys: tuple[Micros, list[Mapping[str, Any]]] | None = None
        self._away: tuple[Micros, ProviderError] | None = None

    async def document(self) -> dict[str, Any]:
        """The discovery document, at most an hour old. Raises ProviderError."""
        async with self._lock:
            now = self._clock.now()
            if self._document is not None and now - self._document[0] < _KEPT_FOR:
                return self._document[1]
            if self._away is not None and now - self._away[0] < _AWAY_FOR:
                raise self._away[1]  # whoever asks in masses does not have us ask the provider in masses
            try:
                found = await self._asked("GET", self.client.issuer.rstrip("/") + "/.well-known/openid-configuration")
                self._check(found)
            except ProviderError as error:
                self._away = (now, error)
                raise
            self._document, self._away = (now, found), None
            return found

    async def address_for(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in. Raises ProviderError."""
        document = await self.document()
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect,
            "scope": self.client.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        if self.client.acr_values:
            asked["acr_values"] = " ".join(self.client.acr_values)
        if attempt.purpose is Purpose.PROVE:
            # Both say the same: there are providers that know one of them only.
            asked |= {"prompt": "login", "max_age": "0"}
        return _with_query(document["authorization_endpoint"], asked)

    async def redeem(self, code: str, attempt: Attempt) -> Told:
        """Who came back with this code. Raises SignOnError for one that was used, ProviderError else."""
        document = await self.document()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect,
            "code_verifier": attempt.verifier,
        }
        answer = await self._asked("POST", document["token_endpoint"], form=form, headers=self._as_client(form))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("the provider gave no ID token: let this application use the scope openid there")
        claims = await self._read(token, attempt)
        return Told(await self._with_more(claims, document, answer.get("access_token")), token)

    async def sign_out_address(self, id_token: str | None, back_to: str) -> str | None:
        """Where the browser goes to sign out of the provider, too; None where there is no such place, or it is away."""
        try:
            place = (await self.document()).get("end_session_endpoint")
        except ProviderError:
            return None
        if not isinstance(place, str):
            return None
        asked = {"client_id": self.client.client_id, "post_logout_redirect_uri": back_to}
        return _with_query(place, asked | ({"id_token_hint": id_token} if id_token else {}))

    async def _read(self, token: str, attempt: Attempt) -> dict[str, Any]:
        expected = Expected(self.client.issuer, self.client.client_id, attempt.nonce)
        try:
            return read(token, await self._published(), expected, self._clock.now())
        except UnknownKeyError:
            return read(token, await self._published(again=True), expected, self._clock.now())

    async def _published(self, *, again: bool = False) -> list[Mapping[str, Any]]:
        document = await self.document()
        async with self._lock:
            now = self._clock.now()
            longest = _KEYS_AGAIN_AFTER if again else _KEPT_FOR
            if self._keys is None or now - self._keys[0] >= longest:
                found = (await self._asked("GET", document["jwks_uri"])).get("keys")
                if not isinstance(found, list):
                    raise ProviderError("the provider's document of keys holds no keys")
                self._keys = (now, found)
            return self._keys[1]

    async def _with_more(self, claims: dict[str, Any], document: dict[str, Any], access: object) -> dict[str, Any]:
        """The claims, with those of the userinfo endpoint that the ID token lacks; not every provider puts all into it."""
        place = document.get("userinfo_endpoint")
        if not isinstance(place, str) or not isinstance(access, str):
            return claims
        more = await self._asked("GET", place, headers={"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise ProviderError("the provider's answers are about two different people; nobody was signed in")
        if "email" in claims:
            # Whether an e-mail is verified is told by who tells the e-mail.
            more.pop("email_verified", None)
        return more | claims

    def _as_client(self, form: dict[str, str]) -> dict[str, str]:
        """How we prove to the provider who we are: a header to send, or fields that are added to the form."""
        secret = self.client.client_secret
        methods = (self._document or (0, {}))[1].get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is None or ("client_secret_basic" not in methods and "client_secret_post" in methods):
            form["client_id"] = self.client.client_id
            if secret is not None:
                form["client_secret"] = secret
            return {}
        pair = f"{quote(self.client.client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _check(self, document: dict[str, Any]) -> None:
        if document.get("issuer") != self.client.issuer:
            named = str(document.get("issuer"))[:200]
            raise ProviderError(
                f"the provider calls itself {named!r} and DOORWATCH_OIDC_ISSUER says {self.client.issuer!r}: write it the same"
            )
        for name in (
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "end_session_endpoint",
        ):
            place = document.get(name)
            if place is None and name in {"userinfo_endpoint", "end_session_endpoint"}:
                continue
            if not is_safe_address(place):
                raise ProviderError(f"the provider's {name} is no https address: {str(place)[:200]!r}")

    async def _asked(
        self,
        method: str,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One answer in JSON. Raises ProviderError, SignOnError for a code that is no good."""
        told = {"Accept": "application/json", **(headers or {})}
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, headers=told) as session,
                session.request(method, address, data=form, allow_redirects=False, ssl=self._trust()) as answer,
            ):
                body = await _bounded(answer)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise ProviderError(
                f"the sign-on provider {self.client.issuer} can't be reached ({why[:200]}): try again in a moment; whoever "
                "runs this server looks at DOORWATCH_OIDC_ISSUER and the network"
            ) from error
        return self._answered(urlsplit(address).path, status, body)

    def _answered(self, path: str, status: int, body: bytes) -> dict[str, Any]:
        try:
            found = json.loads(body) if len(body) <= _MOST_BYTES else None
        except (ValueError, RecursionError):
            found = None
        reason = found.get("error") if isinstance(found, dict) else None
        if reason in {"invalid_client", "unauthorized_client"} or (status == 401 and reason is None):
            raise ProviderError(
                "the provider refuses this server's client id or secret: whoever runs the server corrects "
                "DOORWATCH_OIDC_CLIENT_ID and DOORWATCH_OIDC_CLIENT_SECRET_FILE"
            )
        if reason == "invalid_grant":
            raise SignOnError(
                "the provider takes this sign-in no more: it was used before, or took too long; begin again"
            )
        if status != 200 or not isinstance(found, dict):
            told = f" and {str(reason)[:100]!r}" if reason else ""
            raise ProviderError(
                f"the sign-on provider answered {status}{told} at {path[:200]}, which can't be used: try again in a moment; "
                "whoever runs it finds the reason in its log"
            )
        return found

    def _trust(self) -> ssl.SSLContext | bool:
        if self.client.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=str(self.client.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ProviderError(
                f"the certificates in {self.client.ca_file} (DOORWATCH_OIDC_CA_FILE) can't be read: {error}"
            ) from error


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """What came, up to a byte more than is read."""
    body = b""
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    return body


def is_safe_address(address: object) -> bool:
    """Whether an address of a provider may be used: https, or http on this very machine."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
