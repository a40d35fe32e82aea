"""Measures how often the counting is right: clips with known crossings, at several frame rates and with faults.

    python bench/accuracy.py [--detector A,B] [--case drawn,real,staged|all] [--clip NAME] [--every 1,2,3] [--fault A,B]
                             [--markdown FILE]
    python bench/accuracy.py --whole [--detector A,B] --markdown docs/reference/accuracy.md
    python bench/accuracy.py --crossings FILE

`drawn` are the rendered clips of tests/clips; `real` are labelled clips that lie in ../shared/data or in the folder
given with --real; `all` are both. `staged` are scenes made for the run (bench/staging/scripts.py): people cut out of those
clips walk through rooms that --seed draws, --scenes of them; nobody can have tuned for a new seed. Prints one JSON
object a clip, line and setting, then the sums by kind of scene, with Wilson intervals of 95 %. Faults: none, lost (a
tenth of the frames), steps (of brightness), dark, noisy, mirrored, half (the size), far (everything 40 % smaller),
rolled, again (every person followed by a copy 1.7 s later; real clips only).

--whole measures what docs/reference/accuracy.md shows: drawn and real clips, every frame, every second and every third, as
filmed and with lost frames, and the staged scenes of --seed. How far it is is told on stderr. --markdown writes the tables, into
the page if it has their place. Counts do not depend on how busy the machine is: every frame of a file is looked at.

With --crossings another counter is measured: the file holds one JSON object a crossing with `clip`, `door`, `time`
(seconds from the first frame) and `direction` (in or out). Clips that the file does not name are left out.
"""

import argparse
import json
import os
import platform
import random
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from staging.accuracy_page import write
from staging.cast import cast
from staging.mixtures import (
    Clip,
    Line,
    dark,
    farther,
    joined,
    mirrored,
    noisy,
    rolled,
    smaller,
    stepped,
)
from staging.scripts import scripts
from staging.truth import ROOT, Known, Passing, compare, compare_incidents, drawn, real, summed

from doorwatch.domain.crossing import Crossing
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.count import count_boxes, searched
from doorwatch.vision.detect.base import Box, Detector, Picture
from doorwatch.vision.models import DEFAULT, data_folder, find
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.region import Search
from doorwatch.vision.second_look import Glimpses

LOST = 0.1
CASES = ("drawn", "real", "staged", "all")

STARRING = {"people-detection", "one-by-one-person-detection", "floor-line-one-person", "demo", "s07-four-in"}
"""Clips whose people play in the staged scenes, as far as they are there."""

FAULTS: dict[str, Callable[[Clip], Clip]] = {
    "none": lambda clip: clip,
    "lost": lambda clip: clip,
    "steps": stepped,
    "dark": dark,
    "noisy": noisy,
    "mirrored": mirrored,
    "half": lambda clip: smaller(clip, 0.5),
    "far": lambda clip: farther(clip, 0.6),
    "rolled": lambda clip: rolled(clip, 6),
    "again": lambda clip: joined(clip, 1.7),
}


class Remembering:
    """A detector that remembers what it found in a picture, so that other lines and frame rates cost nothing more."""

    def __init__(self, detector: Detector) -> None:
        self.name, self.profile = detector.name, detector.profile
        self._detector = detector
        self._found: dict[tuple[tuple[int, ...], int, float | None], list[Box]] = {}

    def detect(self, picture: Picture, *, tall: float | None = None) -> list[Box]:
        """As the detector does."""
        key = picture.shape, zlib.crc32(np.ascontiguousarray(picture)), tall
        if key not in self._found:
            asked = self._detector
            self._found[key] = asked.detect(picture) if tall is None else asked.detect(picture, tall=tall)
        return self._found[key]


def shown(clip: Clip, step: int, *, lossy: bool) -> Iterator[tuple[Micros, int, Picture]]:
    """Every `step`-th frame of a clip with its number; a tenth never came when `lossy`, the same tenth every time."""
    chance = random.Random(1)
    came = ((index, shot) for index, shot in enumerate(clip.shots()) if not lossy or chance.random() >= LOST)
    for number, (index, (at, picture)) in enumerate(came):
        if number % step == 0:
            yield at, index, picture


def count(clip: Clip, line: Line, detector: Detector, step: int, *, lossy: bool = False) -> list[Crossing]:
    """The crossings of one line, searched and counted as the product does it."""
    search, glimpses = Search([line.scene], clip.size), Glimpses()
    counter = Counter("bench", [line.scene], detector.profile, picture=clip.size)
    rows = searched(search, detector, shown(clip, step, lossy=lossy), glimpses)
    found = count_boxes(counter, rows, look=partial(glimpses.look, detector), ask=search.ask)
    return [counted.crossing for counted in found]


def measure(known: Known, detector: Detector, every: Sequence[int], faults: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One row a fault, line and frame rate."""
    remembering = Remembering(detector)
    for fault in faults:
        if fault == "again" and known.clip.kind != "real":
            continue  # a copy of a drawn door's light and leaf is no person
        clip = FAULTS[fault](known.clip)
        if fault not in {"none", "lost"}:
            remembering = Remembering(detector)
        for line in clip.lines:
            for step in every:
                found = count(clip, line, remembering, step, lossy=fault == "lost")
                yield score_line(known, clip, line, found, detector, fault, step)


def score_line(
    known: Known, clip: Clip, line: Line, found: Sequence[Crossing], detector: Detector, fault: str, step: int
) -> dict[str, Any]:
    """The row of one line: what was counted in every `step`-th frame against what is known."""
    passings = [(crossing.at, crossing.direction.value) for crossing in found]
    row = {
        "bench": "accuracy",
        "case": f"{known.clip.name}:{line.scene.door}",
        "kind": "hard line" if line.hard else clip.kind,
        "every": step,
        "fault": fault,
        "detector": detector.name,
        **compare(line.truth, passings, line.tolerance + (step - 1) * SECOND / 12),
        "possible": sum(crossing.possible for crossing in found),
    }
    return row | compare_incidents(known, found) if known.events else row


def read_crossings(file: Path) -> dict[str, dict[str, list[Passing]]]:
    """What a file of crossings says, by clip and door. Raises DoorwatchError that names the line."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DoorwatchError(f"{file} cannot be read ({error}); give a file of crossings") from error
    told: dict[str, dict[str, list[Passing]]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            passing = (round(float(one["time"]) * SECOND), str(one["direction"]))
            told.setdefault(str(one["clip"]), {}).setdefault(str(one["door"]), []).append(passing)
        except (ValueError, KeyError, TypeError) as error:
            raise DoorwatchError(
                f"{file}:{number} is no crossing ({error!r}); expected a JSON object with clip, door, time, direction"
            ) from error
    return told


def score(clips: Sequence[Known], file: Path) -> Iterator[dict[str, Any]]:
    """One row for each line of each clip that a file of crossings names. Raises DoorwatchError."""
    told = read_crossings(file)
    names = {known.clip.name for known in clips}
    if strange := sorted(set(told) - names):
        raise DoorwatchError(f"{file} names the clip {strange[0]!r}; there are {', '.join(sorted(names))}")
    for known in clips:
        if known.clip.name not in told:
            continue
        for line in known.clip.lines:
            found = told[known.clip.name].get(line.scene.door, [])
            row: dict[str, Any] = {"bench": "accuracy", "case": f"{known.clip.name}:{line.scene.door}"}
            row |= {"kind": "hard line" if line.hard else known.clip.kind, "every": 1, "fault": "none"}
            yield {**row, "detector": file.name, **compare(line.truth, found, line.tolerance)}


def sums(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The sums by detector, fault, frame rate and kind of scene."""
    keys = sorted({(row["detector"], row["fault"], row["every"], row["kind"]) for row in rows})
    for key in keys:
        group = [row for row in rows if (row["detector"], row["fault"], row["every"], row["kind"]) == key]
        _, fault, step, kind = key
        row = {"bench": "accuracy", "case": "sum", "kind": kind, "every": step, "fault": fault}
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        yield {**row, "detector": group[0]["detector"], **summed(group), "machine": machine}


def known_clips(told: argparse.Namespace) -> Iterator[Known]:
    """The clips that were asked for."""
    cases = {"drawn", "real"} if told.case == "all" else set(told.case.split(","))
    if told.whole:
        cases = {"drawn", "real", "staged"}
    if "drawn" in cases:
        yield from drawn()
    if "real" in cases:
        yield from real(told.real)
    if "staged" in cases:
        detector = find(data_folder(), DEFAULT).open()  # the same people whichever detector is measured
        walked = [*real(told.real), *drawn()]
        actors = [actor for known in walked if known.clip.name in STARRING for actor in cast(known.clip, detector)]
        for seed in told.seed.split(","):
            yield from (script.known() for script in scripts(actors, told.scenes, int(seed)))


def counted(clips: Sequence[Known], told: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The rows of all clips and detectors, and on stderr how far it is. Raises DetectorError."""
    faults = list(FAULTS) if told.fault == "all" else told.fault.split(",")
    every = [int(step) for step in told.every.split(",")]
    detectors = [find(data_folder(), name or None).open() for name in (told.detector or "").split(",")]
    begun, count = time.monotonic(), len(clips) * len(detectors)
    for number, (detector, known) in enumerate(((d, k) for d in detectors for k in clips), start=1):
        staged = known.clip.kind.startswith("staged")
        steps, made = ((1,), ("none",)) if told.whole and staged else (every, faults)
        yield from measure(known, detector, steps, made)
        gone = time.monotonic() - begun
        left = gone / number * (count - number)
        print(
            f"{number} of {count}: {known.clip.name}, {detector.name}; about {left / 60:.0f} min left", file=sys.stderr
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows and their sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="names or paths, with commas; the best one in the data folder when absent")
    parser.add_argument("--case", default="all", help="drawn, real, staged; several, with commas; all: drawn and real")
    parser.add_argument("--whole", action="store_true", help="what the page of accuracy shows")
    parser.add_argument("--clip", help="only clips whose name contains this")
    parser.add_argument("--every", default="1,2,3", help="look at every n-th frame; several, with commas")
    parser.add_argument("--fault", default="none", help=f"several, with commas, or all: {', '.join(FAULTS)}")
    parser.add_argument("--crossings", type=Path, help="score this file instead of counting")
    parser.add_argument("--seed", default="1", help="of the staged scenes; several, with commas")
    parser.add_argument(
        "--scenes",
        type=int,
        default=17,
        help="how many staged scenes a seed: 17 kinds, 8 harder ones, 7 other entrances, 7 of passers-by",
    )
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables of the page of accuracy")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    told = parser.parse_args(argv)
    if not (ROOT / "tests" / "clips").is_dir():
        parser.error("the drawn clips are part of a checkout's tests/clips; run this in one")
    if told.whole:
        told.every, told.fault = "1,2,3", "none,lost"
    if unknown := [case for case in told.case.split(",") if case not in CASES]:
        parser.error(f"there is no case {unknown[0]!r}; there are {', '.join(CASES)}")
    if unknown := [fault for fault in told.fault.split(",") if fault not in {*FAULTS, "all"}]:
        parser.error(f"there is no fault {unknown[0]!r}; there are {', '.join(FAULTS)}")
    for option, value in (("--every", told.every), ("--seed", told.seed)):
        if wrong := [part for part in value.split(",") if not part.isdigit() or part == "0"]:
            parser.error(f"{option} takes whole numbers from 1 on, with commas, not {wrong[0]!r}")
    clips = [known for known in known_clips(told) if not told.clip or told.clip in known.clip.name]
    rows: list[dict[str, Any]] = []
    for row in score(clips, told.crossings) if told.crossings else counted(clips, told):
        rows.append(row)
        print(json.dumps(row), flush=True)
    for row in sums(rows):
        print(json.dumps(row))
    if told.markdown is not None:
        write(told.markdown, rows, version("doorwatch"))
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except DoorwatchError as error:
        raise SystemExit(f"accuracy: {error}") from None
    raise SystemExit(code)
