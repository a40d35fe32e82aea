"""WS-Discovery: ask the local network which ONVIF cameras are there. Only works within one network segment."""

import asyncio
import fcntl
import socket
import struct
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from doorwatch.analyzer.onvif.soap import OnvifError

GROUP: Final = ("239.255.255.250", 3702)
_SIOCGIFADDR: Final = 0x8915
_LARGEST: Final = 1 << 16
_MOST: Final = 1000
_AGAIN_AFTER: Final = 0.3  # datagrams get lost: everybody is asked twice

_NAMES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}
_TYPES: Final = (
    ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("http://www.onvif.org/ver10/device/wsdl", "Device"),
)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that answered: its lasting id, the address of its service, and what its scopes tell."""

    endpoint: str
    address: str
    host: str
    name: str | None = None
    hardware: str | None = None
    location: str | None = None

    def as_mapping(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


async def discover(seconds: float = 3.0, targets: Sequence[tuple[str, int]] = ()) -> list[FoundCamera]:
    """The cameras that answer within `seconds`, by address.

    All interfaces of this machine are asked, or the `targets` (host, port) alone. Raises OnvifError when there is no
    network to ask in.
    """
    ears: list[asyncio.DatagramTransport] = []
    heard = _Heard()
    try:
        ears += [await _listen(heard, own) for own in ([None] if targets else own_addresses())]
        if not ears:
            raise OnvifError(
                "no network interface of this machine has an IPv4 address: connect it to the cameras' network"
            )
        for _ in range(2):
            for ear in ears:
                for kind in _TYPES:
                    for target in targets or (GROUP,):
                        ear.sendto(_question(*kind), target)
            await asyncio.sleep(min(_AGAIN_AFTER, seconds / 2))
        await asyncio.sleep(max(0.0, seconds - 2 * _AGAIN_AFTER))
    finally:
        for ear in ears:
            ear.close()
    return sorted(heard.found.values(), key=lambda one: one.address)


def own_addresses() -> list[str]:
    """The IPv4 addresses of this machine's interfaces, the loopback's aside."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                told = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # it has none
            found.append(socket.inet_ntoa(told[20:24]))
    return [address for address in found if not address.startswith("127.")]


async def _listen(heard: "_Heard", own: str | None) -> asyncio.DatagramTransport:
    speaking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    speaking.setblocking(False)
    if own is not None:
        speaking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        speaking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    speaking.bind((own or "0.0.0.0", 0))  # noqa: S104 - answers come from anywhere in the network
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: heard, sock=speaking)
    return transport


class _Heard(asyncio.DatagramProtocol):
    """Collects answers; whatever is no answer is passed over."""

    def __init__(self) -> None:
        self.found: dict[str, FoundCamera] = {}

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if len(self.found) < _MOST:
            for one in read_answer(data, str(addr[0])):
                self.found[one.endpoint] = one

    def error_received(self, exc: Exception) -> None:
        """One interface that cannot send keeps none of the others from it."""


def read_answer(data: bytes, sender: str) -> list[FoundCamera]:
    """The cameras in one datagram of `sender`; none when it is something else."""
    if len(data) > _LARGEST or b"<!DOCTYPE" in data:
        return []
    try:
        root = ET.fromstring(data)  # noqa: S314 - there is no document type, so nothing is expanded; its size is bounded
    except ET.ParseError:
        return []
    found = []
    for match in root.iterfind(".//d:ProbeMatch", _NAMES):
        addresses = (match.findtext("d:XAddrs", namespaces=_NAMES) or "").split()
        address = _best([one for one in addresses if one.startswith(("http://", "https://"))], sender)
        if address is not None:
            endpoint = (match.findtext("a:EndpointReference/a:Address", namespaces=_NAMES) or address).strip()
            scopes = (match.findtext("d:Scopes", namespaces=_NAMES) or "").split()
            told = (_scope(scopes, name) for name in ("name", "hardware", "location"))
            found.append(FoundCamera(endpoint, address, urlsplit(address).netloc, *told))
    return found


def _best(addresses: Sequence[str], sender: str) -> str | None:
    """The address at the host that answered, since others may lead nowhere from here; else an IPv4 one; else any."""

    def rank(address: str) -> int:
        host = urlsplit(address).hostname or ""
        return 0 if host == sender else 1 if ":" not in host else 2

    usable = [address for address in addresses if _readable(address)]
    return min(usable, key=rank, default=None)


def _readable(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _scope(scopes: Sequence[str], name: str) -> str | None:
    start = f"onvif://www.onvif.org/{name}/"
    return next(
        (unquote(one[len(start) :]) for one in scopes if one.lower().startswith(start) and len(one) > len(start)), None
    )


def _question(namespace: str, kind: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_NAMES["s"]}" xmlns:a="{_NAMES["a"]}" xmlns:d="{_NAMES["d"]}" xmlns:n="{namespace}">'
        f"<s:Header><a:Action>{_NAMES['d']}/Probe</a:Action><a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
        f"<s:Body><d:Probe><d:Types>n:{kind}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()
