"""The decision table for uncertain tracks in docs/design/vision.md, a test for each row."""

import numpy as np
import pytest

from doorwatch.domain.geometry import Point
from doorwatch.domain.time import SECOND
from doorwatch.vision.count import count_boxes, searched
from doorwatch.vision.cross import Passage
from doorwatch.vision.detect.base import Box
from doorwatch.vision.feet import Feet
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.region import Search

from .conftest import PROFILE, SIZE

IN = [(0.0, 300, 115), (3.0, 300, 280)]
OUT = [(0.0, 300, 280), (3.0, 300, 115)]


@pytest.mark.parametrize("fps", [25, 12.5, 6.25, 4.2])
def test_walking_in_is_one_crossing_at_the_first_frame_on_the_new_side(watch, walker, fps):
    seen = watch(walker(IN), fps=fps)
    assert seen.directions == ["in"]
    passes = 35 / 55  # 35 of 55 pixels a second
    assert 0 <= seen.crossings[0].at / 1e6 - passes <= 1 / fps + 1e-6


@pytest.mark.parametrize("fps", [25, 12.5, 6.25, 4.2])
def test_walking_out_is_one_crossing(watch, walker, fps):
    assert watch(walker(OUT), fps=fps).directions == ["out"]


def test_a_crossing_is_decided_within_a_second(watch, walker):
    for stops in (IN, OUT):
        seen = watch(walker(stops))
        crossing = seen.crossings[0]
        assert seen.decided[crossing.crossing_id] - crossing.at / 1e6 < 1


def test_a_scene_that_is_just_a_line_counts_both_ways(watch, walker, line_only):
    assert watch(walker(IN), scene=line_only).directions == ["in"]
    assert watch(walker(OUT), scene=line_only).directions == ["out"]


def test_born_in_the_doorway_outside_of_the_threshold_then_in_is_a_crossing(watch, walker):
    assert watch(walker([(0, 300, 140), (2.5, 300, 280)])).directions == ["in"]


def test_first_seen_just_inside_of_the_threshold_and_walking_in_came_through_it(watch, walker):
    seen = watch(walker([(0, 300, 158), (2.5, 300, 280)]))
    assert seen.directions == ["in"]
    assert seen.crossings[0].at == 0
    assert seen.crossings[0].confidence < 0.9


def test_whoever_is_first_seen_inside_passed_the_threshold_when_the_steps_say(watch, walker):
    comes, before = walker([(1, 300, 165), (3, 300, 225)]), walker([(0, 100, 300), (3, 100, 300)])
    (crossing,) = watch(comes, before).crossings
    assert crossing.at == pytest.approx(0.5 * SECOND, abs=0.15 * SECOND)


def test_first_seen_just_inside_is_no_crossing_where_the_scene_is_just_a_line(watch, walker, line_only):
    assert watch(walker([(0, 300, 158), (2.5, 300, 280)]), scene=line_only).directions == []


def test_first_seen_far_inside_is_no_crossing(watch, walker):
    assert watch(walker([(0, 300, 250), (2.5, 300, 340)])).directions == []


def test_first_seen_beside_the_doorway_is_no_crossing(watch, walker):
    assert watch(walker([(0, 420, 158), (2.5, 420, 280)])).directions == []


def test_first_seen_just_inside_and_staying_there_is_no_crossing(watch, walker):
    assert watch(walker([(0, 300, 160), (6, 300, 160), (8, 300, 280)])).directions == []


def test_vanishing_in_the_doorway_on_the_way_out_is_a_crossing(watch, walker):
    seen = watch(walker([(0, 300, 280), (2.2, 300, 152)]))
    assert seen.directions == ["out"]
    assert seen.crossings[0].confidence < 0.9


def test_vanishing_near_the_threshold_without_walking_out_is_none(watch, walker):
    assert watch(walker([(0, 300, 280), (2, 300, 155), (6, 300, 155)])).directions == []


def test_lost_inside_near_the_threshold_and_found_there_again_is_no_entry(watch, walker):
    first = walker([(0, 300, 280), (2, 300, 175), (4, 300, 175)])
    again = walker([(7, 300, 170), (9, 300, 280)])
    assert watch(first, again).directions == []


def test_lost_inside_and_found_again_on_the_threshold_the_way_out_is_that_persons(watch, walker):
    first = walker([(0, 300, 280), (2, 300, 175), (2.5, 300, 175)])
    again = walker([(4, 300, 152), (5.5, 300, 110)])
    seen = watch(first, again)
    assert seen.directions == ["out"]
    assert seen.crossings[0].confidence < 0.8
    assert watch(again).directions == []


def test_whoever_left_as_another_track_does_not_leave_twice(watch, walker):
    lost = walker([(0, 300, 260), (2.4, 300, 158)])
    apart = walker([(2.5, 335, 152), (2.8, 335, 148), (3.6, 335, 112)], tall=60)
    assert watch(lost, apart).directions == ["out"]


def test_somebody_new_on_the_threshold_counts_once_whoever_seemed_to_be_that_person_is_seen_again(watch, walker):
    stands = walker([(0, 290, 260), (1.5, 290, 185), (5, 290, 185)], hidden=[(1.9, 2.9)])
    comes = walker([(2.0, 325, 152), (4.5, 345, 290)])
    assert watch(stands, comes).directions == ["in"]


def test_whether_somebody_was_there_before_is_asked_when_they_begin_to_be_seen(watch, walker):
    def nearer(at, box):
        return Box(box.x1, box.y2 - 100 - 30 * max(0.0, at - 4.0), box.x2, box.y2, box.score)

    lost = walker([(0, 300, 330), (2, 300, 214), (2.5, 300, 214)])
    stands = walker([(4, 300, 151), (5, 300, 151), (7, 300, 290)], shape=nearer)
    assert watch(lost, stands).directions == ["in"]


def test_standing_on_the_threshold_with_a_flickering_box_is_never_counted(watch, walker):
    def flicker(at: float, box: Box) -> Box:
        shift = 4 if int(at * 12.5) % 2 else -4
        return Box(box.x1, box.y1, box.x2, box.y2 + shift, box.score)

    assert watch(walker([(0, 300, 280), (2, 300, 150), (20, 300, 150)], shape=flicker)).directions == []
    seen = watch(walker([(0, 300, 280), (2, 300, 150), (20, 300, 150), (22, 300, 280)], shape=flicker))
    assert seen.directions == []


def test_standing_in_the_doorway_for_twenty_seconds_and_then_in_is_one_crossing(watch, walker):
    assert watch(walker([(0, 300, 120), (1, 300, 140), (21, 300, 140), (23, 300, 280)])).directions == ["in"]


def test_standing_still_while_the_gate_is_shut_keeps_the_track(watch, walker):
    stops = [(0, 300, 280), (2, 300, 170), (20, 300, 170), (22, 300, 280)]
    pauses = [(5 + k * 3 + 0.1, 5 + k * 3 + 3) for k in range(4)]
    seen = watch(walker(stops), pauses=pauses)
    assert seen.directions == []
    assert len({person.track for o in seen.observations for person in o.people}) == 1


def test_a_box_that_jumps_over_the_threshold_for_one_frame_is_no_crossing(watch, walker):
    def jump(at: float, box: Box) -> Box:
        return Box(box.x1, box.y1, box.x2, box.y2 + 45, box.score) if 2.0 <= at < 2.08 else box

    assert watch(walker([(0, 300, 120), (1, 300, 135), (4, 300, 135)], shape=jump)).directions == []


def test_feet_hidden_behind_somebody_do_not_carry_the_person_over_the_threshold(watch, walker):
    def without_legs(at: float, box: Box) -> Box:
        return Box(box.x1, box.y1, box.x2, box.y2 - 45, box.score) if 2.0 <= at < 2.8 else box

    assert watch(walker([(0, 300, 260), (1.5, 300, 180), (5, 300, 180)], shape=without_legs)).directions == []


def test_lost_behind_somebody_for_a_second_and_found_beyond_is_a_crossing(watch, walker):
    seen = watch(walker([(0, 300, 115), (3, 300, 250)], hidden=[(0.6, 1.5)]))
    assert seen.directions == ["in"]


def test_who_was_hidden_on_the_threshold_passed_it_on_the_way_and_not_when_found_again(watch, walker):
    (crossing,) = watch(walker([(0, 300, 110), (4, 300, 190)], hidden=[(1.5, 2.6)])).crossings
    assert crossing.at == pytest.approx(2 * SECOND, abs=0.15 * SECOND)


def test_weak_boxes_continue_a_track(watch, walker):
    seen = watch(walker(IN, weak=[(0.5, 1.6)]))
    assert seen.directions == ["in"]
    assert len({person.track for o in seen.observations for person in o.people}) == 1


def test_weak_boxes_alone_start_none(watch, walker):
    assert watch(walker(IN, weak=[(0, 9)])).directions == []


def test_two_boxes_are_not_yet_a_person(watch, walker):
    assert watch(walker([(0, 300, 140), (0.09, 300, 165)])).directions == []


def test_turning_back_is_two_crossings_of_one_continuous_track(watch, walker):
    seen = watch(walker([(0, 300, 115), (2, 300, 200), (4, 300, 115)]))
    assert seen.directions == ["in", "out"]
    assert seen.crossings[0].track == seen.crossings[1].track
    assert seen.crossings[1].continuous


def test_a_track_that_was_lost_between_two_crossings_is_not_continuous(watch, walker):
    seen = watch(walker([(0, 300, 115), (2, 300, 200), (3, 300, 200), (5, 300, 115)], hidden=[(2.1, 3.0)]))
    assert seen.directions == ["in", "out"]
    assert not seen.crossings[1].continuous


def test_two_who_pass_each_other_in_the_doorway_keep_their_directions(watch, walker):
    going = walker([(0, 330, 280), (3, 330, 115)])
    coming = walker([(0, 270, 115), (3, 270, 280)])
    assert sorted(watch(going, coming).directions) == ["in", "out"]


def test_two_side_by_side_are_two(watch, walker):
    assert (
        watch(walker([(0, 275, 115), (3, 275, 280)]), walker([(0, 325, 115), (3, 325, 280)])).directions == ["in"] * 2
    )


def test_four_in_a_row_are_four(watch, walker):
    row = [walker([(k * 0.8, 300 + 8 * (-1) ** k, 115), (k * 0.8 + 3, 300 + 30 * (-1) ** k, 280)]) for k in range(4)]
    assert watch(*row).directions == ["in"] * 4


def test_walking_past_the_door_inside_is_no_crossing(watch, walker):
    assert watch(walker([(0, 60, 175), (5, 600, 175)])).directions == []


def test_passing_the_endless_line_beside_the_doorway_is_no_crossing(watch, walker):
    assert watch(walker([(0, 450, 115), (3, 450, 280)])).directions == []


def test_somebody_covered_before_the_doorway_who_comes_to_light_beside_it_came_through(watch, walker, line_only):
    slants = walker([(0, 300, 118), (1.5, 335, 140), (1.9, 385, 148), (2.2, 395, 175), (4, 430, 260)])
    nearer = walker([(0, 310, 190), (6, 310, 200)])
    assert watch(slants, nearer).directions == ["in"]
    assert watch(slants).directions == []
    assert watch(slants, nearer, scene=line_only).directions == []


def test_leaving_the_picture_at_its_lower_edge_is_no_crossing(watch, walker):
    assert watch(walker([(0, 300, 280), (3, 300, 450)])).directions == []


def test_feet_below_the_picture_do_not_decide_the_side(watch, walker):
    from doorwatch.domain.scene import scene_from_mapping

    low = scene_from_mapping(
        {"door": "d", "size": [640, 360], "threshold": [[100, 345], [540, 345]], "inside": [300, 100]}
    )
    seen = watch(walker([(0, 300, 420), (4, 300, 250)]), scene=low)
    assert seen.directions == ["in"]


def test_a_person_cut_by_the_side_of_the_picture_keeps_the_middle(watch, walker):
    from doorwatch.domain.scene import scene_from_mapping

    side = scene_from_mapping({"door": "d", "size": [640, 360], "threshold": [[30, 50], [30, 340]], "inside": [5, 200]})
    assert watch(walker([(0, 200, 250), (3, -10, 250)], wide=60), scene=side).directions == ["in"]


def test_a_quick_exit_that_is_lost_right_behind_the_line_is_counted(watch, walker, line_only):
    assert watch(walker([(0, 300, 280), (1.13, 300, 135)]), scene=line_only, fps=6.25).directions == ["out"]


@pytest.mark.parametrize(("mingled", "counted"), [(False, True), (True, False)])
def test_one_last_box_behind_the_line_that_was_partly_somebody_elses_is_no_quick_exit(line_only, mingled, counted):
    passage = Passage(line_only)
    for index, y in enumerate((250, 248, 246, 244, 138)):
        box = Box(280, y - 100, 320, y)
        assert passage.observe(index * 80_000, Feet(Point(300, y)), box, confirmed=True) is None
    assert (passage.end(mingled=mingled) is not None) is counted


@pytest.mark.parametrize(("way", "counted"), [((250, 240, 230, 220), True), ((220, 230, 220, 221), False)])
def test_one_last_box_behind_the_line_counts_only_where_the_steps_led_there(line_only, way, counted):
    passage = Passage(line_only)
    for index, y in enumerate((270, 260, *way, 138)):
        box = Box(280, y - 100, 320, y)
        passage.observe(index * 160_000, Feet(Point(300, y)), box, confirmed=index < 6)
    assert (passage.end() is not None) is counted


def test_nobody_is_counted_twice_when_the_video_ends_on_the_threshold(watch, walker):
    assert len(watch(walker([(0, 300, 115), (0.9, 300, 164)]), until=0.9).crossings) <= 1


def test_weak_boxes_that_led_to_a_track_are_its_past(watch, walker, line_only):
    seen = watch(walker([(0, 300, 115), (3, 300, 280)], weak=[(0, 0.9)]), scene=line_only)
    assert seen.directions == ["in"]
    assert 0 <= seen.crossings[0].at / 1e6 - 35 / 55 < 0.1


def test_a_weak_box_elsewhere_is_nobodys_past(watch, walker, line_only):
    clutter = walker([(0, 300, 115), (1, 300, 115)], weak=[(0, 9)])
    person = walker([(1.08, 300, 190), (3, 300, 280)])
    assert watch(clutter, person, scene=line_only).directions == []


def test_somebody_who_strides_at_the_threshold_and_is_lost_right_before_it_has_passed(watch, walker, line_only):
    seen = watch(walker([(0, 300, 330), (1.4, 300, 165)]), scene=line_only)
    assert seen.directions == ["out"]
    assert seen.crossings[0].confidence < 0.7


def test_somebody_who_strolls_there_has_not(watch, walker, line_only):
    assert watch(walker([(0, 300, 280), (2.3, 300, 165)]), scene=line_only).directions == []


def test_a_stride_that_ends_beside_somebody_else_is_not_believed(watch, walker, line_only):
    other = walker([(0, 330, 160), (6, 330, 160)])
    assert watch(walker([(0, 300, 330), (1.4, 300, 165)]), other, scene=line_only).directions == []


def test_a_stride_after_which_somebody_comes_to_light_there_is_not_believed(watch, walker, line_only):
    again = walker([(2.0, 300, 200), (4.5, 300, 330)])
    assert watch(walker([(0, 300, 330), (1.4, 300, 165)]), again, scene=line_only).directions == []


def test_a_stride_after_which_somebody_missed_is_found_again_there_is_not_believed(watch, walker, line_only):
    again = walker([(0, 380, 215), (6, 380, 215)], hidden=[(0.7, 1.6)])
    assert watch(walker([(0, 300, 330), (1.4, 300, 165)]), again, scene=line_only).directions == []


def test_a_stride_out_of_the_picture_is_no_passage_of_a_threshold_near_its_edge(watch, walker):
    from doorwatch.domain.scene import scene_from_mapping

    low = scene_from_mapping(
        {"door": "d", "size": [640, 360], "threshold": [[100, 358], [540, 358]], "inside": [300, 100]}
    )
    assert watch(walker([(0, 300, 200), (1.37, 300, 357)]), scene=low).directions == []


class FaintAtTheDoor:
    """A detector that sees somebody walk, and near the threshold only in a picture that is cut out and enlarged.

    Pictures hold their number as their brightness; a walker tells the boxes. Cut-outs begin where whole pictures say nothing.
    """

    name, profile = "faint", PROFILE

    def __init__(self, walked, size):
        self._walked, self._size, self._cut_at = walked, size, (0, 0)

    def detect(self, picture, *, tall=None):
        box = self._walked.box(int(picture[0, 0, 0]) / 12.5)
        whole = picture.shape[1] == self._size[0]
        if box is None or (whole and 125 < box.y2 < 180):
            return []
        if whole:
            return [box]
        left, top = (round(float(c)) for c in self._corner(box, picture.shape))
        return [Box(box.x1 - left, box.y1 - top, box.x2 - left, box.y2 - top, 0.6)]

    def _corner(self, box, shape):
        return (box.x1 + box.x2 - shape[1]) / 2, (box.y1 + box.y2 - shape[0]) / 2


@pytest.mark.parametrize(("asks", "counted"), [(True, ["in"]), (False, [])])
def test_whoever_only_a_closer_look_finds_at_the_threshold_is_followed_over_it(scene, walker, asks, counted):
    walked = walker([(0, 300, 90), (2.5, 300, 172), (6, 300, 172)])
    search, counter = Search([scene], SIZE), Counter("cam", [scene], PROFILE)
    shots = ((round(i * 80_000), i, np.full((SIZE[1], SIZE[0], 3), i, np.uint8)) for i in range(75))
    rows = searched(search, FaintAtTheDoor(walked, SIZE), shots)
    found = count_boxes(counter, rows, ask=search.ask if asks else None)
    assert [one.crossing.direction.value for one in found] == counted


def test_lost_on_the_way_over_the_threshold_and_come_to_light_behind_it_is_a_crossing(watch, walker, line_only):
    before = walker([(0, 300, 115), (0.9, 300, 147)])
    after = walker([(1.9, 362, 232), (3.5, 362, 290)])
    seen = watch(before, after, scene=line_only)
    assert seen.directions == ["in"]
    assert seen.crossings[0].confidence < 0.7
    assert not seen.crossings[0].possible


def test_somebody_missing_on_the_inner_side_is_likelier_to_come_to_light_there(watch, walker, line_only):
    before = walker([(0, 300, 115), (0.9, 300, 147)])
    inside = walker([(0, 440, 240), (1.2, 440, 240)])
    after = walker([(1.9, 362, 232), (3.5, 362, 290)])
    assert watch(before, after, scene=line_only).directions == ["in"]
    assert watch(before, after, inside, scene=line_only).directions == []


def test_lost_far_from_where_somebody_comes_to_light_is_another_person(watch, walker, line_only):
    before = walker([(0, 300, 115), (0.9, 300, 147)])
    assert watch(before, walker([(1.9, 330, 340), (3.5, 330, 345)]), scene=line_only).directions == []


def test_two_whose_boxes_met_may_have_changed_places_so_the_way_back_is_not_continuous(watch, walker):
    back = walker([(0, 300, 115), (1.5, 300, 190), (3.5, 300, 110)])
    alone = watch(back)
    met = watch(back, walker([(0, 318, 240), (1.6, 318, 200), (3.5, 318, 300)]))
    assert alone.directions == met.directions == ["in", "out"]
    assert alone.crossings[1].continuous
    assert not met.crossings[1].continuous


def test_a_way_back_is_told_again_as_doubtful_when_somebody_comes_to_light_out_of_that_box(watch, walker):
    back = walker([(0, 300, 280), (1.5, 300, 120), (3.0, 300, 200), (5, 300, 330)])
    came_to_light = walker([(2.4, 314, 146), (5, 314, 112)])
    seen = watch(back, came_to_light)
    assert seen.directions == ["out", "in"]
    told = [c.continuous for o in seen.observations for c in o.crossings if c.crossing_id == "cam-1-2"]
    assert told[0]
    assert not told[-1]
    assert watch(back).crossings[1].continuous


def test_a_first_box_beyond_the_threshold_that_stood_alone_is_no_crossing(watch, walker, line_only):
    def wrong(at, box):
        return Box(box.x1, box.y1, box.x2, box.y2 + 120, box.score) if at < 0.05 else box

    assert watch(walker([(0, 300, 115), (3, 300, 115)], shape=wrong), scene=line_only).directions == []


def test_somebody_who_stands_on_the_threshold_crosses_when_walking_on(watch, walker):
    def flickers(at, box):
        low = box.y2 + (6 if at >= 3.0 and int(at * 12.5) % 5 else 0)
        return Box(box.x1, box.y1, box.x2, low, box.score)

    seen = watch(walker([(0, 300, 115), (1.5, 300, 148), (5, 300, 148), (7, 300, 290)], shape=flickers))
    assert seen.directions == ["in"]
    assert 4.6 < seen.crossings[0].at / SECOND < 5.4


def test_somebody_first_seen_on_the_threshold_who_stands_there_crosses_when_walking_on(watch, walker):
    seen = watch(walker([(0, 300, 151), (1.5, 300, 152), (3.5, 300, 270)]))
    assert seen.directions == ["in"]
    assert 1.0 < seen.crossings[0].at / SECOND < 2.0


def test_feet_that_are_only_guessed_lead_nobody_over_the_threshold(watch, walker):
    def cut(at, box):
        return Box(box.x1 + 22, box.y1, box.x2, box.y2 - (28 if int(at * 12.5) % 2 else 0), 0.5) if at > 1.6 else box

    seen = watch(walker([(0, 300, 250), (1.2, 300, 146), (2.2, 318, 105)], shape=cut))
    assert seen.directions == ["out"]
