"""Windows: the stretch of time that has to be judged together after something in it changed.

A window begins and ends at a quiet instant: no admission is valid, nobody is turning back, and no excess entry is so
near that an incident could reach across. What lies on either side of such an instant has no influence on the other,
except for the state of lock and contact, which is carried in.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from doorwatch.domain.access import AccessEvent, Meaning
from doorwatch.domain.incident import CrossingOutcome, DoorVerdict
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.domain.verdict.border import Border, Passed, crossing_is_unclear, find_border, wants_another
from doorwatch.domain.verdict.coverage import BEGINNING, END
from doorwatch.domain.verdict.inputs import DoorInputs, PolicyVersion, Span, longest_admission, reach
from doorwatch.domain.verdict.judge import Facts, conclude, find_facts
from doorwatch.domain.verdict.people import SAME_PERSON, TURN_BACK, distinct_crossings
from doorwatch.domain.verdict.timeline import Timeline

_LOCK = frozenset({Meaning.UNLOCKED_BY_SCHEDULE, Meaning.UNLOCKED_BY_OPERATOR, Meaning.LOCKED})
_CONTACT = frozenset({Meaning.OPENED, Meaning.CLOSED})


@dataclass(frozen=True, slots=True)
class Window:
    """The answer of `window_around`: judge `span` if it is `sufficient`, else read `ask` and come again.

    `border` is one within it from which later looks may begin, where it has grown long.
    """

    span: Span
    sufficient: bool
    ask: Span
    border: Border | None = None


def fetch_span(changed: Span, policies: Sequence[PolicyVersion] = ()) -> Span:
    """What to read first after a change in `changed`; on nearly every door it is enough. Cameras' clock."""
    margin = 2 * reach([Policy(), *(version.policy for version in policies)]) + MINUTE
    return Span(changed.start - margin, changed.end + margin)


def pacs_span(span: Span, policies: Sequence[PolicyVersion] = ()) -> Span:
    """The same stretch of time on the PACS's clock, for reading its events, as wide as any version needs."""
    offsets = [0, *(version.policy.clock_offset for version in policies)]
    return Span(span.start + min(offsets), span.end + max(offsets))


def camera_span(span: Span, policies: Sequence[PolicyVersion] = ()) -> Span:
    """A stretch of the PACS's clock on the cameras' clock, as wide as any version needs."""
    offsets = [0, *(version.policy.clock_offset for version in policies)]
    return Span(span.start - max(offsets), span.end - min(offsets))


def window_around(inputs: DoorInputs, fetched: Span, changed: Span, now: Micros) -> Window:
    """The whole window that has to be judged again after a change.

    `inputs` hold everything within `fetched` (cameras' clock) and the carried state before it; `changed` are the
    first and last changed times. A window that would need more than was fetched is not sufficient and says what to
    ask for. Nothing is asked for before `inputs.oldest`, nor after `now`.
    """
    return _search(inputs, fetched, changed, now)[0]


def judge_around(
    inputs: DoorInputs, fetched: Span, changed: Span, now: Micros, border: Border | None = None
) -> tuple[Window, DoorVerdict | None]:
    """The same with the verdict about that window; None as long as it is not sufficient.

    It is what `judge(within(inputs, window.span), now)` says, but for the unlocked periods, which are those of all that
    was read; what was found out to tell where the window ends is not found out twice. With a `border` that serves this
    change the window begins there at the earliest, and the verdict is what it would be about a window that began before.
    """
    window, facts = _search(inputs, fetched, changed, now, border)
    if facts is None:
        return window, None
    verdict = conclude(inputs, facts, now, window.span)
    if wants_another(window.span.start, changed, inputs.all_policies(), served=border is not None):
        before = Span(min(changed.start, now), changed.end)
        found = find_border(inputs, _passed(facts, verdict), max(facts.begin, fetched.start), before)
        window = replace(window, border=found)
    return window, verdict


def _passed(facts: Facts, verdict: DoorVerdict) -> Passed:
    outcomes = facts.outcomes
    unclear = [
        one.at
        for one in facts.seen.counted
        if crossing_is_unclear((told := outcomes[one.crossing_id]).outcome, told.possible)
    ]
    unclear += [one.at for one in facts.seen.doubtful]
    doubled = set(facts.seen.same_as.values())
    unclear += [one.at for one in (*facts.seen.counted, *facts.seen.doubtful) if one.crossing_id in doubled]
    return Passed(
        facts.settled,
        [(one.at, one.crossing.crossing_id, one.admission) for one in facts.entries if one.admission is not None],
        [one.at for one in facts.entries if one.outcome is CrossingOutcome.EXCESS],
        sorted(unclear),
        {incident.start for incident in verdict.incidents},
        [(one.at, one.door, one.camera) for one in facts.seen.counted],
        facts.timeline.sensed,
    )


def _search(
    inputs: DoorInputs, fetched: Span, changed: Span, now: Micros, border: Border | None = None
) -> tuple[Window, Facts | None]:
    from_oldest = inputs.oldest is not None and fetched.start <= inputs.oldest
    ask = Span(
        changed.start - 2 * (changed.start - fetched.start) - MINUTE, changed.end + 2 * (fetched.end - changed.end)
    )
    affected = Span(changed.start, _until_next_state(inputs, changed, now))
    if affected.end > fetched.end and fetched.end < now:
        return Window(changed, sufficient=False, ask=Span(fetched.start, affected.end + 3 * MINUTE)), None
    timeline = Timeline(inputs)
    begin: Micros | None
    if border is not None:
        begin = border.at
    else:
        begin = fetched.start if from_oldest else _first_clean(inputs, timeline, fetched)
    if begin is None or begin > affected.start:
        return Window(changed, sufficient=False, ask=Span(ask.start, fetched.end)), None
    facts = find_facts(inputs, now, timeline=timeline, since=begin, border=border)
    quiet = _Quiet(inputs, facts, begin, known_before=from_oldest or border is not None)
    until = END if fetched.end >= now else fetched.end - quiet.radius
    start, end = quiet.last_until(affected.start), quiet.first_from(affected.end, until)
    if start is None or end is None:
        wider = Span(ask.start if start is None else fetched.start, ask.end if end is None else fetched.end)
        return Window(changed, sufficient=False, ask=wider), None
    return Window(Span(start, min(end, max(fetched.end, affected.end))), sufficient=True, ask=fetched), facts


def quiet_spans(inputs: DoorInputs, now: Micros) -> tuple[Span, ...]:
    """All the stretches between the first and the last input in which a window may begin or end."""
    busy = _Quiet(inputs, find_facts(inputs, now), BEGINNING, known_before=True).busy
    return tuple(
        Span(before.end + 1, after.start - 1) for before, after in pairwise(busy) if before.end + 1 <= after.start - 1
    )


def within(inputs: DoorInputs, span: Span) -> DoorInputs:
    """The inputs cut to a window, with the state of lock and contact at its beginning carried in."""
    events = [(inputs.corrected(event), event) for event in inputs.events]
    before = [entry for entry in events if entry[0] < span.start]
    before += [(inputs.corrected(event), event) for event in inputs.carried]
    last: dict[tuple[str, bool], tuple[Micros, str, AccessEvent]] = {}
    for at, event in before:
        meaning = event.meaning
        if at < span.start and meaning is not None and (meaning in _LOCK or meaning in _CONTACT):
            key = (inputs.leaves.get(event.device_id, ""), meaning in _LOCK)
            if key not in last or (at, event.event_id) > last[key][:2]:
                last[key] = (at, event.event_id, event)
    return replace(
        inputs,
        events=tuple(event for at, event in events if span.start <= at <= span.end),
        crossings=tuple(crossing for crossing in inputs.crossings if span.start <= crossing.at <= span.end),
        carried=tuple(event for _, _, event in last.values()),
    )


class _Quiet:
    """Where windows may begin and end, by the facts from `begin` on, at which nothing is under way."""

    def __init__(self, inputs: DoorInputs, facts: Facts, begin: Micros, *, known_before: bool) -> None:
        self.radius = reach(inputs.all_policies())
        busy = [*_under_way(facts.timeline, inputs), *self._near_excess(facts)]
        if not known_before:
            busy.append(Span(BEGINNING, begin + self.radius))
        self.busy = _joined(busy)
        self._starts = [span.start for span in self.busy]
        self._ends = [span.end for span in self.busy]
        self._begin = begin
        self._known_before = known_before

    def _near_excess(self, facts: Facts) -> list[Span]:
        return [
            Span(entry.at - self.radius, entry.at + self.radius)
            for entry in facts.entries
            if entry.outcome is CrossingOutcome.EXCESS or entry.possible
        ]

    def last_until(self, at: Micros) -> Micros | None:
        """The last quiet instant not after `at`; None when there is none."""
        index = bisect_right(self._starts, at) - 1
        quiet = at if index < 0 or self._ends[index] < at else self._starts[index] - 1
        if self._known_before:
            return max(quiet, self._begin)
        return quiet if quiet >= self._begin else None

    def first_from(self, at: Micros, until: Micros) -> Micros | None:
        """The first quiet instant from `at` to `until`; None when there is none."""
        index = bisect_left(self._ends, at)
        inside = index < len(self.busy) and self._starts[index] <= at
        quiet = self._ends[index] + 1 if inside else at
        return quiet if quiet <= until else None


def _first_clean(inputs: DoorInputs, timeline: Timeline, fetched: Span) -> Micros | None:
    """The first instant at which nothing from before the fetched range can be under way, nor anything in it."""
    carried_on = fetched.start + longest_admission(inputs.all_policies()) + TURN_BACK
    busy = _joined([*_under_way(timeline, inputs), Span(BEGINNING, carried_on)])
    first = busy[0].end + 1
    return first if first <= fetched.end else None


def _under_way(timeline: Timeline, inputs: DoorInputs) -> list[Span]:
    """Time in which an admission is valid, somebody may turn back, or two cameras may see one person."""
    busy = [Span(admission.start, admission.end) for admission in timeline.admissions]
    busy += [
        Span(crossing.at - SAME_PERSON, crossing.at + TURN_BACK) for crossing in distinct_crossings(inputs.crossings)
    ]
    return busy


def _joined(spans: Iterable[Span]) -> list[Span]:
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end + 1:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def _until_next_state(inputs: DoorInputs, changed: Span, now: Micros) -> Micros:
    """Until when the change reaches: a lock or contact event holds until the next one of its kind at the same leaf."""
    times: dict[tuple[str, bool], list[Micros]] = {}
    for event in inputs.events:
        if event.meaning in _LOCK or event.meaning in _CONTACT:
            key = (inputs.leaves.get(event.device_id, ""), event.meaning in _LOCK)
            times.setdefault(key, []).append(inputs.corrected(event))
    until = changed.end
    for of_leaf in times.values():
        of_leaf.sort()
        if any(changed.start <= at <= changed.end for at in of_leaf):
            index = bisect_right(of_leaf, changed.end)
            until = max(until, of_leaf[index] if index < len(of_leaf) else now)
    return until
