"""One-time passwords by time, against the examples of RFC 6238."""

import base64

import pytest

from doorwatch.accounts.totp import STEP, address_for_apps, code_at, new_secret, step_of
from doorwatch.domain.time import SECOND

EXAMPLE = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds, code):
    assert code_at(EXAMPLE, seconds // 30) == code
    assert step_of(EXAMPLE, code, seconds * SECOND, after=0) == seconds // 30


def test_a_code_is_taken_one_step_early_and_late_and_not_two():
    at = 1_000_000 * STEP
    taken = [step_of(EXAMPLE, code_at(EXAMPLE, 1_000_000 + late), at, after=0) is not None for late in range(-2, 3)]
    assert taken == [False, True, True, True, False]


def test_a_step_that_was_used_and_those_before_it_are_not_taken_again():
    at = 1_000_000 * STEP
    assert step_of(EXAMPLE, code_at(EXAMPLE, 1_000_000), at, after=1_000_000) is None
    assert step_of(EXAMPLE, code_at(EXAMPLE, 999_999), at, after=1_000_000) is None
    assert step_of(EXAMPLE, code_at(EXAMPLE, 1_000_001), at, after=1_000_000) == 1_000_001


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "é" * 6, "28708\u0662"])
def test_what_is_no_code_is_not_taken(code):
    assert step_of(EXAMPLE, code, 59 * SECOND, after=0) is None


def test_a_code_may_be_typed_with_a_space():
    assert step_of(EXAMPLE, " 287 082 ", 59 * SECOND, after=0) == 1


def test_secrets_differ_and_the_address_for_apps_holds_one():
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(base64.b32decode(one)) == 20
    address = address_for_apps(one, "olga owner@x&y", "Door watch")
    assert address.startswith(f"otpauth://totp/Door%20watch:olga%20owner%40x%26y?secret={one}&issuer=Door%20watch&")
