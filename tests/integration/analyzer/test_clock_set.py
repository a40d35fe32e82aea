"""This machine's clock is set while a camera is recorded (by hand, or by NTP): nothing that was recorded is lost or overlaps."""

import asyncio
import contextlib
import itertools
import time

import pytest

from doorwatch.analyzer import source as sources
from doorwatch.analyzer.keeping import Keeping, Recorded
from doorwatch.analyzer.trouble import ClockWasSet
from doorwatch.analyzer.wall_clock import WallClock
from doorwatch.domain.time import SECOND, from_seconds
from doorwatch.recording.segments import Recordings, Segment, hash_of, read_entries
from doorwatch.simulators.camera import CameraSimulator


class SetClock:
    """This machine's clock, and what it was set to."""

    def __init__(self):
        self.by = 0

    def __call__(self):
        return time.time_ns() + self.by * 1000


class Told:
    """What a camera's process says to its parent."""

    def __init__(self):
        self.segments, self.until = [], []

    def send(self, header, _payload=b""):
        if header["kind"] == "segment":
            self.segments.append(Segment(**header["segment"]))
        elif header["kind"] == "recorded":
            self.until.append(header["until"])


def record(url, told, folder, seconds, *, then=lambda: None):
    """Record so many seconds of capture time, do something, and go on until the stream ends or fails."""
    with contextlib.closing(sources.open_source(url)) as source:
        keeping = Keeping(told, "cam", source, Recorded(folder))
        first = None
        try:
            for packet in source.packets():
                first = packet.pts if first is None else first
                keeping.add(packet)
                if packet.pts - first >= from_seconds(seconds):
                    if then is None:
                        return
                    then()
        finally:
            keeping.end()


@pytest.mark.parametrize("by", [-3600, 3600], ids=["back", "ahead"])
async def test_what_is_recorded_before_and_after_the_clock_is_set_by_an_hour_is_whole_and_on_the_new_clock(
    clips, tmp_path, monkeypatch, by
):
    clock, told = SetClock(), Told()
    monkeypatch.setattr(sources, "WallClock", lambda: WallClock(clock))

    def set_it():
        clock.by = by * SECOND

    async with CameraSimulator({"/a": clips / "s09-nobody.mp4"}) as simulator:
        # A camera that tells no time of its own: its pictures are timed by their arrival alone.
        simulator.mounts["/a"].reports = False
        url = simulator.url("/a")
        with pytest.raises(ClockWasSet):
            await asyncio.to_thread(record, url, told, tmp_path, 2.5, then=set_it)
        before = list(told.segments)
        await asyncio.to_thread(record, url, told, tmp_path, 2.5, then=None)
    after = told.segments[len(before) :]
    assert before
    assert after
    for some in (before, after):
        assert all(one.end <= other.start for one, other in itertools.pairwise(some))
    # The hour shows at once, in both directions.
    assert abs(after[0].start - before[-1].end - by * SECOND) < 5 * SECOND
    assert told.until[-1] == after[-1].end
    for one in told.segments:
        assert (hash_of(tmp_path / one.name), bool(read_entries(tmp_path / one.name))) == (one.sha256, True)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*4")}
    assert files == {one.name for one in told.segments}
    assert {one.segment_id for one in Recordings(tmp_path).recover("cam")} == {one.segment_id for one in told.segments}
