"""Decides which frames are worth a detector: something moves near a door, or the PACS said that something will.

Works on the brightness alone, made small, against a slowly following background. The gate stays open for a while
after the last motion and opens for a single frame now and then regardless: a person who stands still does not move.
It never depends on what the detector found.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.vision.detect.base import Picture

HOLD: Micros = 2 * SECOND
"""How long the gate stays open after the last motion."""

LOOK_EVERY: Micros = 3 * SECOND
"""How often one frame passes a closed gate."""

SEARCH_EVERY: Micros = 120_000
"""How often an open gate lets a frame pass: six to ten a second count as well as thirty do, at a third of the cost."""

SETTLE: Micros = 2 * SECOND
"""The background follows a change within about this time."""

_WIDTH = 256
_LEVELS = 14.0
"""Grey levels, of 255, that a pixel must change by."""
_SHARE = 0.0015
_AT_LEAST = 10
"""Pixels of the small picture, or share of the region, that make motion: about a hand at the far end of a lobby."""
_MARGIN = 0.18
"""How far around the door motion counts, as a share of the picture's width."""


class MotionGate:
    """One camera's gate. With scenes, only what moves around their doors counts; without, the whole picture.

    `moved` is when something moved last, None when nothing ever did. `every` is the least time between frames that pass an open gate, give or take a quarter; 0 lets all pass.
    """

    def __init__(self, scenes: Sequence[Scene] = (), *, every: Micros = SEARCH_EVERY) -> None:
        self._every = every
        self._scenes = tuple(scenes)
        self._background: NDArray[np.float32] | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._before: Micros = 0
        self._open_until: Micros | None = None
        self._looked: Micros | None = None
        self.moved: Micros | None = None

    def open_until(self, until: Micros) -> None:
        """Keep the gate open until a time: a grant was given, a door opened."""
        self._open_until = until if self._open_until is None else max(until, self._open_until)

    def wants(self, at: Micros, brightness: Picture) -> bool:
        """Whether this frame (height x width of brightness) is to be searched for people; times rise."""
        if self._moved(at, brightness):
            self.moved = at
            self.open_until(at + HOLD)
        is_open = self._open_until is not None and at <= self._open_until
        due = self._looked is None or at - self._looked >= (0.75 * self._every if is_open else LOOK_EVERY)
        if due:
            self._looked = at
        return due

    def _moved(self, at: Micros, brightness: Picture) -> bool:
        height = max(1, round(_WIDTH * brightness.shape[0] / brightness.shape[1]))
        small = cv2.resize(_nearly(brightness), (_WIDTH, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        if self._background is None or self._background.shape != small.shape:
            self._background, self._before = small, at
            self._mask = region(self._scenes, (_WIDTH, height))
            return True
        passed, self._before = at - self._before, at
        changed = np.abs(small - self._background) > _LEVELS
        share = min(1.0, max(passed, MILLISECOND) / SETTLE)
        self._background += share * (small - self._background)
        if self._mask is not None:
            changed &= self._mask
            area = int(self._mask.sum())
        else:
            area = changed.size
        return int(np.count_nonzero(changed)) >= max(_AT_LEAST, _SHARE * area)


def _nearly(brightness: Picture) -> Picture:
    """The picture's means, by a whole number smaller but not below the gate's width: averaging the rest costs tenfold."""
    by = brightness.shape[1] // _WIDTH
    if by < 2:
        return brightness
    size = brightness.shape[1] // by, brightness.shape[0] // by
    return np.asarray(cv2.resize(brightness, size, interpolation=cv2.INTER_AREA), np.uint8)


def region(scenes: Sequence[Scene], size: tuple[int, int]) -> NDArray[np.bool_] | None:
    """The pixels of a picture of `size` that lie around the scenes' doors; None when that is all of them."""
    if not scenes:
        return None
    mask: Picture = np.zeros((size[1], size[0]), np.uint8)
    for scene in scenes:
        scale = np.array([size[0] / scene.size[0], size[1] / scene.size[1]])
        hull = cv2.convexHull((np.array(_outline(scene)) * scale).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 1)
    wide = 2 * round(_MARGIN * size[0]) + 1
    grown = cv2.dilate(mask, np.ones((wide, wide), np.uint8))
    found: NDArray[np.bool_] = grown.astype(bool)
    return None if found.all() else found


def _outline(scene: Scene) -> list[Point]:
    return [
        scene.threshold.start,
        scene.threshold.end,
        *scene.doorway,
        *(scene.floor.corners if scene.floor else (scene.inside,)),
    ]
