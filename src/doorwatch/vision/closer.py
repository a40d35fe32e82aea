"""A closer look at somebody who is about to be lost at a door: the detector once more, on that person's surroundings enlarged.

In the whole picture a person who leans with a wide or askew camera, is blurred or stands in the dark scores just too low.
Where such a person must be is known, since they were followed until now; cut out and enlarged they are found again.
Who was never followed is not looked for, and a closer look never adds anybody where nobody was expected.
"""

from collections.abc import Sequence

import numpy as np

from doorwatch.vision.detect.base import Box, Detector, Picture
from doorwatch.vision.track import overlap

MOST = 2
"""People of one frame who are looked at more closely, at most: each look is one run of the detector."""

_AROUND = 2.4
"""The longer side of what is cut out, in heights of the person: most detectors like people of a third of their input."""

_EXPECTED = 0.3
"""Overlap from which a person found is the one who was expected."""

_SAME = 0.45
"""Overlap from which two boxes are one person, one of them seen from afar."""


def look_closer(detector: Detector, picture: Picture, found: Sequence[Box], asked: Sequence[Box]) -> list[Box]:
    """What was found in a picture, with those who were `asked` for and are not surely found looked for once more.

    All boxes in pixels of the picture. A person surely found stays as found; one faintly found gives way to what the
    closer look says.
    """
    limit = detector.profile.threshold
    boxes = list(found)
    for person in asked[:MOST]:
        if any(box.score >= limit and overlap(box, person) > _SAME for box in boxes):
            continue
        sure = [box for box in boxes if box.score >= limit]
        seen = [box for box in _cut_out(detector, picture, person) if box.score >= limit]
        likely = [
            box for box in seen if overlap(box, person) > _EXPECTED and not any(overlap(box, o) > _SAME for o in sure)
        ]
        if likely:
            best = max(likely, key=lambda box: overlap(box, person))
            boxes = [box for box in boxes if overlap(box, best) <= _SAME or box.score >= limit]
            boxes.append(best)
    return sorted(boxes, key=lambda box: -box.score)


def _cut_out(detector: Detector, picture: Picture, person: Box) -> list[Box]:
    """The people around somebody's likely place, in pixels of the picture; who is cut by the cut-out is left out."""
    height, width = picture.shape[:2]
    half = _AROUND * person.height / 2
    x, y = (person.x1 + person.x2) / 2, (person.y1 + person.y2) / 2
    left, top = int(max(0, min(x - half, width - 2 * half))), int(max(0, min(y - half, height - 2 * half)))
    right, bottom = int(min(width, left + 2 * half)), int(min(height, top + 2 * half))
    if right - left < 8 or bottom - top < 8:
        return []
    part: Picture = np.ascontiguousarray(picture[top:bottom, left:right])
    return [
        Box(box.x1 + left, box.y1 + top, box.x2 + left, box.y2 + top, box.score)
        for box in detector.detect(part)
        if (box.x1 > 2 or left == 0)
        and (box.y1 > 2 or top == 0)
        and (box.x2 < right - left - 3 or right == width)
        and (box.y2 < bottom - top - 3 or bottom == height)
    ]
