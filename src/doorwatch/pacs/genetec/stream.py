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


_WRITTEN = {
    "event_type": "EventType",
    "timestamp": "Timestamp",
    "source": "SourceGuid",
    "cardholder": "Cardholder",
    "access_point": "AccessPoint",
    "cardholder_guid": "CardholderGuid",
    "access_point_guid": "AccessPointGuid",
    "ap_guid": "APGuid",
    "door_side_guid": "DoorSideGuid",
    "type": "Type",
    "source_entity": "SourceEntity",
    "nested": "Event",
}


class StreamEvent(msgspec.Struct, gc=False, rename=_WRITTEN):
    """An event as it was written; of those that were heard, the first two are sure to be there.

    What follows the first five is where versions write them otherwise; `settle` brings it to its place.
    """

    event_type: str | int | float = ""
    timestamp: str = ""
    source: Any = None
    cardholder: Any = None
    access_point: Any = None
    cardholder_guid: Any = None
    access_point_guid: Any = None
    ap_guid: Any = None
    door_side_guid: Any = None
    type: Any = None
    source_entity: Any = None
    nested: Any = None

    def settle(self) -> None:
        """Look for what is not where it usually stands."""
        told: dict[str, Any] = self.nested if isinstance(self.nested, dict) else {}
        kind = self.event_type or self.type or told.get("EventType") or told.get("Type")
        self.event_type = kind if isinstance(kind, str | int | float) else ""
        self.timestamp = self.timestamp or str(told.get("Timestamp") or "")
        self.source = self.source or self.source_entity or told.get("SourceGuid") or told.get("SourceEntity")
        self.cardholder = (
            self.cardholder or self.cardholder_guid or told.get("Cardholder") or told.get("CardholderGuid") or None
        )
        self.access_point = (
            self.access_point
            or self.access_point_guid
            or self.ap_guid
            or self.door_side_guid
            or told.get("AccessPoint")
            or told.get("AccessPointGuid")
            or told.get("APGuid")
            or told.get("DoorSideGuid")
            or None
        )


class _Envelope(msgspec.Struct, gc=False):
    Result: StreamEvent | None = None


class _Document(msgspec.Struct, gc=False):
    Rsp: _Envelope


_decode = msgspec.json.Decoder(_Document).decode


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
        if result is not None and not (
            result.cardholder and result.access_point and result.source and result.timestamp and result.event_type
        ):
            result.settle()
        if result is None or result.event_type == "" or not result.timestamp:
            self.skipped += 1
            return True
        heard.events.append(result)
        return True

    def _unusual(self, document: bytes) -> bool:
        """JSON, but not the shape of an event: skipped. No JSON (yet): False."""
        try:
            json.loads(document)
        except ValueError:
            return False
        self.skipped += 1
        return True
