"""What a token looks like, and what is told of one without asking anybody."""

import re
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.token_form import PATTERN, TokenKind, is_well_formed, kind_of, new_secret

WHOLE = "dwg_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd1IHOuI"


@pytest.mark.parametrize("kind", TokenKind)
def test_a_new_token_is_well_formed_and_says_who_holds_it(kind):
    secret = new_secret(kind)
    assert is_well_formed(secret)
    assert kind_of(secret) is kind
    assert re.fullmatch(r"\w{50}", secret), "one word to a double click"


def test_new_tokens_differ():
    assert len({new_secret(TokenKind.API) for _ in range(100)}) == 100


@given(place=st.integers(0, 49), character=st.sampled_from("0aZ9_-é "))
def test_a_mistyped_character_is_noticed(place, character):
    secret = new_secret(TokenKind.GATEWAY)
    wrong = secret[:place] + character + secret[place + 1 :]
    assert is_well_formed(wrong) == (wrong == secret)


@given(st.integers(0, 48))
def test_two_characters_in_the_wrong_order_are_noticed(place):
    secret = new_secret(TokenKind.ANALYZER)
    wrong = secret[:place] + secret[place + 1] + secret[place] + secret[place + 2 :]
    assert is_well_formed(wrong) == (wrong == secret)


@pytest.mark.parametrize("wrong", ["", "dwg_", "INSERT_TOKEN_HERE", "dwx_" + "a" * 46, "Bearer dwg_" + "a" * 46])
def test_what_is_no_token_is_not_taken_for_one(wrong):
    assert not is_well_formed(wrong)


def test_a_part_of_a_token_and_one_with_something_behind_it_are_noticed():
    secret = new_secret(TokenKind.READ)
    assert not is_well_formed(secret[:-1])
    assert not is_well_formed(secret + "x")
    assert not is_well_formed(secret + "\n")


@pytest.mark.parametrize("start", ["dwg_", "dwa_", "dwk_"])
def test_tokens_of_the_first_releases_may_be_good(start):
    assert is_well_formed(start + secrets.token_urlsafe(32))
    assert not is_well_formed(start + secrets.token_urlsafe(31)[:-1])


def test_the_checksum_never_changes_its_meaning():
    assert is_well_formed(WHOLE)


def test_the_pattern_finds_tokens_in_texts_and_nothing_else():
    secret = new_secret(TokenKind.GATEWAY)
    text = f'camio_auth_token: "{secret}" # and dwg_short, and a hash {"a" * 50}'
    assert re.findall(PATTERN, text) == [secret]


@pytest.mark.parametrize("text", ["", "dw", "dwz_abc", "dwgabc", "ghp_abc"])
def test_nothing_is_said_about_what_does_not_begin_like_a_token(text):
    assert kind_of(text) is None
