"""From excess entries to incidents: what belongs together, who is counted, what it is called, how sure it is."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.access import Meaning
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CoverageState, CrossingOutcome, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict.coverage import CAMERA_GAP, Coverage
from doorwatch.domain.verdict.identity import incident_id_for
from doorwatch.domain.verdict.inputs import EXTENSION, INCIDENT_SPAN, DoorInputs, Span
from doorwatch.domain.verdict.reason import Story, tell
from doorwatch.domain.verdict.timeline import Admission, Timed, Timeline


@dataclass(slots=True)
class Entry:
    """A crossing that needed an admission, and what it got.

    `back_at` is when the person was back; `possible` how many unseen people had no admission; `only_doubtful` when
    the crossing itself is not sure.
    """

    crossing: Crossing
    outcome: CrossingOutcome
    admission: Admission | None
    back_at: Micros | None
    possible: int = 0
    only_doubtful: bool = False

    @property
    def at(self) -> Micros:
        """When the person passed."""
        return self.crossing.at

    def held_at(self, at: Micros) -> bool:
        """Whether the person had an admission in use at that time."""
        return self.admission is not None and (self.back_at is None or at < self.back_at)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watched until when, and what time it is; `better` are the cameras whose word comes before another's."""

    cameras: Coverage
    pacs: Coverage
    now: Micros
    better: tuple[Coverage, ...] = ()

    def reached(self, at: Micros) -> bool:
        """Whether nothing about that time is to be waited for any more, from either side."""
        heard = self.cameras.reached(at, self.now) and self.pacs.reached(at, self.now)
        return heard and not any(camera.lags_at(at, self.now) for camera in self.better)


@dataclass(slots=True)
class _Group:
    """Entries that are one incident, as positions among all entries."""

    members: list[int]
    excess: bool
    possible: int = 0


class IncidentFinder:
    """Finds the incidents among one door's entries, which are sorted by time and id."""

    def __init__(self, inputs: DoorInputs, timeline: Timeline, entries: Sequence[Entry], watch: Watch) -> None:
        self._inputs = inputs
        self._timeline = timeline
        self._entries = entries
        self._times = [entry.at for entry in entries]
        self._watch = watch

    def find(self) -> tuple[Incident, ...]:
        """All incidents, sorted by their first crossing."""
        excess = self._chain(
            [index for index, entry in enumerate(self._entries) if entry.outcome is CrossingOutcome.EXCESS],
            excess=True,
        )
        loose = [
            index for index, entry in enumerate(self._entries) if entry.possible and not self._attach(index, excess)
        ]
        possible = self._chain(loose, excess=False)
        for group in possible:
            group.possible = sum(self._entries[index].possible for index in group.members)
        groups = sorted(excess + possible, key=lambda group: group.members[0])
        return tuple(self._incident(group) for group in groups)

    def _gap_at(self, index: int) -> Micros:
        return self._inputs.policy_at(self._times[index]).group_gap

    def _chain(self, members: list[int], *, excess: bool) -> list[_Group]:
        groups: list[_Group] = []
        for index in members:
            at = self._times[index]
            if groups:
                last = groups[-1].members
                near = at - self._times[last[-1]] < self._gap_at(index)
                if near and at - self._times[last[0]] <= INCIDENT_SPAN:
                    last.append(index)
                    continue
            groups.append(_Group([index], excess))
        return groups

    def _attach(self, index: int, groups: list[_Group]) -> bool:
        """Add an uncertain entry to the incident it lies in or close to, the earliest if there are several."""
        at, gap = self._times[index], self._gap_at(index)
        position = bisect_right([self._times[group.members[-1]] for group in groups], at - gap)
        if position == len(groups) or self._times[groups[position].members[0]] - at >= gap:
            return False
        groups[position].possible += self._entries[index].possible
        return True

    def _incident(self, group: _Group) -> Incident:
        first, last = group.members[0], group.members[-1]
        start, end = self._times[first], self._times[last]
        admitted = self._admitted_with(group)
        people = sorted({*group.members, *admitted})
        story = self._story(group, people, admitted)
        crossing_ids = [self._entries[index].crossing.crossing_id for index in people]
        first_id = self._entries[first].crossing.crossing_id
        return Incident(
            incident_id=incident_id_for(self._inputs.account, self._inputs.door, first_id),
            door=self._inputs.door,
            kind=story.kind,
            state=self._state(start, end),
            start=start,
            end=end,
            people=story.people,
            grants=story.grants,
            excess=story.excess,
            possible=story.possible,
            coverage=CoverageState.PARTIAL if story.partial else CoverageState.FULL,
            reason=tell(story),
            crossing_ids=tuple(crossing_ids),
            excess_crossing_ids=tuple(
                self._entries[index].crossing.crossing_id for index in (group.members if group.excess else ())
            ),
            grant_ids=tuple(admission.grant_id for admission in self._grants(admitted)),
            actors=story.actors,
        )

    def _story(self, group: _Group, people: list[int], admitted: list[int]) -> Story:
        """What there is to tell about an incident."""
        first, last = group.members[0], group.members[-1]
        start, end = self._times[first], self._times[last]
        grants = self._grants(admitted)
        refusal = self._refusal(first, group)
        return Story(
            kind=self._kind(group, refusal, admitted),
            people=sum(not self._entries[index].only_doubtful for index in people),
            grants=len(grants),
            excess=len(group.members) if group.excess else 0,
            possible=group.possible,
            direction=self._entries[first].crossing.direction,
            actors=tuple(admission.actor for admission in grants if admission.actor),
            behind=start - self._times[admitted[-1]] if admitted and admitted[-1] < first else None,
            refused=refusal.event if refusal else None,
            refused_before=start - refusal.at if refusal else 0,
            partial=self._missed(Span(min(self._times[people[0]], start), end)),
            unconfirmed=self._state(start, end) is IncidentState.UNCONFIRMED,
        )

    def _admitted_with(self, group: _Group) -> list[int]:
        """Admitted people who belong to the picture: between first and last, and those just before the first."""
        first, last = group.members[0], group.members[-1]
        directions = {self._entries[index].crossing.direction for index in group.members}
        excess_times = [self._times[index] for index in group.members]
        start = self._times[first]
        since = bisect_right(self._times, start - self._gap_at(first))
        before = [
            index
            for index in range(since, first)
            if self._entries[index].crossing.direction in directions and self._entries[index].held_at(start)
        ]
        kept = [index for index in before if index == before[-1] or self._still_ran(index, start)]
        between = [
            index
            for index in range(first, last + 1)
            if self._entries[index].crossing.direction in directions
            and any(self._times[index] <= at and self._entries[index].held_at(at) for at in excess_times)
        ]
        return kept + between

    def _grants(self, admitted: list[int]) -> list[Admission]:
        """One admission of each distinct grant, in the order of use."""
        grants: dict[str, Admission] = {}
        for index in admitted:
            admission = self._entries[index].admission
            if admission is not None:
                grants.setdefault(admission.grant_id, admission)
        return list(grants.values())

    def _still_ran(self, index: int, at: Micros) -> bool:
        admission = self._entries[index].admission
        return admission is not None and admission.end >= at

    def _refusal(self, first: int, group: _Group) -> Timed | None:
        """The refusal that the first excess entry followed, if nobody was let in between."""
        if not group.excess:
            return None
        at, direction = self._times[first], self._entries[first].crossing.direction
        refusal = self._timeline.last_refusal(at - self._inputs.policy_at(at).grant_after, at, direction)
        if refusal is None:
            return None
        index = first - 1
        while index >= 0 and self._times[index] >= refusal.at:
            entry = self._entries[index]
            if entry.crossing.direction is direction and entry.held_at(at):
                return None
            index -= 1
        return refusal

    def _kind(self, group: _Group, refusal: Timed | None, admitted: list[int]) -> IncidentKind:
        if not group.excess:
            return IncidentKind.POSSIBLE_TAILGATING
        if refusal is not None:
            return IncidentKind.ENTRY_AFTER_REFUSAL
        return IncidentKind.TAILGATING if admitted else IncidentKind.UNAUTHORIZED_ENTRY

    def _missed(self, span: Span) -> bool:
        return self._watch.cameras.has_gap(span, self._watch.now, longer_than=CAMERA_GAP)

    def _state(self, start: Micros, end: Micros) -> IncidentState:
        policy = self._inputs.policy_at(start)
        reach = max(policy.grant_after, EXTENSION if self._inputs.hears(Meaning.CLOSED) else 0)
        now, pacs, settled = self._watch.now, self._watch.pacs, end + policy.settle
        if pacs.has_gap(Span(start - reach, settled), now):
            return IncidentState.UNCONFIRMED
        return IncidentState.FINAL if self._watch.reached(settled) else IncidentState.PROVISIONAL
