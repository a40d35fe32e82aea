"""The walks of a video file: everybody's boxes from the first to the last, to propose a scene from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.proposal import Walk, WalkStep
from doorwatch.domain.time import Micros
from doorwatch.vision.decode import facts, frames
from doorwatch.vision.detect.base import Box, Detector, Profile
from doorwatch.vision.pipeline import Counter

_BRIGHTNESS_EVERY = 25


@dataclass(frozen=True, slots=True)
class Seen:
    """What a video shows; `brightness` is the mean of its pictures (0 to 255), `fps` None where it says nothing."""

    size: tuple[int, int]
    walks: tuple[Walk, ...]
    fps: float | None
    brightness: float


def see_video(path: Path, detector: Detector, *, every: int = 1) -> Seen:
    """Follow everybody through a video, looking at every n-th frame. Raises VideoError, DetectorError."""
    about = facts(path)
    size = (about.width, about.height)
    found: list[tuple[Micros, int, Sequence[Box]]] = []
    bright: list[float] = []
    for frame in frames(path, every=every):
        found.append((frame.at, frame.index, detector.detect(frame.picture)))
        if len(found) % _BRIGHTNESS_EVERY == 1:
            bright.append(float(frame.picture[::8, ::8].mean()))
    return Seen(size, walks_of(found, size, detector.profile), about.fps or None, sum(bright) / max(1, len(bright)))


def walks_of(
    found: Iterable[tuple[Micros, int, Sequence[Box]]], size: tuple[int, int], profile: Profile
) -> tuple[Walk, ...]:
    """The walks in boxes that were found before: (time, frame number, boxes) in order of time."""
    counter = Counter("walks", [], profile, picture=size)
    steps: dict[str, list[WalkStep]] = {}
    for at, _, boxes in found:
        for person in counter.observe(at, boxes).people:
            left, top, right, bottom = person.box[:4]
            steps.setdefault(person.track, []).append(WalkStep(at, left, top, right, bottom))
    return tuple(Walk(track, tuple(boxes)) for track, boxes in steps.items())
