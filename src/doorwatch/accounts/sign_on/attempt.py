"""One attempt to sign in at the provider, kept by the browser alone: no row is made for whoever begins and never comes back.

The cookie holds 256 random bits, what the attempt is for, until when it is good and where the person goes afterwards, under
an HMAC of the installation. State, nonce and the verifier of PKCE are derived from the random bits, so that what comes back
from the provider belongs to this browser and to this attempt.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from doorwatch.domain.time import MINUTE, Micros

LIFE = 10 * MINUTE


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_IN = "sign in"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt; `return_to` is a path of our own page."""

    secret: str = field(repr=False)
    purpose: Purpose
    begun_at: Micros
    return_to: str

    @property
    def state(self) -> str:
        """What the provider gives back as it got it."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What stands in the ID token, so that one of another attempt is of no use."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What proves that who redeems the code has begun the attempt."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider learns of the verifier beforehand (S256)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def _derived(self, what: str) -> str:
        return _text(hmac.digest(self.secret.encode(), what.encode(), "sha256"))


class Attempts:
    """Makes attempts, and knows them again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def begin(self, purpose: Purpose, return_to: str, now: Micros) -> tuple[Attempt, str]:
        """A new attempt, and what the browser keeps of it."""
        attempt = Attempt(secrets.token_urlsafe(32), purpose, now, own_path(return_to))
        inside = _text(json.dumps([attempt.secret, purpose.value, now, attempt.return_to]).encode())
        return attempt, f"{inside}.{self._sum(inside)}"

    def known(self, kept: str | None, now: Micros) -> Attempt | None:
        """The attempt that a browser kept; None when it is none, or older than ten minutes."""
        inside, _, proof = (kept or "").partition(".")
        if not inside or not hmac.compare_digest(proof.encode(), self._sum(inside).encode()):
            return None
        secret, purpose, begun_at, return_to = json.loads(base64.urlsafe_b64decode(inside + "=" * (-len(inside) % 4)))
        return Attempt(secret, Purpose(purpose), begun_at, return_to) if 0 <= now - begun_at <= LIFE else None

    def _sum(self, inside: str) -> str:
        return hmac.new(self._key, inside.encode(), hashlib.sha256).hexdigest()


def own_path(text: str) -> str:
    """A path of our own page; `/` for whatever could lead elsewhere."""
    plain = text.isprintable() and "\\" not in text and len(text) <= 1000
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
