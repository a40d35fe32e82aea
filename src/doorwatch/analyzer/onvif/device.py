"""One ONVIF device: who made it, how far its clock is off, which streams it has and which of them is to be analysed."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

from doorwatch.analyzer.onvif import soap
from doorwatch.analyzer.onvif.resolving import CameraResolver
from doorwatch.analyzer.onvif.soap import NAMES, FaultError, OnvifError, RefusedError, Soap, number, text
from doorwatch.domain.reach import camera_reach

ALL_SECONDS = 25.0
"""How long a device may take for everything that it is asked."""

USABLE = frozenset({"H264", "H265"})

ANALYSED_WIDTH = 640
"""Pixels: the narrowest stream that is at least so wide is analysed; a larger one costs more and counts no better."""

_SKEWED = timedelta(seconds=2)
_FASTEST = 15.0
_CLOCK = (
    *("tt:Date/tt:Year", "tt:Date/tt:Month", "tt:Date/tt:Day"),
    *("tt:Time/tt:Hour", "tt:Time/tt:Minute", "tt:Time/tt:Second"),
)


@dataclass(frozen=True, slots=True)
class OnvifDevice:
    """What a device says of itself; `clock_ahead` in seconds, None when it does not tell its time."""

    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    clock_ahead: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream: its size in pixels, frames a second at most, and its address without user and password."""

    token: str
    name: str
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    key_every: int | None
    url: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the analyzer reads this kind of stream."""
        return self.codec in USABLE and self.url is not None


@dataclass(frozen=True, slots=True)
class Streams:
    """The answer of a device. `analyse` and `main` are tokens of profiles: the one to count with, and the finest one."""

    address: str
    device: OnvifDevice
    profiles: tuple[Profile, ...]
    analyse: str | None
    main: str | None
    problems: tuple[str, ...] = field(default=())

    def profile(self, token: str | None) -> Profile | None:
        """The profile of a token."""
        return next((one for one in self.profiles if one.token == token), None)

    def as_mapping(self) -> dict[str, Any]:
        """For JSON; `usable` says of each profile whether it can be analysed."""
        told = asdict(self)
        told["profiles"] = [{**asdict(one), "usable": one.usable} for one in self.profiles]
        return told


async def ask_streams(url: str, user: str | None = None, password: str = "") -> Streams:
    """Ask the device at `url` (a host, host:port or the address of its device service) for its streams.

    Raises OnvifError. Certificates are not checked: cameras make their own.
    """
    address = service_address(url)
    limits = aiohttp.ClientTimeout(total=soap.REQUEST_SECONDS, connect=soap.REQUEST_SECONDS)
    reach = camera_reach()
    connector = aiohttp.TCPConnector(ssl=False, limit=4, resolver=CameraResolver(reach), use_dns_cache=False)
    async with aiohttp.ClientSession(timeout=limits, connector=connector) as session:
        asked = _Asked(Soap(session, urlsplit(address).netloc, user, password, reach=reach), address)
        try:
            async with asyncio.timeout(ALL_SECONDS):
                return await asked.streams()
        except TimeoutError as error:
            raise OnvifError(
                f"{asked.soap.address} takes more than {ALL_SECONDS:.0f} s to answer: restart the camera"
            ) from error


def service_address(url: str) -> str:
    """The address of a device service, out of what people type. Raises OnvifError."""
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        usable = False
    if not usable:
        raise OnvifError(f"{url} is no address: give the camera's host, or http://host:port/path")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path if len(parts.path) > 1 else "/onvif/device_service", "", ""))


def with_sign_in(url: str, user: str | None, password: str) -> str:
    """A stream's address with user and password in it, as a camera is added."""
    if not user:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))


class _Asked:
    """One conversation with a device."""

    def __init__(self, soap_calls: Soap, address: str) -> None:
        self.soap = soap_calls
        self._address = address

    async def streams(self) -> Streams:
        """Everything, in the order in which devices allow it."""
        skew = await self._set_clock()
        try:
            services = await self._services()
            about = await self._about(skew)
            profiles = await self._profiles(services)
        except RefusedError as error:
            raise self._refused(error, skew) from error
        if not profiles:
            raise OnvifError(f"{self.soap.address} has no media profile with video: make one in the camera's settings")
        return _chosen(self.soap.address, about, profiles)

    async def _set_clock(self) -> timedelta | None:
        """Date what is signed by the device's own clock: many cameras run hours off, and refuse what looks old."""
        try:
            answer = await self._device("GetSystemDateAndTime", sign=False)
        except (RefusedError, FaultError):
            return None
        told = answer.find(".//tt:UTCDateTime", NAMES)
        if told is None:
            return None
        try:
            year, month, day, hour, minute, second = (int(text(told, path) or "") for path in _CLOCK)
            moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except ValueError:
            return None
        self.soap.ahead = moment - datetime.now(UTC)
        return self.soap.ahead

    def _refused(self, error: RefusedError, skew: timedelta | None) -> OnvifError:
        if not self.soap.user:
            return RefusedError(f"{self.soap.address} asks for user and password: give those of an ONVIF user")
        if skew is None:
            return RefusedError(f"{error}; it does not tell its clock, so set that right as well (NTP)")
        return error

    async def _device(self, operation: str, inner: str = "", *, sign: bool = True) -> ET.Element:
        return await self.soap.call(self._address, soap.DEVICE, operation, inner, sign=sign)

    async def _services(self) -> dict[str, str]:
        """The addresses of the device's services by namespace."""
        try:
            answer = await self._device("GetServices", "<IncludeCapability>false</IncludeCapability>")
        except FaultError:
            answer = await self._device("GetCapabilities", "<Category>All</Category>")
            old = text(answer, ".//tt:Media/tt:XAddr")
            return {soap.MEDIA: self._at_named_host(old)} if old else {}
        found = {}
        for service in answer.findall("tds:Service", NAMES):
            name, where = text(service, "tds:Namespace"), text(service, "tds:XAddr")
            if name and where:
                found[name] = self._at_named_host(where)
        return found

    def _at_named_host(self, where: str) -> str:
        """A service's path at the host that was named: devices tell inner addresses, and the password stays there."""
        ours = urlsplit(self._address)
        return urlunsplit((ours.scheme, ours.netloc, urlsplit(where).path, urlsplit(where).query, ""))

    async def _about(self, skew: timedelta | None) -> OnvifDevice:
        ahead = None if skew is None else round(skew.total_seconds(), 1)
        try:
            told = await self._device("GetDeviceInformation")
        except FaultError:
            return OnvifDevice(clock_ahead=ahead)
        return OnvifDevice(
            text(told, "tds:Manufacturer"),
            text(told, "tds:Model"),
            text(told, "tds:FirmwareVersion"),
            text(told, "tds:SerialNumber"),
            clock_ahead=ahead,
        )

    async def _profiles(self, services: dict[str, str]) -> list[Profile]:
        """The newer service first: only that one knows HEVC."""
        found: list[Profile] = []
        if soap.MEDIA2 in services:
            try:
                found = await self._ask_profiles(services[soap.MEDIA2], soap.MEDIA2)
            except FaultError:
                found = []
        if not found and soap.MEDIA in services:
            found = await self._ask_profiles(services[soap.MEDIA], soap.MEDIA)
        return found

    async def _ask_profiles(self, where: str, namespace: str) -> list[Profile]:
        newer = namespace == soap.MEDIA2
        answer = await self.soap.call(where, namespace, "GetProfiles", "<Type>VideoEncoder</Type>" if newer else "")
        read = _newer_profile if newer else _older_profile
        profiles = [one for told in answer if (one := read(told)) is not None]
        return [replace(one, url=await self._stream_of(where, namespace, one.token)) for one in profiles]

    async def _stream_of(self, where: str, namespace: str, token: str) -> str | None:
        name = f"<ProfileToken>{_escaped(token)}</ProfileToken>"
        if namespace == soap.MEDIA2:
            inner, path = f"<Protocol>RTSP</Protocol>{name}", "tr2:Uri"
        else:
            setup = (
                f'<StreamSetup><Stream xmlns="{soap.SCHEMA}">RTP-Unicast</Stream>'
                f'<Transport xmlns="{soap.SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            )
            inner, path = setup + name, "trt:MediaUri/tt:Uri"
        try:
            told = text(await self.soap.call(where, namespace, "GetStreamUri", inner), path)
        except FaultError:
            return None
        return told if told and told.startswith(("rtsp://", "rtsps://")) else None


def _older_profile(told: ET.Element) -> Profile | None:
    encoder = told.find("tt:VideoEncoderConfiguration", NAMES)
    if encoder is None and told.find("tt:AudioEncoderConfiguration", NAMES) is not None:
        return None
    every = None if encoder is None else number(encoder, "tt:H264/tt:GovLength")
    return _profile(told, text(told, "tt:Name"), encoder, every)


def _newer_profile(told: ET.Element) -> Profile | None:
    encoder = told.find("tr2:Configurations/tr2:VideoEncoder", NAMES)
    if encoder is None:
        return None
    every = encoder.get("GovLength")
    return _profile(told, text(told, "tr2:Name"), encoder, float(every) if every and every.isdigit() else None)


def _profile(told: ET.Element, name: str | None, encoder: ET.Element | None, every: float | None) -> Profile | None:
    token = told.get("token")
    if not token:
        return None
    if encoder is None:
        return Profile(token, name or token, None, None, None, None, None)
    width, height = number(encoder, "tt:Resolution/tt:Width"), number(encoder, "tt:Resolution/tt:Height")
    codec = (text(encoder, "tt:Encoding") or "").upper() or None
    return Profile(
        token,
        name or token,
        "H265" if codec == "HEVC" else codec,
        round(width) if width else None,
        round(height) if height else None,
        number(encoder, "tt:RateControl/tt:FrameRateLimit"),
        round(every) if every else None,
    )


def _chosen(address: str, about: OnvifDevice, profiles: Sequence[Profile]) -> Streams:
    """Which stream counts and which is the finest, and what is wrong with them."""
    usable = [one for one in profiles if one.usable]
    wide = [one for one in usable if (one.width or 0) >= ANALYSED_WIDTH]
    analyse = min(wide, key=_pixels) if wide else max(usable, key=_pixels, default=None)
    main = max(usable, key=_pixels, default=None)
    problems = [
        f"profile {one.name} sends {one.codec}, which cannot be analysed: set it to H.264 or HEVC"
        for one in profiles
        if one.codec is not None and one.codec not in USABLE
    ]
    problems += [f"profile {one.name} has no RTSP address: switch RTSP on" for one in profiles if one.url is None]
    if analyse is not None and (analyse.fps or 0) > _FASTEST:
        problems.append(
            f"profile {analyse.name} sends {analyse.fps:g} frames a second: 10 to 15 count as well for less"
        )
    if about.clock_ahead is not None and abs(about.clock_ahead) > _SKEWED.total_seconds():
        problems.append(f"the camera's clock is {about.clock_ahead:+.0f} s off: set up NTP in it")
    return Streams(
        address,
        about,
        tuple(profiles),
        analyse.token if analyse else None,
        main.token if main else None,
        tuple(problems),
    )


def _pixels(one: Profile) -> int:
    return (one.width or 0) * (one.height or 0)


def _escaped(token: str) -> str:
    return token.replace("&", "&amp;").replace("<", "&lt;")
