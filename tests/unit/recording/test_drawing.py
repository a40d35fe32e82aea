"""Tiles are painted where the floor is, in the colour and with the shape of their state."""

import json

import numpy as np
import pytest

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import Tile, scene_from_mapping
from doorwatch.recording.drawing import PaintedTile, TileState, draw_tiles


@pytest.fixture
def scene(request):
    truth = json.loads((request.path.parents[2] / "clips" / "truth.json").read_text())
    return scene_from_mapping(truth["clips"][0]["scene"])


@pytest.fixture
def picture():
    return np.full((360, 640, 3), 128, np.uint8)


def _inside(scene, tile, picture):
    """The colour in the middle of a tile's near edge, beside its mark."""
    side = scene.floor.tile_m
    x, y = scene.floor.to_pixel(Point((tile.column + 0.5) * side, (tile.row + 0.1) * side))
    sx, sy = picture.shape[1] / scene.size[0], picture.shape[0] / scene.size[1]
    return picture[round(y * sy), round(x * sx)].astype(int)


def test_the_picture_that_was_given_is_left_alone(scene, picture):
    draw_tiles(picture, scene, [PaintedTile(Tile(1, 1), TileState.EXCESS)])
    assert (picture == 128).all()


@pytest.mark.parametrize(
    ("state", "strongest", "weakest"),
    [(TileState.ADMITTED, 1, 2), (TileState.EXCESS, 2, 0), (TileState.POSSIBLE, 2, 0)],
)
def test_each_state_has_its_colour(scene, picture, state, strongest, weakest):
    colour = _inside(scene, Tile(1, 2), draw_tiles(picture, scene, [PaintedTile(Tile(1, 2), state)]))
    assert colour[strongest] == max(colour)
    assert colour[weakest] == min(colour)
    assert max(colour) - min(colour) > 25


def test_each_state_has_a_shape_of_its_own(scene):
    picture, marks = np.full((720, 1280, 3), 128, np.uint8), []
    for state in TileState:
        drawn = draw_tiles(picture, scene, [PaintedTile(Tile(1, 2), state)])
        marks.append((drawn > 240).all(axis=2))
    assert all(mark.sum() > 10 for mark in marks)
    assert not np.array_equal(marks[0], marks[1])
    assert not np.array_equal(marks[1], marks[2])


def test_excess_wins_over_admitted_on_the_same_tile(scene, picture):
    both = [PaintedTile(Tile(0, 0), TileState.EXCESS), PaintedTile(Tile(0, 0), TileState.ADMITTED)]
    alone = draw_tiles(picture, scene, both[:1])
    assert np.array_equal(draw_tiles(picture, scene, both), alone)
    assert np.array_equal(draw_tiles(picture, scene, both[::-1]), alone)


def test_the_floor_grid_is_faint_and_nothing_is_drawn_beside_the_floor(scene, picture):
    drawn = draw_tiles(picture, scene, [])
    changed = (drawn != picture).any(axis=2)
    assert 200 < changed.sum() < 0.05 * changed.size
    assert drawn.max() < 200
    xs, ys = zip(*scene.floor.corners, strict=True)
    rows, columns = np.nonzero(changed)
    assert min(xs) - 2 <= columns.min()
    assert columns.max() <= max(xs) + 2
    assert min(ys) - 2 <= rows.min()
    assert rows.max() <= max(ys) + 2


def test_a_picture_of_another_size_is_drawn_in_its_own_pixels(scene):
    large = np.full((720, 1280, 3), 128, np.uint8)
    tile = PaintedTile(Tile(2, 2), TileState.EXCESS)
    colour = _inside(scene, tile.tile, draw_tiles(large, scene, [tile]))
    assert colour[2] - colour[0] > 25


def test_without_a_floor_nothing_is_drawn(scene, picture):
    shape = scene.to_mapping()
    del shape["floor"]
    drawn = draw_tiles(picture, scene_from_mapping(shape), [PaintedTile(Tile(0, 0), TileState.EXCESS)])
    assert np.array_equal(drawn, picture)
