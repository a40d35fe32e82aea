"""scene.yaml: what it means in the picture, and what is said about one that cannot be used."""

import copy

import pytest

from doorwatch.domain.geometry import Point
from doorwatch.domain.scene import SceneError, Tile, scene_from_mapping

GOOD = {
    "door": "lobby-east",
    "size": [768, 432],
    "threshold": [[110, 100], [110, 431]],
    "inside": [400, 300],
    "doorway": [[0, 100], [110, 100], [110, 431], [0, 431]],
    "floor": {"corners": [[150, 150], [600, 150], [700, 400], [100, 400]], "size_m": [3.0, 2.0], "tile_m": 0.5},
}


def changed(**changes):
    mapping = copy.deepcopy(GOOD)
    for path, value in changes.items():
        target = mapping
        *parents, last = path.split("__")
        for parent in parents:
            target = target[parent]
        target[last] = value
    return mapping


def test_depth_is_positive_inside_and_negative_outside():
    scene = scene_from_mapping(GOOD)
    assert (scene.depth(Point(160, 200)), scene.depth(Point(60, 200))) == (50, -50)
    turned = scene_from_mapping(changed(threshold=[[110, 431], [110, 100]]))
    assert turned.depth(Point(160, 200)) == 50


def test_the_doorway_is_where_people_appear():
    scene = scene_from_mapping(GOOD)
    assert scene.in_doorway(Point(50, 200))
    assert not scene.in_doorway(Point(150, 200))
    assert not scene_from_mapping(changed(doorway=None)).in_doorway(Point(50, 200))


def test_tiles_lie_in_a_grid_on_the_floor():
    floor = scene_from_mapping(GOOD).floor
    assert (floor.columns, floor.rows) == (6, 4)
    assert floor.tile_at(Point(151, 151)) == Tile(0, 0)
    assert floor.tile_at(Point(599, 151)) == Tile(5, 0)
    assert floor.tile_at(Point(101.5, 399)) == Tile(0, 3)
    assert floor.tile_at(Point(20, 20)) is None


def test_the_middle_of_each_tile_lies_in_it():
    floor = scene_from_mapping(GOOD).floor
    for tile in (Tile(column, row) for column in range(floor.columns) for row in range(floor.rows)):
        middle = Point((tile.column + 0.5) * floor.tile_m, (tile.row + 0.5) * floor.tile_m)
        assert floor.tile_at(floor.to_pixel(middle)) == tile
        assert len(floor.tile_polygon(tile)) == 4


def test_a_scene_survives_the_way_to_its_file_and_back():
    scene = scene_from_mapping(GOOD)
    assert scene_from_mapping(scene.to_mapping()).to_mapping() == scene.to_mapping() == GOOD


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ([], "a scene is a mapping"),
        ({}, "'door' is missing"),
        (changed(colour="red"), "unknown key 'colour'"),
        (changed(size=[768]), "size is [768]; expected [width, height]"),
        (changed(size=[8, 8]), "expected [width, height] of the picture in pixels"),
        (changed(threshold=[[110, 100]]), "expected 2 points [x, y]"),
        (changed(threshold=[[110, 100], [111, 100]]), "1 pixels long"),
        (changed(threshold=[[110, 100], [900, 100]]), "has the point [900, 100], outside of the picture"),
        (changed(inside=[110, 300]), "inside lies on the threshold"),
        (changed(inside="there"), "inside is 'there'; expected [x, y]"),
        (changed(doorway=[[0, 0], [1, 1], [2, 2]]), "doorway has no area"),
        (changed(doorway=[[0, 0], [1, 1]]), "expected at least three points"),
        (changed(floor={"corners": []}), "floor needs corners"),
        (changed(floor__corners=[[0, 0], [9, 9], [9, 0], [0, 9]]), "do not go round a rectangle"),
        (changed(floor__corners=[[0, 0], [400, 0], [700, 400], [349.9, 199.95]]), "nearly on one line"),
        (changed(floor__corners=[[9, 9], [10, 9], [10, 10], [9, 10]]), "too close together"),
        (changed(floor__size_m=[0, 2]), "expected metres above 0"),
        (changed(floor__tile_m=9), "floor.tile_m is 9"),
        (changed(inside=[float("nan"), 1]), "inside is [nan, 1]"),
    ],
)
def test_a_scene_that_cannot_be_used_is_told_in_one_sentence(mapping, words):
    with pytest.raises(SceneError) as caught:
        scene_from_mapping(mapping, where="lobby.yaml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("lobby.yaml: ")
    assert "\n" not in str(caught.value)
