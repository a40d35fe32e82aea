"""Syslog for SIEMs: RFC 5424 with structured data, or CEF in its message; over UDP, TCP or TLS.

Syslog is never answered: what was handed to the network counts as delivered.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

import doorwatch
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.guard import ForbiddenError
from doorwatch.alerts.channels.resolving import resolved
from doorwatch.alerts.channels.webhook import WebhookError
from doorwatch.alerts.channels.wording import GOOD_NEWS, address, facts, headline, one_line
from doorwatch.domain.reach import Reach
from doorwatch.domain.time import MILLISECOND, Micros, from_iso, to_iso

PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
_LOCAL0_WARNING, _LOCAL0_NOTICE = 16 * 8 + 4, 16 * 8 + 5
_LONGEST_DATAGRAM = 2048
_EVERYWHERE = Reach()
_SECONDS = 10.0
# The number that RFC 5612 gives to those who have none of their own.
_STRUCTURE = "doorwatch@32473"


@dataclass(frozen=True, slots=True)
class Collector:
    """Where syslog goes: `transport` is udp, tcp or tls."""

    transport: str
    host: str
    port: int


def collector(url: str) -> Collector:
    """A collector out of `udp://host:514`, `tcp://host:514` or `tls://host:6514`. Raises WebhookError."""
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port or PORTS.get(parsed.scheme, 0)
    except ValueError as error:
        raise WebhookError(f"{url!r} is no syslog address ({error}): write it as tls://host:6514") from None
    if parsed.scheme not in PORTS or not host or parsed.user or parsed.path.strip("/"):
        raise WebhookError(
            f"{url!r} is no syslog address: write it as tls://host:6514, tcp://host:514 or udp://host:514"
        )
    return Collector(parsed.scheme, host, port)


def render(document: Mapping[str, Any], at: Micros) -> bytes:
    """One RFC 5424 message, without framing."""
    told = document["data"]["object"]
    pairs = {"id": document["id"], **{key: value for key, value in told.items() if not isinstance(value, list | dict)}}
    structure = "".join(f' {key}="{_quoted(value)}"' for key, value in pairs.items() if value is not None)
    words = " ".join([headline(document), *(value for name, value in facts(document) if name == "Why")])
    return _message(document, at, f"[{_STRUCTURE}{structure}]", f"\ufeff{words}")


def render_cef(document: Mapping[str, Any], at: Micros) -> bytes:
    """One CEF event as the message of an RFC 5424 one."""
    told = document["data"]["object"]
    kind = told.get("kind")
    what = f"{document['type']}:{kind}" if kind else document["type"]
    severity = 1 if document["type"] in GOOD_NEWS else 7
    head = ("Doorwatch", "Doorwatch", doorwatch.__version__, what, headline(document))
    extension: dict[str, Any] = {"externalId": document["id"]}
    if "title" in told:
        extension |= {"start": _milliseconds(told["start"]), "msg": told["reason"], "request": address(document) or ""}
    elif document["type"] != "test":
        extension |= {
            "start": _milliseconds(told["start"]),
            "end": _milliseconds(told["end"]),
            "msg": told["reason"],
            "cs1Label": "door", "cs1": told["door"],
            "cs2Label": "site", "cs2": told["site"],
            "cs3Label": "camera", "cs3": told["camera"],
            "cs4Label": "incident", "cs4": told["incident_id"],
            "cn1Label": "people", "cn1": told["people"],
            "cn2Label": "grants", "cn2": told["grants"],
            "cn3Label": "excess", "cn3": told["excess"],
            "request": address(document) or "",
        }  # fmt: skip
    fields = " ".join(f"{key}={_extension(value)}" for key, value in extension.items())
    return _message(document, at, "-", f"CEF:0|{'|'.join(_header(part) for part in head)}|{severity}|{fields}")


class SyslogChannel:
    """Hands messages to collectors, a connection each. `reach` is where it may go."""

    def __init__(self, reach: Reach = _EVERYWHERE, *, seconds: float = _SECONDS) -> None:
        self._reach = reach
        self._seconds = seconds

    async def send(self, where: Collector, message: bytes) -> None:
        """Send one message. Raises DeliveryError; `again` is false for forbidden networks alone."""
        try:
            async with asyncio.timeout(self._seconds):
                ip = await resolved(where.host, where.port, self._reach)
                if where.transport == "udp":
                    await _datagram(ip, where.port, message)
                else:
                    await _stream(ip, where, message)
        except ForbiddenError as error:
            raise DeliveryError(str(error), again=False) from None
        except (OSError, ssl.SSLError) as error:
            why = str(error) or f"no answer within {self._seconds:g} s"
            text = f"the syslog collector {where.host}:{where.port} can't be reached ({why})"
            raise DeliveryError(f"{text}; check host, port and firewall", again=True) from error


async def _datagram(ip: str, port: int, message: bytes) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(ip, port))
    try:
        transport.sendto(message[:_LONGEST_DATAGRAM].decode(errors="ignore").encode())
    finally:
        transport.close()


async def _stream(ip: str, where: Collector, message: bytes) -> None:
    context = ssl.create_default_context() if where.transport == "tls" else None
    name = where.host if context else None
    _, writer = await asyncio.open_connection(ip, where.port, ssl=context, server_hostname=name)
    try:
        # Octet counting: a message may hold line breaks, and a collector never has to guess where one ends.
        writer.write(f"{len(message)} ".encode() + message)
        await writer.drain()
    finally:
        writer.close()
    await writer.wait_closed()


def _message(document: Mapping[str, Any], at: Micros, structure: str, words: str) -> bytes:
    priority = _LOCAL0_NOTICE if document["type"] in GOOD_NEWS else _LOCAL0_WARNING
    host = "".join(one for one in socket.gethostname() if "!" <= one <= "~")[:255] or "-"
    kind = document["type"][:32]
    return f"<{priority}>1 {to_iso(at, 3)} {host} doorwatch - {kind} {structure} {words}".encode()


def _quoted(value: object) -> str:
    return one_line(str(value)).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _header(value: str) -> str:
    return one_line(value).replace("\\", "\\\\").replace("|", "\\|")


def _extension(value: object) -> str:
    return one_line(str(value)).replace("\\", "\\\\").replace("=", "\\=")


def _milliseconds(iso: str) -> int:
    return from_iso(iso) // MILLISECOND
