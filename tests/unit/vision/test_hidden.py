"""Suspicions of people whom the camera cannot see: voiced where there is a cue, silent on ordinary people."""

from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.vision.pipeline import Counter

from .conftest import LINE_ONLY, PROFILE

IN = [(0.0, 300, 115), (3.0, 300, 280)]


def test_single_people_are_never_suspected(watch, walker):
    seen = watch(*(walker([(k * 4.0, 300, 115), (k * 4.0 + 3, 300, 280)]) for k in range(5)))
    assert [crossing.possible for crossing in seen.crossings] == [0] * 5


def test_a_box_twice_as_wide_as_people_usually_are_may_hold_two(watch, walker):
    usual = [walker([(k * 4.0, 300, 115), (k * 4.0 + 3, 300, 280)]) for k in range(3)]
    pair = walker([(12.0, 300, 115), (15.0, 300, 280)], wide=90)
    assert [crossing.possible for crossing in watch(*usual, pair).crossings] == [0, 0, 0, 1]


def test_wide_boxes_are_usual_under_a_steep_camera(watch, walker):
    steep = [walker([(k * 4.0, 300, 115), (k * 4.0 + 3, 300, 280)], wide=85) for k in range(4)]
    assert [crossing.possible for crossing in watch(*steep).crossings][1:] == [0, 0, 0]


def test_somebody_who_disappears_behind_a_person_at_the_threshold_may_have_crossed_along(watch, walker):
    front = walker([(0, 306, 120), (4, 306, 280)], tall=110, wide=60)
    behind = walker([(0, 300, 113), (0.8, 303, 138)], wide=36)
    seen = watch(front, behind)
    assert seen.directions == ["in"]
    assert seen.crossings[0].possible == 1


def test_a_suspicion_is_taken_back_when_the_person_comes_to_light(watch, walker):
    front = walker([(0, 306, 120), (5, 306, 320)], tall=110, wide=60)
    behind = walker([(0, 300, 113), (5, 380, 260)], wide=36, hidden=[(0.8, 1.8)])
    seen = watch(front, behind)
    assert [crossing.possible for crossing in seen.crossings] == [0] * len(seen.crossings)
    assert seen.directions == ["in", "in"]


def test_somebody_else_who_comes_to_light_does_not_take_back_whom_a_second_look_found(scene, walker):
    front = walker([(0, 306, 120), (5, 306, 320)], tall=110, wide=60)
    behind = walker([(0, 300, 113), (5, 380, 260)], wide=36, hidden=[(0.8, 1.8)])
    counter, possible = Counter("cam", [scene], PROFILE), {}
    for index in range(75):
        at = index / 12.5
        boxes = [box for one in (front, behind) if (box := one.box(at)) is not None]
        crossings = list(counter.observe(round(at * SECOND), boxes).crossings)
        if crossings and not possible:
            assert crossings[0].possible == 1
            assert counter.second_found(crossings[0].crossing_id) is None
        possible.update((crossing.crossing_id, crossing.possible) for crossing in crossings)
    possible.update((crossing.crossing_id, crossing.possible) for crossing in counter.finish())
    assert list(possible.values()) == [1, 0]


def test_somebody_who_has_crossed_already_does_not_cross_along_with_the_next(watch, walker):
    came = walker([(0, 300, 115), (1.7, 302, 168)], wide=36)
    leaves = walker([(0, 306, 260), (3, 306, 112)], tall=110, wide=60)
    seen = watch(came, leaves)
    assert sorted(seen.directions) == ["in", "out"]
    assert [crossing.possible for crossing in seen.crossings] == [0, 0]


def test_somebody_whose_legs_are_below_the_picture_is_no_wide_person(watch, walker):
    aside = scene_from_mapping({**LINE_ONLY, "threshold": [[300, 0], [300, 359]], "inside": [400, 180]})
    usual = [walker([(k * 4.0, 200, 280), (k * 4.0 + 3, 400, 280)]) for k in range(3)]
    legless = walker([(12.0, 200, 357), (15.0, 400, 357)], tall=120, wide=110)
    seen = watch(*usual, legless, scene=aside)
    assert [crossing.possible for crossing in seen.crossings] == [0] * 4
