"""CenterNet: a map of how likely each cell is the middle of a person, and a map of the four distances to the sides."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import ENOUGH_TALL, USUAL_LONGEST, Picture
from doorwatch.vision.detect.network import Floats, Network, fit, planes

_CELL = 4
_STEP = 32
_FINER = 1.6
"""How many times longer the input's sides become for small people, at most: at 2.6 times the cost."""


class CenterNet(Network):
    """Red first, 0 to 255; 416 pixels at its longer side and as the picture's shape needs, in steps of 32.

    An input may be larger for small people. A picture that is nearly square is no dearer than one of 4:3.
    """

    layout = "`heat` [1, 80, h/4, w/4] and `wh` [1, 4, h/4, w/4]"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        return self._scaled(picture, _usual_scale(picture))

    def _prepare_finely(self, picture: Picture, tall: float) -> tuple[Floats, tuple[float, float]]:
        usual = _usual_scale(picture)
        return self._scaled(picture, min(max(ENOUGH_TALL / tall, usual), _FINER * usual))

    def _scaled(self, picture: Picture, scale: float) -> tuple[Floats, tuple[float, float]]:
        rows, columns = (max(_STEP, math.ceil(round(side * scale) / _STEP) * _STEP) for side in picture.shape[:2])
        if isinstance(self._shape[2], int) and isinstance(self._shape[3], int):
            rows, columns = self._shape[2], self._shape[3]
        fitted, used = fit(picture, columns, rows, 0)
        return planes(fitted, red_first=True), (1 / used, 1 / used)

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        cells = (fed.shape[2] // _CELL, fed.shape[3] // _CELL)
        heat, sides = outputs.get("heat"), outputs.get("wh")
        if heat is None or sides is None or heat.shape[2:] != cells or sides.shape != (1, 4, *cells):
            raise self._wrong(f"gives {[list(value.shape) for value in outputs.values()]}")
        likely = np.ascontiguousarray(heat[0, kind])
        peaks = cv2.dilate(likely, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((likely >= self.profile.low_threshold) & (likely == peaks))
        left, top, right, bottom = sides[0][:, rows, columns]
        x, y = (columns * _CELL).astype(np.float32), (rows * _CELL).astype(np.float32)
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1) * scale[0]
        return boxes.astype(np.float32), likely[rows, columns]


def _usual_scale(picture: Picture) -> float:
    height, width = picture.shape[:2]
    usual: float = USUAL_LONGEST / max(height, width)
    return min(usual, USUAL_LONGEST * math.sqrt(0.75 / (height * width)))
