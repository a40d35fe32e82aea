"""From a camera's boxes to crossings: one `Counter` a camera holds its tracks and watches every door it sees."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from doorwatch.domain.access import Direction
from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import Scene, Tile
from doorwatch.domain.time import Micros
from doorwatch.vision.among import Among, swallows
from doorwatch.vision.apart import ComeApart
from doorwatch.vision.closer import MOST
from doorwatch.vision.cross import Passage, Passed, Side, passed_at
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.feet import Edges, Feet, FeetFinder, covers_feet
from doorwatch.vision.hidden import HiddenPeople
from doorwatch.vision.lost import LostPeople
from doorwatch.vision.region import View
from doorwatch.vision.second_look import Look, SecondLooks
from doorwatch.vision.told import TRAIL_BEFORE, TRAIL_EVERY, Told
from doorwatch.vision.track import CONFIRM_HITS, Track, Tracker
from doorwatch.vision.upright import upright_of

CONTINUOUS_GAP: Micros = 700_000
"""A track missed for longer between two crossings may have become another person."""

CLOSE = 1.0
"""How near to a threshold somebody is worth a closer look, in heights: from where the next steps lead over it."""

CLOSER_SHARE, CLOSER_SAVED = 0.15, 24.0
"""Closer looks for each picture on average, so that a coat stand does not double what a camera costs; and how many may
be saved up for when somebody comes."""

REMEMBERED = 300
"""Pictures whose times are kept: nobody is followed unseen for as many, however long the camera was away in between."""

HIDDEN = 0.6
"""Confidence of a passage that nobody saw: lost on one side, come to light on the other."""


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """One tracked person in one frame; box and foot in pixels of the scene's size, `door` the nearest one's id."""

    track: str
    box: Box
    foot: Point
    tile: Tile | None
    door: str | None


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame showed: the people in it, and crossings that are new or whose trail grew (same id).

    `looks` are worth a second look by whoever has the pictures; what is found goes to `Counter.second_found`. `closer`
    are those at a door who are not surely seen, as boxes of the searched picture: the next one is searched closely there.
    """

    at: Micros
    people: tuple[PersonSeen, ...]
    crossings: tuple[Crossing, ...]
    looks: tuple[Look, ...] = ()
    closer: tuple[Box, ...] = ()


class SceneMismatchError(DoorwatchError):
    """A scene that was drawn on a picture of another shape; the text names both sizes."""


@dataclass(slots=True)
class _Followed:
    """What is remembered of one track."""

    feet: FeetFinder
    passages: tuple[Passage, ...]
    birth: Box
    among: Among = field(default_factory=Among)
    steps: tuple[deque[TileStep], ...] = ()
    crossings: int = 0
    told: list[Told] = field(default_factory=list)


class Counter:
    """Counts the people who pass the doors of one camera.

    `scenes` are drawn on one size of picture; boxes come in pixels of `picture` (width, height), the scenes' size when
    absent. `run` tells one start of the program from another, so that ids are never used twice; empty makes them
    the same in every run over the same video. Raises SceneMismatchError.
    """

    def __init__(
        self,
        camera: str,
        scenes: Sequence[Scene],
        profile: Profile,
        *,
        run: str = "",
        picture: tuple[int, int] | None = None,
    ) -> None:
        self._camera = camera
        self._scenes = tuple(scenes)
        self._run = run
        self._size = scenes[0].size if scenes else (picture or (1, 1))
        self._scale = _scale(self._size, picture or self._size, self._scenes)
        self._edges = Edges(0, *self._size)
        self._upright = next((upright_of(scene) for scene in self._scenes if scene.floor), None)
        self._tracker = Tracker(profile)
        self._hidden = HiddenPeople(self._size)
        self._second = SecondLooks(self._scale)
        self._apart = ComeApart()
        self._followed: dict[int, _Followed] = {}
        self._lost = LostPeople(self._tracker, self._ways)
        self._closer_saved = CLOSER_SAVED
        self._pictures: deque[Micros] = deque(maxlen=REMEMBERED)

    def observe(self, at: Micros, boxes: Sequence[Box], view: View | None = None) -> Observation:
        """Take one frame's boxes. `at` is capture time and rises.

        `view` is the part of the picture that was searched, all of it when absent.
        """
        sx, sy = self._scale
        self._edges = Edges(view.left * sx, view.right * sx, view.bottom * sy) if view else Edges(0, *self._size)
        step = self._tracker.step(at, [Box(b.x1 * sx, b.y1 * sy, b.x2 * sx, b.y2 * sy, b.score) for b in boxes])
        self._lost.until(at)
        self._pictures.append(at)
        crossings: list[Crossing] = []
        for track in step.ended:
            crossings += self._end(track)
        self._hidden.observe(at, step.seen, self._heading(step.seen))
        people: list[PersonSeen] = []
        for track in step.seen:
            followed = self._followed.get(track.number) or self._begin(track)
            others = [other for other in step.seen if other is not track]
            covered = any(other.confirmed and covers_feet(other.box, track.box) for other in others)
            missing = self._tracker.missing(at)
            merged = swallows(track.box, at, others, missing)
            feet = followed.feet.find(at, track.box, self._edges, covered=covered, merged=merged)
            if followed.among.last is not None:
                self._lost.found_again(followed.among.last, at, track.box)
            if followed.among.see(at, track, others, missing):
                for passage in followed.passages:
                    passage.forget()
            crossings += self._pass(track, followed, at, feet, covered=covered)
            if track.hits == CONFIRM_HITS:
                self._begun(track, followed, step.seen)
            if track.confirmed:
                people.append(self._person(track, feet))
        together = (
            self.second_found(crossing_id) for crossing_id in self._apart.observe(at, step.seen, self._unexplained)
        )
        crossings += [crossing for crossing in together if crossing is not None]
        crossings += self._grown(at)
        looks = self._second.observe(at, step.seen)
        return Observation(at, tuple(people), tuple(crossings), looks, self._closer(at))

    def _closer(self, at: Micros) -> tuple[Box, ...]:
        """Those within a few steps of a door who are not surely seen, the nearest first, in the picture's pixels."""
        self._closer_saved = min(self._closer_saved + CLOSER_SHARE, CLOSER_SAVED)
        doubtful = self._tracker.doubtful(at) if self._scenes else ()
        near = sorted((min(_steps_away(scene, box) for scene in self._scenes), box) for box in doubtful)
        asked = [box for away, box in near if away < CLOSE][: min(MOST, int(self._closer_saved))]
        self._closer_saved -= len(asked)
        sx, sy = self._scale
        return tuple(Box(box.x1 / sx, box.y1 / sy, box.x2 / sx, box.y2 / sy, box.score) for box in asked)

    def second_found(self, crossing_id: str) -> Crossing | None:
        """A second look found one more person: the crossing with the suspicion; None if it has it, or is long past."""
        for followed in self._followed.values():
            for told in followed.told:
                if told.crossing.crossing_id == crossing_id:
                    told.found, known = True, told.crossing.possible
                    told.crossing = replace(told.crossing, possible=max(known, 1))
                    return None if known else told.crossing
        return None

    def finish(self) -> tuple[Crossing, ...]:
        """No more frames: the crossings that only the end decides, and every trail's last state."""
        return tuple(crossing for track in self._tracker.finish() for crossing in self._end(track))

    def _begin(self, track: Track) -> _Followed:
        followed = _Followed(
            FeetFinder(self._size, self._upright),
            tuple(Passage(scene) for scene in self._scenes),
            track.past[0][1] if track.past else track.box,
            steps=tuple(deque() for _ in self._scenes),
        )
        self._followed[track.number] = followed
        past = [(then, box, followed.feet.find(then, box, self._edges)) for then, box in track.past]
        for number, passage in enumerate(followed.passages):
            if past:
                passage.explained = self._lost.explain(track, number, past[0][2].point)
            for then, box, feet in past:
                passage.observe(then, feet, box, confirmed=False)
        return followed

    def _pass(self, track: Track, followed: _Followed, at: Micros, feet: Feet, *, covered: bool) -> list[Crossing]:
        found = []
        for number, passage in enumerate(followed.passages):
            if passage.explained is not None and self._lost.is_back(passage.explained, track):
                passage.unexplained()
            elif passage.side is Side.UNKNOWN and passage.explained is None and track.hits <= CONFIRM_HITS:
                passage.explained = self._lost.explain(track, number, passage.began or feet.point)
            sure = track.confirmed and followed.among.own
            passed = passage.observe(at, feet, track.box, confirmed=sure, covered=covered)
            self._step(followed.steps[number], self._scenes[number], at, feet.point)
            if passed is None and track.hits == CONFIRM_HITS and not self._at_edge(followed.birth):
                passed = self._came_unseen(track, number, feet.point)
            if passed is not None:
                if passage.explained is not None and self._lost.goes_on(passage.explained, at):
                    self._followed.pop(passage.explained, None)
                passage.explained = None
                found.append(self._cross(track, followed, number, passed, at))
        return found

    def _begun(self, track: Track, followed: _Followed, seen: Sequence[Track]) -> None:
        """Somebody is sure to be a person: one who came through behind another, if nobody else explains where from."""
        if not (followed.crossings or self._at_edge(followed.birth)):
            there = (*seen, *self._tracker.missing(track.seen))
            self._apart.begun(track, followed.birth, there, self._lost.missed)

    def _unexplained(self, track: Track) -> bool:
        """Whether somebody is inside, and nobody who was followed before."""
        return any(way.side is Side.INSIDE for way in self._ways(track.number)) and not self._lost.missed(track)

    def _came_unseen(self, begun: Track, number: int, there: Point) -> Passed | None:
        """The passage of somebody who was hidden on the way over the threshold, and comes to light on its other side."""
        lost = self._lost.came_over(begun, number, there)
        if lost is None:
            return None
        hidden = self._followed.pop(lost.number).passages[number]
        self._tracker.forget(lost)
        side = self._followed[begun.number].passages[number].side
        before = self._depth(number, hidden.last) if hidden.last else 0.0
        at = passed_at(lost.seen, before, begun.seen, self._depth(number, there))
        return Passed(at, Direction.IN if side is Side.INSIDE else Direction.OUT, HIDDEN)

    def _depth(self, number: int, point: Point) -> float:
        return self._scenes[number].depth(point)

    def _ways(self, track: int) -> tuple[Passage, ...]:
        return self._followed[track].passages if track in self._followed else ()

    def _heading(self, seen: Sequence[Track]) -> list[int]:
        """The tracks that walk towards a threshold of theirs."""
        return [
            track.number
            for track in seen
            if track.number in self._followed
            and any(passage.approaches for passage in self._followed[track.number].passages)
        ]

    def _picture_at(self, at: Micros) -> Micros:
        """The time of the first picture from a moment of late on: a crossing is told with the picture that shows it."""
        return next(then for then in self._pictures if then >= at)

    def _cross(self, track: Track, followed: _Followed, number: int, passed: Passed, now: Micros) -> Crossing:
        followed.crossings += 1
        before = (followed.told[-1].crossing.at, now) if followed.told else None
        doubtful = before is not None and followed.among.doubtful(*before)
        continuous = followed.crossings == 1 or (track.longest_gap <= CONTINUOUS_GAP and not doubtful)
        track.longest_gap = 0
        parts = (self._camera, self._run, str(track.number), str(followed.crossings))
        crossing = Crossing(
            crossing_id="-".join(part for part in parts if part),
            door=self._scenes[number].door,
            camera=self._camera,
            track=self._name(track),
            at=self._picture_at(passed.at),
            direction=passed.direction,
            confidence=round(passed.confidence * min(1.0, 0.5 + track.mean_score), 3),
            continuous=continuous,
            possible=self._hidden.with_track(track.number, passed.at),
            trail=tuple(followed.steps[number]),
        )
        followed.told.append(Told(crossing, now, before))
        self._second.crossed(crossing.crossing_id, track.number, passed.at)
        into = passed.direction is Direction.IN and bool(self._scenes[number].doorway)
        self._apart.crossed(crossing.crossing_id, track.number, passed.at, into=into)
        return crossing

    def _end(self, track: Track) -> list[Crossing]:
        followed = self._followed.pop(track.number, None)
        if followed is None:
            return []
        crossings = []
        alone = not (
            followed.among.in_company(track.seen)
            or self._at_edge(track.box)
            or self._lost.came_to_light(track, self._birth)
        )
        mingled = followed.among.mingled(track.seen)
        for number, passage in enumerate(followed.passages):
            passed = passage.end(alone=alone, mingled=mingled) if track.confirmed else None
            if passed is not None:
                crossings.append(self._cross(track, followed, number, passed, track.seen))
        self._lost.give_up(track, followed.passages)
        told_now = {crossing.crossing_id for crossing in crossings}
        return crossings + [
            grown
            for told in followed.told
            if told.crossing.crossing_id not in told_now
            and (grown := self._longer(track.number, followed, told)) is not None
        ]

    def _at_edge(self, box: Box) -> bool:
        """Whether a box ends where the search does: that person has left the picture, or what is searched of it."""
        reach, edges = 0.1 * box.height, self._edges
        return box.x1 < edges.left + reach or box.x2 > edges.right - reach or box.y2 > edges.bottom - reach

    def _birth(self, track: int) -> Box | None:
        return self._followed[track].birth if track in self._followed else None

    def _grown(self, at: Micros) -> list[Crossing]:
        crossings = []
        for number, followed in self._followed.items():
            for told in followed.told:
                if at - told.told_at < TRAIL_EVERY:
                    continue
                grown = self._longer(number, followed, told)
                if grown is not None:
                    told.crossing, told.told_at = grown, at
                    crossings.append(grown)
            followed.told = [told for told in followed.told if at - TRAIL_EVERY < told.until]
        return crossings

    def _longer(self, track: int, followed: _Followed, told: Told) -> Crossing | None:
        """The crossing with what became known since it was told; None when nothing did."""
        number = next(i for i, scene in enumerate(self._scenes) if scene.door == told.crossing.door)
        come_to_light = bool(told.crossing.possible) and self._hidden.came_to_light(track, told.crossing.at)
        return told.again(followed.steps[number], followed.among, come_to_light=come_to_light)

    def _step(self, steps: deque[TileStep], scene: Scene, at: Micros, point: Point) -> None:
        tile = scene.floor.tile_at(point) if scene.floor else None
        if tile is not None and (not steps or (steps[-1].column, steps[-1].row) != tile):
            steps.append(TileStep(at, tile.column, tile.row))
        while len(steps) > 1 and at - steps[1].at > TRAIL_BEFORE:
            steps.popleft()

    def _person(self, track: Track, feet: Feet) -> PersonSeen:
        scene = self._nearest(feet.point)
        tile = scene.floor.tile_at(feet.point) if scene and scene.floor else None
        return PersonSeen(self._name(track), track.box, feet.point, tile, scene.door if scene else None)

    def _nearest(self, point: Point) -> Scene | None:
        return min(self._scenes, key=lambda scene: _away(scene, point), default=None)

    def _name(self, track: Track) -> str:
        return f"{self._run}-{track.number}" if self._run else str(track.number)


def _away(scene: Scene, point: Point) -> float:
    """Pixels from a point to the middle of a scene's threshold."""
    start, end = scene.threshold.start, scene.threshold.end
    return math.hypot(point.x - (start.x + end.x) / 2, point.y - (start.y + end.y) / 2)


def _steps_away(scene: Scene, box: Box) -> float:
    """Heights of the box from its feet to the nearest point of a scene's threshold."""
    (ax, ay), (bx, by) = scene.threshold.start, scene.threshold.end
    x, y = (box.x1 + box.x2) / 2, box.y2
    along = min(max(scene.threshold.along(Point(x, y)), 0.0), 1.0)
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) / max(box.height, 1.0)


def _scale(size: tuple[int, int], picture: tuple[int, int], scenes: Sequence[Scene]) -> tuple[float, float]:
    """From the picture's pixels to the scenes'."""
    for scene in scenes:
        if scene.size != size:
            raise SceneMismatchError(
                f"the scenes of one camera are drawn on pictures of {size[0]} x {size[1]} and "
                f"{scene.size[0]} x {scene.size[1]} pixels; draw them all on the same picture"
            )
    sx, sy = size[0] / picture[0], size[1] / picture[1]
    if not 0.97 < sx / sy < 1.03:
        raise SceneMismatchError(
            f"the scene was drawn on a picture of {size[0]} x {size[1]} pixels, the video has "
            f"{picture[0]} x {picture[1]}, another shape; draw the scene again on this camera's picture"
        )
    return sx, sy
