"""One-time passwords by time (RFC 6238): SHA-1, six digits, thirty seconds, which is what every authenticator app takes."""

import base64
import hmac
import secrets
from urllib.parse import quote

from doorwatch.domain.time import SECOND, Micros

STEP = 30 * SECOND
DIGITS = 6
LATE_STEPS = 1
"""A code is taken one step before and after its own: clocks differ, and people type slowly."""

_SECRET_BYTES = 20


def new_secret() -> str:
    """A secret of 160 random bits, in the base 32 that apps take."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step of thirty seconds since 1970."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, now: Micros, *, after: int) -> int | None:
    """The step to which a code belongs, when it is near now and later than the last one that was used; else None."""
    given = "".join(code.split())
    here = now // STEP
    found = None
    for step in range(here - LATE_STEPS, here + LATE_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given.encode()) and step > after:
            found = step
    return found


def address_for_apps(secret: str, email: str, issuer: str) -> str:
    """What the QR code says."""
    return (
        f"otpauth://totp/{quote(issuer)}:{quote(email)}?secret={secret}&issuer={quote(issuer)}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP // SECOND}"
    )
