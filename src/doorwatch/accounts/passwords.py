"""Passwords: argon2id hashes, and which ones are too easily guessed.

There is no rule about kinds of characters: what counts is length, and that a guesser would not try it early.
"""

import base64
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from doorwatch.accounts.breached import is_breached
from doorwatch.accounts.common_words import STEMS

LEAST_LENGTH = 10
MOST_LENGTH = 1024

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LOOK_ALIKES = str.maketrans("@4310$57!8", "aaeiossti" + "b")
_ROWS = ("1234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_COLUMNS = (
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaqxswcdevfrbgtnhymjukilop",
    "147258369",
)
_WALK = 4
_ENOUGH_OWN = 6
_WORD_IS_WORTH = 3


class Passwords:
    """Hashes and checks passwords; the cost is the argon2 library's recommendation unless a hasher is given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Checked when there is no such user, so that the time it takes does not tell.
        self._decoy = _decoy(self._hasher)

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


def _decoy(hasher: PasswordHasher) -> str:
    """A hash of this hasher's cost that is no password's: put together, because making one costs every start its time."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${cost}${salt}${digest}"


def problem_with(password: str, *about: str) -> str | None:
    """Why a password cannot be used, in one sentence; None when it can. `about` are words such as the person's e-mail."""
    if len(password) < LEAST_LENGTH:
        return f"a password has at least {LEAST_LENGTH} characters; a sentence is easy to remember"
    if len(password) > MOST_LENGTH:
        return f"a password has at most {MOST_LENGTH} characters"
    if len(set(password)) < 4:
        return "this password repeats itself; choose one with more different characters"
    if is_breached(password):
        return (
            "this password became known in a breach, so it is among the first that are tried; "
            "choose one that is yours alone, such as a sentence"
        )
    if _own_part(password, about) < _ENOUGH_OWN:
        return (
            "this password is among the first that are tried: it is made of a common word, a row of keys, or your own name; "
            "choose one that is yours alone, such as a sentence"
        )
    return None


def random_password() -> str:
    """A password to be written down once: 16 characters that are not mistaken for each other (78 bits)."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)


def _own_part(password: str, about: tuple[str, ...]) -> int:
    """How many characters are left of a password without what every guesser puts together."""
    text = password.casefold()
    known = {word for name in about for word in re.split(r"[\W_]+", name.casefold()) if len(word) >= 3}
    least = len(text)
    if all(_is_walk(text[start::2]) for start in (0, 1)):
        return 0
    for form in (text, text.translate(_LOOK_ALIKES), re.sub(r"(.)\1+", r"\1", text)):
        rest, words = _without_words(_without_walks(form), STEMS | known)
        letters = _without_repeats(re.sub(r"[\W\d_]+", "", rest))
        # Digits are mostly years and counts; and a sentence of common words is a good password.
        least = min(least, len(letters) + len(re.findall(r"\d", rest)) // 2 + _WORD_IS_WORTH * max(0, words - 2))
    return least


def _is_walk(text: str) -> bool:
    return any(text in line or text[::-1] in line for line in _ROWS)


def _without_walks(text: str) -> str:
    """Without rows of neighbours on the keyboard or in the alphabet, forwards or backwards, of four and more."""
    for line in (*_ROWS, *_COLUMNS):
        for walk in (line, line[::-1]):
            for size in range(len(walk), _WALK - 1, -1):
                for start in range(len(walk) - size + 1):
                    text = text.replace(walk[start : start + size], " ")
    return text


def _without_words(text: str, words: frozenset[str] | set[str]) -> tuple[str, int]:
    """Without the longest known words, wherever they stand; and how many different ones that were."""
    found = 0
    for word in sorted((word for word in words if word in text), key=len, reverse=True):
        found += word in text
        text = text.replace(word, " ")
    return text, found


def _without_repeats(text: str) -> str:
    """What repeats itself counts once: abcabcabc is three characters."""
    for size in range(1, len(text) // 2 + 1):
        if text == (text[:size] * len(text))[: len(text)]:
            return text[:size]
    return text
