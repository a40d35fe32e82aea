"""The second look: when it is asked for, what is cut out for it, and what counts as one more person."""

import numpy as np
import pytest

from doorwatch.domain.appearance import Carried
from doorwatch.domain.time import MILLISECOND, SECOND
from doorwatch.vision.count import count_boxes
from doorwatch.vision.detect.base import Box, Profile, Sight, Thing
from doorwatch.vision.pipeline import Counter
from doorwatch.vision.second_look import AROUND, Glance, Glimpses, Look, SecondLooks, is_second
from doorwatch.vision.track import Tracker

PROFILE = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)
OWN = Box(100, 50, 140, 150, 0.9)
BESIDE = Box(120, 48, 158, 146, 0.6)


class Colours:
    """A detector that finds every block of one colour: pictures are drawn, and what is found is really in them."""

    name = "colours"
    profile = PROFILE

    def __init__(self):
        self.runs = 0
        self.shapes = []

    def detect(self, picture, *, tall=None):
        del tall
        self.runs += 1
        self.shapes.append(picture.shape)
        found = []
        for value in (80, 160, 240):
            rows, columns = np.nonzero(picture[:, :, 0] == value)
            if rows.size:
                found.append(Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.9))
        return found


def drawn(*people):
    """A grey room with people in it: (box, colour), the last one in front."""
    picture = np.full((360, 640, 3), 10, np.uint8)
    for box, colour in people:
        picture[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = colour
    return picture


def look(*moments, others=()):
    return Look("c-1", tuple(Glance(at, OWN, tuple(others)) for at in moments))


def shown(glimpses, moments, *people):
    for at in moments:
        glimpses.keep(at, drawn(*people), [OWN])


def test_a_second_person_beside_the_one_who_crossed_is_found():
    glimpses = Glimpses()
    shown(glimpses, (0, 400_000, 800_000), (BESIDE, 160), (OWN, 80))
    assert glimpses.look(Colours(), look(0, 400_000, 800_000))


def test_somebody_alone_stays_alone():
    glimpses = Glimpses()
    shown(glimpses, (0, 400_000, 800_000), (OWN, 80))
    assert not glimpses.look(Colours(), look(0, 400_000, 800_000))


def test_whoever_is_followed_already_is_no_hidden_person():
    glimpses = Glimpses()
    shown(glimpses, (0, 400_000, 800_000), (BESIDE, 160), (OWN, 80))
    assert not glimpses.look(Colours(), look(0, 400_000, 800_000, others=[BESIDE]))


class Bags(Colours):
    """Knows one colour for a backpack."""

    def sight(self, picture):
        rows, columns = np.nonzero(picture[:, :, 0] == 200)
        box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.9) if rows.size else None
        return Sight(self.detect(picture), [Thing(Carried.BACKPACK, box)] if box else [])


@pytest.mark.parametrize(("own", "scale"), [(OWN, 1), (Box(200, 100, 280, 1100, 0.9), 8)])
def test_what_whoever_crossed_carries_is_found_by_the_same_runs_of_the_detector(own, scale):
    picture = np.full((1300, 1400, 3), 10, np.uint8)
    picture[int(own.y1) : int(own.y2), int(own.x1) : int(own.x2)] = 80
    picture[int(own.y1 + own.height / 4) : int(own.y1 + own.height / 2), int(own.x1) + 5 : int(own.x2) - 5] = 200
    glimpses, detector = Glimpses(), Bags()
    for at in (0, 400_000):
        glimpses.keep(at, picture, [own])
    seen = glimpses.look_closely(detector, Look("c-1", (Glance(0, own, ()), Glance(400_000, own, ()))))
    assert seen == (False, {Carried.BACKPACK})
    assert detector.runs == 2


def test_of_a_detector_that_knows_people_alone_nothing_is_told_to_be_carried():
    glimpses = Glimpses()
    shown(glimpses, (0, 400_000), (OWN, 80))
    assert glimpses.look_closely(Colours(), look(0, 400_000)).carried == frozenset()


def test_a_look_never_costs_more_than_three_runs_of_the_detector():
    glimpses, detector = Glimpses(), Colours()
    moments = [number * 100_000 for number in range(8)]
    shown(glimpses, moments, (OWN, 80))
    glimpses.look(detector, look(*moments))
    assert detector.runs == len(AROUND) == 3


def test_moments_of_which_no_picture_was_kept_are_passed_over():
    detector = Colours()
    assert not Glimpses().look(detector, look(0, 400_000))
    assert detector.runs == 0


def test_a_large_person_is_kept_small():
    glimpses, detector = Glimpses(), Colours()
    tall = Box(200, 0, 900, 1900, 0.9)
    glimpses.keep(0, np.zeros((2000, 1200, 3), np.uint8), [tall])
    glimpses.look(detector, Look("c-1", (Glance(0, tall, ()),)))
    assert max(detector.shapes[0]) <= 416


def test_boxes_of_a_cut_out_that_was_made_smaller_come_back_in_the_pictures_pixels():
    own, beside = Box(200, 100, 500, 1100, 0.9), Box(360, 80, 640, 1060, 0.9)
    picture = np.zeros((1200, 1200, 3), np.uint8)
    picture[80:1060, 360:640] = 160
    picture[100:1100, 200:500] = 80
    glimpses = Glimpses()
    for at in (0, 400_000):
        glimpses.keep(at, picture, [own])
    glances = (Glance(0, own, ()), Glance(400_000, own, ()))
    assert glimpses.look(Colours(), Look("c-1", glances))
    assert not glimpses.look(Colours(), Look("c-1", tuple(Glance(g.at, own, (beside,)) for g in glances)))


def test_what_is_kept_is_bounded_in_time_and_number():
    glimpses, detector = Glimpses(), Colours()
    crowd = [Box(40 * n, 50, 40 * n + 40, 150, 0.9) for n in range(12)]
    for number in range(200):
        glimpses.keep(number * 100_000, drawn((OWN, 80)), crowd)
    assert len(glimpses._kept) <= 36
    assert not glimpses.look(detector, look(0, 400_000))
    assert detector.runs == 0


@pytest.mark.parametrize(
    ("what", "box"),
    [
        ("a torso", Box(102, 60, 138, 105, 0.9)),
        ("the same person again", Box(103, 52, 141, 151, 0.9)),
        ("somebody across the room", Box(300, 50, 340, 150, 0.9)),
        ("a child's pram", Box(120, 120, 160, 150, 0.9)),
        ("somebody nearer to the camera", Box(80, 20, 180, 300, 0.9)),
    ],
)
def test_what_is_not_taken_for_a_second_person(what, box):
    assert not is_second(OWN, [OWN, box], []), what


def test_nobody_found_is_nobody_second():
    assert not is_second(OWN, [], [])


def test_a_look_survives_the_way_to_another_process():
    sent = look(0, 400_000, others=[BESIDE])
    assert Look.read(sent.to_mapping()) == sent


def walking(seconds, fps=12.5):
    """The steps of a tracker that sees one person walk, after each frame."""
    tracker = Tracker(PROFILE)
    for index in range(int(seconds * fps)):
        at = round(index / fps * SECOND)
        yield at, tracker.step(at, [Box(100, 50 + index, 140, 150 + index, 0.9)]).seen


def test_a_look_is_asked_for_once_when_its_last_moment_has_come():
    looks, found = SecondLooks(), []
    for at, seen in walking(4):
        if at == 2 * SECOND:
            looks.crossed("c-1", 1, at)
        found += [(at, one) for one in looks.observe(at, seen)]
    assert [one.crossing_id for _, one in found] == ["c-1"]
    at, asked = found[0]
    assert 0 <= at - 2 * SECOND - AROUND[-1] <= 80 * MILLISECOND
    assert len(asked.glances) == 3


def test_a_look_speaks_of_the_pictures_pixels_not_of_the_scenes():
    looks = SecondLooks((0.5, 0.5))
    asked = []
    for at, seen in walking(3):
        if at == SECOND * 2:
            looks.crossed("c-1", 1, at)
        asked += looks.observe(at, seen)
    assert asked[0].glances[0].box.width == 80


def test_somebody_who_was_lost_at_once_is_not_looked_at_again():
    looks, asked = SecondLooks(), []
    for at, seen in walking(3):
        if at == SECOND:
            looks.crossed("c-1", 7, at)
        asked += looks.observe(at, seen)
    assert asked == []


def counted(scene, found):
    """Somebody walks in; a second look says what it finds."""
    rows = []
    for index in range(60):
        y = 115 + 3 * index
        rows.append((round(index / 12.5 * SECOND), index, [Box(280, y - 100, 320, y, 0.9)]))
    counter = Counter("cam", [scene], PROFILE)
    asked = []

    def second(wanted):
        asked.append(wanted)
        return found

    return [one.crossing for one in count_boxes(counter, rows, look=second)], asked


def test_a_suspicion_is_added_to_the_crossing_and_never_to_the_count(scene):
    (plain,), asked = counted(scene, found=False)
    (suspected,), _ = counted(scene, found=True)
    assert len(asked) == 1
    assert (plain.possible, suspected.possible) == (0, 1)
    assert (suspected.crossing_id, suspected.at, suspected.confidence) == (
        plain.crossing_id,
        plain.at,
        plain.confidence,
    )
    assert suspected.trail == plain.trail


def test_a_suspicion_of_a_crossing_that_is_long_past_is_dropped(scene):
    assert Counter("cam", [scene], PROFILE).second_found("cam-1-1") is None
