"""Passkeys and security keys as a second factor (WebAuthn): adding them, and believing what they sign.

A challenge is made without a row: when it was made, for whom and what for, and random bits, under an HMAC. It is good for
five minutes, and once: a passkey remembers the newest challenge that it signed.
"""

import base64
import hmac
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from doorwatch.accounts.sessions import note
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store.engine.identity import new_id
from doorwatch.store.people import passkeys as rows
from doorwatch.store.people.passkeys import Passkey
from doorwatch.store.people.users import User

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

CHALLENGE_LIFE = 5 * MINUTE
MOST_PASSKEYS = 20

_TIMEOUT_MS = CHALLENGE_LIFE // 1000
_RANDOM_BYTES = 16
_SUM_BYTES = 32


class PasskeyError(DoorwatchError):
    """A passkey's answer that is not believed, or that was used before."""


class PasskeyCopiedError(PasskeyError):
    """A passkey counts backwards: there may be two of it. `name` is what its person calls it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"the passkey {name} says that it was used less often than it was, so there may be a copy of it: sign in with "
            "another second factor, and remove it"
        )


class Purpose(StrEnum):
    """What a challenge is for."""

    ADD = "add"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class Place:
    """The site that passkeys are bound to: its host name, and the origin of its page."""

    host: str
    origin: str


def place_of(address: str) -> Place | None:
    """The site at an address; None where browsers make no passkeys: without TLS, or at an address of numbers."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        safe = parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
        return Place(host, f"{parts.scheme}://{parts.netloc}") if host and safe else None
    return None


@dataclass(frozen=True, slots=True)
class Passkeys:
    """What makes challenges, and checks what passkeys sign. `place` is None where the site has no name to bind them to."""

    key: bytes = field(repr=False)
    place: Place | None

    def creation_options(self, user: User, had: list[Passkey], now: Micros) -> dict[str, Any]:
        """What the browser asks an authenticator for. Raises AccountsError where passkeys can't be."""
        import webauthn  # noqa: PLC0415 - takes half a second that most starts never need
        from webauthn.helpers import structs  # noqa: PLC0415 - the same

        place = self._place()
        if len(had) >= MOST_PASSKEYS:
            raise AccountsError(f"{MOST_PASSKEYS} passkeys are the most: remove one that you do not use")
        options = webauthn.generate_registration_options(
            rp_id=place.host,
            rp_name="Doorwatch",
            user_id=user.user_id.encode(),
            user_name=user.email,
            user_display_name=user.name,
            challenge=self._challenge(user, Purpose.ADD, now),
            timeout=_TIMEOUT_MS,
            exclude_credentials=[_described(one) for one in had],
            # The password comes first: whoever holds the key need not unlock it, if it can't be unlocked.
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
                user_verification=structs.UserVerificationRequirement.PREFERRED,
            ),
        )
        return _as_json(options)

    def request_options(self, user: User, had: list[Passkey], now: Micros) -> dict[str, Any] | None:
        """What the browser asks a person's passkeys to sign; None for a person without, or where they can't be."""
        if self.place is None or not had:
            return None
        import webauthn  # noqa: PLC0415 - takes half a second that most starts never need
        from webauthn.helpers import structs  # noqa: PLC0415 - the same

        options = webauthn.generate_authentication_options(
            rp_id=self.place.host,
            challenge=self._challenge(user, Purpose.SHOW, now),
            timeout=_TIMEOUT_MS,
            allow_credentials=[_described(one) for one in had],
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        )
        return _as_json(options)

    def added(self, conn: Connection, user: User, answer: Mapping[str, Any], name: str, now: Micros) -> Passkey:
        """Keep the passkey that a browser made. Raises PasskeyError, AccountsError for one that somebody has."""
        import webauthn  # noqa: PLC0415 - takes half a second that most starts never need
        from webauthn.helpers import bytes_to_base64url  # noqa: PLC0415 - the same
        from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - the same

        place = self._place()
        challenge, made_at = self._signed_challenge(user, answer, Purpose.ADD, now)
        try:
            verified = webauthn.verify_registration_response(
                credential=json.dumps(answer),
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _unbelieved(error) from error
        credential_id = bytes_to_base64url(verified.credential_id)
        if rows.is_taken(conn, credential_id):
            raise AccountsError("this passkey was added before: take another one")
        told = answer["response"].get("transports") or []
        passkey = Passkey(
            user.user_id,
            new_id("key"),
            credential_id,
            bytes_to_base64url(verified.credential_public_key),
            name.strip() or "Passkey",
            verified.sign_count,
            tuple(str(one)[:20] for one in told[:10]),
            now,
            last_challenge=made_at,
        )
        rows.add_passkey(conn, passkey)
        return passkey

    def check(self, conn: Connection, user: User, answer: Mapping[str, Any], now: Micros) -> Passkey:
        """The passkey that has signed. Raises PasskeyError, PasskeyCopiedError for one that counts backwards."""
        import webauthn  # noqa: PLC0415 - takes half a second that most starts never need
        from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415 - the same
        from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - the same

        place = self._place()
        known = next((one for one in rows.passkeys_of(conn, user.user_id) if one.credential_id == answer["id"]), None)
        if known is None:
            raise PasskeyError("this passkey is none of yours here: take another, or a code")
        challenge, made_at = self._signed_challenge(user, answer, Purpose.SHOW, now)
        try:
            verified = webauthn.verify_authentication_response(
                credential=json.dumps(answer),
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                credential_public_key=base64url_to_bytes(known.public_key),
                # Looked at below, where it can be told apart from other reasons.
                credential_current_sign_count=0,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _unbelieved(error) from error
        count = verified.new_sign_count
        if count <= known.sign_count and (count or known.sign_count):
            raise PasskeyCopiedError(known.name)
        if not rows.use_passkey(conn, known, sign_count=count, challenge=made_at, now=now):
            raise PasskeyError("this answer of the passkey was used before: try again")
        return known

    def _place(self) -> Place:
        if self.place is None:
            raise AccountsError(
                "passkeys are bound to the name of a site, and this one has only an address: whoever runs the server sets "
                "DOORWATCH_PUBLIC_URL to https and a host name"
            )
        return self.place

    def _challenge(self, user: User, purpose: Purpose, now: Micros) -> bytes:
        inside = now.to_bytes(8, "big") + secrets.token_bytes(_RANDOM_BYTES)
        return inside + self._sum(inside, user, purpose)

    def _signed_challenge(
        self, user: User, answer: Mapping[str, Any], purpose: Purpose, now: Micros
    ) -> tuple[bytes, Micros]:
        """The challenge that an answer says it has signed, when it is one of ours and still good; when it was made."""
        try:
            said = json.loads(_decoded(answer["response"]["clientDataJSON"]))
            challenge = _decoded(said["challenge"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unbelieved(error) from error
        inside, proof = challenge[:-_SUM_BYTES], challenge[-_SUM_BYTES:]
        made_at = int.from_bytes(inside[:8], "big")
        good = hmac.compare_digest(proof, self._sum(inside, user, purpose))
        if not good or not 0 <= now - made_at <= CHALLENGE_LIFE:
            raise PasskeyError("the passkey took too long: try again")
        return challenge, made_at

    def _sum(self, inside: bytes, user: User, purpose: Purpose) -> bytes:
        return hmac.digest(self.key, inside + f"{purpose.value}|{user.user_id}".encode(), "sha256")


def rename(conn: Connection, user: User, passkey_id: str, name: str) -> None:
    """Call one's passkey something else; raises UnknownError, AccountsError for no name."""
    if not name.strip():
        raise AccountsError("a passkey needs a name by which you know it, such as `key on my ring`")
    rows.rename_passkey(conn, user.user_id, passkey_id, name.strip())


def note_copied(conn: Connection, user: User, error: PasskeyCopiedError, now: Micros, address: str | None) -> None:
    """Put into the trail that there may be a copy of somebody's passkey."""
    note(conn, user, "factor.copied", now, address, passkey=error.name)


def _described(passkey: Passkey) -> "PublicKeyCredentialDescriptor":
    from webauthn.helpers import base64url_to_bytes, structs  # noqa: PLC0415 - only where webauthn is loaded already

    known = {one.value: one for one in structs.AuthenticatorTransport}
    transports = [known[one] for one in passkey.transports if one in known]
    return structs.PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id), transports=transports or None
    )


def _as_json(options: Any) -> dict[str, Any]:
    from webauthn.helpers import options_to_json_dict  # noqa: PLC0415 - only where webauthn is loaded already

    return options_to_json_dict(options)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _unbelieved(error: Exception) -> PasskeyError:
    reason = str(error).partition("\n")[0][:120]
    return PasskeyError(f"the passkey's answer can't be believed ({reason}): try again, or take another second factor")
