"""A scene proposed from the tracks of the first people whom a camera saw: somebody looks at it and corrects it.

People who come through a door appear in the picture where nobody can appear otherwise, or vanish there. Where such ends
gather is the doorway, and the way on from there leads inside. How people's boxes grow tells the floor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from doorwatch.domain.geometry import Point
from doorwatch.domain.proposal_floor import CameraPose, FoundPose, StandingBox, find_pose
from doorwatch.domain.scene import FloorPlane, Scene, SceneError, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros

FEWEST_PEOPLE = 3
"""People who walk through the picture before anything is proposed."""

_EDGE = 0.006
"""A box this near to the picture's edge, as a share of its width, is cut by it."""
_PACE_OVER: Micros = SECOND // 2
_MOMENT: Micros = 3 * SECOND // 4
_LEAST_WALK = 1.2
"""Metres; who moves less stands."""
_FARTHEST = 30.0
_GATHERED = 1.2
"""Metres within which ends of walks belong to one doorway."""
_LEAST_SHARE = 0.34
"""Of all walks, those that must begin or end at a doorway to make it one."""
_WAY = 1.5
"""Metres of the way from the doorway that tell where it leads."""
_BEYOND = 0.25
"""People come into sight about so far outside of the threshold, and never inside of it."""
_POST = 0.4
"""Metres from the outermost walk to the post of the door."""
_WIDEST = 2.6
_DEEP = 2.5
_TILE = 0.5


class WalkStep(NamedTuple):
    """A person's box at a time; corners in pixels."""

    at: Micros
    left: float
    top: float
    right: float
    bottom: float

    @property
    def box(self) -> StandingBox:
        """The box alone."""
        return StandingBox(self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Walk:
    """One person followed through the picture, from the first box to the last."""

    track: str
    steps: tuple[WalkStep, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the walks say. `scene` is None while they say too little; `notes` are sentences for whoever looks at it.

    `confidence` is 0 to 1; `at_door` says that a doorway was found, not just a line across a way.
    """

    people: int
    scene: Scene | None = None
    pose: FoundPose | None = None
    at_door: bool = False
    confidence: float = 0.0
    notes: tuple[str, ...] = ()


class _Vector(NamedTuple):
    """A length and a direction on the floor, in metres."""

    x: float
    y: float

    def dot(self, x: float, y: float) -> float:
        return self.x * x + self.y * y


@dataclass(frozen=True, slots=True)
class _Path:
    """A walk on the floor, in metres; whether its two ends lie inside of the picture."""

    points: tuple[Point, ...]
    free: tuple[bool, bool]

    def ends(self) -> "list[_End]":
        """Its free ends, each with the way from there."""
        found = []
        if self.free[0]:
            found.append(_End(self, self.points))
        if self.free[1]:
            found.append(_End(self, self.points[::-1]))
        return found


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a walk inside of the picture, and the points from there on."""

    path: _Path
    points: tuple[Point, ...]

    @property
    def place(self) -> Point:
        """Where somebody appeared or vanished; the middle of three, since the first box is often cut short."""
        first = self.points[: min(3, len(self.points))]
        return sorted(first)[len(first) // 2]

    def heading(self) -> _Vector:
        """The direction of the way from here, of length 1; (0, 0) for somebody who stays."""
        start = self.place
        far = next((p for p in self.points if math.dist(p, start) >= _WAY), self.points[-1])
        length = math.dist(far, start)
        return _Vector((far.x - start.x) / length, (far.y - start.y) / length) if length > 0.3 else _Vector(0, 0)


@dataclass(frozen=True, slots=True)
class _Gate:
    """A threshold on the floor: its middle, the direction inwards, half its width, how deep the doorway is."""

    middle: Point
    inwards: _Vector
    half: float
    deep: float
    members: int
    agree: float

    def at(self, along: float, inside: float) -> Point:
        """A place by metres along the threshold and inwards from it."""
        x, y = self.inwards
        return Point(self.middle.x - y * along + x * inside, self.middle.y + x * along + y * inside)


def propose_scene(walks: Sequence[Walk], size: tuple[int, int], door: str = "door") -> Proposal:
    """Threshold, inside, doorway and floor for a picture of `size` (width, height), from walks in its pixels."""
    walks = sorted(walks, key=lambda walk: (walk.steps[0].at if walk.steps else 0, walk.track))
    whole = [[step.box for step in walk.steps if not _cut(step, size)] for walk in walks]
    pose = find_pose([box for boxes in whole for box in boxes], size, sum(bool(boxes) for boxes in whole))
    if pose is None:
        return Proposal(0, notes=(_too_few(len(walks)),))
    paths = [path for walk in walks if (path := _path(walk, size, pose.pose)) is not None]
    if len(paths) < FEWEST_PEOPLE:
        return Proposal(len(paths), pose=pose, notes=(_too_few(len(paths)),))
    gate = _doorway(paths)
    at_door = gate is not None
    gate = gate or _across(paths)
    scene = _drawn(gate, pose.pose, door, with_doorway=at_door)
    if scene is None:
        return Proposal(
            len(paths),
            pose=pose,
            notes=("People walk at the picture's very edge: turn the camera until the door is in the picture.",),
        )
    confidence = min(1.0, gate.members / 6) * gate.agree * (1.0 if at_door else 0.4) * max(0.0, 1 - 4 * pose.error)
    return Proposal(len(paths), scene, pose, at_door, round(confidence, 2), _notes(gate, pose, at_door=at_door))


def _too_few(people: int) -> str:
    seen = {0: "Nobody was", 1: "One person was"}.get(people, f"{people} people were")
    return f"{seen} seen walking through the picture so far; a proposal needs {FEWEST_PEOPLE}: let some pass the door."


def _notes(gate: _Gate, pose: FoundPose, *, at_door: bool) -> tuple[str, ...]:
    where = (
        f"{gate.members} people came into sight or vanished here: look whether the line runs from post to post."
        if at_door
        else "Nobody came into sight at a door, so this is a line across the way that people take: "
        "move it to the door, and look which side is inside."
    )
    floor = (
        f"The floor is estimated from {pose.boxes} boxes of people 1.7 m tall (camera {pose.pose.height:.1f} m high, "
        f"tilted {math.degrees(pose.pose.tilt):.0f} degrees); measure it where metres matter."
    )
    return where, floor


def _cut(step: WalkStep, size: tuple[int, int]) -> bool:
    """Whether the picture's edge hides a part of somebody."""
    return step.top <= _EDGE * size[0] or _leaving(step.box, size)


def _leaving(box: StandingBox, size: tuple[int, int]) -> bool:
    """Whether the picture's edge cuts somebody who may walk over it: nobody does with the head alone beyond it."""
    edge = _EDGE * size[0]
    return box.left <= edge or box.right >= size[0] - edge or box.bottom >= size[1] - edge


def _over_edge(steps: Sequence[WalkStep], size: tuple[int, int]) -> bool:
    """Whether a walk begins at the picture's edge: there, or so near that a moment before would have been there.

    The detector sees nobody until most of a person is in the picture. `steps` begin at the end that is meant.
    """
    first = steps[0]
    later = next((step for step in steps if abs(step.at - first.at) >= _PACE_OVER), steps[-1])
    passed = abs(later.at - first.at)
    back = _MOMENT / passed if passed else 0.0
    before = StandingBox(*(a - back * (b - a) for a, b in zip(first.box, later.box, strict=True)))
    return _leaving(first.box, size) or _leaving(before, size)


def _path(walk: Walk, size: tuple[int, int], pose: CameraPose) -> _Path | None:
    """The walk on the floor; None for who stands, and for what is no person on this floor."""
    if not walk.steps:
        return None
    points = []
    for step in walk.steps:
        floor = None if step.bottom >= size[1] - _EDGE * size[0] else pose.to_floor(step.box.foot)
        if floor is not None and math.hypot(*floor) < _FARTHEST:
            points.append(floor)
    if len(points) < 4 or max(math.dist(points[0], point) for point in points) < _LEAST_WALK:
        return None
    return _Path(tuple(points), (not _over_edge(walk.steps, size), not _over_edge(walk.steps[::-1], size)))


def _doorway(paths: Sequence[_Path]) -> _Gate | None:
    """Where walks begin and end inside of the picture; None when nowhere enough of them do."""
    ends = [end for path in paths for end in path.ends() if end.heading() != (0, 0)]
    best: list[_End] = []
    for centre in ends:
        near = [end for end in ends if math.dist(end.place, centre.place) <= _GATHERED]
        if len(near) > len(best):
            best = near
    people = len({id(end.path) for end in best})
    if people < max(2, _LEAST_SHARE * len(paths)):
        return None
    headings = [end.heading() for end in best]
    inwards, agree = _mean(headings)
    if agree < 0.5:
        return None  # people scatter from here: a place where they stand, not a door
    origin = _median([end.place for end in best])
    outside = sorted(inwards.dot(end.place.x - origin.x, end.place.y - origin.y) for end in best)
    inside = _quantile(outside, 0.8) + _BEYOND
    passed = [across for end in best if (across := _passes(end.points, origin, inwards, inside)) is not None]
    passed = sorted(passed) or [0.0]
    middle = (passed[0] + passed[-1]) / 2 if len(passed) < 5 else (_quantile(passed, 0.1) + _quantile(passed, 0.9)) / 2
    half = max((_quantile(passed, 0.9) - _quantile(passed, 0.1)) / 2 + _POST, 0.5)
    if half > _WIDEST / 2:
        return None  # no door is as wide as that: an edge of the picture, or a corner that people come round
    gate = _Gate(origin, inwards, half, min(max(inside - outside[0] + 0.2, 0.8), 2.5), people, agree)
    return _moved(gate, gate.at(middle, inside))


def _across(paths: Sequence[_Path]) -> _Gate:
    """A line across the way that most people take, in the middle of where they walk."""
    twice = []
    for path in paths:
        way = math.atan2(path.points[-1].y - path.points[0].y, path.points[-1].x - path.points[0].x)
        twice.append(_Vector(math.cos(2 * way), math.sin(2 * way)))
    axis, agree = _mean(twice)
    angle = math.atan2(axis.y, axis.x) / 2
    inwards = _Vector(math.cos(angle), math.sin(angle))
    forth = sum(
        math.copysign(1, inwards.dot(path.points[-1].x - path.points[0].x, path.points[-1].y - path.points[0].y))
        for path in paths
    )
    if forth < 0:
        inwards = _Vector(-inwards.x, -inwards.y)
    origin = _median([point for path in paths for point in path.points])
    passed = sorted(across for path in paths if (across := _passes(path.points, origin, inwards, 0.0)) is not None)
    passed = passed or [0.0]
    gate = _Gate(origin, inwards, min((passed[-1] - passed[0]) / 2 + 0.5, 3.0), 0.0, len(passed), agree)
    return _moved(gate, gate.at((passed[0] + passed[-1]) / 2, 0.0))


def _moved(gate: _Gate, middle: Point) -> _Gate:
    return _Gate(middle, gate.inwards, gate.half, gate.deep, gate.members, gate.agree)


def _passes(points: Sequence[Point], origin: Point, inwards: _Vector, at: float) -> float | None:
    """Metres along the line that lies `at` metres inwards of a place, where a way first passes it."""
    before: tuple[float, float] | None = None
    for point in points:
        x, y = point.x - origin.x, point.y - origin.y
        here = (inwards.dot(x, y) - at, _Vector(-inwards.y, inwards.x).dot(x, y))
        if before is not None and (before[0] <= 0) != (here[0] <= 0):
            share = before[0] / (before[0] - here[0])
            return before[1] + share * (here[1] - before[1])
        before = here
    return None


def _drawn(gate: _Gate, pose: CameraPose, door: str, *, with_doorway: bool) -> Scene | None:
    """The gate as a scene in the picture's pixels; None when it does not lie in the picture."""
    width, height = pose.size
    half = gate.half
    while half >= 0.3:
        ends = [pose.to_pixel(gate.at(along, 0.0)) for along in (-half, half)]
        if all(end is not None and 0 <= end.x <= width and 0 <= end.y <= height for end in ends):
            break
        half -= 0.05
    else:
        return None
    inside = next(
        (p for metres in (1.0, 0.7, 0.4, 0.2) if _in_picture(p := pose.to_pixel(gate.at(0, metres)), pose)), None
    )
    if inside is None:
        return None
    first, second = ((round(p.x, 1), round(p.y, 1)) for p in ends if p is not None)
    mapping: dict[str, object] = {
        "door": door,
        "size": [width, height],
        "threshold": [first, second],
        "inside": (round(inside.x, 1), round(inside.y, 1)),
    }
    far = [pose.to_pixel(gate.at(along, -gate.deep)) for along in (half, -half)]
    if with_doorway and all(far):
        mapping["doorway"] = [first, second, *(_clipped(p, pose.size) for p in far if p is not None)]
    floor = _floor(gate, pose, half)
    if floor is not None:
        mapping["floor"] = {
            "corners": [[round(p.x, 1), round(p.y, 1)] for p in floor.corners],
            "size_m": list(floor.size_m),
            "tile_m": floor.tile_m,
        }
    try:
        return scene_from_mapping(mapping)
    except SceneError:
        return None


def _floor(gate: _Gate, pose: CameraPose, half: float) -> FloorPlane | None:
    """A rectangle inside along the threshold, in whole tiles, as deep as the picture allows; None when none fits."""
    wide = max(3, math.ceil((2 * half + 0.4) / _TILE)) * _TILE
    for tiles in range(round(_DEEP / _TILE), 1, -1):
        deep = tiles * _TILE
        places = [(-wide / 2, 0.0), (wide / 2, 0.0), (wide / 2, deep), (-wide / 2, deep)]
        corners = [p for along, inside in places if (p := pose.to_pixel(gate.at(along, inside))) is not None]
        if len(corners) == 4 and all(_in_picture(p, pose, slack=0.1) for p in corners):
            try:
                return FloorPlane(corners, (wide, deep), _TILE)
            except ValueError:
                return None
    return None


def _in_picture(point: Point | None, pose: CameraPose, *, slack: float = 0.0) -> bool:
    width, height = pose.size
    return (
        point is not None
        and -slack * width <= point.x <= (1 + slack) * width
        and -slack * height <= point.y <= (1 + slack) * height
    )


def _clipped(point: Point, size: tuple[int, int]) -> tuple[float, float]:
    return round(min(max(point.x, 0), size[0]), 1), round(min(max(point.y, 0), size[1]), 1)


def _mean(directions: Sequence[_Vector]) -> tuple[_Vector, float]:
    """The mean direction, and how much they agree: 1 when all are the same, 0 when they cancel each other."""
    x, y = sum(d.x for d in directions) / len(directions), sum(d.y for d in directions) / len(directions)
    length = math.hypot(x, y)
    return (_Vector(x / length, y / length) if length > 1e-9 else _Vector(0, 1)), length


def _median(points: Sequence[Point]) -> Point:
    return Point(_quantile(sorted(p.x for p in points), 0.5), _quantile(sorted(p.y for p in points), 0.5))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of the sorted values lies, between two of them in proportion."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
