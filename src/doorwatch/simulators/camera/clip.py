"""A clip as a camera would send it: coded pictures with their times, nothing decoded and nothing encoded."""

import bisect
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros

_NAL_TYPES_OF_PARAMETERS = {"h264": {7, 8}, "hevc": {32, 33, 34}}


class ClipError(DoorwatchError):
    """A clip that cannot be served; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture in decode order.

    `pts` is when it is shown and `due` when a camera would have it ready to send (a picture that refers to a later one
    waits for it), both in microseconds from the first picture of the clip. `units` are its NAL units.
    """

    pts: Micros
    due: Micros
    key: bool
    units: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """All pictures of a clip; it can be shown over and over, `duration` microseconds each time."""

    codec: str
    width: int
    height: int
    parameters: tuple[bytes, ...]
    pictures: tuple[Picture, ...]
    duration: Micros

    @classmethod
    def load(cls, path: Path | str) -> "Clip":
        """Read an H.264 or HEVC file. Raises ClipError."""
        path = Path(path)
        if not path.is_file():
            raise ClipError(f"there is no clip {path}: give the path of an MP4 file with H.264 or HEVC video")
        try:
            with av.open(str(path)) as container:
                return _read(container, path)
        except FFmpegError as error:
            raise ClipError(
                f"{path} cannot be read as video ({error.strerror}): give an MP4 file with H.264"
            ) from error

    @property
    def keys(self) -> list[int]:
        """The indexes of the pictures that can be decoded alone."""
        return [index for index, picture in enumerate(self.pictures) if picture.key]

    def position(self, elapsed: Micros) -> tuple[int, int]:
        """Where a viewer who comes `elapsed` microseconds after the first showing began starts: loop and picture.

        That is the next key picture that is still to be sent; for a viewer before the first showing, its beginning.
        """
        if elapsed <= 0:
            return 0, 0
        loop, phase = divmod(elapsed, self.duration)
        keys = self.keys
        next_key = bisect.bisect_left([self.pictures[index].due for index in keys], phase)
        return (loop, keys[next_key]) if next_key < len(keys) else (loop + 1, 0)


def _read(container: "av.container.InputContainer", path: Path) -> Clip:
    if not container.streams.video:
        raise ClipError(f"{path} has no video: give an MP4 file with H.264 or HEVC video")
    stream = container.streams.video[0]
    context = stream.codec_context
    codec = context.name
    if codec not in _NAL_TYPES_OF_PARAMETERS:
        raise ClipError(f"{path} is {codec} video, which is not sent over RTSP here: convert it to H.264")
    parameters, length_size = _parameters(bytes(context.extradata or b""), codec)
    if not parameters:
        raise ClipError(f"{path} does not carry its decoder's parameters: re-mux it into an MP4 file")
    packets = [(packet, packet.pts) for packet in container.demux(stream) if packet.size and packet.pts is not None]
    if not packets or not packets[0][0].is_keyframe:
        raise ClipError(f"{path} does not begin with a key frame: re-encode it")
    tick = float(stream.time_base or 0) * SECOND
    first = min(pts for _, pts in packets)
    times = [round((pts - first) * tick) for _, pts in packets]
    pictures, due = [], 0
    for (packet, _), pts in zip(packets, times, strict=True):
        due = max(due, pts)
        pictures.append(Picture(pts, due, packet.is_keyframe, _units(bytes(packet), length_size)))
    shown = sorted(times)
    last = shown[-1] - shown[-2] if len(shown) > 1 else SECOND // 25
    if shown[-1] + last <= 0:
        raise ClipError(f"{path} does not say when its pictures are shown: re-mux it into an MP4 file")
    return Clip(codec, context.width, context.height, parameters, tuple(pictures), shown[-1] + last)


def _parameters(extradata: bytes, codec: str) -> tuple[tuple[bytes, ...], int]:
    """The parameter sets, and how many bytes give a unit's length in a picture (0: start codes)."""
    if extradata[:1] != b"\x01":
        wanted = _NAL_TYPES_OF_PARAMETERS[codec]
        units = _split_start_codes(extradata)
        return tuple(unit for unit in units if _unit_type(unit, codec) in wanted), 0
    return _parameters_avc(extradata) if codec == "h264" else _parameters_hevc(extradata)


def _parameters_avc(record: bytes) -> tuple[tuple[bytes, ...], int]:
    found, at = [], 5
    for mask in (0x1F, 0xFF):
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return tuple(found), (record[4] & 3) + 1


def _parameters_hevc(record: bytes) -> tuple[tuple[bytes, ...], int]:
    found, at = [], 23
    for _ in range(record[22]):
        count, at = int.from_bytes(record[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    wanted = _NAL_TYPES_OF_PARAMETERS["hevc"]
    return tuple(unit for unit in found if _unit_type(unit, "hevc") in wanted), (record[21] & 3) + 1


def _unit_type(unit: bytes, codec: str) -> int:
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def _units(data: bytes, length_size: int) -> tuple[bytes, ...]:
    if length_size == 0:
        return tuple(_split_start_codes(data))
    units, at = [], 0
    while at + length_size <= len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        units.append(data[at + length_size : at + length_size + size])
        at += length_size + size
    return tuple(unit for unit in units if unit)


def _split_start_codes(data: bytes) -> list[bytes]:
    return [piece.rstrip(b"\0") for piece in data.split(b"\0\0\1") if piece.rstrip(b"\0")]
