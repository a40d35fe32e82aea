"""Cells of tables that people edit: what they say, or which column cannot be taken and why."""

import math
from collections.abc import Collection

_YES, _NO = {"yes", "true", "1", "on"}, {"no", "false", "0", "off"}


class RowError(ValueError):
    """A row that can't be taken: which field, and why."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.where = where


def flag(name: str, value: str, *, blank: bool) -> bool:
    """Yes or no; `blank` for an empty cell. Raises RowError."""
    word = value.casefold()
    if word in _YES | _NO:
        return word in _YES
    if not word:
        return blank
    raise RowError(name, f"{value!r} is neither yes nor no")


def choice(name: str, value: str, among: Collection[str]) -> str:
    """One of some words. Raises RowError."""
    word = value.casefold()
    if word not in among:
        raise RowError(name, f"{value!r} is none of {', '.join(among)}")
    return word


def number(name: str, value: str, least: float, most: float) -> float:
    """A number from `least` to `most`, with a point or a comma before its decimals. Raises RowError."""
    try:
        found = float(value.replace(",", "."))
    except ValueError:
        raise RowError(name, f"{value!r} is no number") from None
    if not math.isfinite(found) or not least <= found <= most:
        raise RowError(name, f"{value} is out of range: from {least:g} to {most:g}")
    return found
