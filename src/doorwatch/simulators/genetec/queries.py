"""What can be asked of the simulated system: entities, lists of entities, and the activity of doors.

The grammar: a comma-separated list; `Name=value` sets, `Name@a@b` adds, `Name.Method(x,y)` calls; braces enclose a
value, a backslash takes a comma literally. A refused question raises `RefusedError`, which becomes a `Fail` answer.
"""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from doorwatch.domain.time import Micros, from_iso, from_seconds
from doorwatch.simulators.genetec.building import SYSTEM_CONFIGURATION, Entity, normalised_guid
from doorwatch.simulators.genetec.event_types import NUMBERS, known_type
from doorwatch.simulators.genetec.record import RaisedEvent
from doorwatch.simulators.genetec.role import Role
from doorwatch.simulators.genetec.timestamps import wire_time

_LOGICAL_ID = re.compile(r"logicalid\((\w+),\s*(\d{1,7})\)", re.IGNORECASE)
_TERM = re.compile(r"event\(\s*(logicalid\([^)]*\)|[^,()]+)\s*,\s*([^,()]+)\s*\)", re.IGNORECASE)
_SPECIAL = frozenset("(){}\\")
_LISTS = {
    "entityconfiguration": None,
    "cardholderconfiguration": "Cardholder",
    "credentialconfiguration": "Credential",
}


class RefusedError(Exception):
    """A command that is answered with `Fail`; the text is the message of that answer."""


@dataclass(slots=True)
class Filters:
    """A parsed query: names in lower case, and how they were written."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)


def split_terms(query: str) -> list[str]:
    """The terms of a query, split at commas that stand outside of brackets and braces."""
    if _SPECIAL.isdisjoint(query):
        return [term for part in query.split(",") if (term := part.strip())]
    terms, depth, term, literal = [], 0, "", False
    for letter in query:
        if literal:
            term, literal = term + letter, False
        elif letter == "\\":
            literal = True
        elif letter == "," and depth == 0:
            terms.append(term.strip())
            term = ""
        else:
            depth += (letter in "({") - (letter in ")}")
            term += letter
    terms.append(term.strip())
    return [term for term in terms if term]


def parse_filters(query: str) -> Filters:
    """A report's query. Raises RefusedError for a term that is none."""
    filters = Filters()
    for term in split_terms(query):
        match = re.match(r"([\w.]+)\s*([=@(])", term)
        if match is None:
            raise RefusedError(f"Could not parse filter: '{term}'")
        name, sign, rest = match[1], match[2], term[match.end(2) :]
        filters.written[name.lower()] = term
        if sign == "=":
            filters.values[name.lower()] = rest.strip("{}")
        elif sign == "@":
            filters.lists.setdefault(name.lower(), []).extend(part.strip("{}") for part in rest.split("@"))
        else:
            filters.calls[name.lower()] = [part.strip() for part in rest.rstrip(")").split(",")]
    return filters


def find_entity(role: Role, reference: str) -> Entity:
    """The entity by GUID or `LogicalId(Type,n)`, if the user may see it. Raises RefusedError."""
    match = _LOGICAL_ID.fullmatch(reference.strip())
    guid = normalised_guid(reference)
    found: Entity | None = None
    if match:
        found = next((one for one in role.visible(match[1]) if one.logical_id == int(match[2])), None)
    elif guid:
        found = role.building.get(guid)
        if found is not None and not role.shows(found.kind):
            found = None
    if found is None:
        raise RefusedError("Entity does not exist")
    return found


def entity_properties(role: Role, entity: Entity) -> dict[str, Any]:
    """All public properties that this system tells."""
    hidden = set() if role.settings.associations else {"DoorSideIn", "DoorSideOut", "AccessPoints", "Cameras"}
    return {name: value for name, value in entity.full().items() if name not in hidden}


def project(role: Role, query: str) -> Any:
    """`entity={id},Name,…` several times over: an object for one entity, a list for several. Raises RefusedError."""
    asked: list[tuple[Entity, list[str]]] = []
    for term in split_terms(query):
        name, sign, value = term.partition("=")
        if sign and name.strip().lower() == "entity":
            asked.append((find_entity(role, value.strip("{} ")), []))
        elif not asked:
            raise RefusedError(f"Expected 'entity=' before '{term}'")
        else:
            asked[-1][1].append(term)
    rows = [_projection(role, entity, names) for entity, names in asked]
    return rows[0] if len(rows) == 1 else rows


def _projection(role: Role, entity: Entity, names: list[str]) -> dict[str, Any]:
    properties = {name.lower(): (name, value) for name, value in entity_properties(role, entity).items()}
    row = {}
    for name in names:
        if name.lower() not in properties:
            raise RefusedError(f"Could not find property '{name}' of entity type '{entity.kind}'")
        proper, value = properties[name.lower()]
        row[proper] = value
    return row


def list_entities(role: Role, report: str, query: str) -> tuple[str, list[dict[str, str]]]:
    """A configuration report: status and rows of `Guid`; a page that is not the last has one row too many."""
    filters = parse_filters(query)
    known = {"entitytypes", "name", "namesearchmode", "downloadallrelateddata", "logicalid"}
    if role.settings.accepts_pages:
        known |= {"page", "pagesize"}
    for name, term in filters.written.items():
        if name not in known:
            raise RefusedError(f"Could not find property '{term.split('=')[0].split('@')[0]}' from filter: '{term}'")
    kind = _LISTS[report]
    kinds = [kind] if kind else filters.lists.get("entitytypes", [])
    if not filters.written:
        raise RefusedError("At least one filter is required")
    found = [entity for one in kinds for entity in role.visible(one)]
    wanted = filters.values.get("name")
    if wanted is not None:
        contains = filters.values.get("namesearchmode", "").lower() == "contains"
        found = [
            e for e in found if (wanted.lower() in e.name.lower() if contains else wanted.lower() == e.name.lower())
        ]
    if "pagesize" not in filters.values:
        return "Ok", [{"Guid": entity.guid} for entity in found]
    size, page = _whole_number(filters, "pagesize"), _whole_number(filters, "page", 1)
    start = (page - 1) * size
    rows = [{"Guid": entity.guid} for entity in found[start : start + size + 1]]
    return ("TooManyResults" if len(rows) > size else "Ok"), rows


def door_activity(role: Role, query: str) -> tuple[str, list[dict[str, Any]]]:
    """The access events of a range of time, as the activity report tells them. Raises RefusedError."""
    filters = parse_filters(query)
    known = {"timerange.settimerange", "doors", "maximumresultcount"}
    if role.settings.accepts_event_filter:
        known.add("events")
    if role.settings.accepts_sort_order:
        known.add("sortorder")
    for name, term in filters.written.items():
        if name not in known:
            raise RefusedError(f"Could not find property '{re.split('[=@(]', term)[0]}' from filter: '{term}'")
    start, end = _time_range(filters)
    limit = min(_whole_number(filters, "maximumresultcount", role.settings.report_limit), role.settings.report_limit)
    types = {_event_type(role, name) for name in filters.lists.get("events", [])}
    doors = {normalised_guid(guid) for guid in filters.lists.get("doors", [])} - {SYSTEM_CONFIGURATION}
    settled = role.clock.now() - from_seconds(role.settings.report_delay)
    shown = {door.guid for door in role.visible("Door")}
    events = [
        event
        for event in role.record.between(start, end)
        if event.reported
        and event.raised_at <= settled
        and event.door in shown
        and (not types or event.event_type in types)
        and (not doors or event.door in doors)
    ]
    order = role.settings.report_order
    if "sortorder" in filters.values:
        order = "descending" if filters.values["sortorder"].lower() == "descending" else "ascending"
    if order == "descending":
        events.reverse()
    status = "TooManyResults" if len(events) > limit else "Ok"
    events = events[:limit]
    if order == "shuffled":
        random.Random(len(events)).shuffle(events)  # noqa: S311 - the same question gets the same answer
    return status, [_row(role, event) for event in events]


def subscription_terms(role: Role, query: str) -> list[tuple[str, str | None, Entity | None]]:
    """`event(source,type)` terms as (type, kind, entity): one of kind and entity is given. Raises RefusedError."""
    terms = split_terms(query)
    if not terms:
        raise RefusedError("No event was given")
    parsed: list[tuple[str, str | None, Entity | None]] = []
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None:
            raise RefusedError(f"Could not parse '{term}'")
        source, event_type = match[1].strip(), _event_type(role, match[2])
        if normalised_guid(source) or _LOGICAL_ID.fullmatch(source):
            parsed.append((event_type, None, find_entity(role, source)))
        else:
            parsed.append((event_type, source.lower(), None))
    return parsed


def _event_type(role: Role, text: str) -> str:
    name = known_type(text)
    if name is None or name in role.settings.unknown_event_types:
        raise RefusedError(f"Requested value '{text}' was not found.")
    return name


def _whole_number(filters: Filters, name: str, default: int | None = None) -> int:
    text = filters.values.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isdigit() or int(text) < 1:
        raise RefusedError(f"Could not convert the value of filter: '{filters.written.get(name, name)}'")
    return int(text)


def _time_range(filters: Filters) -> tuple[Micros, Micros]:
    parts = filters.calls.get("timerange.settimerange")
    if parts is None or len(parts) != 2:
        raise RefusedError("The query needs a time range")
    try:
        start, end = from_iso(parts[0]), from_iso(parts[1])
    except ValueError as error:
        raise RefusedError(f"Could not convert the time range: {error}") from None
    if end < start:
        raise RefusedError("The end of the time range lies before its start")
    return start, end


def _row(role: Role, event: RaisedEvent) -> dict[str, Any]:
    number: str | int = event.event_type
    if role.settings.report_type_as == "number":
        number = NUMBERS.get(event.event_type, event.event_type)
    door = role.building.get(event.door)
    unit = getattr(door, "unit", None)
    return {
        "Timestamp": wire_time(event.at, role.settings.report_digits),
        "EventType": number,
        "UnitGuid": unit,
        "DeviceGuid": event.reader,
        "APGuid": event.reader,
        "SourceGuid": event.reader or event.door,
        "CredentialGuid": event.credential,
        "CardholderGuid": event.cardholder,
        "Credential2Guid": None,
        "TimeZone": "UTC",
        "OccurrencePeriod": 0,
        "AccessPointGroupGuid": event.door,
        "CustomEventMessage": event.message,
    }
