"""Where pictures come from: an RTSP camera, a video file or a folder of them, as coded packets with capture times."""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from doorwatch.analyzer.capture_time import CaptureTime, Told
from doorwatch.analyzer.opening import open_rtsp
from doorwatch.analyzer.trouble import TIMED_OUT, CameraTrouble, ClockWasSet, trouble_of
from doorwatch.analyzer.wall_clock import WallClock
from doorwatch.domain.camera_address import masked
from doorwatch.domain.reach import camera_folders, outside
from doorwatch.domain.time import SECOND, Micros, from_iso
from doorwatch.recording.fmp4 import with_lengths
from doorwatch.vision.decode import MAX_PIXELS

VideoPacket: TypeAlias = "av.Packet[VideoStream]"

LIVE_GAP = 0.004
"""A packet that took so many seconds to come was waited for, and did not lie in a buffer."""

MOST_PENDING = 300
_BEHIND: Micros = 20 * SECOND
_APART: Micros = 30 * SECOND
_HEAD = 4096
"""Bytes at the beginning of a key picture in which a stream tells its form."""
_VIDEO_FILES = {".mp4", ".m4v", ".mov", ".mkv", ".avi", ".ts", ".h264", ".264"}


@dataclass(frozen=True, slots=True)
class TimedPacket:
    """A coded picture: when it is decoded and shown (capture time, UTC), and when it arrived here."""

    packet: VideoPacket
    dts: Micros
    pts: Micros
    arrived: Micros
    jumped: bool = False

    @property
    def key(self) -> bool:
        """Whether it can be decoded alone."""
        return self.packet.is_keyframe

    def in_mp4(self, extradata: bytes) -> bytes:
        """Its bytes as MP4 has them; `extradata` is that of its stream."""
        return with_lengths(bytes(self.packet), extradata)


_JUMPED = "the stream's timestamps jumped: it is opened again"
_FELL_BEHIND = (
    "the camera's pictures fell behind by 20 s: check its load and its network or, if their times stand still, choose another "
    "of its streams"
)


class CodedPicture(Protocol):
    """What recording needs of a coded picture; times are UTC microseconds."""

    @property
    def dts(self) -> Micros:
        """When it is decoded."""
        ...

    @property
    def pts(self) -> Micros:
        """When it is shown: its capture time."""
        ...

    @property
    def jumped(self) -> bool:
        """Whether times go on from another one here."""
        ...

    @property
    def key(self) -> bool:
        """Whether it can be decoded alone."""
        ...

    def in_mp4(self, extradata: bytes) -> bytes:
        """Its bytes as MP4 has them; `extradata` is that of its stream."""
        ...


class CopiedSource(Protocol):
    """An opened camera, of which nothing is decoded. `packets` raises CameraTrouble when it fails, and ends with a file."""

    @property
    def stream(self) -> VideoStream:
        """The video stream that is being read now."""
        ...

    @property
    def skew(self) -> Micros | None:
        """How long after the camera's own time its pictures arrive; None when it does not tell its time."""
        ...

    @property
    def correction(self) -> Micros:
        """What is added to the camera's own times."""
        ...

    def follow(self, correction: Micros) -> None:
        """Correct the camera's own times as another stream of it does."""
        ...

    def packets(self) -> Iterator[CodedPicture]:
        """The pictures as they come."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Source(CopiedSource, Protocol):
    """An opened camera whose packets can be decoded; a file that is not looped ends."""

    def packets(self) -> Iterator[TimedPacket]:
        """The packets as they come."""
        ...


def open_source(url: str, transport: str = "tcp") -> Source:
    """Open a camera by its URL: `rtsp://…`, `rtsps://…`, `file:/path?loop=1&epoch=ISO`, or the path of a file or folder.

    Raises CameraTrouble.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in {"rtsp", "rtsps"}:
        return RtspSource(url, transport)
    if url and (scheme == "file" or "://" not in url):
        return FileSource(url)
    named = masked(url) or "an empty text"
    raise CameraTrouble(400, f"{named} is no camera's address: begin with rtsp://, rtsps:// or file:/")


def open_camera(url: str, transport: str = "tcp") -> Source:
    """As `open_source`, for an address that somebody typed into the page: files only out of the folders named for that."""
    scheme = url.partition(":")[0].lower()
    if url and (scheme == "file" or "://" not in url):
        refused = outside(_file_url(url)[0].resolve(), [folder.resolve() for folder in camera_folders()])
        if refused:
            raise CameraTrouble(400, refused)
    return open_source(url, transport)


class StreamTimes:
    """Capture times of one stream's pictures, in the order in which they are decoded."""

    def __init__(self) -> None:
        self.capture = CaptureTime()
        self._last: Micros = -1

    def place(self, pts: Micros, dts: Micros, came: Micros, *, key: bool) -> tuple[Micros, Micros, bool]:
        """When a picture of these stream times is decoded and shown, UTC, and whether times go on from another one here.

        Raises CameraTrouble when the stream's times jumped, or are not those of pictures that come as they are captured.
        """
        jumped = (key or self._last < 0) and self.capture.settle()
        shown, decoded = self.capture.utc(pts), self.capture.utc(dts)
        if self._last >= 0 and not jumped and not -SECOND < decoded - self._last < _APART:
            raise CameraTrouble(TIMED_OUT, _JUMPED)
        self._last = decoded if jumped else max(decoded, self._last + 1)
        _check_times(self._last, shown, came)
        return self._last, shown, jumped


class OnCameraTime:
    """A source whose pictures bear the camera's own time, corrected to that of this machine."""

    def __init__(self) -> None:
        self._times = StreamTimes()

    @property
    def skew(self) -> Micros | None:
        """How long after the camera's own time its pictures arrive."""
        return self._times.capture.skew

    @property
    def correction(self) -> Micros:
        """What is added to the camera's own times."""
        return self._times.capture.correction

    def follow(self, correction: Micros) -> None:
        """Correct the camera's own times as another stream of it does."""
        self._times.capture.follow(correction)


class RtspSource(OnCameraTime):
    """A camera over RTSP; capture time from its sender reports when they are plausible, else from arrival."""

    def __init__(self, url: str, transport: str = "tcp") -> None:
        super().__init__()
        self._url = url
        self._kept_back = transport == "udp"
        options = {
            "rtsp_transport": transport,
            "analyzeduration": "1000000",
            "fpsprobesize": "3",
            "max_delay": "300000",
        }
        self._container = open_rtsp(url, options)
        self._clock = WallClock()
        self.stream = _video(self._container, url)

    def close(self) -> None:
        """Hang up."""
        self._container.close()

    def packets(self) -> Iterator[TimedPacket]:
        """The packets as they come; those that were waiting when the stream was opened are timed by the later ones."""
        pending: list[tuple[VideoPacket, Micros]] = []
        live, form = False, b""
        for packet, waited in self._read():
            if packet.is_keyframe and (told := _form(packet)):
                if form and told != form:
                    raise CameraTrouble(TIMED_OUT, "the camera changed the form of its pictures: it is opened again")
                form = told
            pending.append((packet, read_clock(self._clock)))
            known = packet.pts is not None and packet.dts is not None
            live = live or (known and (waited >= LIVE_GAP or len(pending) >= MOST_PENDING))
            if not live:
                continue
            if not known and len(pending) == 1:
                pending.clear()  # in the middle of a stream: a packet of which nobody knows when it is shown
                continue
            _fill_in([one for one, _ in pending])
            for one, came in pending:
                self._times.capture.hear(Told(self._micros(one.pts), came, _reported(one)))
            for one, came in pending:
                pts, dts = self._micros(one.pts), self._micros(one.dts)
                dts, pts, jumped = self._times.place(pts, dts, came, key=one.is_keyframe)
                yield TimedPacket(one, dts, pts, came, jumped)
            pending.clear()

    def _micros(self, ticks: int | None) -> Micros:
        return round((ticks or 0) * float(self.stream.time_base or 0) * SECOND)

    def _read(self) -> Iterator[tuple[VideoPacket, float]]:
        packets = self._container.demux(self.stream)
        while True:
            begun = time.monotonic()
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError) as error:
                trouble = trouble_of(error, self._url)
                if self._kept_back and trouble.code == TIMED_OUT:
                    trouble = CameraTrouble(TIMED_OUT, f"{trouble}, or set its transport to tcp: UDP may be kept back")
                raise trouble from error
            if packet is None or not packet.size:
                raise CameraTrouble(TIMED_OUT, "the camera ended the stream")
            self._kept_back = False
            yield packet, time.monotonic() - begun


class FileSource:
    """Files played at their own speed; with `epoch` picture k of showing n has the time `epoch + n * length + pts`.

    A folder's videos are played one after the other, in the order of their names.
    """

    skew: Micros | None = None
    correction: Micros = 0

    def __init__(self, url: str) -> None:
        path, options = _file_url(url)
        self._files = _files(path)
        self._loop = options.get("loop", "0") not in {"0", "no", "false"}
        self._pace = options.get("pace", "1") not in {"0", "no", "false"}
        try:
            self._epoch = from_iso(options["epoch"]) if "epoch" in options else time.time_ns() // 1000
        except ValueError as error:
            raise CameraTrouble(400, f"epoch in the address: {error}") from error
        described = [_described(file) for file in self._files]
        self._lengths = [length for length, _ in described]
        if len({form for _, form in described}) > 1:
            raise CameraTrouble(400, f"the videos in {path} differ in codec or size: convert them to one form")
        self._container = _open_file(self._files[0])
        self._clock = WallClock()
        self.stream = _video(self._container, str(path))

    def follow(self, correction: Micros) -> None:
        """A file has no clock to correct."""

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def packets(self) -> Iterator[TimedPacket]:
        """The packets, each when its picture would be captured."""
        whole = sum(self._lengths)
        showing = max(0, (time.time_ns() // 1000 - self._epoch) // whole) if self._loop and self._pace else 0
        started, last = False, -1
        while True:
            begun = self._epoch + showing * whole
            for file, length in zip(self._files, self._lengths, strict=True):
                if begun + length > time.time_ns() // 1000 or not self._pace or not self._loop:
                    for packet in self._play(file, begun):
                        if not started and not (packet.key and self._due(packet.pts)):
                            continue
                        started = True
                        last = max(packet.dts, last + 1)
                        yield TimedPacket(packet.packet, last, packet.pts, packet.arrived)
                begun += length
            if not self._loop:
                return
            showing += 1

    def _due(self, pts: Micros) -> bool:
        """Whether a first picture of this time may start the show: a looped file is joined where it would be by now."""
        return not (self._loop and self._pace) or pts >= time.time_ns() // 1000 - SECOND // 10

    def _play(self, file: Path, begun: Micros) -> Iterator[TimedPacket]:
        self._container.close()
        self._container = _open_file(file)
        self.stream = _video(self._container, str(file))
        tick = float(self.stream.time_base or 0) * SECOND
        due = begun
        try:
            for packet in self._container.demux(self.stream):
                if not packet.size or packet.pts is None:
                    continue
                pts = begun + round(packet.pts * tick)
                dts = begun + round((packet.dts if packet.dts is not None else packet.pts) * tick)
                due = max(due, pts)
                while self._pace and (wait := due - read_clock(self._clock)) > 0:
                    time.sleep(min(wait, SECOND) / SECOND)
                yield TimedPacket(packet, dts, pts, time.time_ns() // 1000)
        except FFmpegError as error:
            raise trouble_of(error, str(file)) from error


def read_clock(clock: WallClock) -> Micros:
    """The time, UTC. Raises ClockWasSet once it is another one than the stream's times were made of."""
    now = clock.now()
    if clock.was_set:
        raise ClockWasSet
    return now


def _fill_in(packets: list[VideoPacket]) -> None:
    """Give times to the first packets of a stream, of which the demultiplexer does not know them yet.

    Decode times run back from the first one known. A packet's own report tells when it is shown; without one the very
    first picture, a key picture, is shown before all others.
    """
    known = next(index for index, one in enumerate(packets) if one.pts is not None and one.dts is not None)
    anchor = packets[known]
    step = anchor.duration or 1
    wall = _reported(anchor)
    for index, one in enumerate(packets[:known]):
        one.dts = (anchor.dts or 0) - (known - index) * step
        if one.pts is None and wall is not None and (own := _reported(one)) is not None:
            one.pts = (anchor.pts or 0) + round((own - wall) / SECOND / float(one.time_base or 1))
        elif one.pts is None:
            one.pts = min(other.pts for other in packets if other.pts is not None) - step


def _check_times(dts: Micros, pts: Micros, came: Micros) -> None:
    """Raise CameraTrouble for times that cannot be those of pictures that come as they are captured."""
    if abs(pts - dts) > _APART:
        raise CameraTrouble(TIMED_OUT, _JUMPED)
    if came - pts > _BEHIND:
        raise CameraTrouble(TIMED_OUT, _FELL_BEHIND)


def _form(packet: VideoPacket) -> bytes:
    """The sequence parameter sets that a key picture tells, of which its size is one thing; empty where it tells none."""
    of_codec = (0x1F, 7, 0) if packet.stream.codec_context.name == "h264" else (0x3F, 33, 1)
    mask, wanted, shift = of_codec
    units = bytes(memoryview(packet)[:_HEAD]).split(b"\0\0\1")[1:]
    return b"".join(unit.rstrip(b"\0") for unit in units if unit and unit[0] >> shift & mask == wanted)


def _video(container: InputContainer, url: str) -> VideoStream:
    if not container.streams.video:
        raise CameraTrouble(400, f"{masked(url)} has no video: choose a stream that does")
    stream = container.streams.video[0]
    if stream.codec_context.name not in {"h264", "hevc"}:
        name = stream.codec_context.name
        raise CameraTrouble(400, f"{masked(url)} sends {name}, which is not supported: set the camera to H.264 or HEVC")
    if not stream.codec_context.width:
        raise CameraTrouble(400, f"{masked(url)} does not say its picture's size: choose another stream of the camera")
    if (size := stream.codec_context.width * stream.codec_context.height) > MAX_PIXELS:
        told = f"{stream.codec_context.width} x {stream.codec_context.height} pixels, {size / 1e6:.0f} million"
        raise CameraTrouble(
            400, f"{masked(url)} has pictures of {told}: choose a stream of at most {MAX_PIXELS / 1e6:.0f} million"
        )
    stream.thread_type = "NONE"  # frame threads would hold pictures back
    return stream


def _reported(packet: VideoPacket) -> Micros | None:
    """The camera's own capture time of a packet, when its sender reports tell one."""
    if not packet.has_sidedata("prft"):
        return None
    wall = struct.unpack("<q", bytes(packet.get_sidedata("prft"))[:8])[0]
    return int(wall)


def _file_url(url: str) -> tuple[Path, dict[str, str]]:
    if not url.startswith("file:"):
        return Path(url).expanduser(), {}
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return Path(unquote(parts.path)), options


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in _VIDEO_FILES)
        if not found:
            raise CameraTrouble(404, f"the folder {path} holds no video files: put MP4 files there")
        return found
    if not path.is_file():
        raise CameraTrouble(404, f"there is no file {path}: correct the camera's address")
    return [path]


def _open_file(path: Path) -> InputContainer:
    try:
        return av.open(str(path))
    except (FFmpegError, OSError) as error:
        raise CameraTrouble(400, f"{path} cannot be read as video: give an MP4 file with H.264 or HEVC") from error


def _described(path: Path) -> tuple[Micros, tuple[str, bytes]]:
    """Microseconds until the file's next showing (the last picture's time and as much as it is shown), and its form."""
    with _open_file(path) as container:
        stream = _video(container, str(path))
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        tick = float(stream.time_base or 0) * SECOND
        form = stream.codec_context.name, bytes(stream.codec_context.extradata or b"")
    if not times:
        raise CameraTrouble(400, f"{path} has no pictures: give another file")
    last = times[-1] - times[-2] if len(times) > 1 else round(SECOND / 25 / tick)
    return round((times[-1] + last) * tick), form
