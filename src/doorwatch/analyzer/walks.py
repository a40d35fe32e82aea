"""Collects people's boxes into walks, from which the server proposes scenes: a few dozen people, then no more."""

from collections.abc import Iterable
from typing import Any

from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.vision.pipeline import PersonSeen

ENOUGH = 40
"""Walks told of a camera in one configuration; whoever wants newer ones has it configured again."""

_EVERY: Micros = 150 * MILLISECOND
_OVER: Micros = 3 * SECOND
_MOST_STEPS = 300
_FEWEST_STEPS = 4

Step = tuple[Micros, float, float, float, float]


class Walks:
    """One camera's walks. `size` is that of the picture whose pixels the boxes are in."""

    def __init__(self, camera_id: str, size: tuple[int, int]) -> None:
        self._camera_id = camera_id
        self._size = size
        self._begun: dict[str, list[Step]] = {}
        self._told = 0

    @property
    def enough(self) -> bool:
        """Whether no more are wanted."""
        return self._told >= ENOUGH

    def observe(self, at: Micros, people: Iterable[PersonSeen]) -> list[dict[str, Any]]:
        """Take the people of one frame; the walks that are over, as they are told to the server."""
        if self.enough:
            return []
        for person in people:
            steps = self._begun.setdefault(person.track, [])
            if len(steps) < _MOST_STEPS and (not steps or at - steps[-1][0] >= _EVERY):
                left, top, right, bottom = (round(edge, 1) for edge in person.box[:4])
                steps.append((at, left, top, right, bottom))
        over = [track for track, steps in self._begun.items() if at - steps[-1][0] > _OVER or len(steps) >= _MOST_STEPS]
        ended = [(track, self._begun.pop(track)) for track in over]
        walked = [(track, steps) for track, steps in ended if len(steps) >= _FEWEST_STEPS]
        self._told += len(walked)
        return [
            {"camera_id": self._camera_id, "track": track, "size": list(self._size), "steps": steps}
            for track, steps in walked
        ]
