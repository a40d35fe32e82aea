"""Rooms with a door that nobody has built, seen by a camera that hangs where it is told to.

Metres: x along the wall to the right, y away from the camera's wall, z up. The door's wall is at y = 0, its inner face the
threshold; inside is y < 0 where the camera hangs, outside y > 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.vision.detect.base import Picture

Spot: TypeAlias = tuple[float, float]
"""A place on the floor, in metres."""

DOOR_HEIGHT = 2.1

SLIDES = 2
"""A door of two panels that slide apart into the wall."""


@dataclass(frozen=True)
class Camera:
    """Where a camera hangs (metres), the place on the floor that it looks at, its roll and angle of view in degrees."""

    at: tuple[float, float, float]
    looks_at: tuple[float, float, float]
    angle: float
    size: tuple[int, int]
    roll: float = 0.0

    def matrix(self) -> NDArray[np.float64]:
        """3 x 4: from metres (x, y, z, 1) to pixels, up to scale."""
        eye, target = np.array(self.at), np.array(self.looks_at)
        ahead = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(ahead, right)
        turn = math.radians(self.roll)
        right, down = math.cos(turn) * right + math.sin(turn) * down, math.cos(turn) * down - math.sin(turn) * right
        view = np.stack([right, down, ahead])
        focal = self.size[0] / 2 / math.tan(math.radians(self.angle) / 2)
        lens = np.array([[focal, 0, self.size[0] / 2], [0, focal, self.size[1] / 2], [0, 0, 1]])
        found: NDArray[np.float64] = lens @ np.hstack([view, (-view @ eye)[:, None]])
        return found

    def pixel(self, x: float, y: float, z: float = 0.0) -> Spot:
        """Where a place is in the picture."""
        a, b, c = self.matrix() @ (x, y, z, 1.0)
        return float(a / c), float(b / c)


@dataclass(frozen=True)
class Room:
    """A room: its camera, its door's width (0: no door, a line on the floor of an open hall), its colours and door leaf."""

    camera: Camera
    door: float
    colours: tuple[tuple[int, int, int], ...]
    """Blue, green, red of the floor, of the wall, and of what lies outside."""
    leaf: int = 0
    """-1 or 1: a leaf hinged at the left or right; 0: an opening without one; SLIDES: two panels."""
    seed: int = 0

    def scene(self, name: str, *, doorway: bool = True, floor: bool = True) -> Scene:
        """The scene as somebody would draw it."""
        pixel, half = self.camera.pixel, (self.door or 3.0) / 2
        told: dict[str, object] = {
            "door": name,
            "size": list(self.camera.size),
            "threshold": [pixel(-half, 0), pixel(half, 0)],
            "inside": pixel(0, -0.8),
        }
        if doorway and self.door:
            told["doorway"] = [pixel(-half, 0), pixel(half, 0), pixel(half, 0.9), pixel(-half, 0.9)]
        if floor:
            corners = [pixel(-1, -0.1), pixel(1, -0.1), pixel(1, -2.1), pixel(-1, -2.1)]
            told["floor"] = {"corners": corners, "size_m": [2.0, 2.0], "tile_m": 0.5}
        return scene_from_mapping(told)

    def opening(self) -> NDArray[np.bool_] | None:
        """The pixels through which one sees what is outside; None when that is all of them."""
        if not self.door:
            return None
        half = self.door / 2
        corners = [(-half, 0.0, 0.0), (half, 0.0, 0.0), (half, 0.0, DOOR_HEIGHT), (-half, 0.0, DOOR_HEIGHT)]
        return _filled(self.camera, corners)

    def empty(self) -> Picture:
        """The room without people and with the door wide open."""
        width, height = self.camera.size
        chance = np.random.default_rng(self.seed)
        floor, wall, beyond = self.colours
        picture: Picture = np.full((height, width, 3), wall, np.uint8)
        _plane(picture, self.camera, ((-8, -8), (8, 0 if self.door else 12)), _texture(chance, floor))
        if self.door:
            hole = self.opening()
            outside: Picture = np.full_like(picture, beyond)
            _plane(outside, self.camera, ((-4, 0), (4, 3)), _texture(chance, tuple(round(0.7 * c) for c in floor)))
            if hole is not None:
                picture[hole] = outside[hole]
        self._furnish(picture, chance)
        shade = np.linspace(1.08, 0.86, height)[:, None, None] * np.linspace(0.93, 1.05, width)[None, :, None]
        return np.asarray((picture * shade).clip(0, 255), np.uint8)

    def shut(self, picture: Picture, openness: float) -> NDArray[np.bool_] | None:
        """Draw the leaf, open from 0 to 1, into a picture; what it covers."""
        if not (self.door and self.leaf):
            return None
        if self.leaf == SLIDES:
            return self._slide(picture, openness)
        half, turn = self.door / 2, math.radians(88 * openness)
        hinge = self.leaf * half
        tip = hinge - self.leaf * self.door * math.cos(turn), -self.door * math.sin(turn)
        corners = [(hinge, 0.0, 0.0), (*tip, 0.0), (*tip, DOOR_HEIGHT), (hinge, 0.0, DOOR_HEIGHT)]
        mask = _filled(self.camera, corners)
        brown = np.array([50, 90, 140]) * (0.75 + 0.25 * math.cos(turn))
        picture[mask] = brown.astype(np.uint8)
        return mask

    def _slide(self, picture: Picture, openness: float) -> NDArray[np.bool_]:
        half, free = self.door / 2, openness * self.door / 2
        panels = [
            _filled(self.camera, [(a, 0.0, 0.0), (b, 0.0, 0.0), (b, 0.0, DOOR_HEIGHT), (a, 0.0, DOOR_HEIGHT)])
            for a, b in ((-half, -free), (free, half))
            if b > a
        ]
        covered: NDArray[np.bool_] = np.any(panels, axis=0) if panels else np.zeros(picture.shape[:2], np.bool_)
        picture[covered] = (130, 125, 110)
        return covered

    def _furnish(self, picture: Picture, chance: np.random.Generator) -> None:
        """A few things on the wall and beside it, so that the background is not bare."""
        for _ in range(int(chance.integers(2, 6))):
            x = float(chance.uniform(-4, 4))
            if abs(x) < self.door / 2 + 0.6:
                continue
            low, wide, tall = (
                float(chance.uniform(0, 1.4)),
                float(chance.uniform(0.3, 1.0)),
                float(chance.uniform(0.3, 1.0)),
            )
            corners = [(x, 0.0, low), (x + wide, 0.0, low), (x + wide, 0.0, low + tall), (x, 0.0, low + tall)]
            picture[_filled(self.camera, corners)] = chance.integers(20, 230, 3).astype(np.uint8)


def upright(camera: Camera, spot: Spot, tall: float) -> tuple[Spot, float, float]:
    """Somebody who stands on a spot: feet in the picture, height in pixels, and how far the head leans (degrees)."""
    feet, head = camera.pixel(*spot), camera.pixel(*spot, tall)
    dx, dy = head[0] - feet[0], head[1] - feet[1]
    return feet, math.hypot(dx, dy), math.degrees(math.atan2(dx, -dy))


def paste(
    picture: Picture,
    look: tuple[Picture, NDArray[np.float32]],
    stands: tuple[Spot, float, float],
    *,
    light: float = 1.0,
    seen: NDArray[np.bool_] | None = None,
) -> None:
    """Lay a person into a picture: feet, height and lean as told by `upright`; `seen` are the pixels that nothing covers."""
    pixels, mask = look
    (x, y), tall, lean = stands
    scale, turn = tall / mask.shape[0], math.radians(lean)
    reach = round(1.1 * tall) + 4
    left, top = max(round(x) - reach, 0), max(round(y) - reach, 0)
    right, bottom = min(round(x) + reach, picture.shape[1]), min(round(y) + reach, picture.shape[0])
    if left >= right or top >= bottom:
        return
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    foot = mask.shape[1] / 2, mask.shape[0] - 0.5
    x, y = x - left, y - top
    move = np.array([[cos, -sin, x - cos * foot[0] + sin * foot[1]], [sin, cos, y - sin * foot[0] - cos * foot[1]]])
    area, size = (slice(top, bottom), slice(left, right)), (right - left, bottom - top)
    cover = np.asarray(cv2.warpAffine(mask, move, size, flags=cv2.INTER_LINEAR), np.float32)
    shadow = np.zeros(cover.shape, np.float32)
    axes = max(2, round(tall * 0.16)), max(1, round(tall * 0.05))
    cv2.ellipse(shadow, (round(x), round(y)), axes, 0, 0, 360, (0.35,), -1)
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(1.0, tall * 0.02)), np.float32)
    if seen is not None:
        cover, shadow = cover * seen[area], shadow * seen[area]
    moved = cv2.warpAffine(pixels, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover, dimmed = cover[:, :, None], picture[area] * (1 - shadow[:, :, None])
    picture[area] = (dimmed * (1 - cover) + moved * light * cover).clip(0, 255).astype(np.uint8)


def _filled(camera: Camera, corners: Sequence[tuple[float, float, float]]) -> NDArray[np.bool_]:
    mask: Picture = np.zeros((camera.size[1], camera.size[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.array([camera.pixel(*corner) for corner in corners]).round().astype(np.int32), 1)
    found: NDArray[np.bool_] = mask.astype(bool)
    return found


def _plane(picture: Picture, camera: Camera, span: tuple[Spot, Spot], texture: Picture) -> None:
    """Lay a texture on a part of the floor that the camera sees in front of it."""
    (left, near), (right, far) = span
    matrix = camera.matrix()
    near = max(near, camera.at[1] + 0.3)
    rows, columns = texture.shape[:2]
    to_floor = np.array([[(right - left) / columns, 0, left], [0, (near - far) / rows, far], [0, 0, 1]])
    flat = matrix[:, [0, 1, 3]] @ to_floor
    size = picture.shape[1], picture.shape[0]
    laid = cv2.warpPerspective(texture, flat, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.full((rows, columns), 255, np.uint8), flat, size, flags=cv2.INTER_NEAREST) > 0
    picture[there] = laid[there]


def _texture(chance: np.random.Generator, colour: Sequence[int]) -> Picture:
    """A floor: tiles, planks or carpet, by chance."""
    side = 512
    grain = cv2.GaussianBlur(chance.normal(0, 14, (side, side, 1)).astype(np.float32), (0, 0), 1.2)
    made = np.array(colour, np.float32)[None, None] + grain.reshape(side, side, 1) * 2
    kind = int(chance.integers(0, 3))
    if kind < 2:
        made[::32] *= 0.75
    if kind == 0:
        made[:, ::32] *= 0.75
    return np.asarray(made.clip(0, 255), np.uint8)
