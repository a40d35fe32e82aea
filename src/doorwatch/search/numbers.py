"""Counts in plain words: `over 2 people`, `between 2 and 5 people`, `excess 2`, `3+ grants`, `stayed over 10 seconds`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from doorwatch.domain.time import SECOND, Micros
from doorwatch.search.fixed import UNITS
from doorwatch.search.query import Compare, Count

_PEOPLE = frozenset({"people", "person", "persons", "individuals", "ppl"})
_THINGS = {
    **dict.fromkeys(_PEOPLE, "people"),
    **dict.fromkeys(("grant", "grants", "badge", "badges", "card", "cards", "swipe", "swipes"), "grants"),
    **dict.fromkeys(("excess", "tailgaters"), "excess"),
}
_TOO_MANY = frozenset({"extra", "additional", "excess", "unauthorized", "unauthorised", "unbadged"})
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
_CLOCK_WORDS = frozenset({"am", "pm", "o'clock", "oclock", "hrs", "uhr"})
_LONGEST = 7 * 86_400
"""Nobody is followed for longer, in seconds."""
_MOST_WORDS = 12
"""No count is longer."""
_TENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *_TENS, "twenty"), start=1
    )
}
_NUMBERS = (
    *((("a", word, "of"), number) for word, number in (("couple", 2), ("pair", 2))),
    *((("a", word), number) for word, number in (("couple", 2), ("pair", 2), ("dozen", 12), ("single", 1))),
    (("single",), 1),
    *(((word,), number) for word, number in _WORDS.items()),
)
_VAGUE = {"several": 3, "multiple": 2}
"""What is meant at least."""
_COMPARISONS: tuple[tuple[tuple[str, ...], Compare], ...] = (
    *(((no, more, "than"), Compare.AT_MOST) for no in ("no", "not") for more in ("more", "greater", "longer")),
    *(((no, less, "than"), Compare.AT_LEAST) for no in ("no", "not") for less in ("less", "fewer", "shorter")),
    *(((more, than), Compare.MORE) for more in ("more", "longer", "greater") for than in ("than", "then")),
    *(((less, than), Compare.LESS) for less in ("less", "fewer", "shorter") for than in ("than", "then")),
    (("at", "least"), Compare.AT_LEAST),
    (("at", "most"), Compare.AT_MOST),
    (("up", "to"), Compare.AT_MOST),
    *((("a", f"{limit}imum", "of"), how) for limit, how in (("min", Compare.AT_LEAST), ("max", Compare.AT_MOST))),
    *(((f"{limit}imum", "of"), how) for limit, how in (("min", Compare.AT_LEAST), ("max", Compare.AT_MOST))),
    *(((word,), Compare.AT_LEAST) for word in ("min", "minimum", ">=", "≥")),
    *(((word,), Compare.AT_MOST) for word in ("max", "maximum", "<=", "≤")),
    *(((word,), Compare.MORE) for word in ("over", "above", ">")),
    *(((word,), Compare.LESS) for word in ("under", "below", "<")),
    *(((word,), Compare.EXACTLY) for word in ("exactly", "=")),
)
_AFTERWARDS: dict[tuple[str, ...], Compare] = {
    **dict.fromkeys((("or", "more"), ("and", "more"), ("at", "least"), ("+",)), Compare.AT_LEAST),
    **dict.fromkeys((("or", "fewer"), ("or", "less"), ("at", "most")), Compare.AT_MOST),
}
_GLUED = re.compile(
    r"(?:(?P<thing>[a-z]+):?)?(?P<sign>[<>]=|[≥≤<>=])?"
    r"(?P<number>\d{1,4})(?:(?P<to>[-\u2013])(?P<most>\d{1,4}))?(?P<more>\+)?(?P<unit>s|sec|m|min|h)?"
)
_NUMBER = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True)
class FoundCount:
    """A count that was read out of the first `length` words."""

    length: int
    count: Count
    more: bool = False
    """Whether another number follows that says what is counted: of `1 or 3 people` the first word."""


def read_count(words: Sequence[str]) -> FoundCount | None:
    """The count that the words begin with; None when they begin with none."""
    parts, ends = _cut(words)
    found = _read(parts) if parts else None
    if found is None or ends[found.length - 1 : found.length + 1].count(ends[found.length - 1]) > 1:
        return None  # nothing, or only the beginning of a word
    return replace(found, length=ends[found.length - 1])


def _cut(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """`2-5`, `>=3`, `10s` and `people>2` in parts, as if there were spaces; and how many words each part ends."""
    parts, ends = [], []
    for length, word in enumerate((word.casefold() for word in words[:_MOST_WORDS]), start=1):
        pieces = list(_pieces(word))
        parts += pieces
        ends += [length] * len(pieces)
    return parts, ends


def _pieces(word: str) -> Iterator[str]:
    glued = _GLUED.fullmatch(word)
    if glued is None or (glued["thing"] and glued["thing"] not in _THINGS.keys() | _STAYING):
        yield word
        return
    if glued["thing"] and not glued["sign"]:
        yield from (glued["thing"], "=")  # `people:3`
    for piece in glued.groups()[0 if glued["thing"] and glued["sign"] else 1 :]:
        if piece:
            yield "-" if piece == "\u2013" else piece


def _read(parts: Sequence[str]) -> FoundCount | None:
    """The count, its length in parts."""
    first = parts[0]
    if first in _STAYING:
        return _read_dwell(parts)
    if first in _EACH:
        return (_read_dwell(parts) if first == "for" else None) or _read_each(parts) or _read_things(parts)
    return _read_named(parts) if first in _THINGS else _read_things(parts)


class _Amount(NamedTuple):
    """Where the next part is, how it is compared if that is said, the number, and for `2 to 5` the larger one."""

    after: int
    compare: Compare | None
    number: int
    most: int | None = None

    def of(self, what: str, length: int) -> FoundCount:
        """So many of them; what is not compared is meant exactly."""
        return FoundCount(length, Count(what, self.compare or Compare.EXACTLY, self.number, self.most))


def _read_things(parts: Sequence[str]) -> FoundCount | None:
    """`over 2 people`, `3+ grants`, `2 to 5 people`, `3 people or more`, `two extra people`, `group of three`."""
    group = 2 if list(parts[:2]) in (["group", "of"], ["groups", "of"]) else 0
    amount = _amount(parts, group)
    if amount is None:
        return None
    after, what = _thing(parts, amount.after)
    if what is None:
        return amount.of("people", amount.after) if group else _one_of_several(parts, amount)
    if up_to := _up_to(parts, after, amount, what):
        return up_to
    if amount.compare is None:
        after, compare = _afterwards(parts, after)
        amount = amount._replace(compare=compare)
    return amount.of(what, after)


def _one_of_several(parts: Sequence[str], amount: _Amount) -> FoundCount | None:
    """The first number of `1 or 3 people`; what is counted is said behind the last one."""
    if amount.compare is not None or amount.most is not None or list(parts[amount.after : amount.after + 1]) != ["or"]:
        return None
    rest = parts[amount.after + 1 :]
    last = _read_things(rest) if rest else None
    return last and replace(amount.of(last.count.what, amount.after), more=True)


def _up_to(parts: Sequence[str], index: int, amount: _Amount, what: str) -> FoundCount | None:
    """`2 people to 5`, unless what follows is a time or something else that is counted."""
    if amount.compare is not None or amount.most is not None or list(parts[index : index + 1]) not in (["to"], ["-"]):
        return None
    most, after = _number(parts, index + 1)
    following = parts[after] if after < len(parts) else ""
    if most is None or following in _CLOCK_WORDS | UNITS.keys() or _THINGS.get(following, what) != what:
        return None
    least, most = sorted((amount.number, most))
    return _Amount(after, Compare.AT_LEAST, least, most).of(what, after + (following in _THINGS))


def _thing(parts: Sequence[str], index: int) -> tuple[int, str | None]:
    """What is counted, and where the next part is."""
    if index + 1 < len(parts) and parts[index] in _TOO_MANY and parts[index + 1] in _PEOPLE:
        return index + 2, "excess"
    return index + 1, _THINGS.get(parts[index]) if index < len(parts) else None


def _read_named(parts: Sequence[str]) -> FoundCount | None:
    """`excess 2`, `people > 2`, `grants = 0`; of excess alone also without a comparison: `people between 9 and 10` is a time."""
    compared = _comparison(parts, 1)[1] is not None
    amount = _amount(parts, 1) if compared or parts[0] == "excess" else None
    if amount is None:
        return None
    if amount.after < len(parts) and parts[amount.after] in UNITS:
        return None  # `people over 2 hours ago`
    return amount.of(_THINGS[parts[0]], amount.after)


def _read_each(parts: Sequence[str]) -> FoundCount | None:
    """`on one badge`, `per badge`, `with the same card`: all of them together had one grant."""
    amount: _Amount | None = _Amount(1, None, 1)
    for phrase in _SINGLE if parts[0] != "with" else _SINGLE[:-1]:
        if tuple(parts[1 : 1 + len(phrase)]) == phrase:
            amount = _Amount(1 + len(phrase), None, 1)
            break
    else:
        amount = amount if parts[0] == "per" else _amount(parts, 1)
    if amount is None or amount.after >= len(parts) or _THINGS.get(parts[amount.after]) != "grants":
        return None
    return amount.of("grants", amount.after + 1)


def _read_dwell(parts: Sequence[str]) -> FoundCount | None:
    """`stayed over 10 seconds`, `dwell > 2 min`, `lingering at least 30s`, `waited for 1 to 5 minutes`."""
    begin = 2 if list(parts[1:2]) == ["for"] else 1
    # `a minute` is one; of nothing else is there one by itself.
    following = [*parts[1:], ""]
    said = ["1" if one in {"a", "an"} and after in UNITS else one for one, after in zip(parts, following, strict=True)]
    if both := _between_times(said, begin):
        return both
    amount = _amount(said, begin)
    unit = UNITS.get(said[amount.after]) if amount and amount.after < len(said) else None
    if amount is None or unit is None:
        return None
    # `stayed 10 seconds`: nobody means neither more nor less.
    return _dwelt(amount.after + 1, amount.compare or Compare.AT_LEAST, amount.number * unit)


def _between_times(parts: Sequence[str], index: int) -> FoundCount | None:
    """`1 to 5 minutes`, `between 30 seconds and 2 minutes`."""
    closed = list(parts[index : index + 1]) in (["between"], ["from"])
    least, after = _number(parts, index + closed)
    own = UNITS.get(parts[after]) if after < len(parts) else None
    to = after + (own is not None)
    most, last = _number(parts, to + 1)
    unit = UNITS.get(parts[last]) if last < len(parts) else None
    if least is None or most is None or unit is None or not _leads_on(parts[to], closed=closed):
        return None
    least, most = sorted((least * (own or unit), most * unit))
    return _dwelt(last + 1, Compare.AT_LEAST, least, most)


def _dwelt(length: int, compare: Compare, time: Micros, most: Micros | None = None) -> FoundCount | None:
    if max(time, most or 0) > _LONGEST * SECOND:
        return None
    return FoundCount(length, Count("dwell", compare, time // SECOND, None if most is None else most // SECOND))


def _amount(parts: Sequence[str], index: int) -> _Amount | None:
    """The comparison and the number from a part on."""
    begin, compare = _comparison(parts, index)
    between = _between(parts, begin) if compare in {None, Compare.EXACTLY} else None
    if between is not None:
        return between
    if index < len(parts) and parts[index] in _VAGUE:
        return _Amount(index + 1, Compare.AT_LEAST, _VAGUE[parts[index]])
    number, after = _number(parts, begin)
    if number is None:
        return None
    further, afterwards = _afterwards(parts, after)
    if compare is None or afterwards is Compare.AT_LEAST:
        after, compare = further, afterwards or compare
    return _Amount(after, compare, number)


def _between(parts: Sequence[str], index: int) -> _Amount | None:
    """`2 to 5`, `2-5`, `between two and five`, `from 2 to 5`, `2 or 3`."""
    closed = list(parts[index : index + 1]) in (["between"], ["from"])
    least, after = _number(parts, index + closed)
    most, last = _number(parts, after + 1)
    if least is None or most is None:
        return None
    next_to = parts[after] == "or" and abs(most - least) == 1
    if not next_to and not _leads_on(parts[after], closed=closed):
        return None
    return _Amount(last, Compare.AT_LEAST, min(least, most), max(least, most))


def _leads_on(part: str, *, closed: bool) -> bool:
    """Whether a part between two numbers makes a range of them; `2 and 5` only after `between`."""
    return part in {"to", "-"} or (closed and part == "and")


def _comparison(parts: Sequence[str], index: int) -> tuple[int, Compare | None]:
    for phrase, meaning in _COMPARISONS:
        if tuple(parts[index : index + len(phrase)]) == phrase:
            return index + len(phrase), meaning
    return index, None


def _afterwards(parts: Sequence[str], index: int) -> tuple[int, Compare | None]:
    """`3 or more`, `3+`, `3 people at most`."""
    for phrase, meaning in _AFTERWARDS.items():
        if tuple(parts[index : index + len(phrase)]) == phrase:
            return index + len(phrase), meaning
    return index, None


def _number(parts: Sequence[str], index: int) -> tuple[int | None, int]:
    """The number, in digits or words, and where the next part is."""
    if index < len(parts) and _NUMBER.fullmatch(parts[index]):
        return int(parts[index]), index + 1
    for phrase, number in _NUMBERS:
        if tuple(parts[index : index + len(phrase)]) == phrase:
            return number, index + len(phrase)
    return None, index
