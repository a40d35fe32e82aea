"""What only one browser can read: RFC 8291, in one record of RFC 8188's `aes128gcm`."""

import base64
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from doorwatch.domain.errors import DoorwatchError

LONGEST = 3_000
"""Bytes of a message: push services take 4,096, and the envelope adds about a hundred."""

_SALT_BYTES = 16
_AUTH_BYTES = 16
_POINT_BYTES = 65
_RECORD = 4096
# Tells that this record is the last one; what followed would be padding.
_LAST = b"\x02"


class SubscriptionError(DoorwatchError, ValueError):
    """A browser's subscription that can't be one; `field` says what of it is wrong."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gave to encrypt for it: its public key (65 bytes, a point of P-256) and a secret of 16 bytes."""

    public: bytes
    auth: bytes


def browser_keys(p256dh: str, auth: str) -> BrowserKeys:
    """Keys out of the two texts that a browser gives, base64url. Raises SubscriptionError."""
    public, secret = _decoded(p256dh, "p256dh"), _decoded(auth, "auth")
    try:
        _point(public)
    except ValueError:
        text = "the browser's key is no point of P-256: switch notifications off and on in this browser"
        raise SubscriptionError(text, "p256dh") from None
    if len(secret) != _AUTH_BYTES:
        raise SubscriptionError(
            f"the browser's secret has {len(secret)} bytes, not {_AUTH_BYTES}: switch notifications off and on there",
            "auth",
        )
    return BrowserKeys(public, secret)


def encrypt(
    message: bytes, to: BrowserKeys, *, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The body of a push: a message of at most `LONGEST` bytes under a key and a salt that are made for it alone.

    `ours` and `salt` are given by tests of published examples only.
    """
    if len(message) > LONGEST:
        raise ValueError(f"a notification has at most {LONGEST} bytes, not {len(message)}")
    key = ours or ec.generate_private_key(ec.SECP256R1())
    salt = os.urandom(_SALT_BYTES) if salt is None else salt
    public = public_bytes(key)
    shared = key.exchange(ec.ECDH(), _point(to.public))
    secret = _derived(shared, to.auth, b"WebPush: info\x00" + to.public + public, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(content_key).encrypt(nonce, message + _LAST, None)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half of a key as a point, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def in_text(raw: bytes) -> str:
    """Bytes as base64url without filling, as browsers write them."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise SubscriptionError(f"{field} is no base64url: take it as the browser gives it", field) from None


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    if len(raw) != _POINT_BYTES:
        raise ValueError("a point of P-256 has 65 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
