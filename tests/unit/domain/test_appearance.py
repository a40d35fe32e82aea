"""How somebody looks, in words and in the numbers under which it is stored: colours of clothes, and what is carried."""

import pytest

from doorwatch.domain.appearance import UNKNOWN, Appearance, Carried, Colour, carried_code, carried_of, colour_of
from doorwatch.search.carrying import THINGS, codes_of
from doorwatch.search.fixed import COLOURS


def test_every_colour_has_a_number_of_its_own_that_leads_back_to_it():
    assert {colour_of(colour.code) for colour in Colour} == set(Colour)
    assert (Colour.BLACK.code, Colour.PINK.code) == (1, 11)  # stored so: never to be changed


@pytest.mark.parametrize("code", [None, 0, 99, -1])
def test_a_number_of_no_colour_is_no_colour(code):
    assert colour_of(code) is None


def test_what_can_be_seen_can_be_searched_and_the_other_way_round():
    assert set(COLOURS.values()) == {colour.value for colour in Colour}
    assert set(THINGS.values()) == {*(what.value for what in Carried), "bag"}


def test_things_that_are_carried_together_have_one_number_that_leads_back_to_them():
    both = {Carried.SUITCASE, Carried.BACKPACK}
    assert carried_code(both) == 5  # stored so: never to be changed
    assert carried_of(5) == both
    assert carried_code(()) is None
    assert carried_of(None) == frozenset()
    assert carried_of(5 | 1 << 20) == both, "what a later version knows besides is left out"
    assert codes_of("suitcase") == [4, 5, 6, 7]
    assert codes_of("bag") == [1, 2, 3, 4, 5, 6, 7]


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
