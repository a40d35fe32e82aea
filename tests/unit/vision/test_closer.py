"""Somebody about to be lost at a door is looked for once more, enlarged; nobody else is, and not without end."""

import numpy as np
import pytest

from doorwatch.vision.closer import look_closer
from doorwatch.vision.detect.base import Box, Profile
from doorwatch.vision.pipeline import CLOSER_SAVED, CLOSER_SHARE, Counter
from doorwatch.vision.region import Search, View

from .conftest import PROFILE, SIZE

PICTURE = np.zeros((360, 640, 3), np.uint8)
EXPECTED = Box(280, 100, 320, 200)
WEAK = 0.2


class Eye:
    """A detector with an answer for what is smaller than the whole picture, in pixels of the picture."""

    name, profile = "eye", Profile(0.4, 0.15, 0.5)

    def __init__(self, *found):
        self.found, self.given = found, []

    def detect(self, picture, *, tall=None):
        self.given.append(picture.shape)
        if picture.shape == PICTURE.shape:
            return []
        left, top = 180, 30  # a square of 2.4 heights around whoever is expected
        return [Box(b.x1 - left, b.y1 - top, b.x2 - left, b.y2 - top, b.score) for b in self.found]


def test_somebody_expected_and_not_seen_is_looked_for_enlarged_and_told_in_pixels_of_the_picture():
    eye = Eye(Box(284, 104, 322, 202, 0.6))
    assert look_closer(eye, PICTURE, [], [EXPECTED]) == [Box(284, 104, 322, 202, 0.6)]
    assert eye.given == [(240, 240, 3)]


def test_somebody_faintly_seen_gives_way_to_the_closer_look():
    found = look_closer(Eye(Box(284, 104, 322, 202, 0.6)), PICTURE, [Box(282, 100, 318, 190, WEAK)], [EXPECTED])
    assert found == [Box(284, 104, 322, 202, 0.6)]


def test_somebody_surely_seen_costs_no_closer_look():
    eye, seen = Eye(), Box(282, 101, 318, 199, 0.9)
    assert look_closer(eye, PICTURE, [seen], [EXPECTED]) == [seen]
    assert not eye.given


@pytest.mark.parametrize(
    "found",
    [
        Box(284, 104, 322, 202, 0.3),  # not sure in the closer look either
        Box(360, 104, 400, 202, 0.9),  # somebody else, beside
        Box(180, 100, 230, 200, 0.9),  # cut by what was cut out
    ],
)
def test_a_closer_look_adds_nobody_who_was_not_expected(found):
    assert look_closer(Eye(found), PICTURE, [], [EXPECTED]) == []


def test_somebody_surely_seen_is_not_found_a_second_time_as_the_one_expected():
    seen = Box(296, 100, 336, 200, 0.9)
    assert look_closer(Eye(Box(292, 100, 334, 200, 0.8)), PICTURE, [seen], [EXPECTED]) == [seen]


def test_a_view_looks_closer_only_where_it_is_asked_to():
    eye = Eye(Box(284, 104, 322, 202, 0.6))
    assert View(0, 0, *SIZE).search(eye, PICTURE) == []
    assert View(0, 0, *SIZE, None, [list(EXPECTED[:4])]).search(eye, PICTURE) == [Box(284, 104, 322, 202, 0.6)]


def test_what_is_asked_for_holds_for_the_next_picture_alone(scene):
    search = Search([scene], SIZE)
    search.ask([EXPECTED])
    assert search.view.closer == (EXPECTED[:4],)
    search.ask([])
    assert search.view.closer == ()


def walk(counter, stops, *, score=0.9, first=0):
    """One box a frame, 0.1 s apart, feet at y; None: nobody is found. The last observation."""
    seen = None
    for index, y in enumerate(stops, start=first):
        boxes = [] if y is None else [Box(280, y - 100, 320, y, score)]
        seen = counter.observe(index * 100_000, boxes)
    return seen


def test_whoever_is_lost_on_the_way_to_the_threshold_is_asked_for_where_the_way_leads(scene):
    seen = walk(Counter("cam", [scene], PROFILE), [230, 224, 218, 212, 206, 200, None])
    (asked,) = seen.closer
    assert asked.y2 == pytest.approx(194, abs=0.5)


def test_whoever_is_faintly_seen_there_is_asked_for(scene):
    counter = Counter("cam", [scene], PROFILE)
    walk(counter, [230, 224, 218, 212])
    assert walk(counter, [206], score=WEAK, first=4).closer


def test_whoever_was_found_by_a_closer_look_goes_on_to_be_asked_for(scene):
    counter = Counter("cam", [scene], PROFILE)
    walk(counter, [230, 224, 218, 212, None])
    assert walk(counter, [200], first=5).closer
    assert not walk(counter, [198] * 10, first=6).closer


def test_nobody_is_asked_for_who_is_surely_seen_far_from_doors_or_long_lost(scene):
    assert not walk(Counter("cam", [scene], PROFILE), [230, 224, 218, 212]).closer
    assert not walk(Counter("cam", [scene], PROFILE), [350, 346, 342, 338, None]).closer
    assert not walk(Counter("cam", [scene], PROFILE), [230, 224, 218, 212, *[None] * 9]).closer


def test_something_that_is_faint_for_ever_costs_a_sixth_more_and_not_the_double(scene):
    counter = Counter("cam", [scene], PROFILE)
    frames = 200
    asked = sum(len(counter.observe(i * 100_000, [Box(280, 70, 320, 170, WEAK)]).closer) for i in range(frames))
    assert 0 < asked <= CLOSER_SAVED + CLOSER_SHARE * frames


def test_boxes_asked_for_are_in_pixels_of_the_picture_that_is_searched(scene):
    counter = Counter("cam", [scene], PROFILE, picture=(1280, 720))
    for index, y in enumerate([230, 224, 218, 212, 206, 200]):
        counter.observe(index * 100_000, [Box(560, 2 * y - 200, 640, 2 * y, 0.9)])
    (asked,) = counter.observe(600_000, []).closer
    assert asked.y2 == pytest.approx(388, abs=1)
