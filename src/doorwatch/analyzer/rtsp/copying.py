"""A camera's stream as coded pictures with capture times, in the form in which they are recorded."""

import io
import secrets
import struct
import time
from bisect import insort
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import NamedTuple

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from doorwatch.analyzer.capture_time import Told
from doorwatch.analyzer.opening import OPEN_TIMEOUT, READ_TIMEOUT
from doorwatch.analyzer.reaching import pinned
from doorwatch.analyzer.rtsp.talk import Talk, UnlikeError
from doorwatch.analyzer.rtsp.units import Coded, H264Units, HevcUnits, Pictures
from doorwatch.analyzer.source import LIVE_GAP, MOST_PENDING, OnCameraTime, read_clock
from doorwatch.analyzer.trouble import TIMED_OUT, CameraTrouble
from doorwatch.analyzer.wall_clock import WallClock
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.decode import MAX_PIXELS

_TOGETHER = 0.2
"""Seconds of video that are read at once."""

_FIRST_KEY = 12.0
"""Seconds in which a first key picture has to come."""

_ANSWER_EVERY = 5.0
_NTP_BEFORE_UNIX = 2_208_988_800
_REPORT = struct.Struct(">BBHIIII")
_SENDER_REPORT = 200
_NAME = b"doorwatch"
_START = b"\0\0\0\1"
_SWAPPED = 2
"""So many pictures may be shown before one that came before them, where the camera says that some are."""


class CopiedPicture(NamedTuple):
    """One coded picture in the form of MP4: when it is decoded and shown (capture time, UTC), and when it arrived here."""

    data: bytes
    dts: Micros
    pts: Micros
    arrived: Micros
    jumped: bool
    key: bool

    def in_mp4(self, _extradata: bytes) -> bytes:
        """Its bytes with lengths before the units."""
        return self.data


class Decoding:
    """When pictures are decoded of which a camera only tells when they are shown: each in the place of one shown earlier.

    `swapped` is how many may be shown before one that came before them.
    """

    def __init__(self, swapped: int) -> None:
        self._swapped = swapped
        self._waiting: list[Micros] | None = None
        self._last: Micros = 0

    def of(self, shown: Micros) -> Micros:
        """When the next picture is decoded. Raises UnlikeError when it would be shown before."""
        begun = self._waiting is not None
        if self._waiting is None:
            self._waiting = [shown - n for n in range(self._swapped, 0, -1)]
        insort(self._waiting, shown)
        decoded = self._waiting.pop(0)
        if begun and decoded <= self._last:
            raise UnlikeError("sends pictures in another order than they are shown in")
        self._last = decoded
        return decoded


class _Came(NamedTuple):
    """A picture, when it was read, and how many seconds that was waited for."""

    coded: Coded
    at: Micros
    waited: float


class CopySource(OnCameraTime):
    """A camera over RTSP, of which every picture is copied and none decoded; pictures come some 0.2 s at a time."""

    def __init__(self, url: str) -> None:
        """Open it and wait for its first key picture. Raises CameraTrouble, UnlikeError for what is not known here."""
        super().__init__()
        self._clock = WallClock()
        self._told: tuple[int, Micros] | None = None
        self._answered = time.monotonic()
        self._own_source = secrets.randbits(32)
        self._talk = Talk(url, pinned(url), connect=OPEN_TIMEOUT, silence=READ_TIMEOUT)
        with ExitStack() as opened:
            opened.callback(self._talk.close)
            self._offered = self._talk.play()
            units = H264Units() if self._offered.codec == "h264" else HevcUnits()
            self._pictures = Pictures(units, self._offered.payload)
            self._coming = self._come()
            self._first = self._first_key()
            self._header = self._opened(self._first.coded)
            opened.callback(self._header.close)
            self.stream: VideoStream = self._header.streams.video[0]
            self._decoding = Decoding(_SWAPPED if self.stream.codec_context.has_b_frames else 0)
            self._hang_up = opened.pop_all()
        self._known = set(self._first.coded.parameters)

    def close(self) -> None:
        """Hang up."""
        self._hang_up.close()

    def packets(self) -> Iterator[CopiedPicture]:
        """The pictures as they come; those that were waiting when the stream was opened are timed by the later ones."""
        pending: list[tuple[_Came, Micros]] = []
        live, ticks, stamp = False, 0, self._first.coded.stamp
        for came in chain([self._first], self._coming):
            ticks, stamp = ticks + _signed(came.coded.stamp - stamp), came.coded.stamp
            pending.append((came, ticks * SECOND // self._offered.rate))
            if not live and came.waited < LIVE_GAP and len(pending) < MOST_PENDING:
                continue
            if not live:
                live = True
                self._talk.unhurried(_TOGETHER)
            for one, at in pending:
                self._times.capture.hear(Told(at, one.at, self._wall(one.coded.stamp)))
            for one, at in pending:
                yield self._placed(one, at)
            pending.clear()

    def _placed(self, came: _Came, at: Micros) -> CopiedPicture:
        coded = came.coded
        if not self._known.issuperset(coded.parameters):
            self._see_form(coded)
        dts, pts, jumped = self._times.place(at, self._decoding.of(at), came.at, key=coded.key)
        data = b"".join([part for unit in coded.units for part in (len(unit).to_bytes(4, "big"), unit)])
        return CopiedPicture(data, dts, pts, came.at, jumped, coded.key)

    def _see_form(self, coded: Coded) -> None:
        """Parameters came that were not there before: the picture's size may have changed, which ends the stream."""
        with self._opened(coded) as header:
            now, before = header.streams.video[0].codec_context, self.stream.codec_context
            if (now.width, now.height) != (before.width, before.height):
                raise CameraTrouble(TIMED_OUT, "the camera changed the form of its pictures: it is opened again")
        self._known.update(coded.parameters)

    def _first_key(self) -> _Came:
        until = time.monotonic() + _FIRST_KEY
        for came in self._coming:
            if came.coded.key:
                return came
            if time.monotonic() > until:
                break
        raise UnlikeError("sends no key picture")

    def _come(self) -> Iterator[_Came]:
        batches = self._talk.packets()
        while True:
            begun = time.monotonic()
            batch = next(batches)
            waited, now = time.monotonic() - begun, read_clock(self._clock)
            for control, packet in batch:
                if control:
                    self._hear(packet)
                    continue
                for coded in self._pictures.add(packet):
                    yield _Came(coded, now, waited)
                    waited = 0.0
            self._answer()

    def _hear(self, packet: bytes) -> None:
        """What a sender report says: which timestamp belongs to which time of the camera's clock."""
        if len(packet) >= _REPORT.size and packet[1] == _SENDER_REPORT:
            _, _, _, _, seconds, fraction, stamp = _REPORT.unpack_from(packet)
            self._told = stamp, (seconds - _NTP_BEFORE_UNIX) * SECOND + (fraction * SECOND >> 32)

    def _wall(self, stamp: int) -> Micros | None:
        if self._told is None:
            return None
        return self._told[1] + _signed(stamp - self._told[0]) * SECOND // self._offered.rate

    def _answer(self) -> None:
        """Tell the camera that somebody listens, as it may wait for."""
        now = time.monotonic()
        if now - self._answered >= _ANSWER_EVERY:
            self._answered = now
            described = struct.pack(">BBHIBB", 0x81, 202, 4, self._own_source, 1, len(_NAME)) + _NAME + b"\0"
            self._talk.report(struct.pack(">BBHI", 0x80, 201, 1, self._own_source) + described)

    def _opened(self, coded: Coded) -> InputContainer:
        """FFmpeg's view of a key picture: it knows what the codec's own words mean."""
        before = () if coded.parameters else self._offered.parameters
        data = b"".join(_START + unit for unit in (*before, *coded.units))
        try:
            opened = av.open(io.BytesIO(data), "r", format=self._offered.codec)
        except FFmpegError as error:
            raise UnlikeError("sends a first picture that cannot be read") from error
        form = opened.streams.video[0].codec_context if opened.streams.video else None
        if form is None or not 0 < form.width * form.height <= MAX_PIXELS:
            opened.close()
            raise UnlikeError("does not say its picture's size, or a huge one")
        return opened


def _signed(ticks: int) -> int:
    """A difference of timestamps, which have 32 bits and begin anew after half a day."""
    return (ticks + 0x80000000) % 0x100000000 - 0x80000000
