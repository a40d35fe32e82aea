"""What happens in the rooms of bench/staging/stage.py: the kinds of scripts, each made by a seed alone."""

import math
import random
from collections.abc import Iterator, Sequence

from staging.cast import Actor
from staging.entrances import ENTRANCES
from staging.harder import HARDER
from staging.passers import PASSERS
from staging.writing import Kind, Script, Walk, Writer, Written


def scripts(actors: Sequence[Actor], count: int, seed: int) -> Iterator[Script]:
    """As many scripts as asked for, of all kinds in turn. The same seed and actors give the same."""
    kinds = [*DOORS, *HALLS, *HARDER, *ENTRANCES, *PASSERS]
    placed = ENTRANCES | PASSERS
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        kind = kinds[number % len(kinds)]
        name = f"staged {seed}-{number:02} {kind}"
        writer = Writer(chance, actors)
        if kind in DOORS:
            yield writer.door(name, DOORS[kind])
        elif kind in HARDER:
            yield writer.door(name, *HARDER[kind])
        elif kind in placed:
            yield writer.door(name, *placed[kind])
        else:
            yield writer.hall(name, HALLS[kind])


def _one_in(w: Writer) -> Written:
    return (w.through(5.0),), 1


def _one_out(w: Writer) -> Written:
    return (w.through(5.0, way=-1),), 0


def _follows(w: Writer) -> Written:
    gap, pace = w.chance.uniform(0.5, 3.0), w.chance.uniform(0.9, 1.5)
    first = w.through(5.0, pace=pace)
    return (first, w.through(5.0 + gap, pace=pace, other=first)), w.chance.choice((1, 2))


def _beside(w: Writer) -> Written:
    pace = w.chance.uniform(0.9, 1.4)
    first = w.through(5.0, -0.3, pace=pace)
    return (first, w.through(5.0 + w.chance.uniform(0, 0.25), 0.3, pace=pace, other=first)), w.chance.choice((1, 2))


def _in_and_out(w: Writer) -> Written:
    first = w.through(5.0, -0.28)
    return (first, w.through(5.0 + w.chance.uniform(-0.5, 0.8), 0.28, way=-1, other=first)), 1


def _turns_back(w: Writer) -> Written:
    x = w.chance.uniform(-0.2, 0.2)
    stops = ((2.5, x, 2.2), (5.0, x, -0.01), (6.2, x, -1.2), (7.0, x, -1.2), (8.2, x, -0.01), (10.2, x, 2.2))
    return (w.somebody(stops),), 1


def _stands(w: Writer) -> Written:
    x, deep = w.chance.uniform(-0.15, 0.15), w.chance.choice((0.35, 0.3, -0.5))
    stops = ((1.0, x, 2.2), (2.8, x, deep), (9.0, x, deep), (11.5, x + 0.5, -2.4))
    return (w.somebody(stops),), 1


def _slips_in(w: Writer) -> Written:
    first = w.through(5.0, -0.2, way=-1)
    return (first, w.through(5.0 + w.chance.uniform(0.9, 2.0), 0.2, other=first)), 0


def _four(w: Writer) -> Written:
    pace, walks, at = w.chance.uniform(0.9, 1.4), [w.through(5.0)], 5.0
    for _ in range(w.chance.choice((2, 3))):
        at += w.chance.uniform(0.8, 1.7)
        walks.append(w.through(at, pace=pace, other=walks[-1]))
    return tuple(walks), w.chance.choice((1, 2))


def _with_child(w: Writer) -> Written:
    pace = w.chance.uniform(0.8, 1.2)
    first = w.through(5.0, -0.25, pace=pace)
    return (first, w.through(5.2, 0.3, pace=pace, tall=w.chance.uniform(1.1, 1.35), other=first)), 2


def _with_trolley(w: Writer) -> Written:
    return (w.through(5.0, pace=w.chance.uniform(0.7, 1.1), trolley=True),), 1


def _runs(w: Writer) -> Written:
    return (w.through(4.0, pace=w.chance.uniform(2.2, 3.2), way=w.chance.choice((1, -1))),), 1


def _nobody(_w: Writer) -> Written:
    return (), 1


def _passes_by(w: Writer) -> Written:
    y, way = -w.chance.uniform(0.5, 1.6), w.chance.choice((-1, 1))
    stops = ((1.0, -3.5 * way, y), (7.0, 3.5 * way, y - 0.2))
    return (w.somebody(stops),), 0


def _lingers(w: Writer) -> Written:
    x, y = w.chance.uniform(-0.4, 0.4), -w.chance.uniform(0.25, 0.5)
    stops = ((1.0, 2.5, -2.6), (4.0, x, y), (8.0, x + 0.1, y - 0.1), (10.5, -2.5, -2.6))
    return (w.somebody(stops),), 0


def _over_the_line(w: Writer) -> Written:
    walks: list[Walk] = []
    for number in range(w.chance.choice((2, 3, 4))):
        start, way = 2.0 + 1.4 * number, w.chance.choice((-1, 1))
        a, b = (w.chance.uniform(-1.2, 1.2), 2.5), (w.chance.uniform(-1.2, 1.2), -2.4)
        a, b = (a, b) if way > 0 else (b, a)
        took = math.dist(a, b) / w.chance.uniform(0.8, 1.6)
        walks.append(w.somebody(((start, *a), (start + took, *b)), other=walks[-1] if walks else None))
    return tuple(walks), 0


def _beside_the_line(w: Writer) -> Written:
    """Nobody crosses: one walks along the line, one stands near it."""
    stops = ((1.0, -2.5, -0.5), (6.0, 2.5, -0.6))
    first = w.somebody(stops)
    return (first, w.somebody(((0.0, 0.5, 1.2), (8.0, 0.7, 1.0)), other=first)), 0


DOORS: dict[str, Kind] = {
    "one in": _one_in,
    "follows": _follows,
    "one out": _one_out,
    "side by side": _beside,
    "in and out": _in_and_out,
    "turns back": _turns_back,
    "stands": _stands,
    "slips in": _slips_in,
    "several": _four,
    "with a child": _with_child,
    "with a trolley": _with_trolley,
    "runs": _runs,
    "nobody": _nobody,
    "passes by": _passes_by,
    "lingers": _lingers,
}
HALLS: dict[str, Kind] = {"over the line": _over_the_line, "beside the line": _beside_the_line}
