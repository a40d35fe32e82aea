"""Walks are collected from frames: thinned, told when they are over, and only so many."""

import itertools

from doorwatch.analyzer.walks import ENOUGH, Walks
from doorwatch.domain.geometry import Point
from doorwatch.domain.time import MILLISECOND, SECOND
from doorwatch.vision.detect.base import Box
from doorwatch.vision.pipeline import PersonSeen

SIZE = (640, 360)


def person(track="1", x=100.0):
    return PersonSeen(track, Box(x, 50.04, x + 40, 200, 0.9), Point(x + 20, 200), None, None)


def show(walks, start, seconds, *people, every=80 * MILLISECOND):
    told = []
    for n in range(round(seconds * SECOND / every)):
        told += walks.observe(start + n * every, people)
    return told


def test_a_walk_is_told_once_three_seconds_after_its_last_box():
    walks = Walks("cam", SIZE)
    assert show(walks, 0, 2, person()) == []
    assert walks.observe(4 * SECOND, ()) == []
    told = walks.observe(6 * SECOND, ())
    assert [(walk["camera_id"], walk["track"], walk["size"]) for walk in told] == [("cam", "1", [640, 360])]
    assert told[0]["steps"][0] == (0, 100.0, 50.0, 140.0, 200.0)
    assert walks.observe(9 * SECOND, ()) == []


def test_boxes_are_thinned_to_some_seven_a_second():
    walks = Walks("cam", SIZE)
    show(walks, 0, 3, person())
    steps = walks.observe(10 * SECOND, ())[0]["steps"]
    assert 15 <= len(steps) <= 21
    assert all(later[0] - earlier[0] >= 150 * MILLISECOND for earlier, later in itertools.pairwise(steps))


def test_somebody_seen_for_a_blink_is_no_walk():
    walks = Walks("cam", SIZE)
    show(walks, 0, 0.3, person())
    assert walks.observe(10 * SECOND, ()) == []


def test_two_people_at_once_are_two_walks():
    walks = Walks("cam", SIZE)
    show(walks, 0, 2, person("a"), person("b", 300))
    assert sorted(walk["track"] for walk in walks.observe(10 * SECOND, ())) == ["a", "b"]


def test_somebody_who_stays_for_ever_is_told_in_pieces_and_never_fills_the_memory():
    walks = Walks("cam", SIZE)
    told = show(walks, 0, 120, person())
    assert told
    assert all(len(walk["steps"]) <= 300 for walk in told)


def test_after_enough_people_no_more_are_collected():
    walks = Walks("cam", SIZE)
    told = 0
    for n in range(ENOUGH + 5):
        show(walks, n * 10 * SECOND, 2, person(f"t{n}"))
        told += len(walks.observe(n * 10 * SECOND + 8 * SECOND, ()))
    assert told == ENOUGH
    assert walks.enough
