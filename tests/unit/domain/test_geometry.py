"""Plane geometry of pictures and floors."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorwatch.domain.geometry import Homography, Point, Segment, inside_polygon, is_convex, polygon_area

SQUARE = (Point(0, 0), Point(4, 0), Point(4, 4), Point(0, 4))


def test_the_distance_from_a_line_has_a_sign_for_each_side():
    line = Segment(Point(0, 0), Point(10, 0))
    assert (line.distance(Point(5, 3)), line.distance(Point(5, -3)), line.length) == (3, -3, 10)


def test_the_foot_of_a_point_lies_along_the_line():
    line = Segment(Point(0, 0), Point(10, 0))
    assert [line.along(Point(x, 7)) for x in (-5, 0, 5, 10)] == [-0.5, 0, 0.5, 1]


@pytest.mark.parametrize(("point", "inside"), [(Point(2, 2), True), (Point(5, 2), False), (Point(-1, 4.5), False)])
def test_a_point_lies_in_a_polygon_or_not(point, inside):
    assert inside_polygon(SQUARE, point) is inside


def test_a_notch_is_outside_of_its_polygon():
    notched = (Point(0, 0), Point(4, 0), Point(4, 4), Point(2, 1), Point(0, 4))
    assert not inside_polygon(notched, Point(2, 3))
    assert inside_polygon(notched, Point(2, 0.5))


def test_areas_have_a_sign_and_lines_have_none():
    assert abs(polygon_area(SQUARE)) == 16
    assert polygon_area(SQUARE) == -polygon_area(SQUARE[::-1])
    assert polygon_area((Point(0, 0), Point(1, 1), Point(2, 2))) == 0


@pytest.mark.parametrize(
    ("corners", "convex"),
    [
        (SQUARE, True),
        (SQUARE[::-1], True),
        ((Point(0, 0), Point(4, 4), Point(4, 0), Point(0, 4)), False),
        ((Point(0, 0), Point(2, 0), Point(4, 0), Point(0, 4)), False),
    ],
)
def test_only_corners_in_order_round_a_shape_are_convex(corners, convex):
    assert is_convex(corners) is convex


def test_a_homography_takes_its_four_points_where_they_belong():
    pixels = (Point(301.5, 182.3), Point(423.9, 217.3), Point(336.6, 351.9), Point(178.3, 272.9))
    metres = (Point(0, 0), Point(2, 0), Point(2, 2.5), Point(0, 2.5))
    plane = Homography(pixels, metres)
    for pixel, metre in zip(pixels, metres, strict=True):
        assert plane.forward(pixel) == pytest.approx(metre, abs=1e-9)
        assert plane.back(metre) == pytest.approx(pixel, abs=1e-9)


corner = st.tuples(st.floats(0, 640), st.floats(0, 360))


@given(st.lists(corner, min_size=4, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_there_and_back_is_where_one_was(corners, x, y):
    x0, y0 = (sum(one[axis] for one in corners) / 4 for axis in (0, 1))
    points = sorted((Point(*one) for one in corners), key=lambda one: math.atan2(one.y - y0, one.x - x0))
    triangles = [[one for one in points if one is not left_out] for left_out in points]
    assume(is_convex(points) and all(abs(polygon_area(triangle)) > 500 for triangle in triangles))
    plane = Homography(points, (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)))
    assert plane.forward(plane.back(Point(x, y))) == pytest.approx((x, y), abs=1e-4)


def test_three_points_on_a_line_span_no_plane():
    with pytest.raises(ValueError, match="three of them lie on one line"):
        Homography((Point(0, 0), Point(1, 1), Point(2, 2), Point(0, 4)), SQUARE)


def test_a_plane_whose_horizon_passes_through_the_origin_is_a_plane():
    """The sides of this floor meet at (150, 0), so the horizon is the upper edge of the picture."""
    metres = [Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)]
    plane = Homography([Point(100, 100), Point(200, 100), Point(300, 300), Point(0, 300)], metres)
    assert plane.forward(Point(150, 300)) == pytest.approx((0.5, 1))
    assert plane.back(Point(0.5, 0)) == pytest.approx((150, 100))
