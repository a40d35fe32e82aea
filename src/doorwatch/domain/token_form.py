"""What a token looks like, so that a slip of the hand is told from a token that is not known, and leaks are found.

`dw`, a letter for who holds it, `_`, forty random letters and digits, and six that are their checksum: one word to a
double click, and 238 random bits. Tokens of the first releases have 43 random characters and no checksum.
"""

import re
import secrets
import string
import zlib
from enum import StrEnum

PATTERN = r"\bdw[gark]_[0-9A-Za-z]{46}\b"
"""Finds tokens in texts; `is_well_formed` tells those from what only looks like one."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM = 40
_CHECK = 6
_FORM = re.compile(r"dw[gark]_[0-9A-Za-z]{46}")
_FIRST_FORM = re.compile(r"dw[gak]_[\w-]{43}", re.ASCII)


class TokenKind(StrEnum):
    """Who holds a token."""

    GATEWAY = "gateway"
    ANALYZER = "analyzer"
    READ = "read"
    API = "api"


_LETTERS = {TokenKind.GATEWAY: "g", TokenKind.ANALYZER: "a", TokenKind.READ: "r", TokenKind.API: "k"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


def new_secret(kind: TokenKind) -> str:
    """A new token's secret."""
    start = f"dw{_LETTERS[kind]}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return start + _checksum(start)


def is_well_formed(secret: str) -> bool:
    """Whether this may be a token; False when characters are missing, too many, or mistyped."""
    if _FORM.fullmatch(secret):
        return secrets.compare_digest(_checksum(secret[:-_CHECK]), secret[-_CHECK:])
    return _FIRST_FORM.fullmatch(secret) is not None


def kind_of(secret: str) -> TokenKind | None:
    """Who should hold it, by its beginning; None when it does not begin like a token."""
    return _KINDS.get(secret[2:3]) if secret.startswith("dw") and secret[3:4] == "_" else None


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
