"""RTP packets of coded pictures and the RTCP sender reports that tie their timestamps to the clock on the wall."""

import struct
from collections.abc import Iterator, Sequence

from doorwatch.domain.time import SECOND, Micros

VIDEO_RATE = 90_000
_PAYLOAD_TYPE = 96
_LARGEST = 1400
_NTP_BEFORE_UNIX = 2_208_988_800


class Packetiser:
    """Cuts pictures into RTP packets of one source, with its running sequence number (RFC 6184, RFC 7798)."""

    def __init__(self, codec: str, source: int, sequence: int, timestamp_offset: int) -> None:
        self._hevc = codec == "hevc"
        self.source = source
        self.sequence = sequence
        self._offset = timestamp_offset
        self.packets = 0
        self.octets = 0

    def timestamp(self, at: Micros) -> int:
        """The 32-bit RTP timestamp of a moment (microseconds since 1970)."""
        return (at * VIDEO_RATE // SECOND + self._offset) & 0xFFFFFFFF

    def picture(self, units: Sequence[bytes], at: Micros) -> Iterator[bytes]:
        """The packets of one picture shown at `at`; the last one carries the marker."""
        pieces = [piece for unit in units for piece in self._pieces(unit)]
        for index, piece in enumerate(pieces):
            yield self._packet(piece, self.timestamp(at), index == len(pieces) - 1)

    def sender_report(self, now: Micros) -> bytes:
        """The RTCP packet that says which timestamp belongs to which moment, and the source's name."""
        seconds, micros = divmod(now, SECOND)
        fraction = (micros << 32) // SECOND
        report = struct.pack(
            ">BBHIIIIII", 0x80, 200, 6, self.source, (seconds + _NTP_BEFORE_UNIX) & 0xFFFFFFFF, fraction,
            self.timestamp(now), self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF,
        )  # fmt: skip
        name = b"doorwatch"
        item = struct.pack(">IBB", self.source, 1, len(name)) + name + b"\0"
        item += b"\0" * (-len(item) % 4)
        return report + struct.pack(">BBH", 0x81, 202, len(item) // 4) + item

    def _packet(self, payload: bytes, timestamp: int, last: bool) -> bytes:
        head = struct.pack(">BBHII", 0x80, _PAYLOAD_TYPE | (0x80 if last else 0), self.sequence, timestamp, self.source)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return head + payload

    def _pieces(self, unit: bytes) -> Iterator[bytes]:
        if len(unit) <= _LARGEST:
            yield unit
            return
        if self._hevc:
            lead, kind, body = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), unit[0] >> 1 & 0x3F, unit[2:]
        else:
            lead, kind, body = bytes([unit[0] & 0x60 | 28]), unit[0] & 0x1F, unit[1:]
        for start in range(0, len(body), _LARGEST):
            part = body[start : start + _LARGEST]
            edge = (0x80 if start == 0 else 0) | (0x40 if start + _LARGEST >= len(body) else 0)
            yield lead + bytes([edge | kind]) + part
