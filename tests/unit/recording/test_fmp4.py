"""Fragments carry exactly the times that were measured, never overlap, and play in a decoder."""

import io
import itertools

import av
import numpy as np
import pytest

from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragmenter, Sample, entries, fragment, init_segment, with_lengths


def test_every_picture_keeps_its_capture_time_to_the_microsecond(footage):
    data = footage.init.data + b"".join(piece.data for piece in footage.fragments())
    with av.open(io.BytesIO(data), format="mp4") as container:
        stream = container.streams.video[0]
        assert stream.time_base.denominator == SECOND
        shown = [frame.pts for frame in container.decode(stream)]
    assert shown == sorted(sample.pts for sample in footage.samples)


def test_fragments_lie_end_to_end(footage):
    pieces = footage.fragments()
    for before, after in itertools.pairwise(pieces):
        assert before.end == after.start


def test_a_fragment_begins_at_every_key_picture(footage):
    keys = {sample.pts for sample in footage.samples if sample.key}
    assert {piece.start for piece in footage.fragments() if piece.key} == keys


def test_fragments_are_short_enough_to_be_live(footage):
    assert max(piece.duration for piece in footage.fragments()) <= 0.8 * SECOND


def test_a_cut_is_never_made_between_pictures_that_swap_their_order():
    fragmenter = Fragmenter(least=100)
    order = [
        (0, 0, True),
        (100, 400, False),
        (200, 200, False),
        (300, 300, False),
        (400, 800, False),
        (500, 600, False),
    ]
    cuts = [fragmenter.add(Sample(b"x", dts, pts, key)) for dts, pts, key in order]
    assert [cut is not None for cut in cuts] == [False, True, False, False, True, False]


def test_a_lone_picture_can_be_finished():
    fragmenter = Fragmenter()
    assert fragmenter.finish() is None
    fragmenter.add(Sample(b"x", 1000, 1000, True))
    last = fragmenter.finish()
    assert (last.start, last.duration, last.key) == (1000, 40_000, True)


def test_the_codec_is_named_as_browsers_ask_for_it(footage):
    assert footage.init.codec == "avc1.640016"
    assert (footage.init.width, footage.init.height) == (640, 360)


def test_hevc_is_named_as_browsers_ask_for_it(tmp_path):
    # one picture with B-frames switched on may leave the encoder without a decoding time, which no MP4 can hold
    path = tmp_path / "hevc.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx265", rate=10, options={"x265-params": "log-level=none:bframes=0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_tag = "hvc1"
        frame = av.VideoFrame.from_ndarray(np.full((96, 64), 128, np.uint8), format="yuv420p")
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    with av.open(str(path)) as container:
        init = init_segment(container.streams.video[0])
    assert init.codec.startswith("hvc1.1.")
    assert ".L" in init.codec


def test_start_codes_become_lengths():
    parameters = b"\0\0\0\1\x67abc"
    assert with_lengths(b"\0\0\0\1\x67abc\0\0\1\x65picture", parameters) == b"\0\0\0\4\x67abc\0\0\0\x08\x65picture"


def test_a_picture_in_mp4_form_is_left_alone():
    assert with_lengths(b"\0\0\0\1\x65", b"\x01\x64") == b"\0\0\0\1\x65"


def test_a_file_is_read_back_fragment_by_fragment(footage):
    pieces = footage.fragments()
    file = io.BytesIO(footage.init.data + b"".join(piece.data for piece in pieces))
    found = list(entries(file))
    assert [(e.start, e.end, e.key) for e in found] == [(p.start, p.end, p.key) for p in pieces]
    assert found[0].offset == len(footage.init.data)
    assert sum(entry.size for entry in found) == sum(len(piece.data) for piece in pieces)


@pytest.mark.parametrize("missing", [1, 7, 8, 100, 1000])
def test_a_file_that_was_cut_short_ends_at_its_last_whole_fragment(footage, missing):
    pieces = footage.fragments()[:3]
    whole = footage.init.data + b"".join(piece.data for piece in pieces)
    assert len(list(entries(io.BytesIO(whole[:-missing])))) == 2


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\0\0\0moof", b"\xff\xff\xff\xffmoof", b"\0\0\0\x08moof\0\0\0\x08mdat"]
)
def test_what_is_no_video_has_no_fragments(data):
    assert list(entries(io.BytesIO(data))) == []


def test_a_picture_shown_before_its_decode_time_is_written_truly():
    piece = fragment(1, [Sample(b"a", 1_000_000, 900_000, True), Sample(b"b", 1_100_000, 1_000_000, False)], 1_200_000)
    (entry,) = entries(io.BytesIO(piece.data))
    assert (entry.start, entry.end) == (900_000, 1_100_000)
