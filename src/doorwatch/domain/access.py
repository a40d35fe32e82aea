"""Access events: what a PACS says about a door, and what each of them means to the rule."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from doorwatch.domain.time import Micros


class Direction(StrEnum):
    """Which way somebody passes a door, as seen from outside."""

    IN = "in"
    OUT = "out"

    @property
    def opposite(self) -> "Direction":
        """The other way."""
        return Direction.OUT if self is Direction.IN else Direction.IN


class Meaning(StrEnum):
    """What an access event says, as far as the rule cares; a type without one is only searched."""

    GRANT = "grant"
    REFUSAL = "refusal"
    OPENED = "opened"
    CLOSED = "closed"
    UNLOCKED_BY_SCHEDULE = "unlocked by schedule"
    UNLOCKED_BY_OPERATOR = "unlocked by operator"
    LOCKED = "locked"
    ENTRY_SENSED = "entry sensed"


_MEANINGS = {
    Meaning.GRANT: ("AccessGranted", "EntryUnlocked"),
    Meaning.OPENED: ("DoorOpen", "DoorOpenWhileLockSecure", "DoorForcedOpen", "EntryOpened"),
    Meaning.CLOSED: ("DoorClose", "EntryClosed"),
    Meaning.UNLOCKED_BY_SCHEDULE: ("DoorScheduledUnlock",),
    Meaning.UNLOCKED_BY_OPERATOR: ("DoorManuallyUnlocked",),
    Meaning.LOCKED: ("DoorLock", "DoorScheduledLock", "DoorSecured"),
    Meaning.ENTRY_SENSED: ("DoorEntryDetected", "DoorEntryAssumed"),
    Meaning.REFUSAL: (
        "AccessRefused",
        "AccessDenied",
        "AccessUnknownCredential",
        "AccessUnassignedCredential",
        "AccessExpiredCredential",
        "AccessStolenCredential",
        "AccessLostCredential",
        "AccessInactiveCredential",
        "AccessInactivePerson",
        "AccessInvalidPin",
        "AccessValidCardInvalidPin",
        "AccessDeniedByAccessRule",
        "AccessInsufficientPrivileges",
        "AccessAntipassbackViolation",
        "AccessOutOfSchedule",
        "AccessNoAccessRuleAssigned",
        "AccessAbsentSupervisor",
        "AccessEscortRequired",
        "AccessSecondCardholderRequired",
        "AccessEscortNotSupported",
        "CompanionVisitorDenied",
        "Interlock",
        "AccessCardAndPINTimeout",
        "AccessValidCardInactivePIN",
        "AccessDeniedByMaxOccupancy",
    ),
}


def canonical_type(event_type: str) -> str:
    """An event type without case and separators: `Entry Unlocked`, `entry.unlocked`, `entry_unlocked` are one."""
    return re.sub(r"[^a-z0-9]", "", event_type.lower())


_BY_TYPE = {canonical_type(name): meaning for meaning, names in _MEANINGS.items() for name in names}


@lru_cache(maxsize=1024)
def meaning_of(event_type: str) -> Meaning | None:
    """What an event of this type means to the rule; None when the rule does not read it."""
    return _BY_TYPE.get(canonical_type(event_type))


def types_meaning(meaning: Meaning) -> tuple[str, ...]:
    """The PACS event names that mean this."""
    return _MEANINGS[meaning]


class AccessEvent(NamedTuple):
    """Something the PACS said about a door; a tuple, since thousands are made in a second.

    `at` is the PACS's own time, never corrected; `side` is the way a reader lets people pass, where it is known.
    """

    event_id: str
    device_id: str
    at: Micros
    event_type: str
    side: Direction | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    labels: tuple[str, ...] = ()
    access_point_id: str | None = None
    source: str | None = None

    @property
    def meaning(self) -> Meaning | None:
        """What the event says to the rule."""
        return meaning_of(self.event_type)
