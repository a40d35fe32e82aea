"""SOAP as ONVIF devices speak it: envelopes, the two ways to sign in, and faults as sentences.

Whatever answers is a stranger in the network: answers are bounded in size and time, a document type is refused before
anything is expanded, and the password only goes to the host that was named.
"""

import base64
import hashlib
import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import aiohttp

from doorwatch.analyzer.reaching import ForbiddenCameraError, refuse
from doorwatch.analyzer.trouble import system_word
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.reach import Reach

REQUEST_SECONDS: Final = 5.0
_LARGEST: Final = 1 << 20

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_WSS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"

NAMES: Final = {"s": _SOAP, "tds": DEVICE, "trt": MEDIA, "tr2": MEDIA2, "tt": SCHEMA}
"""Prefixes for searching in answers."""


class OnvifError(DoorwatchError):
    """An ONVIF device that cannot be asked; the text says why and what to do."""


class RefusedError(OnvifError):
    """The device did not accept user and password."""


class FaultError(OnvifError):
    """The device understood, and declined for another reason than the password."""


@dataclass(slots=True)
class Soap:
    """Calls to one device; `ahead` is how far its clock runs before ours, and tokens are dated by its clock."""

    session: aiohttp.ClientSession
    address: str
    user: str | None = None
    password: str = field(default="", repr=False)
    ahead: timedelta = field(default_factory=timedelta)
    reach: Reach = field(default_factory=Reach)

    async def call(self, url: str, namespace: str, operation: str, inner: str = "", *, sign: bool = True) -> ET.Element:
        """The answer's element. Raises OnvifError."""
        body = f'<{operation} xmlns="{namespace}">{inner}</{operation}>'
        token = self._token() if sign and self.user else ""
        envelope = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{_SOAP}">'
            f"<s:Header>{token}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        kind = f'application/soap+xml; charset=utf-8; action="{namespace}/{operation}"'
        status, data = await self._post(url, envelope.encode(), {"Content-Type": kind}, sign=sign)
        return self._read(status, data, operation)

    async def _post(self, url: str, data: bytes, headers: dict[str, str], *, sign: bool) -> tuple[int, bytes]:
        digest = [aiohttp.DigestAuthMiddleware(self.user, self.password)] if sign and self.user else []
        try:
            # Numbers are never looked up, so the resolver does not meet them; a device names its services itself.
            host = urlsplit(url).hostname or ""
            refuse(host, [host], self.reach)
            async with self.session.post(
                url, data=data, headers=headers, middlewares=digest, allow_redirects=False
            ) as answer:
                return answer.status, await _bounded(answer)
        except ForbiddenCameraError as error:
            raise OnvifError(str(error)) from error
        except TimeoutError as error:
            raise OnvifError(f"{self.address} does not answer in time: check its power and network") from error
        except aiohttp.InvalidURL as error:
            raise OnvifError(
                f"{self.address} is no address: give the camera's host, or http://host:port/path"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(cause := getattr(error, "os_error", None), ForbiddenCameraError):
                raise OnvifError(str(cause)) from error
            raise OnvifError(
                f"{self.address} cannot be reached ({system_word(error)}): check the address and the port of its ONVIF service"
            ) from error

    def _read(self, status: int, data: bytes, operation: str) -> ET.Element:
        if len(data) > _LARGEST or b"<!DOCTYPE" in data:
            raise OnvifError(f"{self.address} answers with what no camera sends: check the address")
        root = _parsed(data)
        fault = None if root is None else root.find(".//s:Fault", NAMES)
        if status in {401, 403} or (fault is not None and _is_refusal(fault)):
            raise RefusedError(
                f"{self.address} refuses user and password: many cameras keep ONVIF users apart from those of their web page"
            )
        if fault is not None:
            reason = " ".join("".join(fault.itertext()).split())[:200]
            raise FaultError(f"{self.address} declines {operation} ({reason}): update the camera's firmware")
        found = None if root is None else root.find("s:Body/*[1]", NAMES)
        if found is None or not found.tag.endswith(f"}}{operation}Response"):
            raise OnvifError(
                f"{self.address} does not speak ONVIF there (HTTP status {status}): switch ONVIF on in the camera, "
                "and check port and path"
            )
        return found

    def _token(self) -> str:
        """A WS-Security user name token with a password digest, dated by the device's clock."""
        nonce = secrets.token_bytes(16)
        created = (datetime.now(UTC) + self.ahead).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        digest = hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()  # noqa: S324 - as the standard says
        secext, utility = f"{_WSS}-wssecurity-secext-1.0.xsd", f"{_WSS}-wssecurity-utility-1.0.xsd"
        kind = f"{_WSS}-username-token-profile-1.0#PasswordDigest"
        coding = f"{_WSS}-soap-message-security-1.0#Base64Binary"
        return (
            f'<Security s:mustUnderstand="1" xmlns="{secext}"><UsernameToken><Username>{escape(self.user or "")}</Username>'
            f'<Password Type="{kind}">{base64.b64encode(digest).decode()}</Password>'
            f'<Nonce EncodingType="{coding}">{base64.b64encode(nonce).decode()}</Nonce>'
            f'<Created xmlns="{utility}">{created}</Created></UsernameToken></Security>'
        )


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's body; of one that is too large, a little more than the limit."""
    data = bytearray()
    async for piece in answer.content.iter_any():
        data += piece
        if len(data) > _LARGEST:
            break
    return bytes(data)


def _parsed(data: bytes) -> ET.Element | None:
    try:
        return ET.fromstring(data)  # noqa: S314 - there is no document type, so nothing is expanded; its size is bounded
    except ET.ParseError:
        return None


def _is_refusal(fault: ET.Element) -> bool:
    words = "".join(fault.itertext()).casefold()
    return any(word in words for word in ("notauthorized", "not authorized", "failedauthentication", "unauthorized"))


def text(element: ET.Element, path: str) -> str | None:
    """The text at a path below an element; None when there is none."""
    found = element.findtext(path, namespaces=NAMES)
    return found.strip() or None if found is not None else None


def number(element: ET.Element, path: str) -> float | None:
    """The number at a path below an element; None when there is none, or when it is no number."""
    try:
        return float(text(element, path) or "")
    except ValueError:
        return None
