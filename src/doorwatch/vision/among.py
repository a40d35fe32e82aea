"""What others near a person make doubtful: whether it is a person of its own, and whether it is still the same one."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.detect.base import Box
from doorwatch.vision.lost import beside
from doorwatch.vision.track import CONFIRM_HITS, Track, inside, overlap

COMPANY: Micros = SECOND // 2
"""Who was beside somebody this long before being lost may have taken over the track."""

MINGLED = 0.15
"""Overlap of two people's boxes from which on one may be followed as the other afterwards."""

SLIVER = 0.2
"""Narrower than this, in heights, nobody is: a door leaf or a wall hides the most of the person, who may be another one
when all of them is seen again."""

WITHIN = 0.5
"""Share of a box inside of somebody else's from which on it may be that person, found twice."""

OWN: Micros = 400_000
LONG: Micros = 800_000
"""How long somebody who began inside of another's box has to be seen beside that box, or at all, to be a person."""

AGAIN: Micros = SECOND // 2
"""Who was lost for longer before being known for a person is whoever is found then, and no more than that."""

SWALLOWED: Micros = SECOND
_INSIDE, _WITHIN_SEEN = 0.4, 0.8
"""For how long somebody lost may be a part of another's box, and which share of the last box has to be in that one; and of the
box of somebody who is seen."""

_PART = 0.8
"""Share of a box within another one from which on the two are rather one person found twice."""

_TORSO, _TOP = 0.75, 0.25
"""How tall head and chest are at most, of somebody's whole box, and how far below or above each other the two begin, in their heights."""

_REMEMBERED = 100
"""Moments at which others were met that are kept: a way there and back."""

_ONE_FRAME: Micros = 200_000
"""A longer time between two boxes is not all seen."""


@dataclass(slots=True)
class Among:
    """One track among the others; told every frame in which the person is seen."""

    _company: Micros | None = None
    _mingled: deque[Micros] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _slivers: deque[Micros] = field(default_factory=lambda: deque(maxlen=CONFIRM_HITS))
    _within: bool = False
    _seen: Micros = 0
    _apart: Micros = 0
    _last: Micros | None = None

    def see(self, at: Micros, track: Track, others: Sequence[Track], missing: Sequence[Track]) -> bool:
        """Take the newest box of the track, those of the others, and the last ones of those who are not seen now.

        Says whether all that was seen before was no person: a part of somebody, lost again before it was more than that.
        """
        box = track.box
        again = self._last is not None and at - self._last > AGAIN and not self.own
        if again:
            self._seen = self._apart = 0
            self._last = None
        if any(beside(other.box, box) for other in others):
            self._company = at
        lately = [*others, *(other for other in missing if at - other.seen < COMPANY)]
        if any(_meets(box, other) for other in lately):
            self._mingled.append(at)
        for other in others:
            self._mingled.extend(met for met in _met(track, other) if met not in self._mingled)
        if box.width < SLIVER * track.tall:
            self._slivers.append(at)
        within = any(
            other.confirmed and (inside(box, other.box) > WITHIN or _holds(box, other.box)) for other in lately
        )
        if track.hits <= CONFIRM_HITS:
            self._within |= within
        passed = min(at - self._last, _ONE_FRAME) if self._last is not None else 0
        self._last = at
        self._seen += passed
        self._apart += 0 if within else passed
        return again

    @property
    def own(self) -> bool:
        """Whether this is a person, and not a part of somebody else who was found twice."""
        return not self._within or self._apart >= OWN or self._seen >= LONG

    @property
    def last(self) -> Micros | None:
        """When the person was seen last."""
        return self._last

    def in_company(self, at: Micros) -> bool:
        """Whether somebody was near a moment before a time."""
        return self._company is not None and at - self._company < COMPANY

    def mingled(self, at: Micros) -> bool:
        """Whether the box of a time was partly somebody else's."""
        return at in self._mingled

    def doubtful(self, since: Micros, until: Micros) -> bool:
        """Whether the person may have become another one between a moment before a time and another time: mingled, or nearly hidden.

        The same question may be answered otherwise later: who was met may be known for somebody only then.
        """
        hidden = len(self._slivers) == CONFIRM_HITS and since - COMPANY < self._slivers[0] <= until
        return hidden or any(since - COMPANY <= met <= until for met in self._mingled)


def _meets(box: Box, other: Track) -> bool:
    """Whether a box is partly somebody else's; two boxes are enough to doubt, where they are no part of this person."""
    known = other.confirmed or (other.hits > 1 and not _part(box, other.box))
    return known and overlap(other.box, box) > MINGLED


def _met(track: Track, other: Track) -> Sequence[Micros]:
    """When another's box overlapped this track's last, or came out of it, of late; only now it is known to be somebody's.

    Faint boxes count: what is weak in three pictures and no part of this person is somebody.
    """
    if len(other.history) < CONFIRM_HITS:
        return ()
    mine, theirs = dict(track.history), dict(other.history)
    both = [at for at in theirs if at in mine and not _part(mine[at], theirs[at])]
    met = [at for at in both if overlap(mine[at], theirs[at]) > MINGLED]
    began, first = other.history[0]
    if both and began == other.began:
        met += [at for at in mine if began - COMPANY < at < began and inside(first, mine[at]) > WITHIN]
    return met


def _holds(box: Box, torso: Box) -> bool:
    """Whether a box may be the whole of somebody whose head and chest are followed already."""
    shorter, same_top = torso.height < _TORSO * box.height, abs(torso.y1 - box.y1) < _TOP * torso.height
    return shorter and same_top and inside(torso, box) > WITHIN


def _part(box: Box, other: Box) -> bool:
    """Whether one of two boxes is mostly within the other: rather one person found twice."""
    return max(inside(box, other), inside(other, box)) > _PART


def swallows(box: Box, at: Micros, others: Sequence[Track], missing: Sequence[Track]) -> bool:
    """Whether this box may be drawn around two: it holds all of another's, or the place of somebody not seen since a moment ago."""
    lost = any(
        other.confirmed and at - other.seen < SWALLOWED and inside(other.box, box) > _INSIDE for other in missing
    )
    return lost or any(other.confirmed and inside(other.box, box) > _WITHIN_SEEN for other in others)
