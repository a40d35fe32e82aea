"""Share links give one incident until a time, and can't be made by anybody else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.server.links import Links, Shared

LINKS = Links(b"key of this installation")


def test_a_link_gives_back_what_it_was_made_for_until_it_is_over():
    token = LINKS.make("acc", "incident", 1000)
    assert LINKS.read(token, 999) == Shared("acc", "incident", 1000)
    assert LINKS.read(token, 1000) is None
    assert token == token.strip("=")
    assert "/" not in token


def test_a_link_of_another_installation_is_none():
    assert Links(b"another key").read(LINKS.make("acc", "incident", 1000), 0) is None


@pytest.mark.parametrize("token", ["", "x", "ä", "====", "a b", "A" * 40, "\x00"])
def test_nonsense_is_no_link(token):
    assert LINKS.read(token, 0) is None


@given(st.data())
def test_no_changed_byte_is_overlooked(data):
    token = LINKS.make("acc", "incident", 1 << 50)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    assert LINKS.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), 0) is None


@given(st.text(max_size=80))
def test_whatever_is_sent_is_answered(token):
    assert LINKS.read(token, 0) is None
