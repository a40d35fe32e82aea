"""Labels: the words under which access events, crossings and incidents are found, the same everywhere.

A label is lower case with single spaces. Every event carries the vocabulary that building staff know from other
systems (`entry.unlocked`, `entry unlocked`), its own PACS name split into words, and the names of its person.
"""

import re
from collections.abc import Iterable

from doorwatch.domain.access import AccessEvent, Direction, Meaning, canonical_type
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CoverageState, CrossingOutcome, Incident, IncidentState

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# canonical type: what people call it, beside its own name
_VOCABULARY = {
    "accessgranted": ("access granted", "entry.unlocked", "entry unlocked"),
    "entryunlocked": ("access granted", "entry.unlocked", "entry unlocked"),
    "dooropen": ("entry.opened", "entry opened", "door open"),
    "entryopened": ("entry.opened", "entry opened", "door open"),
    "doorclose": ("entry.closed", "entry closed", "door closed"),
    "entryclosed": ("entry.closed", "entry closed", "door closed"),
    "dooropenedfortoolong": ("entry.ajar", "entry ajar", "door held open"),
    "dooropenwhilelocksecure": ("forced open", "door forced open", "door open while lock secure"),
    "doorforcedopen": ("forced open", "door forced open", "door open while lock secure"),
    "doormanuallyunlocked": ("entry unlocked", "manual unlock", "door unlocked"),
    "doorscheduledunlock": ("entry unlocked", "scheduled unlock", "door unlocked"),
    "doorunlock": ("entry unlocked", "door unlock", "door unlocked"),
    "doorlock": ("door lock", "door locked"),
    "doorscheduledlock": ("scheduled lock", "door locked"),
    "doorsecured": ("door secured", "door locked"),
    "doorrexon": ("exit button", "request to exit"),
    "accessantipassbackviolation": ("antipassback violation",),
    "doorentrydetected": ("entry detected",),
    "doorentryassumed": ("entry assumed",),
    "doornoentrydetected": ("no entry detected",),
    "doortamper": ("tamper",),
}

_OUTCOMES = {
    CrossingOutcome.ADMITTED: ("admitted",),
    CrossingOutcome.EXCESS: ("excess", "excess entry"),
    CrossingOutcome.POSSIBLE: ("possible",),
    CrossingOutcome.UNLOCKED: ("unlocked entry",),
    CrossingOutcome.TURNED_BACK: ("turned back",),
    CrossingOutcome.UNCONTROLLED: (),
    CrossingOutcome.NOT_OBSERVABLE: ("not observable",),
}


UNSEEN = "not observable"
"""Also the label of a grant of which nobody can say whether somebody went in: who counts those can look at them."""


def normal_label(text: str) -> str:
    """A label as it is stored and compared: lower case, single spaces, underscores as spaces, no outer spaces."""
    return " ".join(text.casefold().replace("_", " ").split())


def words_of(name: str) -> str:
    """A PACS name as words: `DoorOpenedForTooLong` is `door opened for too long`."""
    return normal_label(_CAMEL.sub(" ", name))


def event_labels(event: AccessEvent) -> tuple[str, ...]:
    """The labels of an access event: vocabulary, own name, meaning, side, person and whatever the sender added."""
    labels = [*_VOCABULARY.get(canonical_type(event.event_type), ()), words_of(event.event_type)]
    if event.meaning is Meaning.REFUSAL:
        labels += ["access denied", "access refused", _refusal_reason(event.event_type)]
    if event.side is not None:
        labels.append(f"side {event.side}")
    labels += event.labels
    labels += person_labels(event.actor_id, event.actor_name, event.actor_email)
    if event.meaning is Meaning.GRANT:
        labels += _person_unlocked(event.actor_id, event.actor_name)
    return _distinct(labels)


def person_labels(actor_id: str | None, actor_name: str | None, actor_email: str | None = None) -> tuple[str, ...]:
    """The labels of a person: full name, each part of it, address and id."""
    name = normal_label(actor_name or "")
    return _distinct([name, *re.split(r"[\s,]+", name), actor_email or "", actor_id or ""])


def crossing_labels(crossing: Crossing, outcome: CrossingOutcome | None = None) -> tuple[str, ...]:
    """The labels of a crossing: `person`, its direction, and what the rule made of it once that is known.

    Never `tailgating`: that finds incidents, each of which lists its crossings.
    """
    inwards = crossing.direction is Direction.IN
    labels = ["crossing", "person", *(("in", "entry", "entered") if inwards else ("out", "exit", "left"))]
    if outcome is not None:
        labels += _OUTCOMES[outcome]
    return _distinct(labels)


def incident_labels(incident: Incident) -> tuple[str, ...]:
    """The labels of an incident: its own kind, and the words that everybody searches for.

    More people than grants is what the trade calls tailgating, whatever the exact kind. Incidents that turned out
    to be none lose those words, so that a search for tailgating does not find them.
    """
    kind = incident.kind.value.replace("_", " ")
    if incident.state in {IncidentState.EXPLAINED, IncidentState.WITHDRAWN}:
        return _distinct(["incident", incident.state.value, f"{incident.state.value} {kind}"])
    labels = ["incident", "tailgating", "unauthorized access", kind]
    if incident.state is IncidentState.UNCONFIRMED:
        labels.append("unconfirmed")
    if incident.coverage is CoverageState.PARTIAL:
        labels.append("partial coverage")
    return _distinct(labels)


def _refusal_reason(event_type: str) -> str:
    """`AccessUnknownCredential` without its first word: the reason people look for."""
    words = words_of(event_type)
    return words.removeprefix("access ") if words.startswith("access ") else words


def _person_unlocked(actor_id: str | None, actor_name: str | None) -> list[str]:
    name = re.sub(r"[\s,]+", "_", normal_label(actor_name or "")).strip("_")
    return [f"{who.lower()}_entry.unlocked" for who in (actor_id, name) if who]


def _distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """In order, once each, normalised; those joined by underscores on purpose keep them."""
    kept = (label.lower() if label.endswith("_entry.unlocked") else normal_label(label) for label in labels)
    return tuple(dict.fromkeys(label for label in kept if label))
