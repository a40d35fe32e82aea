"""Which camera probably sees which door: from their names, and from grants that were followed by somebody in view."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doorwatch.domain.commissioning import wilson
from doorwatch.domain.time import SECOND, Micros, to_seconds

WITHIN: Micros = 4 * SECOND
"""So soon after a grant somebody is in view of a camera that sees the door."""

FEWEST = 8
"""Grants from which a pattern is told at all."""

_SURE = 0.5
_ABOVE_CHANCE = 2.0
_ALIKE = 0.6
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_SAY_NOTHING = frozenset({"camera", "cam", "kamera", "door", "tur", "porte", "puerta", "reader", "view", "the", "ipc"})


@dataclass(frozen=True, slots=True)
class Followed:
    """How many grants of a door were followed by somebody in a camera's view, and how many would be by chance.

    `chance` is the share of time at which any moment would have been followed: a busy corridor proves nothing.
    """

    grants: int
    followed: int
    chance: float

    @property
    def convincing(self) -> bool:
        """Whether the pattern is far too regular to be chance."""
        if self.grants < FEWEST:
            return False
        low, _ = wilson(self.followed, self.grants)
        return low >= max(_SURE, _ABOVE_CHANCE * self.chance)

    @property
    def sentence(self) -> str:
        """The evidence as it is shown."""
        return (
            f"{self.followed} of {self.grants} grants at this door were followed by somebody on this camera within "
            f"{to_seconds(WITHIN):g} s; by chance it would be {round(self.chance * self.grants)}"
        )


def follow(grants: Sequence[Micros], seen: Sequence[tuple[Micros, Micros]]) -> Followed:
    """Compare a door's grants with the intervals in which a camera saw somebody.

    Only grants within the time that the intervals span are counted: nothing is known of what the camera saw besides.
    """
    if not seen:
        return Followed(0, 0, 0.0)
    good = _joined([(start - WITHIN, end) for start, end in seen])
    first, last = good[0][0], good[-1][1]
    starts = [start for start, _ in good]
    inside = [at for at in grants if first <= at <= last]
    followed = sum(1 for at in inside if at <= good[bisect_right(starts, at) - 1][1])
    return Followed(len(inside), followed, sum(end - start for start, end in good) / max(1, last - first))


def _joined(spans: Sequence[tuple[Micros, Micros]]) -> list[tuple[Micros, Micros]]:
    joined: list[tuple[Micros, Micros]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def likeness(door: str, camera: str) -> float:
    """How alike two folded names are, 0 to 1, without the words that say nothing ("camera", "door").

    A door's number must be in the camera's name; a camera may have one more, since a door can have several cameras.
    """
    said, told = _words(door), _words(camera)
    numbers = {word for word in told if word.isdigit()}
    if not {word for word in said if word.isdigit()} <= numbers:
        return 0.0
    named = told - (numbers - said)
    return len(said & named) / len(said | named) if said and named else 0.0


def pair_names(doors: Mapping[str, str], cameras: Mapping[str, str]) -> dict[str, str]:
    """Camera id to the id of the one door whose folded name is most like the camera's; doubtful ones are left out."""
    having: dict[str, set[str]] = defaultdict(set)
    for door_id, name in doors.items():
        for word in _words(name):
            having[word].add(door_id)
    found: dict[str, str] = {}
    for camera_id, name in cameras.items():
        near = {door_id for word in _words(name) for door_id in having.get(word, ())}
        scores = {door_id: likeness(doors[door_id], name) for door_id in near}
        best = max(scores.values(), default=0.0)
        fitting = [door_id for door_id, score in scores.items() if score == best]
        if best >= _ALIKE and len(fitting) == 1:
            found[camera_id] = fitting[0]
    return found


def _words(name: str) -> set[str]:
    return {str(int(word)) if word.isdigit() else word for word in _PIECES.findall(name)} - _SAY_NOTHING
