"""Says in plain words what happens at the door, from the server's live updates."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from doorwatch.domain.time import from_iso, to_datetime

_ACCESS = {
    "AccessGranted": "grant",
    "DoorOpen": "the door opens",
    "DoorClose": "the door closes",
    "AccessRefused": "access refused",
}
_KINDS = {
    "tailgating": "tailgating",
    "unauthorized_entry": "unauthorized entry",
    "entry_after_refusal": "entry after a refusal",
    "possible_tailgating": "possible tailgating",
}


class Narrator:
    """Turns live updates into sentences; says each state of an incident once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._said: set[tuple[str, ...]] = set()

    def sentence(self, name: str, data: Mapping[str, Any]) -> str | None:
        """What to say of one update; None for nothing."""
        if name == "incident":
            return self._incident(data)
        if name != "moment" or _still_nameless(data) or not self._is_new("moment", str(data.get("moment_id"))):
            return None
        door = (data.get("door") or {}).get("name", "an unknown door")
        if data.get("kind") == "access_event":
            words = _ACCESS.get(str(data.get("event_type")), str(data.get("event_type")))
            who = f" {data['actor_name']}" if data.get("actor_name") else ""
            return f"{self.time(data['at'])} {words}{who} at {door}"
        if data.get("kind") == "crossing":
            way = "in" if data.get("direction") == "in" else "out"
            return f"{self.time(data['at'])} somebody goes {way} at {door}"
        return None

    def _is_new(self, *key: str) -> bool:
        if key in self._said:
            return False
        self._said.add(key)
        return True

    def _incident(self, data: Mapping[str, Any]) -> str | None:
        if not self._is_new("incident", data["incident_id"], data["state"], str(data["people"])):
            return None
        people, grants = data["people"], data["grants"]
        entered = f"{people} {'person' if people == 1 else 'people'} entered"
        granted = "without a grant" if grants == 0 else f"on {grants} grant{'s' if grants > 1 else ''}"
        kind = _KINDS.get(data["kind"], data["kind"])
        return f"{self.time(data['end'])} {entered} {granted}: {kind} ({data['state']}) at {data['door']['name']}"

    def time(self, iso: str) -> str:
        """An ISO 8601 time as the wall clock of the site shows it."""
        return to_datetime(from_iso(iso)).astimezone(self._zone).strftime("%H:%M:%S")


def _still_nameless(data: Mapping[str, Any]) -> bool:
    """A grant whose person is looked up; the update that follows names them, or has the rule's answer without."""
    return data.get("event_type") == "AccessGranted" and not data.get("actor_name") and not data.get("outcome")
