"""Footage is what lies on disk, in whole groups of pictures that join without a seam, and where people were beside it."""

import io

import av
import pytest

from doorwatch.domain.time import HOUR, SECOND
from doorwatch.recording import footage as room
from doorwatch.recording.clips import NothingRecordedError
from doorwatch.recording.fmp4 import entries
from doorwatch.recording.footage import LONGEST
from doorwatch.recording.people import PeopleLog, people_between, presence
from doorwatch.recording.segments import Recordings


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, request):
    clip = request.getfixturevalue("footage")
    root = tmp_path_factory.mktemp("recordings")
    clip.record(root)
    return Recordings(root)


def _starts(found):
    return [entry.start for entry in entries(io.BytesIO(found.data))]


def test_pieces_asked_for_one_after_the_other_hold_every_fragment_once(footage, recorded):
    clip, told, at = footage, [], footage.base + SECOND
    while True:
        try:
            found = footage_of(recorded, at, at + 3 * SECOND)
        except NothingRecordedError:
            break
        told += _starts(found)
        assert found.end > at
        at = found.end
    assert told == [piece.start for piece in clip.fragments()]


def footage_of(recorded, start, end):
    return room.footage(recorded, "cam", start, end)


def test_a_piece_begins_at_the_key_picture_before_and_can_be_decoded_alone(footage, recorded):
    found = footage_of(recorded, footage.base + 5 * SECOND, footage.base + 6 * SECOND)
    assert footage.base <= found.start <= footage.base + 5 * SECOND
    assert found.codec.startswith("avc1.")
    with av.open(io.BytesIO(found.data), format="mp4") as video:
        assert sum(1 for _ in video.decode(video=0)) > 10


def test_what_is_not_recorded_is_said_to_be_so(footage, recorded, tmp_path):
    for root, at in ((recorded, footage.base + HOUR), (recorded, footage.base - HOUR), (Recordings(tmp_path), 0)):
        with pytest.raises(NothingRecordedError, match="no recording"):
            footage_of(root, at, at + SECOND)


def test_a_gap_is_not_filled_with_what_was_before_it(footage, other_footage, tmp_path):
    footage.record(tmp_path)
    other_footage.record(tmp_path)
    found = footage_of(Recordings(tmp_path), other_footage.base - 10 * SECOND, other_footage.base + SECOND)
    assert found.start == other_footage.samples[0].pts


def test_no_more_than_half_a_minute_is_given_out_at_a_time(footage, tmp_path):
    footage.record(tmp_path)
    found = footage_of(Recordings(tmp_path), footage.base, footage.base + 10 * HOUR)
    assert found.end - found.start <= LONGEST + 10 * SECOND


PERSON = {"track": "t1", "door_id": "d", "box": [10.4, 20.0, 30.0, 80.6], "foot": [20.2, 80.0], "tile": [1, 2]}


def test_people_come_back_as_they_were_seen_and_damaged_lines_are_passed_over(tmp_path):
    base = 1_790_035_200_000_000
    folder = tmp_path / "cam" / "20260922"
    folder.mkdir(parents=True)
    log = PeopleLog(tmp_path, "cam")
    log.add(base - SECOND, [])  # nobody, and nobody before: no line
    for at in (0, 100_000, 200_000):
        log.add(base + at, [PERSON])
    log.add(base + 300_000, [])
    log.flush()
    (file,) = folder.glob("*.people")
    file.write_text(file.read_text() + '[1,["t"]]\n{"a":1}\n[17900000\n')
    found = people_between(tmp_path, "cam", base, base + SECOND)
    assert [frame["at_us"] - base for frame in found] == [0, 100_000, 200_000, 300_000]
    assert found[0]["people"] == [{**PERSON, "box": [10, 20, 30, 81], "foot": [20, 80]}]
    assert presence(tmp_path, "cam", base, base + SECOND) == [(base, base + 200_000)]


def test_where_nothing_is_recorded_no_people_are_kept(tmp_path):
    log = PeopleLog(tmp_path, "cam")
    log.add(1_790_035_200_000_000, [PERSON])
    log.flush()
    assert not list(tmp_path.iterdir())


def test_people_go_with_the_last_segment_of_their_hour(footage, tmp_path):
    segments = footage.record(tmp_path)
    log = PeopleLog(tmp_path, "cam")
    log.add(footage.base + SECOND, [PERSON])
    log.flush()
    recordings = Recordings(tmp_path)
    recordings.delete([segments[0].segment_id])
    assert people_between(tmp_path, "cam", footage.base, footage.base + HOUR)
    recordings.delete([one.segment_id for one in segments[1:]])
    assert not [path for path in (tmp_path / "cam").iterdir() if path.is_dir()]
