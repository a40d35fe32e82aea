"""Ways to the moments of a search: by which index they are reached, as few as can be, the newest first.

Each group of terms that an index knows is a way. A way has `streams`: ranges of one index that each are in the order of time,
so that the newest fifty of all of them need no more than fifty rows of each. How many moments a way leads past is
looked at up to a limit, which costs little; the shortest way is taken, and the rest of the search is asked of its rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
    true,
    type_coerce,
    union_all,
)

from doorwatch.search.conditions import Meanings, in_span, worn_columns
from doorwatch.search.query import OPEN_END, OPEN_START, Query, Span, Term, TermKind
from doorwatch.store import words
from doorwatch.store.engine import sets
from doorwatch.store.moments import CODES, MomentKind
from doorwatch.store.schema.happenings import moments

FEW = 1000
"""Up to so many moments are all looked at."""
SOME = 4000
"""So far ways are compared when none is short."""
_MOST_STREAMS = 24

_EVENTS = frozenset(CODES[MomentKind.ACCESS_EVENT])
_ALL_KINDS = frozenset(code for codes in CODES.values() for code in codes)
_TOLD = frozenset((*CODES[MomentKind.INCIDENT], *CODES[MomentKind.HEALTH]))
_INCIDENT = frozenset(CODES[MomentKind.INCIDENT])
_SEEN = frozenset((*CODES[MomentKind.CROSSING], *CODES[MomentKind.INCIDENT]))
_OTHERS: Any = literal_column("16")
"""Said as it stands in the index of moments that are no access events."""
_PLACES = frozenset((TermKind.DOOR, TermKind.CAMERA, TermKind.PLACE, TermKind.ZONE))
_OF_INCIDENTS = frozenset((TermKind.REVIEW, TermKind.STATE, TermKind.COUNT))

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Way:
    """All moments of one of the parts, each of which an index knows; streams are in the order of time.

    `size` is how many there are, up to where it was looked. `told` are selects of numbers that are in no such order.
    `group` is the number of the group that all of its moments match; None where that has to be asked of them.
    """

    parts: tuple[Condition, ...]
    streams: tuple[Condition, ...]
    told: tuple[Select[Any], ...] = ()
    size: int = 0
    group: int | None = None

    @property
    def is_short(self) -> bool:
        """Whether all of its moments are looked at."""
        return self.size <= FEW or not self.streams

    @property
    def is_empty(self) -> bool:
        """Whether it leads nowhere."""
        return not self.parts and not self.told

    def numbers(self, within: Condition, limit: int) -> Any:
        """A select of the numbers of its moments, those that happened `within`; at most so many of each part."""
        picked: list[Any] = [
            select(moments.c.number).where(part, within).limit(limit).subquery().select() for part in self.parts
        ]
        picked += [one.limit(limit).subquery().select() for one in self.told]
        return picked[0] if len(picked) == 1 else union_all(*picked)


def hull(query: Query) -> Span:
    """The time outside of which nothing can match."""
    start, end = OPEN_START, OPEN_END
    for group in query.alternatives():
        spans = [term.span for term in group if term.span is not None]
        if len(spans) == len(group):
            start = max(start, min(span.start for span in spans))
            end = min(end, max(span.end for span in spans))
    return Span(start, max(start, end))


@dataclass(frozen=True, slots=True)
class Choice:
    """The way to take, the time within which its moments are, and further short ways on which they must lie, too."""

    way: Way
    within: Condition
    also: tuple[Way, ...] = ()


def shortest(conn: Connection, meanings: Meanings, tenant: int, query: Query) -> Choice:
    """The way to take to what matches."""
    within = in_span(hull(query))
    finder = _Ways(meanings, tenant, query)
    if finder.impossible:
        return Choice(Way((), ()), within)
    ways = [way for number, group in enumerate(query.alternatives()) if (way := finder.of(number, group)) is not None]
    if finder.others:
        ways.append(finder.by_kind())
    looked: list[Way] = []
    for way in ways:
        known = replace(way, size=_size(conn, way, within, FEW))
        if known.size <= FEW // 10:
            return Choice(known, within)
        looked.append(known)
    if len(looked) > 1 or any(not way.streams for way in looked):
        looked = [way if way.size <= FEW else replace(way, size=_size(conn, way, within, SOME)) for way in looked]
    walked = [way for way in looked if way.streams or way.size <= SOME]
    chosen = min(walked, key=lambda way: (way.size, len(way.streams)), default=_all(tenant))
    return Choice(chosen, within, tuple(way for way in looked if way is not chosen and way.size <= SOME))


def _size(conn: Connection, way: Way, within: Condition, most: int) -> int:
    """How many moments it leads past, up to one more than `most`."""
    if not way.parts and not way.told:
        return 0
    every = way.numbers(within, most + 1).subquery()
    counted = select(func.count()).select_from(select(literal(1)).select_from(every).limit(most + 1).subquery())
    return int(conn.execute(counted).scalar_one())


def _all(tenant: int) -> Way:
    mine = moments.c.account == tenant
    return Way((mine,), (mine,), (), SOME + 1)


class _Ways:
    """The ways that a query's groups offer, and the kinds of moments that can match at all."""

    def __init__(self, meanings: Meanings, tenant: int, query: Query) -> None:
        self._meanings = meanings
        self._mine = moments.c.account == tenant
        kinds = _ALL_KINDS
        for group in query.alternatives():
            kinds &= frozenset(code for term in group for code in self._kinds(term))
        self._possible = kinds

    @property
    def impossible(self) -> bool:
        """Whether no kind of moments can match."""
        return not self._possible

    @property
    def others(self) -> bool:
        """Whether all that can match are no access events."""
        return not self._possible & _EVENTS

    def by_kind(self) -> Way:
        """By the index of moments that are no access events."""
        parts = tuple(
            and_(self._mine, moments.c.kind == kind, moments.c.kind >= _OTHERS) for kind in sorted(self._possible)
        )
        return Way(parts, parts)

    def of(self, number: int, group: Sequence[Term]) -> Way | None:
        """The way to the moments of a group, which has a number; None where no index knows all of its terms."""
        ways = [self._of(term) for term in group]
        found = [way for way in ways if way is not None]
        if len(found) < len(ways):
            return None
        parts = tuple(part for way in found for part in way.parts)
        told = tuple(one for way in found for one in way.told)
        streams = tuple(stream for way in found for stream in way.streams)
        if told:
            # What only texts say is found among the few moments that have texts; what names say besides is elsewhere.
            streams = self.by_kind().streams if self.others and not parts else ()
        elif any(way.parts and not way.streams for way in found):
            streams = ()
        if len(streams) > _MOST_STREAMS:
            streams = ()
        exact = not told and all(term.kind is not TermKind.DIRECTION for term in group)
        return Way(streams if streams and not told else parts, streams, told, group=number if exact else None)

    def _of(self, term: Term) -> Way | None:
        if term.kind in _PLACES:
            return self._at_places(term)
        if term.kind is TermKind.COLOUR:
            return self._worn(term)
        if term.kind in {TermKind.LABEL, TermKind.DIRECTION}:
            return self._each(moments.c.label_set, self._meanings.label_sets(term))
        if term.kind is TermKind.PERSON:
            return self._each(moments.c.actor_key, self._meanings.people(term))
        if term.kind is TermKind.TEXT:
            return self._mentioned(term)
        return None

    def _each(self, column: Any, keys: Sequence[int]) -> Way:
        if not keys:
            return Way((), ())
        streams = tuple(and_(self._mine, column == key) for key in keys) if len(keys) <= _MOST_STREAMS else ()
        return Way((and_(self._mine, column.in_(keys)),), streams)

    def _worn(self, term: Term) -> Way:
        """By the indexes of those who wear a colour, and by labels that are called so."""
        worn: tuple[Condition, ...] = ()
        others: Condition = true()  # who wears it above and below is one moment, not two
        for column, code in worn_columns(term):
            worn += (and_(self._mine, column == code, column.is_not(None), others),)
            others = func.coalesce(column, 0) != code
        called = self._each(moments.c.label_set, self._meanings.label_sets(term))
        return Way((*worn, *called.parts), (*worn, *called.streams) if called.streams or not called.parts else ())

    def _at_places(self, term: Term) -> Way:
        doors = self._meanings.doors(term)
        views = self._meanings.camera_sets(term)
        seen = sorted(self._meanings.beside(sets.DOORS, views) - frozenset(doors))
        every = frozenset(doors)
        # Where a door's moments have no other views, nobody has to look at each of them.
        for door, seen_by in self._meanings.seen_by(seen).items():
            every |= {door} if seen_by <= set(views) else frozenset()
        some = [door for door in seen if door not in every]
        by_view = moments.c.camera_set.in_(views)
        parts: list[Condition] = []
        streams: list[Condition] = []
        for places, more in ((sorted(every), true()), (some, by_view)):
            if places:
                column = type_coerce(moments.c.door_id, BigInteger)
                parts.append(and_(column.in_(places), moments.c.kind.in_(sorted(self._possible)), more))
                streams += [
                    and_(column == door, moments.c.kind == kind, more)
                    for door in places
                    for kind in sorted(self._possible)
                ]
        if views:
            nowhere = [and_(moments.c.camera_set == view, moments.c.door_id.is_(None)) for view in views]
            parts.append(and_(by_view, moments.c.door_id.is_(None)))
            streams += nowhere
        return Way(tuple(parts), tuple(streams))

    def _mentioned(self, term: Term) -> Way:
        """By the words of texts, and by all else that the word may be a part of."""
        meanings = self._meanings
        found = [
            self._each(moments.c.label_set, meanings.told_label_sets(term)),
            self._each(moments.c.actor_key, meanings.people(term)),
            self._at_places(term),
        ]
        parts = tuple(part for way in found for part in way.parts)
        return Way(parts, (), (words.having(meanings.account, term.value),))

    def _kinds(self, term: Term) -> Iterable[int]:
        if term.kind in _OF_INCIDENTS:
            return _SEEN if term.count is not None and term.count.what == "dwell" else _INCIDENT
        if term.kind is TermKind.PERSON:
            return _EVENTS
        if term.kind is TermKind.KIND:
            return CODES[MomentKind(term.value)]
        if term.kind in {TermKind.LABEL, TermKind.COLOUR, TermKind.DIRECTION}:
            labelled = self._meanings.beside(sets.KINDS, self._meanings.label_sets(term))
            return labelled | _SEEN if term.kind is TermKind.COLOUR else labelled
        if term.kind is TermKind.TEXT and not term.doors and not term.cameras:
            labelled = self._meanings.beside(sets.KINDS, self._meanings.told_label_sets(term))
            return _TOLD | labelled | (_EVENTS if self._meanings.people(term) else frozenset())
        return _ALL_KINDS
