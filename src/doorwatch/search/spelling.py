"""Misspelt words: what was meant, among the words of the language and the names of the account.

Only what is the beginning of no known word is taken for a mistake, only letters, and only where one word alone is near: the
search goes by what was probably meant, and says so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property

from doorwatch.search.carrying import CARRYING, THINGS
from doorwatch.search.days import MONTHS, PARTS, WEEKDAYS
from doorwatch.search.fixed import CLOTHES, COLOURS, DIRECTIONS, KINDS, REVIEWS, STATES, UNITS
from doorwatch.search.names import Names
from doorwatch.search.synonyms import synonyms

_SHORTEST = 5
_LONG = 8
"""From so many letters on, two of them may be wrong."""
_OTHERS = (
    "today",
    "yesterday",
    "tonight",
    "overnight",
    "midnight",
    "between",
    "weekdays",
    "weekends",
    "weekend",
    "midday",
    "shift",
    "shifts",
)


class Spelling:
    """The words that one search may mean: of the language, of the account's names, and of labels."""

    def __init__(self, names: Names, labels: Collection[str]) -> None:
        self._names = names
        self._labels = labels
        self._meant: dict[str, str | None] = {}

    def meant(self, word: str) -> str | None:
        """The known word that a folded word was meant to be; None where it may be meant as it stands."""
        if len(word) < _SHORTEST - 1 or not word.isalpha():
            return None
        if word not in self._meant:
            known = self._by_letter.get(word[0], ())
            self._meant[word] = _nearest(word, known) if len(word) >= _SHORTEST else _with_one_more(word, known)
        return self._meant[word]

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        """All that are long enough, by their first letter: tens of thousands of doors have many words."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in {*_fixed(), *self._names.words, *_words(self._labels)}:
            if len(word) >= _SHORTEST - 1:
                found[word[0]].append(word)
        return found


def _with_one_more(word: str, alike: Iterable[str]) -> str | None:
    """Of four letters one may be missing inside, as in `loby`: anything else would be near to too much."""
    if any(known.startswith(word) for known in alike):
        return None
    return _nearest(word, [known for known in alike if len(known) == _SHORTEST and known[-1] == word[-1]])


def _nearest(word: str, alike: Iterable[str]) -> str | None:
    """The only one of the words with its first letter that is near; None if one of them begins so."""
    letters = set(word)
    near: dict[int, set[str]] = {}
    for known in alike:
        if known.startswith(word):
            return None
        if len(known) < _SHORTEST:
            continue
        most = 2 if len(word) >= _LONG and len(known) >= _LONG else 1
        # A changed letter is two that only one of the words has; most words are told apart by that.
        if abs(len(known) - len(word)) <= most and len(letters.symmetric_difference(known)) <= 2 * most:
            away = _distance(word, known)
            if away <= most:
                near.setdefault(away, set()).add(known)
    nearest = near[min(near)] if near else set()
    nearest = {one for one in nearest if one[-1] == word[-1]} or nearest  # the ends of words are seldom wrong
    return next(iter(nearest)) if len(nearest) == 1 else None


@cache
def _fixed() -> frozenset[str]:
    months = (month for month in MONTHS if len(month) > _SHORTEST)
    phrases = (
        *CARRYING,
        *THINGS,
        *CLOTHES,
        *COLOURS,
        *DIRECTIONS,
        *KINDS,
        *REVIEWS,
        *STATES,
        *UNITS,
        *synonyms(),
        *WEEKDAYS,
        *PARTS,
        *_OTHERS,
    )
    return frozenset(_words((*phrases, *months)))


def _words(phrases: Iterable[str]) -> Iterator[str]:
    for phrase in phrases:
        yield from phrase.split()


def _distance(left: str, right: str) -> int:
    """How many letters have to be put in, taken out, changed, or changed with the one before."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == right[j - 2] and left[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
