"""The files that `doorwatch audit` reads: events, crossings, coverage and a policy; bad lines are told and left out."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import yaml

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.policy import Policy, policy_from_mapping
from doorwatch.domain.time import Micros, from_seconds, from_usual_iso, from_wire
from doorwatch.domain.verdict import Span

T = TypeVar("T")

_EARLIEST, _LATEST = -(10**15), 10**17
"""Times in microseconds between 1938 and 5138: what lies outside was meant in another unit."""


class LineError(ValueError):
    """A line that cannot be used: what was found, and what is expected."""


@dataclass(slots=True)
class Lines(Generic[T]):
    """What a file gave: the good lines' records, and a sentence for each bad line."""

    good: list[T] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CameraSpan:
    """Time in which a camera saw its door; no door means every door it has."""

    camera: str
    door: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class PacsSpan:
    """Time for which the events are complete, and the event types that were asked for, where that is told."""

    span: Span
    subscribed: frozenset[str] | None


def read_lines(
    path: Path, read: Callable[[Mapping[str, Any]], T], *, quick: Callable[[bytes], T | None] | None = None
) -> Lines[T]:
    """Read a file of one JSON object per line; empty lines are skipped.

    `quick` reads a line in which nothing is unusual, and leaves others to `read`, which says what is wrong with them.
    Raises DoorwatchError when the file itself cannot be read.
    """
    lines: Lines[T] = Lines()
    for number, line in _numbered(path):
        try:
            found = None if quick is None else quick(line)
            lines.good.append(read(_object(line)) if found is None else found)
        except msgspec.DecodeError as error:
            lines.bad.append(f"{path}:{number}: not JSON ({error}); expected one object per line")
        except (LineError, ValueError) as error:
            lines.bad.append(f"{path}:{number}: {error}")
    return lines


def _object(line: bytes) -> Mapping[str, Any]:
    value = msgspec.json.decode(line)
    if not isinstance(value, dict):
        raise LineError(f"expected a JSON object, found {line[:40].decode(errors='replace')!r}")
    return value


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                stripped = line.removeprefix(b"\xef\xbb\xbf").strip()
                if stripped:
                    yield number, stripped
    except OSError as error:
        raise DoorwatchError(
            f"{path} cannot be read: {error.strerror}; give a file of one JSON object per line"
        ) from None


def read_event(line: Mapping[str, Any]) -> AccessEvent:
    """An access event in the ingest shape. Without an id, it is known by device, time, type and actor."""
    device, event_type = _text(line, "device_id"), _text(line, "event_type")
    at = _time(line, "timestamp")
    actor = _optional_text(line, "actor_id")
    labels = line.get("labels") or ()
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise LineError(f"'labels' is {labels!r}; expected a list of texts")
    identity = actor or _optional_text(line, "actor_name") or ""
    return AccessEvent(
        event_id=_optional_text(line, "event_id") or _hash(device, str(at), event_type, identity),
        device_id=device,
        at=at,
        event_type=event_type,
        side=_direction(line, "side") if line.get("side") is not None else None,
        actor_id=actor,
        actor_name=_optional_text(line, "actor_name"),
        actor_email=_optional_text(line, "actor_email"),
        labels=tuple(labels),
    )


class _Event(msgspec.Struct, gc=False):
    device_id: str
    timestamp: str
    event_type: str
    event_id: str | None = None
    side: Direction | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    labels: tuple[str, ...] = ()


_decode_event = msgspec.json.Decoder(_Event).decode


def usual_event(line: bytes) -> AccessEvent | None:
    """What `read_event` says of a line with an id, the usual form of time, and nothing empty; None of others."""
    try:
        told = _decode_event(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    at = from_usual_iso(told.timestamp)
    named = told.event_id and told.device_id and told.event_type
    if at is None or not named or "" in (told.actor_id, told.actor_name, told.actor_email):
        return None
    return AccessEvent(
        str(told.event_id),
        told.device_id,
        at,
        told.event_type,
        told.side,
        told.actor_id,
        told.actor_name,
        told.actor_email,
        told.labels,
    )


class _Crossing(msgspec.Struct, gc=False):
    door: str
    timestamp: str
    direction: Direction
    track: str
    crossing_id: str
    camera: str = ""
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    continuous: bool = True
    possible: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0


_decode_crossing = msgspec.json.Decoder(_Crossing).decode


def usual_crossing(line: bytes) -> Crossing | None:
    """What a `crossing_reader` says of a line with id and timestamp in which nothing is unusual; None of others."""
    try:
        told = _decode_crossing(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    at = from_usual_iso(told.timestamp)
    if at is None or not (told.door and told.track and told.crossing_id):
        return None
    return Crossing(
        told.crossing_id,
        told.door,
        told.camera,
        told.track,
        at,
        told.direction,
        told.confidence,
        told.continuous,
        told.possible,
    )


def crossing_reader(start: Micros | None) -> Callable[[Mapping[str, Any]], Crossing]:
    """A reader of crossings; lines of `doorwatch count` have seconds from `start` instead of a timestamp."""

    def read(line: Mapping[str, Any]) -> Crossing:
        door, direction = _text(line, "door"), _direction(line, "direction")
        at = _time(line, "timestamp") if line.get("timestamp") is not None else _from_start(line, start)
        track, camera = _name(line, "track"), _optional_text(line, "camera") or ""
        return Crossing(
            crossing_id=_optional_text(line, "crossing_id") or _hash(door, camera, track, str(at), direction),
            door=door,
            camera=camera,
            track=track,
            at=at,
            direction=direction,
            confidence=_confidence(line),
            continuous=_flag(line, "continuous", default=True),
            possible=_count(line, "possible"),
        )

    return read


def read_coverage(line: Mapping[str, Any]) -> CameraSpan | PacsSpan:
    """Coverage of a camera (`camera`, `from`, `until`) or of the PACS (`covered_from`, `covered_until`)."""
    if line.get("covered_from") is not None:
        span = _span(line, "covered_from", "covered_until")
        subscribed = line.get("subscribed")
        if subscribed is not None and not (
            isinstance(subscribed, list) and all(isinstance(name, str) for name in subscribed)
        ):
            raise LineError(f"'subscribed' is {subscribed!r}; expected a list of event types")
        return PacsSpan(span, None if subscribed is None else frozenset(subscribed))
    if "camera" not in line and "camera_id" not in line:
        raise LineError("expected 'camera', 'from' and 'until', or 'covered_from' and 'covered_until' of the PACS")
    camera = str(line.get("camera", line.get("camera_id")))
    return CameraSpan(camera, _optional_text(line, "door"), _span(line, "from", "until"))


def read_policy(path: Path) -> Policy:
    """A door's policy from policy.yaml. Raises DoorwatchError naming the file, the key and what is expected."""
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DoorwatchError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        place = f":{where.line + 1}" if where else ""
        raise DoorwatchError(f"{path}{place} is not YAML; expected keys such as grant_after: 10") from None
    return policy_from_mapping({} if mapping is None else mapping, where=str(path))


def _text(line: Mapping[str, Any], key: str) -> str:
    value = line.get(key)
    if value is None or value == "":
        raise LineError(f"{key!r} is missing")
    if not isinstance(value, str):
        raise LineError(f"{key!r} is {value!r}; expected a text")
    return value


def _optional_text(line: Mapping[str, Any], key: str) -> str | None:
    value = line.get(key)
    return None if value is None or value == "" else _text(line, key)


def _name(line: Mapping[str, Any], key: str) -> str:
    """A text, or a number that serves as a name."""
    value = line.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(line, key)


def _time(line: Mapping[str, Any], key: str) -> Micros:
    value = line.get(key)
    if value is None:
        raise LineError(f"{key!r} is missing; expected ISO 8601 or milliseconds since 1970")
    if not isinstance(value, str | int | float):
        raise LineError(f"{key!r} is {value!r}; expected ISO 8601 or milliseconds since 1970")
    try:
        at = from_wire(value)
    except (ValueError, OverflowError) as error:
        raise LineError(f"{key!r}: {error}") from None
    if not _EARLIEST <= at <= _LATEST:
        raise LineError(f"{key!r} is {value!r}, far from any year there is data of; expected ISO 8601 or milliseconds")
    return at


def _from_start(line: Mapping[str, Any], start: Micros | None) -> Micros:
    seconds = line.get("time")
    if seconds is None:
        raise LineError("'timestamp' is missing; expected ISO 8601")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise LineError(f"'time' is {seconds!r}; expected seconds from the start of the video")
    if start is None:
        raise LineError("'time' counts from the start of a video; give that with --start")
    return start + from_seconds(seconds)


def _direction(line: Mapping[str, Any], key: str) -> Direction:
    value = line.get(key)
    if not isinstance(value, str) or value not in {"in", "out"}:
        raise LineError(f"{key!r} is {value!r}; expected in or out" if value else f"{key!r} is missing")
    return Direction(value)


def _confidence(line: Mapping[str, Any]) -> float:
    value = line.get("confidence")
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise LineError(f"'confidence' is {value!r}; expected 0 to 1")
    return float(value)


def _flag(line: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = line.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise LineError(f"{key!r} is {value!r}; expected true or false")
    return value


def _count(line: Mapping[str, Any], key: str) -> int:
    value = line.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise LineError(f"{key!r} is {value!r}; expected a number of people")
    return value


def _span(line: Mapping[str, Any], start: str, end: str) -> Span:
    span = Span(_time(line, start), _time(line, end))
    if span.end < span.start:
        raise LineError(f"{end!r} lies before {start!r}")
    return span


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
