"""Scenes proposed from walks: on synthetic cameras of known truth, and on the drawn clips."""

import gzip
import itertools
import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.domain.pinhole import SIZE, camera, crowd, walk

from doorwatch.domain.geometry import Point
from doorwatch.domain.proposal import FEWEST_PEOPLE, Walk, WalkStep, propose_scene
from doorwatch.domain.proposal_floor import ENOUGH_BOXES, StandingBox, find_pose
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.vision.count import count_boxes
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import Counter

CLIPS = Path(__file__).parents[2] / "clips"
# The limits of the detector whose boxes were recorded.
DETECTOR = Profile(threshold=0.30, low_threshold=0.18, nms=0.60)
LATE = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def metres_between(pose, a, b):
    return math.dist(pose.to_floor(Point(*a)), pose.to_floor(Point(*b)))


def boxes_on_the_floor(seen_by, *, noise=0.0, seed=3, people=12):
    """People all over the floor, whole in the picture."""
    chance = random.Random(seed)
    found = []
    for _ in range(people * 20):
        place = Point(chance.uniform(-2.5, 2.5), chance.uniform(1, 8))
        foot, head = seen_by.to_pixel(place), seen_by.to_pixel(place, 1.7)
        if head and foot and head.y > 2 and 0 < foot.x < SIZE[0] and foot.y < SIZE[1] - 3:
            tall = foot.y - head.y
            tremble = [chance.gauss(0, noise * tall) for _ in range(2)]
            found.append(StandingBox(foot.x - 9, head.y + tremble[0], foot.x + 9, foot.y + tremble[1]))
    return found


# How a camera stands


@given(st.floats(60, 110), st.floats(15, 45), st.floats(2.2, 4.0))
@LATE
def test_exact_boxes_tell_the_metres_of_the_floor_for_all_usual_lenses_tilts_and_heights(view, tilt, height):
    true = camera(view, tilt, height)
    boxes = boxes_on_the_floor(true)
    rows = sorted(box.bottom for box in boxes)
    assume(len(boxes) >= 60)
    assume(rows[-6] - rows[5] > 60)
    found = find_pose(boxes, SIZE, 12)
    row = rows[len(rows) // 2]
    across = ((280, row), (360, row))
    along = ((320, row - 15), (320, row + 15))
    assert found.error < 0.01
    assert metres_between(found.pose, *across) == pytest.approx(metres_between(true, *across), rel=0.05)
    assert metres_between(found.pose, *along) == pytest.approx(metres_between(true, *along), rel=0.2)


@pytest.mark.parametrize("seed", range(4))
def test_trembling_boxes_tell_the_metres_of_an_ordinary_camera_within_a_fifth(seed):
    true = camera(75, 30, 3.0)
    found = find_pose(boxes_on_the_floor(true, noise=0.03, seed=seed), SIZE, 12)
    across, along = ((280, 220), (360, 220)), ((320, 200), (320, 240))
    assert metres_between(found.pose, *across) == pytest.approx(metres_between(true, *across), rel=0.08)
    assert metres_between(found.pose, *along) == pytest.approx(metres_between(true, *along), rel=0.2)
    assert found.pose.height == pytest.approx(3.0, rel=0.15)


@given(st.floats(60, 100), st.floats(15, 40), st.floats(2.4, 3.6), st.floats(40, 600), st.floats(120, 340))
@LATE
def test_a_pixel_goes_to_the_floor_and_back(view, tilt, height, x, y):
    pose = camera(view, tilt, height)
    floor = pose.to_floor(Point(x, y))
    assume(floor is not None)
    assume(math.hypot(*floor) < 50)
    assert pose.to_pixel(floor) == pytest.approx((x, y), abs=1e-6)
    assert pose.pixels_of_person(Point(x, y)) > 0


def test_the_sky_has_no_floor_and_nobody_stands_on_it():
    pose = camera(tilt=10)
    assert pose.to_floor(Point(320, 5)) is None
    assert pose.pixels_of_person(Point(320, 5)) == 0
    assert pose.to_pixel(Point(0, -20)) is None
    assert pose.looks_down(Point(320, 180)) == pytest.approx(math.radians(10))
    assert pose.looks_down(Point(320, 350)) > math.radians(10)
    assert math.degrees(pose.view) == pytest.approx(78)


def test_few_boxes_say_nothing_about_the_floor():
    boxes = boxes_on_the_floor(camera())[: ENOUGH_BOXES - 1]
    assert find_pose(boxes, SIZE, 4) is None
    assert find_pose([], SIZE, 0) is None


def test_the_same_boxes_in_any_order_say_the_same():
    boxes = boxes_on_the_floor(camera(), noise=0.02)
    assert find_pose(boxes, SIZE, 9) == find_pose(boxes[::-1], SIZE, 9)


# The scene


def floor_places(true, scene):
    return [true.to_floor(point) for point in (scene.threshold.start, scene.threshold.end)]


@given(st.floats(62, 95), st.floats(20, 36), st.floats(2.5, 3.5), st.integers(0, 10**6))
@LATE
def test_the_threshold_is_proposed_where_the_door_is_and_inside_where_people_go(view, tilt, height, seed):
    true = camera(view, tilt, height)
    walks = crowd(true, seed=seed)
    found = propose_scene(walks, SIZE)
    assert found.at_door
    a, b = floor_places(true, found.scene)
    # The door of the crowd is the line y = 6 from x = -0.6 to 0.5.
    assert abs((a.y + b.y) / 2 - 6.0) < 0.8
    assert abs((a.x + b.x) / 2 + 0.05) < 0.7
    assert abs(math.degrees(math.atan2(b.y - a.y, b.x - a.x)) % 180 - 90) > 60
    assert true.to_floor(found.scene.inside).y < (a.y + b.y) / 2


@pytest.mark.parametrize(("view", "tilt"), [(70, 25), (80, 30), (90, 28)])
def test_the_floor_is_a_rectangle_in_metres_along_the_threshold(view, tilt):
    true = camera(view, tilt)
    scene = propose_scene(crowd(true, people=20), SIZE).scene
    corners = [true.to_floor(corner) for corner in scene.floor.corners]
    width, depth = scene.floor.size_m
    assert math.dist(corners[0], corners[1]) == pytest.approx(width, rel=0.2)
    assert math.dist(corners[1], corners[2]) == pytest.approx(depth, rel=0.3)
    assert width % scene.floor.tile_m == 0
    assert depth % scene.floor.tile_m == 0
    # The first two corners lie on the threshold's line, the others inside.
    assert abs(scene.depth(scene.floor.corners[0])) < 1
    assert scene.depth(scene.floor.corners[2]) > 5


def test_a_door_at_the_side_is_found_as_well():
    true = camera(85, 30, 3.0)
    found = propose_scene(crowd(true, door=((-2.2, 4.2), (-1.4, 5.0)), people=14), SIZE)
    assert found.at_door
    places = floor_places(true, found.scene)
    middle = ((places[0].x + places[1].x) / 2, (places[0].y + places[1].y) / 2)
    assert math.dist(middle, (-1.8, 4.6)) < 0.8


def test_what_is_proposed_is_a_scene_that_can_be_stored():
    found = propose_scene(crowd(camera()), SIZE, "lobby")
    again = scene_from_mapping(found.scene.to_mapping())
    assert again.to_mapping() == found.scene.to_mapping()
    assert (again.door, again.size) == ("lobby", SIZE)
    assert again.depth(again.inside) > 0
    assert again.in_doorway(Point(*[sum(c) / len(c) for c in zip(*again.doorway, strict=True)]))


def test_walks_in_any_order_give_the_same_proposal():
    walks = crowd(camera(), people=9)
    here, there = propose_scene(walks, SIZE), propose_scene(walks[::-1], SIZE)
    assert here.scene.to_mapping() == there.scene.to_mapping()
    assert (here.pose, here.confidence, here.notes) == (there.pose, there.confidence, there.notes)


def test_a_mirrored_picture_gives_the_mirrored_scene():
    walks = crowd(camera(), people=12, door=((0.4, 6.0), (1.5, 6.0)))
    mirrored = [
        Walk(w.track, tuple(WalkStep(s.at, SIZE[0] - s.right, s.top, SIZE[0] - s.left, s.bottom) for s in w.steps))
        for w in walks
    ]
    here, there = propose_scene(walks, SIZE).scene, propose_scene(mirrored, SIZE).scene
    assert there.inside.x == pytest.approx(SIZE[0] - here.inside.x, abs=8)
    assert there.inside.y == pytest.approx(here.inside.y, abs=8)


def test_more_people_make_a_proposal_surer():
    few, many = (propose_scene(crowd(camera(), people=n), SIZE) for n in (4, 16))
    assert 0 < few.confidence < many.confidence <= 1


def test_nobody_is_too_few_and_it_is_said_what_to_do():
    found = propose_scene([], SIZE)
    assert found.scene is None
    assert "Nobody was seen" in found.notes[0]
    assert f"needs {FEWEST_PEOPLE}" in found.notes[0]
    one = propose_scene(crowd(camera(), people=1), SIZE)
    assert one.scene is None
    assert "let some pass" in one.notes[0]


def test_people_who_stand_about_are_no_walks():
    true = camera()
    standing = [walk(true, [(x, 4.0), (x + 0.1, 4.0)] * 12, name=f"s{x}", noise=0.01) for x in (-1, 0, 1, 2)]
    found = propose_scene(standing, SIZE)
    assert (found.scene, found.people) == (None, 0)
    with_walkers = propose_scene(crowd(true) + standing, SIZE)
    assert with_walkers.at_door


def test_people_who_cross_the_picture_from_edge_to_edge_get_a_line_across_their_way():
    true = camera(80, 28, 3.0)
    walks = [walk(true, [(-6, 4 + 0.2 * i), (6, 4 + 0.2 * i)], name=f"w{i}", noise=0.01) for i in range(6)]
    found = propose_scene(walks, SIZE)
    assert not found.at_door
    assert found.scene.doorway == ()
    assert "line across the way" in found.notes[0]
    a, b = floor_places(true, found.scene)
    assert abs(math.degrees(math.atan2(b.y - a.y, b.x - a.x))) % 180 == pytest.approx(90, abs=25)
    assert found.scene.inside.x > (found.scene.threshold.start.x + found.scene.threshold.end.x) / 2
    assert found.confidence < propose_scene(crowd(true), SIZE).confidence


@given(st.lists(st.lists(st.tuples(*[st.floats(-50, 700)] * 4), max_size=12), max_size=6))
@LATE
def test_no_boxes_however_wild_break_it(wild):
    walks = [
        Walk(str(i), tuple(WalkStep(n * SECOND // 10, *box) for n, box in enumerate(boxes)))
        for i, boxes in enumerate(wild)
    ]
    propose_scene(walks, SIZE)


# The drawn clips


def walks_of(name):
    """The tracks that the counting room makes of a clip's recorded detections, without any scene."""
    counter = Counter("clip", [], DETECTOR, picture=SIZE)
    walks: dict[str, list[WalkStep]] = {}
    for at, _, boxes in json.loads(gzip.decompress((CLIPS / "boxes" / f"{name}.json.gz").read_bytes()))["frames"]:
        for person in counter.observe(at, [Box(*box) for box in boxes]).people:
            walks.setdefault(f"{name} {person.track}", []).append(WalkStep(at, *person.box[:4]))
    return [Walk(track, tuple(steps)) for track, steps in walks.items()]


def counted_with(scene, name):
    counter = Counter("clip", [scene], DETECTOR, picture=SIZE)
    frames = json.loads(gzip.decompress((CLIPS / "boxes" / f"{name}.json.gz").read_bytes()))["frames"]
    seen = ((at, index, [Box(*box) for box in boxes]) for at, index, boxes in frames)
    return [(found.frame, found.crossing.direction) for found in count_boxes(counter, seen)]


TRUTH = {clip["name"]: clip for clip in json.loads((CLIPS / "truth.json").read_text())["clips"]}
LEARNED_FROM = [
    ("demo",),
    ("s01-one-in", "s02-tailgating", "s04-in-and-out"),
    ("s05-u-turn", "s06-slips-in", "s07-four-in"),
]


@pytest.mark.parametrize("names", LEARNED_FROM, ids=" ".join)
def test_a_proposal_counts_every_drawn_clip_right_also_those_it_was_not_made_from(names):
    scene = propose_scene(list(itertools.chain.from_iterable(map(walks_of, names))), SIZE).scene
    for name, clip in TRUTH.items():
        found = counted_with(scene, name)
        assert [way for _, way in found] == [crossing["direction"] for crossing in clip["crossings"]], name
        late = [frame - crossing["frame"] for (frame, _), crossing in zip(found, clip["crossings"], strict=True)]
        assert max(map(abs, late), default=0) <= 6, name


def test_the_proposed_floor_of_the_drawn_door_is_right_to_a_quarter():
    scene = propose_scene(walks_of("demo"), SIZE).scene
    true = scene_from_mapping(TRUTH["demo"]["scene"])
    corners = [true.floor.to_floor(corner) for corner in scene.floor.corners]
    width, depth = scene.floor.size_m
    assert math.dist(corners[0], corners[1]) == pytest.approx(width, rel=0.15)
    assert math.dist(corners[1], corners[2]) == pytest.approx(depth, rel=0.25)
    threshold = [true.floor.to_floor(end) for end in (scene.threshold.start, scene.threshold.end)]
    assert all(abs(end.y) < 0.25 for end in threshold)
