"""Those who are not seen any more at one camera: who comes to light there later is likelier one of them than somebody new."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from doorwatch.domain.geometry import Point
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.cross import UNSEEN, Passage, Side
from doorwatch.vision.detect.base import Box
from doorwatch.vision.track import Track, Tracker, inside

EXPLAINS: Micros = 5 * SECOND
"""For how long somebody lost inside explains a track that begins nearby."""

_PART = 0.5
"""Share of a box within another one from which on the two may be one person found twice."""

Ways: TypeAlias = Callable[[int], Sequence[Passage]]
"""A track's passages of the camera's thresholds, by the track's number; none when nobody follows it."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """Somebody who was given up: where, when, and on which side of each door."""

    number: int
    at: Micros
    point: Point
    sides: tuple[Side, ...]


class LostPeople:
    """What is remembered of people who are not seen; `number` below is a threshold's place among the camera's."""

    def __init__(self, tracker: Tracker, ways: Ways) -> None:
        self._tracker = tracker
        self._ways = ways
        self._given_up: deque[_Lost] = deque()
        self._again: deque[tuple[Micros, Micros, Box]] = deque()

    def until(self, at: Micros) -> None:
        """Time passes; whoever was given up long ago is forgotten."""
        while self._given_up and at - self._given_up[0].at > EXPLAINS:
            self._given_up.popleft()
        while self._again and at - self._again[0][1] > EXPLAINS:
            self._again.popleft()

    def found_again(self, last: Micros, at: Micros, box: Box) -> None:
        """Somebody who was last seen at `last` is seen again."""
        self._again.append((last, at, box))

    def give_up(self, track: Track, passages: Sequence[Passage]) -> None:
        """A track has ended."""
        last = passages[0].last if passages else None
        if last is not None and track.confirmed:
            self._given_up.append(_Lost(track.number, track.seen, last, tuple(passage.side for passage in passages)))

    def explain(self, begun: Track, number: int, point: Point) -> int | None:
        """The track of whoever was lost inside a moment before a track began here; nobody is seen twice at once."""
        near = 0.6 * begun.box.height
        lost = [(one.number, one.point, one.sides[number]) for one in self._given_up if one.at <= begun.born]
        for track in self._tracker.missing(begun.seen):
            ways = self._ways(track.number)
            if ways and ways[number].last is not None and track.confirmed and track.seen <= begun.born:
                lost.append((track.number, ways[number].last or point, ways[number].side))
        return next(
            (
                who
                for who, place, side in lost
                if side is Side.INSIDE and math.hypot(place.x - point.x, place.y - point.y) < near
            ),
            None,
        )

    def is_back(self, number: int, begun: Track) -> bool:
        """Whether the person of a track is seen beside another one now, which therefore is somebody else."""
        return any(
            track.number == number and inside(begun.box, track.box) < _PART for track in self._tracker.seen(begun.seen)
        )

    def goes_on(self, number: int, at: Micros) -> bool:
        """Whoever was lost goes on as another track and is looked for no more; whether that one was still looked for."""
        self._given_up = deque(one for one in self._given_up if one.number != number)
        looked_for = [track for track in self._tracker.missing(at) if track.number == number]
        for track in looked_for:
            self._tracker.forget(track)
        return bool(looked_for)

    def missed(self, begun: Track, but: int | None = None, heights: float = 1.5) -> bool:
        """Whether anybody but one was lost near a track that has begun within the last seconds, and not outside of all doors."""
        box = begun.box
        here, near = Point((box.x1 + box.x2) / 2, box.y2), heights * box.height
        gone = [(one.number, one.point, one.sides) for one in self._given_up]
        for track in self._tracker.missing(begun.seen):
            if track.confirmed:
                sides = tuple(way.side for way in self._ways(track.number))
                gone.append((track.number, Point((track.box.x1 + track.box.x2) / 2, track.box.y2), sides))
        return any(
            number != but
            and not (sides and all(side is Side.OUTSIDE for side in sides))
            and math.hypot(place.x - here.x, place.y - here.y) < near
            for number, place, sides in gone
        )

    def came_over(self, begun: Track, number: int, there: Point) -> Track | None:
        """Whoever was lost on the other side of a threshold, on the way to it, and now comes to light as this track.

        Nobody when somebody is missing nearby on this side, who is likelier.
        """
        side = self._ways(begun.number)[number].side
        missing = self._tracker.missing(begun.seen)
        lost = [(track, self._ways(track.number)) for track in missing if begun.born - track.seen < UNSEEN]
        known = [(track, ways[number]) for track, ways in lost if ways and track.confirmed]
        if side is Side.UNKNOWN or any(way.side is side and beside(track.box, begun.box) for track, way in known):
            return None
        tall = begun.box.height
        for track, way in known:
            if way.side is not side and way.leads_to(there, (begun.seen - track.seen) / SECOND, tall):
                return track
        return None

    def came_to_light(self, lost: Track, births: Callable[[int], Box | None]) -> bool:
        """Whether somebody began to be seen near a lost track's place since, or was missed then and found again: maybe the same person."""
        begun = [births(track.number) for track in self._tracker.begun_since(lost.seen)]
        begun += [box for last, at, box in self._again if last < lost.seen < at]
        return any(birth is not None and beside(birth, lost.box, 1.5) for birth in begun)


def beside(a: Box, b: Box, heights: float = 1.0) -> bool:
    """Whether the middles of two boxes are within so many heights of the second."""
    return math.hypot((a.x1 + a.x2 - b.x1 - b.x2) / 2, (a.y1 + a.y2 - b.y1 - b.y2) / 2) < heights * b.height
