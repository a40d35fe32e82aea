"""An event as a Web SDK writes it: nearly always in one shape, which is read without a detour, and now and then in another."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from doorwatch.pacs.genetec.event_types import plain_type

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
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "event_type": ("eventtype", "type", "eventname"),
    "timestamp": ("timestamp", "eventtimestamp", "time"),
    "source": ("sourceguid", "sourceentity", "source", "doorguid", "door", "entityguid", "entity"),
    "cardholder": ("cardholder", "cardholderguid"),
    "access_point": ("accesspoint", "accesspointguid", "apguid", "doorsideguid"),
}
"""Names of fields in lower case, of which the first that says something counts."""
_LONGEST_EPOCH = 10**14


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

    @property
    def usable(self) -> bool:
        """Whether it says at least what happened, when and where."""
        return self.event_type != "" and bool(self.timestamp) and bool(self.source or self.access_point)


class _Envelope(msgspec.Struct, gc=False):
    Result: StreamEvent | None = None


class _Document(msgspec.Struct, gc=False):
    Rsp: _Envelope


_decode = msgspec.json.Decoder(_Document).decode
_decode_all = msgspec.json.Decoder(list[_Document]).decode


def read_usual(documents: bytes) -> list[StreamEvent] | None:
    """Events of documents with commas between them; None where one of them is no event of the usual shape."""
    try:
        found = _decode_all(b"[%b]" % documents)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    events: list[StreamEvent] = []
    for document in found:
        event = document.Rsp.Result
        if event is None:
            return None
        if not (event.cardholder and event.access_point and event.source and event.timestamp and event.event_type):
            event.settle()
            if not event.usable:
                return None
        events.append(event)
    return events


def read_document(document: bytes) -> list[StreamEvent] | None:
    """The events of one document, none where it tells something else; None when it is no JSON (yet)."""
    try:
        event = _decode(document).Rsp.Result
    except (msgspec.DecodeError, UnicodeDecodeError):
        event = None
    if event is not None:
        event.settle()
        if event.usable:
            return [event]
    try:
        told = json.loads(document)
    except ValueError:
        return None
    return [event for one in _results(told) if (event := _otherwise(one)) is not None]


# -- other shapes -----------------------------------------------------------------------------------------------------


def _results(told: Any) -> list[dict[str, Any]]:
    """What may be events: the result of an envelope, of whatever spelling, one or several, or the document itself."""
    for name in ("rsp", "result"):
        if isinstance(told, dict):
            told = next((value for key, value in told.items() if key.lower() == name), told)
    return [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]


def _otherwise(told: dict[str, Any]) -> StreamEvent | None:
    """An event whose fields have other names or forms than usual."""
    fields = {key.lower(): value for key, value in told.items()}
    nested = fields.get("event")
    if isinstance(nested, dict):
        fields = {**{key.lower(): value for key, value in nested.items()}, **fields}
    found = {
        name: next((value for spelling in spellings if (value := fields.get(spelling))), None)
        for name, spellings in _SPELLINGS.items()
    }
    kind, at = plain_type(found["event_type"]), _timestamp(found["timestamp"])
    if kind is None or at is None:
        return None
    return StreamEvent(kind, at, found["source"], found["cardholder"], found["access_point"])


def _timestamp(told: Any) -> str | None:
    """A time as text; a number is milliseconds since 1970."""
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 < told < _LONGEST_EPOCH:
        return str(int(told))
    return told if isinstance(told, str) else None
