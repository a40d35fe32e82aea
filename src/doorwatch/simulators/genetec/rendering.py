"""An access event as bytes of the stream, in the shape that the settings ask for.

Under load most events differ from an earlier one in their time only, so what stands before and after the time is kept.
What a body holds besides type, time and source is not public: those fields are a guess, and can be switched off.
"""

from typing import Any

from doorwatch.simulators.genetec.event_types import NUMBERS
from doorwatch.simulators.genetec.formats import Form, event_document
from doorwatch.simulators.genetec.record import RaisedEvent
from doorwatch.simulators.genetec.settings import Settings
from doorwatch.simulators.genetec.stream import event_part
from doorwatch.simulators.genetec.timestamps import wire_time

_PLACEHOLDER = "0001-01-01T00:00:00Z"
_KEPT = 20_000


class Renderer:
    """Makes parts of the stream; `forget` must be called when a setting changes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._around: dict[tuple[Any, ...], tuple[bytes, ...]] = {}

    def forget(self, settings: Settings) -> None:
        """Render by these settings from now on."""
        self._settings = settings
        self._around.clear()

    def part(self, form: Form, event: RaisedEvent) -> bytes:
        """The event as one part of a stream of that form."""
        key = (form, event.event_type, event.door, event.reader, event.cardholder, event.message)
        around = self._around.get(key)
        if around is None:
            if len(self._around) >= _KEPT:
                self._around.clear()
            whole = event_part(form, event_document(form, self._fields(event)))
            around = self._around[key] = tuple(whole.split(_PLACEHOLDER.encode()))
        return wire_time(event.at, self._settings.digits).encode().join(around)

    def _fields(self, event: RaisedEvent) -> dict[str, Any]:
        settings = self._settings
        at_reader = settings.event_source == "access_point" and event.reader
        event_type: str | int = event.event_type
        if settings.event_type_as == "number":
            event_type = NUMBERS.get(event.event_type, event.event_type)
        known = {
            "EventType": event_type,
            "Timestamp": _PLACEHOLDER,
            "SourceGuid": event.reader if at_reader else event.door,
        }
        guessed = self._guessed(event)
        if settings.event_fields == "minimal" or not guessed:
            return known
        return {**known, "Event": guessed} if settings.event_fields == "nested" else {**known, **guessed}

    def _guessed(self, event: RaisedEvent) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if event.cardholder and self._settings.cardholder_on_stream:
            fields["Cardholder"] = self._reference(event.cardholder)
            fields["Credentials"] = [self._reference(event.credential)] if event.credential else []
        if event.reader:
            fields["AccessPoint"] = self._reference(event.reader)
            fields["DoorSideGuid"] = self._reference(event.reader)
        if event.message is not None:
            fields["CustomEventMessage"] = event.message
        return fields

    def _reference(self, guid: str) -> Any:
        return {"Guid": guid} if self._settings.references_as == "object" else guid
