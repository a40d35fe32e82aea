"""A second look at whoever crossed: the same detector on a few enlarged pictures of that person alone.

In a whole picture a person is some dozen pixels wide for the network, and somebody half hidden behind is not found.
Cut out and enlarged, two people are often told apart. `SecondLooks` follows the tracks and says what is worth
looking at; `Glimpses` stands where the pictures are and keeps small cut-outs of the last moments. The look comes
after the crossing was told and only ever adds a suspicion. Pixels are pixels of the searched picture.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np

from doorwatch.domain.appearance import Appearance, Carried
from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.vision.carrying import Held, carried, held
from doorwatch.vision.clothing import Backdrop, Piece, worn
from doorwatch.vision.detect.base import Box, Detector, Picture, SeesThings, Sight, Thing
from doorwatch.vision.track import Track, inside, overlap

AROUND: tuple[Micros, ...] = (-400 * MILLISECOND, 0, 400 * MILLISECOND)
"""The moments that are looked at, from the crossing: so far apart that arms and legs are elsewhere in each."""

ENOUGH = 2
"""In so many of them a second person must be found. One alone finds more of the pairs, but spoke up at 4 of 28 crossings of
the drawn clips, where nobody was hidden; two did so at 1."""

_NEAR: Micros = 150 * MILLISECOND
_KEEP: Micros = 2 * SECOND
_SPACING: Micros = 100 * MILLISECOND
_MOST_CUTOUTS = 36
_MOST_PEOPLE = 4
_MARGIN = 0.3
_LONGEST = 416
_EDGE, _STRIP = 2.5, 0.33
_PENDING = 16


@dataclass(frozen=True, slots=True)
class Glance:
    """One moment to look at: the person's box, and the boxes of others who are followed and so are counted already."""

    at: Micros
    box: Box
    others: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What is worth a second look for one crossing; at most `len(AROUND)` glances, each one run of the detector."""

    crossing_id: str
    glances: tuple[Glance, ...]

    def to_mapping(self) -> dict[str, Any]:
        """The look as plain lists, to send to another process."""
        glances = [[one.at, list(one.box), [list(other) for other in one.others]] for one in self.glances]
        return {"crossing_id": self.crossing_id, "glances": glances}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Look":
        """The opposite of `to_mapping`."""
        glances = (
            Glance(int(at), Box(*box), tuple(Box(*other) for other in others)) for at, box, others in told["glances"]
        )
        return cls(str(told["crossing_id"]), tuple(glances))


class Seen(NamedTuple):
    """What a second look shows: whether there is one more person, and what whoever crossed carries."""

    second: bool
    carried: frozenset[Carried]


class SecondLooks:
    """What is to be looked at again in one camera's pictures; `scale` leads from its pixels to the tracks' (x, y)."""

    def __init__(self, scale: tuple[float, float] = (1.0, 1.0)) -> None:
        self._scale = scale
        self._seen: deque[tuple[Micros, dict[int, Box]]] = deque()
        self._pending: deque[tuple[str, int, Micros]] = deque(maxlen=_PENDING)

    def crossed(self, crossing_id: str, number: int, at: Micros) -> None:
        """A track crossed; a crowd's oldest are forgotten rather than ever being late."""
        self._pending.append((crossing_id, number, at))

    def observe(self, at: Micros, seen: Sequence[Track]) -> tuple[Look, ...]:
        """Take one frame's tracks; the looks whose last moment has come."""
        self._seen.append((at, {track.number: self._in_picture(track.box) for track in seen if track.confirmed}))
        while at - self._seen[0][0] > _KEEP:
            self._seen.popleft()
        due = [one for one in self._pending if at - one[2] >= AROUND[-1]]
        for one in due:
            self._pending.remove(one)
        looks = (Look(crossing_id, self._glances(number, crossed)) for crossing_id, number, crossed in due)
        return tuple(look for look in looks if len(look.glances) >= ENOUGH)

    def _glances(self, number: int, crossed: Micros) -> tuple[Glance, ...]:
        mine = [(at, boxes) for at, boxes in self._seen if number in boxes]
        chosen: dict[Micros, dict[int, Box]] = {}
        for offset in AROUND:
            at, boxes = min(mine, key=lambda one: abs(one[0] - crossed - offset), default=(0, {}))
            if boxes and abs(at - crossed - offset) <= _NEAR:
                chosen[at] = boxes
        return tuple(
            Glance(at, boxes[number], tuple(box for other, box in boxes.items() if other != number))
            for at, boxes in chosen.items()
        )

    def _in_picture(self, box: Box) -> Box:
        sx, sy = self._scale
        return Box(box.x1 / sx, box.y1 / sy, box.x2 / sx, box.y2 / sy, box.score)


@dataclass(frozen=True, slots=True)
class _Cutout:
    """A person's surroundings: left and top in the picture, and how many of its pixels are one of the cut-out."""

    at: Micros
    box: Box
    left: int
    top: int
    scale: float
    pixels: Picture
    size: tuple[int, int]
    """Width and height of the whole picture."""

    def cut(self, box: Box) -> bool:
        """Whether a box of the cut-out is a strip at one of its sides: what is seen there of somebody beside the person."""
        at_side = box.x1 <= _EDGE or box.x2 >= self.pixels.shape[1] - _EDGE
        return at_side and box.width < _STRIP * box.height


class Glimpses:
    """Small pictures of the people of one camera's last two seconds; a few megabytes at most, never stored."""

    def __init__(self) -> None:
        self._kept: deque[_Cutout] = deque(maxlen=_MOST_CUTOUTS)
        self._backdrop = Backdrop()

    def keep(self, at: Micros, picture: Picture, boxes: Sequence[Box]) -> None:
        """Keep the people of a picture, the surest first; pictures that follow within a tenth of a second are not."""
        self._backdrop.see(at, picture, boxes)
        while self._kept and at - self._kept[0].at > _KEEP:
            self._kept.popleft()
        if self._kept and at - self._kept[-1].at < _SPACING:
            return
        for box in sorted(boxes, key=lambda box: -box.score)[:_MOST_PEOPLE]:
            self._kept.append(_cut(at, picture, box))

    def look(self, detector: Detector, look: Look) -> bool:
        """Whether a second person is found beside the one who crossed. Raises what the detector raises."""
        return self.look_closely(detector, look).second

    def look_closely(self, detector: Detector, look: Look) -> Seen:
        """Whether there is a second person, and what whoever crossed carries, by the same runs of the detector."""
        seconds, things = 0, list[list[Held]]()
        for glance in look.glances[: len(AROUND)]:
            cutout = self._nearest(glance)
            if cutout is not None:
                sight = _sight(detector, cutout)
                seconds += is_second(cutout.box, sight.people, glance.others)
                things.append(held(cutout.box, glance.others, sight.things))
        return Seen(seconds >= ENOUGH, carried(things))

    def worn(self, look: Look) -> Appearance:
        """The colours of what whoever crossed wears."""
        found = ((self._nearest(glance), glance.others) for glance in look.glances[: len(AROUND)])
        pieces = [
            Piece(one.pixels, one.left, one.top, one.scale, one.box, others, one.size)
            for one, others in found
            if one is not None
        ]
        return worn(pieces, self._backdrop)

    def best(self, look: Look) -> Picture | None:
        """The picture of whoever crossed in which the person has the most pixels, with what is around them."""
        found = [one for glance in look.glances[: len(AROUND)] if (one := self._nearest(glance)) is not None]
        best = max(found, key=lambda one: one.box.width * one.box.height * one.scale**2, default=None)
        return None if best is None else best.pixels

    def _nearest(self, glance: Glance) -> "_Cutout | None":
        near = [one for one in self._kept if abs(one.at - glance.at) <= _NEAR and overlap(one.box, glance.box) > 0.5]
        return min(near, key=lambda one: (abs(one.at - glance.at), -overlap(one.box, glance.box)), default=None)


def is_second(own: Box, people: Sequence[Box], others: Sequence[Box]) -> bool:
    """Whether among the people found around `own` is one more, who is none of the `others`.

    As tall as people there are, partly in the own box, and with the middle elsewhere: a torso or a bag is not taken
    for a person, nor the same person found twice, nor what the cut-out leaves of somebody who is followed.
    """
    alike = [box for box in people if 0.6 * own.height < box.height < 1.4 * own.height]
    if not alike:
        return False
    mine = max(alike, key=lambda box: overlap(box, own))
    return any(
        inside(box, own) > 0.15
        and abs(box.x1 + box.x2 - mine.x1 - mine.x2) / 2 > 0.12 * own.width
        and all(overlap(box, other) < 0.3 and inside(box, other) < 0.5 for other in others)
        for box in alike
        if box is not mine
    )


def _cut(at: Micros, picture: Picture, box: Box) -> _Cutout:
    aside, above = _MARGIN * max(box.width, 0.6 * box.height), _MARGIN * box.height / 2
    left, top = int(max(box.x1 - aside, 0)), int(max(box.y1 - above, 0))
    part = picture[top : int(box.y2 + above) + 1, left : int(box.x2 + aside) + 1]
    scale = min(1.0, _LONGEST / max(part.shape[:2]))
    whole = picture.shape[1], picture.shape[0]
    if scale < 1.0:
        size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
        return _Cutout(at, box, left, top, scale, np.asarray(cv2.resize(part, size), np.uint8), whole)
    return _Cutout(at, box, left, top, scale, part.copy(), whole)


def _sight(detector: Detector, cutout: _Cutout) -> Sight:
    """Who and what is surely in a cut-out, in pixels of the picture."""
    pixels, limit = cutout.pixels, detector.profile.threshold
    found = detector.sight(pixels) if isinstance(detector, SeesThings) else Sight(detector.detect(pixels), [])
    people = [_whole(cutout, box) for box in found.people if box.score >= limit and not cutout.cut(box)]
    return Sight(people, [Thing(thing.what, _whole(cutout, thing.box)) for thing in found.things])


def _whole(cutout: _Cutout, box: Box) -> Box:
    """A box of a cut-out in pixels of the picture."""
    x1, y1, x2, y2 = (value / cutout.scale for value in box[:4])
    return Box(x1 + cutout.left, y1 + cutout.top, x2 + cutout.left, y2 + cutout.top, box.score)
