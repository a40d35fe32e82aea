"""Whether something moves at a camera's doors, from the brightness of its pictures alone: cheap enough for every frame."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Micros

_ACROSS = 160
_DIFFERENT = 14.0
_SHARE = 0.002
_FEWEST = 6
_MEMORY = 2.0
_MARGIN = 0.2


class Motion:
    """Compares each picture with a slow average of those before it, in the part of the picture around the doors.

    `size` is the picture's (width, height) in pixels. A change of light moves everything, and counts as motion.
    """

    def __init__(self, scenes: Sequence[Scene], size: tuple[int, int]) -> None:
        left, top, right, bottom = _around(scenes, size)
        step = max(1, (right - left) // _ACROSS)
        self._part = (slice(top, bottom, step), slice(left, right, step))
        self._background: NDArray[np.float32] | None = None
        self._at: Micros = 0

    def moved(self, at: Micros, luma: NDArray[np.uint8]) -> bool:
        """Whether this picture (height x width, captured at `at`) differs from those before it; the first one does."""
        small = luma[self._part].astype(np.float32)
        if self._background is None or at < self._at:
            self._background, self._at = small, at
            return True
        difference = small - self._background
        changed = int(np.count_nonzero(np.abs(difference) > _DIFFERENT))
        self._background += difference * (1 - math.exp(-(at - self._at) / SECOND / _MEMORY))
        self._at = at
        return changed >= max(_FEWEST, _SHARE * small.size)


def _around(scenes: Sequence[Scene], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what the scenes are about, with a margin; the whole picture without scenes."""
    width, height = size
    points: list[Point] = []
    for scene in scenes:
        own = [scene.threshold.start, scene.threshold.end, scene.inside, *scene.doorway]
        own += scene.floor.corners if scene.floor is not None else ()
        # People are seen above the floor on which they stand: as high as the threshold is wide, at least.
        lift = max(scene.threshold.length, 0.25 * scene.size[1])
        own += [Point(x, y - lift) for x, y in own]
        sx, sy = width / scene.size[0], height / scene.size[1]
        points += [Point(x * sx, y * sy) for x, y in own]
    if not points:
        return 0, 0, width, height
    dx, dy = _MARGIN * width, _MARGIN * height
    left = max(0, int(min(point.x for point in points) - dx))
    top = max(0, int(min(point.y for point in points) - dy))
    right = min(width, int(max(point.x for point in points) + dx))
    bottom = min(height, int(max(point.y for point in points) + dy))
    if right - left < 16 or bottom - top < 16:
        return 0, 0, width, height
    return left, top, right, bottom
