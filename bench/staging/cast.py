"""People cut out of clips, to walk elsewhere: an `Actor` is one person's pictures of one walk, with what is not the person left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from staging.mixtures import Clip, background
from staging.pairs import Cutout, cut, with_company

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box, Detector, Picture
from doorwatch.vision.pipeline import Counter

FASTEST = 15.5
"""Pictures a second that are looked at; more give no better people."""

_EDGE = 6.0
_ENOUGH = 8
_SOLID = (0.3, 0.85)
"""Share of the box that is person: less looks like the wall, more took something else along."""
_SPANS = 0.93
_SLIM = 0.62
"""Of the box's height: how much the cut-out spans, and how wide a whole person may be."""


@dataclass(frozen=True)
class Actor:
    """One person: `looks` are the pictures of a walk, each with its mask (0 to 1), feet at the lower edge's middle."""

    name: str
    looks: tuple[tuple[Picture, NDArray[np.float32]], ...]
    step: Micros
    """Time from one look to the next."""

    def look(self, at: Micros) -> tuple[Picture, NDArray[np.float32]]:
        """How the person looks at a time: there and back through the walk, so that no step jumps."""
        last = len(self.looks) - 1
        place = (at // self.step) % max(1, 2 * last)
        return self.looks[place if place <= last else 2 * last - place]


def cast(clip: Clip, detector: Detector) -> list[Actor]:
    """Everybody who walks through a clip with nobody near."""
    room = background(clip)
    counter = Counter("cast", [], detector.profile, picture=clip.size)
    found: dict[str, list[Cutout]] = {}
    for at, picture in _thinned(clip):
        boxes = detector.detect(picture)
        for person in counter.observe(at, boxes).people:
            if _whole(person.box, clip.size) and not with_company(person.box, boxes):
                found.setdefault(person.track, []).append(cut(at, picture, room, person.box))
    return [
        Actor(f"{clip.name} {track}", tuple(_look(one) for one in walk), _step(walk))
        for track, cutouts in found.items()
        if len(walk := _longest(cutouts)) >= _ENOUGH
    ]


def _thinned(clip: Clip) -> Iterator[tuple[Micros, Picture]]:
    last: Micros = -SECOND
    for at, picture in clip.shots():
        if at - last >= SECOND / FASTEST:
            last = at
            yield at, picture


def _whole(box: Box, size: tuple[int, int]) -> bool:
    return box.x1 > _EDGE and box.y1 > _EDGE and box.x2 < size[0] - _EDGE and box.y2 < size[1] - _EDGE


def _good(one: Cutout) -> bool:
    """Whether a cut-out is one whole person: from head to foot, and neither much more nor much less than that."""
    rows = np.flatnonzero(one.mask.any(axis=1))
    solid = _SOLID[0] < one.mask.mean() < _SOLID[1]
    return bool(solid and len(rows) > _SPANS * one.box.height and one.box.width < _SLIM * one.box.height)


def _longest(cutouts: Sequence[Cutout]) -> list[Cutout]:
    """The longest run of good pictures without a hole."""
    best: list[Cutout] = []
    run: list[Cutout] = []
    for one in cutouts:
        good = _good(one)
        if not good or (run and one.at - run[-1].at > SECOND // 4):
            run = []
        if good:
            run.append(one)
        best = max(best, run, key=len) if len(run) > len(best) else best
    return list(best)


def _step(walk: Sequence[Cutout]) -> Micros:
    return max(1, (walk[-1].at - walk[0].at) // (len(walk) - 1))


def _look(one: Cutout) -> tuple[Picture, NDArray[np.float32]]:
    """The person, cut at the lowest and highest pixel; the edge softened so that it does not shimmer."""
    rows = np.flatnonzero(one.mask.any(axis=1))
    left, right = round(one.box.x1) - one.corner[0], round(one.box.x2) - one.corner[0]
    mask = cv2.GaussianBlur(one.mask.astype(np.float32), (3, 3), 0)
    area = slice(rows[0], rows[-1] + 1), slice(max(left - 4, 0), right + 4)
    return np.ascontiguousarray(one.picture[area]), np.ascontiguousarray(mask[area])
