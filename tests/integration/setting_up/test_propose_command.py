"""`doorwatch door propose` on real files with the real detector, and `door certificate` on a real installation."""

import json
import math
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from doorwatch.cli.door import app
from doorwatch.domain.placement import judge_placement
from doorwatch.domain.proposal import propose_scene
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.vision.count import count_frames
from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.models import open_detector
from doorwatch.vision.walks import see_video

ROOT = Path(__file__).parents[3]
CLIPS = ROOT / "tests" / "clips"
REAL = ROOT.parent / "shared" / "data"
TRUTH = {clip["name"]: clip for clip in json.loads((CLIPS / "truth.json").read_text())["clips"]}


@pytest.fixture(scope="module")
def detector():
    try:
        return open_detector()
    except DetectorError as error:
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_recording_of_the_door_gives_a_scene_that_counts_another_recording_of_it(detector, tmp_path):
    result = run("propose", CLIPS / "s07-four-in.mp4", "--door", "lobby", "--every", 2)
    assert result.exit_code == 0, result.output
    scene = scene_from_mapping(yaml.safe_load(result.stdout))
    assert scene.door == "lobby"
    assert "pixels a metre" in result.stderr
    found = list(count_frames(CLIPS / "s02-tailgating.mp4", scene, detector=detector))
    wanted = TRUTH["s02-tailgating"]["crossings"]
    assert [one.crossing.direction for one in found] == [crossing["direction"] for crossing in wanted]


def test_an_empty_room_proposes_nothing_and_says_what_is_missing(detector):
    result = run("propose", CLIPS / "s09-nobody.mp4", "--every", 6)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "a proposal needs 3" in result.stderr


def test_a_drawn_scene_is_judged_and_machines_can_read_it(detector, tmp_path):
    file = tmp_path / "scene.yaml"
    file.write_text(yaml.safe_dump(TRUTH["s07-four-in"]["scene"]))
    result = run("propose", CLIPS / "s07-four-in.mp4", "--scene", file, "--every", 4, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert told["pixels_per_metre"] == pytest.approx(59, abs=8)
    assert told["advice"] == []


def test_what_is_no_video_is_a_sentence(detector, tmp_path):
    file = tmp_path / "door.mp4"
    file.write_text("no video")
    result = run("propose", file)
    assert result.exit_code != 0
    assert "cannot be read as a video" in str(result.exception)


@pytest.mark.skipif(not REAL.is_dir(), reason="NOT BESIDE THE PROJECT: the real clips")
def test_real_people_tell_how_a_real_camera_stands(detector):
    seen = see_video(REAL / "people-detection.mp4", detector, every=4)
    found = propose_scene(seen.walks, seen.size)
    # Seven people seen from an oblique camera above their heads; nobody comes through a door.
    assert 1.7 < found.pose.pose.height < 4.0
    assert 10 < math.degrees(found.pose.pose.tilt) < 50
    assert found.people >= 5
    assert found.confidence < 0.6
    assert found.scene is not None
    placement = judge_placement(seen.size, seen.walks, fps=seen.fps, brightness=seen.brightness)
    assert placement.meter.person > 100
    assert not [one for one in placement.advice if one.grave]
