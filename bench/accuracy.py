"""Measures how often the counting is right: clips with known crossings, at several frame rates and with faults.

    python bench/accuracy.py [--detector NAME] [--case drawn|real|staged|all] [--clip NAME] [--every 1,2,3] [--fault A,B]
    python bench/accuracy.py --crossings FILE

`drawn` are the rendered clips of tests/clips; `real` are labelled clips that lie in ../shared/data or in the folder
given with --real; `all` are both. `staged` are scenes made for the run (bench/_scripts.py): people cut out of those
clips walk through rooms that --seed draws, --scenes of them; nobody can have tuned for a new seed. Prints one JSON
object a clip, line and setting, then the sums by kind of scene, with Wilson intervals of 95 %. Faults: none, lost (a
tenth of the frames), steps (of brightness), dark, noisy, mirrored, half (the size), far (everything 40 % smaller),
rolled, again (every person followed by a copy 1.7 s later; real clips only).

With --crossings another counter is measured: the file holds one JSON object a crossing with `clip`, `door`, `time`
(seconds from the first frame) and `direction` (in or out). Clips that the file does not name are left out.
"""

import argparse
import json
import os
import platform
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _cast import cast
from _mixtures import (
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
from _scripts import scripts
from _truth import ROOT, Known, Passing, compare, compare_incidents, drawn, real, summed

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
    """The sums by fault, frame rate and kind of scene."""
    keys = sorted({(row["fault"], row["every"], row["kind"]) for row in rows})
    for fault, step, kind in keys:
        group = [row for row in rows if (row["fault"], row["every"], row["kind"]) == (fault, step, kind)]
        row = {"bench": "accuracy", "case": "sum", "kind": kind, "every": step, "fault": fault}
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        yield {**row, "detector": group[0]["detector"], **summed(group), "machine": machine}


def known_clips(told: argparse.Namespace) -> Iterator[Known]:
    """The clips that were asked for."""
    if told.case in {"drawn", "all"}:
        yield from drawn()
    if told.case in {"real", "all"}:
        yield from real(told.real)
    if told.case == "staged":
        detector = find(data_folder(), DEFAULT).open()  # the same people whichever detector is measured
        walked = [*real(told.real), *drawn()]
        actors = [actor for known in walked if known.clip.name in STARRING for actor in cast(known.clip, detector)]
        yield from (script.known() for script in scripts(actors, told.scenes, told.seed))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows and their sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="name or path; the best one in the data folder when absent")
    parser.add_argument("--case", choices=("drawn", "real", "staged", "all"), default="all")
    parser.add_argument("--clip", help="only clips whose name contains this")
    parser.add_argument("--every", default="1,2,3", help="look at every n-th frame; several, with commas")
    parser.add_argument("--fault", default="none", help=f"several, with commas, or all: {', '.join(FAULTS)}")
    parser.add_argument("--crossings", type=Path, help="score this file instead of counting")
    parser.add_argument("--seed", type=int, default=1, help="of the staged scenes")
    parser.add_argument("--scenes", type=int, default=17, help="how many staged scenes; there are 17 kinds")
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    told = parser.parse_args(argv)
    if not (ROOT / "tests" / "clips").is_dir():
        parser.error("the drawn clips are part of a checkout's tests/clips; run this in one")
    faults = list(FAULTS) if told.fault == "all" else told.fault.split(",")
    if unknown := [fault for fault in faults if fault not in FAULTS]:
        parser.error(f"there is no fault {unknown[0]!r}; there are {', '.join(FAULTS)}")
    clips = list(known_clips(told))
    clips = [known for known in clips if not told.clip or told.clip in known.clip.name]
    rows: list[dict[str, Any]] = []
    if told.crossings:
        rows += score(clips, told.crossings)
    else:
        detector = find(data_folder(), told.detector).open()
        every = [int(step) for step in told.every.split(",")]
        for known in clips:
            for row in measure(known, detector, every, faults):
                rows.append(row)
                print(json.dumps(row), flush=True)
    if told.crossings:
        for row in rows:
            print(json.dumps(row))
    for row in sums(rows):
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except DoorwatchError as error:
        raise SystemExit(f"accuracy: {error}") from None
    raise SystemExit(code)
