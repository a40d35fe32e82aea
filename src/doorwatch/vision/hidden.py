"""Suspects people whom the camera cannot see: one behind another, or two in one box.

Two cues, both made to be silent on ordinary single people. A box that is much wider for its height than people
usually are in this picture may hold two. A person on the way to the threshold who disappears behind somebody that
then crosses, and does not come to light again, may have crossed along. The suspicion is reported, never counted.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.vision.detect.base import Box
from doorwatch.vision.track import Track, inside

WIDE = 0.78
"""Width over height from which a box is wide whatever the camera; a striding person reaches 0.65."""

WIDER_THAN_USUAL = 1.7
"""And how many times wider than people usually are here."""

BEHIND: Micros = 1500 * MILLISECOND
"""How long before a crossing somebody may have disappeared behind the person who crosses."""

COMES_TO_LIGHT: Micros = 4 * SECOND
"""Somebody who disappeared is looked for this long among those who appear."""

_SPAN: Micros = SECOND
_USUAL_OF = 200
_ENOUGH = 40
_EDGE = 0.03
"""How near to the picture's edge a box may be cut, in heights: a detector puts the cut side a little inside."""


@dataclass(slots=True)
class _Vanished:
    """Somebody who disappeared behind a person: the two tracks, when, and where."""

    number: int
    behind: int
    at: Micros
    box: Box
    found: bool = False


class HiddenPeople:
    """One camera's suspicions."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._shapes: dict[int, deque[tuple[Micros, float]]] = {}
        self._usual: deque[float] = deque(maxlen=_USUAL_OF)
        self._vanished: list[_Vanished] = []
        self._known: set[int] = set()
        self._seen: dict[int, Track] = {}
        self._heading: set[int] = set()

    def observe(self, at: Micros, seen: Sequence[Track], heading: Sequence[int]) -> None:
        """Take one frame's tracks; `heading` are the numbers of those who walk towards a threshold."""
        there = {track.number: track for track in seen if track.confirmed}
        for track in there.values():
            self._shape(at, track)
        for number, track in self._seen.items():
            if number not in there and number in self._heading:
                self._disappeared(at, track, list(there.values()))
        self._come_to_light(at, there)
        self._vanished = [v for v in self._vanished if at - v.at < 2 * COMES_TO_LIGHT]
        self._shapes = {n: s for n, s in self._shapes.items() if s and at - s[-1][0] < COMES_TO_LIGHT}
        self._known = {n for n in self._known | set(there) if n in there or n in self._shapes}
        self._seen, self._heading = there, set(heading)

    def with_track(self, number: int, crossed: Micros) -> int:
        """How many more people may have crossed with this track at that time."""
        unseen = [vanished for vanished in self._behind(number, crossed) if not vanished.found]
        return len(unseen) or int(self._is_wide(number))

    def came_to_light(self, number: int, crossed: Micros) -> bool:
        """Whether all who disappeared behind this track at that crossing were seen again."""
        behind = self._behind(number, crossed)
        return bool(behind) and all(vanished.found for vanished in behind)

    def _behind(self, number: int, crossed: Micros) -> list[_Vanished]:
        return [v for v in self._vanished if v.behind == number and -SECOND // 2 <= crossed - v.at <= BEHIND]

    def _shape(self, at: Micros, track: Track) -> None:
        box = track.box
        width, height = self._size
        edge = max(_EDGE * box.height, 2.5)
        cut = box.x1 <= edge or box.y1 <= edge or box.x2 >= width - edge or box.y2 >= height - edge
        if cut or box.height <= 0:
            return
        shapes = self._shapes.setdefault(track.number, deque())
        shapes.append((at, box.width / box.height))
        while at - shapes[0][0] > _SPAN:
            shapes.popleft()
        self._usual.append(box.width / box.height)

    def _is_wide(self, number: int) -> bool:
        shapes = sorted(shape for _, shape in self._shapes.get(number, ()))
        if len(shapes) < 4:
            return False
        usual = sorted(self._usual)[len(self._usual) // 2] if len(self._usual) >= _ENOUGH else 0.0
        return shapes[len(shapes) // 2] > max(WIDE, WIDER_THAN_USUAL * usual)

    def _disappeared(self, at: Micros, track: Track, there: Sequence[Track]) -> None:
        covering = [other for other in there if inside(track.box, other.box) > 0.5]
        if covering:
            nearest = max(covering, key=lambda other: inside(track.box, other.box))
            self._vanished.append(_Vanished(track.number, nearest.number, at, track.box))

    def _come_to_light(self, at: Micros, there: dict[int, Track]) -> None:
        new = [track for number, track in there.items() if number not in self._known]
        lately = [vanished for vanished in self._vanished if at - vanished.at < COMES_TO_LIGHT]
        for vanished in lately:
            if vanished.number in there:
                vanished.found = True
        for track in new:
            for vanished in lately:
                cover = there.get(vanished.behind)
                near = [vanished.box] + ([cover.box] if cover else [])
                if not vanished.found and any(_apart(track.box, box) < 1.5 * track.box.height for box in near):
                    vanished.found = at >= vanished.at
                    break


def _apart(a: Box, b: Box) -> float:
    return math.hypot((a.x1 + a.x2 - b.x1 - b.x2) / 2, (a.y1 + a.y2 - b.y1 - b.y2) / 2)
