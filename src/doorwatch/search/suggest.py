"""Completing a search while it is typed: cameras, doors, labels, people, bags and times, matched anywhere in their words."""

from collections.abc import Iterator
from dataclasses import dataclass

from doorwatch.domain.appearance import Carried
from doorwatch.search.vocabulary import Vocabulary, common_labels
from doorwatch.store.engine.folding import fold

_TIMES = (
    "today",
    "yesterday",
    "yesterday evening",
    "last hour",
    "last 3 hours",
    "last 24 hours",
    "last 7 days",
    "this week",
    "last week",
    "this month",
    "monday 7am to 6pm",
)
LOOKS = 'like:"person with a red suitcase"'
"""How a search by looks is written: an example, to be changed."""
_FIRST = ("tailgating", "unauthorized entry", "access granted", "today")
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The whole search where it goes on as it was typed, else the phrase that may take the last word's place."""

    text: str
    kind: str


def suggest(text: str, vocabulary: Vocabulary, *, limit: int = 10) -> list[Suggestion]:
    """What the last words of a search may become, names before labels, beginnings before middles."""
    typed = text.lstrip()
    if not typed:
        return [Suggestion(word, "time" if word in _TIMES else "label") for word in _FIRST][:limit]
    if typed[-1].isspace():
        return []
    words = typed.split(" ")
    found: dict[str, Suggestion] = {}
    for length in range(min(_MOST_WORDS, len(words)), 0, -1):
        begun, rest = words[-length:], words[:-length]
        sign = "-" if begun[0].startswith("-") else ""
        fragment = fold(" ".join(begun))
        if not fragment:
            continue
        ranked = sorted(
            (rank, order, name, kind)
            for order, (name, kind) in enumerate(_candidates(vocabulary))
            if (rank := _rank(fragment, fold(name))) is not None
        )
        for _, _, name, kind in ranked:
            whole = " ".join([*rest, sign + name])
            if fold(typed).endswith(fold(name)):
                continue  # it stands there already
            goes_on = whole.casefold().startswith(typed.casefold())
            found.setdefault(name.casefold(), Suggestion(whole if goes_on else sign + name, kind))
            if len(found) >= limit:
                return list(found.values())
    return list(found.values())


def _candidates(vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    for name in sorted(vocabulary.cameras.values()):
        yield name, "camera"
    for name in sorted(vocabulary.doors.values()):
        yield name, "door"
    for name in sorted(vocabulary.sites):
        yield name, "site"
    for name in sorted(vocabulary.groups):
        yield name, "group"
    for name in sorted(vocabulary.people):
        yield name, "person"
    for name in sorted(vocabulary.labels | common_labels()):
        yield name, "label"
    for what in Carried:
        yield f"carrying a {what}", "carrying"
    for name in _TIMES:
        yield name, "time"
    if vocabulary.looks:
        yield LOOKS, "like"


def _rank(fragment: str, name: str) -> int | None:
    if name == fragment:
        return None
    if name.startswith(fragment):
        return 0
    if f" {fragment}" in name:
        return 1
    return 2 if len(fragment) > 1 and fragment in name else None
