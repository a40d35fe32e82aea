"""A disk that is really full: recording stops, says so, loses nothing that is finished, and goes on when there is room."""

import itertools

import pytest

from doorwatch.analyzer.disk import stop_below
from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.recording import free_floor
from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragment
from doorwatch.recording.segments import Recordings, hash_of, read_entries


@pytest.fixture
def endless(footage):
    """A clip's fragments again and again, about 1 MB each ten seconds, every one with the bytes of a larger camera."""

    def pieces():
        for round_ in itertools.count():
            for piece in footage.fragments():
                yield Fragment(
                    piece.data + b"\0\0\x40\0free" + b"\0" * (0x4000 - 8),
                    piece.start + round_ * 20 * SECOND,
                    piece.duration,
                    piece.key,
                )

    return pieces()


def record(recorder, pieces, until):
    done = []
    for piece in pieces:
        done += recorder.add(piece)
        if until(done):
            return done
    raise AssertionError("never")


def whole(root, done):
    """Every segment that was told lies there as it was told, and can be read to its end."""
    for segment in done:
        path = root / segment.name
        assert (path.stat().st_size, hash_of(path)) == (segment.bytes, segment.sha256)
        assert read_entries(path)
    return True


def test_a_disk_that_fills_while_recording_leaves_whole_segments_and_goes_on_when_there_is_room(
    small_disk, footage, endless
):
    recorder = Recorder(small_disk.path, "cam", footage.init)
    done = record(recorder, endless, lambda done: len(done) >= 2)
    small_disk.fill(leave=100_000)
    done += record(recorder, endless, lambda _: recorder.trouble is not None)
    assert "No space left on device" in recorder.trouble
    assert whole(small_disk.path, done)
    assert list(small_disk.path.rglob("*.part")) == []
    small_disk.relieve()
    more = record(recorder, endless, bool)
    assert recorder.trouble is None
    assert whole(small_disk.path, more)


def test_recording_stops_before_the_disk_is_full_so_that_evidence_has_room(small_disk, footage, endless):
    floor = free_floor(small_disk.total)
    recorder = Recorder(small_disk.path, "cam", footage.init, stop_below=stop_below(small_disk.path, None))
    record(recorder, endless, lambda _: recorder.trouble is not None)
    assert "the recording is stopped" in recorder.trouble
    # What was begun above the limit was ended; a segment is less than the limit.
    assert 0 < small_disk.free < floor // 2
    assert list(small_disk.path.rglob("*.part")) == []
    oldest = sorted(path.stem for path in small_disk.path.rglob("*.mp4"))[:4]
    recordings = Recordings(small_disk.path)
    ids = [one.segment_id for one in recordings.recover("cam") if one.name.split("/")[-1][:-4] in oldest]
    recordings.delete(ids)
    record(recorder, endless, bool)
    assert recorder.trouble is None


def test_what_stays_free_is_a_tenth_at_most_50_gb_or_what_is_wanted():
    assert free_floor(100) == 10
    assert free_floor(10**13) == 50 * 10**9
    assert free_floor(10**13, 10**12) == 10**12
    assert free_floor(100, 10**12) == 50
    assert stop_below("/nowhere/at/all", None) == 0
