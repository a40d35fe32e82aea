"""A door drawn in numbers, people who walk by timetable, and a counter that watches them."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter, Observation

PROFILE = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)
SIZE = (640, 360)

# The door is at the top, its threshold at y = 150 from x = 250 to x = 350; below it is inside.
MAPPING = {
    "door": "lobby-east",
    "size": list(SIZE),
    "threshold": [[250, 150], [350, 150]],
    "inside": [300, 300],
    "doorway": [[250, 110], [350, 110], [350, 150], [250, 150]],
    "floor": {"corners": [[250, 150], [350, 150], [400, 350], [200, 350]], "size_m": [1.5, 2.5], "tile_m": 0.5},
}
LINE_ONLY = {key: MAPPING[key] for key in ("door", "size", "threshold", "inside")}

Stop = tuple[float, float, float]
"""(seconds, x, y of the feet)"""


@dataclass
class Walker:
    """Somebody who walks straight from stop to stop; before the first and after the last nobody is there."""

    stops: list[Stop]
    hidden: list[tuple[float, float]] = field(default_factory=list)
    weak: list[tuple[float, float]] = field(default_factory=list)
    tall: float = 100
    wide: float = 40
    shape: Callable[[float, Box], Box] | None = None

    def box(self, at: float) -> Box | None:
        if not self.stops[0][0] <= at <= self.stops[-1][0] or any(a <= at < b for a, b in self.hidden):
            return None
        x, y = self.stops[-1][1:]
        for (t0, x0, y0), (t1, x1, y1) in zip(self.stops, self.stops[1:], strict=False):
            if t0 <= at < t1:
                share = (at - t0) / (t1 - t0)
                x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
                break
        score = 0.2 if any(a <= at < b for a, b in self.weak) else 0.9
        box = Box(x - self.wide / 2, y - self.tall, x + self.wide / 2, y, score)
        return self.shape(at, box) if self.shape else box


@dataclass
class Seen:
    """What a counter said of a scene: observations frame by frame, and crossings, the newest of each id."""

    observations: list[Observation]
    crossings: list[Crossing]
    decided: dict[str, float]
    """Crossing id to the second in which it was first told."""

    @property
    def directions(self) -> list[str]:
        return [crossing.direction.value for crossing in self.crossings]


def cut(box: Box) -> Box:
    """What of a box lies in the picture."""
    return Box(max(box.x1, 0), max(box.y1, 0), min(box.x2, SIZE[0] - 1), min(box.y2, SIZE[1] - 1), box.score)


@pytest.fixture
def scene() -> Scene:
    return scene_from_mapping(MAPPING)


@pytest.fixture
def line_only() -> Scene:
    return scene_from_mapping(LINE_ONLY)


@pytest.fixture
def watch(scene):
    def run(
        *walkers: Walker, fps: float = 12.5, scene: Scene = scene, until: float | None = None, pauses: Iterable = ()
    ) -> Seen:
        counter = Counter("cam", [scene], PROFILE)
        end = until if until is not None else max(walker.stops[-1][0] for walker in walkers) + 2
        told: dict[str, Crossing] = {}
        decided: dict[str, float] = {}
        observations = []
        for index in range(int(end * fps) + 1):
            at = index / fps
            if any(a <= at < b for a, b in pauses):
                continue
            boxes = [cut(box) for walker in walkers if (box := walker.box(at)) is not None]
            observation = counter.observe(round(at * SECOND), boxes)
            observations.append(observation)
            for crossing in observation.crossings:
                decided.setdefault(crossing.crossing_id, at)
                told[crossing.crossing_id] = crossing
        for crossing in counter.finish():
            decided.setdefault(crossing.crossing_id, end)
            told[crossing.crossing_id] = crossing
        return Seen(observations, sorted(told.values(), key=lambda c: (c.at, c.crossing_id)), decided)

    return run


@pytest.fixture
def walker() -> type[Walker]:
    return Walker


@dataclass(frozen=True)
class Hall:
    """A camera that hangs 2.8 m high, 5 m inside of a door, with its picture's middle a metre high in the doorway.

    Metres: x along the wall, y outside of it (inside is below 0), z up; the door is 1.2 m wide.
    """

    focal: float = 500.0
    high: float = 2.8
    away: float = 5.0

    def pixel(self, x: float, y: float, z: float = 0.0) -> tuple[float, float]:
        """Where a place is in the picture."""
        tilt = math.atan2(self.high - 1.0, self.away)
        ahead, below = y + self.away, self.high - z
        depth = ahead * math.cos(tilt) + below * math.sin(tilt)
        down = below * math.cos(tilt) - ahead * math.sin(tilt)
        return SIZE[0] / 2 + self.focal * x / depth, SIZE[1] / 2 + self.focal * down / depth

    def scene(self) -> Scene:
        """The door as an installer would draw it."""
        ends = [self.pixel(-0.6, 0), self.pixel(0.6, 0)]
        floor = [self.pixel(-1, -0.1), self.pixel(1, -0.1), self.pixel(1, -2.1), self.pixel(-1, -2.1)]
        return scene_from_mapping(
            {
                "door": "hall",
                "size": list(SIZE),
                "threshold": ends,
                "inside": self.pixel(0, -1),
                "doorway": [*ends, self.pixel(0.6, 0.9), self.pixel(-0.6, 0.9)],
                "floor": {"corners": floor, "size_m": [2.0, 2.0], "tile_m": 0.5},
            }
        )

    def person(self, y: float, *, tall: float = 1.75, down_to: float = 0.0, x: float = 0.0, score: float = 0.9) -> Box:
        """The box of somebody who stands at (x, y) and is seen from the head down to a height."""
        (_, top), (middle, feet) = self.pixel(x, y, tall), self.pixel(x, y)
        half = 0.2 * (feet - top)
        return Box(middle - half, top, middle + half, self.pixel(x, y, down_to)[1], score)


@pytest.fixture
def hall() -> Hall:
    return Hall()
