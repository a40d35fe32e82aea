"""Plane geometry of a picture and of the floor in it, in plain numbers: the gateway's base install has no numpy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A place in the picture (pixels, origin top left, y down) or on the floor (metres)."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line between two points."""

    start: Point
    end: Point

    @property
    def length(self) -> float:
        """Distance between its ends."""
        return math.hypot(self.end.x - self.start.x, self.end.y - self.start.y)

    def distance(self, point: Point) -> float:
        """Signed distance of a point from the endless line; the sign tells the side."""
        dx, dy = self.end.x - self.start.x, self.end.y - self.start.y
        return (dx * (point.y - self.start.y) - dy * (point.x - self.start.x)) / self.length

    def along(self, point: Point) -> float:
        """Where the point's foot on the endless line lies: 0 at the start, 1 at the end."""
        dx, dy = self.end.x - self.start.x, self.end.y - self.start.y
        return ((point.x - self.start.x) * dx + (point.y - self.start.y) * dy) / (dx * dx + dy * dy)


def inside_polygon(corners: Sequence[Point], point: Point) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    inside = False
    for index, (ax, ay) in enumerate(corners):
        bx, by = corners[index - 1]
        if (ay > point.y) != (by > point.y) and point.x < (bx - ax) * (point.y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def polygon_area(corners: Sequence[Point]) -> float:
    """Signed area by the shoelace rule."""
    return sum(corners[i - 1].x * c.y - c.x * corners[i - 1].y for i, c in enumerate(corners)) / 2


def is_convex(corners: Sequence[Point]) -> bool:
    """Whether a polygon turns the same way at every corner, and never stands still."""
    turns = []
    for index, b in enumerate(corners):
        a, c = corners[index - 1], corners[(index + 1) % len(corners)]
        turns.append((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x))
    return all(t > 1e-9 for t in turns) or all(t < -1e-9 for t in turns)


class Homography:
    """The mapping between two planes that takes four points to four others.

    Raises ValueError when the points do not fix one (three of them on a line).
    """

    def __init__(self, source: Sequence[Point], target: Sequence[Point]) -> None:
        # from the middle of the four: the origin of a picture may lie on the horizon, where there is no last entry of 1
        x, y = sum(point.x for point in source) / 4, sum(point.y for point in source) / 4
        solved = _solve([Point(point.x - x, point.y - y) for point in source], target)
        self._forward = [
            entry for a, b, c in (solved[:3], solved[3:6], solved[6:]) for entry in (a, b, c - a * x - b * y)
        ]
        self._back = _inverse(self._forward)

    def forward(self, point: Point) -> Point:
        """A point of the source plane on the target plane."""
        return _apply(self._forward, point)

    def back(self, point: Point) -> Point:
        """A point of the target plane on the source plane."""
        return _apply(self._back, point)

    @property
    def back_matrix(self) -> tuple[float, ...]:
        """The matrix that leads back, row by row: nine numbers, known up to a common factor."""
        return tuple(self._back)


def _apply(matrix: list[float], point: Point) -> Point:
    a, b, c, d, e, f, g, h, i = matrix
    scale = g * point.x + h * point.y + i
    if abs(scale) < 1e-12:
        scale = 1e-12
    return Point((a * point.x + b * point.y + c) / scale, (d * point.x + e * point.y + f) / scale)


def _solve(source: Sequence[Point], target: Sequence[Point]) -> list[float]:
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    size = 8
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(rows[r][column]))
        if abs(rows[pivot][column]) < 1e-9:
            raise ValueError("the four corners do not span a plane: three of them lie on one line")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [value / lead for value in rows[column]]
        for other in range(size):
            if other != column and rows[other][column]:
                factor = rows[other][column]
                rows[other] = [v - factor * w for v, w in zip(rows[other], rows[column], strict=True)]
    return [row[8] for row in rows] + [1.0]


def _inverse(m: list[float]) -> list[float]:
    a, b, c, d, e, f, g, h, i = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(det) < 1e-15:
        raise ValueError("the four corners do not span a plane: three of them lie on one line")
    return [
        (e * i - f * h) / det,
        (c * h - b * i) / det,
        (b * f - c * e) / det,
        (f * g - d * i) / det,
        (a * i - c * g) / det,
        (c * d - a * f) / det,
        (d * h - e * g) / det,
        (b * g - a * h) / det,
        (a * e - b * d) / det,
    ]
