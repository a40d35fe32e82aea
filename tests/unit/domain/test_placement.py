"""Advice on a camera's place, from synthetic cameras that are well or badly placed on purpose."""

import math

import pytest
from tests.unit.domain.pinhole import SIZE, camera, crowd, walk

from doorwatch.domain.geometry import Point
from doorwatch.domain.placement import FOOT_M, Concern, Meter, judge_placement
from doorwatch.domain.proposal import Walk, WalkStep, propose_scene
from doorwatch.domain.scene import scene_from_mapping

GOOD = camera(78, 30, 3.0)
LEVEL = camera(78, 3, 1.9)


def concerns(placement):
    return {one.concern for one in placement.advice}


def across(seen_by, distance, people=6):
    """People who walk across the view at a distance, past the camera and not towards it."""
    return [
        walk(seen_by, [(-3, distance + 0.1 * n), (3, distance + 0.1 * n)], name=f"a{n}", noise=0.005)
        for n in range(people)
    ]


def at_all_depths(seen_by):
    return [one for distance in (3, 5, 8, 11) for one in across(seen_by, distance)]


def scene_at(seen_by, distance, *, half=0.5, floor=True):
    """A door across the view, drawn exactly."""
    ends = [seen_by.to_pixel(Point(x, distance)) for x in (-half, half)]
    mapping = {
        "door": "d",
        "size": list(seen_by.size),
        "threshold": ends,
        "inside": seen_by.to_pixel(Point(0, distance - 0.8)),
    }
    if floor:
        places = [(-1, distance), (1, distance), (1, distance - 1.5), (-1, distance - 1.5)]
        mapping["floor"] = {
            "corners": [seen_by.to_pixel(Point(*p)) for p in places],
            "size_m": [2.0, 1.5],
            "tile_m": 0.5,
        }
    return scene_from_mapping(mapping)


def test_a_good_place_gets_no_advice():
    walks = across(GOOD, 4.5)
    placement = judge_placement(SIZE, walks, scene_at(GOOD, 4.5), fps=12.5, brightness=110)
    assert placement.advice == ()
    assert placement.meter is not None


def test_without_anything_to_judge_by_nothing_is_said():
    placement = judge_placement(SIZE)
    assert (placement.meter, placement.advice) == (None, ())


@pytest.mark.parametrize(("distance", "view"), [(3.5, 70), (4.5, 80), (6.0, 60)])
def test_the_meter_reads_the_floor_plane(distance, view):
    seen_by = camera(view, 28, 3.0)
    meter = judge_placement(SIZE, scene=scene_at(seen_by, distance)).meter
    a, b = seen_by.to_pixel(Point(-0.5, distance)), seen_by.to_pixel(Point(0.5, distance))
    assert meter.per_metre == pytest.approx(math.dist(a, b), rel=1e-6)
    assert meter.per_foot == pytest.approx(math.dist(a, b) * FOOT_M, rel=1e-6)


def test_the_meter_reads_peoples_boxes_where_no_floor_was_drawn():
    true = judge_placement(SIZE, across(GOOD, 4.5), scene_at(GOOD, 4.5)).meter
    estimated = judge_placement(SIZE, across(GOOD, 4.5), scene_at(GOOD, 4.5, floor=False)).meter
    assert estimated.per_metre == pytest.approx(true.per_metre, rel=0.2)
    assert estimated.person == pytest.approx(true.person, rel=0.05)


def test_the_meter_says_how_tall_a_person_is_at_the_door():
    meter = judge_placement(SIZE, across(GOOD, 4.5), scene_at(GOOD, 4.5)).meter
    foot = GOOD.to_pixel(Point(0, 4.7))
    assert meter.person == pytest.approx(GOOD.pixels_of_person(foot), rel=0.1)


def test_a_foot_is_a_third_of_a_metre_or_so():
    assert Meter(100, 170).per_foot == pytest.approx(30.48)


def test_small_people_far_away_are_too_small():
    far = camera(100, 14, 3.0)
    placement = judge_placement(SIZE, across(far, 11.0), scene_at(far, 11.0))
    assert Concern.SMALL in concerns(placement)
    sentence = next(one.text for one in placement.advice if one.concern is Concern.SMALL)
    assert "at least 60" in sentence
    assert "larger stream" in sentence


def test_a_camera_almost_overhead_is_too_steep():
    overhead = camera(90, 66, 3.4)
    walks = [walk(overhead, [(-1.5, 0.7 + 0.1 * n), (1.5, 0.7 + 0.15 * n)], name=f"o{n}") for n in range(8)]
    placement = judge_placement(SIZE, walks, scene_at(overhead, 1.0, floor=False))
    assert Concern.STEEP in concerns(placement)


def test_a_camera_at_eye_level_is_too_flat():
    placement = judge_placement(SIZE, at_all_depths(LEVEL), scene_at(LEVEL, 11.0))
    assert Concern.FLAT in concerns(placement)


def test_people_who_walk_straight_at_a_low_camera_are_head_on_and_those_from_the_side_are_not():
    walks = crowd(GOOD, people=10, noise=0.005)
    straight = [walk(GOOD, [(0.05 * n, 6.5), (0.02 * n, 1.0)], name=f"s{n}") for n in range(6)]
    assert Concern.HEAD_ON in concerns(judge_placement(SIZE, straight, propose_scene(walks, SIZE).scene))
    assert Concern.HEAD_ON not in concerns(judge_placement(SIZE, across(GOOD, 5.0), scene_at(GOOD, 5.0)))


def shortened(walks, share):
    """The walks with something before the legs: boxes end higher up."""
    return [
        Walk(
            w.track,
            tuple(WalkStep(s.at, s.left, s.top, s.right, s.top + share * (s.bottom - s.top)) for s in w.steps),
        )
        for w in walks
    ]


def test_a_desk_before_the_door_hides_feet():
    elsewhere = [walk(GOOD, [(-3, 2.6 + 0.4 * n), (3, 2.6 + 0.4 * n)], name=f"e{n}") for n in range(8)]
    walks = elsewhere + shortened(across(GOOD, 6.0, people=2), 0.5)
    scene = scene_at(GOOD, 6.6, floor=False)
    assert Concern.FEET_HIDDEN in concerns(judge_placement(SIZE, walks, scene))
    seen = elsewhere + across(GOOD, 6.0, people=4)
    assert Concern.FEET_HIDDEN not in concerns(judge_placement(SIZE, seen, scene))


def test_feet_below_the_picture_are_hidden_too():
    low = camera(60, 6, 2.2)
    walks = [
        Walk(f"w{n}", tuple(WalkStep(i * 100_000, 250 + i, 120, 310 + i, 360) for i in range(12))) for n in range(3)
    ]
    scene = scene_from_mapping({"door": "d", "size": SIZE, "threshold": [[240, 340], [330, 340]], "inside": [280, 300]})
    placement = judge_placement(low.size, walks, scene)
    assert "below the picture" in next(o.text for o in placement.advice if o.concern is Concern.FEET_HIDDEN)


def test_a_door_at_the_edge_of_the_picture_is_told():
    scene = scene_from_mapping({"door": "d", "size": SIZE, "threshold": [[2, 200], [60, 210]], "inside": [200, 250]})
    assert concerns(judge_placement(SIZE, scene=scene)) == {Concern.EDGE}


@pytest.mark.parametrize(("fps", "told", "grave"), [(12.5, False, False), (8, True, False), (5, True, True)])
def test_few_frames_are_told_and_very_few_are_grave(fps, told, grave):
    advice = judge_placement(SIZE, fps=fps).advice
    assert bool(advice) is told
    assert any(one.grave for one in advice) is grave


def test_a_dark_picture_is_told_with_what_to_do():
    advice = judge_placement(SIZE, brightness=20).advice
    assert [one.concern for one in advice] == [Concern.DARK]
    assert "more light" in advice[0].text
    assert judge_placement(SIZE, brightness=36).advice == ()


def test_every_piece_of_advice_says_what_to_do():
    placement = judge_placement(SIZE, at_all_depths(LEVEL), scene_at(LEVEL, 11.0), fps=4, brightness=10)
    assert len(placement.advice) >= 3
    for one in placement.advice:
        assert ": " in one.text
        assert one.text.endswith(".")


def test_the_same_walks_in_another_order_get_the_same_advice():
    walks = crowd(GOOD, people=8)
    scene = propose_scene(walks, SIZE).scene
    here, there = judge_placement(SIZE, walks, scene), judge_placement(SIZE, walks[::-1], scene)
    assert concerns(here) == concerns(there)
