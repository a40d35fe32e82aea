"""Clips begin at a key picture whose time is known, and pictures are the nearest there are."""

import io
import itertools

import av
import cv2
import numpy as np
import pytest

from doorwatch.domain.time import SECOND
from doorwatch.recording.clips import NothingRecordedError, cut_clip, join_clips, picture_at
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings, SegmentWriter


@pytest.fixture(scope="module")
def recorded(footage, tmp_path_factory):
    root = tmp_path_factory.mktemp("recordings")
    footage.record(root)
    return Recordings(root)


def _times(data):
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        return [round(frame.pts * stream.time_base * SECOND) for frame in container.decode(stream)]


def test_a_clip_begins_at_the_key_picture_before_the_wanted_start(footage, recorded):
    clip = cut_clip(recorded, "cam", footage.base + 5 * SECOND, footage.base + 9 * SECOND)
    assert clip.start == footage.base + 4 * SECOND
    times = _times(clip.data)
    assert times[0] == 0
    assert times[-1] == pytest.approx(5 * SECOND, abs=SECOND // 10)


def test_every_picture_of_a_clip_is_where_its_capture_time_says(footage, recorded):
    clip = cut_clip(recorded, "cam", footage.base + 2 * SECOND, footage.base + 11 * SECOND)
    captured = sorted(sample.pts for sample in footage.samples)
    shown = [clip.start + time for time in _times(clip.data)]
    assert len(shown) > 100
    assert all(min(abs(time - one) for one in captured) <= 100 for time in shown)


def _packets(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_pieces_that_were_cut_one_by_one_are_joined_to_what_one_cut_would_have_been(codec, request, tmp_path):
    camera = request.getfixturevalue({"h264": "footage", "hevc": "hevc_footage"}[codec])
    camera.record(tmp_path / "recordings")
    recordings, pieces = Recordings(tmp_path / "recordings"), []
    whole = tmp_path / "whole.mp4"
    once = cut_clip(recordings, "cam", camera.base + SECOND // 2, camera.base + 9 * SECOND)
    whole.write_bytes(once.data)
    for begin, end in ((0.5, 3.3), (3.3, 3.4), (3.4, 9)):
        cut = cut_clip(recordings, "cam", camera.base + round(begin * SECOND), camera.base + round(end * SECOND))
        path = tmp_path / f"{begin}.mp4"
        path.write_bytes(cut.data)
        pieces.append((path, cut.start))
    join_clips(pieces, tmp_path / "joined.mp4")
    assert _packets(tmp_path / "joined.mp4") == _packets(whole)
    assert _times((tmp_path / "joined.mp4").read_bytes()) == _times(once.data)


def test_what_is_missing_between_two_pieces_stays_as_long_as_it_was_and_another_size_ends_it(
    footage, smaller_footage, tmp_path
):
    footage.record(tmp_path)
    smaller_footage.record(tmp_path)
    recordings, pieces = Recordings(tmp_path), []
    for begin, end in ((0, 2), (6, 8), (13, 16)):
        cut = cut_clip(recordings, "cam", footage.base + begin * SECOND, footage.base + end * SECOND)
        path = tmp_path / f"{begin}.mp4"
        path.write_bytes(cut.data)
        pieces.append((path, cut.start))
    join_clips(pieces, tmp_path / "joined.mp4")
    times = _times((tmp_path / "joined.mp4").read_bytes())
    assert times[-1] == pytest.approx(8 * SECOND, abs=SECOND // 10)
    assert max(b - a for a, b in itertools.pairwise(times)) == pytest.approx(4 * SECOND, abs=SECOND // 10)


def test_a_clip_can_be_played_before_it_is_loaded_whole(footage, recorded):
    data = cut_clip(recorded, "cam", footage.base, footage.base + 8 * SECOND).data
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_clip_of_the_running_segment_ends_where_the_recording_is(footage, tmp_path):
    writer = SegmentWriter(tmp_path, "cam")
    pieces = footage.fragments()[:4]
    writer.begin(footage.init, pieces[0].start)
    for piece in pieces:
        writer.add(piece)
    clip = cut_clip(Recordings(tmp_path), "cam", footage.base, footage.base + 60 * SECOND)
    assert clip.start + clip.duration == pytest.approx(pieces[-1].end, abs=SECOND // 10)


def test_a_start_before_the_recording_gives_what_there_is(footage, recorded):
    clip = cut_clip(recorded, "cam", footage.base - 2 * SECOND, footage.base + 3 * SECOND)
    assert clip.start == footage.base


def test_nothing_recorded_is_told_with_the_camera_and_the_time(footage, recorded):
    with pytest.raises(NothingRecordedError, match="camera cam has no recording from 2026-09-21T"):
        cut_clip(recorded, "cam", footage.base - 60 * SECOND, footage.base - 30 * SECOND)
    with pytest.raises(NothingRecordedError, match="camera other"):
        cut_clip(recorded, "other", footage.base, footage.base + SECOND)


def test_a_gap_in_the_recording_stays_as_long_as_it_was(footage, tmp_path):
    segments = footage.record(tmp_path)
    Recordings(tmp_path).delete([segments[1].segment_id])
    clip = cut_clip(Recordings(tmp_path), "cam", footage.base, footage.base + 9 * SECOND)
    times = _times(clip.data)
    longest = max(after - before for before, after in itertools.pairwise(times))
    assert longest == pytest.approx(4 * SECOND, abs=SECOND // 5)


def test_a_damaged_file_among_others_is_a_gap(footage, tmp_path):
    _, damaged, _, *_ = footage.record(tmp_path)
    path = tmp_path / damaged.name
    path.write_bytes(b"\0" * path.stat().st_size)
    clip = cut_clip(Recordings(tmp_path), "cam", footage.base, footage.base + 12 * SECOND)
    times = _times(clip.data)
    gaps = [(a, b) for a, b in itertools.pairwise(times) if b - a > SECOND]
    begins, ends = damaged.start - footage.base, damaged.end - footage.base
    assert gaps == [(pytest.approx(begins, abs=SECOND // 10), pytest.approx(ends, abs=SECOND // 10))]
    still = picture_at(Recordings(tmp_path), "cam", damaged.start + SECOND // 2)
    assert still.at < damaged.start


def test_where_the_picture_changed_its_size_a_clip_ends_and_another_begins(footage, smaller_footage, tmp_path):
    footage.record(tmp_path)
    smaller_footage.record(tmp_path)
    recordings, changed = Recordings(tmp_path), smaller_footage.base
    before = cut_clip(recordings, "cam", changed - 3 * SECOND, changed + 3 * SECOND)
    assert before.start + before.duration == pytest.approx(changed, abs=SECOND // 10)
    after = cut_clip(recordings, "cam", changed, changed + 3 * SECOND)
    with av.open(io.BytesIO(before.data)) as large, av.open(io.BytesIO(after.data)) as small:
        assert [next(video.decode(video=0)).width for video in (large, small)] == [640, 320]


def test_a_damaged_file_is_told_in_a_sentence(footage, tmp_path):
    (segment, *_) = footage.record(tmp_path)
    (tmp_path / segment.name).write_bytes(b"not a video at all" * 100)
    with pytest.raises(RecordingError, match="cannot be read"):
        cut_clip(Recordings(tmp_path), "cam", footage.base, footage.base + SECOND)


@pytest.mark.parametrize("seconds", [0.0, 0.04, 3.99, 4.0, 5.5, 7.93, 12.5])
def test_the_picture_is_the_nearest_one(footage, recorded, seconds):
    at = footage.base + round(seconds * SECOND)
    still = picture_at(recorded, "cam", at)
    nearest = min((sample.pts for sample in footage.samples), key=lambda pts: abs(pts - at))
    assert abs(still.at - at) == abs(nearest - at)


def test_the_picture_is_the_same_as_in_the_camera_stream(footage, recorded, request):
    clips = request.path.parents[2] / "clips"
    with av.open(str(clips / "s02-tailgating.mp4")) as container:
        frames = list(container.decode(video=0))
    still = picture_at(recorded, "cam", footage.base + 6 * SECOND)
    assert np.array_equal(still.image, frames[75].to_ndarray(format="bgr24"))


def test_there_is_no_picture_of_a_time_without_recording(footage, recorded):
    with pytest.raises(NothingRecordedError, match="no recorded picture at"):
        picture_at(recorded, "cam", footage.base - 10 * SECOND)


def test_a_picture_becomes_a_jpeg_file(footage, recorded):
    data = picture_at(recorded, "cam", footage.base).jpeg()
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (360, 640, 3)
