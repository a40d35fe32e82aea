"""A verdict drawn into its pictures: tiles as people step on them, the threshold, and below the picture what is seen.

Nothing that the camera saw is covered by words: they stand in a strip that is added below the picture.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from doorwatch.domain.scene import Scene, Tile, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.drawing import PaintedTile, Picture, TileState, draw_tiles

_INK = (235, 235, 235)
_LINE = (0, 200, 255)
_LEAST_STRIP = 22
_STRIP_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on somebody of whom `state` was said stood on a tile."""

    at: Micros
    tile: Tile
    state: TileState


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is drawn: the steps in a scene where there is one, and a `title` beside the time in a zone."""

    title: str
    zone: str
    scene: Scene | None = None
    steps: tuple[Step, ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """What a message says. Raises KeyError, ValueError, SceneError."""
        scene = told.get("scene")
        steps = (Step(int(at), Tile(int(c), int(r)), TileState(state)) for at, c, r, state in told.get("steps", ()))
        return cls(
            str(told["title"]),
            str(told["zone"]),
            scene_from_mapping(scene) if scene is not None else None,
            tuple(steps),
        )

    def drawn(self, picture: Picture, at: Micros) -> Picture:
        """The picture of a moment with all of it; higher than it was by the strip, always by as much."""
        return with_strip(self._painted(picture, at), self._words(at))

    def _painted(self, picture: Picture, at: Micros) -> Picture:
        if self.scene is None:
            return picture
        drawn = draw_tiles(
            picture, self.scene, [PaintedTile(step.tile, step.state) for step in self.steps if step.at <= at]
        )
        height, width = picture.shape[:2]
        ends = [
            (round(x * width / self.scene.size[0]), round(y * height / self.scene.size[1]))
            for x, y in (self.scene.threshold.start, self.scene.threshold.end)
        ]
        cv2.line(drawn, ends[0], ends[1], _LINE, max(1, round(width / 480)), cv2.LINE_AA)
        return drawn

    def _words(self, at: Micros) -> tuple[str, str]:
        moment = datetime.fromtimestamp(at / SECOND, UTC)
        local = moment.astimezone(ZoneInfo(self.zone))
        told = f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d} {local:%z}"
        return told, plain(self.title)


def with_strip(picture: Picture, words: Sequence[str]) -> Picture:
    """A higher picture, with words in a dark strip below what the camera saw: one at the left, one at the right."""
    height, width = picture.shape[:2]
    strip = max(_LEAST_STRIP, round(height * _STRIP_SHARE)) // 2 * 2
    canvas = np.zeros((height + strip, width, 3), np.uint8)
    canvas[:height] = picture
    scale, line = strip / 44, height + round(strip * 0.68)
    left, right = words[0], words[-1] if len(words) > 1 else ""
    (left_wide, _), _ = cv2.getTextSize(left, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    while right and cv2.getTextSize(right, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] > width - left_wide - 24:
        right = right[:-1]
    (right_wide, _), _ = cv2.getTextSize(right, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    for text, at in ((left, 8), (right, width - right_wide - 8)):
        cv2.putText(canvas, text, (at, line), cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)
    return canvas


def plain(text: str) -> str:
    """A text in the letters that can be drawn: accents go, other letters become question marks."""
    bare = unicodedata.normalize("NFKD", text)
    return "".join(
        letter if letter.isascii() and letter.isprintable() else "?"
        for letter in bare
        if not unicodedata.combining(letter)
    )
