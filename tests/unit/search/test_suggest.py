"""Suggestions: what the last words may become."""

import pytest
from building import BUILDING

from doorwatch.search import Suggestion, suggest


def texts(text, **options):
    return [found.text for found in suggest(text, BUILDING, **options)]


def test_cameras_come_before_doors_before_labels():
    assert suggest("lob", BUILDING, limit=3) == [
        Suggestion("Lobby cam", "camera"),
        Suggestion("Lobby east", "door"),
        Suggestion("Lobby west", "door"),
    ]


def test_a_word_in_the_middle_of_a_name_is_completed_too():
    assert texts("eas")[0] == "Lobby east"


def test_the_whole_search_goes_on_where_it_was_typed_so():
    assert texts("tailgating lobby ea")[0] == "tailgating Lobby east"


def test_a_middle_match_takes_the_place_of_the_last_word():
    assert texts("tailgating eas")[0] == "Lobby east"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tailg", "label"),
        ("yester", "time"),
        ("riv", "person"),
        ("vi", "label"),
        ("suitc", "carrying"),
        ("carr", "carrying"),
    ],
)
def test_every_kind_of_word_is_offered(text, kind):
    assert suggest(text, BUILDING)[0].kind == kind


def test_what_is_left_out_stays_left_out():
    assert texts("-tailg")[0] == "-tailgating"


def test_an_empty_box_offers_a_beginning_and_a_finished_word_nothing():
    assert texts("")[0] == "tailgating"
    assert texts("tailgating ") == []


def test_no_more_than_asked_for_and_nothing_twice():
    found = texts("e", limit=5)
    assert len(found) == len({text.casefold() for text in found}) == 5


def test_a_name_that_is_complete_is_not_offered_again():
    assert "Lobby east" not in texts("Lobby east")
