"""What happens in the rooms of bench/_stage.py: scripts with exact truth, each made by a seed alone.

A `Walk` is one person's way over the floor. The crossings are where ways pass the threshold; what access control said
follows from the script, and what should be said of it is what the rule says of the true crossings.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from _cast import Actor
from _harder import HARDER, seen_whole
from _mixtures import Clip, Line, Shot
from _stage import Camera, Room, Spot, paste, upright
from _truth import Known, expected_of

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Picture

RATE = 12.5
TOLERANCE: Micros = 600_000
SMALLEST = 0.16
"""Share of the picture's height that people at the door have at least."""

Stop = tuple[float, float, float]
"""Seconds, x and y in metres."""


@dataclass(frozen=True)
class Walk:
    """One person: how tall (m), and the stops between which the way is straight; a trolley is pushed along."""

    actor: Actor
    tall: float
    stops: tuple[Stop, ...]
    trolley: bool = False
    mirrored: bool = False

    def spot(self, seconds: float) -> Spot | None:
        """Where the person stands; None before the first stop and after the last."""
        if not self.stops[0][0] <= seconds <= self.stops[-1][0]:
            return None
        times = [stop[0] for stop in self.stops]
        return (
            float(np.interp(seconds, times, [stop[1] for stop in self.stops])),
            float(np.interp(seconds, times, [stop[2] for stop in self.stops])),
        )

    def crossings(self, half: float) -> Iterator[tuple[Micros, str]]:
        """When the way passes the threshold, and in which direction."""
        for (t0, x0, y0), (t1, x1, y1) in zip(self.stops, self.stops[1:], strict=False):
            if (y0 > 0) != (y1 > 0):
                share = y0 / (y0 - y1)
                if abs(x0 + share * (x1 - x0)) <= half:
                    yield round((t0 + share * (t1 - t0)) * SECOND), "in" if y0 > 0 else "out"


@dataclass(frozen=True)
class Script:
    """A room and what happens in it; `opens` is when the leaf stands open (s)."""

    name: str
    room: Room
    walks: tuple[Walk, ...]
    seconds: float
    grants: int = 0
    opens: tuple[float, float] = (0.0, math.inf)
    steps: bool = False

    def shots(self) -> Iterator[Shot]:
        """The pictures with their times."""
        empty, hole = self.room.empty(), self.room.opening()
        chance = np.random.default_rng(self.room.seed)
        grains = [chance.normal(0, 3, empty.shape).astype(np.int16) for _ in range(5)]
        for index in range(round(self.seconds * RATE)):
            seconds, picture = index / RATE, empty.copy()
            there = [(spot, walk) for walk in self.walks if (spot := walk.spot(seconds)) is not None]
            there.sort(key=lambda one: -one[0][1])
            for spot, walk in there:
                if spot[1] > 0:
                    self._draw(picture, walk, spot, seconds, hole)
            self.room.shut(picture, self._open(seconds))
            for spot, walk in there:
                if spot[1] <= 0:
                    self._draw(picture, walk, spot, seconds, None)
            light = (1.0, 0.65, 1.25)[int(seconds // 4) % 3] if self.steps else 1.0
            grained = cv2.add(cv2.convertScaleAbs(picture, alpha=light), grains[index % len(grains)], dtype=cv2.CV_8U)
            packed = cv2.imencode(".jpg", grained, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
            yield round(seconds * SECOND), np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)

    def known(self) -> Known:
        """The clip with its truth."""
        half = (self.room.door or 3.0) / 2
        truth = tuple(sorted(one for walk in self.walks for one in walk.crossings(half)))
        line = Line(self.room.scene("staged", floor=bool(self.room.door)), truth, TOLERANCE)
        kind = "staged door" if self.room.door else "staged line"
        clip = Clip(self.name, kind, self.room.camera.size, self.shots, (line,))
        if not self.room.door:
            return Known(clip)
        first = min((at for at, way in truth if way == "in"), default=4 * SECOND) / SECOND
        events = [
            {"offset_s": first - 1.5 + 0.2 * n, "event_type": "AccessGranted", "actor_name": f"P{n}"}
            for n in range(self.grants)
        ]
        if math.isfinite(self.opens[1]):
            events += [
                {"offset_s": at, "event_type": what, "actor_name": None}
                for at, what in zip(self.opens, ("DoorOpen", "DoorClose"), strict=True)
            ]
        events.sort(key=lambda event: float(str(event["offset_s"])))
        return Known(clip, tuple(events), expected_of(line, events, self.turning()))

    def turning(self) -> dict[Micros, str]:
        """Whose each crossing is."""
        half = (self.room.door or 3.0) / 2
        return {at: str(number) for number, walk in enumerate(self.walks) for at, _ in walk.crossings(half)}

    def _open(self, seconds: float) -> float:
        opens, closes = self.opens
        return min(max(min((seconds - opens) / 1.0, (closes + 1.2 - seconds) / 1.2), 0.0), 1.0)

    def _draw(self, picture: Picture, walk: Walk, spot: Spot, seconds: float, seen: np.ndarray | None) -> None:  # type: ignore[type-arg]
        pixels, mask = walk.actor.look(round(seconds * SECOND))
        if walk.mirrored:
            pixels, mask = np.ascontiguousarray(pixels[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
        stands = upright(self.room.camera, spot, walk.tall)
        paste(picture, (pixels, mask), stands, seen=seen)
        if walk.trolley:
            before = upright(self.room.camera, (spot[0] + 0.1, spot[1] - 0.55), 1.0)
            paste(picture, _TROLLEY, before, seen=seen)


def _trolley() -> tuple[Picture, np.ndarray]:  # type: ignore[type-arg]
    made: Picture = np.full((100, 70, 3), (120, 115, 110), np.uint8)
    made[8:92:14, 4:66] = (60, 60, 65)
    made[30:80, 10:60] = (70, 110, 160)
    mask = np.zeros((100, 70), np.float32)
    mask[5:92], mask[92:, 8:16], mask[92:, 54:62] = 1.0, 1.0, 1.0
    return made, mask


_TROLLEY = _trolley()


def scripts(actors: Sequence[Actor], count: int, seed: int) -> Iterator[Script]:
    """As many scripts as asked for, of all kinds in turn. The same seed and actors give the same."""
    kinds = [*DOORS, *HALLS, *HARDER]
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        kind = kinds[number % len(kinds)]
        name = f"staged {seed}-{number:02} {kind}"
        writer = _Writer(chance, actors)
        if kind in DOORS:
            yield writer.door(name, DOORS[kind])
        elif kind in HARDER:
            yield writer.door(name, *HARDER[kind])
        else:
            yield writer.hall(name, HALLS[kind])


class _Writer:
    """Writes one script by chance."""

    def __init__(self, chance: random.Random, actors: Sequence[Actor]) -> None:
        self.chance, self._actors = chance, actors

    def door(self, name: str, kind: "Kind", view: Callable[[random.Random], Camera] | None = None) -> Script:
        """A script at a door with access control; `view` hangs the camera otherwise than usual."""
        chance = self.chance
        room = Room(
            self._camera(door=True) if view is None else self._hung(view),
            chance.uniform(0.95, 1.5),
            self._colours(),
            chance.choice((-1, 0, 1)),
            chance.randrange(10**6),
        )
        walks, grants = kind(self)
        half = room.door / 2
        times = [at / SECOND for walk in walks for at, _ in walk.crossings(half)] or [4.0, 6.0]
        end = max([stop[0] for walk in walks for stop in walk.stops] or [11.0]) + 2.5
        opens = (min(times) - 1.8, max(times) + 1.5)
        return Script(name, room, walks, end, grants, opens, not walks)

    def hall(self, name: str, kind: "Kind") -> Script:
        """A script at a line across an open floor."""
        room = Room(self._camera(door=False), 0.0, self._colours(), 0, self.chance.randrange(10**6))
        walks, grants = kind(self)
        return Script(name, room, walks, max(stop[0] for walk in walks for stop in walk.stops) + 2.0, grants)

    def through(
        self, start: float, x: float | None = None, *, way: int = 1, pace: float | None = None, **told: object
    ) -> Walk:
        """Somebody who walks from outside to inside (or back with way -1), at the threshold about `start` seconds on."""
        chance = self.chance
        at = chance.uniform(-0.2, 0.2) if x is None else x
        speed = pace or chance.uniform(0.8, 1.6)
        begin, end = (at + chance.uniform(-0.2, 0.2), 2.2), (at + chance.uniform(-1.6, 1.6), -2.6)
        before, after = math.dist(begin, (at, 0)) / speed, math.dist(end, (at, 0)) / speed
        stops = [(start - before, *begin), (start, at, -0.0001), (start + after, *end)]
        if way < 0:
            stops = [(2 * start - t, a, b) for t, a, b in reversed(stops)]
        return self.somebody(tuple(stops), **told)

    def somebody(
        self, stops: tuple[Stop, ...], *, tall: float | None = None, trolley: bool = False, other: Walk | None = None
    ) -> Walk:
        """A person by chance; not the same as another one."""
        chance = self.chance
        actors = [actor for actor in self._actors if other is None or actor is not other.actor]
        height = chance.uniform(1.55, 1.92) if tall is None else tall
        return Walk(chance.choice(actors), height, stops, trolley, chance.random() < 0.5)

    def _camera(self, *, door: bool) -> Camera:
        """A camera that an installer could leave: it sees the whole door, and people there are not tiny."""
        chance = self.chance
        while True:
            size = chance.choice(((640, 360), (768, 432), (640, 480), (704, 480), (960, 540)))
            at = chance.uniform(-2.8, 2.8), -chance.uniform(3.2, 6.5), chance.uniform(2.2, 3.3)
            looks_at = chance.uniform(-0.5, 0.5), -0.7, chance.uniform(0.6, 1.0)
            camera = Camera(at, looks_at, chance.uniform(55, 85), size, chance.uniform(-4, 4) if door else 0.0)
            corners = [camera.pixel(x, 0.0, z) for x in (-0.8, 0.8) for z in (0.0, 2.1)]
            inside = all(0.03 * size[0] < x < 0.97 * size[0] and 0.0 < y < 0.92 * size[1] for x, y in corners)
            if inside and upright(camera, (0.0, 0.0), 1.7)[1] > SMALLEST * size[1]:
                return camera

    def _hung(self, view: Callable[[random.Random], Camera]) -> Camera:
        while True:
            camera = view(self.chance)
            if seen_whole(camera, SMALLEST):
                return camera

    def _colours(self) -> tuple[tuple[int, int, int], ...]:
        chance = self.chance
        wall, floor, dark = chance.randint(110, 230), chance.randint(60, 190), chance.randint(25, 150)
        warm = chance.randint(-14, 14)
        return (
            (floor - 2 * warm, floor, floor + 2 * warm),
            (wall - warm, wall, wall + warm),
            (dark, dark, dark),
        )


Written = tuple[tuple[Walk, ...], int]
Kind = Callable[[_Writer], Written]


def _one_in(w: _Writer) -> Written:
    return (w.through(5.0),), 1


def _one_out(w: _Writer) -> Written:
    return (w.through(5.0, way=-1),), 0


def _follows(w: _Writer) -> Written:
    gap, pace = w.chance.uniform(0.5, 3.0), w.chance.uniform(0.9, 1.5)
    first = w.through(5.0, pace=pace)
    return (first, w.through(5.0 + gap, pace=pace, other=first)), w.chance.choice((1, 2))


def _beside(w: _Writer) -> Written:
    pace = w.chance.uniform(0.9, 1.4)
    first = w.through(5.0, -0.3, pace=pace)
    return (first, w.through(5.0 + w.chance.uniform(0, 0.25), 0.3, pace=pace, other=first)), w.chance.choice((1, 2))


def _in_and_out(w: _Writer) -> Written:
    first = w.through(5.0, -0.28)
    return (first, w.through(5.0 + w.chance.uniform(-0.5, 0.8), 0.28, way=-1, other=first)), 1


def _turns_back(w: _Writer) -> Written:
    x = w.chance.uniform(-0.2, 0.2)
    stops = ((2.5, x, 2.2), (5.0, x, -0.01), (6.2, x, -1.2), (7.0, x, -1.2), (8.2, x, -0.01), (10.2, x, 2.2))
    return (w.somebody(stops),), 1


def _stands(w: _Writer) -> Written:
    x, deep = w.chance.uniform(-0.15, 0.15), w.chance.choice((0.35, 0.3, -0.5))
    stops = ((1.0, x, 2.2), (2.8, x, deep), (9.0, x, deep), (11.5, x + 0.5, -2.4))
    return (w.somebody(stops),), 1


def _slips_in(w: _Writer) -> Written:
    first = w.through(5.0, -0.2, way=-1)
    return (first, w.through(5.0 + w.chance.uniform(0.9, 2.0), 0.2, other=first)), 0


def _four(w: _Writer) -> Written:
    pace, walks, at = w.chance.uniform(0.9, 1.4), [w.through(5.0)], 5.0
    for _ in range(w.chance.choice((2, 3))):
        at += w.chance.uniform(0.8, 1.7)
        walks.append(w.through(at, pace=pace, other=walks[-1]))
    return tuple(walks), w.chance.choice((1, 2))


def _with_child(w: _Writer) -> Written:
    pace = w.chance.uniform(0.8, 1.2)
    first = w.through(5.0, -0.25, pace=pace)
    return (first, w.through(5.2, 0.3, pace=pace, tall=w.chance.uniform(1.1, 1.35), other=first)), 2


def _with_trolley(w: _Writer) -> Written:
    return (w.through(5.0, pace=w.chance.uniform(0.7, 1.1), trolley=True),), 1


def _runs(w: _Writer) -> Written:
    return (w.through(4.0, pace=w.chance.uniform(2.2, 3.2), way=w.chance.choice((1, -1))),), 1


def _nobody(_w: _Writer) -> Written:
    return (), 1


def _passes_by(w: _Writer) -> Written:
    y, way = -w.chance.uniform(0.5, 1.6), w.chance.choice((-1, 1))
    stops = ((1.0, -3.5 * way, y), (7.0, 3.5 * way, y - 0.2))
    return (w.somebody(stops),), 0


def _lingers(w: _Writer) -> Written:
    x, y = w.chance.uniform(-0.4, 0.4), -w.chance.uniform(0.25, 0.5)
    stops = ((1.0, 2.5, -2.6), (4.0, x, y), (8.0, x + 0.1, y - 0.1), (10.5, -2.5, -2.6))
    return (w.somebody(stops),), 0


def _over_the_line(w: _Writer) -> Written:
    walks: list[Walk] = []
    for number in range(w.chance.choice((2, 3, 4))):
        start, way = 2.0 + 1.4 * number, w.chance.choice((-1, 1))
        a, b = (w.chance.uniform(-1.2, 1.2), 2.5), (w.chance.uniform(-1.2, 1.2), -2.4)
        a, b = (a, b) if way > 0 else (b, a)
        took = math.dist(a, b) / w.chance.uniform(0.8, 1.6)
        walks.append(w.somebody(((start, *a), (start + took, *b)), other=walks[-1] if walks else None))
    return tuple(walks), 0


def _beside_the_line(w: _Writer) -> Written:
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
