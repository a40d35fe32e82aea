"""The floor grid and painted tiles on a picture, in perspective; every state has a colour and a shape of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import FloorPlane, Scene, Tile

Picture: TypeAlias = NDArray[np.uint8]
_Colour: TypeAlias = tuple[int, int, int]

_FINE = 4  # bits of a pixel that OpenCV keeps below the point
_STEPS = 12  # points along a tile's mark, so that it bends with the perspective


class TileState(StrEnum):
    """What is said of the person who stood on a tile."""

    ADMITTED = "admitted"
    EXCESS = "excess"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class PaintedTile:
    """One tile of the floor and its state."""

    tile: Tile
    state: TileState


_COLOURS: dict[TileState, _Colour] = {  # blue, green, red; told apart by the colour-blind as well, and by shape
    TileState.ADMITTED: (96, 190, 40),
    TileState.EXCESS: (48, 48, 235),
    TileState.POSSIBLE: (32, 170, 245),
}
_GRID: _Colour = (235, 235, 235)
# Strokes in a tile's own square, 0 to 1 each way.
_SHAPES: dict[TileState, tuple[tuple[tuple[float, float], ...], ...]] = {
    TileState.ADMITTED: (((0.22, 0.55), (0.42, 0.75), (0.80, 0.28)),),
    TileState.EXCESS: (((0.25, 0.25), (0.75, 0.75)), ((0.75, 0.25), (0.25, 0.75))),
    TileState.POSSIBLE: (((0.32, 0.36), (0.38, 0.24), (0.62, 0.24), (0.68, 0.36), (0.50, 0.52), (0.50, 0.64)),
                         ((0.50, 0.74), (0.50, 0.80))),
}  # fmt: skip
_ORDER = (TileState.ADMITTED, TileState.POSSIBLE, TileState.EXCESS)


def draw_tiles(picture: Picture, scene: Scene, tiles: Iterable[PaintedTile]) -> Picture:
    """A copy of the picture with the scene's floor grid, faintly, and the tiles painted; no change without a floor.

    The picture may have another size than the scene. Where a tile has two states the graver one is drawn.
    """
    drawn = picture.copy()
    if scene.floor is None:
        return drawn
    height, width = picture.shape[:2]
    brush = _Brush(drawn, scene.floor, (width / scene.size[0], height / scene.size[1]))
    states: dict[Tile, TileState] = {}
    for painted in sorted(tiles, key=lambda one: _ORDER.index(one.state)):
        states[painted.tile] = painted.state
    brush.grid()
    for tile, state in states.items():
        brush.fill(tile, _COLOURS[state])
    for tile, state in states.items():
        brush.outline(tile, _COLOURS[state])
        brush.mark(tile, state)
    return drawn


class _Brush:
    """Draws on one picture in floor coordinates."""

    def __init__(self, picture: Picture, floor: FloorPlane, scale: tuple[float, float]) -> None:
        self._picture = picture
        self._floor = floor
        self._scale = scale
        self._width = max(1, round(picture.shape[1] / 480))

    def grid(self) -> None:
        """The whole floor grid as thin lines that let the picture through."""
        lines = self._picture.copy()
        for column in range(self._floor.columns):
            for row in range(self._floor.rows):
                cv2.polylines(lines, [self._corners(Tile(column, row))], True, _GRID, 1, cv2.LINE_AA, _FINE)
        cv2.addWeighted(lines, 0.35, self._picture, 0.65, 0, dst=self._picture)

    def fill(self, tile: Tile, colour: _Colour) -> None:
        """Paint a tile so that what stands on it still shows."""
        layer = self._picture.copy()
        cv2.fillPoly(layer, [self._corners(tile)], colour, cv2.LINE_AA, _FINE)
        cv2.addWeighted(layer, 0.45, self._picture, 0.55, 0, dst=self._picture)

    def outline(self, tile: Tile, colour: _Colour) -> None:
        """A clear edge round a tile."""
        cv2.polylines(self._picture, [self._corners(tile)], True, colour, self._width, cv2.LINE_AA, _FINE)

    def mark(self, tile: Tile, state: TileState) -> None:
        """The state's shape, lying on the tile."""
        for stroke in _SHAPES[state]:
            points = self._pixels([self._inside(tile, x, y) for x, y in _dense(stroke)])
            for colour, width in (((20, 20, 20), self._width + 2), ((255, 255, 255), self._width)):
                cv2.polylines(self._picture, [points], False, colour, width, cv2.LINE_AA, _FINE)

    def _corners(self, tile: Tile) -> NDArray[np.int32]:
        return self._pixels(self._floor.tile_polygon(tile))

    def _inside(self, tile: Tile, x: float, y: float) -> Point:
        side = self._floor.tile_m
        # Rows count away from the threshold, which lies at the far side of most pictures: y grows with them.
        return self._floor.to_pixel(Point((tile.column + x) * side, (tile.row + y) * side))

    def _pixels(self, points: Iterable[Point]) -> NDArray[np.int32]:
        (sx, sy), fine = self._scale, 1 << _FINE
        return np.array([[round(x * sx * fine), round(y * sy * fine)] for x, y in points], dtype=np.int32)


def _dense(stroke: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    points = [stroke[0]]
    for (ax, ay), (bx, by) in pairwise(stroke):
        points += [(ax + (bx - ax) * i / _STEPS, ay + (by - ay) * i / _STEPS) for i in range(1, _STEPS + 1)]
    return points
