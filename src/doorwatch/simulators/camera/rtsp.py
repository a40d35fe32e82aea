"""RTSP 1.0 messages (RFC 2326) as a camera reads and writes them, and the two ways to sign in."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from doorwatch.simulators.camera.clip import Clip

_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    454: "Session Not Found", 455: "Method Not Valid in This State", 461: "Unsupported Transport",
    503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a viewer; header names are lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The path of the URL, without a track's name and without a closing slash."""
        path = re.sub(r"^rtsps?://[^/]*", "", self.url, flags=re.IGNORECASE).split("?")[0]
        return re.sub(r"/trackID=\d+$", "", path).rstrip("/") or "/"


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The viewer's next request; packets that come between requests are passed over. None at the end."""
    while True:
        first = await reader.read(1)
        if not first:
            return None
        if first != b"$":
            break
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:], "big"))
    text = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
    line, *rest = text.strip("\r\n").split("\r\n")
    parts = line.split()
    headers = {name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in rest)}
    if length := int(headers.get("content-length", "0") or 0):
        await reader.readexactly(length)
    return Request(parts[0].upper(), parts[1], headers) if len(parts) == 3 else Request("", "", headers)


def answer(request: Request, status: int, headers: dict[str, str] | None = None, body: str = "") -> bytes:
    """The bytes of an answer to a request."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def session_description(clip: Clip, host: str) -> str:
    """The SDP of a clip: one video track that is played live."""
    encoded = [base64.b64encode(unit).decode() for unit in clip.parameters]
    if clip.codec == "h264":
        name = "H264"
        profile = clip.parameters[0][1:4].hex()
        detail = f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(encoded)}"
    else:
        name = "H265"
        kinds = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
        pairs = zip(clip.parameters, encoded, strict=True)
        detail = ";".join(f"{kinds[unit[0] >> 1 & 0x3F]}={text}" for unit, text in pairs)
    lines = [
        "v=0", f"o=- 1 1 IN IP4 {host}", "s=Doorwatch camera", f"c=IN IP4 {host}", "t=0 0", "a=range:npt=now-",
        "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {name}/90000", f"a=fmtp:96 {detail}",
        f"a=framesize:96 {clip.width}-{clip.height}", "a=control:trackID=0", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


@dataclass(slots=True)
class SignIn:
    """Asks for one user and password, by digest or by basic authentication."""

    user: str
    password: str
    scheme: str = "digest"
    realm: str = "Doorwatch camera"
    _nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def challenge(self) -> dict[str, str]:
        """The header that asks the viewer to sign in."""
        if self.scheme == "basic":
            return {"WWW-Authenticate": f'Basic realm="{self.realm}"'}
        return {"WWW-Authenticate": f'Digest realm="{self.realm}", nonce="{self._nonce}"'}

    def admits(self, request: Request) -> bool:
        """Whether the request carries the right user and password."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != self.scheme:
            return False
        if self.scheme == "basic":
            expected = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return hmac.compare_digest(rest.strip(), expected)
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', rest))
        identity = _md5(f"{self.user}:{self.realm}:{self.password}")
        asked = _md5(f"{request.method}:{given.get('uri', '')}")
        expected = _md5(f"{identity}:{self._nonce}:{asked}")
        return given.get("username") == self.user and hmac.compare_digest(given.get("response", ""), expected)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # RFC 2617 asks for MD5
