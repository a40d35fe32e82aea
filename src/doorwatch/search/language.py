"""Reading a search: words become terms; what is not understood is looked for as text, never refused.

At each word the longest reading wins. Of equally long ones a camera's whole name comes before a door's, a door's before
a zone's, whole names before parts of names, names before labels, and labels before counts and times. A word that is part
of the names of doors and of cameras stands for all of them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from doorwatch.domain.time import Micros
from doorwatch.search.carrying import CARRYING, HOLDING, SOMETHING, THINGS, read_carried
from doorwatch.search.filling import FILLING, PLACE_WORDS, explained
from doorwatch.search.fixed import COLOURS, FIXED, QUALIFIED, read_colour, read_every, spelled_together
from doorwatch.search.impossible import read_impossible
from doorwatch.search.names import Names
from doorwatch.search.numbers import read_count
from doorwatch.search.query import Chip, Like, Query, Term, TermKind
from doorwatch.search.schedule import read_schedule
from doorwatch.search.shown import count_shown, every_shown, schedule_shown, span_shown
from doorwatch.search.spelling import Spelling
from doorwatch.search.synonyms import meant
from doorwatch.search.times import read_time
from doorwatch.search.tokens import MOST_WORDS, Token, cut
from doorwatch.search.vocabulary import Vocabulary, common_labels
from doorwatch.store.engine.folding import fold

_WHO = frozenset({"person", "persons", "people", "crossing", "crossings", "somebody", "someone", "anybody", "anyone"})
_ALL = frozenset({"all", "any", "anybody", "anyone", "anything", "everybody", "everyone", "everything"})
_BUT = (
    *(("apart", "from"), ("aside", "from"), ("other", "than"), ("except", "for")),
    *((word,) for word in ("but", "except", "excluding", "exclude", "excl", "without")),
)
"""What denies what follows, where it is not in a label such as `without a badge`."""
_JOINTS = frozenset({"&", "+", "/", "|", "-", "\u2013", "\u2014", "\u00b7", "\u2022"})
"""Signs that only stand between words."""
_LONGEST_LABEL = 8
_PLACES = frozenset({TermKind.DOOR, TermKind.CAMERA, TermKind.PLACE, TermKind.ZONE})
_BADGES = frozenset({"badge", "badges", "card", "cards", "credential", "credentials"})
_POSSESSIVE = re.compile(r"['\u2019]s$", re.IGNORECASE)

_QUALIFIED = {**QUALIFIED, "carrying": (TermKind.CARRYING, THINGS)}

_SURE, _WHOLE_NAME, _PART_OF_NAME, _FIXED_WORD, _LABEL, _NUMBER = range(6)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the next `length` words may mean; of equally long readings the smaller rank wins."""

    length: int
    rank: int
    term: Term
    shown: str
    negated: bool = False
    problem: str = ""
    """What of the words is left out."""


def parse(text: str, vocabulary: Vocabulary, now: Micros, zone: ZoneInfo) -> Query:
    """Understand a search text, with the names of one account, at a time, in the site's zone. Never fails."""
    return _Parser(text, vocabulary, now, zone).parse()


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary, now: Micros, zone: ZoneInfo) -> None:
        self._text = text
        self._now = now
        self._zone = zone
        self._tokens, more = cut(text)
        self._names = Names(vocabulary)
        self._looks = vocabulary.looks
        self._labels = vocabulary.labels | common_labels()
        self._spelling = Spelling(self._names, self._labels)
        self._terms: list[Term] = []
        self._chips: list[Chip] = []
        self._problems: list[str] = []
        self._every: Micros | None = None
        self._like: Like | None = None
        self._joining = False
        self._denying: Token | None = None
        self._after_place = -1
        if more:
            self._problems.append(f"Only the first {MOST_WORDS} words were read: the rest is left out")
        if text.count('"') % 2:
            self._problems.append(
                "A quotation mark is missing: the phrase was taken to go on to the next one or the end"
            )

    def parse(self) -> Query:
        index = 0
        while index < len(self._tokens):
            index += self._read(index)
        chosen = self._every, self._like
        return Query(self._text, tuple(self._terms), tuple(self._chips), tuple(self._problems), *chosen)

    def _read(self, index: int) -> int:
        """Take one term off the words; how many words that were."""
        token = self._tokens[index]
        if token.qualifier is not None:
            self._read_qualified(token)
        elif token.quoted:
            self._read_quoted(token)
        elif length := self._read_chosen(index):
            return length
        elif readings := list(self._readings(index)):
            best = min(readings, key=lambda reading: (-reading.length, reading.rank))
            if best.length == 1 and index + 1 < len(self._tokens) and self._mend(index + 1):
                return self._read(index)  # `red jaket`
            self._take(best.term, best.shown, self._tokens[index : index + best.length], but=best.negated)
            self._problems += [best.problem] if best.problem else []
            if best.term.kind in _PLACES:
                self._after_place = index + best.length
            return best.length + (best.term.kind is TermKind.PERSON and self._says_badge(index + best.length))
        elif impossible := read_impossible([word.text for word in self._plain_words(index)]):
            self._leave_out(f"{impossible.sentence}: it was left out")
            return impossible.length
        else:
            return self._read_little(index)
        return 1

    def _read_little(self, index: int) -> int:
        """A word that by itself is no term of the language; how many words were read."""
        token = self._tokens[index]
        if token.folded == "or":
            self._joining = bool(self._terms)
        elif token.folded == "not" and index + 1 < len(self._tokens):
            self._denying = token
        elif length := self._read_but(index):
            return length
        elif not token.folded:
            if token.text not in _JOINTS:
                self._problems.append(f"{token.written} has no letters and was left out")
        elif token.folded in FILLING and not self._is_somebody_alone(token):
            self._denying = token if token.negated else self._denying  # of `NOT in the lobby` the lobby is denied
        elif not self._is_beside_place(index):
            return self._read_unknown(index)
        return 1

    def _read_but(self, index: int) -> int:
        """`except`, `other than`, and the `but` of `everything but`: what follows is denied; how many words were read."""
        words = [token.folded for token in self._plain_words(index)]
        length = next((len(but) for but in _BUT if tuple(words[: len(but)]) == but), 0)
        if words[0] == "but" and (index == 0 or self._tokens[index - 1].folded not in _ALL):
            return 1  # `tailgating but not lobby`
        if not length or index + length >= len(self._tokens):
            return 0
        said, last = self._tokens[index], self._tokens[index + length - 1]
        text = " ".join(token.text for token in self._tokens[index : index + length])
        self._denying = replace(said, text=text, folded=" ".join(words[:length]), end=last.end)
        return length

    def _is_somebody_alone(self, token: Token) -> bool:
        """Whether a word that asks nothing is all there is, and somebody is called so."""
        return len(self._tokens) == 1 and self._names.is_of_somebody(token.folded)

    def _read_unknown(self, index: int) -> int:
        """A word that is nothing known: misspelt, or worth a sentence, or to be looked for in texts."""
        token = self._tokens[index]
        if self._mend(index) or (index + 1 < len(self._tokens) and self._mend(index + 1)):
            return self._read(index)
        told = explained([word.folded for word in self._plain_words(index)])
        if told is None or self._is_said(token.folded):
            self._take(self._names.text(token.folded), token.text, [token])
            return 1
        self._leave_out(told[1])
        return told[0]

    def _is_said(self, word: str) -> bool:
        return self._names.is_of_somebody(word) or any(f" {word} " in f" {label} " for label in self._labels)

    def _leave_out(self, problem: str) -> None:
        """Say what asks nothing; a `not` or an `or` before it is left out with it."""
        self._problems.append(problem)
        self._denying, self._joining = None, False

    def _mend(self, index: int) -> bool:
        """Take a misspelt word for the one that was meant, once; a name's `'s` is taken off."""
        token = self._tokens[index]
        plain = not token.quoted and token.qualifier is None and not token.typed
        if not plain or token.folded in FILLING | PLACE_WORDS or any(True for _ in self._readings(index)):
            return False
        if (apart := self._names.written_together(token.folded)) is not None:
            self._tokens[index] = replace(token, text=apart, folded=apart, typed=token.text)
            return True
        bare = _POSSESSIVE.sub("", token.text)
        if bare != token.text:
            self._tokens[index] = replace(token, text=bare, folded=fold(bare), typed=token.text)
            return True
        meant = self._spelling.meant(token.folded)
        if meant is None:
            return False
        self._problems.append(f"{token.text} was read as {meant}; text:{token.text} looks for it as it stands")
        self._tokens[index] = replace(token, text=meant, folded=meant, typed=token.text)
        return True

    def _says_badge(self, index: int) -> bool:
        """Of `Ann Lee's badge` the name says it all."""
        return index < len(self._tokens) and self._tokens[index].folded in _BADGES and not self._tokens[index].quoted

    def _is_beside_place(self, index: int) -> bool:
        """Of `lobby door` and `camera at the roof` the names say it all."""
        if self._tokens[index].folded not in PLACE_WORDS:
            return False
        if index == self._after_place:
            self._after_place += 1
            return True
        words = [token.folded for token in self._plain_words(index)][1:]
        while words and words[0] in FILLING:
            words.pop(0)
        return any(True for _ in self._names_in(words)) if words else False

    def _read_chosen(self, index: int) -> int:
        """`every 5 minutes` asks nothing of a moment, but chooses among those that match."""
        words = [word.text for word in self._plain_words(index)]
        found = None if self._tokens[index].negated else read_every(words)
        if found is None or read_schedule(words, self._now, self._zone) is not None:
            return 0
        length, self._every = found
        tokens = self._tokens[index : index + length]
        written = " ".join(token.written for token in tokens)
        self._chips.append(Chip("every", written, every_shown(self._every), tokens[0].start, tokens[-1].end))
        return length

    def _read_like(self, token: Token) -> None:
        """`like:"red suitcase"` ranks what matches; it can be said once, and not be denied."""
        if token.negated or self._denying is not None:
            self._denying = None
            self._problems.append(f"{token.written} was left out: likeness ranks what is found and excludes nothing")
        elif not token.folded:
            self._problems.append(f"{token.written} has no letters and was left out")
        elif self._like is not None:
            self._problems.append(f"{token.written} was left out: a search has one like: alone")
        else:
            self._like = Like(token.text)
            if self._looks:
                shown = "that picture" if self._like.moment else token.text
                self._chips.append(Chip("like", token.written, shown, token.start, token.end))
            else:
                self._problems.append(
                    f"Searching by looks is off here, and {token.written} was left out: it needs a model of your own, "
                    "which `doorwatch models pull likeness` takes"
                )

    def _take(self, term: Term, shown: str, tokens: Sequence[Token], *, but: bool = False) -> None:
        """Add a term; with `but` all else is meant than what it says."""
        denied, self._denying = self._denying, None
        joined, self._joining = self._joining, False
        negated = (tokens[0].negated or denied is not None) is not but
        written = " ".join(token.written for token in ([denied] if denied else []) + list(tokens))
        start = tokens[0].start if denied is None else denied.start
        self._terms.append(replace(term, negated=negated, text=written, joined=joined and not negated))
        self._chips.append(Chip(term.kind.value, written, f"not {shown}" if negated else shown, start, tokens[-1].end))

    def _read_quoted(self, token: Token) -> None:
        if not token.folded:
            return
        term = self._names.whole(token.folded)
        if term is not None:
            self._take(term, self._names.shown(term), [token])
        elif token.folded in self._labels:
            self._take(Term(TermKind.LABEL, "", token.folded), token.folded, [token])
        else:
            self._take(self._names.text(token.folded), token.text, [token])

    def _read_qualified(self, token: Token) -> None:
        qualifier = token.qualifier or ""
        if qualifier == "like":
            self._read_like(token)
        elif qualifier in _QUALIFIED:
            kind, values = _QUALIFIED[qualifier]
            value = values.get(token.folded)
            if value is None:
                known = ", ".join(dict.fromkeys(values.values()))
                self._leave_out(f"{token.written} is not understood and was left out: {qualifier} is {known}")
            else:
                self._take(Term(kind, "", value), value, [token])
        elif qualifier in {"door", "camera", "zone"}:
            term = self._names.called(qualifier, token.text)
            if not term.doors and not term.cameras:
                self._problems.append(f"No {qualifier} is called {token.text}: nothing can be found there")
            self._take(term, self._names.shown(term) or token.text, [token])
        elif qualifier == "colour":
            worn = read_colour(token.folded.split() or [""])
            if worn is None:
                known = ", ".join(dict.fromkeys(COLOURS.values()))
                self._leave_out(f"{token.written} is not understood and was left out: colour is {known}")
            else:
                self._take(worn.term, worn.term.value, [token])
        elif token.folded:
            kind = TermKind(qualifier)
            term = self._names.text(token.folded) if kind is TermKind.TEXT else Term(kind, "", token.folded)
            self._take(term, token.text, [token])

    def _readings(self, index: int) -> Iterator[_Reading]:
        words = list(self._plain_words(index))
        folded = [token.folded for token in words]
        yield from self._names_in(folded)
        yield from self._words_in(folded)
        written = [token.text for token in words]
        time = read_time(written, self._now, self._zone)
        if time is not None:
            yield _Reading(
                time.length, _NUMBER, Term(TermKind.TIME, "", span=time.span), span_shown(time.span, self._zone)
            )
        again = read_schedule(written, self._now, self._zone)
        if again is not None:
            term = Term(TermKind.SCHEDULE, "", schedule=again.schedule)
            yield _Reading(again.length, _NUMBER, term, schedule_shown(again.schedule, again.zone), again.negated)
        counted = read_count(written)
        if counted is not None:
            term = Term(TermKind.COUNT, "", count=counted.count)
            yield _Reading(counted.length, _SURE if counted.more else _NUMBER, term, count_shown(counted.count))
        worn = read_colour(folded)
        if worn is not None:
            yield _Reading(worn.length, _FIXED_WORD, worn.term, worn.term.value)
        yield from self._carried(index, folded)
        if folded[0] in {"in", "out"} and self._is_direction(index):
            yield _Reading(1, _FIXED_WORD, Term(TermKind.DIRECTION, "", folded[0]), folded[0])

    def _carried(self, index: int, folded: Sequence[str]) -> Iterator[_Reading]:
        found = read_carried(folded)
        if found is not None:
            left_out = (
                f"The colour of what somebody carries is not told: {found.colour} was left out, like: ranks by it where "
                "there is a model"
            )
            term = Term(TermKind.CARRYING, "", found.value)
            problem = left_out if found.colour else ""
            yield _Reading(found.length, _FIXED_WORD, term, found.value, found.negated, problem)
        elif folded[0] in CARRYING and self._says_no_more(index, folded):
            yield _Reading(1, _FIXED_WORD, Term(TermKind.CARRYING, "", SOMETHING), SOMETHING)

    def _says_no_more(self, index: int, folded: Sequence[str]) -> bool:
        """Whether what comes after `carrying` is understood by itself, or nothing comes: else it is what is carried."""
        if len(folded) == 1 or folded[1] in {"in", "at", "through", "into", "and", "or", "not"}:
            return True
        return folded[1] not in HOLDING and any(True for _ in self._readings(index + 1))

    def _plain_words(self, index: int) -> Iterable[Token]:
        """The words from here on that may belong together."""
        yield self._tokens[index]
        for token in self._tokens[index + 1 :]:
            if token.quoted or token.negated or token.qualifier is not None:
                return
            yield token

    def _names_in(self, folded: Sequence[str]) -> Iterator[_Reading]:
        for length in range(min(self._names.longest, len(folded)), 0, -1):
            phrase = " ".join(folded[:length])
            if not folded[0] or not folded[length - 1]:
                continue
            if (whole := self._names.whole(phrase)) is not None:
                yield _Reading(length, _WHOLE_NAME, whole, self._names.shown(whole))
                return
            if (part := self._names.part(phrase)) is not None:
                yield _Reading(length, _PART_OF_NAME, part, self._names.shown(part))
                return

    def _words_in(self, folded: Sequence[str]) -> Iterator[_Reading]:
        for length in range(min(_LONGEST_LABEL, len(folded)), 0, -1):
            phrase = " ".join(folded[:length])
            for kind, values in FIXED:
                if phrase in values:
                    yield _Reading(length, _FIXED_WORD, Term(kind, "", values[phrase]), values[phrase])
            if phrase in self._labels and phrase not in {"in", "out"}:
                yield _Reading(length, _LABEL, Term(TermKind.LABEL, "", phrase), phrase)
            elif (label := meant(phrase, self._labels)) and not self._names.is_of_somebody(phrase):
                yield _Reading(length, _LABEL, Term(TermKind.LABEL, "", label), label)
            elif length == 1 and (label := spelled_together(self._labels).get(phrase)):
                yield _Reading(1, _LABEL, Term(TermKind.LABEL, "", label), label)

    def _is_direction(self, index: int) -> bool:
        """`in` is mostly a preposition: a direction only at the end, or after who went and before no name."""
        following = self._tokens[index + 1].folded if index + 1 < len(self._tokens) else None
        if following is None:
            return True
        if self._tokens[index].folded == "out":
            return True
        before = self._tokens[index - 1].folded if index else ""
        named = any(True for _ in self._names_in([t.folded for t in self._plain_words(index + 1)]))
        worn = read_colour([following]) is not None  # `person in red`
        return before in _WHO and following not in FILLING and not named and not worn
