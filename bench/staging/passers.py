"""Scripts in which people are near a door and hardly anybody goes through: what must never be told as an entry or an exit."""

import random
from collections.abc import Callable

from staging.entrances import wide_angle
from staging.stage import Camera
from staging.writing import Doors, Kind, Walk, Writer, Written


def _crowd(w: Writer, count: int, begin: float = 1.0) -> list[Walk]:
    """So many pass by along the wall, both ways, some close to the door."""
    chance, walks = w.chance, []
    for number in range(count):
        way, y = chance.choice((-1, 1)), -chance.uniform(0.35, 1.7)
        start, took = begin + 1.3 * number + chance.uniform(0, 0.8), 7.0 / chance.uniform(0.9, 1.6)
        stops = ((start, -3.5 * way, y), (start + took, 3.5 * way, y - chance.uniform(-0.15, 0.3)))
        walks.append(w.somebody(stops, other=walks[-1] if walks else None))
    return walks


def _crowd_passes(w: Writer) -> Written:
    return tuple(_crowd(w, w.chance.choice((4, 5, 6)))), 0


def _passes_outside(w: Writer) -> Written:
    """Some pass on the other side, seen through the open door alone, one of them close to it."""
    chance, walks = w.chance, []
    for number in range(3):
        way, y = chance.choice((-1, 1)), chance.uniform(0.3, 1.6)
        start, took = 1.0 + 1.6 * number, 5.0 / chance.uniform(0.9, 1.6)
        stops = ((start, -2.5 * way, y), (start + took, 2.5 * way, y))
        walks.append(w.somebody(stops, other=walks[-1] if walks else None))
    return tuple(walks), 0


def _looks_in(w: Writer) -> Written:
    """One comes to the open door, looks in from the threshold's edge, and goes."""
    x, y = w.chance.uniform(-0.25, 0.25), w.chance.uniform(0.15, 0.35)
    stops = ((1.0, x + 0.3, 2.2), (3.2, x, y), (5.5, x, y), (8.0, x + 0.4, 2.2))
    return (w.somebody(stops),), 0


def _turns_away(w: Writer) -> Written:
    """One walks up to the door from inside, finds it is the wrong one, and walks back."""
    x, y = w.chance.uniform(-0.3, 0.3), -w.chance.uniform(0.25, 0.4)
    stops = ((1.0, x + 1.0, -2.6), (3.2, x, y), (4.2, x, y), (7.0, x - 1.2, -2.6))
    return (w.somebody(stops),), 0


def _one_in_crowd(w: Writer) -> Written:
    """One comes in while others pass by in front of the camera."""
    walks = _crowd(w, 3, begin=1.5)
    return (*walks, w.through(5.0, other=walks[-1])), 1


def _meet_at_door(w: Writer) -> Written:
    """Two pass one another right in front of the door."""
    y, pace = -w.chance.uniform(0.4, 0.8), w.chance.uniform(0.9, 1.4)
    took = 7.0 / pace
    first = w.somebody(((2.0, -3.5, y), (2.0 + took, 3.5, y)))
    second = w.somebody(((2.0, 3.5, y - 0.35), (2.0 + took, -3.5, y - 0.35)), other=first)
    return (first, second), 0


PASSERS: dict[str, tuple[Kind, Callable[[random.Random], Camera] | None, Doors]] = {
    "crowd passes": (_crowd_passes, None, Doors()),
    "crowd passes, wide angle": (_crowd_passes, wide_angle, Doors()),
    "passes outside": (_passes_outside, None, Doors()),
    "looks in": (_looks_in, None, Doors()),
    "turns away": (_turns_away, None, Doors()),
    "one in as others pass": (_one_in_crowd, None, Doors()),
    "meet at the door": (_meet_at_door, None, Doors()),
}
