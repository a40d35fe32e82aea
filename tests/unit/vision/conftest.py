"""A door drawn in numbers, people who walk by timetable, and a counter that watches them."""

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
            observation = counter.observe(round(at * SECOND), index, boxes)
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
