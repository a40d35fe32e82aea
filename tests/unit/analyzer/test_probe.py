"""A probe says what a camera sends, and what is wrong with it, in one go."""

import json
from dataclasses import replace

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from doorwatch.analyzer.probe import probe
from doorwatch.analyzer.source import open_source
from doorwatch.cli.camera import app
from doorwatch.domain.time import SECOND


@pytest.fixture
def clip(request):
    return request.path.parents[2] / "clips" / "s02-tailgating.mp4"


def _video(path, *, size=(640, 360), rate=12, seconds=6, level=128, group=12):
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"g": str(group), "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        picture = np.full((size[1], size[0], 3), level, np.uint8)
        for _ in range(rate * seconds):
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return f"file:{path}?pace=0"


def test_a_good_camera_has_no_problems(clip):
    found = probe(f"file:{clip}?pace=0")
    assert found.problems == []
    assert (found.codec, found.width, found.height, found.fps) == ("avc1.640016", 640, 360, 12.5)
    assert found.key_every == 2 * SECOND
    assert found.picture.startswith(b"\xff\xd8")
    assert found.damaged == 0


@pytest.fixture
def changed(monkeypatch):
    """Has every packet of a source changed, by its number."""

    def by(change):
        def opened(url, transport):
            source = open_source(url, transport)
            packets = source.packets
            source.packets = lambda: (change(number, packet) for number, packet in enumerate(packets()))
            return source

        monkeypatch.setattr("doorwatch.analyzer.probe.open_source", opened)

    return by


def test_a_clock_that_is_corrected_meanwhile_changes_nothing_of_the_frame_rate(clip, changed):
    changed(lambda number, packet: replace(packet, pts=packet.pts - (SECOND if number >= 30 else 0)))
    found = probe(f"file:{clip}?pace=0")
    assert (found.fps, found.key_every) == (12.5, 2 * SECOND)


def test_pictures_whose_times_stand_still_are_told(clip, changed):
    changed(lambda number, packet: replace(packet, pts=0, arrived=number * SECOND // 12))
    (problem,) = probe(f"file:{clip}?pace=0").problems
    assert "13 s after the times that they tell" in problem
    assert "if their times stand still, choose another of its streams" in problem


@pytest.mark.parametrize(
    ("video", "words"),
    [
        ({"rate": 4}, "too few to follow people"),
        ({"size": (160, 96)}, "pixels of width"),
        ({"level": 5}, "the picture is dark"),
        ({"group": 500, "seconds": 8}, "key frames are rare"),
    ],
)
def test_what_makes_a_camera_unfit_is_told_with_its_cure(tmp_path, video, words):
    (problem,) = probe(_video(tmp_path / "video.mp4", **video)).problems
    assert words in problem
    assert ":" in problem


def test_what_cannot_be_opened_is_told(tmp_path):
    found = probe(str(tmp_path / "none.mp4"))
    assert found.codec is None
    assert "there is no file" in found.problems[0]


def test_the_command_prints_one_json_line_and_writes_the_picture(clip, tmp_path):
    picture = tmp_path / "last.jpg"
    done = CliRunner().invoke(app, ["probe", f"file:{clip}?pace=0", "--json", "--picture", str(picture)])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["key_frame_interval_ms"] == 2000
    assert picture.stat().st_size > 5000


def test_the_command_ends_with_one_when_something_is_wrong():
    done = CliRunner().invoke(app, ["probe", "rtsp://user:secret@127.0.0.1:9/x"])
    assert done.exit_code == 1
    assert "secret" not in done.stdout
    assert "! " in done.stdout
