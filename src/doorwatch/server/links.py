"""Signed links: a right to one incident, until a time, that needs no sign-in."""

import base64
import hashlib
import hmac

import msgspec

from doorwatch.domain.time import Micros

_SIGNATURE = 20
_SHARE, _PICTURE = b"doorwatch share link", b"doorwatch picture link"


class Shared(msgspec.Struct, array_like=True, frozen=True):
    """What a link gives: one incident of one account, until `until`; a link in a mail is also a row that may be ended."""

    account: str
    incident_id: str
    until: Micros
    link_id: str | None = None


class Pictured(msgspec.Struct, array_like=True, frozen=True):
    """What the link of a picture gives: the picture of one moment, which a callback was posted, until `until`."""

    account: str
    callback_id: str
    moment_id: str
    until: Micros


class Links:
    """Makes and reads links under the installation's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, account: str, incident_id: str, until: Micros, link_id: str | None = None) -> str:
        """The link's token, safe in a URL."""
        return self._made(_SHARE, Shared(account, incident_id, until, link_id))

    def read(self, token: str, now: Micros) -> Shared | None:
        """What a token gives now; None when it was not made here, was changed, or is over."""
        body = self._body(_SHARE, token)
        shared = None if body is None else msgspec.msgpack.decode(body, type=Shared)
        return shared if shared is not None and now < shared.until else None

    def picture(self, account: str, callback_id: str, moment_id: str, until: Micros) -> str:
        """The token of a link to one picture."""
        return self._made(_PICTURE, Pictured(account, callback_id, moment_id, until))

    def read_picture(self, token: str, now: Micros) -> Pictured | None:
        """What a picture's token gives now; None when it was not made here, was changed, or is over."""
        body = self._body(_PICTURE, token)
        pictured = None if body is None else msgspec.msgpack.decode(body, type=Pictured)
        return pictured if pictured is not None and now < pictured.until else None

    def proof(self, link_id: str, password_hash: str) -> str:
        """What a browser keeps once the password of a link was given; no other password's, and no other link's."""
        told = f"{link_id}\0{password_hash}".encode()
        return hmac.new(self._key, b"doorwatch share password\0" + told, hashlib.sha256).hexdigest()

    def _made(self, purpose: bytes, right: msgspec.Struct) -> str:
        body = msgspec.msgpack.encode(right)
        return base64.urlsafe_b64encode(self._sign(purpose, body) + body).rstrip(b"=").decode()

    def _body(self, purpose: bytes, token: str) -> bytes | None:
        """What was signed for this purpose, and no other; None when it was not."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        return body if hmac.compare_digest(signature, self._sign(purpose, body)) else None

    def _sign(self, purpose: bytes, body: bytes) -> bytes:
        return hmac.new(self._key, purpose + b"\0" + body, hashlib.sha256).digest()[:_SIGNATURE]
