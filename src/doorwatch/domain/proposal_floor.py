"""How a camera stands to the floor, told from nothing but people: a person's box is taller the nearer the person is.

The camera is a pinhole above a level floor, without roll, its axis through the middle of the picture; people are 1.7 m
tall. Three numbers are looked for: focal length, tilt, height. For a guessed focal length and tilt each box says how
high the camera would hang; the guess for which all boxes say the same is the best. Boxes alone hardly tell a long
lens far away from a short one nearby, so usual cameras are preferred as far as the boxes leave a choice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from doorwatch.domain.geometry import Point

PERSON_M = 1.7
"""Height of a person, in metres."""

ENOUGH_BOXES = 12
"""Fewer whole boxes say nothing about the floor."""

_USUAL_LENS = (math.radians(78), 0.28)
"""Angle of view across the picture: the usual one, and how far others are from it (of its logarithm)."""
_USUAL_HEIGHT = (2.8, 0.25)
"""Metres above the floor, in the same way."""
_USUAL_TILT = (math.radians(30), math.radians(15))
_LEAST_ERROR = 0.015
"""Relative error of a box that is always allowed for: pixels are whole."""
_MOST_BOXES = 100
_BOXES_OF_ONE = 2
"""Boxes of one person that count as independent: the same height is wrong by the same amount everywhere."""
_VIEWS = (math.radians(25), math.radians(130))
_TILTS = (math.radians(1), math.radians(78))
_GOLDEN = (math.sqrt(5) - 1) / 2


class StandingBox(NamedTuple):
    """Somebody who stands on the floor, whole in the picture, in its pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def foot(self) -> Point:
        """Middle of the lower edge."""
        return Point((self.left + self.right) / 2, self.bottom)

    @property
    def height(self) -> float:
        """Pixels from head to foot."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Where a camera is and how it looks: `focal` in pixels, `tilt` in radians below the horizon, `height` in metres.

    Floor metres: x to the camera's right, y away from it, (0, 0) straight below it.
    """

    size: tuple[int, int]
    focal: float
    tilt: float
    height: float

    def to_floor(self, pixel: Point, above: float = 0.0) -> Point | None:
        """The place on the floor over which, `above` metres high, a pixel is; None where it looks over that height."""
        across, down = self._ray(pixel)
        depth, fall = _turned(down, self.tilt)
        if fall <= 1e-6 or above >= self.height:
            return None
        away = (self.height - above) / fall
        return Point(across * away, depth * away)

    def to_pixel(self, floor: Point, above: float = 0.0) -> Point | None:
        """Where a place `above` metres over the floor is seen; None behind the camera."""
        fall = self.height - above
        forward = floor.y * math.cos(self.tilt) + fall * math.sin(self.tilt)
        if forward <= 1e-6:
            return None
        down = fall * math.cos(self.tilt) - floor.y * math.sin(self.tilt)
        width, height = self.size
        return Point(width / 2 + self.focal * floor.x / forward, height / 2 + self.focal * down / forward)

    def pixels_of_person(self, foot: Point) -> float:
        """How tall a standing person is in the picture whose feet are at a pixel; 0 where there is no floor."""
        floor = self.to_floor(foot)
        head = None if floor is None else self.to_pixel(floor, PERSON_M)
        return 0.0 if head is None else abs(foot.y - head.y)

    @property
    def view(self) -> float:
        """Angle of view across the picture, in radians."""
        return 2 * math.atan(self.size[0] / 2 / self.focal)

    def looks_down(self, pixel: Point) -> float:
        """How steeply the camera looks down at a pixel, in radians below the horizon."""
        across, down = self._ray(pixel)
        depth, fall = _turned(down, self.tilt)
        return math.atan2(fall, math.hypot(across, depth))

    def _ray(self, pixel: Point) -> tuple[float, float]:
        width, height = self.size
        return (pixel.x - width / 2) / self.focal, (pixel.y - height / 2) / self.focal


@dataclass(frozen=True, slots=True)
class FoundPose:
    """A pose, from how many boxes, and how far a box is from it as a rule (relative to its height)."""

    pose: CameraPose
    boxes: int
    error: float


def find_pose(boxes: Iterable[StandingBox], size: tuple[int, int], people: int) -> FoundPose | None:
    """How the camera stands, from boxes of some people; None when they tell too little.

    Boxes of one person resemble each other, so `people` (how many different ones) says how much they weigh against
    what is usual.
    """
    used = _thinned([box for box in boxes if box.height > 4])
    if len(used) < ENOUGH_BOXES:
        return None
    best = min(_best_tilt(used, size, view, people) for view in _spaced(*_VIEWS, 14))
    if not math.isfinite(best[0]):
        return None
    reach = _VIEWS[1] / _VIEWS[0]
    for _ in range(4):
        # The best view lies between the neighbours of the best of the last turn.
        reach **= 1 / 5
        best = min(
            best, *(_best_tilt(used, size, view, people) for view in _spaced(best[1] / reach, best[1] * reach, 5))
        )
    _, view, tilt = best
    _, height, error = _loss(used, size, view, tilt, people)
    return FoundPose(CameraPose(size, _focal(size, view), tilt, height), len(used), error)


def _spaced(low: float, high: float, count: int) -> list[float]:
    """Numbers from low to high, each larger than the one before by the same factor."""
    return [low * (high / low) ** (i / (count - 1)) for i in range(count)]


def _best_tilt(
    boxes: Sequence[StandingBox], size: tuple[int, int], view: float, people: int
) -> tuple[float, float, float]:
    """(loss, view, tilt) of the best tilt that goes with an angle of view; the loss is infinite where none does."""
    if not _VIEWS[0] <= view <= _VIEWS[1]:
        return math.inf, view, 0.0

    def loss(tilt: float) -> float:
        return _loss(boxes, size, view, tilt, people)[0]

    step = (_TILTS[1] - _TILTS[0]) / 12
    middle = min((_TILTS[0] + i * step for i in range(13)), key=loss)
    low, high = max(_TILTS[0], middle - step), min(_TILTS[1], middle + step)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(12):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return (at_left, view, left) if at_left <= at_right else (at_right, view, right)


def _loss(
    boxes: Sequence[StandingBox], size: tuple[int, int], view: float, tilt: float, people: int
) -> tuple[float, float, float]:
    """How unlikely a view and a tilt are; the camera's height that goes with them, and the boxes' relative error."""
    focal = _focal(size, view)
    ends = [((box.bottom - size[1] / 2) / focal, (box.top - size[1] / 2) / focal) for box in boxes]
    ratios = []
    for foot, head in ends:
        ratio = _share_of_height(foot, head, tilt)
        if ratio is None:
            return math.inf, 0.0, 1.0
        ratios.append(ratio)
    ratio = sorted(ratios)[len(ratios) // 2]
    errors = sorted(abs(math.log((foot - head) / _seen_height(foot, ratio, tilt))) for foot, head in ends)
    # Without the farthest quarter: who crouches or is half hidden tells nothing.
    kept = errors[: max(1, round(0.75 * len(errors)))]
    error = math.sqrt(sum(value * value for value in kept) / len(kept))
    height = PERSON_M / ratio
    unusual = (
        ((math.log(view) - math.log(_USUAL_LENS[0])) / _USUAL_LENS[1]) ** 2
        + ((tilt - _USUAL_TILT[0]) / _USUAL_TILT[1]) ** 2
        + (math.log(height / _USUAL_HEIGHT[0]) / _USUAL_HEIGHT[1]) ** 2
    ) / 2
    weight = min(len(boxes), _BOXES_OF_ONE * people)
    return weight * math.log(error + _LEAST_ERROR) + unusual, height, error


def _share_of_height(foot: float, head: float, tilt: float) -> float | None:
    """A person's height as a share of the camera's, from the slopes of two rays; None where no person is seen so."""
    depth, fall = _turned(foot, tilt)
    ahead, down = _turned(head, tilt)
    if fall <= 1e-3 or ahead <= 1e-3:
        return None  # feet above the horizon, or a head behind the camera
    share = 1 - depth / fall * down / ahead
    return share if share > 1e-3 else None


def _seen_height(foot: float, share: float, tilt: float) -> float:
    """The difference of the two slopes for a person of that share of the camera's height; tiny when out of view."""
    depth, fall = _turned(foot, tilt)
    away = depth / fall
    forward = away * math.cos(tilt) + (1 - share) * math.sin(tilt)
    down = (1 - share) * math.cos(tilt) - away * math.sin(tilt)
    return max(foot - down / forward, 1e-6) if forward > 1e-6 else 1e-6


def _focal(size: tuple[int, int], view: float) -> float:
    return size[0] / 2 / math.tan(view / 2)


def _turned(down: float, tilt: float) -> tuple[float, float]:
    """A ray with that slope in the picture as (ahead, downwards) in the room."""
    return math.cos(tilt) - down * math.sin(tilt), down * math.cos(tilt) + math.sin(tilt)


def _thinned(boxes: list[StandingBox]) -> list[StandingBox]:
    """At most so many boxes, from all over the floor: where people stand about there are too many of one kind."""
    ordered = sorted(boxes, key=lambda box: (box.bottom, box.left))
    if len(ordered) <= _MOST_BOXES:
        return ordered
    step = len(ordered) / _MOST_BOXES
    return [ordered[int(i * step)] for i in range(_MOST_BOXES)]
