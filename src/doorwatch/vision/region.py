"""Chooses what of a camera's picture is searched, and how finely, so that people at a door are tall enough to be seen.

A detector sees its input at one size; somebody far away is too small in it. What was drawn of a door (its floor plane, else
its threshold) tells how tall people are there: usually the whole picture will do; where people are small, only what
surrounds the doors is searched, and larger. The people seen there correct what was drawn. A line across a hall tells
nothing: the whole picture is searched as usual, and finely now and then while nobody is found, until people were seen.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import FloorPlane, Scene
from doorwatch.vision.closer import look_closer
from doorwatch.vision.detect.base import ENOUGH_TALL, USUAL_LONGEST, Box, Detector, Picture

PERSON_M = 1.7
"""A person's height in metres."""

DOOR_SHARE = 0.3
"""A threshold is as wide as a door, and tells about people's height, up to this share of the picture's shorter side;
a longer one was drawn across a hall."""

BESIDE, ABOVE, BELOW = 1.5, 1.6, 1.0
"""What is searched around a threshold, in heights of a person: two to three steps to each side, and who stands on it."""

GAINS = 0.6
"""A part of the picture above this share of its area is not worth leaving the rest out."""

FAR = 30.0
"""How tall people at a line across a hall are in a detector's usual input, in its pixels, where they are too small for it."""

TALL = 64.0
"""And from which height on a fine search may take half a person for a whole one: it ends at once."""

EMPTY = 8
"""Searches in a row that found nobody, after which every second one is a fine one where nothing is known of people's height."""

FRUITLESS = 100
"""Fine searches that found nobody, after which only one in eight is."""

SEEN_ENOUGH = 30
"""Boxes near a door from which on they are believed rather than what was drawn."""

SMALL = 0.65
"""Who is found is taller than who is missed: there are people of this share of the usual height, further off or young."""

_REMEMBERED = 300
_SURE = 0.3
_CHANGED = 1.25
_EDGE = 2.5


class View(NamedTuple):
    """What is searched: edges in whole pixels of the picture, and how tall the smallest people are there.

    `tall` is in pixels of the picture; None leaves the detector's input at its usual size. `closer` are those who are
    looked for once more, enlarged, when they are not surely found: corners of their likely boxes.
    """

    left: int
    top: int
    right: int
    bottom: int
    tall: float | None = None
    closer: Sequence[Sequence[float]] = ()

    def search(self, detector: Detector, picture: Picture) -> list[Box]:
        """The people in this part of a picture, in pixels of the whole picture."""
        part: Picture = np.ascontiguousarray(picture[self.top : self.bottom, self.left : self.right])
        found = detector.detect(part) if self.tall is None else detector.detect(part, tall=self.tall)
        x, y = self.left, self.top
        boxes = [Box(b.x1 + x, b.y1 + y, b.x2 + x, b.y2 + y, b.score) for b in found]
        return look_closer(detector, picture, boxes, [Box(*one) for one in self.closer]) if self.closer else boxes


class Search:
    """One camera's choice of what is searched. `picture` is (width, height); with `whole` nothing is ever left out.

    Ask for `view` before a picture is searched, and tell the boxes to `learn` afterwards.
    """

    def __init__(self, scenes: Sequence[Scene], picture: tuple[int, int], *, whole: bool = False) -> None:
        self.picture = picture
        self._whole = whole
        self._doors = [_Door(scene, picture) for scene in scenes]
        self._usual = USUAL_LONGEST / max(picture)
        self.view = self._choose()
        self._learns = self.view.tall is not None or not all(door.drawn for door in self._doors)
        self._probe = _Probe(self._usual)

    def ask(self, people: Sequence[Box]) -> None:
        """Have those looked for more closely in the next picture who were not surely found; pixels of the picture."""
        asked = tuple(tuple(round(value, 1) for value in one[:4]) for one in people)
        if asked or self.view.closer:
            self.view = self.view._replace(closer=asked)

    def learn(self, boxes: Sequence[Box]) -> None:
        """Take what was found in the view, in pixels of the picture."""
        if not self._learns:
            return
        near = [door.learn(boxes, self.view) for door in self._doors]
        if not any(near) and any(door.changed for door in self._doors):
            self.view = self._choose()._replace(
                closer=self.view.closer
            )  # while nobody is at a door, nobody's track is cut
        elif any(door.small is None for door in self._doors):
            finely = self._probe.next(boxes, finely=self.view.tall is not None)
            self.view = View(0, 0, *self.picture, FAR if finely else None, self.view.closer)

    def _choose(self) -> View:
        width, height = self.picture
        for door in self._doors:
            door.settle()
        known = [door.small for door in self._doors if door.small is not None]
        if len(known) < len(self._doors) or not any(door.is_far(self._usual) for door in self._doors):
            return View(0, 0, width, height)
        smallest = min(known)
        areas = [door.area for door in self._doors if door.area is not None]
        if not self._whole:
            left, top = (max(0, math.floor(min(area[side] for area in areas))) for side in (0, 1))
            right = min(width, math.ceil(max(area[2] for area in areas)))
            bottom = min(height, math.ceil(max(area[3] for area in areas)))
            if (right - left) * (bottom - top) <= GAINS * width * height:
                return View(left, top, right, bottom, smallest)
        return View(0, 0, width, height, smallest)


class _Probe:
    """Looks for people too small to be seen, where nothing was drawn that tells how tall they are.

    Whoever is tall for a fine search is not looked for in one: such a person comes out as a half. So fine searches take
    turns with usual ones, begin when nobody was found for a while, and go on only while those found are small.
    """

    def __init__(self, usual: float) -> None:
        self._usual = usual
        self._empty = 0
        self._fruitless = 0

    def next(self, boxes: Sequence[Box], *, finely: bool) -> bool:
        """Whether the next search is a fine one; `boxes` are those of the last, which was a fine one or not."""
        found = [box for box in boxes if box.score >= _SURE]
        if found:
            self._empty = self._fruitless = 0
            return finely and max(box.height for box in found) * self._usual < TALL
        self._empty += 1
        self._fruitless += finely
        if self._empty <= EMPTY:
            return finely
        return self._empty % (2 if self._fruitless < FRUITLESS else 8) == 0


class _Door:
    """People's height at one door of a camera, in pixels of the picture."""

    def __init__(self, scene: Scene, picture: tuple[int, int]) -> None:
        sx, sy = picture[0] / scene.size[0], picture[1] / scene.size[1]
        self._picture = picture
        self._ends = [Point(p.x * sx, p.y * sy) for p in (scene.threshold.start, scene.threshold.end)]
        floor = scene.floor.corners if scene.floor else ()
        self._corners = [*self._ends, *(Point(p.x * sx, p.y * sy) for p in (*scene.doorway, *floor))]
        self._drawn = self._heights_drawn(scene, sy)
        self._heights: deque[float] = deque(maxlen=_REMEMBERED)
        self._used = self._known()

    @property
    def small(self) -> float | None:
        """The height of the smallest people; None while nobody knows."""
        return self._used[0] if self._used else None

    @property
    def drawn(self) -> bool:
        """Whether what was drawn tells how tall people are."""
        return self._drawn is not None

    def is_far(self, usual: float) -> bool:
        """Whether people are too small for the usual search, which shrinks the picture by `usual`."""
        if self._used is None:
            return False
        return self._used[0] * usual < ENOUGH_TALL if self.drawn else self._used[1] * usual < FAR

    @property
    def area(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom of what has to be searched; None while nobody knows how tall people are."""
        if self._used is None:
            return None
        tall = self._used[1]
        xs, ys = [p.x for p in self._corners], [p.y for p in self._corners]
        return min(xs) - BESIDE * tall, min(ys) - ABOVE * tall, max(xs) + BESIDE * tall, max(ys) + BELOW * tall

    @property
    def changed(self) -> bool:
        """Whether much more is known than when the view was chosen."""
        known = self._known()
        if known is None or self._used is None:
            return known is not self._used
        return any(max(a, b) > _CHANGED * min(a, b) for a, b in zip(known, self._used, strict=True))

    def settle(self) -> None:
        """Use what is known from now on."""
        self._used = self._known()

    def learn(self, boxes: Sequence[Box], view: View) -> bool:
        """Remember the heights of those at the threshold; whether anybody is there."""
        near = [box for box in boxes if self._away(box) < BESIDE * box.height]
        tallest = self._used[1] if self._used else math.inf
        # whoever is cut is at least as tall as what is seen, which proves something where that is more than was believed
        told = (box for box in near if box.score >= _SURE and (not _cut(box, view) or box.height > tallest))
        self._heights.extend(box.height for box in told)
        return bool(near)

    def _known(self) -> tuple[float, float] | None:
        if len(self._heights) < SEEN_ENOUGH:
            return self._drawn
        ordered = sorted(self._heights)
        usual = ordered[len(ordered) // 2]
        return min(ordered[len(ordered) // 10], SMALL * usual), ordered[len(ordered) * 3 // 4]

    def _heights_drawn(self, scene: Scene, sy: float) -> tuple[float, float] | None:
        """The least and the greatest height that what was drawn allows."""
        start, end = scene.threshold.start, scene.threshold.end
        if scene.floor is not None:
            middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
            tall = sy * PERSON_M * pixels_a_metre_upright(scene.floor, middle)
            return 0.9 * tall, 1.25 * tall
        length = math.dist(*self._ends)
        return (length, 2 * length) if length < DOOR_SHARE * min(self._picture) else None

    def _away(self, box: Box) -> float:
        """Pixels from the feet to the threshold."""
        (ax, ay), (bx, by) = self._ends
        x, y = (box.x1 + box.x2) / 2, box.y2
        dx, dy = bx - ax, by - ay
        along = min(max(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0.0), 1.0)
        return math.hypot(x - ax - along * dx, y - ay - along * dy)


def pixels_a_metre_upright(floor: FloorPlane, pixel: Point) -> float:
    """How many pixels tall a metre is that stands upright on a place of the floor.

    Where a metre on the floor is longest in the picture it is not foreshortened; by how much shorter the shortest is
    tells how steeply the camera looks down, and with it how much of an upright metre is seen.
    """
    x, y = floor.to_floor(pixel)
    step = 0.05
    origin, right, away = (floor.to_pixel(Point(*p)) for p in ((x, y), (x + step, y), (x, y + step)))
    moved = np.array([[right.x - origin.x, away.x - origin.x], [right.y - origin.y, away.y - origin.y]]) / step
    longest, shortest = np.linalg.svd(moved, compute_uv=False)
    return float(longest * math.sqrt(max(0.2, 1 - (shortest / max(longest, 1e-9)) ** 2)))


def _cut(box: Box, view: View) -> bool:
    return (
        box.x1 <= view.left + _EDGE
        or box.y1 <= view.top + _EDGE
        or box.x2 >= view.right - _EDGE
        or box.y2 >= view.bottom - _EDGE
    )
