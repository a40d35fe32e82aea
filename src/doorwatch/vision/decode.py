"""Video to pictures with their times: from files as fast as they can be read, from packets as they come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Picture

ASSUMED_RATE = 25
"""Frames a second of a video that says nothing about it: a raw stream carries no times."""

MAX_PIXELS = 40_000_000
"""Pictures beyond this are refused before they fill the memory."""


_ENDS_EARLY = (2 * SECOND, 0.02)
"""A video may end so long before the length it announces, in time and as a share; players and writers differ."""

Tell = Callable[[str], None]


class VideoError(DoorwatchError):
    """A video that cannot be read; the text names it and what to do."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: `at` is microseconds from the video's first frame plus the start given, `index` counts from 0."""

    at: Micros
    index: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file says of itself; `fps` is 0 and `duration` 0 where it says nothing."""

    width: int
    height: int
    fps: float
    duration: Micros
    codec: str


class Decoder:
    """Packets of one stream to pictures, on one thread: for live streams, where somebody else reads the packets."""

    def __init__(self, context: av.VideoCodecContext) -> None:
        context.thread_count = 1
        self._context = context

    def decode(self, packet: "av.Packet[av.VideoStream]") -> list[av.VideoFrame]:
        """The frames that a packet completes; a broken packet gives none, the next good ones give theirs."""
        try:
            frames = self._context.decode(packet)
        except av.FFmpegError:
            return []
        return [frame for frame in frames if not frame.is_corrupt]


def luma(frame: av.VideoFrame) -> Picture:
    """The brightness of a frame, height x width, without a conversion where the frame holds it as a plane."""
    if frame.format.name.startswith(("yuv", "nv12", "gray")) and frame.format.components[0].bits == 8:
        plane = frame.planes[0]
        rows: Picture = np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)
        return rows[:, : frame.width]
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def colours(frame: av.VideoFrame) -> Picture:
    """A frame as a picture: blue first."""
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def facts(path: Path) -> VideoFacts:
    """What a file says of itself. Raises VideoError."""
    with _open(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate
        context = stream.codec_context
        return VideoFacts(context.width, context.height, float(rate or 0), int(container.duration or 0), context.name)


def frames(
    path: Path,
    *,
    start: Micros = 0,
    every: int = 1,
    fps: float | None = None,
    tell: Tell | None = None,
    remark: Tell | None = None,
) -> Iterator[Frame]:
    """All pictures of a file in order of time, or every n-th; `start` is the time of the first one.

    A file that breaks off in the middle gives what it holds; `tell` is then given a sentence about it, as it is about
    damaged pictures that were left out. A raw stream carries no times: its rate is `fps`, else the one that the stream
    states, else 25 frames a second, and `remark` is told of it. Raises VideoError when nothing can be read.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        size = stream.codec_context.width * stream.codec_context.height
        if size > MAX_PIXELS:
            raise VideoError(f"{path} has pictures of {size / 1e6:.0f} megapixels; use a stream of at most 40")
        reading = _Reading(container, fps)
        index = -1
        for index, (at, frame) in enumerate(reading.timed()):
            if index == 0 and remark is not None and (sentence := reading.about_times()):
                remark(f"{path} {sentence}")
            if index % every == 0:
                yield Frame(start + at, index, colours(frame))
        if index < 0:
            raise VideoError(f"{path} holds no picture that can be decoded; is the recording complete?")
        if tell is not None:
            for trouble in reading.troubles():
                tell(f"{path} {trouble}")


@dataclass
class _Reading:
    """One pass through a file, and what went wrong on the way."""

    container: av.container.InputContainer
    fps: float | None = None
    last: Micros | None = None
    frames: int = 0
    damaged: int = 0
    broke: bool = False
    says_times: bool = field(default=False)

    def timed(self) -> Iterator[tuple[Micros, av.VideoFrame]]:
        """Frames with times that always rise: from the frames where they say them, else from the rate."""
        stream = self.container.streams.video[0]
        step = round(SECOND / (stream.average_rate or stream.guessed_rate or Fraction(ASSUMED_RATE)))
        first: Fraction | None = None
        for frame in self._decoded():
            told = frame.pts * frame.time_base if frame.pts is not None and frame.time_base else None
            if first is None:
                first, self.says_times = told, told is not None
                if not self.says_times:
                    step = round(SECOND / (self.fps or self._stated_rate()))
            at = round((told - first) * SECOND) if told is not None and first is not None else None
            if at is None or (self.last is not None and at <= self.last):
                at = 0 if self.last is None else self.last + step
            self.last = at
            self.frames += 1
            yield at, frame

    def _stated_rate(self) -> float:
        """Frames a second that a raw stream states in its own headers, or what is assumed."""
        return float(self.container.streams.video[0].codec_context.framerate or ASSUMED_RATE)

    def about_times(self) -> str | None:
        """A sentence, to follow the file's name, where its times are not its own; known after the first frame."""
        if self.says_times:
            return "carries its own times, so the rate that was given is not used" if self.fps else None
        if self.fps or self._stated_rate() != ASSUMED_RATE:
            return None
        return f"carries no times: {ASSUMED_RATE} frames a second are assumed; give the true rate with --fps"

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Frames until the end, or until the file breaks off; broken packets in between are skipped."""
        packets = self.container.demux(self.container.streams.video[0])
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self.broke = True
                return
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                continue
            self.damaged += packet.is_corrupt or any(frame.is_corrupt for frame in decoded)
            yield from decoded

    def troubles(self) -> list[str]:
        """Sentences about what is missing, each to follow the file's name."""
        stream = self.container.streams.video[0]
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        announced = round(length * SECOND) if length is not None else int(self.container.duration or 0)
        read = self.last or 0
        at_least, share = _ENDS_EARLY
        short = self.says_times and announced - read > max(at_least, share * announced)
        if short or self.broke:
            of = f" of {announced / SECOND:.1f}" if announced > read else ""
            return [f"breaks off after {read / SECOND:.1f}{of} seconds: only those were looked at; copy the file again"]
        if self.damaged:
            return [f"has {self.damaged} damaged pictures: people in them may be missing; copy the file again"]
        return []


def _open(path: Path) -> av.container.InputContainer:
    if not path.exists():
        raise VideoError(f"there is no video {path}; check the path")
    if path.is_dir():
        raise VideoError(f"{path} is a folder; give one video file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes); is the recording complete?")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            f"{path} cannot be read as a video ({getattr(error, 'strerror', None) or error}); "
            "is it complete, and a video such as MP4, MKV or AVI?"
        ) from error
    except OSError as error:
        raise VideoError(f"{path} cannot be opened ({error.strerror}); check its permissions") from error
    if not container.streams.video:
        container.close()
        raise VideoError(f"{path} has sound or data but no picture; give a file with a video stream")
    return container
