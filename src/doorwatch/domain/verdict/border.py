"""Borders within a busy stretch: instants at which it is known who took which of the admissions that are valid then.

A door through which somebody passes every few seconds has no quiet instant, and its window would grow for hours. But the
rule goes forward in time: where a single way to hand out the admissions is left, and nobody is about to turn back, what
comes later hangs on what came before by nothing but the admissions that are used up. Kept with these, such an instant is
as good as a quiet one for every change that is far enough behind it: by then it is settled, too, what became of all that
lies about it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from doorwatch.domain.incident import CrossingOutcome
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import MINUTE, SECOND, Micros
from doorwatch.domain.verdict.inputs import DoorInputs, PolicyVersion, Span, longest_admission
from doorwatch.domain.verdict.people import SAME_PERSON, TURN_BACK
from doorwatch.domain.verdict.timeline import Admission, Timed

_BUSY = 3 * MINUTE
_OLDEST = 30 * MINUTE
_STEP = 20 * SECOND
_SENSOR = 3 * SECOND


class Used(NamedTuple):
    """An admission that was taken before a border, and by which crossing."""

    grant_id: str
    ordinal: int
    crossing_id: str


@dataclass(frozen=True, slots=True)
class Border:
    """An instant (cameras' clock) with the admissions valid then that were taken until then."""

    at: Micros
    used: tuple[Used, ...] = ()

    def serves(self, changed: Span, policies: Sequence[PolicyVersion]) -> bool:
        """Whether a change in that time leaves all of it as it was, and it is near enough to be of use."""
        return self.holds(changed, policies) and self.at >= changed.start - _OLDEST

    def holds(self, changed: Span, policies: Sequence[PolicyVersion]) -> bool:
        """Whether a change in that time leaves all of it as it was."""
        return self.at <= changed.start - _distance(_all(policies))

    def reads_from(self, policies: Sequence[PolicyVersion]) -> Micros:
        """From when on events must be read for the admissions that are valid at the border."""
        return self.at - longest_admission(_all(policies)) - SECOND


def wants_another(start: Micros, changed: Span, policies: Sequence[Policy], *, served: bool) -> bool:
    """Whether a window that begins so long before a change wants a border, or a later one than that which served it."""
    least = _distance(policies)
    return changed.start - start > (least + _STEP if served else max(_BUSY, 2 * least))


@dataclass(frozen=True, slots=True)
class Passed:
    """What happened at the door, as far as a border hangs on it; all in order of time.

    `settled` are the instants at which a single way to hand out admissions was left and none was lent; `taken` who was
    admitted when and how; `unclear` the times of people who turned back or may not have been alone; `groups` the first
    crossings of incidents.
    """

    settled: Sequence[Micros]
    taken: Sequence[tuple[Micros, str, Admission]]
    excess: Sequence[Micros]
    unclear: Sequence[Micros]
    groups: Collection[Micros]
    seen: Sequence[tuple[Micros, str, str]]
    sensed: Sequence[Timed]


def find_border(inputs: DoorInputs, passed: Passed, begin: Micros, before: Span) -> Border | None:
    """The latest border that a change in `before` leaves as it was; `begin` is when what is known of the door begins."""
    policies = inputs.all_policies()
    lasting, near = longest_admission(policies), _near(policies)
    latest = before.start - _distance(policies)
    for at in reversed(passed.settled):
        if at < begin + max(lasting, near):
            return None
        if at <= latest and _divides(passed, at, lasting, near):
            used = [
                Used(admission.grant_id, admission.ordinal, crossing_id)
                for taken_at, crossing_id, admission in passed.taken
                if taken_at <= at and admission.start <= at <= admission.end
            ]
            return Border(at, tuple(used))
    return None


def crossing_is_unclear(outcome: CrossingOutcome, possible: int) -> bool:
    """Whether a crossing may reach across an instant near it."""
    return possible > 0 or outcome in {CrossingOutcome.TURNED_BACK, CrossingOutcome.POSSIBLE}


def _divides(passed: Passed, at: Micros, lasting: Micros, near: Micros) -> bool:
    """Whether nothing reaches across this instant but admissions."""
    if _any(passed.unclear, at - lasting, at + TURN_BACK + SAME_PERSON):
        return False
    if _any(passed.excess, at - near, at + near):
        # Incidents that follow each other without a pause are told apart where one begins, if nobody was admitted
        # before it who would be part of its picture.
        begins = at + 1 in passed.groups
        if not begins or any(at - near <= taken_at <= at for taken_at, _, _ in passed.taken):
            return False
    around = [one for one in passed.seen if at - SAME_PERSON <= one[0] <= at + SAME_PERSON]
    if len({camera for _, _, camera in around}) > len({door for _, door, _ in around}):
        return False
    return not any(at - _SENSOR <= one.at <= at + _SENSOR for one in passed.sensed)


def _any(times: Sequence[Micros], start: Micros, end: Micros) -> bool:
    return bisect_left(times, start) < bisect_right(times, end)


def _near(policies: Sequence[Policy]) -> Micros:
    """How far before an excess entry what happened can be part of its incident, or say what that is."""
    return max(max(policy.group_gap, policy.grant_after, policy.grant_before) for policy in policies)


def _distance(policies: Sequence[Policy]) -> Micros:
    """How far a change must be behind a border, so that nothing which the border hangs on can be another.

    A change can lengthen an admission that was valid that long before it, and move who was excess since.
    """
    offset = max(abs(policy.clock_offset) for policy in policies)
    return _near(policies) + longest_admission(policies) + TURN_BACK + offset


def _all(policies: Sequence[PolicyVersion]) -> Sequence[Policy]:
    return (Policy(), *(version.policy for version in policies))
