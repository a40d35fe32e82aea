"""People near one another: who takes over whose track, who came through behind somebody, and who is found twice."""

import pytest

from doorwatch.vision.among import swallows
from doorwatch.vision.detect.base import Box
from doorwatch.vision.track import CONFIRM_HITS, Track


def slim(after: float, until: float):
    """A door leaf leaves a strip of the person to be seen."""

    def shape(at: float, box: Box) -> Box:
        return Box(box.x2 - 14, box.y1, box.x2, box.y2, box.score) if after <= at < until else box

    return shape


def upper_half(after: float, until: float):
    """Head and chest alone are seen of the person."""

    def shape(at: float, box: Box) -> Box:
        return box._replace(y2=(box.y1 + box.y2) / 2) if after <= at < until else box

    return shape


@pytest.mark.parametrize(("strip", "continuous"), [((0, 0), True), ((1.7, 2.5), False)])
def test_whoever_was_a_strip_behind_the_door_leaf_may_be_another_one_on_the_way_back(watch, walker, strip, continuous):
    seen = watch(walker([(0, 300, 250), (2, 300, 118), (4, 300, 250)], shape=slim(*strip)))
    assert seen.directions == ["out", "in"]
    assert seen.crossings[1].continuous is continuous


def test_somebody_who_comes_to_light_out_of_anothers_box_inside_may_have_come_through_behind(watch, walker):
    first = walker([(0, 300, 115), (6, 300, 300)])
    behind = walker([(3.5, 310, 228), (4, 345, 240), (6, 420, 290)])
    seen = watch(first, behind)
    assert seen.directions == ["in"]
    assert seen.crossings[0].possible == 1


def test_that_the_first_one_is_looked_for_just_then_does_not_explain_who_comes_to_light(watch, walker):
    first = walker([(0, 300, 115), (6, 300, 300)], hidden=[(3.65, 3.75)])
    behind = walker([(3.5, 310, 228), (4, 345, 240), (6, 420, 290)])
    seen = watch(first, behind)
    assert [crossing.possible for crossing in seen.crossings] == [1]


def test_somebody_lost_outside_does_not_explain_who_comes_to_light_inside(watch, walker):
    first = walker([(0, 300, 115), (6, 300, 300)])
    waited = walker([(0, 330, 118), (3.4, 330, 118)])
    behind = walker([(3.5, 310, 228), (4, 345, 240), (6, 420, 290)])
    seen = watch(first, waited, behind)
    assert [crossing.possible for crossing in seen.crossings] == [1]


def test_somebody_who_stood_there_before_and_was_covered_is_no_hidden_person(watch, walker):
    first = walker([(0, 300, 115), (6, 300, 300)])
    stood = walker([(0, 325, 225), (7, 325, 225)], hidden=[(2.6, 3.5)])
    seen = watch(first, stood)
    assert [crossing.possible for crossing in seen.crossings] == [0]


def test_somebody_who_comes_to_light_far_from_who_crossed_says_nothing(watch, walker):
    first = walker([(0, 300, 115), (6, 300, 300)])
    seen = watch(first, walker([(3.5, 440, 228), (6, 480, 290)]))
    assert [crossing.possible for crossing in seen.crossings] == [0]


def test_at_a_line_across_a_hall_people_come_to_light_without_having_crossed(watch, walker, line_only):
    first = walker([(0, 300, 115), (6, 300, 300)])
    seen = watch(first, walker([(3.5, 310, 228), (4, 345, 240), (6, 420, 290)]), scene=line_only)
    assert [crossing.possible for crossing in seen.crossings] == [0]


def test_a_second_box_on_somebody_in_the_doorway_is_not_a_second_entry(watch, walker):
    person = walker([(0, 300, 115), (3, 300, 280)])
    twice = walker([(1.0, 293, 160), (1.35, 293, 180)], tall=95, wide=34)
    assert watch(person, twice).directions == ["in"]


def test_the_whole_box_of_somebody_whose_torso_is_followed_is_not_a_second_entry(watch, walker):
    person = walker([(0, 300, 115), (3, 300, 280)], shape=upper_half(0.45, 1.3))
    whole = walker([(0.64, 286, 149), (1.2, 286, 184)], tall=100, wide=34)
    assert watch(person, whole).directions == ["in"]


def test_a_second_box_that_was_lost_again_does_not_date_somebody_elses_entry(watch, walker):
    person = walker([(0, 300, 115), (4, 300, 330)])
    twice = walker([(1.0, 293, 160), (1.3, 293, 176)], tall=95, wide=34)
    later = walker([(1.9, 285, 215), (4, 230, 320)], tall=95, wide=34)
    assert watch(person, twice, later).directions == ["in"]


def test_somebody_right_behind_who_parts_from_the_first_one_is_a_second_entry(watch, walker):
    first = walker([(0, 300, 115), (3, 300, 280)])
    second = walker([(1.0, 300, 152), (1.5, 330, 175), (3, 390, 280)])
    assert watch(first, second).directions == ["in", "in"]


def test_somebody_who_left_at_the_front_does_not_come_back_as_the_next_one_in_the_doorway(watch, walker):
    first = walker([(0, 300, 115), (1.6, 270, 330)], tall=150, wide=60)
    second = walker([(2.4, 310, 152), (5, 310, 280)])
    seen = watch(first, second)
    assert seen.directions == ["in", "in"]
    assert seen.crossings[0].track != seen.crossings[1].track


def test_somebody_lost_inside_long_ago_does_not_explain_who_walks_by_there_later(watch, walker):
    first = walker([(0, 300, 115), (2, 300, 215)])
    second = walker([(4.2, 300, 152), (7, 300, 290)])
    assert watch(first, second).directions == ["in", "in"]


def test_a_box_is_drawn_around_two_where_it_holds_somebody_lost_or_all_of_somebody_seen():
    box = Box(300, 100, 360, 300)
    there = Track(1, Box(310, 160, 350, 298), 0, 0, 0, hits=CONFIRM_HITS)
    beside = Track(2, Box(330, 160, 390, 298), 0, 0, 0, hits=CONFIRM_HITS)
    assert swallows(box, 0, [there], [])
    assert not swallows(box, 0, [beside], [])
    assert swallows(box, 500_000, [], [beside])
    assert not swallows(box, 1_500_000, [], [beside])


def leaves(watch, walker, other, at_birth=None):
    """One leaves and somebody comes in a moment later who is followed as the same person; was the way back told as continuous?"""
    swapped = walker([(0, 300, 250), (2, 300, 118), (2.6, 318, 118), (4.6, 318, 250)], shape=at_birth)
    seen = watch(swapped, other, fps=6.25)
    assert seen.directions == ["out", "in"]
    return seen.crossings[1].continuous


def test_whoever_comes_to_light_out_of_the_box_of_somebody_outside_may_be_the_one_who_left(watch, walker):
    def around_two(at, box):
        return Box(box.x1 - 30, box.y1, box.x2, box.y2, box.score) if 1.8 < at < 2.4 else box

    assert leaves(watch, walker, walker([(9, 0, 0)]), around_two)
    assert not leaves(watch, walker, walker([(2.4, 272, 112), (4, 255, 100)]), around_two)


def test_somebody_seen_faintly_beside_who_left_may_be_that_person(watch, walker):
    assert not leaves(watch, walker, walker([(1.9, 280, 112), (3, 262, 100)], weak=[(1.9, 2.3)]))


def test_a_torso_found_beside_the_whole_makes_nobody_another(watch, walker):
    def torso(at, box):
        return Box(box.x1 + 4, box.y1 + 2, box.x2 - 4, box.y1 + 50, box.score)

    whole = [(0, 300, 250), (2, 300, 118), (2.6, 318, 118), (4.6, 318, 250)]
    assert leaves(watch, walker, walker(whole, hidden=[(0, 1.9), (2.3, 9)], shape=torso))
