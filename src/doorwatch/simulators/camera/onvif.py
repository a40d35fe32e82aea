"""The ONVIF side of a simulated camera: device and media services over SOAP, and its answer to WS-Discovery.

Signs in as strict cameras do: a WS-Security token with a digest, fresh by the device's own clock, which may be wrong.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, cast
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros, SystemClock, from_iso, to_iso
from doorwatch.simulators.camera.server import CameraSimulator

_FRESH: Final = 60 * SECOND
_SPACES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "w": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "u": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
}
_DECLARED: Final = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _SPACES.items())


@dataclass(frozen=True, slots=True)
class OnvifProfile:
    """One stream as the device tells of it; without a codec it is a profile that carries no video."""

    token: str
    url: str
    codec: str | None = "H264"
    width: int = 640
    height: int = 360
    fps: int = 12
    key_every: int = 25


class OnvifSimulator:
    """An ONVIF device on `host` and `port` (0: any free one). `clock_ahead` is how far its own clock is wrong.

    With `newer` it has the second media service as well, the only one that knows HEVC; without `modern` it knows
    GetCapabilities instead of GetServices, as old devices do.
    """

    def __init__(
        self,
        profiles: Sequence[OnvifProfile],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str | None = None,
        password: str = "",
        clock_ahead: Micros = 0,
        newer: bool = True,
        modern: bool = True,
        tells_time: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.profiles = tuple(profiles)
        self.host, self.port = host, port
        self.clock_ahead = clock_ahead
        self.asked: list[str] = []
        self.silent = False
        self._user, self._password = user, password
        self._newer, self._modern, self._tells_time = newer, modern, tells_time
        self._clock = clock or SystemClock()
        self._endpoint = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{host}:{port}')}"
        self._runner: web.AppRunner | None = None
        self._ear: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """The address of the device service."""
        return f"http://{self.host}:{self.port}/onvif/device_service"

    @property
    def ear(self) -> tuple[str, int]:
        """Where it listens for WS-Discovery, once `listen` was called."""
        host, port = self._ear.get_extra_info("sockname")[:2] if self._ear else (self.host, 0)
        return host, port

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/onvif/{service}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self.host, self.port).start()
        except OSError as error:
            raise DoorwatchError(
                f"the camera's ONVIF service cannot listen on {self.host}:{self.port} ({error.strerror}): "
                "choose another port"
            ) from error
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ear is not None:
            self._ear.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def listen(self, port: int = 0) -> None:
        """Answer WS-Discovery questions that come to this port of its host."""
        loop = asyncio.get_running_loop()
        self._ear, _ = await loop.create_datagram_endpoint(lambda: _Ear(self._discovered), local_addr=(self.host, port))

    async def _answer(self, request: web.Request) -> web.Response:
        if self.silent:
            await asyncio.Event().wait()
        envelope = ET.fromstring(await request.read())  # noqa: S314 - a simulator on this machine, asked by tests
        body = envelope.find("s:Body", _SPACES)
        if body is None or not len(body):
            return _soap(_fault("Sender", "ter:WellFormed", "there is no body"), 400)
        space, _, operation = body[0].tag[1:].partition("}")
        prefix = next((short for short, name in _SPACES.items() if name == space), "")
        self.asked.append(f"{prefix}:{operation}")
        handler = _OPERATIONS.get((prefix, operation))
        open_to_all = operation == "GetSystemDateAndTime"
        if (
            handler is None
            or (operation == "GetServices" and not self._modern)
            or (prefix == "tr2" and not self._newer)
        ):
            return _soap(_fault("Receiver", "ter:ActionNotSupported", f"{operation} is not implemented"), 500)
        if open_to_all and not self._tells_time:
            return _soap(_fault("Receiver", "ter:ActionNotSupported", "no clock"), 500)
        if not open_to_all and not self._admits(envelope):
            return _soap(_fault("Sender", "ter:NotAuthorized", "Sender not authorized"), 400)
        return _soap(handler(self, body[0]))

    def _admits(self, envelope: ET.Element) -> bool:
        if self._user is None:
            return True
        token = envelope.find(".//w:UsernameToken", _SPACES)
        if token is None:
            return False
        name, told, nonce, created = (
            token.findtext(path, "", _SPACES) for path in ("w:Username", "w:Password", "w:Nonce", "u:Created")
        )
        made = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self._password.encode()).digest()  # noqa: S324
        right = hmac.compare_digest(base64.b64encode(made).decode(), told)
        return name == self._user and right and abs(from_iso(created) - self._now()) <= _FRESH

    def _now(self) -> Micros:
        return self._clock.now() + self.clock_ahead

    def _discovered(self, question: bytes) -> bytes | None:
        """The answer to a probe for a video transmitter; None when something else is asked for."""
        text = question.decode("utf-8", "replace")
        asked = re.search(r"<[\w-]*:?MessageID[^>]*>([^<]+)<", text)
        if asked is None or "/Probe<" not in text or "NetworkVideoTransmitter" not in text:
            return None
        scopes = " ".join(f"onvif://www.onvif.org/{one}" for one in ("name/Simulated%20camera", "hardware/Doorwatch"))
        return _envelope(
            "<d:ProbeMatches><d:ProbeMatch>"
            f"<a:EndpointReference><a:Address>{self._endpoint}</a:Address></a:EndpointReference>"
            f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes>"
            f"<d:XAddrs>{self.address}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
            "</d:ProbeMatch></d:ProbeMatches>",
            f"<a:RelatesTo>{escape(asked[1])}</a:RelatesTo><a:Action>{_SPACES['d']}/ProbeMatches</a:Action>",
        )

    # operations

    def _date_and_time(self, _asked: ET.Element) -> str:
        day, time = to_iso(self._now()).rstrip("Z").split("T")
        year, month, date = (int(part) for part in day.split("-"))
        hour, minute, second = (int(float(part)) for part in time.split(":"))
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{date}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _services(self, _asked: ET.Element) -> str:
        names = ["tds", "trt", *(["tr2"] if self._newer else [])]
        rows = "".join(
            f"<tds:Service><tds:Namespace>{_SPACES[name]}</tds:Namespace><tds:XAddr>{self._inner(name)}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>"
            for name in names
        )
        return f"<tds:GetServicesResponse>{rows}</tds:GetServicesResponse>"

    def _capabilities(self, _asked: ET.Element) -> str:
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            f"<tt:Device><tt:XAddr>{self._inner('tds')}</tt:XAddr></tt:Device>"
            f"<tt:Media><tt:XAddr>{self._inner('trt')}</tt:XAddr>"
            "<tt:StreamingCapabilities/></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _inner(self, name: str) -> str:
        service = {"tds": "device_service", "trt": "media_service", "tr2": "media2_service"}[name]
        return f"http://{self.host}:{self.port}/onvif/{service}"

    def _information(self, _asked: ET.Element) -> str:
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Doorwatch</tds:Manufacturer>"
            "<tds:Model>Simulated camera</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion>"
            "<tds:SerialNumber>1</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _profiles(self, _asked: ET.Element) -> str:
        """The first media service cannot name HEVC, and leaves such streams out."""
        rows = "".join(_older(one) for one in self.profiles if one.codec != "H265")
        return f"<trt:GetProfilesResponse>{rows}</trt:GetProfilesResponse>"

    def _newer_profiles(self, _asked: ET.Element) -> str:
        return f"<tr2:GetProfilesResponse>{''.join(map(_newer, self.profiles))}</tr2:GetProfilesResponse>"

    def _stream_uri(self, asked: ET.Element) -> str:
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{self._stream(asked, 'trt')}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _newer_stream_uri(self, asked: ET.Element) -> str:
        return f"<tr2:GetStreamUriResponse><tr2:Uri>{self._stream(asked, 'tr2')}</tr2:Uri></tr2:GetStreamUriResponse>"

    def _stream(self, asked: ET.Element, prefix: str) -> str:
        token = asked.findtext(f"{prefix}:ProfileToken", "", _SPACES)
        return escape(next((one.url for one in self.profiles if one.token == token), ""))


def onvif_of(camera: CameraSimulator, port: int = 0) -> OnvifSimulator:
    """The ONVIF service of a simulated RTSP camera: each of its streams is a profile."""
    user, password = camera.sign_in
    profiles = [
        OnvifProfile(
            path.strip("/"),
            camera.url(path, sign_in=False),
            "H264" if mount.clip.codec == "h264" else "H265",
            mount.clip.width,
            mount.clip.height,
            round(len(mount.clip.pictures) * SECOND / mount.clip.duration),
        )
        for path, mount in camera.mounts.items()
    ]
    return OnvifSimulator(profiles, host=camera.host, port=port, user=user, password=password)


_OPERATIONS: Final[dict[tuple[str, str], Callable[[OnvifSimulator, ET.Element], str]]] = {
    ("tds", "GetSystemDateAndTime"): OnvifSimulator._date_and_time,  # noqa: SLF001 - the table of its own operations
    ("tds", "GetServices"): OnvifSimulator._services,  # noqa: SLF001
    ("tds", "GetCapabilities"): OnvifSimulator._capabilities,  # noqa: SLF001
    ("tds", "GetDeviceInformation"): OnvifSimulator._information,  # noqa: SLF001
    ("trt", "GetProfiles"): OnvifSimulator._profiles,  # noqa: SLF001
    ("trt", "GetStreamUri"): OnvifSimulator._stream_uri,  # noqa: SLF001
    ("tr2", "GetProfiles"): OnvifSimulator._newer_profiles,  # noqa: SLF001
    ("tr2", "GetStreamUri"): OnvifSimulator._newer_stream_uri,  # noqa: SLF001
}


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


def _older(one: OnvifProfile) -> str:
    name = quoteattr(one.token)
    if one.codec is None:
        return (
            f'<trt:Profiles token={name} fixed="true"><tt:Name>{escape(one.token)}</tt:Name>'
            '<tt:AudioEncoderConfiguration token="audio"><tt:Name>audio</tt:Name><tt:UseCount>1</tt:UseCount>'
            "<tt:Encoding>G711</tt:Encoding><tt:Bitrate>64</tt:Bitrate><tt:SampleRate>8</tt:SampleRate>"
            "</tt:AudioEncoderConfiguration></trt:Profiles>"
        )
    every = f"<tt:H264><tt:GovLength>{one.key_every}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>"
    return (
        f'<trt:Profiles token={name} fixed="true"><tt:Name>{escape(one.token)}</tt:Name>'
        f"<tt:VideoEncoderConfiguration token={name}><tt:Name>video</tt:Name><tt:UseCount>1</tt:UseCount>"
        f"<tt:Encoding>{one.codec}</tt:Encoding>{_picture(one)}<tt:Quality>4</tt:Quality>"
        f"<tt:RateControl><tt:FrameRateLimit>{one.fps}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>1024</tt:BitrateLimit></tt:RateControl>"
        f"{every if one.codec == 'H264' else ''}</tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def _newer(one: OnvifProfile) -> str:
    name = quoteattr(one.token)
    video = (
        ""
        if one.codec is None
        else f'<tr2:VideoEncoder token={name} GovLength="{one.key_every}"><tt:Name>video</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{one.codec}</tt:Encoding>{_picture(one)}"
        f"<tt:RateControl><tt:FrameRateLimit>{one.fps}</tt:FrameRateLimit><tt:BitrateLimit>1024</tt:BitrateLimit>"
        "</tt:RateControl><tt:Quality>4</tt:Quality></tr2:VideoEncoder>"
    )
    return (
        f'<tr2:Profiles token={name} fixed="true"><tr2:Name>{escape(one.token)}</tr2:Name>'
        f"<tr2:Configurations>{video}</tr2:Configurations></tr2:Profiles>"
    )


def _picture(one: OnvifProfile) -> str:
    return f"<tt:Resolution><tt:Width>{one.width}</tt:Width><tt:Height>{one.height}</tt:Height></tt:Resolution>"


def _fault(code: str, subcode: str, reason: str) -> str:
    return (
        f"<s:Fault><s:Code><s:Value>s:{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason></s:Fault>'
    )


def _envelope(body: str, header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {_DECLARED}>'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _soap(body: str, status: int = 200) -> web.Response:
    return web.Response(body=_envelope(body), status=status, content_type="application/soap+xml", charset="utf-8")
