"""One door's access events in order: when it was unlocked, when its leaf stood open, whom its grants admit and until when."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from doorwatch.domain.access import AccessEvent, Direction, Meaning
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict.inputs import EXTENSION, DoorInputs

_LOCK_STATES = {Meaning.UNLOCKED_BY_SCHEDULE, Meaning.UNLOCKED_BY_OPERATOR, Meaning.LOCKED}
_CONTACT_STATES = {Meaning.OPENED, Meaning.CLOSED}


class Timed(NamedTuple):
    """An access event with its time on the cameras' clock."""

    at: Micros
    event: AccessEvent


class Admission(NamedTuple):
    """The right of one person to pass from `start` to `end`, both included; `direction` None for either way.

    A grant with guests gives several, told apart by `ordinal`.
    """

    grant_id: str
    ordinal: int
    granted_at: Micros
    start: Micros
    end: Micros
    direction: Direction | None
    actor: str | None

    def admits(self, at: Micros, direction: Direction) -> bool:
        """Whether somebody may pass with it then and that way."""
        return self.start <= at <= self.end and self.direction in {None, direction}

    @property
    def preference(self) -> tuple[bool, Micros, Micros, str, int]:
        """Taken first: one for this direction alone, then what runs out first, then the earlier, then the id."""
        return (self.direction is None, self.end, self.granted_at, self.grant_id, self.ordinal)


@dataclass(frozen=True, slots=True)
class UnlockedPeriod:
    """Time in which nobody needed a grant; `end` None while it lasts; `observed` False when the end was assumed."""

    start: Micros
    end: Micros | None
    observed: bool

    def holds_at(self, at: Micros) -> bool:
        """Whether a crossing at that time passed an unlocked door: a lock event comes before a crossing."""
        if at < self.start or self.end is None:
            return at >= self.start
        return at < self.end if self.observed else at <= self.end


def distinct_events(events: Iterable[AccessEvent]) -> list[AccessEvent]:
    """One event for each id, whatever the order in which the copies came: the one that knows most."""
    best: dict[str, AccessEvent] = {}
    for event in events:
        known = best.get(event.event_id)
        if known is None or (known != event and _knowledge(event) > _knowledge(known)):
            best[event.event_id] = event
    return list(best.values())


def _knowledge(event: AccessEvent) -> tuple[int, str]:
    known = (event.side, event.actor_id, event.actor_name, event.actor_email)
    return (sum(value is not None for value in known), repr(event))


class Timeline:
    """The events of one door, corrected, sorted and understood.

    Whatever the rule asks about locks, contacts, grants and refusals is answered here.
    """

    def __init__(self, inputs: DoorInputs) -> None:
        self._inputs = inputs
        self._leaf_of = inputs.leaves
        by_meaning: dict[Meaning, list[Timed]] = defaultdict(list)
        seen = {event.event_id for event in inputs.events}
        carried = [event for event in distinct_events(inputs.carried) if event.event_id not in seen]
        for event in (*carried, *distinct_events(inputs.events)):
            meaning = event.meaning
            if meaning is None or (event.event_id not in seen and meaning not in _LOCK_STATES | _CONTACT_STATES):
                continue
            by_meaning[meaning].append(Timed(inputs.corrected(event), event))
        for timed in by_meaning.values():
            timed.sort(key=_order)
        self.grants = by_meaning[Meaning.GRANT]
        self.refusals = by_meaning[Meaning.REFUSAL]
        self.sensed = by_meaning[Meaning.ENTRY_SENSED]
        self._refused_at = [refusal.at for refusal in self.refusals]
        self._contacts = self._by_leaf(by_meaning, _CONTACT_STATES)
        self._contact_times = {leaf: [contact.at for contact in all_] for leaf, all_ in self._contacts.items()}
        locks = self._by_leaf(by_meaning, _LOCK_STATES)
        self.unlocked = {leaf: self._periods(all_) for leaf, all_ in locks.items()}
        self._unlocked_from = {leaf: [period.start for period in all_] for leaf, all_ in self.unlocked.items()}
        self._extends = inputs.hears(Meaning.CLOSED)
        self._of_grant = {grant.event.event_id: self._admissions(grant) for grant in self.grants}
        self.admissions = sorted(
            (admission for all_ in self._of_grant.values() for admission in all_),
            key=lambda admission: (admission.start, admission.preference),
        )

    def admissions_of(self, grant_id: str) -> tuple[Admission, ...]:
        """The admissions that a grant gives, its holder's first."""
        return self._of_grant[grant_id]

    def leaf(self, event: AccessEvent) -> str:
        """The leaf of the door that an event is about; one name for all of an ordinary door."""
        return self._leaf_of.get(event.device_id, "")

    def unlocked_at(self, at: Micros, crossing_door: str) -> bool:
        """Whether nobody needed a grant at that time, at the leaf of that name."""
        leaf = crossing_door if crossing_door in self._leaf_of.values() else ""
        index = bisect_right(self._unlocked_from.get(leaf, []), at) - 1
        return index >= 0 and self.unlocked[leaf][index].holds_at(at)

    def last_refusal(self, since: Micros, until: Micros, direction: Direction) -> Timed | None:
        """The latest refusal from `since` to `until` that was not about the other direction."""
        index = bisect_right(self._refused_at, until)
        while index > 0 and self._refused_at[index - 1] >= since:
            index -= 1
            if self.refusals[index].event.side in {None, direction}:
                return self.refusals[index]
        return None

    def _by_leaf(self, by_meaning: dict[Meaning, list[Timed]], meanings: set[Meaning]) -> dict[str, list[Timed]]:
        leaves: dict[str, list[Timed]] = defaultdict(list)
        for meaning in meanings:
            for timed in by_meaning[meaning]:
                leaves[self.leaf(timed.event)].append(timed)
        for all_ in leaves.values():
            all_.sort(key=_order)
        return dict(leaves)

    def _periods(self, locks: list[Timed]) -> list[UnlockedPeriod]:
        ends_are_heard = self._inputs.hears(Meaning.LOCKED)
        periods: list[UnlockedPeriod] = []
        for index, lock in enumerate(locks):
            if lock.event.meaning is Meaning.LOCKED:
                continue
            following = locks[index + 1].at if index + 1 < len(locks) else None
            if ends_are_heard:
                periods.append(UnlockedPeriod(lock.at, following, observed=True))
                continue
            policy = self._inputs.policy_of(lock.event)
            longest = (
                policy.unlocked_max_scheduled
                if lock.event.meaning is Meaning.UNLOCKED_BY_SCHEDULE
                else policy.unlocked_max_manual
            )
            assumed = lock.at + longest
            observed = following is not None and following <= assumed
            periods.append(UnlockedPeriod(lock.at, following if observed else assumed, observed=observed))
        return periods

    def _admissions(self, grant: Timed) -> tuple[Admission, ...]:
        policy = self._inputs.policy_of(grant.event)
        end = max(grant.at + policy.grant_after, self._open_until(grant, policy))
        return tuple(
            Admission(
                grant.event.event_id,
                ordinal,
                grant.at,
                grant.at - policy.grant_before,
                end,
                grant.event.side,
                grant.event.actor_name,
            )
            for ordinal in range(1 + policy.guests_per_grant)
        )

    def _open_until(self, grant: Timed, policy: Policy) -> Micros:
        """Until when a door that is or comes open keeps the grant alive; the grant's own time when it does not."""
        if not self._extends:
            return grant.at
        latest = grant.at
        for leaf, contacts in self._contacts.items():
            times = self._contact_times[leaf]
            after = bisect_right(times, grant.at)
            if after and contacts[after - 1].event.meaning is Meaning.OPENED:
                latest = max(latest, _closing(contacts, after))
            for index in range(after, bisect_right(times, grant.at + policy.grant_after)):
                if contacts[index].event.meaning is Meaning.OPENED:
                    latest = max(latest, _closing(contacts, index + 1))
                    break
        return min(latest, grant.at + EXTENSION)


def _closing(contacts: list[Timed], index: int) -> Micros:
    """When the leaf closed, looking from `index` on; as late as can be when it has not closed yet."""
    for contact in contacts[index:]:
        if contact.event.meaning is Meaning.CLOSED:
            return contact.at
    return 1 << 62


def _order(timed: Timed) -> tuple[Micros, str]:
    return (timed.at, timed.event.event_id)
