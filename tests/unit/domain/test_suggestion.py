"""Which camera sees which door: what names say, and what grants and people in view say."""

import pytest

from doorwatch.domain.suggestion import FEWEST, Followed, follow, likeness, pair_names
from doorwatch.domain.time import SECOND


@pytest.mark.parametrize(
    ("door", "camera", "score"),
    [
        ("lobby east", "lobby east", 1.0),
        ("lobby east door", "camera lobby east", 1.0),
        ("lobby east", "lobby east 2", 1.0),
        ("door 07 lobby", "lobby cam7", 1.0),
        ("door 1", "camera 2", 0.0),
        ("gate 1", "gate 2", 0.0),
        ("gate 1", "gate", 0.0),
        ("lobby east", "lobby west", 1 / 3),
        ("server room", "loading dock", 0.0),
        ("door", "camera", 0.0),
        ("", "", 0.0),
    ],
)
def test_names_are_compared_by_the_words_that_say_something(door, camera, score):
    assert likeness(door, camera) == pytest.approx(score)


def test_the_one_door_with_a_like_name_is_named():
    doors = {"a": "lobby east", "b": "lobby west", "c": "server room"}
    cameras = {"1": "lobby east camera", "2": "server room 1", "3": "server room 2", "4": "canteen"}
    assert pair_names(doors, cameras) == {"1": "a", "2": "c", "3": "c"}
    assert pair_names({}, cameras) == {}


def test_a_name_that_fits_two_doors_names_none():
    assert pair_names({"a": "lobby east", "b": "lobby east"}, {"1": "lobby east"}) == {}


def test_the_more_alike_of_two_doors_is_named():
    assert pair_names({"a": "main gate north", "b": "main gate"}, {"1": "main gate north"}) == {"1": "a"}


def minutes(*numbers: float) -> list[int]:
    return [round(number * 60 * SECOND) for number in numbers]


def test_grants_that_are_followed_by_somebody_in_view_are_counted():
    grants = minutes(1, 3, 5, 7)
    seen = [(at + 2 * SECOND, at + 6 * SECOND) for at in grants[:3]] + [
        (grants[3] + 5 * SECOND, grants[3] + 9 * SECOND)
    ]
    found = follow(grants, seen)
    assert (found.grants, found.followed) == (4, 3)
    assert found.chance == pytest.approx(4 * 8 / (6 * 60 + 11), rel=0.01)


def test_somebody_who_is_in_view_already_counts_as_well():
    assert follow(minutes(1), [(minutes(0.5)[0], minutes(1.5)[0])]).followed == 1


def test_grants_outside_of_what_the_camera_is_known_to_have_seen_are_left_out():
    seen = [(at, at + SECOND) for at in minutes(10, 20)]
    assert follow(minutes(1, 10, 15, 20, 30), seen).grants == 3
    assert follow(minutes(1, 2), []) == Followed(0, 0, 0.0)


def test_a_regular_pattern_is_convincing_and_a_busy_corridor_is_not():
    assert Followed(33, 31, 0.1).convincing
    assert not Followed(33, 31, 0.7).convincing
    assert not Followed(33, 14, 0.1).convincing
    assert not Followed(FEWEST - 1, FEWEST - 1, 0.0).convincing


def test_grants_at_random_times_convince_nobody():
    seen = [(at, at + 5 * SECOND) for at in minutes(*range(1, 60, 2))]
    grants = [(round(number * 137.77) % 3600) * SECOND for number in range(40)]
    assert not follow(grants, seen).convincing


def test_the_evidence_is_told_with_what_chance_would_give():
    assert Followed(33, 31, 0.1).sentence == (
        "31 of 33 grants at this door were followed by somebody on this camera within 4 s; by chance it would be 3"
    )
