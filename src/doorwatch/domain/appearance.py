"""What of somebody who crossed can be seen and searched besides the way: the colours of clothes, bags, how long they were there.

Never a face and never who it is: colours are a few words, and two people in blue are alike.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.domain.likeness import Likeness
from doorwatch.domain.time import Micros


class Colour(StrEnum):
    """A colour as people name it."""

    BLACK = "black"
    WHITE = "white"
    GREY = "grey"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    PURPLE = "purple"
    BROWN = "brown"
    PINK = "pink"

    @property
    def code(self) -> int:
        """The number under which it is stored, from 1; new colours get later ones."""
        return _CODES[self]


_CODES = {colour: number for number, colour in enumerate(Colour, start=1)}
_COLOURS = {number: colour for colour, number in _CODES.items()}


def colour_of(code: int | None) -> Colour | None:
    """The colour of a number; None for none, and for one that this version does not know."""
    return None if code is None else _COLOURS.get(code)


class Carried(StrEnum):
    """Something that people carry, as detectors name it."""

    BACKPACK = "backpack"
    HANDBAG = "handbag"
    SUITCASE = "suitcase"

    @property
    def bit(self) -> int:
        """What it adds to the number under which several are stored together; new ones get later bits."""
        return _BITS[self]


_BITS = {what: 1 << place for place, what in enumerate(Carried)}
EVERYTHING = sum(_BITS.values())
"""All bits of what is known to be carried."""


def carried_code(some: Collection[Carried]) -> int | None:
    """The number under which things that one person carries are stored; None for nothing."""
    return sum(what.bit for what in set(some)) or None


def carried_of(code: int | None) -> frozenset[Carried]:
    """The things of a number; those that this version does not know are left out."""
    return frozenset(what for what, bit in _BITS.items() if code and code & bit)


@dataclass(frozen=True, slots=True)
class Appearance:
    """Of one person: the colour of what is worn above and below the waist, None where nobody can be sure.

    `dwell` is for how long the person was seen by that camera, all in all; None while they are still there. `likeness` is
    kept apart from the rest, and not read with it. `carried` is what the detector surely saw with them: without it they
    may still carry something.
    """

    upper: Colour | None = None
    lower: Colour | None = None
    dwell: Micros | None = None
    likeness: Likeness | None = None
    carried: frozenset[Carried] = frozenset()

    def labels(self) -> tuple[str, ...]:
        """The words under which it is found: `red`, `upper red`, `blue`, `lower blue`."""
        worn = (("upper", self.upper), ("lower", self.lower))
        named = [word for part, colour in worn if colour for word in (colour.value, f"{part} {colour.value}")]
        return tuple(dict.fromkeys(named))


UNKNOWN = Appearance()
"""Of whom nothing is known."""
