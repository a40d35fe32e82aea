"""Follows people from frame to frame: a small two-stage tracker that works in time, not in frames.

Confident boxes are assigned to tracks first; what is left of the tracks may then be continued by weak boxes, which
never start one. But the weak boxes that led to where a track starts are told as its past: people are seen faintly
first, in the door's shadow or at the picture's edge. Motion is constant velocity over the last half second. All lengths of time are microseconds, so that
a camera at 5 frames a second and one at 30 use the same settings. Frames that were left out because nothing moved
hardly count as time: who stood still before them is still there after them.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box, Profile

KEEP_LOST: Micros = 1_200_000
"""How long a confirmed track is remembered without being seen."""

KEEP_BEGUN: Micros = 250_000
"""The same for one that is not confirmed yet, and two frames at least: wrong boxes come and go."""

PAUSE_COUNTS: Micros = 400_000
"""A pause between two frames counts as no more than this towards losing a track."""

OUTAGE: Micros = 5 * SECOND
"""A longer pause is no motion gate but a camera that was away, and counts in full."""

CONFIRM_HITS = 3
"""Boxes that a track needs before it may count."""

FAINT_PAST: Micros = 800_000
"""How far back the weak boxes before a track's first confident one are believed."""

DOUBTFUL: Micros = 800_000
"""For how long somebody who is not seen any more is looked for more closely; and whoever was found so goes on to be."""

_HISTORY: Micros = SECOND
_VELOCITY_SPAN: Micros = 400_000
_COAST: Micros = 600_000
_BELIEVED: Micros = 320_000
"""How long somebody has to be seen until the boxes' flicker says little against where the walk leads: a tenth of a height
at each end of it, against the height or so that people walk in a second."""

_NO_LEGS = 0.8
"""Two boxes of one head that differ by more are not two people one behind the other: who is so much further off is hidden."""

_AS_LARGE = 0.85
"""A box may be narrower or shorter than before for many reasons; by so much in both directions it is further off."""

_PART, _SLIM = 0.75, 0.35
"""Below this share of somebody's height a box shows a part; and how wide a whole person is at least, in heights."""

_MOSTLY, _HALF = 0.7, 0.5
"""Overlap from which on two boxes are the same but for the detector's flicker of a twentieth at each side; and the share of one box
in another from which on the two may be one person."""

_GROWS, _FORGETS = 0.5, 2 * SECOND
"""How quickly a person's height is learnt from a taller box, and how long shorter ones take to be believed."""

_UNLIKELY = 1e6


@dataclass(slots=True)
class Track:
    """One person followed.

    `box` is the last one matched, as the detector gave it, `seen` is its time, `watched` the tracker's own time then.
    """

    number: int
    box: Box
    born: Micros
    seen: Micros
    watched: Micros
    hits: int = 1
    misses: int = 0
    longest_gap: Micros = 0
    doubted: Micros | None = None
    """The tracker's time at which the person was last looked for and not surely seen."""

    tall: float = 0.0
    """The height of the whole person's box of late, in pixels; who is half hidden is no smaller for that."""

    score_sum: float = 0.0
    history: deque[tuple[Micros, Box]] = field(default_factory=deque)
    past: tuple[tuple[Micros, Box], ...] = ()
    """Weak boxes that led to the first confident one: (time, box), oldest first."""

    @property
    def confirmed(self) -> bool:
        """Whether it was seen often enough to count."""
        return self.hits >= CONFIRM_HITS

    @property
    def began(self) -> Micros:
        """When it was seen first, faintly or surely."""
        return self.past[0][0] if self.past else self.born

    @property
    def mean_score(self) -> float:
        """Mean score of its boxes, 0 to 1."""
        return self.score_sum / self.hits

    def velocity(self) -> tuple[float, float]:
        """Pixels a second of the box's centre, (0, 0) while unknown, and less than it seems after a few boxes."""
        at, now = self.history[-1]
        earlier, before = next(entry for entry in self.history if at - entry[0] <= _VELOCITY_SPAN)
        if at == earlier:
            return 0.0, 0.0
        seconds = (at - earlier) / SECOND
        sure = min(1.0, (at - earlier) / _BELIEVED)
        as_much = _AS_LARGE < now.height / max(before.height, 1.0) < 1 / _AS_LARGE
        lower = (now.y2 - before.y2 if as_much else now.y1 - before.y1) + now.y1 - before.y1
        return sure * (now.x1 + now.x2 - before.x1 - before.x2) / 2 / seconds, sure * lower / 2 / seconds

    def predicted(self, watched: Micros) -> Box:
        """Where the box should be at a time of the tracker's, if the person walks on."""
        vx, vy = self.velocity()
        seconds = min(watched - self.watched, _COAST) / SECOND
        dx, dy = vx * seconds, vy * seconds
        x1, y1, x2, y2, score = self.box
        return Box(x1 + dx, y1 + dy, x2 + dx, y2 + dy, score)

    def expected(self, watched: Micros) -> tuple[Box, ...]:
        """The boxes in which the person may be seen at a time of the tracker's: as last, and whole where only a part was."""
        there = self.predicted(watched)
        if there.height >= _PART * self.tall:
            return (there,)
        middle, half = (there.x1 + there.x2) / 2, max(there.width, _SLIM * self.tall) / 2
        below = Box(middle - half, there.y1, middle + half, there.y1 + self.tall, there.score)
        return there, below, below._replace(y1=there.y2 - self.tall, y2=there.y2)

    def take(self, at: Micros, watched: Micros, box: Box) -> None:
        """Continue with a box."""
        share = _GROWS if box.height > self.tall else min(1.0, (watched - self.watched) / _FORGETS)
        self.tall += share * (box.height - self.tall)
        self.longest_gap = max(self.longest_gap, at - self.seen)
        self.box, self.seen, self.watched = box, at, watched
        self.hits += 1
        self.score_sum += box.score
        self.history.append((at, box))
        while at - self.history[0][0] > _HISTORY:
            self.history.popleft()


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame did: tracks seen in it, and tracks given up."""

    seen: tuple[Track, ...]
    ended: tuple[Track, ...]


_Cost: TypeAlias = Callable[[Track, Box, Box, Micros], float]
"""(track, where it should be, box, the tracker's time): lower is likelier, `_UNLIKELY` is never."""


class Tracker:
    """Turns boxes into tracks; one for each camera."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._tracks: list[Track] = []
        self._faint: list[Track] = []
        self._next = 1
        self._at: Micros | None = None
        self._watched: Micros = 0

    def step(self, at: Micros, boxes: Sequence[Box]) -> Step:
        """Take one frame's boxes. Times must rise from call to call."""
        before, self._at = self._at, at
        pause = at - before if before is not None else 0
        self._watched += pause if pause > OUTAGE else min(pause, PAUSE_COUNTS)
        ended = [track for track in self._tracks if self._watched - track.watched > KEEP_LOST]
        self._tracks = [track for track in self._tracks if track not in ended]
        single = not_around_two(one_a_head(boxes, self._profile.threshold))
        strong = [box for box in single if box.score >= self._profile.threshold]
        weak = [box for box in single if self._profile.low_threshold <= box.score < self._profile.threshold]
        left = self._match(at, self._tracks, strong, _near)
        fainter = _fainter_than(self.seen(at))
        for lately in (True, False):  # who was seen a moment ago is surer to be where the faint box is
            missed = [track for track in self._tracks if track.confirmed and track.seen != at]
            weak = self._match(at, [track for track in missed if (track.seen == before) is lately], weak, fainter)
        for box in self._match(at, self._faint, left, _overlapping):
            self._start(at, box)
        self._promote(at)
        self._follow_faint(at, weak)
        ended += [track for track in self._tracks if not track.confirmed and self._mistaken(track)]
        self._tracks = [track for track in self._tracks if track not in ended]
        return Step(self.seen(at), tuple(ended))

    def missing(self, at: Micros) -> tuple[Track, ...]:
        """Tracks that are still looked for and were not seen at this time."""
        return tuple(track for track in self._tracks if track.seen != at)

    def seen(self, at: Micros) -> tuple[Track, ...]:
        """Tracks that were seen at this time."""
        return tuple(track for track in self._tracks if track.seen == at)

    def doubtful(self, at: Micros) -> tuple[Box, ...]:
        """Where those should be who are followed and were not surely seen at this time or a moment before."""
        boxes = []
        for track in self._tracks:
            if track.seen != at or track.box.score < self._profile.threshold:
                track.doubted = self._watched
            lately = track.doubted is not None and self._watched - track.doubted <= DOUBTFUL
            if lately and track.confirmed and self._watched - track.watched <= DOUBTFUL:
                boxes.append(track.predicted(self._watched))
        return tuple(boxes + [faint.box for faint in self._faint if faint.seen == at and faint.hits > 1])

    def forget(self, track: Track) -> None:
        """Look for somebody no more: another track goes on as that person."""
        self._tracks.remove(track)

    def begun_since(self, at: Micros) -> tuple[Track, ...]:
        """Tracks that are followed now and began after a time."""
        return tuple(track for track in self._tracks if track.born > at)

    def finish(self) -> tuple[Track, ...]:
        """End all tracks: there are no more frames."""
        ended, self._tracks = tuple(self._tracks), []
        return ended

    def _start(self, at: Micros, box: Box, past: tuple[tuple[Micros, Box], ...] = ()) -> None:
        track = Track(self._next, box, at, at, self._watched, tall=box.height, score_sum=box.score, past=past)
        track.history += [*past, (at, box)]
        self._tracks.append(track)
        self._next += 1

    def _promote(self, at: Micros) -> None:
        """Make tracks of the faint ones that a confident box has just continued."""
        for faint in self._faint:
            if faint.seen == at:
                *past, (_, box) = faint.history
                self._start(at, box, tuple(entry for entry in past if at - entry[0] <= FAINT_PAST))
        self._faint = [faint for faint in self._faint if faint.seen != at]

    def _follow_faint(self, at: Micros, weak: list[Box]) -> None:
        """Remember where weak boxes lead, in case that a confident one follows."""
        left = self._match(at, self._faint, weak, _overlapping)
        self._faint = [faint for faint in self._faint if not self._mistaken(faint)]
        for box in left:
            faint = Track(0, box, at, at, self._watched, tall=box.height)
            faint.history.append((at, box))
            self._faint.append(faint)

    def _mistaken(self, track: Track) -> bool:
        missed = self._watched - track.watched
        track.misses = track.misses + 1 if missed else 0
        return track.misses >= 2 and missed > KEEP_BEGUN

    def _match(self, at: Micros, tracks: list[Track], boxes: list[Box], cost: _Cost) -> list[Box]:
        """Assign boxes to tracks; the boxes that are left."""
        if not tracks or not boxes:
            return list(boxes)
        costs: NDArray[np.float64] = np.full((len(tracks), len(boxes)), _UNLIKELY)
        for row, track in enumerate(tracks):
            expected = track.expected(self._watched)
            for column, box in enumerate(boxes):
                costs[row, column] = min(cost(track, there, box, self._watched) for there in expected)
        # It takes as long to load as the rest of the analyzer, and nobody needs it before there are people.
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

        rows, columns = linear_sum_assignment(costs)
        taken = set()
        for row, column in zip(rows, columns, strict=True):
            if costs[row, column] < _UNLIKELY:
                tracks[row].take(at, self._watched, boxes[column])
                taken.add(int(column))
        return [box for index, box in enumerate(boxes) if index not in taken]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (a.width * a.height + b.width * b.height - common)


def inside(box: Box, other: Box) -> float:
    """The share of a box that lies in another one, 0 to 1."""
    width, height = min(box.x2, other.x2) - max(box.x1, other.x1), min(box.y2, other.y2) - max(box.y1, other.y1)
    return max(width, 0.0) * max(height, 0.0) / max(box.width * box.height, 1.0)


def one_a_head(boxes: Sequence[Box], limit: float) -> list[Box]:
    """One box of each head that is surely seen: of somebody's whole box and the torso's the whole where it is sure itself.

    Boxes below `limit` say too little of where somebody ends; all of them stay, for a track to choose from.
    """
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda one: -one.score):
        same = next((n for n, other in enumerate(kept) if other.score >= limit and _same_head(box, other)), None)
        if same is None:
            kept.append(box)
        elif box.height > kept[same].height and box.score >= limit:
            kept[same] = box._replace(score=kept[same].score)
    return kept


def not_around_two(boxes: Sequence[Box]) -> list[Box]:
    """The boxes but those drawn around two people who are each found better: a third track would go on with such a box."""
    return [box for box in boxes if not _around_two(box, [other for other in boxes if other.score > box.score])]


def _around_two(box: Box, better: Sequence[Box]) -> bool:
    """Whether a box is as large as two of these boxes together, of which neither is a part of the other."""
    within = [other for other in better if inside(other, box) > _MOSTLY]
    return any(
        max(inside(one, other), inside(other, one)) < _HALF and overlap(both(one, other), box) > _MOSTLY
        for one, other in combinations(within, 2)
    )


def both(a: Box, b: Box) -> Box:
    """The box around two boxes."""
    return Box(min(a.x1, b.x1), min(a.y1, b.y1), max(a.x2, b.x2), max(a.y2, b.y2), min(a.score, b.score))


def _same_head(a: Box, b: Box) -> bool:
    """Whether two boxes are one person's, of whom one shows no legs: they end elsewhere, but begin at the same head."""
    short, long = (a, b) if a.height < b.height else (b, a)
    aside = abs(a.x1 + a.x2 - b.x1 - b.x2) / 2
    return (
        short.height < _NO_LEGS * long.height
        and abs(a.y1 - b.y1) < 0.15 * short.height
        and aside < 0.3 * min(a.width, b.width)
        and short.width > 0.5 * long.width
    )


def _near(track: Track, there: Box, box: Box, watched: Micros) -> float:
    """Overlap and distance together; the reach grows with the time that passed and with what is not known."""
    unit = 1.6 * math.sqrt(math.sqrt(max(there.width * there.height, 1.0) * max(box.width * box.height, 1.0)))
    seconds = (watched - track.watched) / SECOND
    reach = (0.25 + (0.9 if track.hits > 2 else 1.8) * min(seconds, 0.6)) * unit
    dx = (there.x1 + there.x2 - box.x1 - box.x2) / 2
    dy = (there.y1 + there.y2 - box.y1 - box.y2) / 2
    distance = math.hypot(dx, dy)
    common = overlap(there, box)
    grown = box.height / max(there.height, 1.0)
    elsewhere = (distance > reach and common < 0.3) or not 0.4 < grown < 2.5
    legs_hidden = track.confirmed and grown < 1 and _same_head(there, box)
    if elsewhere and not legs_hidden:
        return _UNLIKELY
    if (
        _resized(there, box)
        and math.hypot(dx, there.y2 - box.y2) > reach
        and math.hypot(dx, there.y1 - box.y1) > reach / 2
    ):
        return _UNLIKELY  # neither the feet nor the head are where they should be
    return (1 - common) + 0.7 * distance / unit + 0.3 * abs(math.log(grown))


def _resized(there: Box, box: Box) -> bool:
    """Whether a box is smaller or larger in both directions: not somebody of whom less is seen, but somebody further off or nearer."""
    wider, taller = box.width / max(there.width, 1.0), box.height / max(there.height, 1.0)
    return max(wider, taller) < _AS_LARGE or min(wider, taller) > 1 / _AS_LARGE


def _fainter_than(seen: Sequence[Track]) -> _Cost:
    """The cost of a faint box while these are surely seen: one that fits them better than its own track is them, found twice."""
    sure = [track.box for track in seen]

    def cost(track: Track, there: Box, box: Box, watched: Micros) -> float:
        own = _overlapping(track, there, box, watched)
        return _UNLIKELY if any(1 - overlap(other, box) < own for other in sure) else own

    return cost


def _overlapping(_track: Track, there: Box, box: Box, _watched: Micros) -> float:
    common = overlap(there, box)
    return 1 - common if common >= 0.4 else _UNLIKELY
