"""The people of bench/staging/cast.py in clothes of known colours: the folds and shadows of what they really wear, dyed.

The colours are of shirts, jackets and trousers as shops show them, several for each name; what Doorwatch calls them has no
part in choosing them.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from staging.cast import Actor
from staging.mixtures import Clip, Shot
from staging.stage import Room, upright
from staging.writing import Script, Writer

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box, Picture

Dye = tuple[int, int, int]
"""Red, green, blue."""

DYES: dict[str, tuple[Dye, ...]] = {
    "black": ((22, 22, 24), (34, 32, 33)),
    "white": ((244, 244, 240), (226, 229, 232)),
    "grey": ((128, 128, 130), (98, 101, 106), (168, 168, 164)),
    "red": ((182, 22, 34), (140, 18, 28), (214, 42, 46)),
    "green": ((22, 108, 52), (64, 132, 62), (10, 128, 112)),
    "blue": ((28, 44, 108), (62, 102, 168), (38, 88, 202), (128, 176, 222)),
    "yellow": ((236, 200, 44), (250, 224, 92)),
    "orange": ((230, 112, 22), (244, 140, 52)),
    "purple": ((92, 32, 112), (132, 82, 162)),
    "brown": ((100, 66, 42), (138, 98, 64), (194, 168, 128)),
    "pink": ((236, 130, 166), (246, 182, 196), (224, 62, 130)),
}
_UPPER, _LOWER = (0.16, 0.53), (0.53, 0.94)
_FROM, _UNTIL = 2.2, 3.2
_ALONE = 4


@dataclass(frozen=True)
class Outfit:
    """What one person wears: the names of the colours above and below the waist, and the dyes."""

    upper: str
    lower: str
    dyes: tuple[Dye, Dye]


@dataclass(frozen=True)
class Dressed:
    """One person in known clothes who passes a door; the clip is no longer than that takes."""

    clip: Clip
    outfit: Outfit
    box: Callable[[Micros], Box | None]
    """Where the person is drawn at a time of the clip, to a twentieth of the height."""


def dressed(actors: Sequence[Actor], seed: int, light: str = "plain") -> Iterator[Dressed]:
    """Everybody once in each dye above the waist, in rooms, directions and dyes below the waist that chance chooses."""
    chance = random.Random(f"clothes {seed}")
    below = [(name, dye) for name, some in DYES.items() for dye in some]
    chance.shuffle(below)
    for number, (name, dye) in enumerate((name, dye) for name, some in DYES.items() for dye in some):
        lower, lower_dye = below[number]
        outfit = Outfit(name, lower, (dye, lower_dye))
        whole = [replace(actor, looks=tuple(_dyed(look, outfit) for look in actor.looks)) for actor in actors]
        writer = Writer(chance, whole)
        way = chance.choice((1, -1))
        script = writer.door(f"clothes {seed}-{number:02} {light}", lambda w, way=way: ((w.through(4.0, way=way),), 1))
        yield Dressed(_lit(script, light), outfit, partial(_drawn, script, random.Random(number)))


def _drawn(script: Script, chance: random.Random, at: Micros) -> Box | None:
    """The box of whoever is drawn, as untidy as a detector's."""
    walk = script.walks[0]
    spot = walk.spot(at / SECOND - _ALONE)
    if spot is None:
        return None
    (x, y), tall, lean = upright(script.room.camera, spot, walk.tall)
    mask = walk.actor.look(at - _ALONE * SECOND)[1]
    wide, aside = tall * mask.shape[1] / mask.shape[0], tall * math.tan(math.radians(lean)) / 2
    x1, y1, x2, y2 = (side + chance.uniform(-0.05, 0.05) * tall for side in (x - wide / 2, y - tall, x + wide / 2, y))
    return Box(x1 + aside, y1, x2 + aside, y2, 0.9)


def _dyed(look: tuple[Picture, NDArray[np.float32]], outfit: Outfit) -> tuple[Picture, NDArray[np.float32]]:
    """A picture of somebody, dyed: as light and dark as before from fold to fold, in other colours."""
    pixels, mask = look
    light = (pixels.astype(np.float32) / 255) ** 2.2
    bright = light @ np.array([0.07, 0.72, 0.21], np.float32)
    made = light.copy()
    height = mask.shape[0]
    for (top, bottom), dye in zip((_UPPER, _LOWER), outfit.dyes, strict=True):
        rows = slice(round(top * height), round(bottom * height))
        there = mask[rows] > 0.5
        if not there.any():
            continue
        usual = max(float(np.median(bright[rows][there])), 0.01)
        fold = (bright[rows] / usual).clip(0.55, 1.5) ** 0.8
        colour = (np.array(dye[::-1], np.float32) / 255) ** 2.2
        made[rows] = fold[:, :, None] * colour
    return np.asarray(255 * made.clip(0, 1) ** (1 / 2.2), np.uint8), mask


def _lit(script: Script, light: str) -> Clip:
    """A clip of the passage, with a few pictures of the empty room before it."""
    known = script.known()
    crossed = known.clip.lines[0].truth[0][0]
    steps = script if light != "steps" else replace(script, steps=True)

    def shots() -> Iterator[Shot]:
        empty, chance = script.room.empty(), np.random.default_rng(script.room.seed + 1)
        for number in range(_ALONE):
            grain = chance.normal(0, 3, empty.shape).astype(np.int16)
            yield number * SECOND, _under(light, script.room, cv2.add(empty, grain, dtype=cv2.CV_8U))
        for at, picture in steps.shots():
            if -_FROM * SECOND <= at - crossed <= _UNTIL * SECOND:
                yield at + _ALONE * SECOND, _under(light, script.room, picture)

    shifted = tuple(
        replace(line, truth=tuple((at + _ALONE * SECOND, way) for at, way in line.truth)) for line in known.clip.lines
    )
    return replace(known.clip, shots=shots, lines=shifted)


def _under(light: str, room: Room, picture: Picture) -> Picture:
    """The picture under another light; of `steps` and `plain` nothing is to be done."""
    level = (picture.astype(np.float32) / 255) ** 2.2
    if light == "shade":
        # A lamp that is out: from somewhere near the door on inwards or outwards, and soft at the edge.
        _, y = room.camera.pixel(0.0, -0.4)
        side = np.linspace(0, picture.shape[0], picture.shape[0])[:, None, None]
        level = level * (0.35 + 0.65 / (1 + np.exp((side - y) / (0.03 * picture.shape[0]))))
    elif light == "warm":
        level = level * np.array([0.62, 0.9, 1.12], np.float32)
    elif light == "cold":
        level = level * np.array([1.15, 1.0, 0.78], np.float32)
    elif light == "dark":
        level = level * 0.18
    elif light == "mirrored":
        return picture
    return np.asarray(255 * level.clip(0, 1) ** (1 / 2.2), np.uint8)


LIGHTS = ("plain", "shade", "steps", "warm", "cold", "dark")
"""As drawn; half of the room in the dark; light that is switched; lamps of two colours; a fifth of the light."""
