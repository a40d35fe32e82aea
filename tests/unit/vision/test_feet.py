"""Where a person stands, when the box shows the feet and when it does not."""

from doorwatch.vision.detect.base import Box
from doorwatch.vision.feet import FeetFinder


def finder(*boxes, size=(640, 360)):
    found, feet = FeetFinder(size), None
    for index, box in enumerate(boxes):
        feet = found.find(index * 80_000, Box(*box))
    return feet


STANDING = (300, 100, 340, 200)


def test_the_feet_are_the_middle_of_the_lower_edge():
    assert finder(STANDING) == ((320, 200), ())


def test_hidden_legs_are_added_as_long_as_the_head_stays():
    feet = finder(STANDING, STANDING, STANDING, (300, 100, 340, 160))
    assert feet.point == (320, 200)
    assert not feet.certain


def test_somebody_who_bends_or_walks_away_is_taken_as_seen():
    assert finder(STANDING, STANDING, STANDING, (300, 140, 340, 200)).certain


def test_a_box_cut_by_the_lower_edge_has_its_feet_below_the_picture():
    feet = finder((300, 200, 340, 300), (300, 200, 340, 300), (300, 290, 340, 359))
    assert feet.point.y == 390
    assert not feet.certain


def test_a_box_cut_by_the_side_keeps_the_usual_width():
    whole = (20, 100, 60, 200)
    assert finder(whole, whole, (0, 100, 25, 200)).point.x == 5
    right = (590, 100, 630, 200)
    assert finder(right, right, (620, 100, 639, 200)).point.x == 640


def test_a_jump_is_doubted_once_and_believed_when_it_stays():
    jumped = (300, 100, 340, 240)
    assert not finder(STANDING, STANDING, jumped).certain
    assert finder(STANDING, STANDING, jumped, jumped).certain
