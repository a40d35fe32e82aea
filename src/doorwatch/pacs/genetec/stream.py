"""The parser of the endless `/events` answer. It is fed bytes, cut anywhere; it never raises.

A part begins with a boundary line and its content type. Service parts carry the connection id or a keep-alive, either
of which may also come bare; any other part carries one event, in JSON on one line. A document that is spread over
several lines (other serialisations do that) is put together; what cannot be read is counted and skipped.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

_BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 1 << 20
_REMEMBERED = 16
_BRACE = ord("{")


class _Body(msgspec.Struct, gc=False):
    EventType: str | int | float | None = None
    Timestamp: str | None = None
    SourceGuid: Any = None
    Cardholder: Any = None
    CardholderGuid: Any = None
    AccessPoint: Any = None
    AccessPointGuid: Any = None
    APGuid: Any = None
    DoorSideGuid: Any = None
    Event: Any = None


class _Envelope(msgspec.Struct, gc=False):
    Result: _Body | None = None


class _Document(msgspec.Struct, gc=False):
    Rsp: _Envelope


_decode = msgspec.json.Decoder(_Document).decode


class StreamEvent(msgspec.Struct, gc=False):
    """An event as it was written; only the first three are sure to be there."""

    event_type: str | float
    timestamp: str
    source: Any
    cardholder: Any = None
    access_point: Any = None


@dataclass(slots=True)
class Heard:
    """What came out of some bytes."""

    events: list[StreamEvent] = field(default_factory=list)
    keep_alives: int = 0
    connection_id: str | None = None


class StreamParser:
    """Line-based and tolerant."""

    def __init__(self) -> None:
        self.malformed = 0
        self.skipped = 0  # well-formed items that are no events, such as those of alarm monitoring
        self._rest = b""
        self._document = b""
        self._overlong = False
        self._dividers: set[bytes] = set()  # lines between parts, as this server writes them

    def feed(self, data: bytes) -> Heard:
        """Take the next bytes."""
        heard = Heard()
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if self._overlong and lines:
            self._overlong = False
            self.malformed += 1
            del lines[0]
        for line in lines:
            # nine lines of ten are one of these three: nothing, a whole event, or one that was seen before
            if not line or line == b"\r":
                continue
            if line[0] == _BRACE and not self._document:
                if not self._event(line, heard):
                    self._document = line.strip()
            elif line not in self._dividers:
                self._line(line, heard)
            elif self._document:
                self._end_of_part(heard)
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._overlong = b"", True
        return heard

    def _line(self, raw: bytes, heard: Heard) -> None:
        line = raw.removeprefix(_BOM).strip()
        if line[:1] == b"{" and not self._document:
            if not self._event(line, heard):
                self._document = line
            return
        lower = line[:17].lower()
        if lower.startswith((b"--genetecboundary", b"content-type:")):
            self._end_of_part(heard)
            if len(self._dividers) < _REMEMBERED and len(raw) < 128:
                self._dividers.add(raw)
        elif lower == b"keepalive":
            heard.keep_alives += 1
        elif lower.startswith(b"connectionid:"):
            heard.connection_id = line[13:].decode(errors="replace").strip()
        elif self._document:
            self._go_on(line, heard)
        elif line:
            self.malformed += 1

    def _go_on(self, line: bytes, heard: Heard) -> None:
        """One more line of a document that did not end on its first."""
        self._document += line
        if len(self._document) > LONGEST_LINE:
            self._document = b""
            self.malformed += 1
        elif line.endswith(b"}") and self._event(self._document, heard):
            self._document = b""

    def _end_of_part(self, heard: Heard) -> None:
        if self._document and not self._event(self._document, heard):
            self.malformed += 1
        self._document = b""

    def _event(self, document: bytes, heard: Heard) -> bool:
        """Read one document; whether it was one."""
        try:
            result = _decode(document).Rsp.Result
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._unusual(document)
        if result is None or result.EventType is None or result.Timestamp is None:
            self.skipped += 1
            return True
        source = result.SourceGuid
        cardholder = result.Cardholder or result.CardholderGuid
        point = result.AccessPoint or result.AccessPointGuid or result.APGuid or result.DoorSideGuid
        nested = result.Event
        if isinstance(nested, dict):
            told = nested.get
            source = source or told("SourceGuid") or told("SourceEntity")
            cardholder = cardholder or told("Cardholder") or told("CardholderGuid")
            point = point or told("AccessPoint") or told("AccessPointGuid") or told("APGuid") or told("DoorSideGuid")
        heard.events.append(StreamEvent(result.EventType, result.Timestamp, source, cardholder or None, point or None))
        return True

    def _unusual(self, document: bytes) -> bool:
        """JSON, but not the shape of an event: skipped. No JSON (yet): False."""
        try:
            json.loads(document)
        except ValueError:
            return False
        self.skipped += 1
        return True
