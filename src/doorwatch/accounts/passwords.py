"""Passwords: argon2id hashes, and how short one may be."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_LENGTH = 10
MOST_LENGTH = 1024

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks passwords; the cost is the argon2 library's recommendation unless a hasher is given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Checked when there is no such user, so that the time it takes does not tell.
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; takes as long when there is no hash."""
        try:
            return self._hasher.verify(password_hash or self._decoy, password) and password_hash is not None
        except (Argon2Error, InvalidHashError):
            return False

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made at a lower cost than today's."""
        return self._hasher.check_needs_rehash(password_hash)


def problem_with(password: str) -> str | None:
    """Why a password cannot be used, in one sentence; None when it can."""
    if len(password) < LEAST_LENGTH:
        return f"a password has at least {LEAST_LENGTH} characters; a sentence is easy to remember"
    if len(password) > MOST_LENGTH:
        return f"a password has at most {MOST_LENGTH} characters"
    if len(set(password)) < 4:
        return "this password repeats itself; choose one with more different characters"
    return None


def random_password() -> str:
    """A password to be written down once: 16 characters that are not mistaken for each other (78 bits)."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)
