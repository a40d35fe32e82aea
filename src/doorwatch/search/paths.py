"""Ways to the moments of a search: by which index they are reached, as few as can be, the newest first.

Each group of terms that an index knows is a way. A way has `streams`: ranges of one index that each are in the order of time,
so that the newest fifty of all of them need no more than fifty rows of each. How many moments a way leads past is
looked at up to a limit, which costs little; the shortest way is taken, and the rest of the search is asked of its rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from doorwatch.search.carrying import codes_of
from doorwatch.search.conditions import Meanings, in_span, worn_columns
from doorwatch.search.query import OPEN_END, OPEN_START, Query, Span, Term, TermKind
from doorwatch.store import words
from doorwatch.store.engine import sets
from doorwatch.store.engine.asking import TRUE, Sql, all_of, ask, joined, one_of
from doorwatch.store.moments import CODES, MomentKind

FEW = 1000
"""Up to so many moments are all looked at."""
SOME = 4000
"""So far ways are compared when none is short."""
MOST_STREAMS = 48
"""Merging more ranges than so many costs more than it saves."""

_EVENTS = frozenset(CODES[MomentKind.ACCESS_EVENT])
_ALL_KINDS = frozenset(code for codes in CODES.values() for code in codes)
_TOLD = frozenset((*CODES[MomentKind.INCIDENT], *CODES[MomentKind.HEALTH]))
_INCIDENT = frozenset(CODES[MomentKind.INCIDENT])
_ANYWHERE = frozenset(CODES[MomentKind.HEALTH])
"""What may have happened at a camera and at no door."""
_SEEN = frozenset((*CODES[MomentKind.CROSSING], *CODES[MomentKind.INCIDENT]))
_BROAD = 1
_PLACES = frozenset((TermKind.DOOR, TermKind.CAMERA, TermKind.PLACE, TermKind.ZONE))
_INDEXES = {"label_set": "label", "actor_key": "actor"}
_LABELLED = frozenset((TermKind.LABEL, TermKind.DIRECTION))
_LOOKS = frozenset((TermKind.COLOUR, TermKind.CARRYING))
_OF_INCIDENTS = frozenset((TermKind.REVIEW, TermKind.STATE, TermKind.COUNT))


@dataclass(frozen=True, slots=True)
class Range:
    """A part of an index of moments or of `moment_words`, which both have `number` and `at`: the rows of which something is so."""

    where: Sql
    index: str = ""

    @property
    def table(self) -> str:
        """Whose index it is."""
        return "moments" if self.index else "moment_words"

    @property
    def source(self) -> str:
        """The table, with the index to be taken: told of two bounds of time, SQLite would rather walk all that happened then."""
        return f"moments INDEXED BY ix_moments_{self.index}" if self.index else "moment_words"

    def numbers(self, within: Span, limit: int) -> Sql:
        """Asks for the numbers of moments in it that happened `within`, in any order, at most so many."""
        where = all_of([self.where, in_span(within, f"{self.table}.at")])
        head = f"SELECT {self.table}.number FROM {self.source} WHERE "
        return Sql(f"{head}{where.text} LIMIT {limit}", where.values)

    def judged(self, within: Span, limit: int, condition: Sql) -> Sql:
        """Asks for the same numbers, and for each in `good` whether the condition holds of its row, as 1."""
        source, where = self.source, [self.where, in_span(within, f"{self.table}.at")]
        if self.table != "moments":
            source = f"{source} CROSS JOIN moments"
            where.append(Sql(f"moments.number = {self.table}.number"))
        head = joined([f"SELECT {self.table}.number, CASE WHEN", condition, f"THEN 1 END AS good FROM {source} WHERE"])
        return joined([head, all_of(where), f"LIMIT {limit}"])


@dataclass(frozen=True, slots=True)
class Way:
    """All moments of one of the parts, each of which an index knows; streams are in the order of time.

    `size` is how many there are, up to where it was looked. `groups` are the numbers of those groups of terms that all of its
    moments match; the others have to be asked of them.
    """

    parts: tuple[Range, ...]
    streams: tuple[Range, ...]
    size: int = 0
    groups: frozenset[int] = frozenset()
    rank: int = 0
    """Of long ways the one with the lowest is taken: a place has fewer moments than a label."""
    apart: bool = True
    """Whether no moment is in two of its streams, so that nobody has to compare them."""

    @property
    def is_short(self) -> bool:
        """Whether all of its moments are looked at."""
        return self.size <= FEW or not self.streams

    @property
    def is_empty(self) -> bool:
        """Whether it leads nowhere."""
        return not self.parts

    def numbers(self, within: Span, limit: int) -> Sql:
        """Asks for the numbers of its moments, those that happened `within`; at most so many of each part."""
        return _all_parts("number", [part.numbers(within, limit) for part in self.parts])

    def judged(self, within: Span, limit: int, condition: Sql) -> Sql:
        """Asks for the same numbers, and for each in `good` whether the condition holds of its row, as 1."""
        return _all_parts("number, good", [part.judged(within, limit, condition) for part in self.parts])


def _all_parts(columns: str, picked: Sequence[Sql]) -> Sql:
    if len(picked) == 1:
        return picked[0]
    each = [joined([f"SELECT {columns} FROM (", one, f") AS part{n}"], "") for n, one in enumerate(picked)]
    return joined(each, " UNION ALL ")


def hull(query: Query) -> Span:
    """The time outside of which nothing can match."""
    start, end = OPEN_START, OPEN_END
    for group in query.alternatives():
        spans = [term.span for term in group if term.span is not None]
        if len(spans) == len(group):
            start = max(start, min(span.start for span in spans))
            end = min(end, max(span.end for span in spans))
    return Span(start, max(start, end))


def _timed(query: Query) -> frozenset[int]:
    """The numbers of groups that are a single time: whatever happened within the hull matches them."""
    groups = query.alternatives()
    return frozenset(number for number, (one, *more) in enumerate(groups) if one.span is not None and not more)


@dataclass(frozen=True, slots=True)
class Choice:
    """The way to take, the time within which its moments are, and further short ways on which they must lie, too."""

    way: Way
    within: Span
    also: tuple[Way, ...] = ()


def shortest(conn: Connection, meanings: Meanings, query: Query) -> Choice:
    """The way to take to what matches."""
    within = hull(query)
    finder = _Ways(conn, meanings, query, within)
    ways = finder.all()
    if any(way.is_empty for way in ways):
        return Choice(Way((), ()), within)
    timed = _timed(query)
    looked = _sized(conn, [replace(way, groups=way.groups | timed) for way in ways], within, FEW)
    if all(way.size > FEW for way in looked) and (len(looked) > 1 or any(not way.streams for way in looked)):
        looked = _sized(conn, looked, within, SOME)
    walked = [way for way in looked if way.streams or way.size <= SOME]
    chosen = min(
        walked, key=lambda way: (way.size, way.rank, len(way.streams)), default=replace(finder.by_time(), groups=timed)
    )
    if chosen.size <= FEW:
        return Choice(chosen, within)
    return Choice(chosen, within, tuple(way for way in looked if way is not chosen and way.size <= SOME))


def _sized(conn: Connection, ways: Sequence[Way], within: Span, most: int) -> list[Way]:
    """The ways, with how many moments each leads past, up to one more than `most`."""
    if not ways:
        return []
    counts = []
    for way in ways:
        every = way.numbers(within, most + 1)
        if len(way.parts) > 1:
            every = joined(["SELECT 1 FROM (", every, f") AS every LIMIT {most + 1}"], "")
        counts.append(joined(["(SELECT COUNT(*) FROM (", every, ") AS counted)"], ""))
    (found,) = ask(conn, joined(["SELECT", joined(counts, ", ")]))
    return [replace(way, size=size) for way, size in zip(ways, found, strict=True)]


class _Ways:
    """The ways that a query's groups offer, and the kinds of moments that can match at all."""

    def __init__(self, conn: Connection, meanings: Meanings, query: Query, within: Span) -> None:
        self._conn = conn
        self._within = within
        self._meanings = meanings
        self._groups = query.alternatives()
        self._mine = Sql("moments.account = ?", (meanings.tenant,))
        # PostgreSQL plans each range by itself, which takes longer than to read them; SQLite goes through several lists in
        # one index only as it likes, and would leave out the time.
        self._together = conn.dialect.name == "postgresql"
        kinds = _ALL_KINDS
        labelled: frozenset[int] | None = None
        for group in self._groups:
            kinds &= frozenset(code for term in group for code in self._kinds(term))
            if all(term.kind in _LABELLED for term in group):
                found = frozenset(one for term in group for one in meanings.label_sets(term))
                labelled = found if labelled is None else labelled & found
        if labelled is not None:
            kinds &= meanings.beside(sets.KINDS, labelled)
        self._labelled = labelled
        self._possible = kinds

    def all(self) -> list[Way]:
        """The ways; one that is empty says that nothing can match."""
        if not self._possible:
            return [Way((), ())]
        found: list[Way] = []
        if self._labelled is not None:
            found.append(self._by_labels(self._labelled))
        for number, group in enumerate(self._groups):
            if all(term.kind in _LABELLED for term in group):
                continue
            way = self._of(number, group)
            if way is not None:
                found.append(way)
        return [*found, replace(self._by_kind(), rank=_BROAD)] if self._others else found

    @property
    def _others(self) -> bool:
        """Whether all that can match are no access events."""
        return not self._possible & _EVENTS

    def by_time(self) -> Way:
        """By time alone."""
        mine = Range(self._mine, "at")
        return Way((mine,), (mine,), SOME + 1)

    def _by_kind(self) -> Way:
        """By the index of moments that are no access events, which has to be told so."""
        return _ordered(
            [
                all_of([self._mine, Sql(f"moments.kind = {kind} AND moments.kind >= 16")])
                for kind in sorted(self._possible)
            ],
            "kind",
        )

    def _by_labels(self, labelled: frozenset[int]) -> Way:
        """By what all groups of labels allow together: of two labels that never meet, nothing is looked at."""
        way = self._each("label_set", sorted(labelled))
        exact = {
            number for number, group in enumerate(self._groups) if all(term.kind is TermKind.LABEL for term in group)
        }
        return replace(way, groups=frozenset(exact), rank=_BROAD)

    def _of(self, number: int, group: Sequence[Term]) -> Way | None:
        """The way to the moments of a group, which has a number; None where no index knows all of its terms."""
        found: list[Way] = []
        for term in group:
            way = self._to(term)
            if way is None:
                return None
            found.append(way)
        parts = tuple(part for way in found for part in way.parts)
        streams = tuple(stream for way in found for stream in way.streams)
        if len(streams) > MOST_STREAMS or any(way.parts and not way.streams for way in found):
            streams = ()
        exact = not any(self._leads_past_others(term) for term in group)
        groups = frozenset((number,) if exact else ())
        parts = parts if self._together else streams or parts
        return Way(parts, streams, groups=groups, apart=len(found) == 1 and found[0].apart)

    def _to(self, term: Term) -> Way | None:
        if term.kind in _PLACES:
            return self._at_places(term)
        if term.kind in _LOOKS:
            return self._looking(term)
        if term.kind in _LABELLED:
            return self._each("label_set", self._meanings.label_sets(term))
        if term.kind is TermKind.PERSON:
            return self._of_person(term)
        if term.kind is TermKind.TEXT:
            return self._mentioned(term)
        return None

    def _each(self, column: str, keys: Sequence[int]) -> Way:
        if not keys:
            return Way((), ())
        index = _INDEXES[column]
        every = Range(all_of([self._mine, one_of(f"moments.{column}", keys)]), index)
        if len(keys) > MOST_STREAMS:
            return Way((every,), ())
        each = _ordered((all_of([self._mine, one_of(f"moments.{column}", [key])]) for key in keys), index)
        return replace(each, parts=(every,)) if self._together else each

    def _looking(self, term: Term) -> Way:
        """By the indexes of those who look so, and by labels that are called as the term is."""
        ranges = self._carrying(term) if term.kind is TermKind.CARRYING else self._wearing(term)
        called = self._each("label_set", self._meanings.label_sets(term))
        streams = (*ranges, *called.streams) if called.streams or not called.parts else ()
        return Way((*ranges, *called.parts), streams, apart=not called.parts)

    def _carrying(self, term: Term) -> list[Range]:
        """A range for each of the things that are carried together."""
        each = (Sql("moments.carried = ? AND moments.carried IS NOT NULL", (code,)) for code in codes_of(term.value))
        return [Range(all_of([self._mine, one]), "carried") for one in each]

    def _wearing(self, term: Term) -> list[Range]:
        worn: list[Range] = []
        others = TRUE  # who wears it above and below is one moment, not two
        for column, code in worn_columns(term):
            wearing = Sql(f"moments.{column} = ? AND moments.{column} IS NOT NULL", (code,))
            worn.append(Range(all_of([self._mine, wearing, others]), column))
            others = Sql(f"COALESCE(moments.{column}, 0) <> ?", (code,))
        return worn

    def _at_places(self, term: Term) -> Way:
        doors = self._meanings.doors(term)
        views = self._meanings.camera_sets(term)
        seen = sorted(self._meanings.beside(sets.DOORS, views) - frozenset(doors))
        every = frozenset(doors)
        # Where a door's moments have no other views, nobody has to look at each of them.
        for door, seen_by in self._meanings.seen_by(seen).items():
            every |= {door} if seen_by <= set(views) else frozenset()
        some = [door for door in seen if door not in every]
        kinds = sorted(self._possible)
        parts: list[Range] = []
        streams: list[Range] = []
        for places, more in ((sorted(every), TRUE), (some, one_of("moments.camera_set", views))):
            if places:
                at = [one_of("moments.door_id", places), one_of("moments.kind", kinds), more]
                parts.append(Range(all_of(at), "door"))
                streams += [
                    Range(all_of([one_of("moments.door_id", [door]), one_of("moments.kind", [kind]), more]), "door")
                    for door in places
                    for kind in kinds
                ]
        if views and self._possible & _ANYWHERE:
            nowhere = [
                Range(all_of([one_of("moments.camera_set", [view]), Sql("moments.door_id IS NULL")]), "camera")
                for view in views
            ]
            parts += nowhere
            streams += nowhere
        return Way(tuple(parts), tuple(streams))

    def _of_person(self, term: Term) -> Way:
        """By whose events are theirs, and by the words of incidents that tell of them."""
        ways = [self._each("actor_key", self._meanings.people(term))] if self._possible & _EVENTS else []
        if term.is_name and self._possible & _INCIDENT:
            ways.append(self._told(term.value))
        return _together(ways)

    def _mentioned(self, term: Term) -> Way:
        """By the words of texts, and by all else that the word may be a part of."""
        meanings, labelled = self._meanings, self._meanings.told_label_sets(term)
        if labelled and self._possible != _ALL_KINDS:
            labelled = sorted(meanings.of_kinds(self._possible).intersection(labelled))
        ways = [self._each("label_set", labelled), self._at_places(term)]
        if self._possible & _EVENTS:
            ways.append(self._each("actor_key", meanings.people(term)))
        if self._possible & _TOLD:
            ways.append(self._told(term.value))
        return _together(ways)

    def _told(self, phrase: str) -> Way:
        """By the rarest word of a phrase, the last of which may be the beginning of one."""
        *whole, last = phrase.split(" ")
        beginning = self._beginning(last)
        if not whole or beginning.is_empty:
            return beginning
        each = [_ordered([words.having(self._meanings.tenant, word)]) for word in whole]
        sized = _sized(self._conn, [*each, beginning], self._within, SOME)
        return min(sized, key=lambda way: (way.size, not way.streams))

    def _beginning(self, start: str) -> Way:
        """By the words that begin so, in the order of time if they are few."""
        mine = self._meanings.tenant
        begun = self._meanings.told_words(start, MOST_STREAMS + 1)
        if len(begun) > MOST_STREAMS:
            return Way((Range(words.having_begun(mine, start)),), ())
        # Of two words that begin so a text may have both.
        return replace(_ordered([words.having(mine, word) for word in begun]), apart=len(begun) < 2)

    @staticmethod
    def _leads_past_others(term: Term) -> bool:
        """Whether an index knows too little: words, not whether they stand together, nor whether an incident says them."""
        if term.kind is TermKind.TEXT:
            return " " in term.value
        return term.kind is TermKind.DIRECTION or (term.kind is TermKind.PERSON and term.is_name)

    def _kinds(self, term: Term) -> Iterable[int]:
        if term.kind in _OF_INCIDENTS:
            return _SEEN if term.count is not None and term.count.what == "dwell" else _INCIDENT
        if term.kind is TermKind.PERSON:
            return _EVENTS | _INCIDENT if term.is_name else _EVENTS
        if term.kind is TermKind.KIND:
            return CODES[MomentKind(term.value)]
        if term.kind in _LOOKS | {TermKind.LABEL, TermKind.DIRECTION}:
            labelled = self._meanings.beside(sets.KINDS, self._meanings.label_sets(term))
            return labelled | _SEEN if term.kind in _LOOKS else labelled
        if term.kind is TermKind.TEXT and not term.doors and not term.cameras:
            labelled = self._meanings.beside(sets.KINDS, self._meanings.told_label_sets(term))
            return _TOLD | labelled | (_EVENTS if self._meanings.people(term) else frozenset())
        return _ALL_KINDS


def _together(ways: Iterable[Way]) -> Way:
    """Several ways as one."""
    ways = [way for way in ways if way.parts]
    streams = tuple(stream for way in ways for stream in way.streams) if all(way.streams for way in ways) else ()
    return Way(tuple(part for way in ways for part in way.parts), streams, apart=len(ways) == 1 and ways[0].apart)


def _ordered(some: Iterable[Sql], index: str = "") -> Way:
    """A way by ranges of an index that are all in the order of time."""
    each = tuple(Range(where, index) for where in some)
    return Way(each, each)
