"""What analyzers send, as the types of the domain."""

from typing import Annotated, Any

import msgspec

from doorwatch.domain.access import Direction
from doorwatch.domain.appearance import Appearance, Carried, Colour
from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.likeness import Likeness, is_packed
from doorwatch.domain.time import DAY, Micros
from doorwatch.server.ingest.batch import Batch, ItemError
from doorwatch.server.ingest.pacs_wire import MOST_ITEMS, clean, convert, required, wire_time
from doorwatch.store.segments import Segment

_LARGEST_FILE = 1 << 40
_LONGEST_DWELL = 7 * DAY
_Side = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class WireLikeness(msgspec.Struct):
    """Where a picture of whoever crossed points, packed (base64), and the model that made it."""

    model: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
    direction: bytes


class WireCrossing(msgspec.Struct):
    """A crossing as analyzers send it; `trail` is [microseconds, column, row] each."""

    crossing_id: str
    camera_id: str
    door_id: str
    track: str
    at: str
    direction: Direction
    confidence: float = 1.0
    continuous: bool = True
    possible: int = 0
    trail: list[tuple[int, int, int]] = []
    upper: str | None = None
    lower: str | None = None
    dwell_us: Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_DWELL)] | None = None
    likeness: WireLikeness | None = None
    carried: list[str] = []


class WireCoverage(msgspec.Struct):
    """Time for which a camera really saw."""

    camera_id: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="until")


class WireCamera(msgspec.Struct):
    """How a camera is."""

    camera_id: str
    code: Annotated[int, msgspec.Meta(ge=0, le=999)]
    message: str = ""
    width: _Side | None = None
    height: _Side | None = None
    fps: float | None = None
    codec: str | None = None
    last_frame_at: str | None = None
    latency_ms: float | None = None
    detector: str | None = None
    skew_ms: float | None = None


class WireSegment(msgspec.Struct):
    """A file of recorded video that is safely on the analyzer's disk."""

    segment_id: str
    camera_id: str
    start: str
    end: str
    bytes: int
    name: str
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None


def items_of(body: Any, name: str) -> list[Any]:
    """The list under a name. Raises ItemError."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise ItemError(name, f'the body must be an object such as {{"{name}": [...]}}')
    if len(found) > MOST_ITEMS:
        raise ItemError(name, f"more than {MOST_ITEMS} items in one body; send them in smaller parts")
    return found


def read_crossings(body: Any) -> Batch[Crossing]:
    """The crossings of a body. Raises ItemError when it is none as a whole."""
    return Batch.of(items_of(body, "crossings"), _crossing)


def read_interval(item: Any) -> tuple[str, Micros, Micros]:
    """Camera, from, until. Raises ItemError."""
    wire: WireCoverage = convert(item, WireCoverage)
    clean(wire.camera_id, "camera_id")
    start, end = wire_time(wire.start, "from"), wire_time(wire.end, "until")
    if end < start:
        raise ItemError("until", "until lies before from")
    return wire.camera_id, start, end


def read_camera(item: Any) -> WireCamera:
    """A camera's status. Raises ItemError."""
    wire: WireCamera = convert(item, WireCamera)
    for name in ("camera_id", "message", "codec", "detector"):
        clean(getattr(wire, name), name)
    return wire


def read_segment(item: Any) -> Segment:
    """A recorded file. Raises ItemError."""
    wire: WireSegment = convert(item, WireSegment)
    for name in ("segment_id", "camera_id", "name"):
        required(clean(getattr(wire, name), name), name)
    start, end = wire_time(wire.start, "start"), wire_time(wire.end, "end")
    if end < start or wire.bytes < 0:
        raise ItemError("end", "a segment ends after its start and has no negative size")
    if wire.bytes > _LARGEST_FILE:
        raise ItemError("bytes", f"{wire.bytes} bytes are more than any segment has")
    return Segment(wire.segment_id, wire.camera_id, start, end, wire.bytes, wire.name, wire.sha256)


def _crossing(item: Any) -> Crossing:
    wire: WireCrossing = convert(item, WireCrossing)
    if not 0 <= wire.confidence <= 1:
        raise ItemError("confidence", f"{wire.confidence} is not a confidence from 0 to 1")
    if not 0 <= wire.possible <= 1000:
        raise ItemError("possible", f"{wire.possible} is not a number of people")
    for name in ("crossing_id", "camera_id", "door_id", "track"):
        clean(getattr(wire, name), name)
    return Crossing(
        crossing_id=required(wire.crossing_id, "crossing_id"),
        door=wire.door_id,
        camera=wire.camera_id,
        track=wire.track,
        at=wire_time(wire.at, "at"),
        direction=wire.direction,
        confidence=wire.confidence,
        continuous=wire.continuous,
        possible=wire.possible,
        trail=tuple(TileStep(*step) for step in wire.trail[:2000]),
        appearance=_appearance(wire),
    )


def _appearance(wire: WireCrossing) -> Appearance:
    """Colours and things by their names; what only a newer analyzer knows is left out, and refuses nobody's crossing."""
    carried = frozenset(what for what in Carried if what in wire.carried)
    return Appearance(_colour(wire.upper), _colour(wire.lower), wire.dwell_us, _likeness(wire.likeness), carried)


def _likeness(wire: WireLikeness | None) -> Likeness | None:
    if wire is not None and not is_packed(wire.direction):
        raise ItemError("likeness", f"{len(wire.direction)} bytes in likeness.direction are no packed direction")
    return None if wire is None else Likeness(wire.model, wire.direction)


def _colour(name: str | None) -> Colour | None:
    return Colour(name) if name in set(Colour) else None
