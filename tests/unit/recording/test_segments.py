"""A segment is reported only when it is safely on disk; what a crash leaves is finished or removed."""

import itertools
import os

import pytest

from doorwatch.domain.time import DAY, SECOND
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings, SegmentWriter, parse_stamp, read_entries, stamp


def test_a_segment_tells_where_it_lies_and_what_it_covers(footage, tmp_path):
    segments = footage.record(tmp_path)
    assert [segment.start - footage.base for segment in segments] == [0, 4 * SECOND, 8 * SECOND, 12 * SECOND]
    assert all(a.end == b.start for a, b in itertools.pairwise(segments))
    for segment in segments:
        path = tmp_path / segment.name
        assert path.stat().st_size == segment.bytes
        assert segment.segment_id == f"cam~{segment.start}"


def test_the_file_and_then_its_folder_are_forced_to_disk_before_a_segment_is_told(footage, tmp_path, monkeypatch):
    forced = []
    real = os.fsync

    def remember(handle):
        forced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        real(handle)

    writer = SegmentWriter(tmp_path, "cam")
    pieces = footage.fragments()[:2]
    writer.begin(footage.init, pieces[0].start)
    for piece in pieces:
        writer.add(piece)
    monkeypatch.setattr(os, "fsync", remember)
    segment = writer.finish()
    final = tmp_path / segment.name
    assert forced[0].endswith(".part")
    assert forced[-1] == str(final.parent)
    assert final.exists()


def test_a_segment_that_cannot_be_forced_to_disk_is_not_told(footage, tmp_path, monkeypatch):
    def broken(_handle):
        raise OSError(5, "Input/output error")

    writer = SegmentWriter(tmp_path, "cam")
    piece = footage.fragments()[0]
    writer.begin(footage.init, piece.start)
    writer.add(piece)
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        writer.finish()
    assert list(tmp_path.rglob("*.mp4")) == []


def test_what_a_crash_left_is_cut_back_to_its_last_whole_fragment(footage, tmp_path):
    pieces = footage.fragments()[:3]
    writer = SegmentWriter(tmp_path, "cam")
    writer.begin(footage.init, pieces[0].start)
    for piece in pieces[:2]:
        writer.add(piece)
    (part,) = tmp_path.rglob("*.part")
    with part.open("ab") as file:
        file.write(pieces[2].data[:500])
    (segment,) = Recordings(tmp_path).recover("cam")
    assert segment.end == pieces[1].end
    assert segment.bytes == len(footage.init.data) + sum(len(piece.data) for piece in pieces[:2])
    assert list(tmp_path.rglob("*.part")) == []


def test_what_a_crash_left_without_one_whole_fragment_is_removed(footage, tmp_path):
    SegmentWriter(tmp_path, "cam").begin(footage.init, footage.base)
    assert Recordings(tmp_path).recover("cam") == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_segments_are_told_again_until_they_are_known_to_be_reported(footage, tmp_path):
    segments = footage.record(tmp_path)
    recordings = Recordings(tmp_path)
    assert recordings.recover("cam") == segments
    recordings.mark_reported(segments[1])
    assert recordings.recover("cam") == segments[2:]
    recordings.mark_reported(segments[-1])
    assert recordings.recover("cam") == []


def test_a_lost_mark_only_means_that_segments_are_told_twice(footage, tmp_path):
    segments = footage.record(tmp_path)
    recordings = Recordings(tmp_path)
    recordings.mark_reported(segments[-1])
    (tmp_path / "cam" / "reported").write_text("rubbish")
    assert recordings.recover("cam") == segments


def test_files_are_found_by_time_with_the_one_that_holds_the_beginning(footage, tmp_path):
    segments = footage.record(tmp_path)
    recordings = Recordings(tmp_path)

    def names(start, end):
        return [path.relative_to(tmp_path).as_posix() for path in recordings.covering("cam", start, end)]

    base = footage.base
    assert names(base + 5 * SECOND, base + 9 * SECOND) == [segments[1].name, segments[2].name]
    assert names(base, base) == [segments[0].name]
    assert names(base - DAY, base - SECOND) == []


def test_recordings_are_found_across_midnight(footage, tmp_path):
    midnight = (footage.base // DAY + 1) * DAY
    writer = SegmentWriter(tmp_path, "cam")
    for start in (midnight - SECOND, midnight + SECOND):
        writer.begin(footage.init, start)
        writer.add(footage.fragments()[0])
        writer.finish()
    found = Recordings(tmp_path).covering("cam", midnight, midnight + 2 * SECOND)
    assert [parse_stamp(path.stem) - midnight for path in found] == [-SECOND, SECOND]
    assert found[0].parent != found[1].parent


def test_the_segment_that_is_being_written_can_be_read(footage, tmp_path):
    writer = SegmentWriter(tmp_path, "cam")
    pieces = footage.fragments()
    writer.begin(footage.init, pieces[0].start)
    recordings = Recordings(tmp_path)
    assert recordings.recorded_until("cam", footage.base) is None
    for piece in pieces[:3]:
        writer.add(piece)
        assert recordings.recorded_until("cam", footage.base) == piece.end


def test_a_file_that_was_just_finished_is_read_under_its_final_name(footage, tmp_path):
    (segment, *_) = footage.record(tmp_path)
    before = (tmp_path / segment.name).with_suffix(".part")
    assert read_entries(before) == read_entries(tmp_path / segment.name) != []


def test_deleted_segments_are_gone_and_deleting_again_says_so_too(footage, tmp_path):
    segments = footage.record(tmp_path)
    recordings = Recordings(tmp_path)
    ids = [segment.segment_id for segment in segments[:2]]
    assert recordings.delete(ids) == ids
    assert not (tmp_path / segments[0].name).exists()
    assert (tmp_path / segments[2].name).exists()
    assert recordings.delete(ids) == ids


def test_an_empty_day_is_removed_with_its_last_segment(footage, tmp_path):
    segments = footage.record(tmp_path)
    Recordings(tmp_path).delete(segment.segment_id for segment in segments)
    assert list((tmp_path / "cam").iterdir()) == []


@pytest.mark.parametrize(
    "segment_id", ["", "cam", "cam~", "cam~x", "../other~1790000000000000", "a/b~1790000000000000"]
)
def test_an_id_that_leads_elsewhere_deletes_nothing(footage, tmp_path, segment_id):
    footage.record(tmp_path)
    assert Recordings(tmp_path).delete([segment_id]) == []


@pytest.mark.parametrize("camera_id", ["", "../cam", "a/b", ".hidden", "x" * 200])
def test_a_camera_whose_id_is_no_folder_is_refused(tmp_path, camera_id):
    with pytest.raises(RecordingError, match="cannot name a folder"):
        SegmentWriter(tmp_path, camera_id)


def test_a_stamp_is_read_back_to_the_microsecond(footage):
    assert parse_stamp(stamp(footage.base + 123_456)) == footage.base + 123_456


def test_writing_without_a_segment_is_refused(footage, tmp_path):
    with pytest.raises(RecordingError, match="no segment was begun"):
        SegmentWriter(tmp_path, "cam").add(footage.fragments()[0])


def test_an_abandoned_segment_leaves_nothing(footage, tmp_path):
    writer = SegmentWriter(tmp_path, "cam")
    writer.begin(footage.init, footage.base)
    writer.abandon()
    assert writer.start is None
    assert list(tmp_path.rglob("*.part")) == []
    assert writer.finish() is None


def test_what_was_being_written_is_told_after_a_crash_though_the_clock_was_set_back_before_it(tmp_path, footage):
    recordings = Recordings(tmp_path)
    recordings.mark_reported(footage.record(tmp_path)[-1])
    earlier = type(footage)(base=footage.base - 3600 * SECOND)
    writer, pieces = SegmentWriter(tmp_path, "cam"), earlier.fragments()
    writer.begin(earlier.init, pieces[0].start)
    for piece in pieces[:4]:
        writer.add(piece)
    (found,) = recordings.recover("cam")
    assert (found.start, found.end) == (pieces[0].start, pieces[3].end)


def test_files_that_are_not_ours_are_left_alone(tmp_path, footage):
    segments = footage.record(tmp_path)
    others = [(tmp_path / segments[0].name).with_name(name) for name in ("holiday.mp4", "half.part")]
    for path in others:
        path.write_bytes(b"mine")
    assert Recordings(tmp_path).recover("cam") == segments
    assert [path.read_bytes() for path in others] == [b"mine", b"mine"]
