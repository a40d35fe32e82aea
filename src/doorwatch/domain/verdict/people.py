"""From crossings to people: one for each, whichever cameras saw it, and who of them turned back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict.coverage import BEGINNING, END, Coverage, mapping_spans
from doorwatch.domain.verdict.inputs import CameraVersion, DoorInputs, Span

TURN_BACK = 5 * SECOND
"""Who crosses back on the same track within this time has not come."""

SAME_PERSON = 2 * SECOND
"""Two cameras' crossings in one direction this close are one person."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The crossings that count, sorted; which others are the same people; and who only a second camera saw."""

    counted: tuple[Crossing, ...]
    same_as: Mapping[str, str]
    doubtful: tuple[Crossing, ...]


def distinct_crossings(crossings: Iterable[Crossing]) -> list[Crossing]:
    """One crossing for each id, the one told best whatever the order, sorted by time and id."""
    best: dict[str, Crossing] = {}
    for crossing in crossings:
        known = best.get(crossing.crossing_id)
        if known is None or (known != crossing and _detail(crossing) > _detail(known)):
            best[crossing.crossing_id] = crossing
    return sorted(best.values(), key=_order)


def see(inputs: DoorInputs, now: Micros) -> Seen:
    """Count each person once.

    A door's primary camera counts; the others count in the gaps of those before them, and after them cameras that
    were not mapped. Who only a lesser camera saw while a better one was looking is doubtful.
    """
    crossings = distinct_crossings(inputs.crossings)
    if len({crossing.camera for crossing in crossings}) < 2 and not inputs.mappings and not inputs.leaf_mappings:
        return Seen(tuple(crossings), {}, ())
    counted: list[Crossing] = []
    doubtful: list[Crossing] = []
    same_as: dict[str, str] = {}
    leaves: dict[str, list[Crossing]] = defaultdict(list)
    for crossing in crossings:
        leaves[crossing.door if inputs.leaves else ""].append(crossing)
    for name, leaf in leaves.items():
        for held, cameras in _priorities(inputs.leaf_mappings.get(name, inputs.mappings), crossings):
            of_leaf = [crossing for crossing in leaf if held.start <= crossing.at <= held.end]
            found = _combine(of_leaf, cameras, inputs, now)
            counted += found.counted
            doubtful += found.doubtful
            same_as.update(found.same_as)
    return Seen(tuple(sorted(counted, key=_order)), same_as, tuple(sorted(doubtful, key=_order)))


def turned_back(crossings: Sequence[Crossing]) -> tuple[dict[str, Micros], frozenset[str]]:
    """Who turned back: the first crossing's id with the time of the way back, and the ids of the ways back.

    `crossings` are sorted. A pair is two crossings that follow each other on one track that was never lost between
    them, in opposite directions, at most `TURN_BACK` apart; the earliest pair is taken first.
    """
    back_at: dict[str, Micros] = {}
    ways_back: set[str] = set()
    last: dict[tuple[str, str, str], Crossing] = {}
    for crossing in crossings:
        key = (crossing.door, crossing.camera, crossing.track)
        before = last.get(key)
        pairs = (
            before is not None
            and crossing.continuous
            and before.direction is not crossing.direction
            and crossing.at - before.at <= TURN_BACK
        )
        if before is not None and pairs:
            back_at[before.crossing_id] = crossing.at
            ways_back.add(crossing.crossing_id)
            del last[key]
        else:
            last[key] = crossing
    return back_at, frozenset(ways_back)


def _priorities(mappings: Sequence[CameraVersion], crossings: Sequence[Crossing]) -> list[tuple[Span, tuple[str, ...]]]:
    """Which cameras count, the best first, and when."""
    every = sorted({crossing.camera for crossing in crossings})
    mapped = mapping_spans(mappings) or [(Span(BEGINNING, END), ())]
    return [(held, (*cameras, *(camera for camera in every if camera not in cameras))) for held, cameras in mapped]


def _combine(crossings: Sequence[Crossing], cameras: Sequence[str], inputs: DoorInputs, now: Micros) -> Seen:
    counted: list[Crossing] = []
    doubtful: list[Crossing] = []
    same_as: dict[str, str] = {}
    watched: list[Coverage] = []
    for camera in cameras:
        own = [crossing for crossing in crossings if crossing.camera == camera]
        pairs = _pair_up(sorted([*counted, *doubtful], key=_order), own)
        for crossing in own:
            if crossing.crossing_id in pairs:
                same_as[crossing.crossing_id] = pairs[crossing.crossing_id]
            elif any(coverage.may_hold_at(crossing.at, now) for coverage in watched):
                doubtful.append(crossing)
            else:
                counted.append(crossing)
        spans = None if inputs.camera_coverage is None else inputs.camera_coverage.get(camera, ())
        watched.append(Coverage([Span(BEGINNING, END)] if spans is None else spans))
    return Seen(tuple(counted), same_as, tuple(doubtful))


def _pair_up(known: Sequence[Crossing], own: Sequence[Crossing]) -> dict[str, str]:
    """Pair crossings of one direction that are close in time, as many as can be; own id to known id."""
    pairs: dict[str, str] = {}
    for direction in {crossing.direction for crossing in own}:
        left = [crossing for crossing in known if crossing.direction is direction]
        index = 0
        for crossing in (crossing for crossing in own if crossing.direction is direction):
            while index < len(left) and left[index].at < crossing.at - SAME_PERSON:
                index += 1
            if index < len(left) and left[index].at <= crossing.at + SAME_PERSON:
                pairs[crossing.crossing_id] = left[index].crossing_id
                index += 1
    return pairs


def _order(crossing: Crossing) -> tuple[Micros, str]:
    return (crossing.at, crossing.crossing_id)


def _detail(crossing: Crossing) -> tuple[int, float, str]:
    return (len(crossing.trail), crossing.confidence, repr(crossing))
