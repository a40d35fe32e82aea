"""Reading a search: words become terms; what is not understood is looked for as text, never refused.

At each word the longest reading wins. Of equally long ones a camera's whole name comes before a door's, whole names
before parts of names, names before labels, and labels before counts and times. A word that is part of the names of
doors and of cameras stands for all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from doorwatch.domain.time import Micros
from doorwatch.search.names import Names
from doorwatch.search.numbers import read_count
from doorwatch.search.query import OPEN_END, OPEN_START, Chip, Query, Span, Term, TermKind
from doorwatch.search.times import read_time
from doorwatch.search.tokens import Token, cut
from doorwatch.search.vocabulary import Vocabulary, common_labels

_KINDS = {
    **dict.fromkeys(("access event", "access events", "event", "events"), "access_event"),
    **dict.fromkeys(("crossing", "crossings", "person", "persons", "people"), "crossing"),
    **dict.fromkeys(("incident", "incidents"), "incident"),
    "health": "health",
}
_DIRECTIONS = {
    **dict.fromkeys(("inbound", "inwards", "entered", "entering", "entries", "went in", "walked in"), "in"),
    **dict.fromkeys(("outbound", "outwards", "left", "leaving", "exited", "went out", "walked out"), "out"),
}
_REVIEWS = {
    "unreviewed": "new",
    "not reviewed": "new",
    "new": "new",
    "confirmed": "confirmed",
    "dismissed": "dismissed",
}
_STATES = {state: state for state in ("provisional", "final", "unconfirmed", "explained", "withdrawn")}
_FIXED = (
    (TermKind.KIND, _KINDS),
    (TermKind.DIRECTION, _DIRECTIONS),
    (TermKind.REVIEW, _REVIEWS),
    (TermKind.STATE, _STATES),
)
_QUALIFIED = {
    "kind": (TermKind.KIND, {**_KINDS, "access_event": "access_event"}),
    "direction": (TermKind.DIRECTION, {**_DIRECTIONS, "in": "in", "out": "out"}),
    "review": (TermKind.REVIEW, _REVIEWS),
    "state": (TermKind.STATE, _STATES),
}

# Words that carry nothing by themselves; they are passed over where they belong to nothing else.
_FILLING = frozenset(
    {"a", "an", "and", "at", "between", "by", "during", "for", "from", "near", "of", "on", "or", "the", "to", "with"}
)
_WHO = frozenset({"person", "persons", "people", "crossing", "crossings", "somebody", "someone", "anybody", "anyone"})
_LONGEST_LABEL = 8

_WHOLE_NAME, _PART_OF_NAME, _FIXED_WORD, _LABEL, _NUMBER = range(5)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the next `length` words may mean; of equally long readings the smaller rank wins."""

    length: int
    rank: int
    term: Term
    shown: str


def parse(text: str, vocabulary: Vocabulary, now: Micros, zone: ZoneInfo) -> Query:
    """Understand a search text, with the names of one account, at a time, in the site's zone. Never fails."""
    return _Parser(text, vocabulary, now, zone).parse()


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary, now: Micros, zone: ZoneInfo) -> None:
        self._text = text
        self._now = now
        self._zone = zone
        self._tokens = cut(text)
        self._names = Names(vocabulary)
        self._labels = vocabulary.labels | common_labels()
        self._terms: list[Term] = []
        self._chips: list[Chip] = []
        self._problems: list[str] = []

    def parse(self) -> Query:
        index = 0
        while index < len(self._tokens):
            index += self._read(index)
        return Query(self._text, tuple(self._terms), tuple(self._chips), tuple(self._problems))

    def _read(self, index: int) -> int:
        """Take one term off the words; how many words that were."""
        token = self._tokens[index]
        if token.qualifier is not None:
            self._read_qualified(token)
        elif token.quoted:
            self._read_quoted(token)
        elif readings := list(self._readings(index)):
            best = min(readings, key=lambda reading: (-reading.length, reading.rank))
            self._take(best.term, best.shown, self._tokens[index : index + best.length])
            return best.length
        elif token.folded and token.folded not in _FILLING | {"in"}:
            self._take(self._names.text(token.folded), token.text, [token])
        return 1

    def _take(self, term: Term, shown: str, tokens: Sequence[Token]) -> None:
        negated = tokens[0].negated
        written = " ".join(token.written for token in tokens)
        self._terms.append(replace(term, negated=negated, text=written))
        self._chips.append(Chip(term.kind.value, written, f"not {shown}" if negated else shown))

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
        if qualifier in _QUALIFIED:
            kind, values = _QUALIFIED[qualifier]
            value = values.get(token.folded)
            if value is None:
                known = ", ".join(dict.fromkeys(values.values()))
                self._problems.append(f"{token.written} is not understood and was left out: {qualifier} is {known}")
            else:
                self._take(Term(kind, "", value), value, [token])
        elif qualifier in {"door", "camera"}:
            term = self._names.door(token.text) if qualifier == "door" else self._names.camera(token.text)
            if not term.doors and not term.cameras:
                self._problems.append(f"No {qualifier} is called {token.text}: nothing can be found there")
            self._take(term, self._names.shown(term) or token.text, [token])
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
            yield _Reading(time.length, _NUMBER, Term(TermKind.TIME, "", span=time.span), self._show(time.span))
        found = read_count(written)
        if found is not None:
            shown = f"{found.count.what} {found.count.compare} {found.count.number}"
            yield _Reading(found.length, _NUMBER, Term(TermKind.COUNT, "", count=found.count), shown)
        if folded[0] in {"in", "out"} and self._is_direction(index):
            yield _Reading(1, _FIXED_WORD, Term(TermKind.DIRECTION, "", folded[0]), folded[0])

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
            for kind, values in _FIXED:
                if phrase in values:
                    yield _Reading(length, _FIXED_WORD, Term(kind, "", values[phrase]), values[phrase])
            if phrase in self._labels and phrase not in {"in", "out"}:
                yield _Reading(length, _LABEL, Term(TermKind.LABEL, "", phrase), phrase)

    def _is_direction(self, index: int) -> bool:
        """`in` is mostly a preposition: a direction only at the end, or after who went and before no name."""
        following = self._tokens[index + 1].folded if index + 1 < len(self._tokens) else None
        if following is None:
            return True
        if self._tokens[index].folded == "out":
            return following != "of"
        before = self._tokens[index - 1].folded if index else ""
        named = any(True for _ in self._names_in([t.folded for t in self._plain_words(index + 1)]))
        return before in _WHO and following not in _FILLING and not named

    def _show(self, span: Span) -> str:
        start = None if span.start == OPEN_START else self._local(span.start)
        end = None if span.end == OPEN_END else self._local(span.end)
        if start is None or end is None:
            return f"since {start:%Y-%m-%d %H:%M}" if start is not None else f"before {end:%Y-%m-%d %H:%M}"
        last = end - timedelta(microseconds=1)
        if start.date() != last.date():
            return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
        if (start.hour, start.minute) == (0, 0) and end.date() != last.date():
            return f"{start:%Y-%m-%d}"
        until = "24:00" if end.date() != last.date() else f"{end:%H:%M}"
        return f"{start:%Y-%m-%d %H:%M} to {until}"

    def _local(self, at: Micros) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(self._zone)
