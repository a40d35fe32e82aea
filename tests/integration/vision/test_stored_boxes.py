"""Tracker and crossing logic on the drawn clips, from stored boxes: exact, quick, and without any model."""

import random

import pytest

from doorwatch.vision.count import count_boxes
from doorwatch.vision.detect.base import Box
from doorwatch.vision.models import model_named
from doorwatch.vision.pipeline import Counter

from .conftest import drawn_clips, missed_and_false

CLIPS = drawn_clips()
PROFILE = model_named("centernet").profile

clips = pytest.mark.parametrize("clip", CLIPS, ids=[clip.name for clip in CLIPS])


def counted(clip, rows, scene=None):
    counter = Counter("cam", [scene or clip.scene], PROFILE)
    return [(found.frame, found.crossing.direction.value) for found in count_boxes(counter, rows)]


@clips
@pytest.mark.parametrize(("every", "phase"), [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)])
def test_every_crossing_is_found_and_none_invented_at_full_half_and_a_third_of_the_rate(clip, every, phase):
    assert missed_and_false(clip.truth, counted(clip, clip.boxes()[phase::every]), clip.tolerance) == ([], [])


@clips
def test_a_tenth_of_the_frames_lost_changes_nothing(clip):
    for seed in range(3):
        chance = random.Random(seed)
        rows = [row for row in clip.boxes() if chance.random() > 0.1]
        assert missed_and_false(clip.truth, counted(clip, rows), clip.tolerance) == ([], [])


@clips
def test_a_fifth_of_the_boxes_missed_changes_nothing(clip):
    for seed in range(3):
        chance = random.Random(seed)
        rows = [(at, i, [b for b in boxes if chance.random() > 0.2]) for at, i, boxes in clip.boxes()]
        assert missed_and_false(clip.truth, counted(clip, rows), clip.tolerance) == ([], [])


@clips
def test_boxes_that_tremble_change_nothing(clip):
    chance = random.Random(1)

    def tremble(box):
        w, h = 0.03 * box.width, 0.025 * box.height
        x1, y1, x2, y2 = (v + chance.gauss(0, s) for v, s in zip(box[:4], (w, h, w, h), strict=True))
        return Box(x1, y1, x2, y2, box.score)

    rows = [(at, i, [tremble(box) for box in boxes]) for at, i, boxes in clip.boxes()]
    assert missed_and_false(clip.truth, counted(clip, rows), clip.tolerance) == ([], [])


@clips
def test_a_mirrored_camera_counts_the_same(clip):
    from doorwatch.domain.scene import scene_from_mapping

    width = clip.scene.size[0] - 1
    mapping = clip.scene.to_mapping()
    for key in ("threshold", "doorway"):
        mapping[key] = [[width - x, y] for x, y in mapping[key]]
    mapping["inside"] = [width - mapping["inside"][0], mapping["inside"][1]]
    del mapping["floor"]
    rows = [
        (at, i, [Box(width - b.x2, b.y1, width - b.x1, b.y2, b.score) for b in boxes]) for at, i, boxes in clip.boxes()
    ]
    assert missed_and_false(clip.truth, counted(clip, rows, scene_from_mapping(mapping)), clip.tolerance) == ([], [])


@clips
def test_swapping_the_inside_swaps_the_directions(clip):
    from dataclasses import replace

    from doorwatch.domain.geometry import Point

    start, end = clip.scene.threshold.start, clip.scene.threshold.end
    middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
    across = Point(2 * middle.x - clip.scene.inside.x, 2 * middle.y - clip.scene.inside.y)
    turned = replace(clip.scene, inside=across, doorway=(), floor=None)
    truth = [(frame, "out" if direction == "in" else "in") for frame, direction in clip.truth]
    assert missed_and_false(truth, counted(clip, clip.boxes(), turned), clip.tolerance) == ([], [])


@clips
def test_nobody_is_suspected_to_be_hidden_where_everybody_is_seen(clip):
    counter = Counter("cam", [clip.scene], PROFILE)
    assert [found.crossing.possible for found in count_boxes(counter, clip.boxes()) if found.crossing.possible] == []


def test_trails_of_the_demo_lead_from_the_threshold_into_the_room():
    clip = next(clip for clip in CLIPS if clip.name == "demo")
    entries = [
        found.crossing
        for found in count_boxes(Counter("cam", [clip.scene], PROFILE), clip.boxes())
        if found.crossing.direction.value == "in"
    ]
    assert len(entries) == 10
    for crossing in entries:
        assert len(crossing.trail) >= 3
        assert crossing.trail[-1].row > crossing.trail[0].row
        assert [step.at for step in crossing.trail] == sorted(step.at for step in crossing.trail)


def test_a_crossing_is_decided_within_a_second_of_its_first_frame():
    for clip in CLIPS:
        counter, seen = Counter("cam", [clip.scene], PROFILE), set()
        for at, _, boxes in clip.boxes():
            for crossing in counter.observe(at, boxes).crossings:
                if crossing.crossing_id not in seen:
                    seen.add(crossing.crossing_id)
                    assert at - crossing.at <= 1_000_000
