"""The installation's own key for evidence: Ed25519, made once, sealed in the database like its other secrets."""

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.store import settings as stored_settings

NAME = "evidence key"
"""Under which the database keeps it."""

_SEED_BYTES = 32


class EvidenceKeyError(DoorwatchError):
    """A public key that cannot be read; the text is one sentence with the cure."""


class PublicKey:
    """What signatures are checked with. `pem` and `fingerprint` are what people compare and hand on."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        digest = hashlib.sha256(raw).hexdigest()
        self.fingerprint = " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))
        """SHA-256 of the 32 bytes of the key, in groups of four digits."""

    @classmethod
    def read(cls, pem: bytes) -> "PublicKey":
        """The key in a PEM file. Raises EvidenceKeyError."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, TypeError) as error:
            raise EvidenceKeyError(
                "this is no public key in PEM form: it begins with -----BEGIN PUBLIC KEY-----"
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise EvidenceKeyError("this is a public key of another kind: evidence is signed with Ed25519")
        return cls(key)

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature is this key's, of this data."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class EvidenceKey:
    """What evidence is signed with."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key())

    @classmethod
    def of_installation(cls, conn: Connection, now: Micros) -> "EvidenceKey":
        """The key of this installation, made when it is first asked for; all replicas get the same one."""
        text = stored_settings.get_or_make_secret(
            conn, NAME, lambda: base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode(), now
        )
        return cls(base64.b64decode(text))

    def sign(self, data: bytes) -> bytes:
        """The signature of some data, 64 bytes."""
        return self._key.sign(data)


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two fingerprints are the same, however they are grouped and written."""

    def bare(text: str) -> str:
        return "".join(text.lower().replace(":", " ").split())

    return bare(one) == bare(other)
