"""What somebody carries, in plain words: `carrying a suitcase`, `with a backpack`, `bags`, `without a bag`."""

from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.appearance import EVERYTHING, Carried
from doorwatch.search.fixed import COLOURS, is_shade

SOMETHING = "bag"
"""What stands for anything that detectors tell."""
THINGS = {
    **dict.fromkeys(("backpack", "backpacks", "rucksack", "rucksacks", "knapsack", "knapsacks"), "backpack"),
    **dict.fromkeys(("handbag", "handbags", "purse", "purses", "shoulder bag", "shoulder bags"), "handbag"),
    **dict.fromkeys(("suitcase", "suitcases", "luggage", "baggage", "rolling bag", "rolling bags"), "suitcase"),
    **dict.fromkeys(("bag", "bags"), SOMETHING),
}
"""Words for what detectors tell."""
CARRYING = frozenset({"carrying", "carries", "carried"})
"""Who carries something, without saying what."""
HOLDING = CARRYING | {"holding", "holds", "pulling", "pulls", "wheeling", "dragging"}
_WITHOUT = frozenset({"without", "no"})
_BEFORE = HOLDING | _WITHOUT | {"with", "has", "having", "had"}
ARTICLES = frozenset({"a", "an", "the", "any", "some", "one", "his", "her", "their"})
_ANYTHING = frozenset({"something", "anything"})


@dataclass(frozen=True, slots=True)
class FoundCarried:
    """What was read out of the first `length` words, and the words for its colour, which nobody knows."""

    length: int
    value: str
    negated: bool = False
    colour: str = ""


def read_carried(folded: Sequence[str]) -> FoundCarried | None:
    """What the words say that somebody carries; None when they begin with nothing of the kind."""
    before = folded[0] if folded[0] in _BEFORE else ""
    index = 1 if before else 0
    if index and folded[index : index + 1] and folded[index] in _ANYTHING and before in HOLDING:
        return FoundCarried(index + 1, SOMETHING)
    if index and folded[index : index + 1] and folded[index] in ARTICLES:
        index += 1
    begin = index
    while index < len(folded) and (is_shade(folded[index]) or folded[index] in COLOURS):
        index += 1
    for length in (2, 1):
        value = THINGS.get(" ".join(folded[index : index + length]))
        if value is not None:
            return FoundCarried(index + length, value, before in _WITHOUT, " ".join(folded[begin:index]))
    return None


def codes_of(value: str) -> list[int]:
    """The numbers under which moments store what they carry, of all those with a thing among it."""
    every = range(1, EVERYTHING + 1)
    return list(every) if value == SOMETHING else [code for code in every if code & Carried(value).bit]
