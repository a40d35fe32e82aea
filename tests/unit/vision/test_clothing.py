"""The colours of clothes: named in any light, not taken from the wall, and left out where nobody can be sure."""

import numpy as np
import pytest

from doorwatch.domain.appearance import UNKNOWN, Appearance, Colour
from doorwatch.domain.time import SECOND
from doorwatch.vision.clothing import Backdrop, Piece, worn
from doorwatch.vision.detect.base import Box
from doorwatch.vision.naming import colour_names
from doorwatch.vision.second_look import Glance, Glimpses, Look

SIZE = (640, 360)
BOX = Box(300, 120, 340, 240, 0.9)
SKIN = (196, 150, 124)
# red, green, blue
DYES = {
    Colour.BLACK: (28, 28, 30),
    Colour.WHITE: (238, 238, 234),
    Colour.GREY: (126, 127, 128),
    Colour.RED: (178, 24, 34),
    Colour.GREEN: (28, 110, 56),
    Colour.BLUE: (36, 74, 160),
    Colour.YELLOW: (236, 204, 52),
    Colour.ORANGE: (236, 120, 26),
    Colour.PURPLE: (104, 42, 128),
    Colour.BROWN: (110, 72, 46),
    Colour.PINK: (238, 140, 172),
}


def room(wall=(200, 198, 194), floor=(120, 118, 116)):
    picture = np.full((SIZE[1], SIZE[0], 3), wall[::-1], np.uint8)
    picture[220:] = floor[::-1]
    return picture


def dress(picture, upper, lower, box=BOX):
    """Somebody in a picture: head, chest with arms, legs."""
    x1, y1, x2, y2, _ = box
    high, wide = y2 - y1, x2 - x1
    parts = (
        (0.0, 0.16, 0.35, SKIN),
        (0.16, 0.52, 0.1, upper),
        (0.52, 0.96, 0.2, lower),
        (0.96, 1.0, 0.2, (30, 28, 26)),
    )
    for top, bottom, aside, colour in parts:
        rows = slice(int(y1 + top * high), int(y1 + bottom * high))
        picture[rows, int(x1 + aside * wide) : int(x2 - aside * wide)] = colour[::-1]
    return picture


NOISE = np.random.default_rng(1).normal(0, 3, (SIZE[1], SIZE[0], 3)).astype(np.int16)


def lit(picture, light):
    """The picture with its linear light multiplied (red, green, blue), and the noise of a sensor."""
    levels = (np.arange(256) / 255.0) ** 2.2
    tables = [(255 * (levels * by).clip(0, 1) ** (1 / 2.2)).astype(np.int16) for by in light[::-1]]
    made = np.stack([table[picture[:, :, channel]] for channel, table in enumerate(tables)], axis=-1)
    return (made + NOISE).clip(0, 255).astype(np.uint8)


def backdrop(picture, boxes=()):
    made = Backdrop()
    made.see(0, picture, boxes)
    return made


def piece(picture, box=BOX, others=()):
    left, top = int(max(box.x1 - 30, 0)), int(max(box.y1 - 20, 0))
    pixels = picture[top : int(box.y2) + 20, left : int(box.x2) + 30]
    return Piece(pixels, left, top, 1.0, box, tuple(others), SIZE)


def seen(upper, lower, *, light=(1, 1, 1), before=None, **rooms):
    empty = room(**rooms)
    person = lit(dress(empty.copy(), upper, lower), light)
    return worn([piece(person)] * 2, backdrop(lit(empty, light if before is None else before)))


@pytest.mark.parametrize("colour", list(Colour))
@pytest.mark.parametrize(
    "light",
    [(1, 1, 1), (0.35, 0.35, 0.35), (1.0, 0.86, 0.66), (0.85, 0.95, 1.1)],
    ids=["plain", "dim", "warm", "cold"],
)
def test_every_colour_is_named_above_and_below_the_waist_in_any_light(colour, light):
    other = DYES[Colour.GREY if colour is not Colour.GREY else Colour.BLUE]
    assert seen(DYES[colour], other, light=light).upper is colour
    assert seen(other, DYES[colour], light=light).lower is colour


def test_light_that_was_switched_since_the_room_was_looked_at_changes_no_name():
    for light in ((0.4, 0.4, 0.4), (1.5, 1.5, 1.5)):
        found = seen(DYES[Colour.BLUE], DYES[Colour.GREY], light=light, before=(0.8, 0.8, 0.8))
        assert found == Appearance(Colour.BLUE, Colour.GREY)


def test_a_red_wall_beside_the_arms_is_no_red_jacket():
    wall = {"wall": (176, 40, 40), "floor": (190, 190, 188)}
    assert seen(DYES[Colour.WHITE], DYES[Colour.BLUE], **wall) == Appearance(Colour.WHITE, Colour.BLUE)


def test_who_wears_the_colour_of_the_wall_is_named_by_it():
    assert seen((200, 198, 194), DYES[Colour.BLUE], wall=(200, 198, 194)).lower is Colour.BLUE
    assert seen(DYES[Colour.RED], DYES[Colour.BLUE], wall=DYES[Colour.RED], floor=(190, 190, 188)).upper is Colour.RED


def test_many_colours_are_none():
    empty = room()
    person = dress(empty.copy(), DYES[Colour.RED], DYES[Colour.BLUE])
    for number, colour in enumerate((Colour.RED, Colour.GREEN, Colour.YELLOW, Colour.WHITE) * 12):
        person[138 + number : 139 + number, 300:340] = DYES[colour][::-1]
    assert worn([piece(person)] * 2, backdrop(empty)) == Appearance(None, Colour.BLUE)


def test_what_changes_from_picture_to_picture_is_not_sure():
    empty = room()
    colours = (Colour.RED, Colour.GREEN, Colour.BLUE)
    pieces = [piece(dress(empty.copy(), DYES[one], DYES[Colour.BLACK])) for one in colours]
    assert worn(pieces, backdrop(empty)) == Appearance(None, Colour.BLACK)


def test_a_camera_that_sees_no_colours_names_none():
    grey = np.repeat(dress(room(), DYES[Colour.RED], DYES[Colour.BLACK])[:, :, :1], 3, axis=2)
    empty = np.repeat(room()[:, :, :1], 3, axis=2)
    assert worn([piece(grey)] * 3, backdrop(empty)) == UNKNOWN


def test_in_the_dark_nobody_can_be_sure():
    assert seen(DYES[Colour.RED], DYES[Colour.BLUE], light=(0.01, 0.01, 0.01)) == UNKNOWN


def test_of_somebody_cut_by_the_pictures_edge_nothing_is_said():
    low = Box(300, 250, 340, 359, 0.9)
    empty = room()
    person = dress(empty.copy(), DYES[Colour.RED], DYES[Colour.BLUE], low)
    assert worn([piece(person, low)] * 3, backdrop(empty)) == UNKNOWN


def test_of_somebody_whose_legs_are_hidden_only_the_chest_is_named():
    short = Box(300, 120, 340, 170, 0.9)
    empty = room()
    person = dress(empty.copy(), DYES[Colour.GREEN], DYES[Colour.BLUE], short)
    assert worn([piece(person, short)] * 3, backdrop(empty)) == Appearance(Colour.GREEN)


def test_whoever_stands_before_somebody_is_not_named_in_their_place():
    empty = room()
    person = dress(empty.copy(), DYES[Colour.GREEN], DYES[Colour.BLUE])
    nearer = Box(BOX.x1 - 4, BOX.y1 + 4, BOX.x2 - 4, BOX.y2 + 20, 0.9)
    dress(person, DYES[Colour.RED], DYES[Colour.WHITE], nearer)
    assert worn([piece(person, others=[nearer])] * 3, backdrop(empty)) == UNKNOWN


def test_nothing_is_said_before_anything_was_seen_of_the_room():
    person = dress(room(), DYES[Colour.GREEN], DYES[Colour.BLUE])
    assert worn([piece(person)], Backdrop()) == UNKNOWN
    assert worn([], backdrop(room())) == UNKNOWN


def test_people_do_not_become_a_part_of_the_room():
    empty, made = room(), Backdrop()
    person = dress(empty.copy(), DYES[Colour.RED], DYES[Colour.BLUE])
    for second in range(20):
        made.see(second * SECOND, person, [BOX])
    _, known = made.behind(piece(person))
    assert not known[60, 50]  # the middle of the person: nobody has seen what is behind
    made.see(21 * SECOND, empty, [])
    behind, known = made.behind(piece(person))
    assert known.all()
    assert abs(float(behind[60, 50, 2]) - 200) < 3


def test_the_room_is_looked_at_once_a_second_and_follows_what_is_moved():
    made = backdrop(room())
    made.see(SECOND // 2, room(wall=(0, 0, 0)), [])
    assert float(made.behind(piece(room()))[0][5, 5, 0]) > 190
    for second in range(1, 20):
        made.see(second * SECOND, room(wall=(60, 60, 60)), [])
    assert float(made.behind(piece(room()))[0][5, 5, 0]) < 65


def test_a_picture_of_another_size_begins_a_new_room():
    made = backdrop(room())
    made.see(SECOND, room()[:180, :320], [])
    assert made.lamp() is not None


def test_whoever_crossed_is_looked_at_in_the_pictures_that_were_kept():
    glimpses, empty = Glimpses(), room()
    glimpses.keep(0, empty, [])
    times = [SECOND, SECOND + 400_000, SECOND + 800_000]
    for at in times:
        glimpses.keep(at, dress(empty.copy(), DYES[Colour.PURPLE], DYES[Colour.BLACK]), [BOX])
    found = glimpses.worn(Look("c-1", tuple(Glance(at, BOX, ()) for at in times)))
    assert found == Appearance(Colour.PURPLE, Colour.BLACK)
    assert glimpses.worn(Look("c-2", (Glance(9 * SECOND, BOX, ()),))) == UNKNOWN


def test_every_shade_has_a_name():
    levels = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert set(np.unique(colour_names(levels))) <= set(range(len(Colour)))
