"""Recording by event: what was before it is on disk as well, in whole groups of pictures, and nothing else is."""

import itertools

import pytest

from doorwatch.analyzer import event_recorder
from doorwatch.analyzer.event_recorder import LATE, EventRecorder
from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragment, InitSegment

BASE = 1_790_000_000 * SECOND
PRE = 5 * SECOND


@pytest.fixture
def recorder(tmp_path):
    return EventRecorder(Recorder(tmp_path, "cam", InitSegment(b"init", "avc1", 2, 2)), PRE)


def pieces(first, last, group=2):
    """Fragments of half a second with a key picture every `group` seconds, from a second of the recording to another."""
    return [
        Fragment(b"data", BASE + n * SECOND // 2, SECOND // 2, key=n % (2 * group) == 0)
        for n in range(2 * first, 2 * last)
    ]


def feed(recorder, *which, **more):
    return [segment for piece in pieces(*which, **more) for segment in recorder.add(piece)]


def spans(segments):
    """From when to when it is recorded without a gap, in seconds."""
    merged = []
    for one in segments:
        start, end = (one.start - BASE) / SECOND, (one.end - BASE) / SECOND
        if merged and merged[-1][1] == start:
            merged[-1][1] = end
        else:
            merged.append([start, end])
    return merged


def keep(recorder, start, until):
    return recorder.keep(BASE + start * SECOND, BASE + until * SECOND)


def test_nothing_is_written_while_nothing_happens(recorder, tmp_path):
    assert feed(recorder, 0, 60) + recorder.finish() == []
    assert list(tmp_path.rglob("*.mp4")) == list(tmp_path.rglob("*.part")) == []
    assert recorder.written == 0


def test_an_event_is_written_with_what_was_before_it_from_a_key_picture_on_and_ends_before_one(recorder):
    feed(recorder, 0, 31)
    done = keep(recorder, 25, 37) + feed(recorder, 31, 60) + recorder.finish()
    assert spans(done) == [[24, 38]]


def test_what_is_wanted_is_told_as_recorded_at_once(recorder):
    feed(recorder, 0, 31)
    keep(recorder, 25, 37)
    assert recorder.written == BASE + 31 * SECOND


def test_an_event_that_is_known_late_still_has_its_pre_roll(recorder):
    late = LATE // SECOND
    feed(recorder, 0, 40)
    done = keep(recorder, 40 - late - PRE // SECOND, 41) + feed(recorder, 40, 50) + recorder.finish()
    assert spans(done)[0][0] <= 40 - late - PRE // SECOND


def test_an_event_that_lasts_is_one_recording(recorder):
    feed(recorder, 0, 20)
    done = keep(recorder, 15, 24)
    for second in range(20, 40):
        done += feed(recorder, second, second + 1) + keep(recorder, second - 5, second + 4)
    done += feed(recorder, 40, 60) + recorder.finish()
    assert spans(done) == [[14, 44]]


def test_two_events_apart_are_two_recordings_and_what_lies_between_is_not_written(recorder):
    feed(recorder, 0, 20)
    done = keep(recorder, 15, 22) + feed(recorder, 20, 50) + keep(recorder, 45, 52) + feed(recorder, 50, 60)
    done += recorder.finish()
    assert spans(done) == [[14, 24], [44, 54]]


def test_no_picture_is_written_twice_when_a_second_event_reaches_back_into_the_first(recorder):
    feed(recorder, 0, 20)
    done = keep(recorder, 15, 21) + feed(recorder, 20, 25) + keep(recorder, 18, 30) + feed(recorder, 25, 40)
    done += recorder.finish()
    assert spans(done) == [[14, 32]]
    assert all(one.end <= other.start for one, other in itertools.pairwise(done))


def test_an_event_of_long_ago_writes_no_more_than_what_is_held_of_it(recorder):
    feed(recorder, 0, 60)
    done = keep(recorder, 10, 20) + feed(recorder, 60, 70) + recorder.finish()
    assert done == []


def test_a_wish_from_before_the_camera_was_opened_again_is_still_met(recorder):
    keep(recorder, -5, 6)
    done = feed(recorder, 0, 20) + recorder.finish()
    assert spans(done) == [[0, 8]]


def test_what_is_held_is_bounded_by_time_and_by_bytes(recorder, monkeypatch):
    feed(recorder, 0, 600)
    held = sum(1 for _ in recorder._waiting)
    assert held <= 2 * ((PRE + LATE) // SECOND + 4)
    monkeypatch.setattr(event_recorder, "MOST_BYTES", 4 * 8)
    feed(recorder, 600, 620)
    assert sum(len(piece.data) for piece in recorder._waiting) <= 4 * 12


def test_a_clock_that_jumps_back_drops_what_is_held(recorder):
    feed(recorder, 20, 30)
    done = feed(recorder, 0, 10) + keep(recorder, 5, 12) + feed(recorder, 10, 20) + recorder.finish()
    assert spans(done) == [[4, 14]]
