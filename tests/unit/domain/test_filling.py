"""For how long a disk has room, at the rate at which recordings grow."""

import math

import pytest

from doorwatch.domain.filling import Growth, Shelf, days_until_full

USUAL = {"rate": 10.0, "age": 1.0, "days": 3.0, "event_age": 1.0, "event_days": 14.0, "event_share": 0.0}


def days(room, *shelves):
    return days_until_full(room, [growth for shelf in shelves for growth in shelf.growths()])


@pytest.mark.parametrize(
    ("room", "expected"),
    [(5, 0.5), (20, 2.0), (21, None), (0, 0.0), (-3, 0.0)],
    ids=["before its age", "with its age", "never, as its oldest go by age first", "none left", "less than none"],
)
def test_a_disk_fills_until_the_oldest_recordings_reach_their_age(room, expected):
    assert days(room, Shelf(**USUAL)) == expected


def test_what_events_keep_goes_on_filling_it_after_that():
    shelf = Shelf(**{**USUAL, "event_share": 0.1})
    # Two days of all of it are 20 bytes, then one a day for the eleven days that are left of the fourteen.
    assert days(25, shelf) == pytest.approx(7.0)
    assert days(31, shelf) == pytest.approx(13.0)
    assert days(31.5, shelf) is None


def test_cameras_fill_a_disk_together_and_one_that_is_full_adds_nothing():
    full = Shelf(**{**USUAL, "age": 4.0})
    assert full.growths() == [Growth(10.0, 0.0, 0.0), Growth(0.0, 0.0, 13.0)]
    assert days(10, Shelf(**USUAL), full) == 1.0
    assert days(10, Shelf(**USUAL), Shelf(**USUAL)) == 0.5
    assert days(1, full) is None
    assert days(1) is None


@pytest.mark.parametrize(("left", "expected"), [(4.0, None), (0.0, None), (-1.0, None), (6.0, 0.5)])
def test_a_camera_never_takes_more_than_its_size(left, expected):
    assert days(5, Shelf(**{**USUAL, "event_share": 1.0}, room=left)) == expected


def test_a_limit_far_away_changes_nothing():
    assert days(5, Shelf(**USUAL, room=math.inf)) == days(5, Shelf(**USUAL))
