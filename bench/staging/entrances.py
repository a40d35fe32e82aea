"""Scripts at other entrances and cameras than those of bench/staging/scripts.py: wide doors that slide, a crowd, a camera right opposite, a wide lens."""

import random
from collections.abc import Callable

from staging.harder import steep
from staging.stage import SLIDES, Camera
from staging.writing import SIZES, Doors, Kind, Writer, Written


def opposite(chance: random.Random) -> Camera:
    """A low camera right opposite of the door: whoever follows is hidden behind the first."""
    return Camera(
        (chance.uniform(-0.25, 0.25), -chance.uniform(4.0, 6.0), chance.uniform(2.2, 2.6)),
        (0.0, -0.7, chance.uniform(0.8, 1.1)),
        chance.uniform(55, 75),
        chance.choice(SIZES),
    )


def wide_angle(chance: random.Random) -> Camera:
    """A camera near the door with a lens that sees the whole room."""
    return Camera(
        (chance.uniform(-1.6, 1.6), -chance.uniform(2.6, 3.6), chance.uniform(2.3, 2.9)),
        (chance.uniform(-0.3, 0.3), -0.7, chance.uniform(0.7, 1.0)),
        chance.uniform(100, 115),
        chance.choice(SIZES),
        chance.uniform(-4, 4),
    )


def _five(w: Writer) -> Written:
    """Five go through one opening, as a group does: neither in a row nor in step."""
    chance, at, walks = w.chance, 5.0, [w.through(5.0, -0.25)]
    for number in range(4):
        at += chance.uniform(0.45, 1.0)
        x = (0.25, -0.2, 0.3, 0.0)[number] + chance.uniform(-0.08, 0.08)
        walks.append(w.through(at, x, pace=chance.uniform(0.9, 1.4), other=walks[-1]))
    return tuple(walks), chance.choice((1, 2, 5))


def _three_abreast(w: Writer) -> Written:
    """Two side by side through a wide door, as one comes out beside them."""
    pace = w.chance.uniform(0.9, 1.4)
    first = w.through(5.0, -0.65, pace=pace)
    second = w.through(5.0 + w.chance.uniform(0, 0.4), 0.0, pace=pace, other=first)
    return (first, second, w.through(5.0 + w.chance.uniform(-0.4, 0.6), 0.65, way=-1, other=second)), 1


def _follows(w: Writer) -> Written:
    pace = w.chance.uniform(0.9, 1.4)
    first = w.through(5.0, pace=pace)
    return (first, w.through(5.0 + w.chance.uniform(0.7, 2.0), pace=pace, other=first)), 1


def _trolley_followed(w: Writer) -> Written:
    """Somebody pushes a trolley in, and another one uses the open door."""
    pace = w.chance.uniform(0.7, 1.0)
    first = w.through(5.0, -0.15, pace=pace, trolley=True)
    return (first, w.through(5.0 + w.chance.uniform(1.0, 2.0), 0.2, pace=pace, other=first)), 1


WIDE = Doors(width=(1.8, 2.2), leaves=(SLIDES,))

ENTRANCES: dict[str, tuple[Kind, Callable[[random.Random], Camera] | None, Doors]] = {
    "five at once": (_five, None, Doors()),
    "three abreast, sliding": (_three_abreast, None, WIDE),
    "follows, sliding": (_follows, None, WIDE),
    "follows, opposite": (_follows, opposite, Doors()),
    "follows, wide angle": (_follows, wide_angle, Doors()),
    "trolley followed": (_trolley_followed, None, Doors()),
    "trolley followed, steep": (_trolley_followed, steep, Doors()),
}
