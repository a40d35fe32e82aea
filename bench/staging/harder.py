"""Scripts that are harder than an ordinary door, beside those of bench/staging/scripts.py: who means not to be seen, and other cameras."""

import random
from collections.abc import Callable

from staging.stage import Camera
from staging.writing import SIZES, Kind, Writer, Written


def steep(chance: random.Random) -> Camera:
    """A camera near the door that looks down at it."""
    return Camera(
        (chance.uniform(-0.8, 0.8), -chance.uniform(2.2, 3.2), chance.uniform(2.9, 3.6)),
        (chance.uniform(-0.2, 0.2), -0.6, chance.uniform(0.6, 0.9)),
        chance.uniform(85, 100),
        chance.choice(SIZES),
        chance.uniform(-4, 4),
    )


def corridor(chance: random.Random) -> Camera:
    """A camera at the end of a corridor that looks straight at the door, through a longer lens."""
    return Camera(
        (chance.uniform(-0.5, 0.5), -chance.uniform(8, 11), chance.uniform(2.2, 2.7)),
        (chance.uniform(-0.2, 0.2), -1.5, chance.uniform(0.8, 1.2)),
        chance.uniform(32, 42),
        chance.choice(SIZES),
    )


def _close_behind(w: Writer) -> Written:
    """One right behind the other, in step."""
    pace, x = w.chance.uniform(0.9, 1.4), w.chance.uniform(-0.15, 0.15)
    first = w.through(5.0, x, pace=pace)
    return (first, w.through(5.0 + w.chance.uniform(0.4, 0.7) / pace, x + 0.1, pace=pace, other=first)), 1


def _steps_out(w: Writer) -> Written:
    """One steps out, stays in sight, and comes back."""
    x = w.chance.uniform(-0.2, 0.2)
    stops = ((1.0, x + 0.6, -2.4), (3.5, x, 0.01), (4.3, x, 0.9), (5.1, x, 0.9), (6.0, x, 0.0), (8.5, x - 0.6, -2.5))
    return (w.somebody(stops),), 0


def _waits_inside(w: Writer) -> Written:
    """One stands inside and is passed by one who comes in."""
    waits = w.somebody(((0.0, -0.5, -1.2), (12.0, -0.45, -1.25)))
    return (waits, w.through(5.0, 0.1, other=waits)), 1


def _talk(w: Writer) -> Written:
    """Two meet in the doorway, each on their own side, and part again."""
    out, into = w.chance.uniform(0.35, 0.5), -w.chance.uniform(0.4, 0.6)
    first = w.somebody(((1.0, 0.2, 2.2), (3.0, 0.15, out), (8.0, 0.15, out), (10.0, 0.2, 2.2)))
    second = w.somebody(((0.5, 1.0, -2.5), (3.0, -0.15, into), (8.5, -0.15, into), (11.0, 1.0, -2.5)), other=first)
    return (first, second), 0


def _three_close(w: Writer) -> Written:
    """Three who belong together: two side by side, one right behind."""
    pace = w.chance.uniform(0.9, 1.3)
    first = w.through(5.0, -0.3, pace=pace)
    second = w.through(5.1, 0.3, pace=pace, other=first)
    return (first, second, w.through(5.1 + w.chance.uniform(0.6, 0.9) / pace, 0.0, pace=pace, other=second)), 1


def _follows_far(w: Writer) -> Written:
    """One follows as the first one leaves the picture."""
    pace = w.chance.uniform(1.0, 1.5)
    first = w.through(4.0, pace=pace)
    return (first, w.through(4.0 + w.chance.uniform(1.8, 3.2), pace=pace, other=first)), 1


HARDER: dict[str, tuple[Kind, Callable[[random.Random], Camera] | None]] = {
    "close behind": (_close_behind, None),
    "close behind, steep": (_close_behind, steep),
    "steps out": (_steps_out, None),
    "waits inside": (_waits_inside, None),
    "talk": (_talk, None),
    "three close": (_three_close, None),
    "follows, corridor": (_follows_far, corridor),
    "follows, steep": (_follows_far, steep),
}
