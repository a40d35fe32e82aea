"""One camera's recording: segments of a few seconds, and a disk that fails is told and tried again later."""

import os
from pathlib import Path

import av
import pytest

from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragment, init_segment

BASE = 1_790_000_000 * SECOND


@pytest.fixture(scope="module")
def init():
    clip = Path(__file__).parents[2] / "clips" / "s01-one-in.mp4"
    with av.open(str(clip)) as container:
        return init_segment(container.streams.video[0])


def _pieces(seconds, start=BASE, group=2.0):
    """Fragments of half a second with a key picture every `group` seconds."""
    count = round(seconds * 2)
    return [
        Fragment(b"data", start + n * SECOND // 2, SECOND // 2, key=n % round(group * 2) == 0) for n in range(count)
    ]


def _record(recorder, pieces):
    return [segment for piece in pieces for segment in recorder.add(piece)]


def test_segments_end_at_the_first_key_picture_after_four_seconds(tmp_path, init):
    recorder = Recorder(tmp_path, "cam", init)
    done = _record(recorder, _pieces(13)) + recorder.finish()
    assert [(s.end - s.start) / SECOND for s in done] == [4, 4, 4, 1]


def test_rare_key_pictures_make_long_segments(tmp_path, init):
    recorder = Recorder(tmp_path, "cam", init)
    done = _record(recorder, _pieces(25, group=10)) + recorder.finish()
    assert [(s.end - s.start) / SECOND for s in done] == [10, 10, 5]


def test_nothing_is_recorded_before_the_first_key_picture(tmp_path, init):
    recorder = Recorder(tmp_path, "cam", init)
    _record(recorder, _pieces(2)[1:])
    assert recorder.finish() == []


def test_a_time_that_jumps_begins_a_new_segment(tmp_path, init):
    recorder = Recorder(tmp_path, "cam", init)
    done = _record(recorder, _pieces(2)) + _record(recorder, _pieces(2, BASE - 3600 * SECOND)) + recorder.finish()
    assert [segment.start for segment in done] == [BASE, BASE - 3600 * SECOND]


def test_a_full_disk_is_told_and_tried_again_after_a_while(tmp_path, init, monkeypatch):
    recorder = Recorder(tmp_path, "cam", init)
    real = os.write

    def full(_file, _data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert _record(recorder, _pieces(4)) == []
    assert "No space left on device" in recorder.trouble
    monkeypatch.setattr(os, "write", real)
    assert _record(recorder, _pieces(4, BASE + 4 * SECOND)) == []
    done = _record(recorder, _pieces(6, BASE + 20 * SECOND)) + recorder.finish()
    assert recorder.trouble is None
    assert [segment.start for segment in done] == [BASE + 20 * SECOND, BASE + 24 * SECOND]
    assert list(tmp_path.rglob("*.part")) == []


def test_a_time_that_comes_again_to_the_microsecond_leaves_what_was_recorded_of_it(tmp_path, init):
    """A file that is played goes on where it would be by then: set back by whole turns, it tells the same times."""
    recorder = Recorder(tmp_path, "cam", init)
    first = _record(recorder, _pieces(8)) + recorder.finish()
    size = [(tmp_path / one.name).stat() for one in first]
    again = _record(recorder, _pieces(12)) + recorder.finish()
    assert [(one.start - BASE) / SECOND for one in first + again] == [0, 4, 2, 6, 10]
    assert [(tmp_path / one.name).stat() for one in first] == size
