"""What is done with one opened stream: record it, show it live, decode it, and choose the frames to look at."""

import contextlib
import queue
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from doorwatch.analyzer.frames import FrameRing
from doorwatch.analyzer.recorder import Recorder
from doorwatch.analyzer.source import Source, TimedPacket
from doorwatch.analyzer.trouble import FAILED, ONLINE, TIMED_OUT, CameraTrouble
from doorwatch.analyzer.wire import Link
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.clips import Still
from doorwatch.recording.fmp4 import Fragment, Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Segment
from doorwatch.vision.decode import colours, luma
from doorwatch.vision.motion import MotionGate

FASTEST = 15.5
"""Frames a second that are looked at, at most; of a faster camera every second or third frame is."""

WIDEST = 1280
"""Wider pictures are made smaller before they are shared: detectors work on less."""

_QUIET_EVERY: Micros = SECOND // 4
_STATUS_EVERY = 1.0
_LONGEST_GROUP = 600
_DAMAGED_IN_A_ROW = 150


@dataclass(slots=True)
class WatchSettings:
    """What the parent wants of a camera, some of it changing while it runs."""

    camera_id: str
    url: str
    recordings: Path
    record: bool
    scenes: tuple[Scene, ...]
    transport: str = "tcp"
    live: bool = False
    gate_until: Micros = 0
    finished: bool = False

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "WatchSettings":
        """The settings in a child's configuration."""
        return cls(
            camera_id=str(told["camera_id"]),
            url=str(told["url"]),
            recordings=Path(told["recordings"]),
            record=bool(told.get("record", True)),
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
        self._extradata = bytes(context.extradata or b"")
        self._init = init_segment(source.stream)
        self._fragmenter = Fragmenter()
        self._group: deque[Fragment] = deque(maxlen=_LONGEST_GROUP)
        self._sequence = 0
        self._recorder = Recorder(settings.recordings, settings.camera_id, self._init) if settings.record else None
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
        if self._settings.live:
            self._show_live()
        begun = False
        for packet in self._source.packets():
            begun = begun or packet.key
            if not begun:
                continue  # nothing can be made of what comes before the first key picture
            if packet.jumped:
                self._end_recording()
            self._keep(packet)
            self._look(packet)
            self._obey()
            self._report()
        self._decode(None)

    def close(self) -> None:
        """End the recording and let go of the shared frames."""
        self._end_recording()
        self._ring.close()

    # recording and live view

    def _keep(self, packet: TimedPacket) -> None:
        data = with_lengths(bytes(packet.packet), self._extradata)
        done = self._fragmenter.add(Sample(data, packet.dts, packet.pts, packet.key))
        if done is not None:
            self._pass_on(done)

    def _pass_on(self, piece: Fragment) -> None:
        if piece.key:
            self._group.clear()
        self._group.append(piece)
        if self._recorder is not None:
            self._tell(self._recorder.add(piece))
            if self._recorder.trouble is None:
                self._link.send({"kind": "recorded", "until": piece.end})
        if self._settings.live:
            self._send_live(piece)

    def _end_recording(self) -> None:
        rest = self._fragmenter.finish()
        if rest is not None:
            self._pass_on(rest)
        self._fragmenter = Fragmenter()
        if self._recorder is not None:
            self._tell(self._recorder.finish())

    def _tell(self, segments: list[Segment]) -> None:
        for segment in segments:
            self._link.send({"kind": "segment", "segment": asdict(segment)})

    def _show_live(self) -> None:
        """Send what a new viewer needs: the group of pictures that is running, from its key picture on."""
        for piece in list(self._group):
            self._send_live(piece)

    def _send_live(self, piece: Fragment) -> None:
        self._sequence += 1
        self._link.send(
            {
                "camera_id": self._settings.camera_id,
                "kind": "fragment",
                "start_us": piece.start,
                "duration_us": piece.duration,
                "sequence": self._sequence,
                "key": piece.key,
            },
            piece.data,
        )

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
                "ring": self._ring.path,
            }
        )

    # orders and reports

    def _obey(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                order = self._orders.get_nowait()
                was_live = self._settings.live
                self._settings.take(order)
                if order["kind"] == "free" and order["ring"] == self._ring.path:
                    self._ring.release(int(order["slot"]))
                elif order["kind"] == "live" and self._settings.live and not was_live:
                    self._show_live()
                elif order["kind"] == "snapshot" and self._newest is not None:
                    picture, at = self._newest
                    self._link.send({"kind": "snapshot", "at": at}, jpeg(picture))

    def _report(self) -> None:
        report = self._health.due()
        if report is not None:
            trouble = self._recorder.trouble if self._recorder is not None else None
            self._link.send({"kind": "health", **report, "skew": self._source.skew, "trouble": trouble})


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
