"""The parser of the endless `/events` answer. It is fed bytes, cut anywhere; it never raises.

A part begins with a boundary line and its content type. Service parts carry the connection id or a keep-alive, either
of which may also come bare; any other part carries one event, in JSON on one line. A document that is spread over
several lines (other serialisations do that) is put together; what cannot be read is counted and skipped.

What stands before each event is the same bytes again and again. So once it was read line by line, events that have nothing
but that between them are read all at once.
"""

from dataclasses import dataclass, field

from doorwatch.pacs.genetec.written import StreamEvent, read_document, read_usual

_BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 1 << 20
_REMEMBERED = 16
_BRACE = ord("{")
_BOUNDARY = b"--genetecboundary"
_BLANK = (b"", b"\r")


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
        self._between: list[bytes] = []  # lines since the last event, as far as they are dividers or blank
        self._usual, self._end = b"", b""  # all that stands before an event, and how an event ends

    def feed(self, data: bytes) -> Heard:
        """Take the next bytes."""
        heard = Heard()
        data = self._rest + data
        if self._usual and data.startswith(self._usual) and not self._document and not self._overlong:
            data = data[self._read_together(data, heard) :]
        lines = data.split(b"\n")
        self._rest = lines.pop()
        if self._overlong and lines:
            self._overlong = False
            self.malformed += 1
            del lines[0]
        for line in lines:
            self._line(line, heard)
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._overlong = b"", True
        elif self._ends_whole() and self._event(self._rest, heard):
            # a whole event, though its line has not ended: where a line end only comes before the next boundary
            self._rest = b""
        return heard

    def _ends_whole(self) -> bool:
        rest = self._rest
        return rest[-1:] == b"}" and rest[0] == _BRACE and not self._document and not self._overlong

    def _read_together(self, data: bytes, heard: Heard) -> int:
        """Read events between which there is nothing but the usual; where they end, 0 where something else is there."""
        end = data.rfind(self._end) + len(self._end)
        if end <= len(self._usual):
            return 0
        events = read_usual(data[len(self._usual) : end].replace(self._usual, b","))
        if events is None:
            return 0
        heard.events = events
        return end

    def _line(self, raw: bytes, heard: Heard) -> None:
        # nine lines of ten are one of these three: nothing, a whole event, or one that was seen before
        if raw in _BLANK:
            self._stands_between(raw)
        elif raw[0] == _BRACE and not self._document:
            self._begin(raw, heard)
            self._learn(raw)
        elif raw in self._dividers:
            self._end_of_part(heard)
            self._stands_between(raw)
        else:
            self._rare_line(raw, heard)

    def _rare_line(self, raw: bytes, heard: Heard) -> None:
        line = raw.removeprefix(_BOM).strip()
        lower = line[:17].lower()
        if line[:1] == b"{" and not self._document:
            self._begin(line, heard)
        elif lower.startswith((_BOUNDARY, b"content-type:")):
            self._end_of_part(heard)
            if len(self._dividers) < _REMEMBERED and len(raw) < 128:
                self._dividers.add(raw)
                self._stands_between(raw)
                return
        elif lower == b"keepalive":
            heard.keep_alives += 1
        elif lower.startswith(b"connectionid:"):
            heard.connection_id = line[13:].decode(errors="replace").strip()
        elif self._document:
            self._go_on(line, heard)
        elif line:
            self.malformed += 1
        self._between.clear()

    def _stands_between(self, line: bytes) -> None:
        if len(self._between) < _REMEMBERED:
            self._between.append(line)

    def _learn(self, line: bytes) -> None:
        """An event came: what stood before it will stand before the next one too."""
        between, self._between = self._between, []
        if 0 < len(between) < _REMEMBERED and not self._dividers.isdisjoint(between):
            self._usual = b"\n".join(between) + b"\n"
            self._end = b"}\r\n" if line.endswith(b"\r") else b"}\n"

    def _begin(self, line: bytes, heard: Heard) -> None:
        """A line that begins a document, which mostly ends there too."""
        if self._event(line, heard):
            return
        glued = line.lower().rfind(_BOUNDARY)
        if glued > 0 and self._event(line[:glued], heard):
            return  # the next boundary stands right behind it
        self._document = line.strip()

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
        events = read_document(document)
        if events is None:
            return False
        heard.events += events
        self.skipped += not events
        return True
