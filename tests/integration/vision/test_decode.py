"""Reading videos: times, the beginnings of broken files, and one clear sentence for what is no video."""

import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from doorwatch.vision.decode import Decoder, VideoError, colours, facts, frames, luma

from .conftest import CLIPS

CLIP = CLIPS / "s01-one-in.mp4"


def made(path, times, size=(64, 48)):
    """A small video whose frames are shown at these milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=1000)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, at in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), number * 20 % 255, np.uint8), "bgr24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_file_gives_every_frame_with_its_time():
    got = list(frames(CLIP))
    assert [frame.index for frame in got] == list(range(150))
    assert [frame.at for frame in got[:3]] == [0, 80_000, 160_000]
    assert got[0].picture.shape == (360, 640, 3)


def test_times_begin_at_the_start_given():
    assert next(iter(frames(CLIP, start=1_700_000_000_000_000))).at == 1_700_000_000_000_000


def test_every_second_frame_keeps_numbers_and_times():
    got = list(frames(CLIP, every=2))
    assert [frame.index for frame in got[:3]] == [0, 2, 4]
    assert [frame.at for frame in got[:3]] == [0, 160_000, 320_000]


def test_a_changing_frame_rate_keeps_its_times(tmp_path):
    times = [0, 40, 200, 240, 900]
    got = [frame.at for frame in frames(made(tmp_path / "vfr.mkv", times))]
    assert got == [at * 1000 for at in times]


def raw_stream(path, rate):
    """A stream as a recorder writes it that keeps nothing but the pictures; it states its rate."""
    with av.open(str(path), "w", format="h264") as target:
        stream = target.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 10 * index, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


def test_a_raw_stream_has_the_rate_that_it_states(tmp_path):
    told = []
    times = [frame.at for frame in frames(raw_stream(tmp_path / "raw.h264", 10), remark=told.append)]
    assert times == [index * 100_000 for index in range(20)]
    assert told == []


def test_a_raw_stream_that_states_no_rate_of_its_own_is_taken_at_twenty_five_a_second_and_that_is_said(tmp_path):
    told = []
    times = [frame.at for frame in frames(raw_stream(tmp_path / "raw.h264", 25), remark=told.append)]
    assert times[-1] == 19 * 40_000
    assert told == [
        f"{tmp_path / 'raw.h264'} carries no times: 25 frames a second are assumed; give the true rate with --fps"
    ]


def test_the_rate_given_is_the_rate_of_a_stream_without_times_and_of_no_other(tmp_path):
    told = []
    times = [frame.at for frame in frames(raw_stream(tmp_path / "raw.h264", 25), fps=12.5, remark=told.append)]
    assert times[-1] == 19 * 80_000
    assert told == []
    own = [frame.at for frame in frames(CLIP)]
    assert [frame.at for frame in frames(CLIP, fps=5, remark=told.append)] == own
    assert told == [f"{CLIP} carries its own times, so the rate that was given is not used"]


def test_a_file_that_breaks_off_gives_what_it_holds(tmp_path):
    whole = made(tmp_path / "whole.mkv", range(0, 4000, 40))
    broken = tmp_path / "broken.mkv"
    content = whole.read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    assert 10 < len(list(frames(broken))) < 100


def test_a_file_that_breaks_off_says_so_once_and_a_whole_one_says_nothing(tmp_path):
    whole = made(tmp_path / "whole.mkv", range(0, 12_000, 40))
    broken = tmp_path / "broken.mkv"
    content = whole.read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    told: list[str] = []
    assert len(list(frames(whole, tell=told.append))) == 300
    assert list(frames(CLIP, tell=told.append))
    assert told == []
    assert list(frames(broken, tell=told.append))
    assert len(told) == 1
    assert "broken.mkv breaks off after" in told[0]
    assert "copy the file again" in told[0]


def test_damage_in_the_middle_of_a_file_is_told(tmp_path):
    whole = made(tmp_path / "whole.mkv", range(0, 12_000, 40), size=(320, 240))
    content = bytearray(whole.read_bytes())
    for place in range(len(content) // 3, len(content) // 2, 97):
        content[place : place + 8] = b"\xff" * 8
    damaged = tmp_path / "damaged.mkv"
    damaged.write_bytes(content)
    told: list[str] = []
    assert list(frames(damaged, tell=told.append))
    assert len(told) == 1


def test_facts_are_read_without_decoding():
    about = facts(CLIP)
    assert (about.width, about.height, about.fps, about.codec) == (640, 360, 12.5, "h264")
    assert about.duration == 12_000_000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(VideoError, match="there is no video"):
        next(iter(frames(tmp_path / "absent.mp4")))


def test_a_folder_is_no_video(tmp_path):
    with pytest.raises(VideoError, match="is a folder"):
        facts(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"this is a letter\n" * 50, "cannot be read as a video")]
)
def test_what_is_no_video_is_told_with_the_cure(tmp_path, content, message):
    path = tmp_path / "door.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=message):
        next(iter(frames(path)))


@pytest.mark.parametrize("name", ["demo.avi", "demo.txt", "demo"])
def test_a_video_is_known_by_what_it_holds_and_not_by_its_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(CLIP.read_bytes())
    assert facts(path) == facts(CLIP)
    assert next(iter(frames(path))).at == 0


def test_an_mp4_cut_before_its_index_is_told(tmp_path):
    path = tmp_path / "cut.mp4"
    path.write_bytes(CLIP.read_bytes()[:20_000])
    with pytest.raises(VideoError, match="cut"):
        list(frames(path))


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    with pytest.raises(VideoError, match="no picture"):
        facts(path)


def test_pictures_too_large_for_the_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("doorwatch.vision.decode.MAX_PIXELS", 1000)
    with pytest.raises(VideoError, match="megapixels"):
        next(iter(frames(made(tmp_path / "large.mkv", [0, 40]))))


def test_packets_are_decoded_one_by_one_and_broken_ones_skipped():
    with av.open(str(CLIP)) as container:
        stream = container.streams.video[0]
        decoder = Decoder(stream.codec_context)
        found = []
        for number, packet in enumerate(container.demux(stream)):
            if number == 20:
                found += decoder.decode(av.Packet(b"\x00\x00\x00\x02xx"))
            found += decoder.decode(packet)
        assert len(found) >= 145


def test_brightness_is_the_same_with_and_without_a_plane():
    with av.open(str(CLIP)) as container:
        frame = next(container.decode(video=0))
        grey = luma(frame)
        assert grey.shape == (360, 640)
        converted = luma(frame.reformat(format="rgb24"))
        # one is video range, the other full range: they go up and down together
        assert np.corrcoef(grey.ravel(), converted.ravel())[0, 1] > 0.99
        assert colours(frame).shape == (360, 640, 3)
