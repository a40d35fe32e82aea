"""Single-shot detectors whose prior boxes are inside of the graph: `boxes` with `scores`, or rows of seven numbers."""

from collections.abc import Mapping
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.appearance import Carried
from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, planes


class SsdBoxes(Network):
    """Blue first, 0 to 255, stretched to the network's size; coordinates come out as shares of the picture.

    Rows of seven are image, label, score and the corners; the label differs from model to model, so it is not read.
    """

    things: ClassVar[Mapping[Carried, int]] = {}
    layout = "`boxes` [1, N, 4] with `scores` [1, N], or one output [1, 1, N, 7]"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = self._fixed(256)
        resized = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        return planes(resized), (picture.shape[1], picture.shape[0])

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        del fed, kind
        if {"boxes", "scores"} <= set(outputs):
            corners, scores = outputs["boxes"], outputs["scores"]
            if corners.ndim != 3 or corners.shape[2] != 4 or scores.shape != corners.shape[:2]:
                raise self._wrong(f"gives {list(corners.shape)} and {list(scores.shape)}")
            corners, scores = corners[0], scores[0]
        else:
            rows = self._one(outputs, 4, 7)[0, 0]
            corners, scores = rows[:, 3:7], rows[:, 2]
        kept = scores >= self.profile.low_threshold
        return corners[kept] * np.array([*scale, *scale], np.float32), scores[kept]
