"""One script of a staged scene: who walks where in a room of bench/staging/stage.py, its pictures and its exact truth.

A `Walk` is one person's way over the floor. The crossings are where ways pass the threshold; what access control said
follows from the script, and what should be said of it is what the rule says of the true crossings.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from staging.cast import Actor
from staging.mixtures import Clip, Line, Shot
from staging.stage import Camera, Room, Spot, paste, upright
from staging.truth import Known, expected_of

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Picture

RATE = 12.5
TOLERANCE: Micros = 600_000
SIZES = ((640, 360), (768, 432), (640, 480), (704, 480), (960, 540))
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


@dataclass(frozen=True)
class Doors:
    """Doors to choose from: how wide (m, from and to), and how they open (`Room.leaf`)."""

    width: tuple[float, float] = (0.95, 1.5)
    leaves: tuple[int, ...] = (-1, 0, 1)


class Writer:
    """Writes one script by chance."""

    def __init__(self, chance: random.Random, actors: Sequence[Actor]) -> None:
        self.chance, self._actors = chance, actors

    def door(
        self,
        name: str,
        kind: "Kind",
        view: Callable[[random.Random], Camera] | None = None,
        doors: Doors = Doors(),
    ) -> Script:
        """A script at a door with access control; `view` hangs the camera otherwise than usual."""
        chance = self.chance
        room = Room(
            self._camera(door=True) if view is None else self._hung(view),
            chance.uniform(*doors.width),
            self._colours(),
            chance.choice(doors.leaves),
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
            size = chance.choice(SIZES)
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
            if _seen_whole(camera, SMALLEST):
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


def _seen_whole(camera: Camera, least: float) -> bool:
    """Whether a camera sees the door's foot and whoever stands in it, not tiny."""
    feet = [camera.pixel(x, 0.0, 0.0) for x in (-0.8, 0.8)]
    head = camera.pixel(0.0, 0.0, 1.9)
    width, height = camera.size
    inside = all(0.03 * width < x < 0.97 * width and 0.0 < y < 0.92 * height for x, y in [*feet, head])
    return inside and upright(camera, (0.0, 0.0), 1.7)[1] > least * height


Written = tuple[tuple[Walk, ...], int]
Kind = Callable[[Writer], Written]
