"""The tracker: identities through gaps, weak boxes, crossings of paths and changing frame rates."""

import pytest

from doorwatch.domain.time import SECOND
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.track import KEEP_LOST, Tracker, not_around_two, one_a_head, overlap

PROFILE = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)


def at(x, y=100.0, score=0.9, width=40.0, height=100.0):
    return Box(x, y, x + width, y + height, score)


def numbers(step):
    return [track.number for track in step.seen]


@pytest.mark.parametrize("fps", [30, 12, 5])
def test_somebody_who_walks_keeps_the_number(fps):
    tracker = Tracker(PROFILE)
    seen = {n for i in range(3 * fps) for n in numbers(tracker.step(i * SECOND // fps, [at(100 + 80 * i / fps)]))}
    assert seen == {1}


def test_two_whose_paths_cross_keep_their_numbers():
    tracker = Tracker(PROFILE)
    for i in range(40):
        step = tracker.step(i * 80_000, [at(100 + 6 * i), at(340 - 6 * i, 130)])
    last = {track.number: track.box.x1 for track in step.seen}
    assert last == {1: 334, 2: 106}


def test_a_weak_box_continues_a_confirmed_track_and_starts_none():
    tracker = Tracker(PROFILE)
    for i in range(4):
        tracker.step(i * 80_000, [at(100 + i)])
    assert numbers(tracker.step(4 * 80_000, [at(104, score=0.2), at(400, score=0.2)])) == [1]


def test_a_box_below_the_low_threshold_is_nothing():
    tracker = Tracker(PROFILE)
    for i in range(4):
        tracker.step(i * 80_000, [at(100)])
    assert numbers(tracker.step(4 * 80_000, [at(100, score=0.1)])) == []


def test_a_track_is_looked_for_as_long_as_promised_and_no_longer():
    for gap, same in ((KEEP_LOST - 100_000, True), (KEEP_LOST + 200_000, False)):
        tracker = Tracker(PROFILE)
        for i in range(5):
            tracker.step(i * 80_000, [at(100)])
        now = 4 * 80_000
        for quiet in range(80_000, gap, 80_000):
            tracker.step(now + quiet, [])
        assert (numbers(tracker.step(now + gap, [at(100)])) == [1]) is same


def test_an_ended_track_is_told_once():
    tracker = Tracker(PROFILE)
    for i in range(5):
        tracker.step(i * 80_000, [at(100)])
    ended = [track.number for i in range(5, 40) for track in tracker.step(i * 80_000, []).ended]
    assert ended == [1]


def test_finishing_ends_all_tracks():
    tracker = Tracker(PROFILE)
    tracker.step(0, [at(100), at(300)])
    assert [track.number for track in tracker.finish()] == [1, 2]
    assert tracker.finish() == ()


def test_the_speed_is_that_of_the_last_half_second():
    tracker = Tracker(PROFILE)
    for i in range(12):
        step = tracker.step(i * 100_000, [at(100 + 5 * i)])
    assert step.seen[0].velocity() == pytest.approx((50, 0))


def test_a_wrong_box_that_comes_and_goes_is_never_confirmed():
    tracker = Tracker(PROFILE)
    confirmed = False
    for i in range(60):
        step = tracker.step(i * 80_000, [at(100)] if i % 5 == 0 else [])
        confirmed |= any(track.confirmed for track in step.seen)
    assert not confirmed


def test_overlap_is_the_share_of_the_common_area():
    assert overlap(at(0), at(0)) == 1
    assert overlap(at(0), at(20)) == pytest.approx(1 / 3)
    assert overlap(at(0), at(40)) == 0


def test_of_somebodys_whole_box_and_the_torso_the_whole_is_taken():
    whole, torso = at(100, score=0.5), at(102, score=0.6, height=55)
    assert one_a_head([torso, whole], 0.4) == [whole._replace(score=0.6)]
    assert one_a_head([torso, whole._replace(score=0.35)], 0.4) == [torso]


def test_boxes_of_several_heads_all_stay():
    beside, behind = at(120, score=0.6), at(104, 80, score=0.5)
    child = at(102, 160, score=0.7, width=20, height=40)
    assert set(one_a_head([at(100), beside, behind, child], 0.4)) == {at(100), beside, behind, child}


def test_faint_boxes_of_one_head_all_stay_for_a_track_to_choose_from():
    assert len(one_a_head([at(100, score=0.3), at(102, score=0.25, height=55)], 0.4)) == 2


def test_a_few_boxes_say_little_of_where_somebody_walks():
    tracker = Tracker(PROFILE)
    for i in range(3):
        step = tracker.step(i * 80_000, [at(100 + 8 * i)])
    assert step.seen[0].velocity()[0] == pytest.approx(50)


def test_somebody_half_hidden_is_expected_back_as_a_whole():
    tracker = Tracker(PROFILE)
    for i in range(6):
        tracker.step(i * 80_000, [at(100)])
    for i in range(6, 9):
        tracker.step(i * 80_000, [at(110, width=24, height=45), at(160, 130)])
    step = tracker.step(9 * 80_000, [at(100), at(168, 130)])
    assert {track.number: track.box.x1 for track in step.seen}[1] == 100


def test_whoever_loses_the_legs_to_a_trolley_is_the_same_under_the_same_head():
    tracker = Tracker(PROFILE)
    for number in range(5):
        step = tracker.step(number * 80_000, [Box(300, 100, 340, 200, 0.9)])
    legless = tracker.step(400_000, [Box(302, 103, 336, 139, 0.9)])
    assert numbers(legless) == numbers(step)
    elsewhere = tracker.step(480_000, [Box(302, 160, 336, 196, 0.9)])
    assert numbers(elsewhere) != numbers(step)


def test_a_faint_box_that_is_somebody_elses_found_twice_takes_nobody_along():
    tracker = Tracker(PROFILE)
    for number in range(5):
        step = tracker.step(number * 80_000, [at(100), at(120, 108)])
    left, stays = (track.number for track in step.seen)
    twice = tracker.step(400_000, [at(120, 108), at(113, 106, score=0.2)])
    assert numbers(twice) == [stays]
    hidden = tracker.step(480_000, [at(120, 108), at(106, 102, score=0.2)])
    assert numbers(hidden) == [left, stays]


def test_a_box_around_two_who_are_found_better_is_nobodys():
    one, other, around = at(100), at(150), Box(102, 97, 186, 203, 0.3)
    assert not_around_two([one, other, around]) == [one, other]
    assert around in not_around_two([one, around])
    surest = around._replace(score=0.95)
    assert surest in not_around_two([one, other, surest])


def test_a_torso_and_the_legs_leave_the_whole_person_alone():
    whole, torso, legs = at(100, score=0.6), at(101, height=60, score=0.7), at(101, y=130, height=70, score=0.65)
    assert whole in not_around_two([torso, legs, whole])


def test_a_faint_box_goes_on_with_whom_was_seen_in_the_picture_before():
    tracker = Tracker(PROFILE)
    for i in range(5):
        tracker.step(i * 80_000, [at(100), at(120)])
    for i in range(5, 8):
        tracker.step(i * 80_000, [at(120)])
    assert numbers(tracker.step(8 * 80_000, [at(106, score=0.2)])) == [2]
