"""The drawn clips with their truth, and how counted crossings are compared with it."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorwatch.domain.scene import Scene, scene_from_mapping
from doorwatch.vision import models
from doorwatch.vision.detect.base import Box, Detector, DetectorError

ROOT = Path(__file__).parents[3]
CLIPS = ROOT / "tests" / "clips"
REAL = ROOT.parent / "shared" / "data"

TOLERANCE_S = 0.6
"""A box ends at the lower foot: up to half a step from the middle between both, and one frame at a third of the rate."""


@dataclass(frozen=True)
class Clip:
    """A clip, its scene, and its crossings as (frame, direction)."""

    name: str
    video: Path
    scene: Scene
    fps: float
    truth: list[tuple[int, str]]
    tolerance: float

    def boxes(self) -> list[tuple[int, int, list[Box]]]:
        """What the default detector saw, stored beside the clips: (time, frame number, boxes)."""
        stored = json.loads(gzip.decompress((CLIPS / "boxes" / f"{self.name}.json.gz").read_bytes()))
        return [(at, index, [Box(*box) for box in boxes]) for at, index, boxes in stored["frames"]]


def drawn_clips() -> list[Clip]:
    """The ten clips that are part of the project."""
    return [
        Clip(
            clip["name"],
            CLIPS / clip["file"],
            scene_from_mapping(clip["scene"]),
            clip["fps"],
            [(crossing["frame"], crossing["direction"]) for crossing in clip["crossings"]],
            TOLERANCE_S * clip["fps"],
        )
        for clip in json.loads((CLIPS / "truth.json").read_text())["clips"]
    ]


def missed_and_false(truth, counted, tolerance):
    """Crossings of the truth without a counted one near them, and the counted ones that are left over."""
    near = sorted(
        (abs(t[0] - c[0]), i, j)
        for i, t in enumerate(truth)
        for j, c in enumerate(counted)
        if t[1] == c[1] and abs(t[0] - c[0]) <= tolerance
    )
    used_t, used_c = set(), set()
    for _, i, j in near:
        if i not in used_t and j not in used_c:
            used_t.add(i)
            used_c.add(j)
    return (
        [t for i, t in enumerate(truth) if i not in used_t],
        [c for j, c in enumerate(counted) if j not in used_c],
    )


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The detector of this machine; `make test` fetches one when there is none."""
    try:
        return models.find(models.data_folder()).open()
    except DetectorError as error:
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")
