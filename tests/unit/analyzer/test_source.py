"""Files and folders are played like cameras: at their own speed, in a loop, with the times that their address says."""

import contextlib
import itertools
import shutil
import time
from fractions import Fraction
from types import SimpleNamespace

import av
import pytest

from doorwatch.analyzer.source import _check_times, _fill_in, open_camera, open_source
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.domain.time import SECOND, from_iso, to_iso

LENGTH = 12_960_000


@pytest.fixture(scope="module")
def clip(request):
    return request.path.parents[2] / "clips" / "s02-tailgating.mp4"


def _packets(url, count=None):
    with contextlib.closing(open_source(url)) as source:
        return list(itertools.islice(source.packets(), count))


def test_without_pace_a_file_is_read_as_fast_as_it_goes_from_its_epoch_on(clip):
    packets = _packets(f"file:{clip}?pace=0&epoch=2026-01-01T00:00:00Z")
    epoch = from_iso("2026-01-01T00:00:00Z")
    assert len(packets) == 162
    assert packets[0].key
    assert sorted(packet.pts - epoch for packet in packets)[:3] == [0, 80_000, 160_000]
    assert [packet.dts for packet in packets] == sorted({packet.dts for packet in packets})


def test_a_looped_file_is_joined_where_it_would_be_by_now(clip):
    epoch = time.time_ns() // 1000 - 5 * LENGTH - 3_900_000
    (first,) = _packets(f"file:{clip}?loop=1&epoch={to_iso(epoch)}", 1)
    assert first.key
    assert first.pts - epoch == 5 * LENGTH + 4_000_000


def test_pictures_come_when_they_are_captured(clip):
    for packet in _packets(str(clip), 12):
        assert packet.arrived - packet.pts > -2_000
        assert packet.arrived - packet.pts < SECOND


def test_a_loop_goes_on_without_a_step_in_time(clip):
    packets = _packets(f"file:{clip}?loop=1&pace=0&epoch=2026-01-01T00:00:00Z", 330)
    shown = sorted(packet.pts for packet in packets[:324])
    assert {b - a for a, b in itertools.pairwise(shown)} == {80_000}


def test_the_videos_of_a_folder_follow_each_other(clip, tmp_path):
    for name in ("b.mp4", "a.mp4"):
        shutil.copy(clip, tmp_path / name)
    (tmp_path / "notes.txt").write_text("no video")
    packets = _packets(f"file:{tmp_path}?pace=0&epoch=2026-01-01T00:00:00Z")
    assert len(packets) == 324
    assert max(packet.pts for packet in packets) == from_iso("2026-01-01T00:00:00Z") + 2 * LENGTH - 80_000


def test_videos_that_cannot_be_one_recording_are_refused(clip, tmp_path):
    shutil.copy(clip, tmp_path / "a.mp4")
    shutil.copy(clip.with_name("demo.mp4"), tmp_path / "b.mp4")
    import av

    with av.open(str(tmp_path / "b.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for packet in [*stream.encode(av.VideoFrame(64, 64, "yuv420p")), *stream.encode(None)]:
            output.mux(packet)
    with pytest.raises(CameraTrouble, match="convert them to one form"):
        open_source(f"file:{tmp_path}")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", 400),
        ("http://camera/video", 400),
        ("file:/none.mp4", 404),
        ("none.mp4", 404),
        ("file:{clip}?epoch=soon", 400),
    ],
)
def test_an_address_that_cannot_be_read_has_its_code(clip, address, code):
    with pytest.raises(CameraTrouble) as caught:
        open_source(address.format(clip=clip))
    assert caught.value.code == code


def test_pictures_too_large_to_be_held_are_refused_before_one_is_decoded(tmp_path):
    file = tmp_path / "huge.mp4"
    with av.open(str(file), "w") as target:
        stream = target.add_stream("libx264", rate=12, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 8192, 5120, "yuv420p"
        target.mux(stream.encode(av.VideoFrame(8192, 5120, "yuv420p")))
        target.mux(stream.encode(None))
    with pytest.raises(CameraTrouble, match=r"8192 x 5120 pixels, 42 million: choose a stream of at most 40 million"):
        open_source(str(file))


def _packet(pts, dts, wall=None):
    return SimpleNamespace(
        pts=pts,
        dts=dts,
        duration=7200,
        time_base=Fraction(1, 90_000),
        has_sidedata=lambda _kind: wall is not None,
        get_sidedata=lambda _kind: (wall or 0).to_bytes(8, "little"),
    )


def test_first_pictures_without_times_get_them_from_the_later_ones():
    walls = [1_000_000 - 80_000, 1_240_000, 1_080_000, 1_000_000]
    packets = [
        _packet(None, None, walls[0]),
        _packet(28_600, None, walls[1]),
        _packet(14_200, None, walls[2]),
        _packet(7_000, 7_000, walls[3]),
    ]
    _fill_in(packets)
    assert [packet.pts for packet in packets] == [-200, 28_600, 14_200, 7_000]
    assert [packet.dts for packet in packets] == [-14_600, -7_400, -200, 7_000]
    assert all(packet.dts <= packet.pts for packet in packets)


def test_without_reports_the_first_picture_is_shown_before_all_others():
    packets = [_packet(None, None), _packet(28_600, None), _packet(7_000, 7_000)]
    _fill_in(packets)
    assert packets[0].pts == -200


@pytest.fixture
def permitted(tmp_path, monkeypatch):
    """A folder out of which files may serve as cameras."""
    folder = tmp_path / "permitted"
    folder.mkdir()
    monkeypatch.setenv("DOORWATCH_CAMERA_FOLDERS", f"/nowhere, {folder}")
    return folder


def test_a_camera_may_be_a_file_out_of_a_folder_that_was_named_for_it(clip, permitted):
    shutil.copy(clip, permitted / "a.mp4")
    for address in (f"file:{permitted}/a.mp4?pace=0", str(permitted / "a.mp4"), f"FILE:{permitted}/a.mp4"[5:]):
        with contextlib.closing(open_camera(address)) as source:
            assert source.stream is not None


def test_a_file_elsewhere_is_no_camera_however_its_address_is_written(clip, permitted, tmp_path):
    (permitted / "link.mp4").symlink_to(clip)
    for address in (
        f"file:{clip}",
        str(clip),
        f"file:{permitted}/../../{clip.name}",
        f"file:{permitted}/link.mp4",
        f"file://{clip}",
        f"file:{permitted}x/a.mp4",
    ):
        with pytest.raises(CameraTrouble, match=r"in no folder .* name its folder in DOORWATCH_CAMERA_FOLDERS"):
            open_camera(address)


def test_without_a_named_folder_no_file_is_a_camera(clip, monkeypatch):
    monkeypatch.delenv("DOORWATCH_CAMERA_FOLDERS", raising=False)
    with pytest.raises(CameraTrouble, match="DOORWATCH_CAMERA_FOLDERS"):
        open_camera(f"file:{clip}")


@pytest.mark.parametrize(
    ("dts", "pts", "came", "words"),
    [
        (0, 3000 * SECOND, 0, "timestamps jumped"),
        (3000 * SECOND, 0, 0, "timestamps jumped"),
        (0, 0, 21 * SECOND, "fell behind by 20 s"),
    ],
)
def test_times_that_no_camera_can_mean_end_the_stream(dts, pts, came, words):
    with pytest.raises(CameraTrouble, match=words) as caught:
        _check_times(dts, pts, came)
    assert caught.value.code == 408
    _check_times(0, SECOND, 19 * SECOND)
