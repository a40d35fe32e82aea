"""Words that mean the same in every building: kinds, directions, reviews, states, colours, `every 5 minutes`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from doorwatch.search.query import Term, TermKind

KINDS = {
    **dict.fromkeys(("access event", "access events", "event", "events", "badge events", "swipes"), "access_event"),
    **dict.fromkeys(("crossing", "crossings", "person", "persons", "people"), "crossing"),
    **dict.fromkeys(("incident", "incidents", "violation", "violations"), "incident"),
    "health": "health",
}
_GOES = ("go", "goes", "going", "gone", "went", "walk", "walks", "walking", "walked", "come", "comes", "coming", "came")
DIRECTIONS = {
    **dict.fromkeys(("inbound", "inwards", "enter", "enters", "entered", "entering", "entries"), "in"),
    **dict.fromkeys(("arrived", "arriving", "arrivals"), "in"),
    **dict.fromkeys(("outbound", "outwards", "left", "leave", "leaves", "leaving"), "out"),
    **dict.fromkeys(("exits", "exited", "exiting", "departed", "departures"), "out"),
    **{f"{goes} {way}": way for goes in _GOES for way in ("in", "out")},
}
REVIEWS = {
    **dict.fromkeys(("unreviewed", "not reviewed", "not yet reviewed", "without review", "new"), "new"),
    **dict.fromkeys(("pending", "to review", "needs review", "open incident", "open incidents"), "new"),
    "reviewed": "reviewed",
    "confirmed": "confirmed",
    **dict.fromkeys(("dismissed", "false alarm", "false alarms", "false positive", "false positives"), "dismissed"),
}
STATES = {state: state for state in ("provisional", "final", "unconfirmed", "explained", "withdrawn")}
FIXED = (
    (TermKind.KIND, KINDS),
    (TermKind.DIRECTION, DIRECTIONS),
    (TermKind.REVIEW, REVIEWS),
    (TermKind.STATE, STATES),
)
QUALIFIED = {
    "kind": (TermKind.KIND, {**KINDS, "access_event": "access_event"}),
    "direction": (TermKind.DIRECTION, {**DIRECTIONS, "in": "in", "out": "out"}),
    "review": (TermKind.REVIEW, REVIEWS),
    "state": (TermKind.STATE, STATES),
}

COLOURS = {
    **{
        name: name for name in ("black", "white", "red", "green", "blue", "yellow", "orange", "purple", "brown", "pink")
    },
    **dict.fromkeys(("grey", "gray", "silver"), "grey"),
    **dict.fromkeys(("violet", "lilac"), "purple"),
    **dict.fromkeys(("beige", "khaki", "tan"), "brown"),
    **dict.fromkeys(("navy", "turquoise"), "blue"),
}
_SHADES = frozenset({"dark", "light", "bright", "pale"})
_GARMENTS = {
    **dict.fromkeys(
        ("jacket", "coat", "shirt", "tshirt", "blouse", "top", "sweater", "pullover", "hoodie", "vest", "upper"),
        "upper",
    ),
    **dict.fromkeys(("trousers", "pants", "jeans", "leggings", "skirt", "shorts", "bottoms", "lower"), "lower"),
}
_CLOTHING = frozenset({"clothes", "clothing"})
CLOTHES = frozenset((*_SHADES, *_GARMENTS, *_CLOTHING))
"""What may stand beside a colour."""

UNITS = {
    **dict.fromkeys(("second", "seconds", "sec", "s"), SECOND),
    **dict.fromkeys(("minute", "minutes", "min", "mins", "m"), MINUTE),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), HOUR),
    **dict.fromkeys(("day", "days", "d"), DAY),
}
_NUMBER_AND_UNIT = re.compile(r"(\d{1,4})([smhd])")


@dataclass(frozen=True, slots=True)
class Worn:
    """A colour that was read out of the first `length` words."""

    length: int
    term: Term


def read_colour(folded: Sequence[str]) -> Worn | None:
    """`red`, `red jacket`, `dark blue trousers`, `upper red`: the colour, with where it is worn before it."""
    if folded[0] in _SHADES:
        shaded = read_colour(folded[1:]) if len(folded) > 1 and folded[1] in COLOURS else None
        return shaded and Worn(shaded.length + 1, shaded.term)
    first, second = folded[0], folded[1] if len(folded) > 1 else ""
    if first in COLOURS:
        if second == "or" and (part := _worn_after(folded[2:])):
            return Worn(1, Term(TermKind.COLOUR, "", f"{part} {COLOURS[first]}"))
        if second in _GARMENTS:
            return Worn(2, Term(TermKind.COLOUR, "", f"{_GARMENTS[second]} {COLOURS[first]}"))
        return Worn(2 if second in _CLOTHING else 1, Term(TermKind.COLOUR, "", COLOURS[first]))
    if first in {"upper", "lower"} and second in COLOURS:
        return Worn(2, Term(TermKind.COLOUR, "", f"{first} {COLOURS[second]}"))
    return None


def _worn_after(folded: Sequence[str]) -> str | None:
    """Of `red or dark blue jacket` the jacket is of either colour."""
    other = read_colour(folded) if folded else None
    part, _, colour = other.term.value.partition(" ") if other and folded[0] not in {"upper", "lower"} else ("", "", "")
    return part if colour else None


def is_garment(word: str) -> bool:
    """Whether a word is something that is worn, whatever its colour."""
    return word in _GARMENTS or word in _CLOTHING


def is_shade(word: str) -> bool:
    """Whether a word says how light a colour is."""
    return word in _SHADES


def read_every(words: Sequence[str]) -> tuple[int, Micros] | None:
    """`every 5 minutes`, `every hour`, `once a day`: how many words that were, and how long it is."""
    words = [word.casefold() for word in words[:4]]
    index = 1 if words and words[0] in {"every", "each"} else 2 if words[:2] in (["once", "a"], ["once", "per"]) else 0
    if not index:
        return None
    word = words[index] if len(words) > index else ""
    if match := _NUMBER_AND_UNIT.fullmatch(word):
        return _some(index + 1, int(match[1]), match[2])
    if re.fullmatch(r"[0-9]{1,4}", word):
        return _some(index + 2, int(word), words[index + 1] if len(words) > index + 1 else "")
    return _some(index + 1, 1, word)


def _some(length: int, number: int, unit: str) -> tuple[int, Micros] | None:
    return (length, number * UNITS[unit]) if number and unit in UNITS else None


@lru_cache(64)
def spelled_together(labels: frozenset[str]) -> dict[str, str]:
    """`entryunlocked` to the label `entry unlocked`: some write `EntryUnlocked` or `accessgranted`."""
    return {label.replace(" ", ""): label for label in sorted(labels) if " " in label}
