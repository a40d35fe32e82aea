"""Where a person stands: the feet in a box, also when the picture's edge or somebody else hides them."""

import math
from collections import deque
from typing import NamedTuple

from doorwatch.domain.geometry import Point
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box

_EDGE = 2.5
_RECENT: Micros = SECOND
_CUT_SHORT = 0.78
_SAME_HEAD = 0.12
_FLICKER = 0.12
_RUN = 1.2
"""Heights a second."""


class Feet(NamedTuple):
    """The likeliest place of the feet, and other places that the box allows; none where the box shows them."""

    point: Point
    others: tuple[Point, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the box shows the feet."""
        return not self.others


class Edges(NamedTuple):
    """Where what is searched ends: boxes that reach it may be cut. In the boxes' pixels."""

    left: float
    right: float
    bottom: float


class FeetFinder:
    """Finds one person's feet; remembers for a second how tall and how wide the person was."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._heights: deque[tuple[Micros, float]] = deque()
        self._widths: deque[tuple[Micros, float]] = deque()
        self._top = 0.0
        self._trusted: tuple[Micros, Point] | None = None
        self._doubted: tuple[Micros, Point] | None = None

    def find(self, at: Micros, box: Box, edges: Edges | None = None) -> Feet:
        """The feet in the newest box, in its pixels; times rise from call to call. `edges` are the picture's if absent."""
        edges = edges or Edges(0, *self._size)
        x = self._middle(at, box, edges)
        tall = _median(self._heights, at)
        head_stayed = abs(self._top - box.y1) < _SAME_HEAD * tall
        self._top = box.y1
        if box.y2 >= edges.bottom - _EDGE:
            below = max(box.y1 + tall, box.y2)
            return Feet(Point(x, below), (Point(x, box.y2), Point(x, box.y2 + 0.3 * box.height)))
        if box.height < _CUT_SHORT * tall and head_stayed:
            return Feet(Point(x, box.y1 + tall), (Point(x, box.y2),))
        self._heights.append((at, box.height))
        return self._steady(at, Point(x, box.y2), box.height)

    def _steady(self, at: Micros, point: Point, tall: float) -> Feet:
        """Doubt feet that jump further than anybody steps, unless the next box has them there as well."""
        trusted, doubted, here = self._trusted, self._doubted, (at, point)
        if trusted is None or _can_step(trusted, here, tall) or (doubted and _can_step(doubted, here, tall)):
            self._trusted, self._doubted = here, None
            return Feet(point)
        self._doubted = here
        return Feet(point, (trusted[1],))

    def _middle(self, at: Micros, box: Box, edges: Edges) -> float:
        usual = _median(self._widths, at)
        if box.x1 <= edges.left + _EDGE:
            return box.x2 - max(usual, box.width) / 2
        if box.x2 >= edges.right - _EDGE:
            return box.x1 + max(usual, box.width) / 2
        self._widths.append((at, box.width))
        return (box.x1 + box.x2) / 2


def _can_step(a: tuple[Micros, Point], b: tuple[Micros, Point], tall: float) -> bool:
    """Whether feet can go from one place and time to another; the detector's own error is allowed for."""
    reach = (_FLICKER + _RUN * (b[0] - a[0]) / SECOND) * tall
    return math.hypot(b[1].x - a[1].x, b[1].y - a[1].y) <= reach


def _median(values: deque[tuple[Micros, float]], at: Micros) -> float:
    while values and at - values[0][0] > _RECENT:
        values.popleft()
    ordered = sorted(value for _, value in values)
    return ordered[len(ordered) // 2] if ordered else 0.0
