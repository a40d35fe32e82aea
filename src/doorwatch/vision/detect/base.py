"""What every person detector is: a name, a profile of limits, and boxes out of a picture."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.appearance import Carried
from doorwatch.domain.errors import DoorwatchError

Picture: TypeAlias = NDArray[np.uint8]
"""A colour picture: height x width x 3, blue first, 0 to 255."""


USUAL_LONGEST = 416
"""Pixels of the longer side of a detector's input, where the network leaves that open."""

ENOUGH_TALL = 56.0
"""How tall a person has to be in a detector's input, in its pixels, to be found reliably in any surroundings."""


class DetectorError(DoorwatchError):
    """A detector that cannot be used; the text names the file and what to do."""


class Box(NamedTuple):
    """A person in a picture: corners in pixels (origin top left), score 0 to 1. May be cut by the picture's edge."""

    x1: float
    y1: float
    x2: float
    y2: float
    score: float = 1.0

    @property
    def width(self) -> float:
        """Pixels from side to side."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Pixels from head to foot."""
        return self.y2 - self.y1


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits that belong to one detector, because each scores in its own way.

    A track starts at a box of `threshold`; boxes from `low_threshold` on only continue one. `nms` is the overlap
    (intersection over union) from which two boxes are taken for one person. A detector returns boxes from
    `low_threshold` on.
    """

    threshold: float
    low_threshold: float
    nms: float


class Detector(Protocol):
    """Finds people in a picture."""

    name: str
    profile: Profile

    def detect(self, picture: Picture, *, tall: float | None = None) -> list[Box]:
        """Boxes of people in pixels of the given picture, scores from `profile.low_threshold` on, best first.

        `tall` is the height of the smallest people who matter, in pixels of the picture: where they would be too small,
        and the network leaves its input's size open, it is made larger, at a limited cost.
        """
        ...


class Thing(NamedTuple):
    """What the detector takes for something that people carry, and where it is."""

    what: Carried
    box: Box


class Sight(NamedTuple):
    """What is in one picture: people as `Detector.detect` finds them, and things that are surely there, the surest first."""

    people: list[Box]
    things: list[Thing]


@runtime_checkable
class SeesThings(Protocol):
    """A detector that knows other things besides people."""

    def sight(self, picture: Picture) -> Sight:
        """People and things, in one run of the network."""
        ...
