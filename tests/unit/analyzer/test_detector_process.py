"""A detector's process looks a second time at whom the parent names, in the cut-outs that it kept."""

import numpy as np
import pytest

from doorwatch.analyzer.detector_process import _Worker
from doorwatch.analyzer.frames import FrameRing
from doorwatch.domain.appearance import Carried
from doorwatch.vision.detect.base import Box, Profile, Sight, Thing
from doorwatch.vision.second_look import Glance, Look

OWN, BESIDE = Box(100, 50, 140, 150, 0.9), Box(120, 48, 158, 146, 0.9)


class Colours:
    """Finds blocks of one colour; of two that touch only the first, unless the picture is small."""

    name = "colours"
    profile = Profile(threshold=0.4, low_threshold=0.15, nms=0.5)

    def detect(self, picture, *, tall=None):
        del tall
        found = []
        for value in (80, 160):
            rows, columns = np.nonzero(picture[:, :, 0] == value)
            if rows.size:
                found.append(Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.9))
        return found if picture.shape[1] < 300 else found[:1]


class Parent:
    """The other end of the link: what was sent to it."""

    def __init__(self):
        self.heard = []
        self.payloads = []

    def send(self, header, payload=b""):
        self.heard.append(header)
        self.payloads.append(payload)


@pytest.fixture
def parent():
    return Parent()


@pytest.fixture
def worker(parent, tmp_path):
    made = _Worker(parent, tmp_path, None)
    made._detectors[None] = Colours()
    return made


@pytest.fixture
def ring():
    made = FrameRing(640, 360)
    yield made
    made.close()


def picture(*people):
    made = np.full((360, 640, 3), 10, np.uint8)
    for box, colour in people:
        made[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = colour
    return made


def show(worker, ring, frame, times):
    for number, at in enumerate(times):
        slot = ring.put(frame)
        order = {"camera_id": "cam-1", "ring": ring.path, "slot": slot, "at": at, "arrived": at, "decoded": at}
        worker.detect({**order, "index": number, "view": [0, 0, 640, 360], "size": [640, 360]})
        ring.release(slot)
        ring.put(np.zeros((360, 640, 3), np.uint8))  # whoever reads the shared frame later sees another one
        ring.release(slot)


def look(worker, ring, times, others=()):
    asked = Look("cam-1-1", tuple(Glance(at, OWN, tuple(others)) for at in times))
    worker.look({"camera_id": "cam-1", "ring": ring.path, "look": asked.to_mapping(), "detector": None})


TIMES = (0, 400_000, 800_000)


def test_the_parent_hears_of_a_second_person(worker, parent, ring):
    show(worker, ring, picture((BESIDE, 160), (OWN, 80)), TIMES)
    assert [len(one["boxes"]) for one in parent.heard] == [1, 1, 1]
    look(worker, ring, TIMES)
    assert parent.heard[3:] == [{"kind": "second", "camera_id": "cam-1", "ring": ring.path, "crossing_id": "cam-1-1"}]


def test_nothing_is_said_of_somebody_alone(worker, parent, ring):
    show(worker, ring, picture((OWN, 80)), TIMES)
    look(worker, ring, TIMES)
    assert len(parent.heard) == 3


def test_nothing_is_kept_of_a_camera_that_ended(worker, parent, ring):
    show(worker, ring, picture((BESIDE, 160), (OWN, 80)), TIMES)
    worker.forget(ring.path)
    look(worker, ring, TIMES)
    assert len(parent.heard) == 3


def dressed():
    """A light room with somebody in red over blue, whose edge the detector finds."""
    made = np.full((360, 640, 3), (190, 200, 204), np.uint8)
    box = [int(side) for side in OWN[:4]]
    middle = (box[1] + box[3]) // 2
    made[box[1] : middle, box[0] : box[2]] = (36, 30, 176)
    made[middle : box[3], box[0] : box[2]] = (150, 80, 40)
    made[box[1], box[0] : box[2]] = made[box[3] - 1, box[0] : box[2]] = 80
    return made


@pytest.mark.parametrize("asked", [True, False])
def test_the_parent_hears_what_whoever_crossed_wears_where_it_asked_for_that(worker, parent, ring, asked):
    show(worker, ring, dressed(), TIMES)
    wanted = Look("cam-1-1", tuple(Glance(at, OWN, ()) for at in TIMES))
    order = {"camera_id": "cam-1", "ring": ring.path, "detector": None}
    worker.look({**order, "look": {**wanted.to_mapping(), "clothing": asked}})
    told = {"kind": "worn", "camera_id": "cam-1", "ring": ring.path, "crossing_id": "cam-1-1"}
    assert parent.heard[3:] == ([{**told, "upper": "red", "lower": "blue", "carried": []}] if asked else [])


class Bags(Colours):
    """Sees a suitcase and a backpack with whoever stands in the middle of a cut-out."""

    def sight(self, picture):
        things = [Thing("suitcase", Box(20, 70, 50, 115, 0.9)), Thing("backpack", Box(25, 30, 50, 60, 0.8))]
        return Sight(self.detect(picture), [Thing(Carried(what), box) for what, box in things])


@pytest.mark.parametrize("asked", [True, False])
def test_the_parent_hears_what_whoever_crossed_carries_where_it_asked_for_looks(worker, parent, ring, asked):
    worker._detectors[None] = Bags()
    show(worker, ring, picture((OWN, 80)), TIMES)
    wanted = Look("cam-1-1", tuple(Glance(at, OWN, ()) for at in TIMES))
    worker.look({"camera_id": "cam-1", "ring": ring.path, "look": {**wanted.to_mapping(), "clothing": asked}})
    told = [(one["upper"], one["carried"]) for one in parent.heard if one["kind"] == "worn"]
    assert told == ([(None, ["backpack", "suitcase"])] if asked else [])


@pytest.mark.parametrize("asked", [True, False])
def test_the_best_picture_of_whoever_crossed_is_handed_over_where_one_is_wanted(worker, parent, ring, asked):
    show(worker, ring, dressed(), TIMES)
    wanted = Look("cam-1-1", tuple(Glance(at, OWN, ()) for at in TIMES))
    worker.look({"camera_id": "cam-1", "ring": ring.path, "look": {**wanted.to_mapping(), "cutout": asked}})
    told = [one for one in parent.heard if one["kind"] == "cutout"]
    assert [one["crossing_id"] for one in told] == (["cam-1-1"] if asked else [])
    if asked:
        height, width = told[0]["size"]
        assert len(parent.payloads[-1]) == height * width * 3
        assert height > OWN.height
        assert width > OWN.width
