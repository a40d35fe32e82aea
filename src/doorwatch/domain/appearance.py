"""What of somebody who crossed can be seen and searched besides the way: the colours of clothes, and how long they were there.

Never a face and never who it is: colours are a few words, and two people in blue are alike.
"""

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


@dataclass(frozen=True, slots=True)
class Appearance:
    """Of one person: the colour of what is worn above and below the waist, None where nobody can be sure.

    `dwell` is for how long the person was seen by that camera, all in all; None while they are still there. `likeness` is
    kept apart from the rest, and not read with it.
    """

    upper: Colour | None = None
    lower: Colour | None = None
    dwell: Micros | None = None
    likeness: Likeness | None = None

    def labels(self) -> tuple[str, ...]:
        """The words under which it is found: `red`, `upper red`, `blue`, `lower blue`."""
        worn = (("upper", self.upper), ("lower", self.lower))
        named = [word for part, colour in worn if colour for word in (colour.value, f"{part} {colour.value}")]
        return tuple(dict.fromkeys(named))

    def told(self) -> str | None:
        """The same for people, as part of a sentence: `in red over blue, there for 12 s`; None when nothing is known."""
        parts = []
        if self.upper and self.lower:
            parts.append(f"in {self.upper}" if self.upper is self.lower else f"in {self.upper} over {self.lower}")
        elif self.upper:
            parts.append(f"in {self.upper}")
        elif self.lower:
            parts.append(f"in {self.lower} below the waist")
        if self.dwell is not None:
            parts.append(f"there for {round(self.dwell / 1_000_000)} s")
        return ", ".join(parts) or None


UNKNOWN = Appearance()
"""Of whom nothing is known."""
