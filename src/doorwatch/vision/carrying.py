"""What whoever crossed carries: of what the detector itself found around them, that which goes along with them.

A bag on a bench that somebody passes, or that of the next person, is not theirs. Where the detector says nothing, nothing is said:
that is no sign that somebody carries nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.appearance import Carried
from doorwatch.vision.detect.base import Box, Thing
from doorwatch.vision.track import overlap

ENOUGH = 2
"""In so many of the pictures it must be found, as the same and at the same place of the person."""

_ASIDE = 0.4
"""How far beside the middle of a person, in their heights, the middle of what they pull behind them may be."""
_LARGEST = 0.75
"""How tall it is at most, in heights of the person."""
_STAYS = 0.2
"""How far it moves between two pictures against the person, in their heights: who walks passes what stands there by more."""
_SAME = 0.5
"""The overlap from which two things are one that the detector cannot name."""


@dataclass(frozen=True, slots=True)
class Held:
    """Something that is with a person in one picture; `x` and `y` from the person's head, in their heights."""

    what: Carried
    x: float
    y: float


def held(own: Box, others: Sequence[Box], things: Sequence[Thing]) -> list[Held]:
    """What in one picture may be a person's own; `others` are the people beside them, things the surest first."""
    found: list[Thing] = []
    for thing in things:
        if not any(overlap(thing.box, other.box) > _SAME for other in found):
            found.append(thing)
    return [Held(thing.what, *_place(own, thing.box)) for thing in found if _is_own(own, others, thing.box)]


def carried(pictures: Sequence[Sequence[Held]]) -> frozenset[Carried]:
    """What stays with the person from picture to picture."""
    found: Counter[Carried] = Counter()
    for what in Carried:
        each = [[one for one in picture if one.what is what] for picture in pictures]
        for first in (one for picture in each for one in picture):
            stays = sum(any(_stays(first, one) for one in picture) for picture in each)
            found[what] = max(found[what], stays)
    return frozenset(what for what, times in found.items() if times >= ENOUGH)


def _is_own(own: Box, others: Sequence[Box], box: Box) -> bool:
    x, y = _place(own, box)
    if abs(x) > _ASIDE or not 0 < y < 1 or box.height > _LARGEST * own.height:
        return False
    return all(abs(_place(other, box)[0]) > abs(x) for other in others)


def _place(person: Box, box: Box) -> tuple[float, float]:
    height = max(person.height, 1.0)
    x = (box.x1 + box.x2 - person.x1 - person.x2) / 2 / height
    return x, ((box.y1 + box.y2) / 2 - person.y1) / height


def _stays(one: Held, other: Held) -> bool:
    return abs(one.x - other.x) <= _STAYS and abs(one.y - other.y) <= _STAYS
