"""The rule itself: one door's events and crossings in, incidents and the fate of each crossing and grant out."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CrossingOutcome, CrossingVerdict, DoorVerdict, GrantOutcome, GrantVerdict
from doorwatch.domain.policy import Controlled
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict.assign import Person, assign
from doorwatch.domain.verdict.border import Border
from doorwatch.domain.verdict.coverage import (
    BEGINNING,
    CAMERA_GAP,
    END,
    heard_from_pacs,
    seen_by_cameras,
    waited_for,
)
from doorwatch.domain.verdict.incidents import Entry, IncidentFinder, Watch
from doorwatch.domain.verdict.inputs import DoorInputs, Span
from doorwatch.domain.verdict.people import Seen, see, turned_back
from doorwatch.domain.verdict.timeline import Admission, Timed, Timeline

_SENSOR = 3 * SECOND
"""An entry sensor and a camera speak of the same person within this time."""

EVER = Span(BEGINNING, END)


@dataclass(slots=True)
class Facts:
    """What was found out about one door before anything is called an incident."""

    timeline: Timeline
    seen: Seen
    entries: list[Entry]
    outcomes: dict[str, CrossingVerdict] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)
    settled: list[Micros] = field(default_factory=list)
    """Instants at which a single way to hand out the admissions was left, and none was lent."""
    begin: Micros = BEGINNING


def judge(inputs: DoorInputs, now: Micros) -> DoorVerdict:
    """The verdict about one door, in event time; `now` only decides what is final.

    `inputs` hold a whole window (see `window_around`). The order of events and crossings and how often each is given
    make no difference. Incidents and crossings come sorted by time.
    """
    return conclude(inputs, find_facts(inputs, now), now)


def conclude(inputs: DoorInputs, facts: Facts, now: Micros, span: Span = EVER) -> DoorVerdict:
    """What the facts come to, of what began in `span`, a window; the unlocked periods are all that are known."""
    watch = Watch(seen_by_cameras(inputs), heard_from_pacs(inputs), now, waited_for(inputs))
    incidents = IncidentFinder(inputs, facts.timeline, facts.entries, watch).find()
    return DoorVerdict(
        tuple(incident for incident in incidents if span.start <= incident.start <= span.end),
        _crossing_verdicts(facts, span),
        tuple(
            _grant_verdict(grant, facts, inputs, watch)
            for grant in facts.timeline.grants
            if span.start <= grant.at <= span.end
        ),
        tuple(
            (period.start, period.end, period.observed) for all_ in facts.timeline.unlocked.values() for period in all_
        ),
        _sensed_unseen(facts, span),
    )


def find_facts(
    inputs: DoorInputs,
    now: Micros,
    *,
    timeline: Timeline | None = None,
    since: Micros = BEGINNING,
    border: Border | None = None,
) -> Facts:
    """Who passed, who of them needed an admission, and who got which.

    `timeline` is that of the inputs, where it is known already. Only people who passed from `since` on are looked at:
    an instant at which nobody was under way and no admission was valid; or a `border`, after which they are looked at.
    """
    timeline = timeline or Timeline(inputs)
    first = since if border is None else border.at + 1
    if first > BEGINNING:
        inputs = replace(inputs, crossings=tuple(crossing for crossing in inputs.crossings if crossing.at >= first))
    seen = see(inputs, now)
    facts = Facts(timeline, seen, [], begin=since)
    back_at, ways_back = turned_back(seen.counted)
    controlled: list[Crossing] = []
    for crossing in seen.counted:
        if crossing.crossing_id in ways_back:
            facts.outcomes[crossing.crossing_id] = CrossingVerdict(crossing.crossing_id, CrossingOutcome.TURNED_BACK)
        elif inputs.policy_at(crossing.at).controlled_direction.includes(crossing.direction):
            controlled.append(crossing)
        else:
            outcome = CrossingOutcome.TURNED_BACK if crossing.crossing_id in back_at else CrossingOutcome.UNCONTROLLED
            facts.outcomes[crossing.crossing_id] = CrossingVerdict(crossing.crossing_id, outcome)
    people = [Person(one.at, one.direction, back_at.get(one.crossing_id)) for one in controlled]
    admissions = _admissions(facts, since, border)
    settled: list[int] = []
    taken = assign(people, admissions, one_way=_one_way(inputs), settled=settled)
    facts.settled = [people[index].at - 1 for index in settled]
    for index, crossing in enumerate(controlled):
        number = taken.get(index)
        admission = None if number is None else admissions[number]
        _decide(facts, crossing, admission, back_at.get(crossing.crossing_id))
    _weigh_doubts(facts, inputs, dict(enumerate(admissions)), taken, people)
    return facts


def _admissions(facts: Facts, since: Micros, border: Border | None) -> list[Admission]:
    """The admissions that there are for people from an instant on; those taken before a border are noted as used."""
    if border is None:
        return [admission for admission in facts.timeline.admissions if admission.start >= since]
    for used in border.used:
        facts.users.setdefault(used.grant_id, []).append(used.crossing_id)
    gone = {(used.grant_id, used.ordinal) for used in border.used}
    return [
        admission
        for admission in facts.timeline.admissions
        if admission.end > border.at and (admission.grant_id, admission.ordinal) not in gone
    ]


def _one_way(inputs: DoorInputs) -> bool:
    """Whether all versions of the policy control one and the same direction; the default held before the first."""
    controlled = {policy.controlled_direction for policy in inputs.all_policies()}
    return len(controlled) == 1 and Controlled.BOTH not in controlled


def _decide(facts: Facts, crossing: Crossing, admission: Admission | None, back_at: Micros | None) -> None:
    if back_at is not None:
        outcome = CrossingOutcome.TURNED_BACK
    elif admission is not None:
        outcome = CrossingOutcome.ADMITTED
        facts.users.setdefault(admission.grant_id, []).append(crossing.crossing_id)
    elif facts.timeline.unlocked_at(crossing.at, crossing.door):
        outcome = CrossingOutcome.UNLOCKED
    else:
        outcome = CrossingOutcome.EXCESS
    grant_id = admission.grant_id if admission else None
    facts.outcomes[crossing.crossing_id] = CrossingVerdict(crossing.crossing_id, outcome, grant_id)
    facts.entries.append(Entry(crossing, outcome, admission, back_at))


def _weigh_doubts(
    facts: Facts,
    inputs: DoorInputs,
    admissions: dict[int, Admission],
    taken: dict[int, int],
    people: list[Person],
) -> None:
    """People who may have been hidden, or whom only a second camera saw: those that no spare admission covers."""
    doubts = [(entry.crossing, entry.crossing.possible) for entry in facts.entries if entry.crossing.possible > 0]
    doubts += [(crossing, 1 + max(0, crossing.possible)) for crossing in facts.seen.doubtful]
    if not doubts:
        return
    used_until: dict[int, list[tuple[Micros, Micros | None]]] = defaultdict(list)
    for person, admission in taken.items():
        used_until[admission].append((people[person].at, people[person].back_at))
    spare = sorted(
        (
            (index, admission)
            for index, admission in admissions.items()
            if all(back is not None for _, back in used_until[index])
        ),
        key=lambda entry: entry[1].preference,
    )
    starts = {entry.crossing.crossing_id: entry for entry in facts.entries}
    for crossing, count in sorted(doubts, key=lambda doubt: (doubt[0].at, doubt[0].crossing_id)):
        known = starts.get(crossing.crossing_id)
        if known is not None and known.outcome is CrossingOutcome.TURNED_BACK:
            continue
        left = 0 if _needs_no_grant(facts, inputs, crossing) else count
        while left:
            fitting = [
                (index, admission)
                for index, admission in spare
                if admission.admits(crossing.at, crossing.direction)
                and not any(since <= crossing.at < (until or 0) for since, until in used_until[index])
            ]
            if not fitting:
                break
            spare.remove(fitting[0])
            left -= 1
        _note_doubt(facts, crossing, known, left)


def _needs_no_grant(facts: Facts, inputs: DoorInputs, crossing: Crossing) -> bool:
    controlled = inputs.policy_at(crossing.at).controlled_direction.includes(crossing.direction)
    return not controlled or facts.timeline.unlocked_at(crossing.at, crossing.door)


def _note_doubt(facts: Facts, crossing: Crossing, known: Entry | None, left: int) -> None:
    crossing_id = crossing.crossing_id
    if known is None:
        entry = Entry(crossing, CrossingOutcome.POSSIBLE, None, None, possible=left, only_doubtful=True)
        facts.outcomes[crossing_id] = CrossingVerdict(crossing_id, CrossingOutcome.POSSIBLE, possible=left)
        if left:
            facts.entries.append(entry)
            facts.entries.sort(key=lambda entry: (entry.crossing.at, entry.crossing.crossing_id))
    elif left:
        known.possible = left
        before = facts.outcomes[crossing_id]
        admitted = before.outcome is CrossingOutcome.ADMITTED
        outcome = CrossingOutcome.POSSIBLE if admitted else before.outcome
        facts.outcomes[crossing_id] = CrossingVerdict(crossing_id, outcome, before.grant_id, left)


def _crossing_verdicts(facts: Facts, span: Span) -> tuple[CrossingVerdict, ...]:
    seen = [*facts.seen.counted, *facts.seen.doubtful]
    verdicts = {one.crossing_id: facts.outcomes[one.crossing_id] for one in seen if span.start <= one.at <= span.end}
    same_as = [
        CrossingVerdict(crossing_id, base.outcome, base.grant_id, base.possible, same)
        for crossing_id, same in facts.seen.same_as.items()
        if (base := verdicts.get(same)) is not None
    ]
    return (*verdicts.values(), *same_as)


def _grant_verdict(grant: Timed, facts: Facts, inputs: DoorInputs, watch: Watch) -> GrantVerdict:
    own = facts.timeline.admissions_of(grant.event.event_id)[0]
    span = Span(own.start, own.end)
    policy = inputs.policy_of(grant.event)
    users = tuple(facts.users.get(grant.event.event_id, ()))
    side = grant.event.side
    if side is not None and not policy.controlled_direction.includes(side):
        outcome = GrantOutcome.UNCONTROLLED
    elif watch.cameras.has_gap(span, watch.now, longer_than=CAMERA_GAP):
        outcome = GrantOutcome.NOT_OBSERVABLE
    elif users:
        outcome = GrantOutcome.USED
    elif watch.reached(span.end + policy.settle):
        outcome = GrantOutcome.NO_ENTRY
    else:
        outcome = GrantOutcome.WAITING
    return GrantVerdict(grant.event.event_id, outcome, users, span.end)


def _sensed_unseen(facts: Facts, span: Span) -> tuple[str, ...]:
    times = [crossing.at for crossing in facts.seen.counted]
    unseen = []
    for sensed in facts.timeline.sensed:
        index = bisect_left(times, sensed.at - _SENSOR)
        near = index < len(times) and times[index] <= sensed.at + _SENSOR
        if not near and span.start <= sensed.at <= span.end:
            unseen.append(sensed.event.event_id)
    return tuple(unseen)
