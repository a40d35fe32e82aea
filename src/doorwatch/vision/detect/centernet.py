"""CenterNet: a map of how likely each cell is the middle of a person, and a map of the four distances to the sides."""

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, fit, planes

_WIDTH = 416
_CELL = 4


class CenterNet(Network):
    """Red first, 0 to 255; 416 pixels wide and as high as the picture's shape needs, in steps of 32."""

    layout = "`heat` [1, 80, h/4, w/4] and `wh` [1, 4, h/4, w/4]"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = picture.shape[:2]
        if isinstance(self._shape[2], int) and isinstance(self._shape[3], int):
            rows, columns = self._shape[2], self._shape[3]
        elif height > width:
            rows, columns = _WIDTH, max(32, -(-_WIDTH * width // (height * 32)) * 32)
        else:
            rows, columns = max(32, -(-_WIDTH * height // (width * 32)) * 32), _WIDTH
        fitted, scale = fit(picture, columns, rows, 0)
        return planes(fitted, red_first=True), (1 / scale, 1 / scale)

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float]
    ) -> tuple[Floats, NDArray[np.float32]]:
        cells = (fed.shape[2] // _CELL, fed.shape[3] // _CELL)
        heat, sides = outputs.get("heat"), outputs.get("wh")
        if heat is None or sides is None or heat.shape[2:] != cells or sides.shape != (1, 4, *cells):
            raise self._wrong(f"gives {[list(value.shape) for value in outputs.values()]}")
        person = np.ascontiguousarray(heat[0, 0])
        peaks = cv2.dilate(person, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((person >= self.profile.low_threshold) & (person == peaks))
        left, top, right, bottom = sides[0][:, rows, columns]
        x, y = (columns * _CELL).astype(np.float32), (rows * _CELL).astype(np.float32)
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1) * scale[0]
        return boxes.astype(np.float32), person[rows, columns]
