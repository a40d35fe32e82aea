"""What is asked and told about cameras before they are added: those in the network, their streams, what a stream is."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from doorwatch.server.api.place_shapes import CameraUrl
from doorwatch.server.api.shapes import Answer, Identifier, Request

Url = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x20]+$")]


class DiscoverRequest(Request):
    """How long to listen for cameras, in seconds."""

    seconds: Annotated[float, Field(ge=1, le=15)] = 3.0


class DiscoveredCamera(Answer):
    """A camera that answered: its lasting id, and the address to ask for its streams."""

    endpoint: str
    address: str
    host: str
    name: str | None
    hardware: str | None
    location: str | None


class StreamsRequest(Request):
    """The ONVIF device to ask: a host, host:port or the address of its service."""

    url: Url
    user: Annotated[str, Field(max_length=200)] | None = None
    password: Annotated[SecretStr, Field(max_length=1024)] = SecretStr("")


class OnvifDeviceShape(Answer):
    """What a device says of itself; `clock_ahead` in seconds, null when it does not tell its time."""

    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    clock_ahead: float | None


class OnvifProfileShape(Answer):
    """One stream of a device; its address carries neither user nor password. `key_every` in frames."""

    token: str
    name: str
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    key_every: int | None
    url: str | None
    usable: bool


class StreamsShape(Answer):
    """The streams of a device: `analyse` is the one to count with, `main` the finest one (both are tokens)."""

    address: str
    device: OnvifDeviceShape
    profiles: list[OnvifProfileShape]
    analyse: str | None
    main: str | None
    problems: list[str]


class ProbeRequest(Request):
    """A stream to look at: an address, or a camera that is there already; `seconds` is how long to watch."""

    url: CameraUrl | None = None
    camera_id: Identifier | None = None
    transport: Literal["tcp", "udp"] = "tcp"
    seconds: Annotated[float, Field(ge=2, le=30)] = 6.0


class ProbeShape(Answer):
    """What a stream is and what is wrong with it; `picture` is a JPEG file in base64."""

    address: str
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    key_frame_interval_ms: int | None
    bits_per_second: int | None
    opened_in_ms: int | None
    latency_ms: int | None
    skew_ms: int | None
    brightness: float | None
    damaged_frames: int
    problems: list[str]
    picture: str | None
