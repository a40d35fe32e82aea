"""Where a person stands: the feet in a box, also when the picture's edge or somebody else hides them."""

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from doorwatch.domain.geometry import Point
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box
from doorwatch.vision.upright import LEANING, Upright

_EDGE = 2.5
_RECENT: Micros = SECOND
_CUT_SHORT, _SHORTER = 0.78, 0.86
"""How short against the usual a box has to be to be cut: in pixels, and in metres, which do not change on the way."""
_DRAWN_OUT = 1.3
_GIANT = 2.3
"""Metres: no person is so tall, but a box drawn around two things is."""
_LEAF, _GREW = 2.05, 1.2
"""A box as tall as a door, of somebody who was a whole person and so much smaller until now, is drawn around the leaf too."""
_LEAF_STAYS: Micros = 2 * SECOND
"""For how long that is believed: longer than anybody is half hidden by a leaf that swings."""
_MERGED = 1.12
"""And so is one around two people of whom the other is not seen any more, from this growth on."""
_AS_WIDE = 0.85
_KNOWN = 3
"""Boxes from which on somebody's height is known: one alone may be wrong."""
_USUAL, _GROWN = 1.7, 1.5
"""Metres: how tall people are where nothing else is known, and from where on what was seen of somebody is a whole person."""
_NO_LEGS, _WITH_LEGS = 0.52, 0.46
"""Width over height, both in metres. Shoulders are a quarter to a third of a height, with a stride and swinging arms four to
five tenths; from the head to the hips alone it is more than half."""
_NEARER, _COVERS = 0.06, 0.4
"""By how much of a height somebody in front stands lower in the picture, and which share of the other's width hides the feet."""
_HARDLY_HIDDEN = 0.9
"""Of a stature: where less is hidden, the lower edge is nearer to the feet than what the head tells of them."""
_STAYS: Micros = 200_000
"""How long feet have to be where nobody could step to, while the head stayed, until they are believed to be there."""
_SAME_HEAD = 0.12
_FLICKER = 0.12
_RUN = 1.2
"""Heights a second."""


class Feet(NamedTuple):
    """The likeliest place of the feet, and other places that the box allows; none where the box shows them."""

    point: Point
    others: tuple[Point, ...] = ()
    afresh: bool = False
    """Where the person was seen before was a mistake."""

    @property
    def certain(self) -> bool:
        """Whether the box shows the feet."""
        return not self.others


@dataclass(slots=True)
class _Doubt:
    """Feet that jumped: since when, where they were last, and whether the head jumped as well or stayed still."""

    since: Micros
    last: tuple[Micros, Point]
    still: bool


class Edges(NamedTuple):
    """Where what is searched ends: boxes that reach it may be cut. In the boxes' pixels."""

    left: float
    right: float
    bottom: float


class FeetFinder:
    """Finds one person's feet; remembers for a second how tall and how wide the person was.

    `upright` knows the floor; without it everybody is taken to keep their size in the picture, as far as height and width
    do not shrink together.
    """

    def __init__(self, size: tuple[int, int], upright: Upright | None = None) -> None:
        self._size = size
        self._upright = upright
        self._heights: deque[tuple[Micros, float]] = deque()
        self._widths: deque[tuple[Micros, float]] = deque()
        self._shapes: deque[tuple[Micros, float]] = deque()
        self._legless = False
        self._before_covered = 0.0
        self._head = Point(0, 0)
        self._still = False
        self._trusted: tuple[Micros, Point] | None = None
        self._doubted: _Doubt | None = None
        self._agreed = 0
        self._with_leaf: tuple[Micros, float] | None = None

    def find(
        self, at: Micros, box: Box, edges: Edges | None = None, *, covered: bool = False, merged: bool = False
    ) -> Feet:
        """The feet in the newest box, in its pixels; times rise from call to call. `edges` are the picture's if absent.

        `covered` says that somebody stands in front of where the box ends, so that its lower edge says nothing; `merged` that
        somebody who was followed is not seen any more since this box reaches over that place.
        """
        edges = edges or Edges(0, *self._size)
        head, below = self._ends(self._middle(at, box, edges), box)
        tall = _upper(self._heights, at) if self._upright else _median(self._heights, at)
        head_stayed = abs(self._head.y - head.y) < _SAME_HEAD * (box.height if self._upright else tall)
        self._still = head_stayed and abs(self._head.x - head.x) < _SAME_HEAD * box.height
        self._head = head
        if box.y2 >= edges.bottom - _EDGE:
            under = self._under(head, below, tall)
            lowest = under if under.y > box.y2 else below
            return Feet(lowest, (below, Point(below.x, box.y2 + 0.3 * box.height)))
        stature = self._upright.stature(below, box.y1) if self._upright else box.height
        # without a floor nobody knows how much smaller somebody is who walked away behind the other
        covered = covered and (self._upright is not None or box.width > _AS_WIDE * _median(self._widths, at))
        if covered and tall and len(self._heights) >= _KNOWN:
            self._before_covered = tall
        if covered and stature < _HARDLY_HIDDEN * self._before_covered:
            under = self._under(head, below, self._before_covered)
            return self._steady(at, under if under.y > box.y2 else below, box.height)
        if not covered:
            self._before_covered = 0.0
        if self._upright and self._behind_something(at, stature, self._upright.wide(below, box.width)):
            stands = tall if tall > _GROWN else _USUAL
            return self._steady(at, self._under(head, below, stands), box.height)
        if merged and self._upright and not self._heights:
            return Feet(below, (self._under(head, below, _USUAL),))
        was = self._before_leaf(at, stature, tall) if self._upright else 0.0
        known = head_stayed and len(self._heights) >= _KNOWN
        if was or (known and self._is_wrong(at, stature, tall, box, merged=merged)):
            return Feet(self._under(head, below, was or tall), (below,))
        self._heights.append((at, stature))
        return self._steady(at, below, box.height)

    def _ends(self, x: float, box: Box) -> tuple[Point, Point]:
        """Head and feet in a box with its middle at x: upright people lean in the pictures of wide and askew cameras."""
        if self._upright is None:
            return Point(x, box.y1), Point(x, box.y2)
        lean = max(-LEANING, min(self._upright.lean(Point(x, box.y2)), LEANING)) * box.height / 2
        return Point(x + lean, box.y1), Point(x - lean, box.y2)

    def _behind_something(self, at: Micros, stature: float, wide: float) -> bool:
        """Whether whoever is seen has been too wide for their height for a while: what they push or carry hides the legs."""
        self._shapes.append((at, wide / max(stature, 0.1)))
        shape = _median(self._shapes, at)
        self._legless = len(self._shapes) >= _KNOWN and shape > (_WITH_LEGS if self._legless else _NO_LEGS)
        return self._legless and stature < max(_USUAL, _SHORTER * _upper(self._heights, at))

    def _before_leaf(self, at: Micros, stature: float, usual: float) -> float:
        """How tall somebody was (m) whose box now holds a door leaf as well; 0 where it does not."""
        since, was = self._with_leaf or (at, usual if len(self._heights) >= _KNOWN else 0.0)
        if was < _GROWN or stature < max(_LEAF, _GREW * was) or at - since > _LEAF_STAYS:
            self._with_leaf = None
            return 0.0
        self._with_leaf = since, was
        return was

    def _is_wrong(self, at: Micros, stature: float, usual: float, box: Box, *, merged: bool) -> bool:
        """Whether a box ends where the feet cannot be: nobody becomes so much shorter while the head stays, or a giant."""
        if merged and stature > _MERGED * usual:
            return True
        if self._upright is not None:
            return stature < _SHORTER * usual or stature > max(_GIANT, _DRAWN_OUT * usual)
        return stature < _CUT_SHORT * usual and box.width > _AS_WIDE * _median(self._widths, at)

    def _under(self, head: Point, below: Point, stature: float) -> Point:
        """Where somebody of a stature stands whose head is seen; `below` is the lower edge of the box."""
        found = self._upright.feet(head, stature) if self._upright else Point(head.x, head.y + stature)
        # a camera as low as the heads cannot tell
        return found if found and head.y < found.y < 2 * self._size[1] else below

    def _steady(self, at: Micros, point: Point, tall: float) -> Feet:
        """Doubt feet that jump further than anybody steps, unless the next box has them there as well.

        While the head stays they have to be there for longer. Boxes that agree against a first one that stood alone make that one the mistake.
        """
        trusted, doubted, here = self._trusted, self._doubted, (at, point)
        if trusted is None or _can_step(trusted, here, tall):
            self._trusted, self._doubted = here, None
            self._agreed += 1
            return Feet(point)
        if doubted is None or not _can_step(doubted.last, here, tall):
            self._doubted = _Doubt(at, here, self._still)
            return Feet(point, (trusted[1],))
        doubted.last = here
        if doubted.still and self._agreed > 1 and at - doubted.since < _STAYS:
            return Feet(point, (trusted[1],))
        afresh, self._agreed = self._agreed == 1, 2
        self._trusted, self._doubted = here, None
        return Feet(point, afresh=afresh)

    def _middle(self, at: Micros, box: Box, edges: Edges) -> float:
        usual = _median(self._widths, at)
        if box.x1 <= edges.left + _EDGE:
            return box.x2 - max(usual, box.width) / 2
        if box.x2 >= edges.right - _EDGE:
            return box.x1 + max(usual, box.width) / 2
        self._widths.append((at, box.width))
        return (box.x1 + box.x2) / 2


def covers_feet(nearer: Box, box: Box) -> bool:
    """Whether somebody in another box stands in front of where this one ends: nearer, which is lower in the picture."""
    aside = min(nearer.x2, box.x2) - max(nearer.x1, box.x1)
    lower = nearer.y2 - box.y2 > _NEARER * box.height
    return lower and nearer.y1 < box.y2 and aside > _COVERS * box.width


def _can_step(a: tuple[Micros, Point], b: tuple[Micros, Point], tall: float) -> bool:
    """Whether feet can go from one place and time to another; the detector's own error is allowed for."""
    reach = (_FLICKER + _RUN * (b[0] - a[0]) / SECOND) * tall
    return math.hypot(b[1].x - a[1].x, b[1].y - a[1].y) <= reach


def _upper(values: deque[tuple[Micros, float]], at: Micros) -> float:
    """The upper quarter's least of the last second: what is seen of a person is rather too short than too tall."""
    while values and at - values[0][0] > _RECENT:
        values.popleft()
    ordered = sorted(value for _, value in values)
    return ordered[len(ordered) * 3 // 4] if ordered else 0.0


def _median(values: deque[tuple[Micros, float]], at: Micros) -> float:
    while values and at - values[0][0] > _RECENT:
        values.popleft()
    ordered = sorted(value for _, value in values)
    return ordered[len(ordered) // 2] if ordered else 0.0
