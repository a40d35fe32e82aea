"""What the detectors share: a network that was tried, pictures made to fit, overlapping boxes merged."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.appearance import Carried
from doorwatch.vision.detect.base import Box, DetectorError, Picture, Profile, Sight, Thing
from doorwatch.vision.detect.runtime import open_session

Floats = NDArray[np.float32]

_TRIAL = (288, 512)
"""Height and width of the picture that every network is tried on when it is loaded."""

_PERSON = 0
_COCO = {Carried.BACKPACK: 24, Carried.HANDBAG: 26, Carried.SUITCASE: 28}
"""Which of COCO's 80 classes are what people carry."""


class Network(ABC):
    """A detector whose network is an ONNX file. Subclasses say how pictures go in and how boxes come out.

    The file is tried when it is loaded: one whose shapes do not fit the decoder raises DetectorError at once,
    because a misread output looks exactly like an empty room.
    """

    layout = ""
    """What the outputs look like, for the error that a wrong file gets."""
    things: ClassVar[Mapping[Carried, int]] = _COCO
    """What it knows besides people, by class; empty for a network of people alone."""

    def __init__(self, path: Path, name: str, profile: Profile, *, device: str = "cpu") -> None:
        self.name, self.profile = name, profile
        self._path = path
        self._session = open_session(path, device)
        if not self._session.inputs:
            raise self._wrong("takes no picture")
        first = self._session.inputs[0]
        self._input: str = first.name
        self._shape: list[int | str | None] = first.shape
        self._outputs: list[str] = [output.name for output in self._session.outputs]
        if len(self._shape) != 4 or self._shape[1] != 3:
            raise self._wrong(f"takes {self._shape}")
        self._try(np.full((*_TRIAL, 3), 127, np.uint8))

    def detect(self, picture: Picture, *, tall: float | None = None) -> list[Box]:
        """Boxes of people in pixels of the given picture, best first; see `Detector.detect`."""
        fed, scale = self._prepare(picture) if tall is None else self._prepare_finely(picture, tall)
        boxes, scores = self._decode(self._run(fed, picture), fed, scale, _PERSON)
        return self._boxes(boxes, scores, picture)

    def sight(self, picture: Picture) -> Sight:
        """People, and the things that are as sure as whoever begins a track; see `SeesThings`."""
        fed, scale = self._prepare(picture)
        outputs = self._run(fed, picture)
        found = {kind: self._decode(outputs, fed, scale, kind) for kind in (_PERSON, *self.things.values())}
        boxes = {kind: self._boxes(*decoded, picture) for kind, decoded in found.items()}
        things = [Thing(what, box) for what, kind in self.things.items() for box in boxes[kind]]
        sure = [thing for thing in things if thing.box.score >= self.profile.threshold]
        return Sight(boxes[_PERSON], sorted(sure, key=lambda thing: -thing.box.score))

    def _boxes(self, boxes: Floats, scores: NDArray[np.float32], picture: Picture) -> list[Box]:
        height, width = picture.shape[:2]
        boxes[:, 0::2] = boxes[:, 0::2].clip(0, width - 1)
        boxes[:, 1::2] = boxes[:, 1::2].clip(0, height - 1)
        kept = strongest(boxes, scores, self.profile.nms)
        return [Box(*map(float, (*boxes[i], scores[i]))) for i in kept if _real(boxes[i])]

    def _try(self, picture: Picture) -> None:
        """Search one picture; whatever cannot be read is the file's fault."""
        outputs = self._run(self._prepare(picture)[0], picture)
        if not all(np.isfinite(np.asarray(one, np.float32)).all() for one in outputs.values()):
            raise self._wrong("gives numbers that are none (NaN) for a grey picture")
        try:
            self.detect(picture)
        except (IndexError, ValueError) as error:
            raise self._wrong(f"gives {[list(one.shape) for one in outputs.values()]}") from error

    def _run(self, fed: Floats, picture: Picture) -> dict[str, Floats]:
        try:
            outputs = self._session.run(self._feed(fed, picture))
        except (RuntimeError, ValueError) as error:
            raise self._wrong(f"fails on a picture: {str(error).splitlines()[0]}") from error
        return dict(zip(self._outputs, outputs, strict=True))

    def _feed(self, fed: Floats, _picture: Picture) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
        """What the network is given, by name."""
        return {self._input: fed}

    @abstractmethod
    def _prepare(self, picture: Picture) -> tuple[Floats, tuple[float, float]]:
        """The network's input, and by how much its x and y are multiplied to be pixels of the picture."""

    def _prepare_finely(self, picture: Picture, _tall: float) -> tuple[Floats, tuple[float, float]]:
        """The same for people of a height in pixels of the picture; a network of one size has no choice."""
        return self._prepare(picture)

    @abstractmethod
    def _decode(
        self, outputs: dict[str, Floats], fed: Floats, scale: tuple[float, float], kind: int
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Boxes (N x 4 corners in pixels of the picture) of a class and their scores (N), from the low threshold on."""

    def _fixed(self, default: int) -> tuple[int, int]:
        """Height and width that the network takes; the default where it leaves them open."""
        height, width = self._shape[2:]
        return height if isinstance(height, int) else default, width if isinstance(width, int) else default

    def _wrong(self, what: str) -> DetectorError:
        return DetectorError(
            f"{self._path} {what}, but the decoder expects {self.layout}; "
            "name the decoder that belongs to this file, or fetch it again with `doorwatch models pull`"
        )

    def _one(self, outputs: dict[str, Floats], dimensions: int, columns: int | None, axis: int = -1) -> Floats:
        """The single output, checked: its number of dimensions and the length of one axis."""
        found = next(iter(outputs.values()))
        if len(outputs) != 1 or found.ndim != dimensions or (columns and found.shape[axis] != columns):
            raise self._wrong(f"gives {[list(value.shape) for value in outputs.values()]}")
        return found


def fit(picture: Picture, width: int, height: int, fill: int) -> tuple[Picture, float]:
    """The picture scaled into the top left of width x height, the rest filled; and the scale that was used."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = min(round(picture.shape[1] * scale), width), min(round(picture.shape[0] * scale), height)
    made: Picture = np.full((height, width, 3), fill, np.uint8)
    made[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
    return made, scale


def planes(picture: Picture, *, red_first: bool = False) -> Floats:
    """A picture as 1 x 3 x height x width in floats from 0 to 255."""
    return np.asarray(cv2.dnn.blobFromImage(picture, swapRB=red_first), np.float32)


def strongest(boxes: Floats, scores: NDArray[np.float32], limit: float) -> list[int]:
    """Which boxes stay, best first, when of two that overlap by more than `limit` only the better one does."""
    order = np.argsort(-scores, kind="stable")
    areas: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    while order.size:
        best, rest = int(order[0]), order[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        common = np.prod(np.clip(high - low, 0, None), axis=1)
        union = np.maximum(areas[best] + areas[rest] - common, 1e-6)
        order = rest[common / union <= limit]
    return kept


def _real(box: Floats) -> bool:
    return bool(box[2] - box[0] >= 2 and box[3] - box[1] >= 4)
