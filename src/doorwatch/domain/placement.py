"""Whether a camera is well placed for its door: how large people are there, and what to change, in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.domain.geometry import Point
from doorwatch.domain.proposal import Walk
from doorwatch.domain.proposal_floor import PERSON_M, CameraPose, StandingBox, find_pose
from doorwatch.domain.scene import Scene

FOOT_M = 0.3048

SMALLEST_PERSON = 60.0
"""Pixels of height below which detectors miss people."""
STEEPEST = 60.0
FLATTEST = 12.0
"""Degrees below the horizon at which the door is looked at: beyond these people are seen from above, or hide others."""
FEWEST_FRAMES = 6.0
GOOD_FRAMES = 10.0
DARKEST = 35.0
"""Mean brightness of the picture, of 255."""

_HEAD_ON = 20.0
_HEAD_ON_BELOW = 40.0
"""Somebody who walks within 20 degrees of straight at the camera hides who follows, unless it looks down steeply."""
_EDGE = 0.03
_SHORT = 0.75
_OFTEN = 0.4
_ENOUGH = 10
_UNSURE = 0.08
"""Where boxes differ from the estimated floor by more than this as a rule, it is no ground for advice."""
_NEAR = 0.9
"""How far below somebody's box the threshold may lie, in heights of the box: feet may be hidden."""


class Concern(StrEnum):
    """What can be wrong with a camera's place."""

    STEEP = "too steep"
    FLAT = "too flat"
    FEET_HIDDEN = "feet hidden"
    HEAD_ON = "head-on"
    DARK = "too dark"
    SMALL = "too small"
    EDGE = "door at the edge"
    SLOW = "low frame rate"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to change; `text` is a sentence or two with what was found and what to do. `grave`: it will miscount."""

    concern: Concern
    text: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Meter:
    """How large things are at the threshold, in pixels; `person` is the height of somebody of 1.7 m."""

    per_metre: float
    person: float

    @property
    def per_foot(self) -> float:
        """Pixels a foot, as data sheets of cameras say it."""
        return self.per_metre * FOOT_M


@dataclass(frozen=True, slots=True)
class Placement:
    """What there is to say of a camera at a door; `meter` is None while neither floor nor people tell it."""

    meter: Meter | None
    advice: tuple[Advice, ...]


def judge_placement(
    size: tuple[int, int],
    walks: Sequence[Walk] = (),
    scene: Scene | None = None,
    *,
    fps: float | None = None,
    brightness: float | None = None,
) -> Placement:
    """Judge a camera by its picture's size, walks and scene (both in pixels of that size), frame rate and brightness.

    What is not given is not judged. Brightness is the mean of the picture, 0 to 255, while the door is used.
    """
    boxes = [step.box for walk in walks for step in walk.steps]
    whole = [box for box in boxes if not _cut(box, size)]
    found = find_pose(whole, size, sum(bool(walk.steps) for walk in walks))
    pose = found.pose if found is not None and found.error <= _UNSURE else None
    place = _door_of(scene, boxes)
    near = _near(boxes, place)
    meter = _meter(scene, pose, near, place)
    advice = [
        _steepness(pose, place),
        _head_on(pose, walks, place),
        _feet(pose, near, size),
        _smallness(meter),
        _edge(scene),
        _frames(fps),
        _darkness(brightness),
    ]
    return Placement(meter, tuple(one for one in advice if one is not None))


def _door_of(scene: Scene | None, boxes: Sequence[StandingBox]) -> Point | None:
    """The middle of the threshold; without a scene, where people are farthest away."""
    if scene is not None:
        start, end = scene.threshold.start, scene.threshold.end
        return Point((start.x + end.x) / 2, (start.y + end.y) / 2)
    if len(boxes) < _ENOUGH:
        return None
    far = sorted(boxes, key=lambda box: box.bottom)[: max(3, len(boxes) // 5)]
    return Point(sorted(b.foot.x for b in far)[len(far) // 2], sorted(b.foot.y for b in far)[len(far) // 2])


def _near(boxes: Sequence[StandingBox], place: Point | None) -> list[StandingBox]:
    if place is None:
        return []
    return [
        box
        for box in boxes
        if abs(box.foot.x - place.x) < box.height and -0.3 < (place.y - box.bottom) / max(box.height, 1) < _NEAR
    ]


def _meter(
    scene: Scene | None, pose: CameraPose | None, near: Sequence[StandingBox], place: Point | None
) -> Meter | None:
    """From a floor that was measured by hand, else from the pose, else from the boxes at the door."""
    tall = sorted(box.height for box in near)[len(near) // 2] if len(near) >= _ENOUGH else None
    if tall is None and pose is not None and place is not None:
        tall = pose.pixels_of_person(place) or None
    if scene is not None and scene.floor is not None:
        ends = [scene.floor.to_floor(end) for end in (scene.threshold.start, scene.threshold.end)]
        metres = math.dist(*ends)
        if metres > 0.05:
            per_metre = scene.threshold.length / metres
            return Meter(per_metre, tall or PERSON_M * per_metre)
    if tall is None:
        return None
    steep = 0.0 if pose is None or place is None else pose.looks_down(place)
    return Meter(tall / PERSON_M / max(math.cos(steep), 0.3), tall)


def _steepness(pose: CameraPose | None, place: Point | None) -> Advice | None:
    if pose is None or place is None:
        return None
    down = math.degrees(pose.looks_down(place))
    if down > STEEPEST:
        return Advice(
            Concern.STEEP,
            f"The camera looks down at the door at {down:.0f} degrees and sees heads and shoulders: mount it lower or "
            "farther into the room, so that it looks at the door at 25 to 60 degrees.",
            grave=True,
        )
    if down < FLATTEST:
        return Advice(
            Concern.FLAT,
            f"The camera looks at the door almost level ({down:.0f} degrees), where one person hides the next: mount "
            "it higher, 2.5 to 3.5 m, and tilt it down.",
            grave=True,
        )
    return None


def _head_on(pose: CameraPose | None, walks: Sequence[Walk], place: Point | None) -> Advice | None:
    """Most people walk straight at the camera, which is too low to see over the first one's head."""
    if pose is None or place is None or math.degrees(pose.looks_down(place)) > _HEAD_ON_BELOW:
        return None
    ways = [angle for walk in walks if (angle := _way_to_camera(pose, walk, place)) is not None]
    straight = [angle for angle in ways if angle < _HEAD_ON]
    if len(ways) < 3 or len(straight) < 0.7 * len(ways):
        return None
    return Advice(
        Concern.HEAD_ON,
        f"{len(straight)} of {len(ways)} people walk straight at the camera, so that the first one hides who follows: "
        "mount it to the side of their way, 20 degrees or more, or higher.",
        grave=False,
    )


def _way_to_camera(pose: CameraPose, walk: Walk, place: Point) -> float | None:
    """Degrees between somebody's way near the door and the line to the camera, 0 to 90; None for who stands."""
    steps = [step.box for step in walk.steps if math.dist(step.box.foot, place) < 4 * _NEAR * max(step.box.height, 20)]
    floor = [place_ for box in steps if (place_ := pose.to_floor(box.foot)) is not None]
    if len(floor) < 4 or math.dist(floor[0], floor[-1]) < 0.8:
        return None
    (ax, ay), (bx, by) = floor[0], floor[-1]
    mx, my = (ax + bx) / 2, (ay + by) / 2
    if math.hypot(mx, my) < 0.5:
        return None
    turned = abs(math.atan2(by - ay, bx - ax) - math.atan2(my, mx)) % math.pi
    return math.degrees(min(turned, math.pi - turned))


def _feet(pose: CameraPose | None, near: Sequence[StandingBox], size: tuple[int, int]) -> Advice | None:
    """At the door feet lie beyond the picture, or something stands before them."""
    if len(near) < _ENOUGH:
        return None
    cut = sum(box.bottom >= size[1] - 3 for box in near)
    if cut > _OFTEN * len(near):
        return Advice(
            Concern.FEET_HIDDEN,
            "At the door people's feet are below the picture: tilt the camera further down, or move it back.",
            grave=True,
        )
    if pose is None:
        return None
    short = [_hidden_below(pose, box) for box in near if box.top > 3]
    if sum(short) > _OFTEN * len(near):
        return Advice(
            Concern.FEET_HIDDEN,
            "At the door something hides people's feet, and the feet decide on which side somebody is: move what "
            "stands there, or mount the camera where it sees the floor at the threshold.",
            grave=True,
        )
    return None


def _hidden_below(pose: CameraPose, box: StandingBox) -> bool:
    """Whether a box ends well above the feet of somebody whose head is where its upper edge is."""
    head = Point(box.foot.x, box.top)
    place = pose.to_floor(head, PERSON_M)
    foot = None if place is None else pose.to_pixel(place)
    return foot is not None and box.height < _SHORT * (foot.y - head.y)


def _smallness(meter: Meter | None) -> Advice | None:
    if meter is None or meter.person >= SMALLEST_PERSON:
        return None
    return Advice(
        Concern.SMALL,
        f"A person at the door is {meter.person:.0f} pixels tall, and at least {SMALLEST_PERSON:.0f} are needed: give "
        "the camera's larger stream, zoom in, or mount it nearer.",
        grave=True,
    )


def _edge(scene: Scene | None) -> Advice | None:
    if scene is None:
        return None
    width, height = scene.size
    margin = _EDGE * width
    ends = (scene.threshold.start, scene.threshold.end)
    if all(margin <= x <= width - margin and margin <= y <= height - margin for x, y in ends):
        return None
    return Advice(
        Concern.EDGE,
        "The door lies at the picture's edge, where people are cut: turn the camera until the threshold has a "
        "person's width of floor around it.",
        grave=True,
    )


def _frames(fps: float | None) -> Advice | None:
    if fps is None or fps >= GOOD_FRAMES:
        return None
    return Advice(
        Concern.SLOW,
        f"{fps:.3g} frames a second are few to follow people who walk quickly: set the stream to 10 to 15.",
        grave=fps < FEWEST_FRAMES,
    )


def _darkness(brightness: float | None) -> Advice | None:
    if brightness is None or brightness >= DARKEST:
        return None
    return Advice(
        Concern.DARK,
        f"The picture is dark (mean brightness {brightness:.0f} of 255): give the door more light, or the camera a "
        "longer exposure or infrared light.",
        grave=True,
    )


def _cut(box: StandingBox, size: tuple[int, int]) -> bool:
    return box.left <= 3 or box.top <= 3 or box.right >= size[0] - 3 or box.bottom >= size[1] - 3
