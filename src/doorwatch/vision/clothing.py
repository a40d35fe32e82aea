"""The colours of clothes, of those who crossed and of nobody else: read off a few small pictures that were kept anyway.

`Backdrop` follows what the camera sees when nobody stands there. `worn` compares somebody's cut-outs with it, so that
the wall beside an arm is not taken for a sleeve, corrects them for the lamps' colour and for light that was switched,
names the colour of each pixel of the chest and of the legs, and says the name that most of them have. When they do
not agree, nothing is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.appearance import Appearance, Colour
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box, Picture
from doorwatch.vision.naming import colour_names

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_EVERY: Micros = SECOND
_FOLLOWS = 0.3
"""The backdrop is looked at once a second, and takes over so much of what is new there."""
_WIDEST = 240
_TALL = 96
"""Pixels of a person's height that are looked at, at most."""

_CHEST, _LEGS = (0.20, 0.46), (0.54, 0.86)
"""From which part of the height to which: below the chin and above the belt, below the pockets and above the shoes."""
_MIDDLE = 0.6
"""The part of the box's width in which a body is; arms and bags are beside it."""
_STANDS = 1.5
"""How many times as tall as wide somebody's box is at least who is seen to the feet."""
_DIFFERS = 13.0
"""How far a pixel is from the backdrop that belongs to somebody (in Lab, with lightness counted half: shadows are dark)."""
_FOREGROUND = 0.3
"""Who differs less from the wall than in this part of the band wears its colour: then all of it is looked at."""

_SHARE, _LEAD, _PAIR = 0.5, 0.18, 0.66
_NEIGHBOURS = frozenset(
    frozenset(pair)
    for pair in (
        (Colour.BLACK, Colour.GREY),
        (Colour.GREY, Colour.WHITE),
        (Colour.BLACK, Colour.BLUE),
        (Colour.ORANGE, Colour.BROWN),
        (Colour.ORANGE, Colour.YELLOW),
        (Colour.ORANGE, Colour.RED),
        (Colour.PINK, Colour.RED),
        (Colour.PINK, Colour.PURPLE),
        (Colour.BLUE, Colour.PURPLE),
        (Colour.BLUE, Colour.GREEN),
        (Colour.BROWN, Colour.RED),
    )
)
"""Colours that shade into each other: folds and sleeves of one garment show both."""

_COLOURLESS = 4.0
"""How far apart blue, green and red are somewhere at least, in levels, where a camera sees colours: by infrared it sees none."""
_DARK = 0.02
"""Brightness (linear, of 1) of the lightest tenth of a room below which nobody can name a colour."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture of somebody: its pixels, where they begin in the whole picture, and how many of its pixels are one.

    `box` is the person's and `others` those of everybody else, in pixels of the whole picture of `size` (width, height).
    """

    pixels: Picture
    left: int
    top: int
    scale: float
    box: Box
    others: tuple[Box, ...]
    size: tuple[int, int]


class Backdrop:
    """One camera's room without people, in colour and small; unknown where somebody has stood all the time."""

    def __init__(self) -> None:
        self._seen: Micros | None = None
        self._scale = 1.0
        self._picture: Floats | None = None
        self._known: Mask | None = None

    def see(self, at: Micros, picture: Picture, boxes: Sequence[Box]) -> None:
        """Follow the room, at most once a second; `boxes` are the people in the picture, sure or not."""
        if self._seen is not None and 0 <= at - self._seen < _EVERY:
            return
        self._seen = at
        self._scale = min(1.0, _WIDEST / picture.shape[1])
        size = round(picture.shape[1] * self._scale), max(1, round(picture.shape[0] * self._scale))
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
        free = np.ones(small.shape[:2], bool)
        for box in boxes:
            _fill(free, box, 0.12 * box.height, (0, 0), self._scale)
        if self._picture is None or self._known is None or self._picture.shape != small.shape:
            self._picture, self._known = small, free
            return
        fresh = free & ~self._known
        self._picture[fresh] = small[fresh]
        follows = free & self._known
        self._picture[follows] += _FOLLOWS * (small[follows] - self._picture[follows])
        self._known |= free

    def behind(self, piece: Piece) -> tuple[Floats, Mask] | None:
        """What is behind a piece, in its size, and where that is known; None before anything is."""
        if self._picture is None or self._known is None:
            return None
        rows, columns = piece.pixels.shape[:2]
        # A pixel of the piece is `scale` of the picture's, and those are `self._scale` of the backdrop's.
        by = self._scale / piece.scale
        move = np.array(
            [[by, 0, piece.left * self._scale + by / 2 - 0.5], [0, by, piece.top * self._scale + by / 2 - 0.5]]
        )
        how = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}
        room = cv2.warpAffine(self._picture, move, (columns, rows), **how)  # type: ignore[call-overload]
        known = cv2.warpAffine(self._known.astype(np.float32), move, (columns, rows), **how)  # type: ignore[call-overload]
        return np.asarray(room, np.float32), np.asarray(known > 0.99, bool)

    @property
    def coloured(self) -> bool:
        """Whether anything in the room has a colour, however pale."""
        return self._picture is not None and _coloured(self._picture[::3, ::3])

    def lamp(self) -> Floats | None:
        """What to multiply linear light by (blue, green, red) so that white things are white; None in the dark.

        White is taken from what is light and hardly coloured in the room. Where there is nothing of the kind, only the
        brightness is corrected.
        """
        if self._picture is None or self._known is None or not self._known.any():
            return None
        few = slice(None, None, 3), slice(None, None, 3)  # every ninth pixel tells as much
        seen = self._picture[few][self._known[few]]
        if not len(seen):
            return None
        light = linear(seen)
        bright = light @ np.array([0.07, 0.72, 0.21], np.float32)
        limit = float(np.quantile(bright, 0.9))
        if limit < _DARK:
            return None
        gain = np.full(3, min(max(_WALL / limit, 0.8), 3.2) ** _BELIEVED, np.float32)
        top = light[(bright >= np.quantile(bright, 0.7)) & (seen.max(axis=1) < 250)]
        if len(top) > 0.05 * len(seen):
            mean = top.mean(axis=0)
            cast = mean.mean() / np.maximum(mean, 1e-4)
            if cast.max() < 1.5 and cast.min() > 0.67:  # more is a coloured wall, no lamp
                gain = gain * np.asarray(cast**_BELIEVED, np.float32)
        return gain


_BELIEVED = 0.7
"""How much of what looks like the light is taken for it: cameras correct most of it themselves, and walls are painted."""
_WALL = 0.62
"""How much light a light wall gives back."""


def worn(pieces: Sequence[Piece], backdrop: Backdrop) -> Appearance:
    """The colours of what one person wears, above and below the waist; None for either that is not sure."""
    lamp = backdrop.lamp()
    coloured = backdrop.coloured or any(_coloured(piece.pixels) for piece in pieces)
    if lamp is None or not coloured:
        return Appearance()
    found: list[list[NDArray[np.float64]]] = [[], []]
    for piece in pieces:
        small = _smaller(piece)
        names, body = _named(small, backdrop, lamp)
        for number, (band, share) in enumerate(zip((_CHEST, _LEGS), found, strict=True)):
            pixels = _band(small, names, body, band) if _shows(small, legs=number == 1) else None
            if pixels is not None:
                share.append(np.bincount(pixels, minlength=len(_NAMES)) / len(pixels))
    return Appearance(_decide(found[0]), _decide(found[1]))


def _coloured(picture: Picture | Floats) -> bool:
    levels = picture.astype(np.int16)
    return float(np.quantile(np.ptp(levels, axis=2), 0.99)) >= _COLOURLESS


def linear(levels: Floats) -> Floats:
    """Levels of a picture (0 to 255) as linear light (0 to 1)."""
    return np.asarray((levels / 255.0) ** 2.2, np.float32)


_NAMES: tuple[Colour, ...] = tuple(Colour)


def _decide(shares: Sequence[NDArray[np.float64]]) -> Colour | None:
    """The colour that most of somebody's garment has in most of the pictures."""
    if not shares:
        return None
    mean = np.mean(shares, axis=0)
    second, first = np.argsort(mean)[-2:]
    same = frozenset((_NAMES[first], _NAMES[second])) in _NEIGHBOURS
    sure = mean[first] >= _SHARE and mean[first] - mean[second] >= _LEAD
    if not sure and not (same and mean[first] + mean[second] >= _PAIR and mean[first] >= _SHARE * _PAIR):
        return None
    name: Colour = _NAMES[int(first)]
    return name


def _smaller(piece: Piece) -> Piece:
    """No larger than is needed to tell a colour."""
    tall = piece.box.height * piece.scale
    if tall <= _TALL:
        return piece
    by = _TALL / tall
    size = max(1, round(piece.pixels.shape[1] * by)), max(1, round(piece.pixels.shape[0] * by))
    made = np.asarray(cv2.resize(piece.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = piece.scale * size[1] / piece.pixels.shape[0]
    return Piece(made, piece.left, piece.top, scale, piece.box, piece.others, piece.size)


def _shows(piece: Piece, *, legs: bool) -> bool:
    """Whether chest or legs are where they are taken to be: nobody knows that of somebody cut by the picture's edge."""
    box, (width, height) = piece.box, piece.size
    if box.y2 > height - 3 or box.x1 < 2 or box.x2 > width - 3:
        return False
    return not legs or box.height > _STANDS * box.width


def _named(piece: Piece, backdrop: Backdrop, lamp: Floats) -> tuple[NDArray[np.uint8], Mask]:
    """The name of each pixel's colour as a number, and which pixels are no backdrop; others' are not asked for."""
    free = np.ones(piece.pixels.shape[:2], bool)
    for other in piece.others:
        _fill(free, other, 0.0, (piece.left, piece.top), piece.scale)
    light = linear(np.asarray(piece.pixels, np.float32))
    body = free
    behind = backdrop.behind(piece)
    if behind is not None:
        room, known = behind
        around = free & known
        _fill(around, piece.box, 0.05 * piece.box.height, (piece.left, piece.top), piece.scale)
        before = linear(room)
        if np.count_nonzero(around) > 40:
            # The light was switched, or a cloud came: how much lighter the room is right here than it was.
            change = np.median(light[around] / np.maximum(before[around], 0.004), axis=0)
            light = np.asarray(light / change.clip(0.2, 5.0), np.float32)
        apart = _lab(light * lamp) - _lab(before * lamp)
        apart[:, :, 0] *= 0.5
        body = free & (~known | (np.linalg.norm(apart, axis=2) > _DIFFERS))
    names = colour_names(_levels(light * lamp))
    return np.where(free, names, 255).astype(np.uint8), body


def _band(piece: Piece, names: NDArray[np.uint8], body: Mask, band: tuple[float, float]) -> NDArray[np.uint8] | None:
    """The names in one band of the body; None where too little of it is seen."""
    box, scale = piece.box, piece.scale
    top, bottom = (round((box.y1 + share * box.height - piece.top) * scale) for share in band)
    middle, half = (box.x1 + box.x2) / 2 - piece.left, _MIDDLE * box.width / 2
    left, right = round((middle - half) * scale), round((middle + half) * scale)
    area = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
    there, mine = names[area], body[area]
    free = there != 255
    if np.count_nonzero(free) < max(12, 0.4 * there.size):
        return None
    chosen: NDArray[np.uint8] = there[free & mine]
    return chosen if len(chosen) >= _FOREGROUND * there.size else np.asarray(there[free], np.uint8)


def _levels(light: Floats) -> Picture:
    return np.asarray(255.0 * light.clip(0, 1) ** (1 / 2.2) + 0.5, np.uint8)


def _lab(light: Floats) -> Floats:
    levels = np.asarray(light.clip(0, 1) ** (1 / 2.2), np.float32)
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_BGR2LAB), np.float32)


def _fill(mask: Mask, box: Box, margin: float, corner: tuple[int, int], scale: float) -> None:
    """Take a box, given in pixels of the whole picture, out of a mask that begins at `corner`."""
    left, top = (int(max((value - margin - at) * scale, 0)) for value, at in zip(box[:2], corner, strict=True))
    right, bottom = (int(max((value + margin - at) * scale + 1, 0)) for value, at in zip(box[2:4], corner, strict=True))
    mask[top:bottom, left:right] = False
