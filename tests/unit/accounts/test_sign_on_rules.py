"""What a provider's words mean, and what a browser keeps while it is there."""

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.accounts.sign_on.attempt import LIFE, Attempts, Purpose, own_path
from doorwatch.accounts.sign_on.provider import is_safe_address
from doorwatch.accounts.sign_on.rules import SignOnRules

RULES = SignOnRules(
    owner_groups=frozenset({"door-owners"}),
    manage_groups=frozenset({"guards", "facility"}),
    view_groups=frozenset({"everybody"}),
)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["everybody"], Role.VIEW),
        (["everybody", "facility"], Role.MANAGE),
        (["everybody", "door-owners", "guards"], Role.OWNER),
        (["Door-Owners"], None),
        ([], None),
    ],
)
def test_the_highest_role_of_the_groups_counts(groups, role):
    assert RULES.role_of(groups) is role


@pytest.mark.parametrize(
    ("claim", "claims", "groups"),
    [
        ("groups", {"groups": ["a", "b"]}, {"a", "b"}),
        ("groups", {"groups": "a"}, {"a"}),
        ("groups", {"groups": []}, set()),
        ("groups", {}, None),
        ("groups", {"groups": {"a": 1}}, None),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("realm_access.roles", {"realm_access": "x"}, None),
        ("https://example.com/groups", {"https://example.com/groups": ["a"]}, {"a"}),
    ],
)
def test_groups_are_found_where_the_provider_tells_them(claim, claims, groups):
    found = SignOnRules(groups_claim=claim).groups_in(claims)
    assert found == (None if groups is None else frozenset(groups))


def test_two_factors_are_believed_when_the_provider_says_so():
    asked = SignOnRules(acr_values=("gold",))
    assert RULES.is_strong({"amr": ["pwd", "mfa"]})
    assert asked.is_strong({"acr": "gold"})
    assert SignOnRules(two_factors=True).is_strong({})
    for claims in ({}, {"amr": ["pwd"]}, {"amr": "mfa"}, {"acr": "silver"}, {"acr": None}):
        assert not asked.is_strong(claims)


def test_an_attempt_is_known_again_for_ten_minutes_with_other_words_each_time():
    attempts = Attempts(b"a key")
    attempt, kept = attempts.begin(Purpose.PROVE, "/doors?open=1", 1000)
    other, _ = attempts.begin(Purpose.PROVE, "/doors", 1000)
    assert attempts.known(kept, 1000 + LIFE) == attempt
    assert attempts.known(kept, 1001 + LIFE) is None
    words = [text for one in (attempt, other) for text in (one.state, one.nonce, one.verifier, one.challenge)]
    assert len(set(words)) == 8
    assert all(43 <= len(text) <= 128 for text in words)
    assert attempt.secret not in "".join(words)


@pytest.mark.parametrize("kept", [None, "", ".", "x", "x.y", "é.é"])
def test_what_no_attempt_left_behind_is_none(kept):
    assert Attempts(b"a key").known(kept, 0) is None


def test_an_attempt_of_another_installation_or_a_changed_one_is_none():
    _, kept = Attempts(b"a key").begin(Purpose.SIGN_IN, "/", 0)
    assert Attempts(b"another key").known(kept, 0) is None
    assert Attempts(b"a key").known("A" + kept[1:], 0) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/doors?q=1", "/doors?q=1"),
        ("//evil.example.com", "/"),
        ("/\\evil.example.com", "/"),
        ("https://evil.example.com", "/"),
        ("/a\nb", "/"),
        ("", "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_nobody_is_led_away_from_our_own_page_afterwards(text, path):
    assert own_path(text) == path


def test_addresses_of_a_provider_are_https_or_on_this_machine():
    for safe in ("https://login.example.com/token", "http://localhost:9000/x", "http://127.0.0.1/x"):
        assert is_safe_address(safe)
    for unsafe in ("http://login.example.com", "ftp://localhost/x", "https://", "javascript:x", "http://[", None, 7):
        assert not is_safe_address(unsafe)
