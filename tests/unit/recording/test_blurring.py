"""Who is hidden cannot be recognised, the rest of the picture is untouched, and what nobody knows is hidden whole."""

import gzip
import io
import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.time import SECOND
from doorwatch.recording.blurring import (
    KNOWN_WITHIN,
    SWEPT,
    Searched,
    Whereabouts,
    hidden_clip,
    hidden_jpeg,
    hide,
)
from doorwatch.recording.clips import NothingRecordedError, picture_at
from doorwatch.recording.fmp4 import RecordingError
from doorwatch.recording.segments import Recordings

BOXES = Path(__file__).parents[2] / "clips" / "boxes" / "s02-tailgating.json.gz"
TWO_PEOPLE = round(6.5 * SECOND)
"""Into the clip: two people stand in and before the doorway."""


@pytest.fixture(scope="module")
def recorded(footage, tmp_path_factory):
    root = tmp_path_factory.mktemp("recordings")
    footage.record(root)
    return Recordings(root)


@pytest.fixture(scope="module")
def searched(footage):
    """Where the recorded detections of the clip found people, by capture time."""
    width, height = footage.init.width, footage.init.height
    frames = json.loads(gzip.decompress(BOXES.read_bytes()))["frames"]
    return [
        Searched(
            footage.base + at,
            tuple((b[0] / width, b[1] / height, b[2] / width, b[3] / height) for b in boxes),
        )
        for at, _, boxes in frames
    ]


@pytest.fixture(scope="module")
def still(footage, recorded):
    return picture_at(recorded, "cam", footage.base + TWO_PEOPLE)


def _detail(picture):
    """The share of fine detail: what is left after taking away a slight blur."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(np.mean((grey - cv2.GaussianBlur(grey, (0, 0), 1.0)) ** 2))


def _person(still, searched):
    """Pixels of the largest person found in the picture: left, top, right, bottom."""
    found = min(searched, key=lambda one: abs(one.at - still.at))
    height, width = still.image.shape[:2]
    left, top, right, bottom = max(found.areas, key=lambda area: area[3] - area[1])
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _resembles(template, picture):
    """How well a piece of one picture is found again at the same place of another, 1 at best."""
    return float(cv2.matchTemplate(picture, template, cv2.TM_CCOEFF_NORMED).max())


def test_a_face_is_not_two_squares_of_what_is_left_of_it(still, searched):
    left, top, right, bottom = _person(still, searched)
    hidden = hide(still.image, Whereabouts(searched).around(still.at))
    head = hidden[top : top + (bottom - top) // 7, left:right]
    # Squares are flat: along each row colours change at the edges of squares alone.
    changes = np.count_nonzero(np.abs(np.diff(head.astype(int), axis=1)).sum(axis=2), axis=1)
    tall = bottom - top
    assert changes.max() <= np.ceil((right - left) / (tall / 11)) * 2 + 2


def test_a_hidden_person_has_lost_the_fine_detail_and_the_rest_has_all_of_it(still, searched):
    left, top, right, bottom = _person(still, searched)
    areas = Whereabouts(searched).around(still.at)
    hidden = hide(still.image, areas)
    upper = slice(top, top + (bottom - top) // 3), slice(left, right)
    flat = hidden[upper].copy()
    side = int(np.ceil((bottom - top) / 11))
    # Edges between squares are no detail of anybody: what is compared is the picture at the size of the squares.
    coarse = cv2.resize(flat, None, fx=2 / side, fy=2 / side, interpolation=cv2.INTER_AREA)
    again = cv2.resize(coarse, flat.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    assert _detail(again) < 0.05 * _detail(still.image[upper])
    assert _resembles(still.image[upper], hidden) < 0.9
    width = still.image.shape[1]
    untouched = still.image[:, round(0.8 * width) :]
    assert np.array_equal(hidden[:, round(0.8 * width) :], untouched)


def test_a_picture_that_nobody_searched_is_hidden_whole(still):
    hidden = hide(still.image, Whereabouts([]).around(still.at))
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) <= 12 * 22
    assert not np.array_equal(hidden, still.image)


def test_a_searched_picture_without_people_is_not_touched(still):
    hidden = hide(still.image, Whereabouts([Searched(still.at, ())]).around(still.at))
    assert np.array_equal(hidden, still.image)
    assert hidden is not still.image


@pytest.mark.parametrize(
    ("away", "known"),
    [(0, True), (KNOWN_WITHIN, True), (-KNOWN_WITHIN, True), (KNOWN_WITHIN + 1, False), (-KNOWN_WITHIN - 1, False)],
)
def test_a_picture_is_known_only_near_a_search(away, known):
    assert (Whereabouts([Searched(1000 * SECOND, ())]).around(1000 * SECOND + away) is not None) == known


def test_somebody_is_hidden_where_he_was_a_moment_before_and_after():
    before, now, after = ((0.1, 0.1, 0.2, 0.5),), (), ((0.5, 0.1, 0.6, 0.5),)
    at = 1000 * SECOND
    found = Whereabouts([Searched(at + SWEPT, after), Searched(at, now), Searched(at - SWEPT, before)]).around(at)
    assert found == [*before, *after]


def test_whereabouts_travel_between_processes_unchanged(searched):
    told = json.loads(json.dumps(Whereabouts(searched).told()))
    at = searched[60].at
    assert Whereabouts.read(told).around(at) == Whereabouts(searched).around(at)


@given(
    st.lists(
        st.tuples(*[st.floats(-0.5, 1.5)] * 4).map(
            lambda a: (min(a[0], a[2]), min(a[1], a[3]), max(a[0], a[2]), max(a[1], a[3]))
        ),
        max_size=4,
    )
)
def test_any_areas_are_hidden_and_nothing_else_is(areas):
    rows, columns = np.mgrid[0:60, 0:80]
    picture = np.stack([rows * 3, columns * 2, (rows * columns) % 251], axis=2).astype(np.uint8)
    hidden = hide(picture, areas)
    assert hidden.shape == picture.shape
    far = np.ones((60, 80), bool)
    for left, top, right, bottom in areas:
        wide, tall = right - left, bottom - top
        far[
            max(0, int((top - 0.2 * tall) * 60) - 1) : max(0, int((bottom + 0.2 * tall) * 60) + 2),
            max(0, int((left - 0.2 * wide) * 80) - 1) : max(0, int((right + 0.2 * wide) * 80) + 2),
        ] = False
    assert np.array_equal(hidden[far], picture[far])


def test_a_clip_is_encoded_anew_with_its_people_hidden(footage, recorded, searched):
    start, end = footage.base + 5 * SECOND, footage.base + 8 * SECOND
    clip = hidden_clip(recorded, "cam", start, end, Whereabouts(searched))
    assert start <= clip.start < start + SECOND // 10
    assert clip.duration == pytest.approx(3 * SECOND, abs=SECOND // 5)
    with av.open(io.BytesIO(clip.data)) as container:
        assert container.streams.video[0].codec_context.name == "vp9"
        frames = [
            (clip.start + round(f.time * SECOND), f.to_ndarray(format="bgr24")) for f in container.decode(video=0)
        ]
    assert len(frames) > 30
    for at, image in frames[::6]:
        real = picture_at(recorded, "cam", at)
        assert abs(real.at - at) < SECOND // 50, "every picture keeps its capture time"
        expected = hide(real.image, Whereabouts(searched).around(real.at))
        assert np.abs(image.astype(int) - expected.astype(int)).mean() < 8


def test_pictures_of_a_clip_that_nobody_searched_are_hidden_whole(footage, recorded, searched):
    start, end = footage.base + 5 * SECOND, footage.base + 8 * SECOND
    until = footage.base + 6 * SECOND
    clip = hidden_clip(recorded, "cam", start, end, Whereabouts(one for one in searched if one.at < until))
    with av.open(io.BytesIO(clip.data)) as container:
        frames = [(clip.start + f.time * SECOND, f.to_ndarray(format="bgr24")) for f in container.decode(video=0)]
    corner = np.s_[: frames[0][1].shape[0] // 3, -frames[0][1].shape[1] // 5 :]
    known = [_detail(image[corner]) for at, image in frames if at < until]
    unknown = [_detail(image[corner]) for at, image in frames if at > until + SECOND // 2]
    assert max(unknown) < 0.5 * min(known)


def test_a_clip_plays_before_it_is_loaded_whole(footage, recorded, searched):
    data = hidden_clip(recorded, "cam", footage.base, footage.base + SECOND, Whereabouts(searched)).data
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_time_without_recording_is_told_with_the_reason(footage, recorded):
    with pytest.raises(NothingRecordedError, match="deleted after some minutes"):
        hidden_clip(recorded, "cam", footage.base - 90 * SECOND, footage.base - 80 * SECOND, Whereabouts([]))


def test_an_ffmpeg_without_the_encoder_is_named(footage, recorded, monkeypatch):
    monkeypatch.setattr("doorwatch.recording.encoding.CODEC", "no-such-encoder")
    with pytest.raises(RecordingError, match="no-such-encoder, which this FFmpeg lacks"):
        hidden_clip(recorded, "cam", footage.base, footage.base + SECOND, Whereabouts([]))


def test_a_snapshot_is_hidden_as_a_file(still, searched):
    data = hidden_jpeg(still.jpeg(), Whereabouts(searched).around(still.at))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    left, top, right, bottom = _person(still, searched)
    inside = np.s_[top:bottom, left:right]
    assert _detail(image[inside]) < _detail(still.image[inside])
    with pytest.raises(RecordingError, match="not kept"):
        hidden_jpeg(b"no picture", None)
