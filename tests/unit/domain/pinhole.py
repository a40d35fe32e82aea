"""Synthetic cameras of which everything is known, and people who walk before them."""

import itertools
import math
import random

from doorwatch.domain.geometry import Point
from doorwatch.domain.proposal import Walk, WalkStep
from doorwatch.domain.proposal_floor import CameraPose
from doorwatch.domain.time import SECOND

SIZE = (640, 360)


def camera(view=78.0, tilt=28.0, height=2.9, size=SIZE):
    """A camera by angle of view across the picture and tilt below the horizon, in degrees, and metres of height."""
    return CameraPose(size, size[0] / 2 / math.tan(math.radians(view) / 2), math.radians(tilt), height)


def box_of(seen_by, floor, tall=1.7):
    """The box of a person who stands at a place on the floor, cut by the picture; None out of sight."""
    foot, head = seen_by.to_pixel(floor), seen_by.to_pixel(floor, tall)
    if foot is None or head is None:
        return None
    half = 0.18 * (foot.y - head.y)
    width, height = seen_by.size
    left, right = max(0.0, foot.x - half), min(float(width), foot.x + half)
    top, bottom = max(0.0, head.y), min(float(height), foot.y)
    if right - left < half or bottom - top < 0.5 * (foot.y - head.y):
        return None
    return left, top, right, bottom


def walk(seen_by, way, *, name="w", start=0, tall=1.7, speed=1.2, fps=10, noise=0.0, chance=None):
    """Somebody who walks from place to place in straight lines; what of it is in the picture, the first piece."""
    chance = chance or random.Random(name)
    places, at = [], float(start)
    for here, there in itertools.pairwise(way):
        steps = max(1, round(math.dist(here, there) / speed * fps))
        for i in range(steps):
            share = i / steps
            places.append((at, Point(here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1]))))
            at += SECOND / fps
    places.append((at, Point(*way[-1])))
    found = []
    for when, place in places:
        box = box_of(seen_by, place, tall)
        if box is None:
            if found:
                break
            continue
        tremble = noise * (box[3] - box[1])
        found.append(WalkStep(round(when), *(edge + chance.gauss(0, tremble) for edge in box)))
    return Walk(name, tuple(found))


def crowd(seen_by, people=12, *, noise=0.02, seed=1, door=((-0.6, 6.0), (0.5, 6.0)), heights=0.05):
    """People who come through a door at the far end and leave the picture towards the camera, or the other way.

    The door is seen from inside: nobody is visible beyond half a metre behind it.
    """
    chance = random.Random(seed)
    (ax, ay), (bx, by) = door
    length = math.dist(*door)
    out = (-(by - ay) / length, (bx - ax) / length)
    walks = []
    for number in range(people):
        share, behind = chance.uniform(0.25, 0.75), chance.uniform(0.2, 0.8)
        gate = (ax + share * (bx - ax), ay + share * (by - ay))
        begin = (gate[0] + behind * out[0], gate[1] + behind * out[1])
        aim = (chance.uniform(-1.6, 1.6), 0.5)
        middle = (gate[0] - 1.2 * out[0], gate[1] - 1.2 * out[1])
        way = [begin, gate, middle, aim]
        walks.append(
            walk(
                seen_by,
                way if number % 4 else way[::-1],
                name=f"w{number}",
                start=number * 10 * SECOND,
                tall=1.7 * math.exp(chance.gauss(0, heights)),
                noise=noise,
                chance=chance,
            )
        )
    return walks
