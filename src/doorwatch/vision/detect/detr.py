"""Transformer detectors (RT-DETR, D-FINE and kin): a set of boxes that needs no merging.

Two forms of export are read: `labels`, `boxes` and `scores` with a second input for the picture's size, or logits
with boxes as centre and size in shares of the picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.vision.detect.base import Picture
from doorwatch.vision.detect.network import Floats, Network, planes


class Detr(Network):
    """Red first, 0 to 1, stretched to the network's size; classes are counted from 0, a person being the first."""

    layout = "`labels`, `boxes`, `scores` (with a second input of sizes), or logits [1, N, C] and boxes [1, N, 4]"

    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        height, width = self._fixed(640)
        resized = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        return planes(resized, red_first=True) / np.float32(255), (picture.shape[1], picture.shape[0])

    def _feed(self, fed: Floats, picture: Picture) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
        inputs = [given.name for given in self._session.inputs]
        sizes = np.array([[picture.shape[1], picture.shape[0]]], np.int64)
        return {inputs[0]: fed, **({inputs[1]: sizes} if len(inputs) > 1 else {})}

    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        del fed
        if {"labels", "boxes", "scores"} <= set(outputs):
            boxes, scores = outputs["boxes"][0], outputs["scores"][0]
            scores = np.where(outputs["labels"][0] == kind, scores, 0).astype(np.float32)
            if boxes.shape != (len(scores), 4):
                raise self._wrong(f"gives boxes {list(boxes.shape)}")
        else:
            boxes, scores = self._from_logits(list(outputs.values()), scale, kind)
        kept = scores >= self.profile.low_threshold
        return boxes[kept].astype(np.float32), scores[kept]

    def _from_logits(
        self, outputs: list[Floats], scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        shaped = [value for value in outputs if value.ndim == 3]
        shares = next((value for value in shaped if value.shape[2] == 4), None)
        logits = next((value for value in shaped if value is not shares), None)
        if shares is None or logits is None or logits.shape[:2] != shares.shape[:2]:
            raise self._wrong(f"gives {[list(value.shape) for value in outputs]}")
        if kind >= logits.shape[2]:
            return np.empty((0, 4), np.float32), np.empty(0, np.float32)  # a network of people alone
        scores = 1 / (1 + np.exp(-logits[0, :, kind]))
        middle, half = shares[0, :, :2], shares[0, :, 2:] / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1) * np.array([*scale, *scale], np.float32)
        return boxes.astype(np.float32), scores.astype(np.float32)
