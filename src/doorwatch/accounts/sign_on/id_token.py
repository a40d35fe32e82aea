"""Reading an ID token: it is believed when the provider signed it, for us, for this attempt, and just now."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from doorwatch.accounts.sign_on.errors import ProviderError
from doorwatch.domain.time import MINUTE, SECOND, Micros

SKEW = 2 * MINUTE
"""So much may the clocks of provider and server differ."""

# Signatures with a pair of keys. A token under a shared secret, or under none at all, proves nothing here.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


class UnknownKeyError(ProviderError):
    """The token was signed with a key that is not among those at hand; the provider may have made new ones."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must stand in the token."""

    issuer: str
    client_id: str
    nonce: str


def read(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, now: Micros) -> dict[str, Any]:
    """The claims of an ID token that is good. Raises ProviderError with what is wrong, UnknownKeyError for another key.

    `keys` are the provider's, as its document of keys has them.
    """
    claims = _signed(token, keys)
    _check_parties(claims, expected)
    _check_times(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise _bad("it belongs to another sign-in")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise _bad("it names nobody")
    return claims


def _signed(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise _bad("it is no signed token") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise _bad(f"it is signed with {str(algorithm)[:20]!r}; have the provider sign with RS256 or ES256")
    fitting = [key for key in keys if _fits(key, header.get("kid"), algorithm)]
    if not fitting:
        raise UnknownKeyError("the provider signed with a key that it does not publish: try again in a minute")
    for key in fitting:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm=algorithm),
                algorithms=[algorithm],
                # What it says is looked at below, by our own clock.
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "verify_iss": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        return claims
    raise _bad("its signature is wrong")


def _fits(key: Mapping[str, Any], kid: object, algorithm: str) -> bool:
    return (
        isinstance(key, Mapping)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") in {kid, None})
    )


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _bad(f"it comes from {str(claims.get('iss'))[:200]!r} and not from {expected.issuer!r}")
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    if expected.client_id not in audience:
        raise _bad("it is meant for another application")
    party = claims.get("azp")
    if (len(audience) > 1 and party is None) or party not in {None, expected.client_id}:
        raise _bad("it was given to another application")


def _check_times(claims: Mapping[str, Any], now: Micros) -> None:
    ends, made = _seconds(claims, "exp"), _seconds(claims, "iat")
    if ends + SKEW <= now:
        raise _bad("it has ended; look at the clocks of provider and server, or begin again")
    if made - SKEW > now or _seconds(claims, "nbf", made) - SKEW > now:
        raise _bad("it was made in the future: look at the clocks of provider and server")


def _seconds(claims: Mapping[str, Any], name: str, default: Micros | None = None) -> Micros:
    found = claims.get(name)
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e12:
        return int(found * SECOND)
    if default is not None and found is None:
        return default
    raise _bad(f"{name!r} is missing in it")


def _bad(why: str) -> ProviderError:
    return ProviderError(f"the provider's ID token can't be believed: {why}")
