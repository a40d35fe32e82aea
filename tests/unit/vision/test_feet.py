"""Where a person stands, when the box shows the feet and when it does not."""

import pytest

from doorwatch.vision.detect.base import Box
from doorwatch.vision.feet import FeetFinder, covers_feet
from doorwatch.vision.upright import upright_of

from .conftest import SIZE


def finder(*boxes, size=(640, 360)):
    found, feet = FeetFinder(size), None
    for index, box in enumerate(boxes):
        feet = found.find(index * 80_000, Box(*box))
    return feet


STANDING = (300, 100, 340, 200)


def test_the_feet_are_the_middle_of_the_lower_edge():
    assert finder(STANDING).point == (320, 200)
    assert finder(STANDING).certain


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
    jumped = (300, 140, 340, 240)
    assert not finder(STANDING, STANDING, jumped).certain
    assert finder(STANDING, STANDING, jumped, jumped).certain


def test_somebody_who_hurries_away_is_not_taken_for_somebody_with_hidden_legs(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(20):
        y = -1.2 + 0.25 * index
        feet = found.find(index * 80_000, hall.person(y))
        assert feet.certain
        assert feet.point == pytest.approx(hall.pixel(0, y), abs=0.5)


def test_width_that_shrinks_with_the_height_is_somebody_who_walks_away_where_no_floor_is_drawn(hall):
    found = FeetFinder(SIZE)
    assert all(found.find(index * 80_000, hall.person(-1.2 + 0.25 * index)).certain for index in range(20))


def test_whoever_is_too_wide_for_the_height_stands_behind_what_hides_the_legs(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(20):
        y = 1.5 - 0.1 * index
        feet = found.find(index * 80_000, hall.person(y, tall=1.7, down_to=0.8))
    assert feet.point == pytest.approx(hall.pixel(0, y), abs=2)


def test_a_leaf_in_the_box_of_somebody_outside_does_not_bring_the_feet_in(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(12):
        found.find(index * 80_000, hall.person(0.6, tall=1.7))
    leaf = hall.person(-0.7, tall=2.1)
    for index in range(12, 24):
        feet = found.find(index * 80_000, leaf)
        assert not feet.certain
        assert feet.point.y < hall.pixel(0, 0)[1]


def test_somebody_tall_who_comes_to_light_is_no_door_leaf(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(12):
        found.find(index * 80_000, hall.person(0.6, tall=2.0, down_to=0.9))
    assert found.find(960_000, hall.person(0.5, tall=2.0)).point == pytest.approx(hall.pixel(0, 0.5), abs=1)


def test_a_child_is_short_and_stands_where_the_box_ends(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(20):
        y = 1.5 - 0.1 * index
        feet = found.find(index * 80_000, hall.person(y, tall=1.1))
        assert feet.point == pytest.approx(hall.pixel(0, y), abs=0.5)


def test_legs_hidden_now_and_then_are_found_by_how_tall_the_person_was(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(20):
        y, hidden = 1.5 - 0.1 * index, index > 4 and index % 2
        feet = found.find(index * 80_000, hall.person(y, tall=1.76, down_to=0.8 if hidden else 0.0))
        assert feet.point == pytest.approx(hall.pixel(0, y), abs=3)


def test_a_first_box_that_stood_alone_is_forgotten():
    wrong, right = (300, 100, 380, 330), (300, 100, 340, 200)
    assert not finder(wrong, right).certain
    feet = finder(wrong, right, right)
    assert feet.certain
    assert feet.afresh


def test_feet_that_jump_under_a_head_that_stays_have_to_be_there_for_longer():
    longer = (300, 100, 340, 290)
    assert not finder(STANDING, STANDING, longer, longer).certain
    assert finder(STANDING, STANDING, longer, longer, longer, longer).certain
    assert not finder(STANDING, STANDING, longer, longer, longer, longer).afresh


def test_whoever_somebody_stands_in_front_of_is_where_the_head_says_and_never_above_what_is_seen(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    for index in range(20):
        y = 1.5 - 0.1 * index
        box = hall.person(y, tall=1.7, down_to=0.9 if index > 5 else 0.0)
        feet = found.find(index * 80_000, box, covered=index > 5)
        assert feet.point == pytest.approx(hall.pixel(0, y), abs=3)
    lower = found.find(20 * 80_000, hall.person(y, tall=1.0), covered=True)
    assert lower.point.y >= hall.person(y, tall=1.0).y2


def test_only_somebody_nearer_and_in_front_covers_the_feet():
    box, nearer = Box(100, 100, 140, 200), Box(110, 120, 160, 240)
    assert covers_feet(nearer, box)
    assert not covers_feet(box, nearer)
    assert not covers_feet(Box(135, 120, 180, 240), box)


def test_a_box_that_grew_over_somebody_else_does_not_show_the_feet():
    found = FeetFinder(SIZE)
    for index in range(8):
        alone = found.find(index * 80_000, Box(*STANDING))
    both = found.find(8 * 80_000, Box(300, 100, 340, 225), merged=True)
    assert alone.certain
    assert both.point.y == pytest.approx(200)
    assert not both.certain
    assert found.find(9 * 80_000, Box(300, 100, 340, 225)).point.y == pytest.approx(225)


def test_a_first_box_drawn_around_somebody_else_too_does_not_say_where_this_one_stands(hall):
    found = FeetFinder(SIZE, upright_of(hall.scene()))
    behind, before = hall.person(0.6), hall.person(-1.0)
    both = Box(behind.x1, behind.y1, behind.x2, before.y2, 0.9)
    feet = found.find(0, both, merged=True)
    assert not feet.certain
    assert any(abs(place.y - behind.y2) < 25 for place in (feet.point, *feet.others))
    assert found.find(80_000, behind).certain
