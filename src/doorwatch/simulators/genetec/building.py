"""The entities of a simulated Security Center: doors with their readers, cameras, cardholders and credentials.

A GUID follows from kind and name, so that a door of a scenario has the same GUID in every run and on every machine.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec.event_types import door_types

SYSTEM_CONFIGURATION = "00000000-0000-0000-0000-000000000007"
"""The entity that stands for the whole system where a report asks for entities."""

_NAMESPACE = uuid.UUID("3c0f6a1e-5c0f-5d6b-9d55-6b1f0c3b7e42")
_PLAIN = re.compile(r"[0-9a-f]{32}")

EntityT = TypeVar("EntityT", bound="Entity")


def guid_for(kind: str, name: str) -> str:
    """The GUID of the named entity; cameras look as a Security Center makes them look."""
    made = uuid.uuid5(_NAMESPACE, f"{kind}/{name}")
    if kind == "Camera":
        return f"00000001-0000-babe-{made.hex[:4]}-{made.hex[4:16]}"
    return str(made)


def normalised_guid(text: str) -> str | None:
    """A GUID with or without dashes or braces, in the one form used here; None when it is none."""
    plain = text.strip().strip("{}").replace("-", "").lower()
    if not _PLAIN.fullmatch(plain):
        return None
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


@dataclass(slots=True)
class Entity:
    """Anything with a GUID; `properties` are the public ones besides the base properties."""

    guid: str
    name: str
    kind: str
    logical_id: int
    properties: dict[str, Any] = field(default_factory=dict)

    def basic(self) -> dict[str, Any]:
        """The properties that every entity has."""
        return {
            "Guid": self.guid,
            "Name": self.name,
            "Description": "",
            "EntityType": self.kind,
            "LogicalId": self.logical_id,
            "IsOnline": True,
            "RunningState": "Running",
            "IsInMaintenance": False,
        }

    def full(self) -> dict[str, Any]:
        """All public properties."""
        return {**self.basic(), **self.properties}


@dataclass(slots=True)
class Door(Entity):
    """A door with a reader on each of its sides; `unit` is the controller that both hang on."""

    reader_in: str = ""
    reader_out: str = ""
    unit: str = ""


@dataclass(slots=True)
class Cardholder(Entity):
    """A person with one credential."""

    credential: str = ""


class Building:
    """All entities by GUID, kind and name."""

    def __init__(self) -> None:
        self._by_guid: dict[str, Entity] = {}
        self._by_kind: dict[str, dict[str, Entity]] = {}

    def __len__(self) -> int:
        return len(self._by_guid)

    def get(self, guid: str) -> Entity | None:
        """The entity of that GUID."""
        return self._by_guid.get(guid)

    def of_kind(self, kind: str) -> list[Entity]:
        """All entities of a kind (any case), in the order in which they were added."""
        return list(self._by_kind.get(kind.lower(), {}).values())

    def doors(self) -> Iterator[Door]:
        """All doors, in the order in which they were added."""
        return (entity for entity in self.of_kind("Door") if isinstance(entity, Door))

    def find(self, kind: str, name_or_guid: str) -> Entity:
        """The entity of that kind by name or GUID. Raises DoorwatchError, naming those there are."""
        guid = normalised_guid(name_or_guid)
        found = self._by_guid.get(guid) if guid else self._by_kind.get(kind.lower(), {}).get(name_or_guid)
        if found is None or found.kind.lower() != kind.lower():
            names = ", ".join(entity.name for entity in self.of_kind(kind)[:10]) or "none"
            raise DoorwatchError(
                f"There is no {kind.lower()} {name_or_guid!r} in the simulated system; it has: {names}."
            )
        return found

    def door(self, name_or_guid: str) -> Door:
        """The door of that name or GUID. Raises DoorwatchError."""
        found = self.find("Door", name_or_guid)
        if not isinstance(found, Door):
            raise DoorwatchError(f"{name_or_guid!r} is no door of the simulated system.")
        return found

    def cardholder(self, name_or_guid: str) -> Cardholder:
        """The cardholder of that name or GUID. Raises DoorwatchError."""
        found = self.find("Cardholder", name_or_guid)
        if not isinstance(found, Cardholder):
            raise DoorwatchError(f"{name_or_guid!r} is no cardholder of the simulated system.")
        return found

    def add_camera(self, name: str, guid: str | None = None) -> Entity:
        """A camera; adding a name again gives the camera that is there."""
        return self._existing("Camera", name) or self._add(Entity(self._guid("Camera", name, guid), name, "Camera", 0))

    def add_cardholder(
        self, name: str, *, first: str = "", last: str = "", email: str = "", guid: str | None = None
    ) -> Cardholder:
        """A person and the card of that person; first and last name default to the parts of the name."""
        existing = self._existing("Cardholder", name)
        if isinstance(existing, Cardholder):
            return existing
        head, _, tail = name.rpartition(" ")
        credential = self._add(Entity(guid_for("Credential", name), f"Card of {name}", "Credential", 0))
        person = Cardholder(
            self._guid("Cardholder", name, guid),
            name,
            "Cardholder",
            0,
            {"FirstName": first or head, "LastName": last or tail, "EmailAddress": email, "Status": "Active"},
            credential=credential.guid,
        )
        credential.properties["CardholderGuid"] = person.guid
        return self._add(person)

    def add_door(
        self, name: str, *, cameras: Iterable[str] = (), cameras_out: Iterable[str] = (), guid: str | None = None
    ) -> Door:
        """A door with its two readers; `cameras` are names of cameras that see its inner or outer side."""
        existing = self._existing("Door", name)
        if isinstance(existing, Door):
            return existing
        unit = self._add(Entity(guid_for("Unit", name), f"Controller of {name}", "Unit", 0))
        door = Door(self._guid("Door", name, guid), name, "Door", 0, unit=unit.guid)
        door.reader_in = self._add_reader(door, "In", cameras).guid
        door.reader_out = self._add_reader(door, "Out", cameras_out).guid
        door.properties = {
            "DoorSideIn": _side(door.reader_in),
            "DoorSideOut": _side(door.reader_out),
            "AccessPoints": [door.reader_in, door.reader_out],
            "PreferredUnit": unit.guid,
            "SupportedEvents": door_types(),
        }
        return self._add(door)

    def remove(self, entity: Entity) -> None:
        """Take an entity away; a door takes its readers and its controller along."""
        along = [entity.reader_in, entity.reader_out, entity.unit] if isinstance(entity, Door) else []
        for guid in (entity.guid, *along):
            gone = self._by_guid.pop(guid, None)
            if gone is not None:
                self._by_kind[gone.kind.lower()].pop(gone.name, None)

    def _existing(self, kind: str, name: str) -> Entity | None:
        return self._by_kind.get(kind.lower(), {}).get(name)

    def _guid(self, kind: str, name: str, given: str | None) -> str:
        if given is None:
            return guid_for(kind, name)
        guid = normalised_guid(given)
        if guid is None:
            raise DoorwatchError(f"The {kind.lower()} {name!r} has the GUID {given!r}: it needs 32 hexadecimal digits.")
        return guid

    def _add_reader(self, door: Door, side: str, cameras: Iterable[str]) -> Entity:
        name = f"{door.name} - {side}"
        seen_by = [self.add_camera(camera).guid for camera in cameras]
        properties = {
            "AccessPointType": "CardReader",
            "AccessPointSide": side,
            "AccessPointGroup": door.guid,
            "Cameras": seen_by,
        }
        return self._add(Entity(guid_for("AccessPoint", name), name, "AccessPoint", 0, properties))

    def _add(self, entity: EntityT) -> EntityT:
        if entity.guid in self._by_guid:
            raise DoorwatchError(f"Two entities have the GUID {entity.guid}; give {entity.name!r} another one.")
        same_kind = self._by_kind.setdefault(entity.kind.lower(), {})
        entity.logical_id = entity.logical_id or len(same_kind) + 1
        self._by_guid[entity.guid] = same_kind[entity.name] = entity
        return entity


def _side(reader: str) -> dict[str, Any]:
    return {"Guid": reader, "Reader": reader, "Rex": None, "EntrySensor": None}
