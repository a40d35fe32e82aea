"""`doorwatch check --video`: every fault of recorded video is caused, named, and repaired by its rule."""

import itertools
import json
import os
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from installed import run
from sqlalchemy import update

from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import HOUR, SECOND, SystemClock
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.store import Database, cameras, holds, segments, tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.schema.media import segments as table
from doorwatch.store.segments import Segment

CLIP = Path(__file__).parents[2] / "clips" / "s02-tailgating.mp4"


def _record(root, base):
    """The clip as segments of the camera `cam`, an hour ago."""
    fragmenter = Fragmenter()
    with av.open(str(CLIP)) as container:
        stream = container.streams.video[0]
        recorder, done = Recorder(root, "cam", init_segment(stream)), []
        extradata, tick = bytes(stream.codec_context.extradata), float(stream.time_base) * SECOND
        for packet in container.demux(stream):
            if packet.size:
                times = base + round(packet.dts * tick), base + round(packet.pts * tick)
                sample = Sample(with_lengths(bytes(packet), extradata), *times, packet.is_keyframe)
                if (piece := fragmenter.add(sample)) is not None:
                    done += recorder.add(piece)
        return done + recorder.finish()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A SQLite installation with a camera's recording, to be copied."""
    folder = tmp_path_factory.mktemp("recorded")
    now = SystemClock().now()
    told = _record(folder / "recordings", now - now % SECOND - HOUR)
    with Database.open(f"sqlite:///{folder / 'doorwatch.db'}") as db:

        def furnish(conn):
            account = tenants.ensure_default(conn, now)[0].account_id
            cameras.add_camera(conn, account, name="Cam", url="rtsp://x", now=now, camera_id="cam")
            rows = [Segment(o.segment_id, "cam", o.start, o.end, o.bytes, o.name, o.sha256) for o in told]
            segments.store_segments(conn, account, rows)
            return account, rows

        account, rows = db.write_sync(furnish)
    return folder, account, rows


@pytest.fixture
def house(made, tmp_path):
    """A copy of it, as old as it tells."""
    folder, account, rows = made
    for path in folder.rglob("*"):
        target = tmp_path / path.relative_to(folder)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    for path in (tmp_path / "recordings").rglob("*.mp4"):
        os.utime(path, (1, 1))

    def work(function):
        with Database.open(f"sqlite:///{tmp_path / 'doorwatch.db'}") as db:
            return db.write_sync(function)

    def change(number, **values):
        work(
            lambda conn: conn.execute(update(table).where(table.c.segment_id == rows[number].segment_id).values(values))
        )

    def listed():
        return work(lambda conn: segments.of_account(conn, account))

    paths = [tmp_path / "recordings" / one.name for one in rows]
    return SimpleNamespace(
        folder=tmp_path, account=account, rows=rows, paths=paths, work=work, change=change, listed=listed
    )


def check(house, *more):
    """Exit code and what is told, a mapping a line."""
    done = run("--video", "--json", "--data-dir", house.folder, *more)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def faults(house):
    code, told = check(house)
    named = [(one["fault"], one["name"]) for one in told[:-1]]
    assert (code, told[-1]["ok"]) == ((1, False) if named else (0, True))
    return named


def repaired(house):
    """What the repair says it did; the check is clean afterwards, and a second repair has nothing to do."""
    code, told = check(house, "--repair")
    assert code == 0, told
    assert faults(house) == []
    assert check(house, "--repair")[1][:-1] == []
    return [one["done"] for one in told if "done" in one]


def damage(path, at=3000):
    data = bytearray(path.read_bytes())
    data[at : at + 4] = b"\0\0\0\0" if data[at : at + 4] != b"\0\0\0\0" else b"\1\1\1\1"
    path.write_bytes(data)
    os.utime(path, (1, 1))


def test_a_sound_recording_is_proved_and_repairing_it_changes_nothing(house):
    assert faults(house) == []
    before = {path: path.read_bytes() for path in house.paths}
    assert check(house, "--repair")[0] == 0
    assert house.listed() == house.rows
    assert {path: path.read_bytes() for path in house.paths} == before


def test_a_missing_file_is_named_and_its_row_goes(house):
    house.paths[1].unlink()
    assert faults(house) == [("missing", house.rows[1].name)]
    assert repaired(house) == ["it is taken off the list"]
    assert house.listed() == [one for one in house.rows if one is not house.rows[1]]


def test_a_truncated_file_is_named_and_what_is_whole_in_it_stays(house):
    whole = house.paths[1].read_bytes()
    house.paths[1].write_bytes(whole[: len(whole) * 2 // 3])
    assert faults(house) == [("truncated", house.rows[1].name)]
    assert repaired(house) == ["what is whole in it is kept and listed"]
    one = house.listed()[1]
    assert house.rows[1].start == one.start < one.end < house.rows[1].end
    assert house.paths[1].stat().st_size == one.bytes < len(whole) * 2 // 3


def test_a_file_of_which_nothing_is_whole_is_set_aside_and_not_deleted(house):
    house.paths[1].write_bytes(b"ftyp")
    assert faults(house) == [("truncated", house.rows[1].name)]
    assert repaired(house) == ["it is set aside, its time is a gap"]
    assert (house.folder / "set-aside" / house.rows[1].name).read_bytes() == b"ftyp"
    assert len(house.listed()) == len(house.rows) - 1


def test_altered_bytes_are_named_though_the_size_is_right(house):
    damage(house.paths[0])
    assert faults(house) == [("altered", house.rows[0].name)]
    assert repaired(house) == ["it is set aside, its time is a gap"]
    assert (house.folder / "set-aside" / house.rows[0].name).exists()


def test_bytes_that_were_added_are_named(house):
    with house.paths[0].open("ab") as file:
        file.write(b"more")
    assert faults(house) == [("altered", house.rows[0].name)]


def test_a_row_with_the_wrong_times_is_named_and_corrected(house):
    house.change(1, end=house.rows[1].end + SECOND // 4)
    assert faults(house) == [("mistimed", house.rows[1].name)]
    repaired(house)
    assert house.listed() == house.rows


def test_rows_that_overlap_are_named_and_the_first_ends_where_the_second_begins(house):
    # As a camera's clock leaves it that jumped back: what was recorded then has times that were there already.
    again = _record(house.folder / "recordings", house.rows[0].start + 2 * SECOND)
    rows = [Segment(o.segment_id, "cam", o.start, o.end, o.bytes, o.name, o.sha256) for o in again]
    house.work(lambda conn: segments.store_segments(conn, house.account, rows))
    named = faults(house)
    assert named[0] == ("overlapping", house.rows[0].name)
    assert {wrong for wrong, _ in named} == {"overlapping"}
    assert set(repaired(house)) == {"it is listed up to where the next one begins"}
    listed = house.listed()
    assert len(listed) == len(house.rows) + len(rows)
    assert all(one.end <= other.start for one, other in itertools.pairwise(listed))


def test_a_file_without_a_row_is_listed_again_with_its_hash(house):
    house.work(lambda conn: segments.forget_row(conn, house.account, house.rows[2].segment_id))
    assert faults(house) == [("unlisted", house.rows[2].name)]
    assert repaired(house) == ["it is listed again"]
    assert house.listed() == house.rows


def test_a_file_that_is_no_recording_and_one_of_an_unknown_camera_are_set_aside(house):
    names = ["cam/20260101/rubbish.mp4", f"other/{house.paths[0].parent.name}/{house.paths[0].name}"]
    for name in names:
        path = house.folder / "recordings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rubbish" if "rubbish" in name else house.paths[0].read_bytes())
        os.utime(path, (1, 1))
    assert faults(house) == [("unreadable", names[0]), ("unlisted", names[1])]
    assert repaired(house) == ["it is set aside", "it is set aside"]


def test_what_a_crash_left_unfinished_is_finished_and_listed(house):
    house.work(lambda conn: segments.forget_row(conn, house.account, house.rows[2].segment_id))
    part = house.paths[2].rename(house.paths[2].with_suffix(".part"))
    with part.open("ab") as file:
        file.write(b"\0\0\1\0moofhalf")
    os.utime(part, (1, 1))
    assert faults(house) == [("unfinished", str(part.relative_to(house.folder / "recordings")))]
    repaired(house)
    assert house.listed() == house.rows


def test_what_was_written_a_moment_ago_is_left_alone(house):
    house.work(lambda conn: segments.forget_row(conn, house.account, house.rows[2].segment_id))
    os.utime(house.paths[2])
    assert faults(house) == []


def test_nothing_that_is_held_is_changed_or_deleted_and_its_time_becomes_a_gap(house, monkeypatch):
    spans = [holds.Span("cam", 0, SystemClock().now())]
    monkeypatch.setattr(holds, "held_spans", lambda *_: spans)
    house.paths[0].unlink()
    damage(house.paths[1])
    altered = house.paths[1].read_bytes()
    code, told = check(house, "--repair")
    assert code == 1
    assert {one["done"] for one in told if "done" in one} == {
        "left as it is, because it is held; its time is shown as a gap"
    }
    assert all(one["held"] for one in told if "held" in one)
    assert house.paths[1].read_bytes() == altered
    assert [one.fault for one in house.listed()][:2] == ["missing", "altered"]

    def shown(conn):
        return segments.recorded_spans(conn, house.account, "cam", 0, SystemClock().now())

    assert house.work(shown)[0].start == house.rows[2].start


def test_a_held_file_that_was_put_back_is_shown_again(house, monkeypatch):
    house.change(0, fault="missing")
    assert faults(house) == [("restored", house.rows[0].name)]
    repaired(house)
    assert house.listed() == house.rows


def test_each_fault_says_its_cause_and_cure_and_each_repair_is_in_the_audit_trail(house):
    house.paths[1].unlink()
    done = run("--video", "--data-dir", house.folder)
    assert done.exit_code == 1
    line = done.stdout.splitlines()[0]
    assert line.startswith(f"broken  {house.rows[1].name} has no file: its file is gone (deleted by hand")
    check(house, "--repair")
    (entry,) = house.work(lambda conn: audit.list_entries(conn, house.account, action="video.repair"))
    assert (entry.subject, entry.detail) == (house.rows[1].name, {"wrong": "missing"})


def test_repairing_without_video_and_a_folder_without_an_installation_are_refused(house, tmp_path):
    assert run("--repair", "--data-dir", house.folder).exit_code == 2
    assert run("--video", "--data-dir", tmp_path / "nothing").exit_code == 2
