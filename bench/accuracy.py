"""Measures how often the counting is right: clips with known crossings, at several frame rates and with faults.

    python bench/accuracy.py [--detector NAME] [--case drawn|real|all] [--clip NAME] [--every 1,2,3] [--fault NAME]

`drawn` are the rendered clips of tests/clips; `real` are labelled clips that lie in ../shared/data or in the folder
given with --real. Prints one JSON object a clip and setting, and one for the sum, with Wilson intervals of 95 %.
Faults: none, lost (a tenth of the frames), dark, mirrored.
"""

import argparse
import json
import math
import os
import platform
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.vision.count import count_boxes
from doorwatch.vision.decode import frames
from doorwatch.vision.detect.base import Box, Detector
from doorwatch.vision.models import data_folder, find
from doorwatch.vision.pipeline import Counter

ROOT = Path(__file__).parents[1]
FAULTS = ("none", "lost", "dark", "mirrored")


@dataclass(frozen=True)
class Labelled:
    """One line of one clip and its crossings as (frame, direction)."""

    clip: str
    video: Path
    scene: Scene
    truth: tuple[tuple[int, str], ...]
    tolerance: float


def drawn() -> Iterator[Labelled]:
    """The rendered clips of the project."""
    folder = ROOT / "tests" / "clips"
    for clip in json.loads((folder / "truth.json").read_text())["clips"]:
        truth = tuple((crossing["frame"], crossing["direction"]) for crossing in clip["crossings"])
        scene = scene_from_mapping(clip["scene"])
        yield Labelled(clip["name"], folder / clip["file"], scene, truth, 0.6 * clip["fps"])


def real(folder: Path) -> Iterator[Labelled]:
    """Real clips with labelled lines."""
    if not (folder / "clips.json").is_file():
        return
    ways = {"left": (-60, 0), "right": (60, 0), "up": (0, -60), "down": (0, 60)}
    for clip in json.loads((folder / "clips.json").read_text())["clips"]:
        for line in clip["lines"]:
            (x1, y1), (x2, y2) = line["points"]
            dx, dy = ways[line["forward"]]
            mapping = {
                "door": line["id"],
                "size": [clip["width"], clip["height"]],
                "threshold": line["points"],
                "inside": [(x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy],
            }
            truth = tuple(
                (c["frame"], "in" if c["direction"] == "forward" else "out")
                for c in clip["crossings"]
                if c["line"] == line["id"]
            )
            scene = scene_from_mapping(mapping)
            yield Labelled(clip["name"], folder / clip["name"], scene, truth, clip["tolerance_frames"])


def compare(truth: Sequence[tuple[int, str]], counted: Sequence[tuple[int, str]], tolerance: float) -> dict[str, int]:
    """How many were found, missed and invented, nearest pairs first."""
    near = sorted(
        (abs(t[0] - c[0]), i, j)
        for i, t in enumerate(truth)
        for j, c in enumerate(counted)
        if t[1] == c[1] and abs(t[0] - c[0]) <= tolerance
    )
    left, right = set(range(len(truth))), set(range(len(counted)))
    for _, i, j in near:
        if i in left and j in right:
            left.discard(i)
            right.discard(j)
    return {"crossings": len(truth), "found": len(truth) - len(left), "missed": len(left), "false": len(right)}


def wilson(hits: int, trials: int) -> list[float] | None:
    """The interval of 95 % for a rate."""
    if not trials:
        return None
    z, rate = 1.96, hits / trials
    middle = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    below = 1 + z * z / trials
    return [round(max(0.0, (middle - spread) / below), 4), round(min(1.0, (middle + spread) / below), 4)]


def seen_in(video: Path, detector: Detector, fault: str) -> list[tuple[int, int, list[Box]]]:
    """What the detector sees in a clip."""
    chance = random.Random(1)
    rows = []
    for frame in frames(video):
        if fault == "lost" and chance.random() < 0.1:
            continue
        picture = frame.picture
        if fault == "dark":
            picture = (picture * 0.35).astype(np.uint8)
        if fault != "mirrored":
            rows.append((frame.at, frame.index, detector.detect(picture)))
            continue
        width = picture.shape[1] - 1
        boxes = detector.detect(np.ascontiguousarray(picture[:, ::-1]))
        rows.append((frame.at, frame.index, [Box(width - b.x2, b.y1, width - b.x1, b.y2, b.score) for b in boxes]))
    return rows


def measure(
    cases: Sequence[Labelled], detector: Detector, every: Sequence[int], fault: str
) -> Iterator[dict[str, Any]]:
    """One row a clip, line and frame rate."""
    known: dict[Path, tuple[list[tuple[int, int, list[Box]]], float]] = {}
    for case in cases:
        if case.video not in known:
            known.clear()
            start = time.process_time()
            known[case.video] = seen_in(case.video, detector, fault), time.process_time() - start
        rows, cpu = known[case.video]
        for step in every:
            counter = Counter("bench", [case.scene], detector.profile)
            found = [(c.frame, c.crossing.direction.value) for c in count_boxes(counter, rows[::step])]
            yield {
                "bench": "accuracy",
                "case": f"{case.clip}:{case.scene.door}",
                "every": step,
                "fault": fault,
                "detector": detector.name,
                **compare(case.truth, found, case.tolerance + (step - 1)),
                "cpu_us_per_item": round(cpu / max(1, len(rows)) * 1e6),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            }


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows and their sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="name or path; the best one in the data folder when absent")
    parser.add_argument("--case", choices=("drawn", "real", "all"), default="all")
    parser.add_argument("--clip", help="only clips whose name contains this")
    parser.add_argument("--every", default="1,2,3", help="look at every n-th frame; several, with commas")
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    told = parser.parse_args(argv)
    cases = [*(drawn() if told.case != "real" else ()), *(real(told.real) if told.case != "drawn" else ())]
    cases = [case for case in cases if not told.clip or told.clip in case.clip]
    if not (ROOT / "tests" / "clips").is_dir():
        parser.error("the drawn clips are part of a checkout's tests/clips; run this in one")
    detector = find(data_folder(), told.detector).open()
    every = [int(step) for step in told.every.split(",")]
    sums = {step: {"crossings": 0, "found": 0, "missed": 0, "false": 0} for step in every}
    for row in measure(cases, detector, every, told.fault):
        for key in sums[row["every"]]:
            sums[row["every"]][key] += row[key]
        print(json.dumps(row), flush=True)
    for step, total in sums.items():
        row = {"bench": "accuracy", "case": "sum", "every": step, "fault": told.fault, "detector": detector.name}
        right = wilson(total["found"], total["crossings"])
        true = wilson(total["found"], total["found"] + total["false"])
        print(json.dumps({**row, **total, "found_95": right, "true_95": true}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
