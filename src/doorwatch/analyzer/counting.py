"""What the boxes of one camera become: people followed, crossings told, walks to propose a scene from.

It lives in the parent, so that people go on being followed when a camera's or a detector's process starts again.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from doorwatch.analyzer.appearances import Appearances
from doorwatch.analyzer.settings import CameraConfiguration
from doorwatch.analyzer.surroundings import Surroundings
from doorwatch.analyzer.walks import Walks
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import Micros
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter, Observation
from doorwatch.vision.region import Search, View

_MOST_GROWING = 256
"""Crossings whose trails may grow at the same time; more do no harm but to the figures."""


class Counting:
    """Of one camera. `whole` says that all of the picture is searched: who is to be hidden has to be found wherever.

    `crossed` is told of every crossing that was reported, and whether for the first time: the same one comes again while
    its trail grows.
    """

    def __init__(
        self,
        configuration: CameraConfiguration,
        around: Surroundings,
        crossed: Callable[[Crossing, bool], None],
        *,
        whole: bool,
    ) -> None:
        self._configuration = configuration
        self._around = around
        self._crossed = crossed
        self._whole = whole
        self._size = (0, 0)
        self._counter: tuple[Profile, tuple[int, int], Counter] | None = None
        self._search: Search | None = None
        self._walks: Walks | None = None
        self._appearances = Appearances(around.crossing)
        self._counted: deque[str] = deque(maxlen=_MOST_GROWING)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures in pixels; (0, 0) before the first."""
        return self._size

    @property
    def view(self) -> View | None:
        """The part of the next picture that is to be searched; None before the camera was opened."""
        return self._search.view if self._search else None

    @property
    def wanted(self) -> bool:
        """Whether anything is counted: also without any scene, until enough people were seen to propose one from."""
        return bool(self._configuration.scenes) or self._wants_walks

    def opened(self, size: tuple[int, int]) -> None:
        """The camera's pictures come in this size from now on."""
        self._size = size
        if self._search is None or self._search.picture != size:
            self._search = Search(self._configuration.scenes, size, whole=self._whole)

    def restart(self) -> None:
        """A clock was set back: who is followed now is met anew."""
        self._counter = None
        self._appearances = Appearances(self._around.crossing)

    def ready(self, profile: Profile) -> None:
        """Make a counter for boxes of this profile. Raises SceneMismatchError when the scenes are of another picture."""
        if self._counter is None or self._counter[:2] != (profile, self._size):
            one = self._configuration
            run = self._around.name_run()
            self._counter = (
                profile,
                self._size,
                Counter(one.camera_id, one.scenes, profile, run=run, picture=self._size),
            )
            if self._wants_walks:
                self._walks = Walks(one.camera_id, one.scenes[0].size if one.scenes else self._size)

    def observe(self, answer: dict[str, Any], ring: str) -> Observation | None:
        """Count what a detector found in a frame of `ring`; None before `ready`."""
        if self._counter is None:
            return None
        at, boxes = int(answer["at"]), [Box(*box) for box in answer["boxes"]]
        seen = self._counter[2].observe(at, boxes, View(*answer["view"]))
        if self._search is not None:
            self._search.learn(boxes)
            self._search.ask(seen.closer)
        for crossing in seen.crossings:
            first = crossing.crossing_id not in self._counted
            self._around.crossing(self._appearances.of(crossing), first=first)
            if first:
                self._counted.append(crossing.crossing_id)
            self._crossed(crossing, first)
        one = self._configuration
        for look in seen.looks:
            self._around.look(one.camera_id, ring, {**look.to_mapping(), "clothing": one.clothing}, one.detector)
        self._appearances.observe(at, seen.people)
        for walk in self._walks.observe(at, seen.people) if self._walks is not None else ():
            self._around.walk(walk)
        return seen

    def quiet(self, at: Micros) -> None:
        """Nothing moved until this time."""
        self._appearances.observe(at, ())

    def suspect(self, crossing_id: str) -> None:
        """A second look found one more person with somebody who crossed: the crossing is told again."""
        crossing = self._counter[2].second_found(crossing_id) if self._counter is not None else None
        if crossing is not None:
            self._around.crossing(self._appearances.of(crossing), first=False)

    def worn(self, answer: dict[str, Any]) -> None:
        """A second look says what somebody who crossed wears and carries."""
        self._appearances.worn(answer)

    def resembles(self, answer: dict[str, Any]) -> None:
        """The encoder says how somebody who crossed looks."""
        self._appearances.resembles(answer)

    @property
    def _wants_walks(self) -> bool:
        return self._walks is None or not self._walks.enough
