"""Passwords that became known in breaches, as the beginnings of their hashes: who guesses tries them first.

`breached.bin` is made of the ten million passwords that Mark Burnett put into the public domain in 2015: those of the
million most frequent ones that are long enough to be chosen here (docs/design/signing-in.md tells how).
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

_FILE = Path(__file__).with_name("breached.bin")
# With a hundred thousand entries that many bytes take one good password in ten million for a known one.
_BYTES = 5


def is_breached(password: str) -> bool:
    """Whether a password, in whatever case, is among those that became known."""
    known, wanted = _known(), _beginning(password)
    at = bisect_left(range(len(known) // _BYTES), wanted, key=lambda number: _entry(known, number))
    return _entry(known, at) == wanted


def packed(lines: Iterable[str], least_length: int) -> bytes:
    """The file for a list of one password a line, of which shorter ones are left out: beginnings of hashes, in order."""
    passwords = (line.rstrip("\r\n") for line in lines)
    return b"".join(sorted({_beginning(password) for password in passwords if len(password) >= least_length}))


@cache
def _known() -> bytes:
    return _FILE.read_bytes()


def _entry(known: bytes, number: int) -> bytes:
    return known[number * _BYTES : (number + 1) * _BYTES]


def _beginning(password: str) -> bytes:
    return sha256(password.casefold().encode("utf-8", "surrogatepass")).digest()[:_BYTES]
