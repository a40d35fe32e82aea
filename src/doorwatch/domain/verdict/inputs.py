"""What the rule is given: one door's events, crossings, versions of its configuration, and who was watching when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from doorwatch.domain.access import AccessEvent, Meaning, canonical_type, meaning_of, types_meaning
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import MINUTE, SECOND, Micros

EXTENSION = 30 * SECOND
"""How long after its grant an admission may last while the door stays open."""

INCIDENT_SPAN = MINUTE
"""An incident ends at most this long after its first excess entry; so far apart, things have nothing to do."""

_DEFAULT = Policy()


class Span(NamedTuple):
    """From `start` to `end`, both included, in microseconds since 1970 UTC."""

    start: Micros
    end: Micros


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy and the time from which it was in force."""

    valid_from: Micros
    policy: Policy


@dataclass(frozen=True, slots=True)
class CameraVersion:
    """The cameras mapped to a door from `valid_from` on, the primary one first."""

    valid_from: Micros
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoorInputs:
    """All that the verdict about one door depends on, beside `now`.

    `events` carry the PACS's own times, `crossings` the cameras' times; neither needs to be sorted or distinct.
    `carried` are the last lock event and the last contact event before `events` begins (in any order).
    `policies` and `mappings` may be empty: then defaults hold, and the cameras are those seen in the crossings.
    `camera_coverage` is, per camera, the time it saw the door; None when nothing is known, which counts as covered.
    `pacs_coverage` is the time for which the PACS's events are known to be here (corrected to camera time is not
    needed: it is server time); None for a PACS that never sends coverage, which counts as covered.
    `subscribed` are the event types asked of the PACS; None for all.
    `leaves` is for doors that share their admissions: PACS device id to the `door` of its crossings; `leaf_mappings`
    are their cameras by that `door`, where they have others than `mappings`.
    `oldest` is the time before which nothing is kept any more: no window reaches back beyond it.
    """

    account: str
    door: str
    events: Sequence[AccessEvent] = ()
    crossings: Sequence[Crossing] = ()
    policies: Sequence[PolicyVersion] = ()
    mappings: Sequence[CameraVersion] = ()
    camera_coverage: Mapping[str, Sequence[Span]] | None = None
    pacs_coverage: Sequence[Span] | None = None
    subscribed: frozenset[str] | None = None
    carried: Sequence[AccessEvent] = ()
    leaves: Mapping[str, str] = field(default_factory=dict)
    oldest: Micros | None = None
    leaf_mappings: Mapping[str, Sequence[CameraVersion]] = field(default_factory=dict)

    def policy_at(self, at: Micros) -> Policy:
        """The policy in force at that time of the cameras' clock."""
        if not self.policies:
            return _DEFAULT
        if len(self.policies) == 1:
            only = self.policies[0]
            return only.policy if only.valid_from <= at else _DEFAULT
        best: PolicyVersion | None = None
        for version in self.policies:
            if version.valid_from <= at and (best is None or version.valid_from >= best.valid_from):
                best = version
        return best.policy if best else _DEFAULT

    def policy_of(self, event: AccessEvent) -> Policy:
        """The policy in force when an event happened: versions begin on the cameras' clock, events tell the PACS's."""
        if not self.policies:
            return _DEFAULT
        best: PolicyVersion | None = None
        for version in self.policies:
            begun = version.valid_from <= event.at - version.policy.clock_offset
            if begun and (best is None or version.valid_from >= best.valid_from):
                best = version
        return best.policy if best else _DEFAULT

    def corrected(self, event: AccessEvent) -> Micros:
        """An event's time on the cameras' clock."""
        return event.at - self.policy_of(event).clock_offset if self.policies else event.at

    def hears(self, meaning: Meaning) -> bool:
        """Whether any event type with this meaning is among those asked of the PACS."""
        if self.subscribed is None:
            return True
        asked = {canonical_type(name) for name in self.subscribed}
        return any(canonical_type(name) in asked for name in types_meaning(meaning))

    def all_policies(self) -> tuple[Policy, ...]:
        """Every policy that may be in force, the default among them."""
        return (_DEFAULT, *(version.policy for version in self.policies))


def reach(policies: Iterable[Policy]) -> Micros:
    """How far from an excess entry anything can matter to it under these policies."""
    return max([INCIDENT_SPAN, *(max(one.grant_after, one.group_gap, one.grant_before) for one in policies)])


def longest_admission(policies: Iterable[Policy]) -> Micros:
    """How long an admission can last under these policies, from its beginning before the grant on."""
    return max(max(policy.grant_after, EXTENSION) + policy.grant_before for policy in policies)


def reads(event_type: str) -> bool:
    """Whether the rule reads events of this type: only those make a door's verdict due again."""
    return meaning_of(event_type) is not None


def missing_types(subscribed: frozenset[str] | None) -> dict[Meaning, tuple[str, ...]]:
    """What the rule cannot see because no event type that says it was asked for: meaning to the types to add."""
    inputs = DoorInputs("", "", subscribed=subscribed)
    wanted = (Meaning.GRANT, Meaning.REFUSAL, Meaning.OPENED, Meaning.CLOSED, Meaning.LOCKED)
    return {meaning: types_meaning(meaning) for meaning in wanted if not inputs.hears(meaning)}
