"""A camera as the parent knows it, when the clock is set back under it: it is counted and covered on from then."""

from types import SimpleNamespace

import pytest

from doorwatch.analyzer.camera import WatchedCamera
from doorwatch.analyzer.metrics import Metrics
from doorwatch.analyzer.settings import AnalyzerSettings, read_configuration
from doorwatch.analyzer.wire import Message
from doorwatch.domain.time import SECOND, SystemClock

BASE = 1_790_000_000 * SECOND
HOUR = 3600 * SECOND
SCENE = {"door_id": "door-1", "size": [640, 360], "threshold": [[100, 100], [100, 300]], "inside": [400, 200]}
PROFILE = {"threshold": 0.4, "low_threshold": 0.1, "nms": 0.5}


@pytest.fixture
def around():
    spans, runs = [], []

    def name_run():
        runs.append(f"run{len(runs)}")
        return runs[-1]

    return SimpleNamespace(
        metrics=Metrics(),
        runs=runs,
        spans=spans,
        covered=lambda _camera, start, end: spans.append((start, end)),
        states=(states := []),
        state=states.append,
        detect=lambda *_: True,
        forget_frames=lambda _ring: None,
        crossing=lambda *_, **__: None,
        name_run=name_run,
    )


@pytest.fixture
def camera(around, tmp_path):
    told = {"camera_id": "cam", "url": "rtsp://127.0.0.1/a", "scenes": [SCENE], "settings": {"record": False}}
    (one,) = read_configuration({"cameras": [told]}).cameras
    settings = AnalyzerSettings(server_url="http://127.0.0.1", token="t", data_dir=tmp_path)
    return WatchedCamera(one, settings, around, SystemClock())


def opened(camera, ring):
    header = {"kind": "opened", "ring": ring, "ring_size": [640, 360], "codec": "avc1", "width": 640, "height": 360}
    camera._heard(Message(header))


def searched(camera, ring, start, seconds):
    """Ten pictures a second were handed to a detector, which found nobody in them."""
    for at in range(start, start + seconds * SECOND + 1, SECOND // 10):
        frame = {"kind": "frame", "ring": ring, "slot": 0, "index": 1, "at": at, "moved": None}
        camera._heard(Message(frame))
        answered(camera, ring, at)


def answered(camera, ring, at):
    answer = {"kind": "boxes", "ring": ring, "slot": 0, "index": 1, "at": at, "boxes": [], "profile": PROFILE}
    camera.answer({**answer, "view": [0, 0, 640, 360], "detector": "d", "arrived": at, "decoded": at})


def test_a_camera_is_counted_and_covered_on_when_the_clock_goes_back_by_an_hour(camera, around):
    opened(camera, "before")
    searched(camera, "before", BASE, 5)
    opened(camera, "after")
    searched(camera, "after", BASE + 5 * SECOND - HOUR, 5)
    camera.tell_coverage()
    assert (BASE, BASE + 5 * SECOND) in around.spans
    assert around.spans[-1] == (BASE + 5 * SECOND - HOUR, BASE + 10 * SECOND - HOUR)
    # Whoever is followed now is somebody else than the one who was followed at that time before.
    assert len(around.runs) == 2


def test_pictures_that_a_stream_tells_again_are_not_counted_again(camera, around):
    opened(camera, "before")
    searched(camera, "before", BASE, 5)
    opened(camera, "after")
    searched(camera, "after", BASE + 3 * SECOND, 4)
    camera.tell_coverage()
    assert (min(start for start, _ in around.spans), around.spans[-1][1]) == (BASE, BASE + 7 * SECOND)
    assert len(around.runs) == 1


def test_an_answer_of_before_the_clock_was_set_back_does_not_hold_up_the_counting(camera, around):
    opened(camera, "ring")
    searched(camera, "ring", BASE, 2)
    # A stream that is opened again may share its frames under the same name.
    opened(camera, "ring")
    late, back = BASE + 3 * SECOND, BASE + 3 * SECOND - HOUR
    camera._heard(Message({"kind": "frame", "ring": "ring", "slot": 0, "index": 1, "at": back, "moved": None}))
    answered(camera, "ring", late)
    searched(camera, "ring", back, 4)
    camera.tell_coverage()
    assert around.spans[-1] == (back, back + 4 * SECOND)


def said(camera, code, message):
    camera._heard(Message({"kind": "state", "code": code, "message": message}))


def test_a_camera_that_is_away_is_told_once_however_often_it_is_opened_and_then_that_it_is_back(camera, around):
    for _ in range(20):
        said(camera, 100, "the camera is being opened")
        said(camera, 408, "it sends nothing")
    said(camera, 100, "the camera is being opened")
    said(camera, 200, "online")
    assert [(one["code"], one["message"]) for one in around.states] == [
        (100, "the camera is being opened"),
        (408, "it sends nothing"),
        (200, "online"),
    ]
