"""The two networks of a pair: pictures of people and texts become directions that can be compared with each other.

Each is tried when it is loaded, because a misread output looks exactly like a poor likeness.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.likeness import MOST_NUMBERS, packed
from doorwatch.vision.detect.base import DetectorError, Picture
from doorwatch.vision.detect.runtime import Given, Session, open_session
from doorwatch.vision.likeness.tokens import LikenessError, Tokenizer

Floats = NDArray[np.float32]

_SIDE, _LENGTH = 224, 77
"""Of pictures and texts where a network leaves them open: what CLIP was trained with."""
_OUTPUTS = frozenset({"image_embeds", "text_embeds", "image_features", "text_features", "embedding", "embeddings"})
T = TypeVar("T")
_MASK, _COLOURS = "attention_mask", 3


class PictureEncoder:
    """The network that reads pictures. `mean` and `spread` are what its pictures were brought to: red, green, blue."""

    def __init__(self, path: Path, mean: tuple[float, ...], spread: tuple[float, ...]) -> None:
        self._path = path
        self._session = _opened(path)
        self._mean, self._spread = np.array(mean, np.float32), np.array(spread, np.float32)
        first = self._session.inputs[0]
        if len(self._session.inputs) != 1 or len(first.shape) != 4 or first.shape[1] != _COLOURS:
            _wrong(
                path, f"takes {[list(one.shape) for one in self._session.inputs]}", "one picture [1, 3, height, width]"
            )
        self._name = first.name
        height, width = (side if isinstance(side, int) else _SIDE for side in first.shape[2:])
        self._size = width, height
        self.numbers = len(self._run(np.full((height, width, 3), 127, np.uint8)))

    def encode(self, picture: Picture) -> bytes:
        """The direction of a picture (height x width, blue first), packed. Raises LikenessError."""
        return packed(self._run(picture).tolist())

    def _run(self, picture: Picture) -> Floats:
        levels = np.asarray(_whole(picture, self._size, self._mean)[:, :, ::-1], np.float32) / 255
        fed = ((levels - self._mean) / self._spread).transpose(2, 0, 1)[None]
        return _direction(self._path, self._session, {self._name: np.ascontiguousarray(fed, np.float32)})


class TextEncoder:
    """The network that reads texts, with its tokenizer."""

    def __init__(self, path: Path, tokenizer: Tokenizer) -> None:
        self._path, self._tokenizer = path, tokenizer
        self._session = _opened(path)
        texts = [one for one in self._session.inputs if one.name != _MASK]
        if len(texts) != 1 or len(texts[0].shape) != 2:
            _wrong(
                path,
                f"takes {[list(one.shape) for one in self._session.inputs]}",
                "one text [1, length] (and attention_mask)",
            )
        self._name, told = texts[0].name, texts[0].shape[1]
        self._length = told if isinstance(told, int) else _LENGTH
        self._masked = any(one.name == _MASK for one in self._session.inputs)
        self._kind: type[np.signedinteger[Any]] = np.int64
        try:
            self.numbers = len(self.encode("a person"))
        except LikenessError:
            self._kind = np.int32  # as some exporters write it; what else is wrong is told now
            self.numbers = len(self.encode("a person"))

    def encode(self, text: str) -> Floats:
        """The direction of a text, of length 1. Raises LikenessError."""
        numbers = self._tokenizer.encode(text, self._length)
        feed: dict[str, Any] = {self._name: np.array([numbers], self._kind)}
        if self._masked:
            said = numbers.index(numbers[-1]) + 1
            feed[_MASK] = np.array([[1] * said + [0] * (len(numbers) - said)], self._kind)
        found = _direction(self._path, self._session, feed)
        return np.asarray(found / np.linalg.norm(found), np.float32)


def _whole(picture: Picture, size: tuple[int, int], mean: Floats) -> Picture:
    """All of a picture in the middle of a square: cutting a standing person square would cost head and feet."""
    scale = min(size[0] / picture.shape[1], size[1] / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    made: Picture = np.full((size[1], size[0], 3), np.round(mean[::-1] * 255), np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    made[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=how)
    return made


def _opened(path: Path) -> Session:
    return _told(path, lambda: open_session(path))


def _told(path: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except (DetectorError, RuntimeError, ValueError) as error:
        first = (str(error).strip().splitlines() or ["it says nothing"])[0]
        raise LikenessError(f"{path} cannot be used: {first}; export the pair again and pull it once more") from error


def _direction(path: Path, session: Session, feed: dict[str, Any]) -> Floats:
    outputs = _told(path, lambda: session.run(feed))
    found = np.asarray(outputs[_place(path, session.outputs, outputs)][0], np.float32)
    if not np.isfinite(found).all() or not found.any():
        raise LikenessError(f"{path} gives zeros or no numbers (NaN) for what it was tried on; export the pair again")
    return found


def _place(path: Path, given: "list[Given] | Any", outputs: list[Any]) -> int:
    """Which output is the direction: one that is called so, else the only one with a row of numbers a picture."""
    flat = [place for place, one in enumerate(outputs) if np.ndim(one) == 2 and 1 < np.shape(one)[1] <= MOST_NUMBERS]
    named = [place for place in flat if given[place].name in _OUTPUTS]
    if len(flat) != 1 and not named:
        _wrong(
            path,
            f"gives {[list(np.shape(one)) for one in outputs]}",
            "one row of numbers [1, N], called image_embeds or text_embeds",
        )
    return (named or flat)[0]


def _wrong(path: Path, what: str, expected: str) -> NoReturn:
    raise LikenessError(f"{path} {what}, but {expected} is expected; export the encoder so")
