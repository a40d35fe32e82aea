"""What the rule says: incidents, and what became of each crossing and each grant."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from doorwatch.domain.time import Micros


class IncidentKind(StrEnum):
    """Why somebody should look."""

    TAILGATING = "tailgating"
    UNAUTHORIZED_ENTRY = "unauthorized_entry"
    ENTRY_AFTER_REFUSAL = "entry_after_refusal"
    POSSIBLE_TAILGATING = "possible_tailgating"


class IncidentState(StrEnum):
    """How sure the rule is, by now."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    UNCONFIRMED = "unconfirmed"
    EXPLAINED = "explained"
    WITHDRAWN = "withdrawn"


class CrossingOutcome(StrEnum):
    """What the rule made of one crossing."""

    ADMITTED = "admitted"
    EXCESS = "excess"
    POSSIBLE = "possible"
    UNLOCKED = "unlocked"
    TURNED_BACK = "turned_back"
    UNCONTROLLED = "uncontrolled"
    NOT_OBSERVABLE = "not_observable"


class GrantOutcome(StrEnum):
    """What became of one grant."""

    WAITING = "waiting"
    USED = "used"
    NO_ENTRY = "granted, no entry"
    NOT_OBSERVABLE = "not observable"
    UNCONTROLLED = "uncontrolled"


class CoverageState(StrEnum):
    """How much of an incident's time the cameras saw."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Incident:
    """A verdict that somebody should look at.

    `incident_id` comes from (account, door, first excess crossing). `people`, `grants`, `excess` as the rule counts
    them; `reason` is the one sentence for people; `crossing_ids` are all that were counted, in time order,
    `excess_crossing_ids` those without an admission, `grant_ids` the distinct grants that were used, `actors` the names
    of the people to whom they were given, as far as the PACS told them.
    """

    incident_id: str
    door: str
    kind: IncidentKind
    state: IncidentState
    start: Micros
    end: Micros
    people: int
    grants: int
    excess: int
    possible: int
    coverage: CoverageState
    reason: str
    crossing_ids: tuple[str, ...]
    excess_crossing_ids: tuple[str, ...]
    grant_ids: tuple[str, ...]
    actors: tuple[str, ...] = field(default=(), compare=False)


class CrossingVerdict(NamedTuple):
    """What the rule made of one crossing, and by which grant it was admitted.

    `possible` is how many people hidden behind this one would have had no admission; `same_as` is the crossing that
    counts when another camera saw the same person.
    """

    crossing_id: str
    outcome: CrossingOutcome
    grant_id: str | None = None
    possible: int = 0
    same_as: str | None = None


class GrantVerdict(NamedTuple):
    """What became of one grant; `until` is when its admission ends."""

    grant_id: str
    outcome: GrantOutcome
    crossing_ids: tuple[str, ...]
    until: Micros


@dataclass(frozen=True, slots=True)
class DoorVerdict:
    """The rule's whole answer for one door's window.

    `unlocked` are the unlocked periods as (start, end or None while it lasts, whether its end was observed);
    `sensed_unseen` are the ids of entry-sensor events for which no camera saw anybody.
    """

    incidents: tuple[Incident, ...]
    crossings: tuple[CrossingVerdict, ...]
    grants: tuple[GrantVerdict, ...]
    unlocked: tuple[tuple[Micros, Micros | None, bool], ...] = ()
    sensed_unseen: tuple[str, ...] = ()
