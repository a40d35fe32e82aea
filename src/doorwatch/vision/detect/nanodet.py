"""NanoDet: each cell gives its distance to the four sides as a distribution over a few bins."""

import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, fit, planes
from doorwatch.vision.detect.yolox import cells

_CLASSES = 80
_MEAN = np.array([103.53, 116.28, 123.675], np.float32).reshape(1, 3, 1, 1)
_SPREAD = np.array([57.375, 57.12, 58.395], np.float32).reshape(1, 3, 1, 1)
_STRIDES = {8: (8, 16, 32, 64), 11: (8, 16, 32)}
_SHIFT = {8: 0.0, 11: 0.5}
"""By number of bins: the Plus family points at a cell's corner, the older one at its middle."""


class NanoDet(Network):
    """Blue first, normalised, letterboxed with the mean into the network's square."""

    layout = "one output [1, N, 112] (Plus) or [1, N, 124]"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = self._fixed(416)
        fitted, scale = fit(picture, width, height, 0)
        fed = (planes(fitted) - _MEAN) / _SPREAD
        fed[:, :, round(picture.shape[0] * scale) :] = 0
        fed[:, :, :, round(picture.shape[1] * scale) :] = 0
        return fed, (1 / scale, 1 / scale)

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        rows = self._one(outputs, 3, None)[0]
        bins = (rows.shape[1] - _CLASSES) // 4
        if bins not in _STRIDES or rows.shape[1] != _CLASSES + 4 * bins:
            raise self._wrong(f"gives {rows.shape[1]} columns")
        places, strides = cells(fed.shape[2], fed.shape[3], _STRIDES[bins])
        if len(rows) != len(places):
            raise self._wrong(f"gives {len(rows)} cells for {len(places)}")
        scores = rows[:, kind]
        kept = scores >= self.profile.low_threshold
        logits = rows[kept, _CLASSES:].reshape(-1, 4, bins)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        sides = (weights @ np.arange(bins, dtype=np.float32)) / weights.sum(axis=2) * strides[kept]
        point = (places[kept] + _SHIFT[bins]) * strides[kept]
        boxes = np.concatenate([point - sides[:, :2], point + sides[:, 2:]], axis=1) * scale[0]
        return boxes.astype(np.float32), scores[kept]
