"""Exports of the YOLOv8 shape: one column per candidate, four numbers of box and then a score per class."""

import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, fit, planes


class YoloV8(Network):
    """Red first, 0 to 1, letterboxed with grey. Bring your own file; its licence is yours to observe."""

    layout = "one output [1, 84, N]: centre, size, 80 class scores"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = self._fixed(640)
        fitted, scale = fit(picture, width, height, 114)
        return planes(fitted, red_first=True) / np.float32(255), (1 / scale, 1 / scale)

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        del fed
        columns = self._one(outputs, 3, 84, axis=1)[0]
        scores = columns[4 + kind]
        kept = scores >= self.profile.low_threshold
        middle, half = columns[:2, kept].T, columns[2:4, kept].T / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1) * scale[0]
        return boxes.astype(np.float32), scores[kept]
