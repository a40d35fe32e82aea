"""What a drawn floor tells of people who stand on it: how tall they are, and where the feet of a head are.

Four corners of a rectangle of known size, seen by a camera with square pixels and the middle of the picture straight ahead,
fix where that camera is and how far it sees: the floor's two directions are at right angles and equally long in metres.
The third direction, upright, is then known as well.
"""

import math

from doorwatch.domain.geometry import Point, Segment
from doorwatch.domain.scene import FloorPlane, Scene

_STEP = 0.5
_NEAREST, _FURTHEST = 0.4, 8.0
"""Focal lengths of cameras at doors, in longer sides of the picture."""
_UNEQUAL, _ASKEW, LEANING = 1.25, 0.25, 0.7
"""By how much a metre across may differ from a metre away, and how far from a right angle they may be, until the corners
are no rectangle of that size seen by any camera; and nobody is seen lying."""


def upright_of(scene: Scene) -> "Upright | None":
    """What a scene's floor tells; None when none was drawn, or no camera can see a rectangle so."""
    if scene.floor is None:
        return None
    found = Upright(scene.floor, scene.size)
    return found if found.plausible_at(scene.threshold) else None


class Upright:
    """One camera above one floor; `size` is (width, height) of the picture in which the floor was drawn, in pixels."""

    def __init__(self, floor: FloorPlane, size: tuple[int, int]) -> None:
        self._floor = floor
        cx, cy = size[0] / 2, size[1] / 2
        a, b, c, d, e, f, g, h, i = (value / floor.matrix[8] for value in floor.matrix)
        a, b, c, d, e, f = a - cx * g, b - cx * h, c - cx * i, d - cy * g, e - cy * h, f - cy * i
        one, two = a * b + d * e, a * a + d * d - b * b - e * e
        below = max(one * one + two * two, 1e-12)
        told = (one * -g * h + two * (h * h - g * g)) / below
        longest = max(size)
        sees = 1 / math.sqrt(max(told, 1e-12))
        self._focal = min(max(sees, _NEAREST * longest), _FURTHEST * longest)
        s = self._focal
        right, away = (a / s, d / s, g), (b / s, e / s, h)
        unit = math.sqrt(math.hypot(*right) * math.hypot(*away))
        longer = math.hypot(*right) / math.hypot(*away)
        askew = sum(p * q for p, q in zip(right, away, strict=True)) / (unit * unit)
        self._true = 1 / _UNEQUAL < longer < _UNEQUAL and abs(askew) < _ASKEW
        self._usual = sees >= _NEAREST * longest
        x, y, z = _cross(right, away)
        up = (s * x + cx * z, s * y + cy * z, z)
        self._unit = unit
        self._up = tuple(value / unit for value in up)
        self._plane = ((a + cx * g, b + cx * h, c + cx * i), (d + cy * g, e + cy * h, f + cy * i), (g, h, i))
        middle = self._on_floor(floor.to_pixel(Point(floor.size_m[0] / 2, floor.size_m[1] / 2)))
        if self._raised(middle, 1.0).y > self._raised(middle, 0.0).y:
            self._up = tuple(-value for value in self._up)

    def plausible_at(self, threshold: Segment) -> bool:
        """Whether the floor can have been drawn right: its directions fit one another, and whoever stands in the door is upright.

        Where a floor comes near to a steep camera people do seem to lie, since it looks down on them; only of a floor
        that seems to be seen wider than any camera sees that says that it was drawn wrong.
        """
        width, depth = self._floor.size_m
        corners = [] if self._usual else [self._floor.to_pixel(Point(x, y)) for x in (0, width) for y in (0, depth)]
        places = [threshold.start, threshold.end, *corners]
        return self._true and all(abs(self.lean(place)) < LEANING for place in places)

    def stature(self, feet: Point, top: float) -> float:
        """How tall (metres) somebody is who stands at `feet` and whose head is as high as `top` in the picture (pixels)."""
        q = self._on_floor(feet)
        below = self._up[1] - top * self._up[2]
        return (top * q[2] - q[1]) / below if abs(below) > 1e-12 else math.inf

    def wide(self, feet: Point, pixels: float) -> float:
        """How wide (metres) something is that is so many pixels wide and stands at `feet`."""
        return pixels * abs(self._on_floor(feet)[2]) / (self._unit * self._focal)

    def lean(self, feet: Point) -> float:
        """How far to the right (pixels) of the feet what is one pixel higher is seen."""
        foot, above = (self._raised(self._on_floor(feet), z) for z in (0.0, _STEP))
        return (above.x - foot.x) / max(foot.y - above.y, 1e-6)

    def feet(self, head: Point, stature: float) -> Point | None:
        """Where somebody so tall stands whose head is seen; None where the head is as high as the camera."""
        (a, b, c), (d, e, f), (g, h, i) = self._plane
        c, f, i = c + stature * self._up[0], f + stature * self._up[1], i + stature * self._up[2]
        # x (g X + h Y + i) = a X + b Y + c and the same for y: two equations for the place on the floor
        a, b, c = a - head.x * g, b - head.x * h, c - head.x * i
        d, e, f = d - head.y * g, e - head.y * h, f - head.y * i
        below = a * e - b * d
        if abs(below) < 1e-12:
            return None
        place = (b * f - c * e) / below, (c * d - a * f) / below
        q = tuple(row[0] * place[0] + row[1] * place[1] + row[2] for row in self._plane)
        if q[2] * self._ahead <= 0:
            return None
        return Point(q[0] / q[2], q[1] / q[2])

    @property
    def _ahead(self) -> float:
        """The sign of what is in front of the camera."""
        width, depth = self._floor.size_m
        g, h, i = self._plane[2]
        return g * width / 2 + h * depth / 2 + i

    def _on_floor(self, feet: Point) -> tuple[float, float, float]:
        x, y = self._floor.to_floor(feet)
        a, b, c = (row[0] * x + row[1] * y + row[2] for row in self._plane)
        return a, b, c

    def _raised(self, q: tuple[float, float, float], z: float) -> Point:
        x, y, w = (value + z * up for value, up in zip(q, self._up, strict=True))
        return Point(x / w, y / w)


def _cross(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
