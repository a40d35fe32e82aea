"""Fragmented MP4 without encoding: init segments, fragments on a UTC timeline, and a look into files made of them.

A track counts in microseconds since 1970, so that `tfdt` plus a sample's composition offset *is* capture time, in every
file and in every live fragment. Init segments are written by FFmpeg's own muxer, which knows every codec's boxes;
fragments are written here, because only so they can be cut anywhere and carry exactly the times that were measured.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, NamedTuple

import av
from av.video.stream import VideoStream

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros

_KEY_FLAGS, _OTHER_FLAGS = 0x02000000, 0x01010000
_LARGEST_BOX = 1 << 30


class RecordingError(DoorwatchError):
    """Recorded video that cannot be written, read or cut; the text names cause and cure."""


class Sample(NamedTuple):
    """One coded picture in MP4 form (units with four bytes of length); times are UTC microseconds."""

    data: bytes
    dts: Micros
    pts: Micros
    key: bool


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a decoder needs before the first fragment; `codec` is the name that browsers ask for (`avc1.640028`)."""

    data: bytes
    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One `moof` and its `mdat`: pictures from `start` on (the earliest one's capture time), `duration` microseconds.

    `key` says that the first picture can be decoded alone.
    """

    data: bytes
    start: Micros
    duration: Micros
    key: bool

    @property
    def end(self) -> Micros:
        """Capture time at which the last picture stops being shown."""
        return self.start + self.duration


def init_segment(stream: VideoStream) -> InitSegment:
    """The init segment of an opened video stream. Raises RecordingError for a codec that MP4 cannot carry."""
    buffer = io.BytesIO()
    try:
        options = {"movflags": "empty_moov+frag_custom+default_base_moof"}
        with av.open(buffer, "w", format="mp4", options=options) as output:
            track = output.add_stream_from_template(stream)
            track.time_base = Fraction(1, SECOND)
            output.start_encoding()
            data = buffer.getvalue()
    except (av.error.FFmpegError, ValueError) as error:
        name = stream.codec_context.name
        raise RecordingError(f"{name} video cannot be recorded: set the camera to H.264 or HEVC ({error})") from error
    return InitSegment(data, codec_name(data), stream.codec_context.width, stream.codec_context.height)


def codec_name(init: bytes) -> str:
    """The codec of an init segment as browsers ask for it."""
    if (at := init.find(b"avcC")) >= 0:
        return f"avc1.{init[at + 5 : at + 8].hex()}"
    if (at := init.find(b"hvcC")) >= 0:
        head = init[at + 4 : at + 17]
        compatible = int(f"{int.from_bytes(head[2:6], 'big'):032b}"[::-1], 2)
        tier = "H" if head[1] & 0x20 else "L"
        space = ("", "A", "B", "C")[head[1] >> 6]
        constraints = ".".join(f"{byte:x}" for byte in head[6:12].rstrip(b"\0"))
        return f"hvc1.{space}{head[1] & 0x1F}.{compatible:x}.{tier}{head[12]}" + (
            f".{constraints}" if constraints else ""
        )
    return "unknown"


def with_lengths(data: bytes, extradata: bytes) -> bytes:
    """A coded picture in MP4 form; one that comes with start codes (as over RTSP) is rewritten."""
    if extradata[:1] == b"\x01":
        return data
    units = [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1")]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if unit)


def fragment(number: int, samples: Sequence[Sample], next_dts: Micros) -> Fragment:
    """One fragment of samples in decode order; `next_dts` is when the sample after them is decoded."""
    ends = [sample.dts for sample in samples[1:]] + [next_dts]
    rows = b"".join(
        struct.pack(
            ">IIIi",
            max(1, end - sample.dts),
            len(sample.data),
            _KEY_FLAGS if sample.key else _OTHER_FLAGS,
            sample.pts - sample.dts,
        )
        for sample, end in zip(samples, ends, strict=True)
    )
    header = _box(b"mfhd", struct.pack(">II", 0, number))
    track = _box(b"tfhd", struct.pack(">II", 0x020000, 1)) + _box(b"tfdt", struct.pack(">IQ", 1 << 24, samples[0].dts))
    moof_size = 8 + len(header) + 8 + len(track) + 20 + len(rows)
    run = _box(b"trun", struct.pack(">IIi", 1 << 24 | 0xF01, len(samples), moof_size + 8) + rows)
    moof = _box(b"moof", header + _box(b"traf", track + run))
    start = min(sample.pts for sample in samples)
    duration = max(1, next_dts - samples[0].dts)
    size = 8 + sum(len(sample.data) for sample in samples)
    # One copy of the pictures: each costs as much as writing them does.
    data = b"".join((moof, struct.pack(">I4s", size, b"mdat"), *(sample.data for sample in samples)))
    return Fragment(data, start, duration, samples[0].key)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


class Fragmenter:
    """Gathers samples into fragments of at least `least` microseconds, and cuts at every key picture.

    A cut is only made before a picture that is shown after all that came before it, so that fragments never overlap.
    """

    def __init__(self, least: Micros = 400_000) -> None:
        self._least = least
        self._samples: list[Sample] = []
        self._latest = 0
        self._number = 0

    def add(self, sample: Sample) -> Fragment | None:
        """Take the next sample in decode order; the fragment that it completes, if it does."""
        done = None
        if self._samples:
            long_enough = sample.dts - self._samples[0].dts >= self._least
            if sample.key or (long_enough and sample.pts > self._latest):
                done = self._cut(sample.dts)
        self._samples.append(sample)
        self._latest = max(self._latest, sample.pts) if len(self._samples) > 1 else sample.pts
        return done

    def finish(self) -> Fragment | None:
        """What is left when the stream ends; the last picture is taken to last as long as the one before it."""
        if not self._samples:
            return None
        times = [sample.dts for sample in self._samples]
        last = times[-1] - times[-2] if len(times) > 1 else SECOND // 25
        return self._cut(times[-1] + last)

    def _cut(self, next_dts: Micros) -> Fragment:
        self._number += 1
        done = fragment(self._number, self._samples, next_dts)
        self._samples = []
        return done


class Entry(NamedTuple):
    """Where one fragment lies in a file, and the UTC microseconds that it covers (pictures' capture times)."""

    offset: int
    size: int
    start: Micros
    end: Micros
    key: bool


def entries(file: BinaryIO) -> Iterator[Entry]:
    """The whole fragments of a file, in order; stops quietly before one that is cut short (a crash, or still written)."""
    length = file.seek(0, io.SEEK_END)
    at, moof = 0, None
    while at + 8 <= length:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        if not 8 <= size <= _LARGEST_BOX or at + size > length:
            return
        if kind == b"moof":
            moof = (at, file.read(size - 8))
        elif kind == b"mdat" and moof is not None:
            times = _times(moof[1])
            if times is None:
                return
            yield Entry(moof[0], at + size - moof[0], *times)
            moof = None
        at += size


def _times(moof: bytes) -> tuple[Micros, Micros, bool] | None:
    tfdt, trun = moof.find(b"tfdt"), moof.find(b"trun")
    if tfdt < 0 or trun < 0:
        return None
    dts = int.from_bytes(moof[tfdt + 8 : tfdt + 16], "big")
    count = int.from_bytes(moof[trun + 8 : trun + 12], "big")
    rows = list(struct.iter_unpack(">IIIi", moof[trun + 16 : trun + 16 + 16 * count]))
    if len(rows) != count or not rows:
        return None
    shown, at = [], dts
    for duration, _, _, offset in rows:
        shown.append(at + offset)
        at += duration
    return min(shown), min(shown) + at - dts, rows[0][2] == _KEY_FLAGS
