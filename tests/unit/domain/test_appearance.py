"""How somebody looks, in words: colours of clothes and how long they were there."""

import pytest

from doorwatch.domain.appearance import UNKNOWN, Appearance, Colour, colour_of
from doorwatch.search.fixed import COLOURS


def test_every_colour_has_a_number_of_its_own_that_leads_back_to_it():
    assert {colour_of(colour.code) for colour in Colour} == set(Colour)
    assert (Colour.BLACK.code, Colour.PINK.code) == (1, 11)  # stored so: never to be changed


@pytest.mark.parametrize("code", [None, 0, 99, -1])
def test_a_number_of_no_colour_is_no_colour(code):
    assert colour_of(code) is None


def test_what_can_be_seen_can_be_searched_and_the_other_way_round():
    assert set(COLOURS.values()) == {colour.value for colour in Colour}


@pytest.mark.parametrize(
    ("seen", "labels"),
    [
        (UNKNOWN, ()),
        (Appearance(Colour.RED, Colour.BLUE), ("red", "upper red", "blue", "lower blue")),
        (Appearance(Colour.RED, Colour.RED), ("red", "upper red", "lower red")),
        (Appearance(None, Colour.GREY, 5), ("grey", "lower grey")),
    ],
)
def test_a_colour_is_found_by_itself_and_by_where_it_is_worn(seen, labels):
    assert seen.labels() == labels
