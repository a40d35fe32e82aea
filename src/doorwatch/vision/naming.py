"""Which of eleven names a colour has: by lightness, chroma and hue in CIE Lab, as people were found to name them.

The eleven are the basic colour terms that languages have in common (Berlin and Kay). The borders are set between the
published centres of these names, not learnt from pictures; a table of 32 levels a channel is made of them once.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.appearance import Colour
from doorwatch.vision.detect.base import Picture

_STEPS = 32


def colour_names(picture: Picture) -> NDArray[np.uint8]:
    """The number of each pixel's name (place in `Colour`): height x width."""
    blue, green, red = (picture[:, :, channel] >> 3 for channel in range(3))
    return np.asarray(_table()[blue, green, red], np.uint8)


@cache
def _table() -> NDArray[np.uint8]:
    level = (np.arange(_STEPS, dtype=np.float32) + 0.5) / _STEPS
    cube = np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1)
    lab = cv2.cvtColor(cube.reshape(1, -1, 3), cv2.COLOR_BGR2LAB).reshape(-1, 3)
    light, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    # Dark colours have little chroma, and are colours nevertheless: what counts is how pure they are.
    pure = chroma / np.maximum(np.hypot(chroma, light), 1e-3)
    plain = (light < 10) | (chroma < 10.5) | (pure < 0.19) | ((light < 22) & (chroma < 13))
    rosy, reddish, warm, yellowish = (hue < 18) | (hue >= 342), hue < 46, hue < 74, hue < 106
    vivid = (light > 54) & (chroma > 40)
    # The first that holds is the name.
    names = {
        Colour.BLACK: [plain & (light < 30)],
        Colour.WHITE: [plain & (light > 76)],
        Colour.GREY: [plain],
        Colour.PINK: [rosy & (light > 52), ~rosy & reddish & (light > 64) & (hue < 38)],
        Colour.RED: [rosy & ((hue < 18) | (hue > 354))],
        Colour.PURPLE: [rosy],
        Colour.ORANGE: [reddish & (light > 64), ~reddish & warm & vivid],
        Colour.BROWN: [reddish & (chroma < 30) & (hue > 30), ~reddish & warm],
    }
    rules = [(rule, colour) for colour, some in names.items() for rule in some]
    rules += [(reddish, Colour.RED), (yellowish & vivid, Colour.YELLOW), (hue < 98, Colour.BROWN)]
    rules += [(hue < 202, Colour.GREEN), (hue < 309, Colour.BLUE)]
    numbers = {colour: number for number, colour in enumerate(Colour)}
    made = np.select([rule for rule, _ in rules], [numbers[colour] for _, colour in rules], numbers[Colour.PURPLE])
    return np.asarray(made, np.uint8).reshape(_STEPS, _STEPS, _STEPS)
