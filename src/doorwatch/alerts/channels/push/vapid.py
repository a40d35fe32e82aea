"""By what a push service knows that it is always the same server that pushes: RFC 8292."""

from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from yarl import URL

from doorwatch.alerts.channels.push.encryption import in_text, public_bytes
from doorwatch.domain.time import HOUR, SECOND, Micros

# A day is the most that services allow, and clocks differ.
_GOOD_FOR = 12 * HOUR


def new_key() -> str:
    """A key to sign with, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """The server's own key, and where its owner is reached: `mailto:` or `https:`."""

    key: ec.EllipticCurvePrivateKey
    contact: str

    @classmethod
    def of(cls, pem: str, contact: str) -> "Signer":
        """The signer with a key that `new_key` made."""
        key = load_pem_private_key(pem.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("pushes are signed with a key of P-256")
        return cls(key, contact)

    @property
    def public(self) -> str:
        """What browsers are given when they subscribe: only who holds this key may push to them."""
        return in_text(public_bytes(self.key))

    def authorization(self, endpoint: str, now: Micros) -> str:
        """The header for a push to an address: good for its push service alone, and for half a day."""
        claims = {"aud": str(URL(endpoint).origin()), "exp": (now + _GOOD_FOR) // SECOND, "sub": self.contact}
        return f"vapid t={jwt.encode(claims, self.key, algorithm='ES256')}, k={self.public}"
