"""YOLOX: a raw grid of cells at three scales, each with an offset, a size, and how sure it is of what."""

import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, fit, planes

_STRIDES = (8, 16, 32)


def cells(height: int, width: int, strides: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Column and row of every cell, row by row and scale by scale (N x 2), and its stride (N x 1)."""
    places, sizes = [], []
    for stride in strides:
        rows, columns = np.mgrid[: -(-height // stride), : -(-width // stride)]
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        sizes.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(sizes).astype(np.float32)


class Yolox(Network):
    """Blue first, 0 to 255, letterboxed with grey into the network's square."""

    layout = "one output [1, N, 85], N cells of stride 8, 16 and 32"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = self._fixed(416)
        fitted, scale = fit(picture, width, height, 114)
        return planes(fitted), (1 / scale, 1 / scale)

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        rows = self._one(outputs, 3, 85)[0]
        places, strides = cells(fed.shape[2], fed.shape[3], _STRIDES)
        if len(rows) != len(places):
            raise self._wrong(f"gives {len(rows)} cells for {len(places)}")
        scores = rows[:, 4] * rows[:, 5 + kind]
        kept = scores >= self.profile.low_threshold
        middle = (rows[kept, :2] + places[kept]) * strides[kept]
        half = np.exp(np.minimum(rows[kept, 2:4], 10)) * strides[kept] / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1) * scale[0]
        return boxes.astype(np.float32), scores[kept]
