"""Signed links: a right to one incident, until a time, that needs no sign-in."""

import base64
import hashlib
import hmac

import msgspec

from doorwatch.domain.time import Micros

_SIGNATURE = 20


class Shared(msgspec.Struct, array_like=True, frozen=True):
    """What a link gives: one incident of one account, until `until`; a link in a mail is also a row that may be ended."""

    account: str
    incident_id: str
    until: Micros
    link_id: str | None = None


class Links:
    """Makes and reads links under the installation's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, account: str, incident_id: str, until: Micros, link_id: str | None = None) -> str:
        """The link's token, safe in a URL."""
        body = msgspec.msgpack.encode(Shared(account, incident_id, until, link_id))
        return base64.urlsafe_b64encode(self._sign(body) + body).rstrip(b"=").decode()

    def read(self, token: str, now: Micros) -> Shared | None:
        """What a token gives now; None when it was not made here, was changed, or is over."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        shared = msgspec.msgpack.decode(body, type=Shared)
        return shared if now < shared.until else None

    def proof(self, link_id: str, password_hash: str) -> str:
        """What a browser keeps once the password of a link was given; no other password's, and no other link's."""
        told = f"{link_id}\0{password_hash}".encode()
        return hmac.new(self._key, b"doorwatch share password\0" + told, hashlib.sha256).hexdigest()

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, b"doorwatch share link\0" + body, hashlib.sha256).digest()[:_SIGNATURE]
