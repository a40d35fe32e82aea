"""Counts the people in a video file: the pipeline of a live camera, as fast as the file can be read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.decode import Frame, Tell, facts, frames
from doorwatch.vision.detect.base import Box, Detector, Picture
from doorwatch.vision.models import open_detector
from doorwatch.vision.pipeline import Counter, SceneMismatchError
from doorwatch.vision.region import Search, View
from doorwatch.vision.second_look import Glimpses, Look
from doorwatch.vision.told import TRAIL_AFTER

_COMPLETE: Micros = TRAIL_AFTER + 4 * SECOND
"""After this long a crossing's trail grows no more, and none that is earlier can still be decided."""

Passed = Callable[[Micros, Micros], None]
"""Takes how much of a video was looked at, and its length (0 where it tells none)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A crossing and the number of the first frame on the new side, from 0."""

    crossing: Crossing
    frame: int


def count_frames(
    path: Path,
    scene: Scene,
    *,
    detector: Detector | None = None,
    start: Micros = 0,
    camera: str = "",
    every: int = 1,
    fps: float | None = None,
    tell: Tell | None = None,
    remark: Tell | None = None,
    passed: Passed | None = None,
) -> Iterator[Counted]:
    """The crossings of a video in order of time, each once and with its whole trail.

    `start` is the time of the first frame; ids are the same in every run over the same video. `every` looks at every
    n-th frame alone. `tell` is given a sentence when the file turns out to be incomplete. `fps` is the rate of a raw stream, which
    carries no times; `remark` is told when one was assumed. `passed` is told how far it is, at each picture. Raises VideoError, DetectorError or SceneMismatchError.
    """
    about = facts(path)
    detector = detector or open_detector()
    size = (about.width, about.height)
    try:
        counter = Counter(camera or path.stem, [scene], detector.profile, picture=size)
    except SceneMismatchError as error:
        raise SceneMismatchError(f"{path}: {error}") from error
    read = frames(path, start=start, every=every, fps=fps, tell=tell, remark=remark)
    shots = ((f.at, f.index, f.picture) for f in _followed(read, start, about.duration, passed))
    glimpses = Glimpses()
    search = Search([scene], size)
    rows = searched(search, detector, shots, glimpses)
    return count_boxes(counter, rows, look=partial(glimpses.look, detector), ask=search.ask)


def searched(
    search: Search,
    detector: Detector,
    shots: Iterable[tuple[Micros, int, Picture]],
    glimpses: Glimpses | None = None,
) -> Iterator[tuple[Micros, int, list[Box], View]]:
    """Search pictures, given as (time, frame number, picture): time, number, boxes, and what was searched."""
    for at, index, picture in shots:
        view = search.view
        boxes = view.search(detector, picture)
        if glimpses is not None:
            glimpses.keep(at, picture, boxes)
        yield at, index, boxes, view
        search.learn(boxes)


Row = tuple[Micros, int, Sequence[Box]] | tuple[Micros, int, Sequence[Box], View]
"""Time, frame number, boxes, and what part of the picture was searched, all of it where that is not said."""


def count_boxes(
    counter: Counter,
    seen: Iterable[Row],
    *,
    look: Callable[[Look], bool] | None = None,
    ask: Callable[[Sequence[Box]], None] | None = None,
) -> Iterator[Counted]:
    """The same from boxes that were found before, in order of time.

    `look` looks a second time where the counter asks for it, and says whether one more person was found. `ask` is told
    who is to be looked for closely in the next picture, where pictures are searched only when they are asked for.
    """
    numbers: dict[Micros, int] = {}
    open_: dict[str, Crossing] = {}
    for at, index, *rest in seen:
        numbers[at] = index
        observation = counter.observe(at, *rest)
        if ask is not None:
            ask(observation.closer)
        open_.update((crossing.crossing_id, crossing) for crossing in observation.crossings)
        for wanted in observation.looks if look else ():
            if look and look(wanted) and (suspected := counter.second_found(wanted.crossing_id)):
                open_[suspected.crossing_id] = suspected
        yield from _done(open_, numbers, at - _COMPLETE)
        while next(iter(numbers)) < at - 2 * _COMPLETE:
            del numbers[next(iter(numbers))]
    open_.update((crossing.crossing_id, crossing) for crossing in counter.finish())
    yield from _done(open_, numbers, None)


def count_video(
    path: Path,
    scene: Scene,
    *,
    detector: Detector | None = None,
    start: Micros = 0,
    camera: str = "",
    tell: Tell | None = None,
    passed: Passed | None = None,
) -> Iterator[Crossing]:
    """The crossings of a video in order of time; see `count_frames`."""
    found = count_frames(path, scene, detector=detector, start=start, camera=camera, tell=tell, passed=passed)
    return (counted.crossing for counted in found)


def _followed(read: Iterable[Frame], start: Micros, whole: Micros, passed: Passed | None) -> Iterator[Frame]:
    for frame in read:
        if passed is not None:
            passed(frame.at - start, whole)
        yield frame


def _done(open_: dict[str, Crossing], numbers: dict[Micros, int], until: Micros | None) -> Iterator[Counted]:
    """Take out the crossings before a time, or all: nothing earlier can still come, no trail can still grow."""
    ready = [crossing for crossing in open_.values() if until is None or crossing.at < until]
    for crossing in sorted(ready, key=lambda crossing: (crossing.at, crossing.crossing_id)):
        del open_[crossing.crossing_id]
        # A passage that nobody saw lies between two pictures: it is told with the first one after it.
        yield Counted(crossing, next(number for at, number in numbers.items() if at >= crossing.at))
