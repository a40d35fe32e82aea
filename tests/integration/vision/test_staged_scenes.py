"""Staged scenes show what their truth says: people stand where the way leads, walls hide them, and a seed tells all."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))

from staging.cast import Actor
from staging.entrances import ENTRANCES
from staging.harder import HARDER
from staging.passers import PASSERS
from staging.scripts import DOORS, HALLS, scripts
from staging.stage import SLIDES, Camera, Room, upright

from doorwatch.domain.geometry import Point

SECOND = 1_000_000
RED = (20, 20, 250)
ACTORS = [
    Actor(name, ((np.full((90, 30, 3), RED, np.uint8), np.ones((90, 30), np.float32)),), 100_000) for name in "ab"
]
KINDS = len(DOORS) + len(HALLS) + len(HARDER) + len(ENTRANCES) + len(PASSERS)
SCRIPTS = list(scripts(ACTORS, KINDS, seed=5))


def red(picture):
    """Rows and columns of the pixels that are somebody."""
    told = picture.astype(int)
    return np.nonzero((told[:, :, 2] > 170) & (told[:, :, 1] < 90) & (told[:, :, 0] < 90))


def script(kind):
    return next(one for one in SCRIPTS if one.name.endswith(kind))


def test_a_seed_and_its_people_give_the_same_scene_every_time():
    again = next(scripts(ACTORS, 1, seed=5))
    assert again == SCRIPTS[0]
    first = [next(one.shots())[1] for one in (again, SCRIPTS[0])]
    assert (first[0] == first[1]).all()
    assert next(scripts(ACTORS, 1, seed=6)) != SCRIPTS[0]


@pytest.mark.parametrize("one", SCRIPTS, ids=lambda one: one.name)
def test_the_scene_lies_in_the_picture_and_its_inside_is_where_people_walk_in(one):
    scene = one.known().clip.lines[0].scene
    pixel = one.room.camera.pixel
    assert scene.depth(Point(*pixel(0.0, -1.0))) > 0 > scene.depth(Point(*pixel(0.0, 0.3)))
    for walk in one.walks:
        assert all((walk.spot(at / SECOND + 0.1)[1] < 0) == (way == "in") for at, way in walk.crossings(0.6))


@pytest.mark.parametrize("kind", PASSERS)
def test_of_those_who_pass_by_nobody_goes_through_but_who_is_let_in(kind):
    one = script(kind)
    assert len(one.walks) >= 1
    assert [way for _, way in one.known().clip.lines[0].truth] == ["in"] * one.grants


def test_people_are_drawn_where_their_way_leads_as_tall_as_they_are():
    one = script("passes by")
    at, picture = next(shot for shot in one.shots() if shot[0] >= 4 * SECOND)
    (walk,) = one.walks
    (x, y), tall, _ = upright(one.room.camera, walk.spot(at / SECOND), walk.tall)
    rows, columns = red(picture)
    assert rows.max() == pytest.approx(y, abs=6)
    assert columns.mean() == pytest.approx(x, abs=8)
    assert rows.max() - rows.min() == pytest.approx(tall, rel=0.15)


def test_nobody_is_seen_through_a_wall_or_a_shut_door():
    one = next(o for o in SCRIPTS if o.room.leaf and o.walks and o.walks[0].stops[0][2] > 0 and o.opens[0] > 2)
    assert one.walks[0].spot(one.opens[0] - 0.2) is not None
    for at, picture in one.shots():
        if at > (one.opens[0] - 0.1) * SECOND:
            break
        assert len(red(picture)[0]) < 12


def test_a_door_that_slides_hides_who_is_behind_its_panels_and_nobody_when_it_is_open():
    room = script("follows, sliding").room
    assert room.leaf == SLIDES
    opening = room.opening()
    shown = [room.empty() for _ in range(3)]
    shut, half, wide = (room.shut(picture, open_) for picture, open_ in zip(shown, (0.0, 0.5, 1.0), strict=True))
    assert (shut & opening).sum() > 0.97 * opening.sum()
    assert 0.4 * opening.sum() < (half & opening).sum() < 0.6 * opening.sum()
    assert (wide & opening).sum() < 0.06 * opening.sum()


def test_five_pass_in_one_opening_and_the_grants_leave_the_rest_over():
    known = script("five at once").known()
    assert [way for _, way in known.clip.lines[0].truth] == ["in"] * 5
    grants = sum(event["event_type"] == "AccessGranted" for event in known.events)
    assert known.expected == ((("tailgating", 5 - grants),) if grants < 5 else ())


def test_what_should_be_said_follows_from_the_true_crossings():
    known = script("slips in").known()
    assert known.expected == (("unauthorized_entry", 1),)
    assert script("one in").known().expected == ()
    assert [way for _, way in script("turns back").known().clip.lines[0].truth] == ["in", "out"]
    assert script("nobody").known().clip.lines[0].truth == ()


def test_somebody_stands_upright_in_a_camera_that_does_not_hang_askew_and_leans_in_one_that_does():
    straight = Camera((0, -4, 2.5), (0, 0, 1), 70, (640, 360))
    assert upright(straight, (0, 0), 1.7)[2] == pytest.approx(0, abs=0.01)
    askew = Camera((0, -4, 2.5), (0, 0, 1), 70, (640, 360), roll=8)
    assert abs(upright(askew, (0, 0), 1.7)[2]) == pytest.approx(8, abs=0.5)
    assert Room(straight, 0.0, ((90, 90, 90),) * 3).opening() is None
