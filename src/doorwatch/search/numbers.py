"""Counts in plain words: `over 2 people`, `exactly 5 people`, `excess 2`, `3+ grants`, `stayed over 10 seconds`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.time import SECOND
from doorwatch.search.fixed import UNITS
from doorwatch.search.query import Compare, Count

_THINGS = {
    **dict.fromkeys(("people", "person", "persons"), "people"),
    **dict.fromkeys(("grant", "grants", "badge", "badges", "card", "cards", "swipe", "swipes"), "grants"),
    "excess": "excess",
}
_EACH = frozenset({"on", "per", "with", "for", "from", "using", "by"})
_SINGLE = (
    ("the", "same"),
    ("a", "single"),
    ("one", "single"),
    ("just", "one"),
    ("only", "one"),
    ("single",),
    ("same",),
    ("a",),
)
_STAYING = frozenset(
    {
        *("dwell", "dwelled", "dwelling", "dwelt", "stayed", "staying", "lingered", "lingering", "waited", "waiting"),
        *("loitered", "loitering", "stood", "standing"),
    }
)
_LONGEST = 7 * 86_400
"""Nobody is followed for longer, in seconds."""
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_COMPARISONS = (
    (("more", "than"), Compare.MORE),
    (("longer", "than"), Compare.MORE),
    (("greater", "than"), Compare.MORE),
    (("shorter", "than"), Compare.LESS),
    (("less", "than"), Compare.LESS),
    (("fewer", "than"), Compare.LESS),
    (("at", "least"), Compare.AT_LEAST),
    (("at", "most"), Compare.AT_MOST),
    (("up", "to"), Compare.AT_MOST),
    (("over",), Compare.MORE),
    (("above",), Compare.MORE),
    (("under",), Compare.LESS),
    (("below",), Compare.LESS),
    (("exactly",), Compare.EXACTLY),
)
_SIGNS = {
    ">": Compare.MORE,
    ">=": Compare.AT_LEAST,
    "<": Compare.LESS,
    "<=": Compare.AT_MOST,
    "=": Compare.EXACTLY,
    "": Compare.EXACTLY,
}
_NUMBER = re.compile(r"(>=|<=|>|<|=|)(\d{1,4})(\+?)")
_WITH_UNIT = re.compile(r"((?:>=|<=|>|<|=|)\d{1,4}\+?)(s|sec|m|min|h)")


@dataclass(frozen=True, slots=True)
class FoundCount:
    """A count that was read out of the first `length` words."""

    length: int
    count: Count


def read_count(words: Sequence[str]) -> FoundCount | None:
    """The count that the words begin with; None when they begin with none."""
    words = [word.casefold() for word in words]
    first = words[0] if words else ""
    if first == "excess":
        amount = _amount(words, 1)
        return None if amount is None else FoundCount(amount[0], Count("excess", amount[1], amount[2]))
    if first in _STAYING:
        return _read_dwell(words)
    if first in _EACH:
        return (_read_dwell(words) if first == "for" else None) or _read_each(words)
    return _read_things(words)


def _read_things(words: Sequence[str]) -> FoundCount | None:
    """`over 2 people`, `3+ grants`, `group of three`."""
    group = 2 if words[:2] in (["group", "of"], ["groups", "of"]) else 0
    amount = _amount(words, group)
    if amount is None:
        return None
    index, compare, number = amount
    what = _THINGS.get(words[index]) if index < len(words) else None
    if what is None:
        return FoundCount(index, Count("people", compare, number)) if group else None
    return FoundCount(index + 1, Count(what, compare, number))


def _read_each(words: Sequence[str]) -> FoundCount | None:
    """`on one badge`, `per badge`, `with the same card`: all of them together had one grant."""
    index = 1
    for phrase in _SINGLE if words[0] != "with" else _SINGLE[:-1]:
        if tuple(words[1 : 1 + len(phrase)]) == phrase:
            index += len(phrase)
            break
    if index == 1 and words[0] != "per":
        amount = _amount(words, 1)
        if amount is None:
            return None
        index, compare, number = amount
    else:
        compare, number = Compare.EXACTLY, 1
    if index >= len(words) or _THINGS.get(words[index]) != "grants":
        return None
    return FoundCount(index + 1, Count("grants", compare, number))


def _read_dwell(words: Sequence[str]) -> FoundCount | None:
    """`stayed over 10 seconds`, `dwell > 2 min`, `lingering at least 30s`, `waited for 5+ minutes`."""
    parts: list[str] = []
    ends: list[int] = []
    sign = ""
    for length, word in enumerate(words[1:8], start=2):
        if length == 2 and word == "for":
            continue
        if word in _SIGNS:
            sign = word
            continue
        whole = sign + ("1" if word in {"a", "an"} else word)
        sign, pair = "", _WITH_UNIT.fullmatch(whole)
        for part in pair.groups() if pair else (whole,):
            parts.append(part)
            ends.append(length)
    amount = _amount(parts, 0)
    if amount is None:
        return None
    index, compare, number = amount
    unit = UNITS.get(parts[index]) if index < len(parts) else None
    if unit is None or number * unit > _LONGEST * SECOND:
        return None
    if compare is Compare.EXACTLY and parts[0] not in {"exactly", "="} and not parts[0].startswith("="):
        compare = Compare.AT_LEAST  # `stayed 10 seconds`: nobody means neither more nor less
    return FoundCount(ends[index], Count("dwell", compare, number * unit // SECOND))


def _amount(words: Sequence[str], index: int) -> tuple[int, Compare, int] | None:
    """Where the next word is, the comparison and the number."""
    compare = Compare.EXACTLY
    for phrase, meaning in _COMPARISONS:
        if tuple(words[index : index + len(phrase)]) == phrase:
            compare, index = meaning, index + len(phrase)
            break
    if index >= len(words):
        return None
    if words[index] in _WORDS:
        number = _WORDS[words[index]]
    elif match := _NUMBER.fullmatch(words[index]):
        number = int(match[2])
        if match[3]:
            compare = Compare.AT_LEAST
        elif match[1]:
            compare = _SIGNS[match[1]]
    else:
        return None
    if tuple(words[index + 1 : index + 3]) == ("or", "more"):
        return index + 3, Compare.AT_LEAST, number
    return index + 1, compare, number
