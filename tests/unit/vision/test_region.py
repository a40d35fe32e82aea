"""What of a picture is searched, and how finely, follows how tall people are at a door."""

import numpy as np
import pytest

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import FloorPlane, scene_from_mapping
from doorwatch.vision.detect.base import ENOUGH_TALL, Box, Profile
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.region import EMPTY, FRUITLESS, SEEN_ENOUGH, Search, View, pixels_a_metre_upright

from .conftest import LINE_ONLY, MAPPING, PROFILE, SIZE

WHOLE = (0, 0, *SIZE)


def scene(**changes):
    return scene_from_mapping({**LINE_ONLY, **changes})


def far_door():
    """Forty pixels wide: people are eighty tall at most, and those far off too small for a detector."""
    return scene(threshold=[[300, 170], [340, 170]], inside=[320, 220])


def hall():
    """A line through the whole picture."""
    return scene(threshold=[[100, 20], [100, 340]], inside=[300, 180])


def person(x, feet, tall, score=0.9):
    return Box(x - tall / 5, feet - tall, x + tall / 5, feet, score)


def see(search, *people, times=SEEN_ENOUGH):
    """The same people in several pictures, then nobody in one."""
    for _ in range(times):
        search.learn(people)
    search.learn([])
    return search.view


class Eye:
    """A detector that remembers what it was given, and always sees one box."""

    name, profile = "eye", Profile(0.4, 0.2, 0.5)

    def __init__(self):
        self.given = []

    def detect(self, picture, *, tall=None):
        self.given.append((picture, tall))
        return [Box(1, 2, 11, 32, 0.8)]


def test_a_camera_without_doors_is_searched_whole_at_the_usual_size():
    assert Search([], SIZE).view == View(*WHOLE, None)


def test_a_near_door_is_searched_in_the_whole_picture_at_the_usual_size():
    assert Search([scene()], SIZE).view == View(*WHOLE, None)


def test_around_a_far_door_less_is_searched_and_people_come_out_larger():
    view = Search([far_door()], SIZE).view
    assert view.tall == pytest.approx(40)
    assert view.left <= 300 - 60
    assert view.right >= 340 + 60
    assert view.top <= 170 - 80
    assert view.bottom >= 170 + 40
    assert (view.right - view.left) * (view.bottom - view.top) < 0.6 * SIZE[0] * SIZE[1]


def test_the_search_stays_in_the_picture():
    view = Search([scene(threshold=[[2, 350], [42, 350]], inside=[20, 300])], SIZE).view
    assert view.left == 0
    assert view.bottom == 360
    assert all(isinstance(edge, int) for edge in view[:4])


def test_a_line_through_a_hall_is_searched_whole_at_the_usual_size_while_people_are_seen_there():
    search = Search([hall()], SIZE)
    assert search.view == View(*WHOLE, None)
    assert see(search, person(110, 200, 50)) == View(*WHOLE, None)


def finely(search, pictures, *people):
    """In which of so many pictures, that show these people, is searched finely."""
    found = []
    for _ in range(pictures):
        found.append(search.view.tall is not None)
        search.learn(people)
    return found


def test_where_nobody_is_found_at_such_a_line_every_second_search_is_a_fine_one_after_a_while():
    assert finely(Search([hall()], SIZE), EMPTY) == [False] * EMPTY
    search = Search([hall()], SIZE)
    finely(search, EMPTY + 1)
    assert sorted(finely(search, 20)) == [False] * 10 + [True] * 10


def test_fine_searches_become_rare_where_they_find_nobody():
    search = Search([hall()], SIZE)
    finely(search, EMPTY + 2 * FRUITLESS)
    assert sum(finely(search, 80)) == 10


def test_small_people_found_finely_keep_the_search_fine_and_are_then_searched_for_around_the_line_alone():
    search = Search([hall()], SIZE)
    while search.view.tall is None:
        search.learn([])
    assert all(finely(search, SEEN_ENOUGH, person(110, 200, 28)))
    search.learn([])
    left, _, right, _ = search.view[:4]
    assert left > 0
    assert right < SIZE[0]
    assert search.view.tall is not None


def test_tall_people_found_finely_end_the_fine_search_at_once():
    search = Search([hall()], SIZE)
    while search.view.tall is None:
        search.learn([])
    search.learn([person(110, 200, 150)])
    assert search.view == View(*WHOLE, None)


def test_people_who_turn_out_tall_bring_the_usual_search_back():
    assert see(Search([far_door()], SIZE), person(320, 180, 150)) == View(*WHOLE, None)


def test_the_search_changes_only_while_nobody_is_at_a_door():
    search = Search([far_door()], SIZE)
    before = search.view
    for _ in range(3 * SEEN_ENOUGH):
        search.learn([person(320, 180, 150)])
    assert search.view == before
    search.learn([person(200, 180, 30)])
    assert search.view == View(*WHOLE, None)


@pytest.mark.parametrize(
    "unfit",
    [
        person(320, 180, 90, score=0.25),
        person(600, 200, 70),
        Box(310, 42, 330, 82, 0.9),
    ],
    ids=["doubtful", "far from the door", "cut"],
)
def test_heights_that_are_not_sure_or_not_of_this_door_are_not_learned(unfit):
    search = Search([far_door()], SIZE)
    before = search.view
    assert see(search, unfit) == before


def test_a_few_boxes_prove_nothing():
    search = Search([far_door()], SIZE)
    before = search.view
    assert see(search, person(320, 180, 90), times=SEEN_ENOUGH - 1) == before


def test_nearly_the_same_heights_change_nothing():
    search = Search([far_door()], SIZE)
    view = see(search, person(320, 180, 50))
    assert see(search, person(320, 180, 55), times=200) is view


def test_people_who_are_seen_count_more_than_what_was_drawn():
    assert see(Search([far_door()], SIZE), person(320, 170, 140)) == View(*WHOLE, None)


def test_people_cut_by_too_small_a_search_prove_that_they_are_taller():
    search = Search([far_door()], SIZE)
    top = search.view.top
    assert see(search, Box(300, top, 340, 180, 0.9)) == View(*WHOLE, None)


def test_the_smallest_people_decide_how_finely_is_searched():
    view = see(Search([far_door()], SIZE), person(310, 180, 54), person(330, 180, 110))
    assert view.tall == pytest.approx(54)


def test_two_far_doors_are_searched_in_one_part_that_holds_both():
    left = scene(door="left", threshold=[[150, 170], [180, 170]], inside=[165, 220])
    right = scene(door="right", threshold=[[300, 170], [330, 170]], inside=[315, 220])
    both, one = Search([left, right], SIZE).view, Search([left], SIZE).view
    assert both.left <= one.left
    assert both.right >= 330 + 45
    assert both.tall == pytest.approx(30)


def test_doors_far_apart_are_searched_in_the_whole_picture_and_finely():
    left = scene(door="left", threshold=[[20, 60], [60, 60]], inside=[40, 120])
    right = scene(door="right", threshold=[[570, 300], [610, 300]], inside=[590, 340])
    view = Search([left, right], SIZE).view
    assert view[:4] == WHOLE
    assert view.tall == pytest.approx(40)


def test_one_door_of_unknown_size_keeps_the_whole_picture_searched():
    assert Search([far_door(), hall()], SIZE).view[:4] == WHOLE


def test_whoever_must_be_hidden_is_looked_for_in_the_whole_picture():
    search = Search([far_door()], SIZE, whole=True)
    assert search.view == View(*WHOLE, pytest.approx(40))
    assert see(search, person(320, 170, 50))[:4] == WHOLE


def test_a_scene_drawn_on_a_larger_picture_is_brought_to_the_size_that_is_searched():
    half = (SIZE[0] // 2, SIZE[1] // 2)
    large, small = Search([far_door()], SIZE).view, Search([far_door()], half).view
    assert small.tall == pytest.approx(large.tall / 2)
    assert small[:4] == pytest.approx([edge / 2 for edge in large[:4]], abs=1)


def test_a_person_on_the_floor_plane_is_as_tall_as_people_are():
    """A camera 3 m up that looks straight ahead at 500 pixels a unit: at 6 m a metre is 83 pixels."""

    def seen(x, away):
        return Point(320 + 500 * x / away, 180 + 500 * 3 / away)

    floor = FloorPlane([seen(-1, 5), seen(1, 5), seen(1, 8), seen(-1, 8)], (2.0, 3.0))
    assert pixels_a_metre_upright(floor, seen(0, 6)) == pytest.approx(83, rel=0.15)


def test_on_a_drawn_floor_the_scene_decides_without_anybody_seen():
    small = dict(MAPPING, floor={"corners": [[250, 150], [350, 150], [400, 350], [200, 350]], "size_m": [6, 9]})
    view = Search([scene_from_mapping(small)], SIZE).view
    assert view.tall is not None
    assert view.tall < ENOUGH_TALL


def test_boxes_come_back_in_pixels_of_the_whole_picture():
    eye = Eye()
    picture = np.arange(360 * 640 * 3, dtype=np.uint32).reshape(360, 640, 3).astype(np.uint8)
    assert View(100, 50, 300, 250, 40.0).search(eye, picture) == [Box(101, 52, 111, 82, 0.8)]
    (given, tall) = eye.given[0]
    assert np.array_equal(given, picture[50:250, 100:300])
    assert tall == 40.0


def test_a_detector_that_knows_no_sizes_is_asked_for_none():
    class Plain:
        name, profile = "plain", PROFILE

        def detect(self, picture):
            return []

    assert View(*WHOLE).search(Plain(), np.zeros((360, 640, 3), np.uint8)) == []


def test_a_box_cut_by_the_end_of_the_search_has_its_feet_below_it():
    """The same box tells nothing where the search ends, and the feet where the picture goes on."""
    line = scene(threshold=[[100, 240], [500, 240]], inside=[300, 300])
    feet = {}
    for view in (View(0, 0, 640, 230), View(0, 0, 640, 360)):
        counter = Counter("cam", [line], PROFILE)
        for frame in range(8):
            bottom = min(170 + 10 * frame, 230)
            box = Box(290, 70 + 10 * frame, 330, bottom, 0.9)
            seen = counter.observe(frame * 100_000, [box], view)
        feet[view.bottom] = seen.people[0].foot.y
    assert feet[230] == pytest.approx(240, abs=1)
    assert feet[360] == pytest.approx(230, abs=1)


def test_a_box_cut_by_the_side_of_the_search_is_taken_to_be_as_wide_as_before():
    counter = Counter("cam", [scene()], PROFILE)
    for frame in range(8):
        left = max(120 - 10 * frame, 100)
        seen = counter.observe(frame * 100_000, [Box(left, 100, 160 - 10 * frame, 200, 0.9)], View(100, 0, 400, 360))
        if 160 - 10 * frame <= 110:
            break
    assert seen.people[0].foot.x < 100
