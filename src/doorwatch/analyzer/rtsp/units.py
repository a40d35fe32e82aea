"""Coded pictures put together again out of RTP packets (RFC 3550, RFC 6184, RFC 7798)."""

import struct
from typing import NamedTuple, Protocol

_HEAD = struct.Struct(">BBHI")
_VERSION, _PADDED, _EXTENDED, _SOURCES = 0x80, 0x20, 0x10, 0x0F


class Units(Protocol):
    """Puts the payloads of one picture together; `units` are those that are whole."""

    units: list[bytes]

    def add(self, payload: bytes) -> bool:
        """Take a payload; false for one that is not understood."""
        ...

    def key(self) -> bool:
        """Whether what is there can be decoded alone."""
        ...

    def parameters(self) -> list[bytes]:
        """The units among them that say what a decoder needs beforehand."""
        ...


class Coded(NamedTuple):
    """One picture: its RTP timestamp, its units, whether it can be decoded alone, the parameters that came with it."""

    stamp: int
    units: list[bytes]
    key: bool
    parameters: list[bytes]


class Pictures:
    """Takes RTP packets in the order in which they come; a picture of which one is missing is left out."""

    def __init__(self, units: Units, payload: int) -> None:
        self._units = units
        self._payload = payload
        self._sequence: int | None = None
        self._stamp: int | None = None
        self._whole = True

    def add(self, packet: bytes) -> list[Coded]:
        """Take a packet; the pictures that it completes: its own, and one before it that had no mark at its end."""
        if len(packet) < 12 or packet[1] & 0x7F != self._payload:
            return []
        flags, kind, sequence, stamp = _HEAD.unpack_from(packet)
        lost = self._sequence is not None and sequence != self._sequence
        self._whole = self._whole and not lost
        done = self._finish() if stamp != self._stamp else []
        self._whole = self._whole and not lost  # nobody knows of which of the two it was
        self._sequence, self._stamp = sequence + 1 & 0xFFFF, stamp
        if not self._units.add(packet[12:] if flags == _VERSION else _payload(packet, flags)):
            self._whole = False
        if kind & 0x80:
            done += self._finish()
        return done

    def _finish(self) -> list[Coded]:
        units, whole, stamp = self._units, self._whole, self._stamp
        done = []
        if units.units and whole and stamp is not None:
            done.append(Coded(stamp, units.units, units.key(), units.parameters()))
        units.units, self._whole, self._stamp = [], True, None
        return done


def _payload(packet: bytes, flags: int) -> bytes:
    begin, end = 12 + 4 * (flags & _SOURCES), len(packet)
    if flags & _EXTENDED:
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    if flags & _PADDED:
        end -= packet[-1]
    return packet[begin:end]


class _Fragments:
    """A unit that comes in several payloads."""

    def __init__(self) -> None:
        self.units: list[bytes] = []
        self._open: list[bytes] = []

    def _fragment(self, mark: int, head: bytes, body: bytes) -> bool:
        if mark & 0x80:
            self._open = [head]
        elif not self._open:
            return False
        self._open.append(body)
        if mark & 0x40:
            self.units.append(b"".join(self._open))
            self._open = []
        return True

    def _several(self, payload: bytes) -> bool:
        at = 0
        while at + 2 < len(payload):
            size = payload[at] << 8 | payload[at + 1]
            if not size or at + 2 + size > len(payload):
                return False
            self.units.append(payload[at + 2 : at + 2 + size])
            at += 2 + size
        return True


class H264Units(_Fragments):
    """H.264: single units, several in one payload (STAP-A), and one in several (FU-A)."""

    def add(self, payload: bytes) -> bool:
        """Take a payload."""
        if len(payload) < 2:
            return False
        kind = payload[0] & 0x1F
        if kind == 28:
            mark = payload[1]
            return self._fragment(mark, bytes((payload[0] & 0xE0 | mark & 0x1F,)), payload[2:])
        if kind == 24:
            return self._several(payload[1:])
        self.units.append(payload)
        return 0 < kind < 24

    def key(self) -> bool:
        """Whether there is a picture without predecessors (IDR)."""
        return any(unit[0] & 0x1F == 5 for unit in self.units)

    def parameters(self) -> list[bytes]:
        """Sequence and picture parameter sets."""
        return [unit for unit in self.units if unit[0] & 0x1F in {7, 8}]


class HevcUnits(_Fragments):
    """HEVC: single units, several in one payload (AP), and one in several (FU)."""

    def add(self, payload: bytes) -> bool:
        """Take a payload."""
        if len(payload) < 3:
            return False
        kind = payload[0] >> 1 & 0x3F
        if kind == 49:
            mark = payload[2]
            head = bytes((payload[0] & 0x81 | (mark & 0x3F) << 1, payload[1]))
            return self._fragment(mark, head, payload[3:])
        if kind == 48:
            return self._several(payload[2:])
        self.units.append(payload)
        return kind < 48

    def key(self) -> bool:
        """Whether there is a picture to begin with (IRAP)."""
        return any(16 <= unit[0] >> 1 & 0x3F <= 23 for unit in self.units)

    def parameters(self) -> list[bytes]:
        """Video, sequence and picture parameter sets."""
        return [unit for unit in self.units if unit[0] >> 1 & 0x3F in {32, 33, 34}]
