"""How far a PACS's clock is ahead of the cameras': learned from people who came alone, proposed with its evidence.

Grants and entries are not matched by how close they are: that would find whatever it looks for. Only lonely pairs
count, one grant and one entry with nothing else anywhere near, which belong together wherever the clocks stand.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from doorwatch.domain.access import Meaning
from doorwatch.domain.time import MINUTE, SECOND, Micros
from doorwatch.domain.verdict.inputs import DoorInputs
from doorwatch.domain.verdict.people import distinct_crossings, turned_back
from doorwatch.domain.verdict.timeline import distinct_events

USUAL_DELAY = 5 * SECOND // 2
"""What people take from being granted to having passed, at most doors."""

_SEARCHED = 2 * MINUTE
"""How far apart the clocks may be to be noticed."""

_LEAST_PAIRS = 12
_LEAST_OFFSET = SECOND
_MOST_SPREAD = 4 * SECOND


@dataclass(frozen=True, slots=True)
class OffsetProposal:
    """A clock offset, and on what it rests.

    `offset` is to become the policy's `clock_offset`; `pairs` people were looked at; half of them passed between
    `delay_low` and `delay_high` after their grant, as the clocks stand, the middle one at `delay`.
    """

    offset: Micros
    pairs: int
    delay: Micros
    delay_low: Micros
    delay_high: Micros


def propose_offset(inputs: DoorInputs, *, usual_delay: Micros = USUAL_DELAY) -> OffsetProposal | None:
    """A better clock offset than the present one for this door; None when there is no need or too little evidence.

    `inputs` should hold some days. The present offset is part of the answer, so that accepting it twice changes
    nothing.
    """
    delays = sorted(_lonely_delays(inputs))
    if len(delays) < _LEAST_PAIRS:
        return None
    low, high = delays[len(delays) // 4], delays[3 * len(delays) // 4]
    middle = round(median(delays))
    if high - low > _MOST_SPREAD:
        return None
    last = max(inputs.events, key=lambda event: event.at)
    present = inputs.policy_of(last).clock_offset
    change = usual_delay - middle
    if abs(change) < _LEAST_OFFSET:
        return None
    return OffsetProposal(present + change, len(delays), middle, low, high)


def _lonely_delays(inputs: DoorInputs) -> list[Micros]:
    """From grant to entry (corrected as now) for each grant that has one entry, and no other grant, around it."""
    grants = sorted(
        inputs.corrected(event) for event in distinct_events(inputs.events) if event.meaning is Meaning.GRANT
    )
    crossings = distinct_crossings(inputs.crossings)
    back_at, ways_back = turned_back(crossings)
    entries = [
        crossing.at
        for crossing in crossings
        if crossing.crossing_id not in back_at
        and crossing.crossing_id not in ways_back
        and inputs.policy_at(crossing.at).controlled_direction.includes(crossing.direction)
    ]
    delays = []
    for grant in grants:
        near = _between(entries, grant - _SEARCHED, grant + _SEARCHED)
        if len(near) != 1 or len(_between(grants, grant - 2 * _SEARCHED, grant + 2 * _SEARCHED)) != 1:
            continue
        delays.append(near[0] - grant)
    return delays


def _between(times: Sequence[Micros], start: Micros, end: Micros) -> Sequence[Micros]:
    return times[bisect_left(times, start) : bisect_right(times, end)]
