"""The whole way from pixels to crossings with the detector of this machine, and the commands that people type."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from doorwatch.domain.scene import scene_from_mapping
from doorwatch.vision import models
from doorwatch.vision.count import count_boxes, count_frames
from doorwatch.vision.decode import frames
from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.pipeline import Counter

from .conftest import CLIPS, REAL, drawn_clips, missed_and_false

SHORT = [clip for clip in drawn_clips() if clip.name in {"s02-tailgating", "s04-in-and-out", "s09-nobody"}]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "doorwatch", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.fixture
def scene_file(tmp_path):
    path = tmp_path / "scene.yaml"
    path.write_text(yaml.safe_dump(SHORT[0].scene.to_mapping()))
    return path


@pytest.mark.parametrize("clip", SHORT, ids=[clip.name for clip in SHORT])
def test_every_crossing_of_a_drawn_clip_is_counted(detector, clip):
    counted = [(c.frame, c.crossing.direction.value) for c in count_frames(clip.video, clip.scene, detector=detector)]
    assert missed_and_false(clip.truth, counted, clip.tolerance) == ([], [])


def test_half_the_frame_rate_counts_the_same(detector):
    clip = SHORT[0]
    counted = [
        (c.frame, c.crossing.direction.value) for c in count_frames(clip.video, clip.scene, detector=detector, every=2)
    ]
    assert missed_and_false(clip.truth, counted, clip.tolerance) == ([], [])


def test_the_count_command_prints_a_json_line_a_crossing(detector, scene_file):
    done = run("count", CLIPS / "s02-tailgating.mp4", "--scene", scene_file)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["direction"] for row in rows] == ["in", "in"]
    assert set(rows[0]) == {"door", "time", "frame", "direction", "track", "confidence"}
    assert rows[0]["time"] == pytest.approx(rows[0]["frame"] / 12.5, abs=0.001)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": [[700, 10], [700, 300]]}, "outside of the picture"),
        ({"size": [640, 480]}, "s09-nobody.mp4: the scene was drawn"),
        ({"inside": None}, "'inside' is missing"),
        ({"treshold": 1}, "unknown key 'treshold'"),
    ],
)
def test_a_scene_that_does_not_fit_is_one_sentence(detector, tmp_path, change, message):
    path = tmp_path / "scene.yaml"
    path.write_text(yaml.safe_dump({**SHORT[0].scene.to_mapping(), **change}))
    done = run("count", CLIPS / "s09-nobody.mp4", "--scene", path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_scene_file_that_is_no_yaml_names_the_line(detector, tmp_path):
    path = tmp_path / "scene.yaml"
    path.write_text("door: a\nsize: [640, 360\nthreshold: x\n")
    done = run("count", CLIPS / "s09-nobody.mp4", "--scene", path)
    assert done.returncode == 1
    assert "scene.yaml, line" in done.stderr


def test_a_missing_video_is_one_sentence(detector, scene_file, tmp_path):
    done = run("count", tmp_path / "absent.mp4", "--scene", scene_file)
    assert done.returncode == 1
    assert "there is no video" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_detector_the_command_says_how_to_get_one(scene_file, tmp_path):
    done = run("count", CLIPS / "s09-nobody.mp4", "--scene", scene_file, DOORWATCH_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "doorwatch models pull" in done.stderr


def test_a_corrupt_model_file_is_an_error_and_no_empty_room(scene_file, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "centernet.onnx").write_bytes(b"half a file")
    done = run("count", CLIPS / "s09-nobody.mp4", "--scene", scene_file, DOORWATCH_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "fetch it again with `doorwatch models pull`" in done.stderr
    assert run("models", "verify", DOORWATCH_DATA_DIR=str(tmp_path)).returncode == 1


def test_models_are_listed_verified_and_timed(detector):
    listed = [json.loads(line) for line in run("models", "list", "--json").stdout.splitlines()]
    assert "in use" in {row["state"] for row in listed}
    assert run("models", "verify").returncode == 0
    timed = json.loads(run("models", "bench", "--frames", "3", "--json").stdout)
    assert timed["cpu_us_per_item"] > 0


def test_a_pull_without_a_network_says_so(tmp_path):
    done = run("models", "pull", npm_config_registry="http://127.0.0.1:9/", DOORWATCH_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "--from FILE" in done.stderr


def test_nothing_is_fetched_when_a_detector_is_there(detector):
    done = run("models", "pull", "--if-missing", npm_config_registry="http://127.0.0.1:9/")
    assert done.returncode == 0, done.stderr


def test_the_converted_network_answers_as_the_reference_conversion_does():
    import numpy as np
    import onnxruntime

    reference = REAL.parent / "models" / "centernet_mbv3.onnx"
    if not reference.is_file():
        pytest.skip("NOT BESIDE THE PROJECT: the reference conversion of the model")
    try:
        ours = models.find(models.data_folder(), "centernet").path
    except DetectorError as error:
        pytest.skip(f"NO CONVERTED MODEL ON THIS MACHINE: {error}")
    picture = np.random.default_rng(3).uniform(0, 255, (1, 3, 256, 416)).astype(np.float32)
    answers = [
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"image": picture})
        for path in (Path(ours), reference)
    ]
    for mine, theirs in zip(*answers, strict=True):
        assert np.abs(mine - theirs).max() < 1e-3


REAL_BARS = [
    ("people-detection.mp4", ["left", "right"], 2, 0, 0),
    ("one-by-one-person-detection.mp4", ["exit"], 2, 0, 0),
    ("floor-line-one-person.mp4", ["tape"], 4, 0, 0),
    ("car-detection.mp4", ["x384", "y216"], 4, 0, 0),
    ("vtest.avi", ["x560"], 2, 2, 2),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "lines", "every", "may_miss", "may_invent"), REAL_BARS)
def test_real_clips_are_counted_as_labelled_at_half_their_rate(detector, name, lines, every, may_miss, may_invent):
    if not (REAL / name).is_file():
        pytest.skip(f"NOT BESIDE THE PROJECT: the real clip {name}")
    clip = next(c for c in json.loads((REAL / "clips.json").read_text())["clips"] if c["name"] == name)
    seen = [(f.at, f.index, detector.detect(f.picture)) for f in frames(REAL / name, every=every)]
    for line in (entry for entry in clip["lines"] if entry["id"] in lines):
        counter = Counter("cam", [line_scene(clip, line)], detector.profile)
        counted = [(c.frame, c.crossing.direction.value) for c in count_boxes(counter, seen)]
        truth = [
            (c["frame"], "in" if c["direction"] == "forward" else "out")
            for c in clip["crossings"]
            if c["line"] == line["id"]
        ]
        missed, invented = missed_and_false(truth, counted, clip["tolerance_frames"])
        assert len(missed) <= may_miss, (line["id"], missed)
        assert len(invented) <= may_invent, (line["id"], invented)


def line_scene(clip, line):
    """A labelled line as a scene: forward is in."""
    (x1, y1), (x2, y2) = line["points"]
    dx, dy = {"left": (-60, 0), "right": (60, 0), "up": (0, -60)}[line["forward"]]
    return scene_from_mapping(
        {
            "door": line["id"],
            "size": [clip["width"], clip["height"]],
            "threshold": line["points"],
            "inside": [(x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy],
        }
    )
