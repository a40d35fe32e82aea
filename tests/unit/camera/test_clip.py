"""A clip is read as a camera would send it, and joined at the place where it would be by now."""

import av
import pytest

from doorwatch.domain.time import SECOND
from doorwatch.simulators.camera import Clip, ClipError


@pytest.fixture(scope="module")
def clip(request):
    return Clip.load(request.path.parents[2] / "clips" / "s02-tailgating.mp4")


def test_the_clip_lasts_until_its_next_showing(clip):
    assert clip.duration == 12_960_000
    assert len(clip.pictures) == 162
    assert (clip.codec, clip.width, clip.height) == ("h264", 640, 360)


def test_it_begins_with_its_parameters_and_a_key_picture(clip):
    assert [unit[0] & 0x1F for unit in clip.parameters] == [7, 8]
    assert clip.pictures[0].key
    assert all(picture.units for picture in clip.pictures)


def test_pictures_are_due_in_the_order_in_which_they_are_sent(clip):
    due = [picture.due for picture in clip.pictures]
    assert due == sorted(due)
    assert all(picture.due >= picture.pts for picture in clip.pictures)


@pytest.mark.parametrize(
    ("elapsed", "place"),
    [(-5, (0, 0)), (0, (0, 0)), (1, (0, 25)), (2_000_000, (0, 25)), (2_000_001, (0, 50)), (12_900_000, (1, 0))],
)
def test_a_viewer_starts_at_the_next_key_picture(clip, elapsed, place):
    assert clip.position(elapsed) == place


def test_later_showings_are_joined_at_the_same_places(clip):
    assert clip.position(7 * clip.duration + SECOND) == (7, 25)


def test_a_missing_clip_is_told(tmp_path):
    with pytest.raises(ClipError, match="there is no clip"):
        Clip.load(tmp_path / "none.mp4")


def test_a_file_that_is_no_video_is_told(tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(ClipError, match="cannot be read as video"):
        Clip.load(tmp_path / "text.mp4")


def test_a_codec_that_is_not_sent_over_rtsp_is_told(tmp_path):
    path = tmp_path / "picture.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for packet in [*stream.encode(av.VideoFrame(64, 64, "yuvj420p")), *stream.encode(None)]:
            output.mux(packet)
    with pytest.raises(ClipError, match="mjpeg video"):
        Clip.load(path)
