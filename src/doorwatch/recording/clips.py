"""Pieces of recorded video: a clip between two moments, and the picture at one; nothing is encoded but the JPEG."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from doorwatch.domain.time import SECOND, Micros, to_iso
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings

_GAP = 2 * SECOND
_TICK = Fraction(1, SECOND)


class NothingRecordedError(RecordingError):
    """There are no pictures of the time that was asked for; later there may be."""


@dataclass(frozen=True, slots=True)
class Clip:
    """An MP4 file that plays everywhere; `start` is the capture time of its first picture."""

    data: bytes
    start: Micros
    duration: Micros


@dataclass(slots=True)
class Still:
    """One decoded picture (blue first) and when it was captured."""

    image: NDArray[np.uint8]
    at: Micros

    def jpeg(self, quality: int = 88, *, widest: int | None = None) -> bytes:
        """The picture as a JPEG file, at most `widest` pixels wide."""
        image: cv2.typing.MatLike = self.image
        height, width = image.shape[:2]
        if widest is not None and width > widest:
            size = (widest, max(1, round(height * widest / width)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            raise RecordingError("the picture could not be written as JPEG: this is a fault of the program")
        return data.tobytes()


def cut_clip(recordings: Recordings, camera_id: str, start: Micros, end: Micros) -> Clip:
    """The recorded video from the last key picture at or before `start` to `end`.

    Where the camera's picture changed its size or codec in between, the clip ends there; gaps in the recording, and files
    that cannot be read beside others that can, stay as long as they were. Raises NothingRecordedError, and RecordingError when the files cannot be read.
    """
    paths = _readable(recordings.covering(camera_id, start, end))
    with tempfile.TemporaryDirectory(prefix="doorwatch-clip-") as folder:
        target = Path(folder) / "clip.mp4"
        span = _remux(paths, start, end, target)
        if span is None:
            raise NothingRecordedError(
                f"camera {camera_id} has no recording from {to_iso(start, 3)} to {to_iso(end, 3)}: "
                "it was offline then, or the recording was already deleted"
            )
        return Clip(target.read_bytes(), span[0], span[1] - span[0])


def join_clips(clips: Sequence[tuple[Path, Micros]], target: Path) -> None:
    """Copy clips of one camera, each with the capture time of its first picture, one after the other into `target`.

    Each is taken until the next begins, with a key picture: what two of them show is there once. Where the picture's size
    or codec changed it ends. Raises RecordingError when a file cannot be read.
    """
    first, shape, previous = clips[0][1], None, -1
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as output:
        tracks: list[VideoStream] = []
        for (path, begins), following in zip(clips, [*(at for _, at in clips[1:]), None], strict=True):
            with _opened(path) as container:
                stream = container.streams.video[0]
                if shape is None:
                    shape = _shape(stream)
                    added = output.add_stream_from_template(stream)
                    added.time_base = _TICK
                    tracks.append(added)
                elif _shape(stream) != shape:
                    break
                tick = (stream.time_base or _TICK) * SECOND
                for packet in _packets(container):
                    if packet.pts is None or packet.dts is None:
                        continue
                    at, decoded = (begins + round(one * tick) for one in (packet.pts, packet.dts))
                    if following is not None and at >= following:
                        continue
                    packet.time_base = _TICK
                    packet.pts, packet.dts = at - first, max(decoded - first, previous + 1)
                    previous = packet.dts
                    packet.stream = tracks[0]
                    output.mux_one(packet)


def picture_at(recordings: Recordings, camera_id: str, at: Micros) -> Still:
    """The recorded picture nearest to `at`, at most two seconds away. Raises NothingRecordedError, RecordingError."""
    best: Still | None = None
    for path in _readable(recordings.covering(camera_id, at - _GAP, at + _GAP)):
        for still in _decoded(path, at):
            if best is None or abs(still.at - at) < abs(best.at - at):
                best = still
    if best is None or abs(best.at - at) > _GAP:
        raise NothingRecordedError(
            f"camera {camera_id} has no recorded picture at {to_iso(at, 3)}: it was offline then, or it was deleted"
        )
    return best


def decoded_between(recordings: Recordings, camera_id: str, start: Micros, end: Micros) -> Iterator[Still]:
    """Every recorded picture captured from `start` to `end`, in the order of capture. Raises RecordingError."""
    paths = _readable(recordings.covering(camera_id, start, end))
    begin = _key_before(paths, start, end)
    if begin is None:
        return
    for path in paths:
        with _opened(path) as container:
            container.streams.video[0].thread_type = "NONE"
            for packet in _packets(container):
                if packet.pts is not None and packet.pts < begin:
                    continue
                for frame in _frames(packet):
                    if frame.pts is not None and start <= frame.pts <= end:
                        yield _still(frame)


def decoded_of_clip(clip: Path, first: Micros, start: Micros, end: Micros) -> Iterator[Still]:
    """The pictures of a clip that were captured from `start` to `end`; `first` is when its first one was.

    Raises RecordingError when the file cannot be read.
    """
    with _opened(clip) as container:
        stream = container.streams.video[0]
        tick = (stream.time_base or _TICK) * SECOND
        for packet in _packets(container):
            for frame in _frames(packet):
                if frame.pts is None:
                    continue
                at = first + round(frame.pts * tick)
                if at > end:
                    return
                if at >= start:
                    yield Still(frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False), at)


def _readable(paths: Sequence[Path]) -> list[Path]:
    """The files of these that can be opened; raises RecordingError when there are some, and none of them can."""
    found: list[Path] = []
    trouble: RecordingError | None = None
    for path in paths:
        try:
            _opened(path).close()
        except RecordingError as error:
            trouble = error
        else:
            found.append(path)
    if trouble is not None and not found and not isinstance(trouble, NothingRecordedError):
        raise trouble
    return found


def _remux(paths: Sequence[Path], start: Micros, end: Micros, target: Path) -> tuple[Micros, Micros] | None:
    """Copy the pictures into `target`; capture times of the first picture and of the end of the last."""
    first = _key_before(paths, start, end)
    if first is None:
        return None
    last, shape, previous = first, None, -1
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as output:
        tracks: list[VideoStream] = []
        for path in paths:
            with _opened(path) as container:
                stream = container.streams.video[0]
                if shape is None:
                    shape = _shape(stream)
                    added = output.add_stream_from_template(stream)
                    added.time_base = _TICK
                    tracks.append(added)
                elif _shape(stream) != shape:
                    break
                for packet in _packets(container):
                    if packet.pts is None or packet.dts is None or packet.pts < first or packet.pts > end:
                        continue
                    last = max(last, packet.pts + (packet.duration or 0))
                    packet.pts -= first
                    packet.dts = max(packet.dts - first, previous + 1)
                    previous = packet.dts
                    packet.stream = tracks[0]
                    output.mux_one(packet)
    return first, last


def _key_before(paths: Sequence[Path], start: Micros, end: Micros) -> Micros | None:
    """Capture time of the last key picture up to `start`, else of the first one up to `end`."""
    found: Micros | None = None
    for path in paths:
        with _opened(path) as container:
            for packet in _packets(container):
                if packet.is_keyframe and packet.pts is not None and packet.pts <= end:
                    if packet.pts <= start or found is None:
                        found = packet.pts
                    else:
                        return found
    return found


def _decoded(path: Path, at: Micros) -> Iterator[Still]:
    """The picture before and the picture after `at` in a file."""
    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        keys = [p.pts for p in _packets(container) if p.is_keyframe and p.pts is not None and p.pts <= at]
    begin = keys[-1] if keys else None
    before: av.VideoFrame | None = None
    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for packet in _packets(container):
            if begin is not None and packet.pts is not None and packet.pts < begin:
                continue
            for frame in _frames(packet):
                if frame.pts is None:
                    continue
                if frame.pts > at:
                    yield _still(frame)
                    if before is not None:
                        yield _still(before)
                    return
                before = frame
        if before is not None:
            yield _still(before)


def _still(frame: av.VideoFrame) -> Still:
    return Still(frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False), frame.pts or 0)


def _frames(packet: "av.Packet[VideoStream]") -> list[av.VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
    except FFmpegError:
        return []  # a damaged picture is passed over, its neighbours are as good


def _packets(container: "av.container.InputContainer") -> Iterator["av.Packet[VideoStream]"]:
    """Packets as far as the file is whole; at its end the empty one that makes a decoder give out its rest."""
    try:
        yield from container.demux(container.streams.video[0])
    except FFmpegError:
        return


def _opened(path: Path) -> "av.container.InputContainer":
    whole = path.with_suffix(".mp4")
    for candidate in (path, whole):
        try:
            return av.open(str(candidate), format="mp4")
        except FileNotFoundError:
            continue  # it was finished under its final name a moment ago
        except FFmpegError as error:
            raise RecordingError(f"{candidate} cannot be read ({error.strerror}): the file is damaged") from error
    raise NothingRecordedError(f"{path} was deleted while it was being read")


def _shape(stream: VideoStream) -> tuple[str, int, int]:
    context = stream.codec_context
    return context.name, context.width, context.height
