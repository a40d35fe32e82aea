"""Misspelt words are taken for what was meant, which is said, and never where they may be meant as they stand."""

import random
from dataclasses import replace

import pytest
from building import BUILDING, NOW, ZONE
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.search import parse, spelling
from doorwatch.search.names import Names
from doorwatch.search.query import TermKind
from doorwatch.search.spelling import Spelling
from doorwatch.search.synonyms import synonyms
from doorwatch.search.vocabulary import common_labels

SPELLING = Spelling(Names(BUILDING), common_labels())
KNOWN = sorted({word for phrase in (*common_labels(), *synonyms()) for word in phrase.split()})
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def read(text, names=BUILDING):
    return parse(text, names, NOW, ZONE)


@given(st.sampled_from(KNOWN), st.integers(1, 20))
def test_a_known_word_and_the_beginning_of_one_are_no_mistakes(word, length):
    assert SPELLING.meant(word[:length]) is None


@given(st.sampled_from(["tailgating", "dismissed", "yesterday", "confirmed"]), st.data())
def test_any_letter_of_a_long_word_may_be_missing_doubled_or_changed_with_the_next(word, data):
    at = data.draw(st.integers(1, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for written in (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], swapped):
        assert written == word or SPELLING.meant(written) == word


def test_of_four_letters_one_may_be_missing_inside():
    assert [SPELLING.meant(word) for word in ("loby", "alry", "lobb", "lobz", "card")] == [
        "lobby",
        None,
        None,
        None,
        None,
    ]


@given(st.text(LETTERS, min_size=1, max_size=3))
def test_of_a_short_word_nobody_knows_what_was_meant(word):
    assert SPELLING.meant(word) is None


@pytest.mark.parametrize("text", ['"tailgaiting"', "text:tailgaiting", "label:tailgaiting", "gate7", "rivera2"])
def test_what_is_quoted_qualified_or_has_digits_stands_as_it_was_written(text):
    assert read(text).problems == ()


def test_what_was_read_instead_is_said_and_the_chip_is_what_was_typed():
    query = read("Tailgaiting lobbby")
    assert [(chip.text, chip.value) for chip in query.chips] == [
        ("Tailgaiting", "tailgating"),
        ("lobbby", "Lobby cam, Lobby east, Lobby west"),
    ]
    assert query.problems[0] == "Tailgaiting was read as tailgating; text:Tailgaiting looks for it as it stands"
    assert len(query.problems) == 2


def test_among_many_names_each_unknown_word_of_a_long_search_is_compared_once_and_with_few(monkeypatch):
    compared, distances = [], []
    nearest, distance = spelling._nearest, spelling._distance
    monkeypatch.setattr(spelling, "_nearest", lambda word, alike: compared.append(word) or nearest(word, alike))
    monkeypatch.setattr(spelling, "_distance", lambda *words: distances.append(words) or distance(*words))
    chance = random.Random(3)
    names = ["".join(chance.choices(LETTERS, k=chance.randrange(5, 11))) for _ in range(3000)]
    many = replace(BUILDING, doors={name: f"{name} door {n}" for n, name in enumerate(names)})
    words = ["".join(chance.choices(LETTERS, k=chance.randrange(5, 11))) for _ in range(60)]
    assert len(read(" ".join(words), many).terms) == 60
    assert sorted(compared) == sorted(set(words))
    assert len(distances) < 60 * len(names) / 200


def test_somebody_with_a_name_that_is_nearly_a_word_is_found():
    names = replace(BUILDING, people=("Otto Lobbi",))
    [term] = read("lobbi", names).terms
    assert (term.kind, term.value) == (TermKind.TEXT, "lobbi")


def test_two_words_that_are_equally_near_leave_it_as_it_stands():
    names = replace(BUILDING, doors={"d1": "Harbour", "d2": "Harbouk"})
    assert read("harboua", names).terms[0].kind is TermKind.TEXT


def test_a_label_of_the_account_is_no_synonym_of_another():
    names = replace(BUILDING, labels=frozenset({"forced entry"}))
    [term] = read("forced entry", names).terms
    assert term.value == "forced entry"
    assert read("forced entry").terms[0].value == "forced open"


def test_a_door_called_after_a_filling_word_is_a_door():
    names = replace(BUILDING, doors={"d1": "Show hall", "d2": "All hands"})
    assert [term.kind for term in read("show all", names).terms] == [TermKind.DOOR, TermKind.DOOR]
