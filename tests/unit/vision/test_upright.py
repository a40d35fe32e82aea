"""What a drawn floor tells of people who stand on it."""

from dataclasses import replace

import pytest

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import FloorPlane
from doorwatch.vision.upright import upright_of

from .conftest import SIZE, Hall


@pytest.fixture
def upright(hall):
    return upright_of(hall.scene())


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (0.8, 1.5), (-1.0, -1.8)])
def test_how_tall_somebody_is_follows_from_feet_and_head(hall, upright, x, y):
    assert upright.stature(Point(*hall.pixel(x, y)), hall.pixel(x, y, 1.6)[1]) == pytest.approx(1.6, abs=0.01)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (0.8, 1.5), (-1.0, -1.8)])
def test_where_somebody_of_a_stature_stands_follows_from_the_head(hall, upright, x, y):
    assert upright.feet(Point(*hall.pixel(x, y, 1.6)), 1.6) == pytest.approx(hall.pixel(x, y), abs=0.5)


def test_how_wide_something_is_follows_from_where_it_stands(hall, upright):
    left, right = hall.pixel(-0.25, -1), hall.pixel(0.25, -1)
    assert upright.wide(Point(*hall.pixel(0, -1)), right[0] - left[0]) == pytest.approx(0.5, abs=0.01)


def test_people_at_the_side_of_the_picture_lean_outwards(hall, upright):
    right = hall.pixel(1.2, -1.5)
    assert upright.lean(Point(*right)) > 0.05
    assert upright.lean(Point(SIZE[0] - right[0], right[1])) == pytest.approx(-upright.lean(Point(*right)))


def test_a_floor_that_no_camera_can_see_so_tells_nothing(scene):
    flat = [Point(100, 100), Point(200, 100), Point(200, 200), Point(100, 200)]
    assert upright_of(replace(scene, floor=FloorPlane(flat, (2.0, 5.0)))) is None
    assert upright_of(scene) is None


def test_a_steep_camera_tells_as_much_though_its_floor_reaches_nearly_under_it():
    steep = Hall(focal=350.0, high=3.4, away=2.4)
    upright = upright_of(steep.scene())
    assert upright.stature(Point(*steep.pixel(0.2, 0)), steep.pixel(0.2, 0, 1.6)[1]) == pytest.approx(1.6, abs=0.01)
