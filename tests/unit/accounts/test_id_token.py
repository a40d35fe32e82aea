"""An ID token is believed when the provider signed it, for us, for this attempt, and just now; and never else."""

import json
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from doorwatch.accounts.sign_on.errors import ProviderError
from doorwatch.accounts.sign_on.id_token import SKEW, Expected, UnknownKeyError, read
from doorwatch.domain.time import SECOND

NOW = 1_800_000_000 * SECOND
EXPECTED = Expected("https://login.example.com", "doorwatch", "the nonce")
CLAIMS = {
    "iss": "https://login.example.com",
    "aud": "doorwatch",
    "sub": "4711",
    "nonce": "the nonce",
    "iat": NOW // SECOND,
    "exp": NOW // SECOND + 300,
}
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def published(key, kid="one", **more):
    family = jwt.algorithms.ECAlgorithm if key is CURVE else jwt.algorithms.RSAAlgorithm
    return {**json.loads(family.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


KEYS = [published(RSA), published(CURVE, "curve")]


def signed(claims=CLAIMS, key=RSA, algorithm="RS256", kid="one"):
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def test_a_token_of_the_provider_is_read():
    assert read(signed(), KEYS, EXPECTED, NOW)["sub"] == "4711"


def test_other_signatures_with_a_pair_of_keys_are_taken():
    assert read(signed(key=CURVE, algorithm="ES256", kid="curve"), KEYS, EXPECTED, NOW)
    assert read(signed(algorithm="PS256"), KEYS, EXPECTED, NOW)
    assert read(signed(kid=None), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://evil.example.com"}, "comes from"),
        ({"aud": "somebody else"}, "another application"),
        ({"aud": ["doorwatch", "somebody else"]}, "another application"),
        ({"azp": "somebody else"}, "another application"),
        ({"nonce": "another nonce"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"nonce": 7}, "another sign-in"),
        ({"sub": ""}, "names nobody"),
        ({"exp": (NOW - SKEW) // SECOND}, "has ended"),
        ({"exp": None}, "'exp' is missing"),
        ({"exp": "tomorrow"}, "'exp' is missing"),
        ({"exp": 1e300}, "'exp' is missing"),
        ({"iat": (NOW + SKEW) // SECOND + 1}, "in the future"),
        ({"nbf": (NOW + SKEW) // SECOND + 1}, "in the future"),
    ],
)
def test_a_token_that_says_something_else_is_not_believed(changed, why):
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    with pytest.raises(ProviderError, match=why):
        read(signed(claims), KEYS, EXPECTED, NOW)


def test_clocks_may_differ_by_two_minutes():
    ended = {**CLAIMS, "exp": (NOW - SKEW) // SECOND + 1}
    early = {**CLAIMS, "iat": (NOW + SKEW) // SECOND}
    assert read(signed(ended), KEYS, EXPECTED, NOW)
    assert read(signed(early), KEYS, EXPECTED, NOW)


def test_a_token_for_several_is_taken_when_it_was_given_to_us():
    claims = {**CLAIMS, "aud": ["doorwatch", "somebody else"], "azp": "doorwatch"}
    assert read(signed(claims), KEYS, EXPECTED, NOW)


def test_a_token_of_another_key_is_not_believed():
    with pytest.raises(ProviderError, match="signature is wrong"):
        read(signed(key=OTHER), KEYS, EXPECTED, NOW)
    with pytest.raises(UnknownKeyError, match="does not publish"):
        read(signed(key=OTHER, kid="two"), KEYS, EXPECTED, NOW)


def test_a_key_for_something_else_signs_nothing():
    for keys in ([published(RSA, use="enc")], [published(RSA, alg="PS256")], [published(CURVE)], ["no key"], []):
        with pytest.raises(ProviderError):
            read(signed(), keys, EXPECTED, NOW)


def test_a_token_without_a_signature_or_under_a_shared_secret_proves_nothing():
    head = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    body = urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=").decode()
    shared = jwt.encode(CLAIMS, "a secret of thirty-two characters", algorithm="HS256", headers={"kid": "one"})
    for token in (f"{head}.{body}.", shared):
        with pytest.raises(ProviderError, match="have the provider sign with"):
            read(token, KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 10])
def test_what_is_no_token_is_said_to_be_none(token):
    with pytest.raises(ProviderError, match="no signed token"):
        read(token, KEYS, EXPECTED, NOW)


def test_a_changed_token_is_not_believed():
    head, _, sign = signed().split(".")
    body = urlsafe_b64encode(json.dumps({**CLAIMS, "sub": "1"}).encode()).rstrip(b"=").decode()
    with pytest.raises(ProviderError, match="signature is wrong"):
        read(f"{head}.{body}.{sign}", KEYS, EXPECTED, NOW)
