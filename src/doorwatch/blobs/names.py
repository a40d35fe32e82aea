"""What any store of files by name must offer, and which names it takes."""

import re
from typing import BinaryIO, Protocol

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,15}}")


class BlobError(Exception):
    """A file could not be kept or read; the text is one sentence with the cure."""


class BlobMissingError(BlobError):
    """No file has this name."""


class Blobs(Protocol):
    """Files by name. A name is written whole or not at all; writing it again replaces it."""

    def put(self, name: str, data: bytes | BinaryIO) -> None:
        """Keep `data`, or what an open file holds, under `name`; durable when this returns. Raises BlobError."""
        ...

    def get(self, name: str) -> bytes:
        """All bytes of a file. Raises BlobMissingError."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file for reading and seeking; the caller closes it. Raises BlobMissingError."""
        ...

    def size(self, name: str) -> int | None:
        """Length in bytes; None when there is no such file."""
        ...

    def delete(self, name: str) -> bool:
        """Remove a file; whether there was one."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, in order."""
        ...


def check_name(name: str) -> str:
    """The name itself, when it can be one: letters, digits, `._-`, folders by `/`, nothing hidden, no way upwards.

    Raises BlobError.
    """
    if not _NAME.fullmatch(name):
        raise BlobError(f"{name!r} cannot name a file here: use letters, digits, dots, dashes and folders with /")
    return name
