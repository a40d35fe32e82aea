"""Cameras' hosts: looked up once, looked at, and then reached at that very address.

Whoever reads the stream would look a name up for himself, and a name may lead elsewhere the second time.
"""

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from doorwatch.analyzer.trouble import BAD_REQUEST, TIMED_OUT, CameraTrouble, trouble_of
from doorwatch.domain.camera_address import masked
from doorwatch.domain.reach import Reach, camera_reach, forbidden

_UNKNOWN_NAME = {socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_NODATA}


def pinned(url: str, reach: Reach | None = None) -> str:
    """The stream's address with its host as numbers. Raises CameraTrouble, also for an address where none may be."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise CameraTrouble(BAD_REQUEST, f"{masked(url)} is no camera's address: correct host and port") from None
    if not host:
        raise CameraTrouble(BAD_REQUEST, f"{masked(url)} names no host: write rtsp://host:port/path")
    try:
        found = socket.getaddrinfo(host, port or 554, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno not in _UNKNOWN_NAME:
            raise trouble_of(OSError(str(error)), url) from error
        said = error.strerror if isinstance(error, OSError) else str(error)
        what = (
            f"the name {host} is not known here ({said}): correct it, mend this machine's DNS, or write the camera's IP"
        )
        raise CameraTrouble(TIMED_OUT, f"{masked(url)} cannot be reached, {what} address") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    refused = forbidden(host, addresses, camera_reach() if reach is None else reach)
    if refused:
        raise CameraTrouble(BAD_REQUEST, refused)
    first = min(addresses, key=lambda one: ":" in one)  # IPv4 first: few cameras speak the other
    sign_in, at, _ = parts.netloc.rpartition("@")
    where = (f"[{first}]" if ":" in first else first) + (f":{port}" if port else "")
    return urlunsplit(parts._replace(netloc=f"{sign_in}{at}{where}"))


class ForbiddenCameraError(OSError):
    """A camera's address where no camera may be."""


def refuse(host: str, addresses: Iterable[str], reach: Reach) -> None:
    """Raise ForbiddenCameraError when one of the addresses may not be reached; names among them are passed over."""
    for address in addresses:
        try:
            sentence = forbidden(host, [address], reach)
        except ValueError:
            continue
        if sentence:
            raise ForbiddenCameraError(sentence)
