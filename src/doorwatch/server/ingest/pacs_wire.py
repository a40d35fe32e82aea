"""What gateways send, in every spelling that drivers use, as the types of the domain."""

import math
from typing import Any

import msgspec

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.time import DAY, Micros, from_wire
from doorwatch.server.ingest.batch import Batch, ItemError
from doorwatch.store.doors import AccessPoint, Device

MOST_ITEMS = 20_000
_LATEST = 366 * 100 * DAY + 40 * 365 * DAY  # the year 2110: microseconds sent as milliseconds lie far beyond


class WireEvent(msgspec.Struct):
    """An access event as drivers send it."""

    device_id: str
    timestamp: str | int | float
    event_type: str | None = None
    event_id: str | None = None
    side: str | None = None
    actor_id: str | int | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    labels: list[str] | str | None = None
    access_point_id: str | None = None
    source: str | None = None


class WirePoint(msgspec.Struct):
    """A reader or sensor of a door."""

    id: str
    side: str | None = None


class WireDevice(msgspec.Struct):
    """A door of a device list; older drivers leave the name out."""

    device_id: str
    device_name: str | None = None
    cameras: list[str] = []
    access_points: list[WirePoint] = []


class WireCoverage(msgspec.Struct):
    """For which time the gateway held all events."""

    covered_from: str | int | float
    covered_until: str | int | float
    subscribed: list[str] | None = None
    refused: list[str] | None = None
    uncovered_from: str | int | float | None = None


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
    if isinstance(value, float) and not math.isfinite(value):
        raise ItemError(field, "a timestamp is a finite number")
    try:
        at = from_wire(value)
    except (ValueError, OverflowError) as error:
        raise ItemError(field, str(error)) from None
    if not 0 <= at < _LATEST:
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
    wire: WireEvent = convert(item, WireEvent)
    labels = [wire.labels] if isinstance(wire.labels, str) else wire.labels or []
    actor_id = None if wire.actor_id is None else str(wire.actor_id).strip() or None
    event_type = (wire.event_type or "").strip() or next((label for label in labels if label.strip()), "")
    if not event_type:
        if not (actor_id or wire.actor_name or wire.actor_email):
            raise ItemError("event_type", "an event needs an event_type, labels or an actor beside device and time")
        event_type = "Event"
    for name in ("device_id", "event_id", "actor_id", "actor_name", "actor_email", "access_point_id"):
        clean(getattr(wire, name), name)
    for label in (event_type, *labels):
        clean(label, "labels")
    return AccessEvent(
        event_id=wire.event_id or "",
        device_id=required(wire.device_id, "device_id"),
        at=wire_time(wire.timestamp, "timestamp"),
        event_type=event_type,
        side=_side(wire.side),
        actor_id=actor_id,
        actor_name=wire.actor_name or None,
        actor_email=wire.actor_email or None,
        labels=tuple(labels),
        access_point_id=wire.access_point_id or None,
        source=wire.source,
    )


def _side(side: str | None) -> Direction | None:
    if not side:
        return None
    try:
        return Direction(side.lower())
    except ValueError:
        raise ItemError("side", f"{side!r} is not a side; send in or out, or leave it out") from None


def _device(item: Any) -> Device:
    wire: WireDevice = convert(item, WireDevice)
    device_id = required(clean(wire.device_id, "device_id"), "device_id")
    name = (clean(wire.device_name, "device_name") or "").strip() or device_id
    points = tuple(
        AccessPoint(point.id, side.value if (side := _side(point.side)) else None) for point in wire.access_points
    )
    return Device(device_id, name, tuple(wire.cameras), points)


def required(text: str, field: str) -> str:
    """Text that must not be empty. Raises ItemError."""
    if not text.strip():
        raise ItemError(field, f"{field} is empty")
    return text.strip()


def clean(text: str | int | None, field: str) -> Any:
    """Text that a database takes: no NUL, not endless. Raises ItemError."""
    if isinstance(text, str):
        if "\x00" in text or len(text) > 1000:
            raise ItemError(field, f"{field} is longer than 1000 characters or holds a NUL")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ItemError(field, f"{field} holds half a surrogate pair, which no database takes") from None
    return text
