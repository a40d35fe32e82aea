"""What gateways send, in every spelling that drivers use, as the types of the domain."""

import math
from datetime import datetime
from typing import Annotated, Any

import msgspec

from doorwatch.domain.access import AccessEvent, Direction, canonical_type
from doorwatch.domain.time import DAY, Micros, from_datetime, from_usual_iso, from_wire
from doorwatch.server.ingest.batch import Batch, ItemError
from doorwatch.store.doors import AccessPoint, Device
from doorwatch.store.engine.identity import hash_of

MOST_ITEMS = 20_000
LATEST = 366 * 100 * DAY + 40 * 365 * DAY  # the year 2110: microseconds sent as milliseconds lie far beyond


MOST_CHARACTERS = 1000
_DEEPEST = 64
_Text = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]


class WireEvent(msgspec.Struct, gc=False):
    """An access event as drivers send it."""

    device_id: _Text
    timestamp: str | int | float
    event_type: _Text | None = None
    event_id: _Text | None = None
    side: str | None = None
    actor_id: _Text | int | None = None
    actor_name: _Text | None = None
    actor_email: _Text | None = None
    labels: tuple[_Text, ...] | _Text | None = None
    access_point_id: _Text | None = None
    source: _Text | None = None


class _SoundEvent(WireEvent, gc=False):
    """An event whose time is read with the JSON, several times as quickly; other spellings of it take the careful way."""

    timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | int | float  # type: ignore[assignment]


class _WireBody(msgspec.Struct, gc=False):
    """A body in which every event has the right shape."""

    events: list[_SoundEvent] | msgspec.UnsetType = msgspec.UNSET
    event: _SoundEvent | msgspec.UnsetType = msgspec.UNSET


_decode_body = msgspec.json.Decoder(_WireBody).decode


class WirePoint(msgspec.Struct):
    """A reader or sensor of a door."""

    id: str
    side: str | None = None


class WireDevice(msgspec.Struct):
    """A door of a device list; older drivers leave the name out, and what its cameras are called."""

    device_id: str
    device_name: str | None = None
    cameras: list[str] = []
    camera_names: dict[str, str] = {}
    access_points: list[WirePoint] = []


class WireCoverage(msgspec.Struct):
    """For which time the gateway held all events."""

    covered_from: str | int | float
    covered_until: str | int | float
    subscribed: list[str] | None = None
    refused: list[str] | None = None
    uncovered_from: str | int | float | None = None


def read_sound_events(raw: bytes) -> list[AccessEvent] | None:
    """The events of a body in which nothing is wrong, read in one go; None when `read_events` must look closer."""
    # The one way in which JSON can carry the character that no database takes.
    if b"\\u0000" in raw:
        return None
    try:
        body = _decode_body(raw)
        if body.events is not msgspec.UNSET:
            if len(body.events) > MOST_ITEMS:
                return None
            return [_read(wire, _sound_time(wire.timestamp)) for wire in body.events]
        return None if body.event is msgspec.UNSET else [_read(body.event, _sound_time(body.event.timestamp))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ItemError):
        return None


def read_events(body: Any) -> Batch[AccessEvent]:
    """The events of a body: `{"event": {...}}` or `{"events": [...]}`.

    Raises ItemError when the body as a whole is not such a thing.
    """
    return Batch.of(_items(body, "events", "event"), _event)


def read_devices(body: Any) -> Batch[Device]:
    """The doors of a device list: `{"devices": [...]}` or `{"readers": [...]}`. Raises ItemError."""
    return Batch.of(_items(body, "devices", "readers", "device", "reader"), _device)


def read_gateway_id(body: Any) -> str | None:
    """Which gateway a device list comes from, if it says so. Raises ItemError."""
    gateway_id = body.get("gateway_id")
    if gateway_id is not None and not isinstance(gateway_id, str):
        raise ItemError("gateway_id", "gateway_id is a text")
    return clean(gateway_id, "gateway_id") or None


def read_coverage(body: Any) -> WireCoverage:
    """A statement of coverage. Raises ItemError."""
    wire: WireCoverage = convert(body, WireCoverage)
    return wire


def wire_time(value: str | float, field: str) -> Micros:
    """A time off the wire. Raises ItemError."""
    if isinstance(value, str) and (quick := from_usual_iso(value)) is not None and 0 <= quick < LATEST:
        return quick
    if isinstance(value, float) and not math.isfinite(value):
        raise ItemError(field, "a timestamp is a finite number")
    try:
        at = from_wire(value)
    except (ValueError, OverflowError) as error:
        raise ItemError(field, str(error)) from None
    if not 0 <= at < LATEST:
        raise ItemError(field, f"{value!r} lies outside of 1970 to 2110; send ISO 8601 or milliseconds since 1970")
    return at


def convert(item: Any, shape: type[Any]) -> Any:
    """An item as a struct. Raises ItemError that names the field."""
    try:
        return msgspec.convert(item, shape)
    except msgspec.ValidationError as error:
        text = str(error)
        what, _, where = text.partition(" - at `$")
        field = where.strip("`.") or _quoted(text)
        raise ItemError(field, what) from None


def _quoted(text: str) -> str:
    parts = text.split("`")
    return parts[1] if "field" in text and len(parts) > 2 else ""


def _items(body: Any, *names: str) -> list[Any]:
    if not isinstance(body, dict):
        raise ItemError("", f'the body must be an object such as {{"{names[0]}": [...]}}')
    for name in names:
        if name in body:
            found = body[name]
            items = found if isinstance(found, list) else [found]
            if len(items) > MOST_ITEMS:
                raise ItemError(name, f"more than {MOST_ITEMS} items in one body; send them in smaller parts")
            return items
    raise ItemError(names[0], f'the body has no "{names[0]}"')


def _event(item: Any) -> AccessEvent:
    # Once without the limits, so that what breaks one is named in our words.
    for name in ("device_id", "event_id", "event_type", "actor_id", "actor_name", "actor_email", *_UNTYPED):
        found = item.get(name) if isinstance(item, dict) else None
        for text in found if isinstance(found, list) else [found]:
            clean(text, name)
    wire: WireEvent = convert(item, WireEvent)
    return _read(wire, wire_time(wire.timestamp, "timestamp"))


def _sound_time(value: datetime | float) -> Micros:
    if not isinstance(value, datetime):
        return wire_time(value, "timestamp")
    at = from_datetime(value)
    if not 0 <= at < LATEST:
        raise ItemError("timestamp", "the time lies outside of what is stored")
    return at


_UNTYPED = ("labels", "access_point_id", "source")
_SIDES = {None: None, "": None, "in": Direction.IN, "out": Direction.OUT}


def _read(wire: WireEvent, at: Micros) -> AccessEvent:
    """The event of a struct whose texts are clean, and of its time. Raises ItemError."""
    labels = wire.labels or ()
    if isinstance(labels, str):
        labels = (labels,)
    actor_id = wire.actor_id
    if actor_id is not None:
        actor_id = str(actor_id).strip() or None
    name, mail = wire.actor_name or None, wire.actor_email or None
    event_type = (wire.event_type or "").strip() or next((label for label in labels if label.strip()), "")
    if not event_type:
        if not (actor_id or name or mail):
            raise ItemError("event_type", "an event needs an event_type, labels or an actor beside device and time")
        event_type = "Event"
    device_id = wire.device_id.strip() or required(wire.device_id, "device_id")
    side = wire.side
    return AccessEvent(
        wire.event_id or _identity(device_id, at, event_type, actor_id or name or mail or ""),
        device_id,
        at,
        event_type,
        _SIDES[side] if side in _SIDES else _side(side),
        actor_id,
        name,
        mail,
        labels,
        wire.access_point_id or None,
        wire.source,
    )


def _side(side: str | None) -> Direction | None:
    if not side:
        return None
    try:
        return Direction(side.lower())
    except ValueError:
        raise ItemError("side", f"{side!r} is not a side; send in or out, or leave it out") from None


def _identity(device_id: str, at: Micros, event_type: str, actor: str) -> str:
    """The id of an event that came without one: what happened where, when, and to whom."""
    return f"auto-{hash_of('event', device_id, str(at), canonical_type(event_type), actor):016x}"


def _device(item: Any) -> Device:
    wire: WireDevice = convert(item, WireDevice)
    device_id = required(clean(wire.device_id, "device_id"), "device_id")
    name = (clean(wire.device_name, "device_name") or "").strip() or device_id
    points = tuple(
        AccessPoint(point.id, side.value if (side := _side(point.side)) else None) for point in wire.access_points
    )
    called = {
        camera: clean(wire.camera_names[camera], "camera_names")
        for camera in wire.cameras
        if camera in wire.camera_names
    }
    return Device(device_id, name, tuple(wire.cameras), points, called)


def storable(value: Any, depth: int = 0) -> Any:
    """A gateway's own words, of any shape, as a database takes them: what no database takes becomes `\ufffd`.

    Raises ItemError when they are nested too deep.
    """
    if depth > _DEEPEST:
        raise ItemError("", f"the report is nested more than {_DEEPEST} deep: send it flatter")
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {storable(name): storable(inner, depth + 1) for name, inner in value.items()}
    return [storable(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def required(text: str, field: str) -> str:
    """Text that must not be empty. Raises ItemError."""
    if not text.strip():
        raise ItemError(field, f"{field} is empty")
    return text.strip()


def clean(text: str | int | None, field: str) -> Any:
    """Text that a database takes: no NUL, not endless. Raises ItemError."""
    if isinstance(text, str):
        if "\x00" in text or len(text) > MOST_CHARACTERS:
            raise ItemError(field, f"{field} is longer than {MOST_CHARACTERS} characters or holds a NUL")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ItemError(field, f"{field} holds half a surrogate pair, which no database takes") from None
    return text
