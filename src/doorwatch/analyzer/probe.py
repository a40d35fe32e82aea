"""What a camera sends, measured by watching it for some seconds, and what makes it unfit for counting."""

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame

from doorwatch.analyzer.capture_time import EARLIEST, LATEST
from doorwatch.analyzer.source import Source, TimedPacket, VideoPacket, open_source
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.domain.camera_address import masked
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.clips import Still
from doorwatch.recording.fmp4 import init_segment
from doorwatch.vision.decode import colours, luma

SLOWEST = 6.0
"""Frames a second below which quick passages are missed."""

SMALLEST = 320
"""Pixels of width below which people at a door are too small for most detectors."""

RAREST_KEY: Micros = 4 * SECOND
"""Key pictures further apart than this delay live view, recording and clips."""

_LATE: Micros = 4 * SECOND
_DARK = 35.0


@dataclass(slots=True)
class Probed:
    """What was found; lengths of time in microseconds, `problems` as sentences with their cure."""

    address: str
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    key_every: Micros | None = None
    bits_per_second: int | None = None
    opened_in: Micros | None = None
    latency: Micros | None = None
    skew: Micros | None = None
    brightness: float | None = None
    damaged: int = 0
    problems: list[str] = field(default_factory=list)
    picture: bytes | None = None

    def as_mapping(self) -> dict[str, Any]:
        """All but the picture, for JSON; lengths of time in milliseconds."""
        return {
            "address": self.address,
            "codec": self.codec,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "key_frame_interval_ms": _milliseconds(self.key_every),
            "bits_per_second": self.bits_per_second,
            "opened_in_ms": _milliseconds(self.opened_in),
            "latency_ms": _milliseconds(self.latency),
            "skew_ms": _milliseconds(self.skew),
            "brightness": self.brightness,
            "damaged_frames": self.damaged,
            "problems": self.problems,
        }

    def lines(self) -> list[tuple[str, str]]:
        """What was found, for people."""
        if self.codec is None:
            return [("address", self.address)]
        told = "the camera does not tell its time" if self.skew is None else f"{self.skew / SECOND:+.3f} s"
        return [
            ("address", self.address),
            ("codec", self.codec),
            ("picture", f"{self.width} x {self.height}, brightness {self.brightness or 0:.0f} of 255"),
            ("frames a second", f"{self.fps or 0:.2f}"),
            ("key frame every", f"{self.key_every / SECOND:.2f} s" if self.key_every else "not seen twice"),
            ("bit rate", f"{(self.bits_per_second or 0) / 1000:.0f} kbit/s"),
            ("opened in", f"{(self.opened_in or 0) / SECOND:.2f} s"),
            ("latency", f"{(self.latency or 0) / SECOND:.2f} s from capture to decoded picture"),
            ("arrives after capture", told),
        ]


def probe(url: str, *, seconds: float = 8.0, transport: str = "tcp") -> Probed:
    """Watch a camera for `seconds`. What is wrong with it stands in the result; nothing is raised for it."""
    found = Probed(masked(url))
    begun = time.monotonic()
    try:
        with contextlib.closing(open_source(url, transport)) as source:
            found.opened_in = round((time.monotonic() - begun) * SECOND)
            _measure(found, source, seconds)
    except CameraTrouble as trouble:
        found.problems.append(str(trouble))
    if found.codec is not None:
        found.problems += _judged(found)
    return found


def _measure(found: Probed, source: Source, seconds: float) -> None:
    init = init_segment(source.stream)
    found.codec, found.width, found.height = init.codec, init.width, init.height
    until = time.monotonic() + seconds
    pace = _Pace()
    keys: list[Micros] = []
    size, newest = 0, None
    try:
        for packet in source.packets():
            size += packet.packet.size
            pace.hear(packet.packet)
            if packet.key:
                keys.append(pace.passed)
            newest = _decoded(found, packet) or newest
            if time.monotonic() >= until:
                break
    finally:
        _sum_up(found, pace, keys, size)
        found.skew = source.skew
        if newest is not None:
            found.brightness = round(float(np.mean(luma(newest)[::4, ::4])), 1)
            found.picture = Still(colours(newest), 0).jpeg()


def _decoded(found: Probed, packet: TimedPacket) -> VideoFrame | None:
    try:
        frames = packet.packet.decode()
    except FFmpegError:
        found.damaged += 1
        return None
    found.damaged += sum(frame.is_corrupt for frame in frames)
    if frames:
        found.latency = max(found.latency or 0, packet.arrived - packet.pts)
    return frames[-1] if frames else None


class _Pace:
    """How much of the stream's own time went by in how many steps; capture time may be corrected meanwhile."""

    def __init__(self) -> None:
        self.passed: Micros = 0
        self.steps = 0
        self._last: Micros | None = None

    def hear(self, packet: VideoPacket) -> None:
        """Take the next packet in the order in which they are decoded."""
        own = packet.dts if packet.dts is not None else packet.pts
        if own is None or packet.time_base is None:
            return
        now = round(own * packet.time_base * SECOND)
        if self._last is not None and now > self._last:
            self.passed += now - self._last
            self.steps += 1
        self._last = now


def _sum_up(found: Probed, pace: _Pace, keys: list[Micros], size: int) -> None:
    if pace.steps:
        found.fps = round(pace.steps * SECOND / pace.passed, 2)
        found.bits_per_second = size * 8 * SECOND // pace.passed
    if len(keys) > 1:
        found.key_every = (keys[-1] - keys[0]) // (len(keys) - 1)


def _judged(found: Probed) -> list[str]:
    problems = []
    if found.fps is None:
        problems.append("fewer than two pictures came: set 10 to 15 frames a second, or see what else keeps them back")
    elif found.fps < SLOWEST:
        problems.append(f"{found.fps:g} frames a second are too few to follow people: set 10 to 15")
    if found.width is not None and found.width < SMALLEST:
        problems.append(f"{found.width} pixels of width are too few to see people: set at least 640")
    if found.fps is not None and (found.key_every is None or found.key_every > RAREST_KEY):
        problems.append("key frames are rare, so that live view and clips begin late: set one every 1 to 2 s")
    if found.latency is not None and found.latency > _LATE:
        problems.append(
            f"pictures come up to {found.latency / SECOND:.0f} s after the times that they tell: check the camera's load and its "
            "network or, if their times stand still, choose another of its streams"
        )
    # A picture is known to be complete when the next one comes.
    elif found.skew is not None and found.fps and not EARLIEST <= found.skew <= LATEST + SECOND / found.fps:
        problems.append(
            f"the camera's clock is {-found.skew / SECOND:+.1f} s off, so that its times are not used: set up NTP in it"
        )
    if found.damaged > 3:
        problems.append(f"{found.damaged} pictures were damaged on the way: use TCP, or mend the network")
    if found.brightness is not None and found.brightness < _DARK:
        problems.append("the picture is dark: give the door more light or the camera a longer exposure")
    return problems


def _milliseconds(length: Micros | None) -> int | None:
    return None if length is None else round(length / 1000)
