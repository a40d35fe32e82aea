"""Roles, passwords and the pause after failures, without a database."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from doorwatch.accounts import breached
from doorwatch.accounts.breached import packed
from doorwatch.accounts.passwords import LEAST_LENGTH, Passwords, problem_with, random_password
from doorwatch.accounts.roles import SCOPES_OF_KIND, Role, Scope, TokenKind
from doorwatch.accounts.throttle import FORGOTTEN_AFTER, LONGEST, TooManyAttemptsError, one_more
from doorwatch.accounts.users import AccountsError, normal_email
from doorwatch.domain.time import SECOND
from doorwatch.store.people.users import Failures

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_role_includes_the_smaller_ones():
    assert Role.OWNER.includes(Role.MANAGE)
    assert Role.VIEW.includes(Role.VIEW)
    assert not Role.VIEW.includes(Role.MANAGE)


def test_a_kind_of_token_decides_what_it_may_do():
    assert SCOPES_OF_KIND == {
        TokenKind.GATEWAY: (Scope.PACS_WRITE,),
        TokenKind.ANALYZER: (Scope.ANALYZER_WRITE,),
        TokenKind.READ: (Scope.API_READ,),
        TokenKind.API: (Scope.API,),
    }


def test_a_password_fits_only_its_own_hash():
    passwords = Passwords(QUICK)
    kept = passwords.hash("correct horse battery")
    assert "correct" not in kept
    assert passwords.matches(kept, "correct horse battery")
    assert not passwords.matches(kept, "correct horse batterz")
    assert not passwords.matches("broken hash", "correct horse battery")


def test_without_a_hash_nothing_fits_though_it_is_checked():
    assert not Passwords(QUICK).matches(None, "anything")


class Counting(PasswordHasher):
    """Counts what costs: hashes that were made, and those that a password was compared with to the end."""

    made, compared = 0, 0

    def hash(self, *args, **more):
        self.made += 1
        return super().hash(*args, **more)

    def verify(self, *args):
        try:
            return super().verify(*args)
        except VerifyMismatchError:
            self.compared += 1
            raise


def test_nobody_is_as_dear_to_check_as_somebody_and_costs_a_start_nothing():
    hasher = Counting(time_cost=1, memory_cost=16, parallelism=2)
    passwords = Passwords(hasher)
    assert hasher.made == 0
    passwords.matches(None, "anything")
    assert hasher.compared == 1
    assert extract_parameters(passwords._decoy) == extract_parameters(passwords.hash("anything"))


def test_a_cheaper_hash_is_outdated():
    cheap = Passwords(QUICK).hash("correct horse battery")
    assert Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)).outdated(cheap)
    assert not Passwords(QUICK).outdated(cheap)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "at least 10"),
        ("x" * 1025, "at most"),
        ("ababababababab", "repeats itself"),
        ("correct horse", None),
        ("834729104857", None),
        ("monkey dragon football sunshine", None),
        ("the quick brown fox", None),
        ("password1234", "first that are tried"),
        ("P@ssw0rd2026!", "first that are tried"),
        ("Doorwatch2026", "first that are tried"),
        ("qwertyuiop", "first that are tried"),
        ("1q2w3e4r5t6z", "first that are tried"),
        ("112233445566", "first that are tried"),
        ("letmein-letmein", "first that are tried"),
        ("Olga.Owner.26", "first that are tried"),
        ("harbour-harbour", None),
        ("Revolution", "became known in a breach"),
        ("7ugd5hip2J", "became known in a breach"),
        ("gfhjkmgfhjkm", "became known in a breach"),
        ("revolution of the doors", None),
    ],
)
def test_a_password_that_cannot_be_used_is_told_why(password, problem):
    found = problem_with(password, "olga@example.com", "Olga Owner")
    assert found is None if problem is None else problem in found


def test_a_list_of_breached_passwords_is_packed_whole_and_in_the_form_of_the_one_that_is_shipped():
    listed = [f"known password {number}" for number in range(300)]
    entries = packed([*listed, "SHORT", listed[0].upper(), "Revolution"], LEAST_LENGTH)
    assert len(entries) == 301 * 5
    [revolution] = set(slices(entries)) - set(slices(packed(listed, LEAST_LENGTH)))
    shipped = slices(Path(breached.__file__).with_suffix(".bin").read_bytes())
    assert revolution in shipped
    assert shipped == sorted(set(shipped))
    assert len(shipped) > 100_000


def slices(entries):
    return [entries[start : start + 5] for start in range(0, len(entries), 5)]


def test_random_passwords_are_good_and_differ():
    made = {random_password() for _ in range(50)}
    assert len(made) == 50
    assert all(problem_with(password) is None for password in made)


def test_an_email_is_one_whatever_its_case():
    assert normal_email("  Guard@Example.COM ") == "guard@example.com"
    for wrong in ("", "guard", "a b@c", "a@b@c", "x" * 300 + "@y"):
        with pytest.raises(AccountsError, match="is no e-mail address"):
            normal_email(wrong)


def test_the_wait_doubles_after_the_free_tries_up_to_a_limit():
    failures, waits = Failures(), []
    for _ in range(30):
        failures = one_more(failures, 5, 1000)
        waits.append(max(0, failures.blocked_until - 1000))
    assert waits[:8] == [0, 0, 0, 0, SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert waits[-1] == LONGEST


def test_failures_of_yesterday_are_forgotten():
    assert one_more(Failures(9, 0, 0), 5, FORGOTTEN_AFTER + 1).failures == 1


def test_the_pause_is_told_in_whole_seconds():
    assert (TooManyAttemptsError(1).retry_after, str(TooManyAttemptsError(1))) == (
        1,
        "too many failed sign-ins: try again in 1 second",
    )
    assert TooManyAttemptsError(1_500_000).retry_after == 2
