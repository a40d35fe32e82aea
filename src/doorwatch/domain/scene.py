"""A scene: how one camera sees one door. Threshold, which side is inside, doorway, floor plane and its tiles."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.geometry import Homography, Point, Segment, inside_polygon, is_convex, polygon_area


class Tile(NamedTuple):
    """A square of the floor grid: column along the threshold side, row away from it, both from 0."""

    column: int
    row: int


class SceneError(DoorwatchError, ValueError):
    """A scene that cannot be used; the text names the key, what was found and what is expected."""


class FloorPlane:
    """The floor in the picture.

    `corners` are four pixels in order round a rectangle of `size_m` (width along the first edge, depth) metres;
    floor coordinates start at the first corner: x along the first edge, y away from it.
    """

    def __init__(self, corners: Sequence[Point], size_m: tuple[float, float], tile_m: float = 0.5) -> None:
        self.corners = tuple(corners)
        self.size_m = size_m
        self.tile_m = tile_m
        width, depth = size_m
        metres = (Point(0, 0), Point(width, 0), Point(width, depth), Point(0, depth))
        self._plane = Homography(self.corners, metres)

    @property
    def columns(self) -> int:
        """Tiles along the threshold side; the last may be cut."""
        return max(1, round(self.size_m[0] / self.tile_m))

    @property
    def rows(self) -> int:
        """Tiles away from the threshold."""
        return max(1, round(self.size_m[1] / self.tile_m))

    def to_floor(self, pixel: Point) -> Point:
        """A pixel as metres on the floor; also outside of the rectangle."""
        return self._plane.forward(pixel)

    def to_pixel(self, metres: Point) -> Point:
        """Metres on the floor as a pixel."""
        return self._plane.back(metres)

    @property
    def matrix(self) -> tuple[float, ...]:
        """The matrix from metres on the floor to pixels, row by row: nine numbers, known up to a common factor."""
        return self._plane.back_matrix

    def tile_at(self, pixel: Point) -> Tile | None:
        """The tile under a pixel; None outside of the grid."""
        x, y = self.to_floor(pixel)
        column, row = int(x // self.tile_m), int(y // self.tile_m)
        return Tile(column, row) if 0 <= column < self.columns and 0 <= row < self.rows else None

    def tile_polygon(self, tile: Tile) -> tuple[Point, ...]:
        """The four pixels of a tile, in order round it."""
        side = self.tile_m
        x, y = tile.column * side, tile.row * side
        return tuple(
            self.to_pixel(Point(*corner)) for corner in ((x, y), (x + side, y), (x + side, y + side), (x, y + side))
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """How one camera sees one door; coordinates in pixels of `size` (width, height)."""

    door: str
    size: tuple[int, int]
    threshold: Segment
    inside: Point
    doorway: tuple[Point, ...] = ()
    floor: FloorPlane | None = None

    def depth(self, point: Point) -> float:
        """Pixels from the threshold, positive on the inner side, negative outside."""
        sign = 1 if self.threshold.distance(self.inside) > 0 else -1
        return sign * self.threshold.distance(point)

    def in_doorway(self, point: Point) -> bool:
        """Whether a point lies in the doorway region; never when the scene has none."""
        return bool(self.doorway) and inside_polygon(self.doorway, point)

    def to_mapping(self) -> dict[str, Any]:
        """The scene in the shape of scene.yaml."""
        mapping: dict[str, Any] = {
            "door": self.door,
            "size": list(self.size),
            "threshold": [list(self.threshold.start), list(self.threshold.end)],
            "inside": list(self.inside),
        }
        if self.doorway:
            mapping["doorway"] = [list(corner) for corner in self.doorway]
        if self.floor is not None:
            mapping["floor"] = {
                "corners": [list(corner) for corner in self.floor.corners],
                "size_m": list(self.floor.size_m),
                "tile_m": self.floor.tile_m,
            }
        return mapping


_KEYS = {"door", "size", "threshold", "inside", "doorway", "floor"}


def scene_from_mapping(mapping: Mapping[str, Any], *, where: str = "scene") -> Scene:
    """Read a scene in the shape of scene.yaml.

    Raises SceneError with one sentence that names the key, what was found and what is expected.
    """
    if not isinstance(mapping, Mapping):
        raise SceneError(f"{where}: a scene is a mapping with door, size, threshold and inside")
    if unknown := sorted(set(mapping) - _KEYS):
        raise SceneError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    if missing := [key for key in ("door", "size", "threshold", "inside") if mapping.get(key) is None]:
        raise SceneError(f"{where}: {missing[0]!r} is missing")
    size = _numbers(mapping["size"], 2, f"{where}: size", "[width, height] of the picture in pixels")
    if min(size) < 16:
        raise SceneError(f"{where}: size is {size}; expected [width, height] of the picture in pixels")
    width, height = int(size[0]), int(size[1])
    ends = _points(mapping["threshold"], 2, f"{where}: threshold")
    threshold = Segment(*ends)
    if threshold.length < 4:
        raise SceneError(f"{where}: threshold is {threshold.length:.0f} pixels long; draw it across the doorway")
    inside = Point(*_numbers(mapping["inside"], 2, f"{where}: inside", "[x, y]"))
    doorway = tuple(_points(mapping["doorway"], None, f"{where}: doorway")) if mapping.get("doorway") else ()
    for name, points in (("threshold", ends), ("inside", [inside]), ("doorway", doorway)):
        _check_in_picture(points, (width, height), f"{where}: {name}", lenient=name == "doorway")
    if abs(threshold.distance(inside)) < 1:
        raise SceneError(f"{where}: inside lies on the threshold; give a point well inside of the door")
    if doorway and abs(polygon_area(doorway)) < 16:
        raise SceneError(f"{where}: doorway has no area; give at least three corners that are not on one line")
    floor = _floor(mapping["floor"], where) if mapping.get("floor") else None
    return Scene(str(mapping["door"]), (width, height), threshold, inside, doorway, floor)


def _floor(value: Any, where: str) -> FloorPlane:
    if not isinstance(value, Mapping) or not {"corners", "size_m"} <= set(value):
        raise SceneError(f"{where}: floor needs corners (four pixels) and size_m ([width, depth] in metres)")
    corners = _points(value["corners"], 4, f"{where}: floor.corners")
    size = _numbers(value["size_m"], 2, f"{where}: floor.size_m", "[width, depth] in metres")
    tile = _numbers([value.get("tile_m", 0.5)], 1, f"{where}: floor.tile_m", "metres")[0]
    if min(size) <= 0 or max(size) > 100:
        raise SceneError(f"{where}: floor.size_m is {size}; expected metres above 0 and up to 100")
    if not 0.1 <= tile <= max(size):
        raise SceneError(f"{where}: floor.tile_m is {tile}; expected 0.1 metres up to the size of the floor")
    if not is_convex(corners):
        raise SceneError(f"{where}: floor.corners do not go round a rectangle; give them in order, no three on a line")
    triangles = ([one for one in corners if one is not left_out] for left_out in corners)
    if min(abs(polygon_area(triangle)) for triangle in triangles) < 16:
        raise SceneError(f"{where}: floor.corners span no floor: they are too close together or nearly on one line")
    return FloorPlane(corners, (size[0], size[1]), tile)


def _numbers(value: Any, count: int, what: str, expected: str) -> list[float]:
    good = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == count
    if not good or any(isinstance(v, bool) or not isinstance(v, int | float) or math.isnan(v) for v in value):
        raise SceneError(f"{what} is {value!r}; expected {expected}")
    return [float(v) for v in value]


def _points(value: Any, count: int | None, what: str) -> list[Point]:
    wanted = f"{count} points [x, y]" if count else "at least three points [x, y]"
    if not isinstance(value, Sequence) or isinstance(value, str) or (len(value) != count if count else len(value) < 3):
        raise SceneError(f"{what} is {value!r}; expected {wanted}")
    return [Point(*_numbers(corner, 2, what, "points [x, y]")) for corner in value]


def _check_in_picture(points: Sequence[Point], size: tuple[int, int], what: str, *, lenient: bool) -> None:
    slack = 0.25 * max(size) if lenient else 1.0
    for x, y in points:
        if not (-slack <= x <= size[0] + slack and -slack <= y <= size[1] + slack):
            raise SceneError(
                f"{what} has the point [{x:g}, {y:g}], outside of the picture of {size[0]} x {size[1]} pixels; "
                "is `size` the size of the picture on which the scene was drawn?"
            )
