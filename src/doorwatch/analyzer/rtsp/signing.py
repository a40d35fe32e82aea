"""Signing in to a camera: the `Authorization` header that its challenge asks for (RFC 7617, RFC 7616)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence

_HASHES = {"md5": "md5", "sha-256": "sha256"}


class SignIn:
    """One user's name and password, and the challenge that was met last."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._basic = False
        self._asked: dict[str, str] = {}
        self._count = 0

    def challenged(self, offers: Sequence[str]) -> bool:
        """Take the best of a refusal's `WWW-Authenticate` headers; false when none can be answered, or an answer was refused."""
        read = [(kind.lower(), _words(rest)) for kind, _, rest in (offer.strip().partition(" ") for offer in offers)]
        digests = [words for kind, words in read if kind == "digest" and _hash_of(words) in _HASHES]
        digest = max(digests, key=lambda words: _hash_of(words) == "sha-256", default=None)
        stale = digest is not None and digest.get("stale", "").lower() == "true"
        if not self._user or (self._known and not stale):
            return False
        self._asked, self._count = digest or {}, 0
        self._basic = digest is None and any(kind == "basic" for kind, _ in read)
        return self._known

    def header(self, method: str, uri: str) -> str | None:
        """What to send with a request; None while nobody asked."""
        if self._basic:
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return self._digest(method, uri) if self._asked else None

    @property
    def _known(self) -> bool:
        return self._basic or bool(self._asked)

    def _digest(self, method: str, uri: str) -> str:
        asked, self._count = self._asked, self._count + 1

        def hashed(text: str) -> str:
            return hashlib.new(_HASHES[_hash_of(asked)], text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        identity, request = hashed(f"{self._user}:{realm}:{self._password}"), hashed(f"{method}:{uri}")
        told = {"username": self._user, "realm": realm, "nonce": nonce, "uri": uri}
        between = nonce
        if "auth" in asked.get("qop", "").split(","):
            told |= {"cnonce": secrets.token_hex(8), "nc": f"{self._count:08x}"}
            between = f"{nonce}:{told['nc']}:{told['cnonce']}:auth"
        told["response"] = hashed(f"{identity}:{between}:{request}")
        told |= {name: asked[name] for name in ("opaque", "algorithm") if name in asked}
        bare = {"nc", "algorithm"}
        words = [f"{name}={value}" if name in bare else f'{name}="{value}"' for name, value in told.items()]
        return "Digest " + ", ".join(words + (["qop=auth"] if "nc" in told else []))


def _hash_of(words: dict[str, str]) -> str:
    return words.get("algorithm", "md5").lower()


def _words(text: str) -> dict[str, str]:
    found = re.findall(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))', text)
    return {name.lower(): quoted or bare for name, quoted, bare in found}
