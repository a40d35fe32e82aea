"""What is done with one opened stream: record it, show it live, decode it, and choose the frames to look at."""

import contextlib
import queue
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from doorwatch.analyzer.frames import FrameRing
from doorwatch.analyzer.keeping import Keeping, Recorded
from doorwatch.analyzer.source import Source, TimedPacket
from doorwatch.analyzer.trouble import FAILED, ONLINE, TIMED_OUT, CameraTrouble
from doorwatch.analyzer.wire import Link
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.clips import Still
from doorwatch.vision.decode import colours, luma
from doorwatch.vision.motion import MotionGate

FASTEST = 15.5
"""Frames a second that are looked at, at most; of a faster camera every second or third frame is."""

WIDEST = 1280
"""Wider pictures are made smaller before they are shared: detectors work on less."""

_QUIET_EVERY: Micros = SECOND // 4
_STATUS_EVERY = 1.0
_DAMAGED_IN_A_ROW = 150


@dataclass(slots=True)
class WatchSettings:
    """What the parent wants of a camera, some of it changing while it runs."""

    camera_id: str
    url: str
    recorded: Recorded | None
    scenes: tuple[Scene, ...]
    transport: str = "tcp"
    live: bool = False
    gate_until: Micros = 0
    keep: tuple[Micros, Micros] | None = None
    finished: bool = False

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "WatchSettings":
        """The settings in a child's configuration."""
        return cls(
            camera_id=str(told["camera_id"]),
            url=str(told["url"]),
            recorded=Recorded.read(told["recorded"]) if told.get("recorded") else None,
            scenes=tuple(scene_from_mapping(scene) for scene in told.get("scenes", ())),
            transport=str(told.get("transport", "tcp")),
            live=bool(told.get("live", False)),
        )

    def take(self, order: Mapping[str, Any]) -> None:
        """Take over an order that outlives a connection."""
        if order.get("kind") == "live":
            self.live = bool(order["on"])
        elif order.get("kind") == "gate":
            self.gate_until = max(self.gate_until, int(order["until"]))
        elif order.get("kind") == "keep":
            self.keep = int(order["from"]), int(order["until"])

    def forget_times(self) -> None:
        """The clock was set: what was wanted of times before means nothing now."""
        self.gate_until, self.keep = 0, None


class Watch:
    """One connection to a camera, from its first packet to its end."""

    def __init__(
        self, link: Link, settings: WatchSettings, source: Source, orders: "queue.SimpleQueue[dict[str, Any]]"
    ) -> None:
        self.frames = 0
        self._link = link
        self._settings = settings
        self._source = source
        self._orders = orders
        context = source.stream.codec_context
        self._keeping = Keeping(link, settings.camera_id, source, settings.recorded)
        self._keeping.live = settings.live
        if settings.keep is not None:
            self._keeping.keep(*settings.keep)
        self._init = self._keeping.init
        scale = min(1.0, WIDEST / context.width)
        self._size = (round(context.width * scale) // 2 * 2, round(context.height * scale) // 2 * 2)
        self._ring = FrameRing(*self._size)
        self._gate = MotionGate(settings.scenes)
        self._every = _every(source.stream.average_rate)
        self._index = 0
        self._quiet_at: Micros = 0
        self._newest: tuple[VideoFrame, Micros] | None = None
        self._damaged = 0
        self._waiting: dict[int, tuple[Micros, Micros]] = {}
        self._health = _Health()

    def run(self) -> None:
        """Work until the stream ends. Raises CameraTrouble when it breaks."""
        self._link.send(
            {
                "kind": "opened",
                "codec": self._init.codec,
                "width": self._init.width,
                "height": self._init.height,
                "ring": self._ring.path,
                "ring_size": list(self._size),
            },
            self._init.data,
        )
        begun = False
        for packet in self._source.packets():
            begun = begun or packet.key
            if not begun:
                continue  # nothing can be made of what comes before the first key picture
            self._keeping.add(packet)
            self._look(packet)
            self._obey()
            self._report()
        self._decode(None)

    def close(self) -> None:
        """End the recording and let go of the shared frames."""
        self._keeping.end()
        self._ring.close()

    # frames

    def _look(self, packet: TimedPacket) -> None:
        if packet.packet.pts is not None:
            self._waiting[packet.packet.pts] = (packet.pts, packet.arrived)
            if len(self._waiting) > 100:
                del self._waiting[next(iter(self._waiting))]
        self._decode(packet)

    def _decode(self, packet: TimedPacket | None) -> None:
        try:
            frames = packet.packet.decode() if packet else self._source.stream.codec_context.decode(None)
        except FFmpegError:
            self._damaged += 1
            if self._damaged > _DAMAGED_IN_A_ROW:
                raise CameraTrouble(FAILED, "the camera's pictures cannot be decoded: restart the camera") from None
            return
        for frame in frames:
            if frame.is_corrupt:
                continue  # half a picture shows people who are not there
            self._damaged = 0
            times = self._waiting.pop(frame.pts, None) if frame.pts is not None else None
            if times is not None:
                self._see(frame, *times)

    def _see(self, frame: VideoFrame, at: Micros, arrived: Micros) -> None:
        if (frame.width, frame.height) != (self._init.width, self._init.height):
            raise CameraTrouble(TIMED_OUT, "the camera changed the size of its picture: it is opened again")
        self.frames += 1
        self._newest = (frame, at)
        self._health.frame(at, arrived)
        self._index += 1
        if self.frames == 1:
            self._link.send({"kind": "state", "code": ONLINE, "message": "online"})
        if self._index % self._every:
            return
        self._gate.open_until(self._settings.gate_until)
        if not self._gate.wants(at, luma(frame)):
            if at - self._quiet_at >= _QUIET_EVERY:
                self._quiet_at = at
                self._link.send({"kind": "quiet", "at": at})
            return
        slot = self._ring.put(_colours(frame, self._size))
        if slot is None:
            self._health.left_out += 1
            return
        self._link.send(
            {
                "kind": "frame",
                "at": at,
                "arrived": arrived,
                "decoded": time.time_ns() // 1000,
                "index": self._index,
                "slot": slot,
                "moved": self._gate.moved,
                "ring": self._ring.path,
            }
        )

    # orders and reports

    def _obey(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                order = self._orders.get_nowait()
                self._settings.take(order)
                if order["kind"] == "free" and order["ring"] == self._ring.path:
                    self._ring.release(int(order["slot"]))
                elif order["kind"] == "live":
                    self._show_live(self._settings.live)
                elif order["kind"] == "keep":
                    self._keeping.keep(int(order["from"]), int(order["until"]))
                elif order["kind"] == "snapshot" and self._newest is not None:
                    picture, at = self._newest
                    self._link.send({"kind": "snapshot", "at": at}, jpeg(picture))

    def _show_live(self, on: bool) -> None:
        if on and not self._keeping.live:
            self._keeping.show()
        self._keeping.live = on

    def _report(self) -> None:
        report = self._health.due()
        if report is not None:
            told = {"skew": self._source.skew, "correction": self._source.correction, "trouble": self._keeping.trouble}
            self._link.send({"kind": "health", **report, **told})


class _Health:
    """Counts for the report that is sent every second; the frame rate is that of the last seconds' capture times."""

    def __init__(self) -> None:
        self.left_out = 0
        self._latency: Micros = 0
        self._times: deque[Micros] = deque(maxlen=100)
        self._since = time.monotonic()

    def frame(self, at: Micros, arrived: Micros) -> None:
        """A frame was decoded."""
        self._times.append(at)
        self._latency = max(self._latency, arrived - at)

    def due(self) -> dict[str, Any] | None:
        """The report, when it is time for one."""
        now = time.monotonic()
        if now - self._since < _STATUS_EVERY:
            return None
        times = self._times
        span = times[-1] - times[0] if len(times) > 1 else 0
        report = {
            "fps": round((len(times) - 1) * SECOND / span, 2) if span else None,
            "last_frame_at": times[-1] if times else None,
            "latency": self._latency,
            "left_out": self.left_out,
        }
        self._latency, self._since = 0, now
        return report


def jpeg(frame: VideoFrame) -> bytes:
    """A frame as a JPEG file."""
    return Still(colours(frame), 0).jpeg()


def _every(rate: Fraction | None) -> int:
    return max(1, int(np.ceil(float(rate) / FASTEST))) if rate and rate < 200 else 1


def _colours(frame: VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    if size != (frame.width, frame.height):
        frame = frame.reformat(width=size[0], height=size[1], format="bgr24", interpolation="FAST_BILINEAR")
    return colours(frame)
