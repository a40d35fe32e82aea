"""Pairs of real people, one partly hidden by the other, made out of people who were filmed alone.

A `Passer` is somebody who passes a line with nobody near. Two of them who pass the same line the same way are laid over
one another frame by frame, in step, with a chosen share of the second one hidden: the truth is two people, and how
well the second could be seen is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from staging.mixtures import Clip, background

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box, Picture, Profile
from doorwatch.vision.pipeline import Counter

BEFORE: Micros = 3 * SECOND // 2
AFTER: Micros = 3 * SECOND // 2
"""How much of somebody's way is used, before the line and after it."""

BEHIND = 0.04
"""By how much of a person's height the feet of the one behind are higher in the picture."""

_CHANGED = 22
_MARGIN = 0.12
_SOLID = 0.35
"""Share of the cut-out that must differ from the room: less is somebody who looks like the wall."""

Rows = Sequence[tuple[Micros, int, Sequence[Box]]]


@dataclass(frozen=True)
class Cutout:
    """A person cut out of one picture: the box, the pixels of it with a margin, and which of them are the person."""

    at: Micros
    box: Box
    picture: Picture
    mask: NDArray[np.bool_]
    corner: tuple[int, int]


@dataclass(frozen=True)
class Passer:
    """Somebody who passes a line alone; `cutouts` by the time from the crossing, `packed` the whole pictures."""

    clip: str
    scene: Scene
    crossing: Crossing
    cutouts: tuple[Cutout, ...]
    packed: tuple[bytes, ...]

    def near(self, offset: Micros) -> Cutout | None:
        """The cutout so long after the crossing, give or take half a usual frame."""
        found = min(self.cutouts, key=lambda one: abs(one.at - self.crossing.at - offset), default=None)
        return found if found is not None and abs(found.at - self.crossing.at - offset) < SECOND // 15 else None


def alone(
    rows: Rows, scene: Scene, profile: Profile, size: tuple[int, int]
) -> list[tuple[Crossing, dict[Micros, Box]]]:
    """The crossings of people with nobody near, with their boxes by time, `BEFORE` to `AFTER` the crossing."""
    counter = Counter("alone", [scene], profile, picture=size)
    boxes: dict[Micros, dict[str, Box]] = {}
    crossings: dict[str, Crossing] = {}
    for at, _, found in rows:
        seen = counter.observe(at, found)
        boxes[at] = {person.track: person.box for person in seen.people}
        crossings.update((one.crossing_id, one) for one in seen.crossings)
    crossings.update((one.crossing_id, one) for one in counter.finish())
    weak = {at: found for at, _, found in rows}
    single = []
    for crossing in crossings.values():
        mine = {
            at: there[crossing.track]
            for at, there in boxes.items()
            if crossing.track in there and -BEFORE <= at - crossing.at <= AFTER
        }
        if len(mine) >= 6 and not any(with_company(box, weak[at]) for at, box in mine.items()):
            single.append((crossing, mine))
    return single


def passers(
    clip: Clip, rows: Rows, scenes: Sequence[Scene], profile: Profile, room: Picture | None = None
) -> list[Passer]:
    """Everybody who passes one of the lines alone, cut out of the pictures."""
    room = background(clip) if room is None else room
    found = [(scene, *one) for scene in scenes for one in alone(rows, scene, profile, clip.size)]
    pictures: dict[Micros, bytes] = {}
    cuts: dict[tuple[int, Micros], Cutout] = {}
    for at, picture in clip.shots():
        wanted = [number for number, (_, _, boxes) in enumerate(found) if at in boxes]
        if wanted:
            pictures[at] = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 96])[1].tobytes()
        for number in wanted:
            cuts[number, at] = cut(at, picture, room, found[number][2][at])
    made = []
    for number, (scene, crossing, boxes) in enumerate(found):
        times = sorted(boxes)
        mine = tuple(cuts[number, at] for at in times)
        if np.median([one.mask.mean() for one in mine]) > _SOLID:
            made.append(Passer(clip.name, scene, crossing, mine, tuple(pictures[at] for at in times)))
    return made


def together(front: Passer, behind: Passer, hidden: float, side: int) -> Iterator[tuple[Micros, Picture]]:
    """The pictures of `front` with `behind` walking in step, `hidden` (0 to 1) of the latter's width covered.

    `side` is 1 for to the right, -1 for to the left. Where the second has no picture of that moment, the first is alone.
    """
    for cutout, packed in zip(front.cutouts, front.packed, strict=True):
        picture = np.asarray(cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        other = behind.near(cutout.at - front.crossing.at)
        if other is not None:
            _paste(picture, cutout, other, hidden, side)
        yield cutout.at, picture


def _paste(picture: Picture, front: Cutout, other: Cutout, hidden: float, side: int) -> None:
    """Lay the second person behind the first."""
    scale = front.box.height / other.box.height
    shape = (max(1, round(other.mask.shape[1] * scale)), max(1, round(other.mask.shape[0] * scale)))
    pixels = cv2.resize(other.picture, shape, interpolation=cv2.INTER_LINEAR)
    mask = cv2.resize(other.mask.astype(np.uint8), shape, interpolation=cv2.INTER_NEAREST).astype(bool)
    middle = (front.box.x1 + front.box.x2) / 2 + side * (1 - hidden) * other.box.width * scale
    feet = front.box.y2 - BEHIND * front.box.height
    left = round(middle - ((other.box.x1 + other.box.x2) / 2 - other.corner[0]) * scale)
    top = round(feet - (other.box.y2 - other.corner[1]) * scale)
    cover = np.zeros(picture.shape[:2], bool)
    x, y = front.corner
    cover[y : y + front.mask.shape[0], x : x + front.mask.shape[1]] = front.mask
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + shape[0], picture.shape[1]), min(top + shape[1], picture.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    seen = mask[y1 - top : y2 - top, x1 - left : x2 - left] & ~cover[y1:y2, x1:x2]
    picture[y1:y2, x1:x2][seen] = pixels[y1 - top : y2 - top, x1 - left : x2 - left][seen]


def cut(at: Micros, picture: Picture, room: Picture, box: Box) -> Cutout:
    """A person cut out of a picture by how it differs from the empty room."""
    mx, my = _MARGIN * box.width, 0.5 * _MARGIN * box.height
    x1, y1 = max(round(box.x1 - mx), 0), max(round(box.y1 - my), 0)
    x2, y2 = min(round(box.x2 + mx), picture.shape[1]), min(round(box.y2 + my), picture.shape[0])
    part = picture[y1:y2, x1:x2].copy()
    changed = (cv2.absdiff(part, room[y1:y2, x1:x2]).max(axis=2) > _CHANGED).astype(np.uint8)
    changed = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(closed)
    if outlines:
        cv2.drawContours(whole, [max(outlines, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    return Cutout(at, box, np.asarray(part, np.uint8), whole.astype(bool), (x1, y1))


def with_company(box: Box, others: Sequence[Box]) -> bool:
    """Whether anybody else, however faintly seen, is within a width of a person."""
    w, h = box.width, box.height
    for other in others:
        if other[:4] == box[:4] or _same(other, box):
            continue
        if (
            other.x1 < box.x2 + w
            and other.x2 > box.x1 - w
            and other.y1 < box.y2 + 0.3 * h
            and other.y2 > box.y1 - 0.3 * h
        ):
            return True
    return False


def _same(a: Box, b: Box) -> bool:
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    common = max(width, 0) * max(height, 0)
    return common > 0.45 * (a.width * a.height + b.width * b.height - common)
