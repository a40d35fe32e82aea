"""New clips out of labelled ones: other places, looks, times and company, with the truth carried along.

Every function takes a `Clip` and gives another one; pictures are made while they are read. Nothing here depends on
chance that is not seeded, so a mixture is the same on every machine.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from doorwatch.domain.geometry import Point, Segment
from doorwatch.domain.scene import FloorPlane, Scene
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.decode import frames
from doorwatch.vision.detect.base import Picture

Shot = tuple[Micros, Picture]
Look = Callable[[Micros, Picture], Picture]


@dataclass(frozen=True)
class Line:
    """One threshold of a clip, its crossings as (time, direction), and how far a count may be off in time."""

    scene: Scene
    truth: tuple[tuple[Micros, str], ...]
    tolerance: Micros
    hard: bool = False


@dataclass(frozen=True)
class Clip:
    """Pictures with their times, and the lines that are counted in them."""

    name: str
    kind: str
    size: tuple[int, int]
    shots: Callable[[], Iterator[Shot]]
    lines: tuple[Line, ...]


def filmed(path: Path) -> Callable[[], Iterator[Shot]]:
    """The pictures of a file."""
    return lambda: ((frame.at, frame.picture) for frame in frames(path))


def warped(clip: Clip, name: str, matrix: Sequence[Sequence[float]], size: tuple[int, int] | None = None) -> Clip:
    """Every picture moved by an affine matrix (2 x 3, old pixels to new); what lies beyond the edge is smeared."""
    move = np.array(matrix, np.float64)
    made = size or clip.size

    def shots() -> Iterator[Shot]:
        for at, picture in clip.shots():
            yield (
                at,
                np.asarray(
                    cv2.warpAffine(picture, move, made, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE), np.uint8
                ),
            )

    return replace(
        clip,
        name=f"{clip.name} {name}",
        size=made,
        shots=shots,
        lines=tuple(replace(line, scene=_moved(line.scene, move, made)) for line in clip.lines),
    )


def mirrored(clip: Clip) -> Clip:
    """Left and right changed."""
    return warped(clip, "mirrored", [[-1, 0, clip.size[0] - 1], [0, 1, 0]])


def smaller(clip: Clip, share: float) -> Clip:
    """A smaller picture of the same."""
    width, height = clip.size
    made = round(width * share / 2) * 2, round(height * share / 2) * 2
    return warped(clip, f"at {share:.0%}", [[made[0] / width, 0, 0], [0, made[1] / height, 0]], made)


def farther(clip: Clip, share: float) -> Clip:
    """The same picture size, with everything smaller and in the middle: a door far away."""
    width, height = clip.size
    return warped(clip, f"far {share:.0%}", [[share, 0, (1 - share) * width / 2], [0, share, (1 - share) * height / 2]])


def rolled(clip: Clip, degrees: float) -> Clip:
    """A camera that hangs askew."""
    matrix = cv2.getRotationMatrix2D((clip.size[0] / 2, clip.size[1] / 2), degrees, 1.0)
    return warped(clip, f"rolled {degrees:g}", matrix.tolist())


def looking(clip: Clip, name: str, look: Look) -> Clip:
    """Every picture seen through `look`, which is given its time."""
    return replace(
        clip, name=f"{clip.name} {name}", shots=lambda: ((at, look(at, picture)) for at, picture in clip.shots())
    )


def dark(clip: Clip) -> Clip:
    """A third of the light, with the noise of a sensor that has little."""

    def look(at: Micros, picture: Picture) -> Picture:
        noise = np.random.default_rng(at).normal(0, 4, picture.shape)
        return (picture * 0.35 + noise).clip(0, 255).astype(np.uint8)

    return looking(clip, "dark", look)


def stepped(clip: Clip) -> Clip:
    """The light jumps every five seconds."""

    def look(at: Micros, picture: Picture) -> Picture:
        gain = (1.0, 0.6, 1.3)[at // (5 * SECOND) % 3]
        return (picture * gain).clip(0, 255).astype(np.uint8)

    return looking(clip, "brightness steps", look)


def noisy(clip: Clip) -> Clip:
    """Grain, and a compression that leaves blocks."""

    def look(at: Micros, picture: Picture) -> Picture:
        noise = np.random.default_rng(at).normal(0, 10, picture.shape)
        grained = (picture + noise).clip(0, 255).astype(np.uint8)
        _, packed = cv2.imencode(".jpg", grained, [cv2.IMWRITE_JPEG_QUALITY, 18])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)

    return looking(clip, "noisy", look)


def blanked(clip: Clip) -> Clip:
    """Black for a second where no crossing is near: a camera that blinks."""
    near = [at for line in clip.lines for at, _ in line.truth]

    def look(at: Micros, picture: Picture) -> Picture:
        blank = at % (7 * SECOND) > 6 * SECOND and all(abs(at - other) > 2 * SECOND for other in near)
        return np.zeros_like(picture) if blank else picture

    return looking(clip, "blanked", look)


def lossy(clip: Clip, share: float = 0.1, seed: int = 1) -> Clip:
    """Frames that never came."""

    def shots() -> Iterator[Shot]:
        chance = random.Random(seed)
        return (shot for shot in clip.shots() if chance.random() >= share)

    return replace(clip, name=f"{clip.name} {share:.0%} lost", shots=shots)


def at_rate(clip: Clip, rate: float, *, jitter: float = 0.0) -> Clip:
    """Another frame rate: the picture that was newest at each tick; `jitter` shifts the ticks by shares of a step."""

    def shots() -> Iterator[Shot]:
        chance, step = random.Random(3), SECOND / rate
        tick, number = 0.0, 0
        held: Picture | None = None
        for at, picture in clip.shots():
            while held is not None and at > tick:
                yield round(tick), held
                number += 1
                tick = max(tick + 1000, number * step + chance.uniform(-jitter, jitter) * step)
            held = picture

    return replace(clip, name=f"{clip.name} at {rate:g}/s{' jittered' if jitter else ''}", shots=shots)


def faster(clip: Clip, pace: float) -> Clip:
    """Everybody walks `pace` times as fast: the same pictures in less time."""
    return replace(
        clip,
        name=f"{clip.name} pace {pace:g}",
        shots=lambda: ((round(at / pace), picture) for at, picture in clip.shots()),
        lines=tuple(
            replace(line, truth=tuple((round(at / pace), way) for at, way in line.truth)) for line in clip.lines
        ),
    )


def reversed_(clip: Clip) -> Clip:
    """The clip from its end to its beginning: who came goes."""
    other = {"in": "out", "out": "in"}
    end = max(at for at, _ in clip.shots())

    def shots() -> Iterator[Shot]:
        kept = [(at, cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]) for at, p in clip.shots()]
        for at, packed in reversed(kept):
            yield end - at, np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)

    return replace(
        clip,
        name=f"{clip.name} reversed",
        shots=shots,
        lines=tuple(
            replace(line, truth=tuple((end - at, other[way]) for at, way in line.truth)) for line in clip.lines
        ),
    )


def joined(clip: Clip, delay: float, *, name: str = "") -> Clip:
    """The clip with its own people once more, `delay` seconds later: tailgating made of real people.

    What differs from the empty room is cut out and pasted; where both layers have somebody, the one lower in the
    picture is in front.
    """
    later = round(delay * SECOND)
    room = background(clip)

    def shots() -> Iterator[Shot]:
        waiting: list[tuple[Micros, Picture, NDArray[np.bool_]]] = []
        for at, picture in clip.shots():
            cut = _people(picture, room)
            waiting.append((at, picture, cut))
            while len(waiting) > 1 and waiting[1][0] + later <= at:
                waiting.pop(0)
            made = picture.copy()
            first, pasted, mask = waiting[0]
            if first + later <= at:
                behind = mask & ~cut if _lowest(cut) >= _lowest(mask) else mask
                made[behind] = pasted[behind]
            yield at, made

    return replace(
        clip,
        name=f"{clip.name} {name or f'again after {delay:g} s'}",
        shots=shots,
        lines=tuple(
            replace(line, truth=tuple(sorted([*line.truth, *((at + later, way) for at, way in line.truth)])))
            for line in clip.lines
        ),
    )


def background(clip: Clip) -> Picture:
    """The room without people: the median of pictures from the whole clip."""
    kept = [picture for index, (_, picture) in enumerate(clip.shots()) if index % 15 == 0]
    return np.asarray(np.median(np.stack(kept[:80]), axis=0), np.uint8)


def _people(picture: Picture, room: Picture) -> NDArray[np.bool_]:
    changed = (cv2.absdiff(picture, room).max(axis=2) > 22).astype(np.uint8)
    changed = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    found: NDArray[np.bool_] = cv2.dilate(closed, np.ones((5, 5), np.uint8)).astype(bool)
    return found


def _lowest(mask: NDArray[np.bool_]) -> int:
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1]) if rows.size else 0


def _moved(scene: Scene, move: NDArray[np.float64], size: tuple[int, int]) -> Scene:
    def to(point: Point) -> Point:
        x, y = move @ (point.x, point.y, 1.0)
        return Point(float(x), float(y))

    floor = scene.floor
    return Scene(
        scene.door,
        size,
        Segment(to(scene.threshold.start), to(scene.threshold.end)),
        to(scene.inside),
        tuple(to(corner) for corner in scene.doorway),
        FloorPlane([to(corner) for corner in floor.corners], floor.size_m, floor.tile_m) if floor else None,
    )
