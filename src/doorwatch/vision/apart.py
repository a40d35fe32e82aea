"""Two who came through as one: somebody comes to light beside a person who crossed a moment ago, where nobody was before.

One behind the other they are one box in the doorway; later their ways part. Whoever then begins to be seen out of the
other's box, away from the picture's edge, while nobody is missed there, most likely crossed along. That is said inside of
a doorway alone: who comes to light outside may have come to the door from anywhere, and at a line across a hall from both
sides. Like every suspicion it is told with the crossing, never counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.vision.detect.base import Box
from doorwatch.vision.track import Track, overlap

TOGETHER: Micros = 3 * SECOND
"""How long after a crossing two who came through together may go on as one."""

SEEN: Micros = 400 * MILLISECOND
"""How long somebody has to be seen beside the other to be a person of their own: a torso found apart comes and goes."""

_TWO = 0.35
"""Overlap up to which two boxes are two people."""

_ALIKE = 0.6
_GAP = 0.1
"""How far beside the other's box somebody may come to light, in heights."""


@dataclass(frozen=True, slots=True)
class _Came:
    """A crossing to the inside that was told: by which track, and when."""

    crossing_id: str
    number: int
    at: Micros


@dataclass(slots=True)
class _Beside:
    """Somebody who came to light beside one who crossed, and since when the two were seen side by side."""

    number: int
    came: _Came
    since: Micros | None = None


class ComeApart:
    """One camera's people who may have come through behind somebody."""

    def __init__(self) -> None:
        self._came: list[_Came] = []
        self._beside: list[_Beside] = []

    def crossed(self, crossing_id: str, number: int, at: Micros, *, into: bool) -> None:
        """A track crossed, `into` the room of a doorway or not; whoever crosses is counted and is no suspicion any more."""
        self._beside = [one for one in self._beside if one.number != number]
        if into:
            self._came.append(_Came(crossing_id, number, at))

    def begun(self, track: Track, birth: Box, there: Sequence[Track], missed: Callable[[Track, int], bool]) -> None:
        """Somebody began to be seen, first in the box `birth`; `there` is everybody seen now or looked for.

        `missed` says of a track, and the number of one that is left out, whether that person was lost there before: of two
        close together the one who crossed may be looked for just now.
        """
        boxes = {other.number: other.box for other in there}
        for came in reversed(self._came):
            other = boxes.get(came.number)
            if came.number != track.number and other and _out_of(birth, other):
                if not missed(track, came.number):
                    self._beside.append(_Beside(track.number, came))
                return

    def observe(self, at: Micros, seen: Sequence[Track], unexplained: Callable[[Track], bool]) -> tuple[str, ...]:
        """Take one frame's tracks; the crossings with which one more person seems to have come.

        `unexplained` says of a track whether that person is known to be inside, and is nobody who was lost there.
        """
        self._came = [came for came in self._came if at - came.at < TOGETHER]
        tracks = {track.number: track for track in seen}
        found = []
        for one in list(self._beside):
            track, first = tracks.get(one.number), tracks.get(one.came.number)
            if track is None or first is None:
                continue
            box, other = track.box, first.box
            if overlap(box, other) > _TWO or not _ALIKE < box.height / max(other.height, 1.0) < 1 / _ALIKE:
                one.since = None
            elif one.since is None:
                one.since = at
            elif at - one.since >= SEEN and unexplained(track):
                found.append(one.came.crossing_id)
                self._beside.remove(one)
        self._beside = [one for one in self._beside if at - one.came.at < 2 * TOGETHER]
        return tuple(found)


def _out_of(birth: Box, other: Box) -> bool:
    """Whether a first box is partly in somebody's box or right beside it, and about as large."""
    gap = max(birth.x1, other.x1) - min(birth.x2, other.x2)
    below = min(birth.y2, other.y2) - max(birth.y1, other.y1)
    alike = _ALIKE < birth.height / max(other.height, 1.0) < 1 / _ALIKE
    return alike and gap < _GAP * other.height and below > 0.5 * min(birth.height, other.height)
