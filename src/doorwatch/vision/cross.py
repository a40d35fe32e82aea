"""Decides when a track passes a threshold: feet on one side, then on the other; see docs/design/vision.md.

One `Passage` follows one track at one scene. It is told the feet frame by frame and the end of the track, and says
when the person crossed. Pixels are pixels of the scene's size.
"""

import math
from collections import deque
from dataclasses import dataclass, replace
from enum import Enum

from doorwatch.domain.access import Direction
from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box
from doorwatch.vision.feet import Feet

BAND_OF_PICTURE = 0.015
"""Half the dead band, as a share of the picture's height."""

BAND_OF_BOX = 0.025
"""Half the dead band, as a share of the person's height: a tall box flickers by more pixels."""

REACH_OF_BOX = 0.3
"""How far inside of the threshold somebody who came through it may first be seen, in heights of the box."""

REACH_METRES = 0.8
"""The same on a known floor."""

BIRTH_PATIENCE: Micros = 2 * SECOND
"""Somebody first seen at the threshold who has not walked in by then was standing there."""

CARRIES_ON: Micros = SECOND // 2
"""Somebody who strides along is believed to have gone on for so long after the last box: blur hides the quick."""

STRIDES = 0.7
"""Heights a second from which a walk does not end within a moment: 1.2 metres a second and more."""

UNSEEN: Micros = 3 * SECOND // 2
"""For how long somebody may be hidden on the way over the threshold and still be known for the same on the other side."""

_STEP, _PACE = 0.35, 1.2
"""How far somebody hidden gets: heights at once, and heights a second (two metres)."""

_LINGERS: Micros = 300_000
"""How much later than it first seemed somebody who stands on a threshold may walk on, to be told as crossing only then."""

_UNWATCHED: Micros = 200_000
"""A longer time between two places may hide when somebody was on the threshold."""

_ALIKE = 0.55
_RECENT: Micros = 2 * SECOND
_LIKE_BEFORE = 0.25
_PACE_SPAN: Micros = SECOND // 2
_SURE, _LAST_SEEN, _APPEARED, _VANISHED, _STRODE = 1.0, 0.8, 0.7, 0.6, 0.6


class Side(Enum):
    """On which side of the threshold the feet are known to be."""

    UNKNOWN = 0
    INSIDE = 1
    OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Passed:
    """A passage of the threshold: `at` is the time of the first frame on the new side."""

    at: Micros
    direction: Direction
    confidence: float


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where the feet were in one frame; `depth` is pixels inside of the threshold, `along` 0 to 1 on it."""

    at: Micros
    point: Point
    depth: float
    certain: bool = True
    """Whether the box showed the feet."""
    covered: bool = False
    """Whether somebody stood in front of them: they were nearer than they seemed."""
    unseen: Micros = 0
    """For how long the person had not been seen before."""


class Passage:
    """One track at one threshold."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.side = Side.UNKNOWN
        self.explained: int | None = None
        """The track of whoever was lost inside where this one began: the same person, who goes on from there."""
        self._birth: _Stand | None = None
        self._last_on_side: _Stand | None = None
        self._candidate: _Stand | None = None
        self._beyond = 0
        self._seen: Micros | None = None
        self._recent: deque[_Stand] = deque()
        self._box = Box(0, 0, 0, 0)

    @property
    def last(self) -> Point | None:
        """Where the feet were last."""
        return self._recent[-1].point if self._recent else None

    @property
    def began(self) -> Point | None:
        """Where the feet were first; None before that, or when the side was known since."""
        return self._birth.point if self._birth else None

    @property
    def approaches(self) -> bool:
        """Whether the person walked towards the threshold of late, and did not pass it yet."""
        if len(self._recent) < 3 or self.side is Side.UNKNOWN:
            return False
        outwards = self._recent[0].depth - self._recent[-1].depth
        nearer = outwards if self.side is Side.INSIDE else -outwards
        return nearer > 0.1 * self._box.height

    def observe(self, at: Micros, feet: Feet, box: Box, *, confirmed: bool, covered: bool = False) -> Passed | None:
        """Take one frame of the track; `confirmed`: the track may count; `covered`: somebody stands in front of the feet."""
        depth = self._scene.depth(feet.point)
        unseen, self._seen = at - (self._seen or at), at
        if feet.afresh:
            self.forget()
        if any((self._scene.depth(other) > 0) != (depth > 0) for other in feet.others):
            return None
        here = _Stand(at, feet.point, depth, feet.certain, covered, unseen)
        self._box = box
        self._recent.append(here)
        while at - self._recent[0].at > _RECENT:
            self._recent.popleft()
        if self.side is Side.UNKNOWN and self.explained is None:
            return self._settle(here, confirmed=confirmed)
        if self.side is Side.UNKNOWN:
            self._birth = self._birth or here
            self._on_side(Side.INSIDE, here)
        passed = self._follow(here, confirmed=confirmed)
        return replace(passed, confidence=_APPEARED) if passed and self.explained is not None else passed

    def forget(self) -> None:
        """Begin again: what was seen first was not this person."""
        self.side, self._birth = Side.UNKNOWN, None
        self._last_on_side, self._candidate, self._beyond = None, None, 0
        self._recent.clear()

    def unexplained(self) -> None:
        """Whoever explained this track is seen beside it: it is somebody else, who began where this track did."""
        self.explained = None
        if self.side is Side.INSIDE:
            self.side, self._candidate, self._beyond = Side.UNKNOWN, None, 0

    def leads_to(self, there: Point, seconds: float, tall: float) -> bool:
        """Whether somebody of this track may be on the other side of the threshold by now, at that place and as tall as that."""
        last = self.last
        if last is None or self.side is Side.UNKNOWN or not self.approaches:
            return False
        a, b = self._scene.depth(last), self._scene.depth(there)
        share = abs(a) / max(abs(a) + abs(b), 1.0)
        between = Point(last.x + share * (there.x - last.x), last.y + share * (there.y - last.y))
        reach = (_STEP + _PACE * seconds) * max(tall, self._box.height)
        alike = _ALIKE < tall / max(self._box.height, 1.0) < 1 / _ALIKE
        return alike and self._within(between) and math.hypot(there.x - last.x, there.y - last.y) < reach

    def end(self, *, alone: bool = False, mingled: bool = False) -> Passed | None:
        """The track was given up: somebody who vanished in the doorway on the way out has left.

        `alone` says that nobody was near when the track was lost and that nobody came to light near there since;
        `mingled` that the last box was partly somebody else's, who may have been all that was in it.
        """
        if not self._recent or self.side is Side.UNKNOWN:
            return None
        first, last = self._recent[0], self._recent[-1]
        if self._candidate is not None and self._beyond:
            went = abs(last.depth - first.depth) > 0.15 * self._box.height
            sure = went and (self._beyond > 1 or (self._led_there() and not mingled))
            return self._change(self._candidate, last, _LAST_SEEN) if sure else None
        if alone and self._strode_across():
            side = Side.OUTSIDE if self.side is Side.INSIDE else Side.INSIDE
            self.side = side
            return Passed(last.at, Direction.IN if side is Side.INSIDE else Direction.OUT, _STRODE)
        if self.side is not Side.INSIDE or not self._scene.doorway:
            return None
        walked_out = first.depth - last.depth > 0.12 * self._box.height
        at_threshold = last.depth < 1.5 * self._band() and self._within(last.point)
        if not (at_threshold and walked_out):
            return None
        left = self._candidate or last
        self.side = Side.OUTSIDE
        return Passed(left.at, Direction.OUT, _VANISHED)

    def _led_there(self) -> bool:
        """Whether the steps before the one box beyond the threshold led towards it; where they did not, the box is wrong."""
        before = [stand for stand in self._recent if stand is not self._recent[-1]]
        steps = [stand for stand in before if before[-1].at - stand.at <= _PACE_SPAN]
        return abs(steps[0].depth) - abs(steps[-1].depth) > self._band() if steps else False

    def _strode_across(self) -> bool:
        """Whether the last steps were quick, and lead over the threshold within a moment; feet that are guessed say nothing."""
        last = self._recent[-1]
        if not last.certain:
            return False
        first = next(stand for stand in self._recent if stand.certain and last.at - stand.at <= _PACE_SPAN)
        seconds = (last.at - first.at) / SECOND
        if seconds < 0.15:
            return False
        dx, dy = (last.point.x - first.point.x) / seconds, (last.point.y - first.point.y) / seconds
        pace = (last.depth - first.depth) / seconds
        coming = pace * last.depth < 0
        if not coming or abs(pace) < STRIDES * self._box.height or abs(last.depth / pace) > CARRIES_ON / SECOND:
            return False
        left = abs(last.depth / pace)
        return self._within(Point(last.point.x + left * dx, last.point.y + left * dy))

    def _settle(self, here: _Stand, *, confirmed: bool) -> Passed | None:
        """Find out on which side a track began."""
        if self._birth is None:
            self._birth = here
        if here.depth <= -self._band():
            self._on_side(Side.OUTSIDE, here)
            return None
        appeared = self._scene.doorway and self._at_threshold(self._birth)
        if not appeared:
            if here.depth >= self._band():
                self._on_side(Side.INSIDE, here)
            return None
        walked_in = here.depth - self._birth.depth > max(2 * self._band(), 0.15 * self._box.height)
        if confirmed and walked_in and here.depth > self._band():
            self._on_side(Side.INSIDE, here)
            first = self._walking_on(self._birth, here)
            at = first.at if first is not self._birth else self._came_from(self._birth, here)
            return Passed(at, Direction.IN, _APPEARED)
        if here.at - self._birth.at > BIRTH_PATIENCE and here.depth >= self._band():
            self._on_side(Side.INSIDE, here)
        return None

    def _follow(self, here: _Stand, *, confirmed: bool) -> Passed | None:
        """Watch a track whose side is known for a change of side."""
        side = Side.INSIDE if here.depth > 0 else Side.OUTSIDE
        if side is self.side:
            self._on_side(side, here)
            return None
        if self._candidate is None:
            self._candidate = here
        band = self._band()
        self._beyond = self._beyond + 1 if abs(here.depth) > band else 0
        if not confirmed or not (self._beyond >= 2 or (self._beyond and self._walked_on())):
            return None
        return self._change(self._candidate, here, _SURE)

    def _change(self, first: _Stand, here: _Stand, confidence: float) -> Passed | None:
        """Take the new side; a passage only when the way there led between the threshold's ends."""
        before = self._last_on_side
        side = Side.INSIDE if here.depth > 0 else Side.OUTSIDE
        self._on_side(side, here)
        if before is not None and not (self._within(_between(before, first)) or self._came_covered(side)):
            return None
        on = self._walking_on(first, here)
        unseen = before is not None and on is first
        at = passed_at(first.at - first.unseen, before.depth, first.at, first.depth) if before and unseen else on.at
        return Passed(at, Direction.IN if side is Side.INSIDE else Direction.OUT, confidence)

    def _came_covered(self, side: Side) -> bool:
        """Whether somebody stood before a doorway with the feet covered, and is inside now: there is no other way in.

        Who is known for inside late, on a slanting way, seems to have passed the line beside the doorway.
        """
        before = (stand for stand in self._recent if stand.covered and stand.depth <= 0)
        return side is Side.INSIDE and bool(self._scene.doorway) and any(self._within(stand.point) for stand in before)

    def _walking_on(self, first: _Stand, here: _Stand) -> _Stand:
        """When somebody who was first seen beyond the threshold at `first` walked over it: later where they stood on it before.

        The last steps, traced back to the threshold, tell when; flickering feet beyond it while somebody stood there do not.
        """
        steps = [stand for stand in self._recent if here.at - stand.at <= _PACE_SPAN]
        seconds = (here.at - steps[0].at) / SECOND
        pace = (here.depth - steps[0].depth) / seconds if seconds else 0.0
        if pace * here.depth <= 0:
            return first
        left = here.at - round(here.depth / pace * SECOND)
        if left - first.at < _LINGERS:
            return first
        return min(steps, key=lambda stand: abs(stand.at - left))

    def _came_from(self, birth: _Stand, here: _Stand) -> Micros:
        """When somebody first seen inside at `birth` passed the threshold: the steps since then, traced back to it."""
        pace = (here.depth - birth.depth) / (here.at - birth.at)
        return birth.at - min(round(max(birth.depth, 0.0) / pace), UNSEEN)

    def _walked_on(self) -> bool:
        """Whether the newest step goes on as those before it did; a box that jumps does not."""
        if len(self._recent) < 3:
            return False
        first, before, newest = self._recent[0], self._recent[-2], self._recent[-1]
        pace = (before.depth - first.depth) / (before.at - first.at)
        step = (newest.depth - before.depth) / (newest.at - before.at)
        return pace * step > 0 and abs(pace) > _LIKE_BEFORE * abs(step)

    def _on_side(self, side: Side, here: _Stand) -> None:
        self.side, self._last_on_side = side, here
        self._candidate, self._beyond = None, 0

    def _band(self) -> float:
        return max(BAND_OF_PICTURE * self._scene.size[1], BAND_OF_BOX * self._box.height)

    def _within(self, point: Point) -> bool:
        """Whether a place on or near the threshold lies between its ends, give or take a foot beside the middle."""
        slack = 0.25 * self._box.width / self._scene.threshold.length + 0.02
        return -slack <= self._scene.threshold.along(point) <= 1 + slack

    def _at_threshold(self, stand: _Stand) -> bool:
        """Whether somebody first seen here can have come through the doorway just before."""
        if self._scene.in_doorway(stand.point):
            return True
        if not self._within(stand.point):
            return False
        floor = self._scene.floor
        if floor is None:
            return stand.depth < REACH_OF_BOX * self._box.height
        along = min(max(self._scene.threshold.along(stand.point), 0.0), 1.0)
        start, end = self._scene.threshold.start, self._scene.threshold.end
        nearest = Point(start.x + along * (end.x - start.x), start.y + along * (end.y - start.y))
        (x, y), (u, v) = floor.to_floor(stand.point), floor.to_floor(nearest)
        return (x - u) ** 2 + (y - v) ** 2 < REACH_METRES**2


def passed_at(at: Micros, depth: float, then: Micros, beyond: float) -> Micros:
    """When somebody passed the threshold who was at `depth` on one side and `then` on the other: when first seen there, as a rule.

    Who was not seen for a while on the way is taken to have walked evenly.
    """
    if then - at <= _UNWATCHED:
        return then
    return at + round((then - at) * abs(depth) / max(abs(depth) + abs(beyond), 1.0))


def _between(a: _Stand, b: _Stand) -> Point:
    """Where the straight way from one stand to the other meets the threshold."""
    share = abs(a.depth) / (abs(a.depth) + abs(b.depth)) if a.depth != b.depth else 0.0
    return Point(a.point.x + share * (b.point.x - a.point.x), a.point.y + share * (b.point.y - a.point.y))
