"""Measures how often a person hidden by another is counted, suspected or swallowed, and how often nobody is suspected.

    python bench/hidden.py [--detector NAME] [--clip NAME] [--pairs 12] [--seed 1] [--real FOLDER]

Pairs are made of people who were filmed alone and pass the same line the same way: laid over one another in step, with a
share of the second one hidden (bench/staging/pairs.py). Everybody alone is the counter-example. Prints one JSON object a share:
pairs, `two` (counted as two), `suspected` (counted as one with `possible`), `swallowed`; and for people alone how
often they were suspected, with the Wilson interval of 95 %.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging.mixtures import Clip
from staging.pairs import Passer, passers, together
from staging.truth import ROOT, real, wilson

from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.count import count_boxes
from doorwatch.vision.detect.base import Box, Detector, Picture
from doorwatch.vision.models import data_folder, find
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.second_look import Glimpses

HIDDEN = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
FASTEST = 15.5
CLIPS = ("people-detection", "one-by-one", "floor-line")

_AFTER: Micros = 4 * SECOND


@dataclass(frozen=True)
class Room:
    """A clip, what the detector saw in it, and the people who pass lines in it alone."""

    clip: Clip
    rows: Sequence[tuple[Micros, int, list[Box]]]
    alone: Sequence[Passer]


def lines(size: tuple[int, int]) -> list[Scene]:
    """Lines all over a picture, upright and level, so that each walk is watched at several places."""
    width, height = size
    drawn = [(f"x{k}", [[width * k / 8, 0], [width * k / 8, height - 1]]) for k in range(2, 7)]
    drawn += [(f"y{k}", [[0, height * (k / 8 + 0.06)], [width - 1, height * (k / 8 + 0.06)]]) for k in range(3, 7)]
    return [
        scene_from_mapping(
            {
                "door": name,
                "size": list(size),
                "threshold": ends,
                "inside": [ends[0][0] + 60, height / 2] if name[0] == "x" else [width / 2, max(ends[0][1] - 60, 0)],
            }
        )
        for name, ends in drawn
    ]


def look_around(clip: Clip, detector: Detector) -> Room:
    """Search a clip once, at most fifteen times a second."""

    def thinned() -> Iterator[tuple[Micros, Picture]]:
        last: Micros = -SECOND
        for at, picture in clip.shots():
            if at - last >= SECOND / FASTEST:
                last = at
                yield at, picture

    slow = Clip(clip.name, clip.kind, clip.size, thinned, clip.lines)
    rows = [(at, index, detector.detect(picture)) for index, (at, picture) in enumerate(slow.shots())]
    return Room(slow, rows, passers(slow, rows, lines(clip.size), detector.profile))


def passes(room: Room, one: Passer, shots: Iterator[tuple[Micros, Picture]], detector: Detector) -> tuple[int, int]:
    """How many are counted at one passer's crossing, and how many more are suspected, when these pictures are seen."""
    glimpses = Glimpses()
    seen: dict[Micros, list[Box]] = {}
    for at, picture in shots:
        if abs(at - one.crossing.at) <= SECOND:
            seen[at] = detector.detect(picture)
            glimpses.keep(at, picture, seen[at])
    rows = [(at, index, seen.get(at, boxes)) for at, index, boxes in room.rows if at < one.crossing.at + _AFTER]
    counter = Counter("bench", [one.scene], detector.profile, picture=room.clip.size)
    found = [
        counted.crossing
        for counted in count_boxes(counter, rows, look=lambda look: glimpses.look(detector, look))
        if abs(counted.crossing.at - one.crossing.at) < 1.2 * SECOND
        and counted.crossing.direction is one.crossing.direction
    ]
    return len(found), sum(crossing.possible for crossing in found)


def measure(room: Room, detector: Detector, pairs: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """One row for everybody alone, and one for every pair."""
    for one in room.alone:
        counted, possible = passes(room, one, _as_filmed(one), detector)
        yield {"hidden": None, "counted": counted, "possible": possible, "person": one.crossing.track}
    for hidden in HIDDEN:
        for one in chance.sample(room.alone, min(pairs, len(room.alone))):
            others = [
                other
                for other in room.alone
                if other.scene.door == one.scene.door
                and other.crossing.direction is one.crossing.direction
                and other.crossing.track != one.crossing.track
            ]
            if others:
                shots = together(one, chance.choice(others), hidden, chance.choice((1, -1)))
                counted, possible = passes(room, one, shots, detector)
                yield {"hidden": hidden, "counted": counted, "possible": possible, "person": one.crossing.track}


def sums(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What became of people alone, and of pairs by how much of the second person was hidden."""
    single = [row for row in rows if row["hidden"] is None]
    false = sum(row["possible"] > 0 for row in single)
    yield {
        "bench": "hidden",
        "alone": len(single),
        "walks": len({(row["clip"], row["person"]) for row in single}),
        "suspected": false,
        "suspected_95": wilson(false, len(single)),
        "counted_as_two": sum(row["counted"] > 1 for row in single),
    }
    for hidden in HIDDEN:
        pairs = [row for row in rows if row["hidden"] == hidden]
        two = sum(row["counted"] > 1 for row in pairs)
        suspected = sum(row["counted"] < 2 and row["possible"] > 0 for row in pairs)
        told = {"two": two, "suspected": suspected, "swallowed": len(pairs) - two - suspected}
        yield {
            "bench": "hidden",
            "hidden": hidden,
            "pairs": len(pairs),
            **told,
            "said_95": wilson(two + suspected, len(pairs)),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="name or path; the best one in the data folder when absent")
    parser.add_argument("--clip", default="", help="only clips whose name contains this")
    parser.add_argument("--pairs", type=int, default=12, help="pairs a clip and share")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "data")
    told = parser.parse_args(argv)
    detector, chance, begun = find(data_folder(), told.detector).open(), random.Random(told.seed), time.process_time()
    rows: list[dict[str, Any]] = []
    for known in real(told.real):
        if known.clip.name.startswith(CLIPS) and told.clip in known.clip.name:
            room = look_around(known.clip, detector)
            rows += [{**row, "clip": known.clip.name} for row in measure(room, detector, told.pairs, chance)]
    if not rows:
        parser.error(f"{told.real} holds none of the clips {', '.join(CLIPS)}; name their folder with --real")
    for row in sums(rows):
        print(json.dumps({**row, "detector": detector.name, "cpu_s": round(time.process_time() - begun)}))
    return 0


def _as_filmed(one: Passer) -> Iterator[tuple[Micros, Picture]]:
    """A passer's pictures as they are: laid over nobody."""
    nobody = Passer(one.clip, one.scene, one.crossing, (), ())
    yield from together(one, nobody, 0.0, 1)


if __name__ == "__main__":
    raise SystemExit(main())
