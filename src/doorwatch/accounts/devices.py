"""Browsers in which somebody signed in before: they are not slowed down by strangers who guess at the same e-mail.

The browser keeps a mark in a cookie of its own for a year. It proves nothing but that, opens nothing, and needs no row:
it is a random number under an HMAC with the installation's key and the e-mail.
"""

import hashlib
import hmac
import secrets

from doorwatch.domain.time import DAY

DEVICE_LIFE = 365 * DAY


class Devices:
    """Makes such marks and knows them again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, email: str) -> str:
        """A new mark for a browser of whoever has this e-mail."""
        number = secrets.token_urlsafe(16)
        return f"{number}.{self._sum(number, email)}"

    def known(self, mark: str | None, email: str) -> str | None:
        """The number of a mark that was made for this e-mail; None for any other."""
        number, _, proof = (mark or "").partition(".")
        if not number or not hmac.compare_digest(proof.encode(), self._sum(number, email).encode()):
            return None
        return number

    def _sum(self, number: str, email: str) -> str:
        return hmac.new(self._key, f"{number}|{email}".encode(), hashlib.sha256).hexdigest()
