"""What the GUIDs and names of a stream mean, looked up once: most events differ from an earlier one in their time only."""

from collections.abc import Hashable
from typing import Any, NamedTuple

from doorwatch.domain.access import Direction
from doorwatch.pacs.genetec.answers import guid
from doorwatch.pacs.genetec.directory import Directory
from doorwatch.pacs.genetec.event_types import type_name
from doorwatch.pacs.genetec.written import StreamEvent

KEPT = 16384
NEVER = float("-inf")


class Place(NamedTuple):
    """Where something happened, and what. `door` is the source itself where `unplaced`; None where nothing was named."""

    event_type: str
    door: str | None
    access_point: str | None
    side: Direction | None
    unplaced: bool


class Actor(NamedTuple):
    """Who it was, as far as is known; until when (steady seconds) nothing more need be asked, NEVER: nobody was asked."""

    id: str | None
    name: str | None
    mail: str | None
    asked_until: float


NOBODY = Actor(None, None, None, NEVER)
_Key = tuple[Hashable, ...]


class Meanings:
    """Answers from memory, as long as the directory has learned nothing new. `wanted`: the types that are told at all."""

    def __init__(self, directory: Directory, wanted: frozenset[str]) -> None:
        self._directory = directory
        self._wanted = wanted
        self._version = directory.version
        self.places: dict[_Key, Place | None] = {}
        """What `place` found, by type, source and access point as they were written."""
        self.people: dict[str, Actor] = {}
        """What `person` found, by the GUID as it was written."""

    def refresh(self) -> None:
        """Forget what may have become wrong; to be called before a batch of events."""
        if self._version != self._directory.version:
            self._version = self._directory.version
            self.places.clear()
            self.people.clear()

    def place(self, event: StreamEvent) -> Place | None:
        """Where an event happened; None when its type is not wanted."""
        key = event.event_type, event.source, event.access_point
        try:
            return self.places[key]
        except (KeyError, TypeError):
            # a GUID may also be told as an object, by which nothing can be looked up
            found = self._place(event)
        if isinstance(event.source, str) and (event.access_point is None or isinstance(event.access_point, str)):
            if len(self.places) >= KEPT:
                self.places.clear()
            self.places[key] = found
        return found

    def _place(self, event: StreamEvent) -> Place | None:
        name = type_name(event.event_type)
        if name is None or name not in self._wanted:
            return None
        source, point = guid(event.source), guid(event.access_point)
        door, point, side = self._directory.place(source, point)
        return Place(name, door or source or point, point, side, door is None)

    def person(self, cardholder: Any) -> Actor:
        """Who a cardholder is."""
        if not isinstance(cardholder, str):
            return self._person(guid(cardholder))
        found = self.people.get(cardholder)
        if found is None:
            if len(self.people) >= KEPT:
                self.people.clear()
            found = self.people[cardholder] = self._person(guid(cardholder))
        return found

    def _person(self, actor: str | None) -> Actor:
        if actor is None:
            return NOBODY
        person = self._directory.person(actor)
        until = self._directory.asked_until(actor)
        return Actor(actor, person.name, person.email, until) if person else Actor(actor, None, None, until)
