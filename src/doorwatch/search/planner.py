"""From a search to moments: pages, the newest first, and how many there are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.search.conditions import Meanings, condition, in_span
from doorwatch.search.paths import Range, shortest
from doorwatch.search.query import Query, Span
from doorwatch.store.engine.asking import TRUE, Sql, all_of, ask, joined, written
from doorwatch.store.engine.numbers import COUNT_BITS
from doorwatch.store.engine.steering import steer
from doorwatch.store.moment_rows import by_numbers
from doorwatch.store.moments import Moment

MOST_COUNTED = 10_000
"""Beyond this the number of results is only told as more than that."""
MOST_EXAMINED = 1000
"""So many moments are looked at for the count where there are more than a few; what is found among them is told as a least."""

_WIDER = 8
"""How much further is looked for a page each time that too little was found."""

Mark = tuple[Micros, int]


class _Place(NamedTuple):
    """Where a moment stands among the others."""

    number: int
    at: Micros


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results, the newest first.

    `total` counts all pages, up to MOST_COUNTED; not `exact` says that there may be more. `next` asks for the next page.
    """

    moments: tuple[Moment, ...]
    total: int
    exact: bool
    next: str | None


class CursorError(DoorwatchError, ValueError):
    """The mark of a page was not made by us."""

    def __init__(self) -> None:
        super().__init__("the mark of the next page cannot be read: search again from the first page")


def find(
    conn: Connection,
    account: str,
    query: Query,
    *,
    limit: int = 50,
    before: str | None = None,
    count: bool = True,
    only: ColumnElement[bool] | None = None,
) -> Found:
    """The account's moments that match, the newest first; raises CursorError for a bad `before`.

    `only` is a further condition, such as which of them the caller may see at all.
    """
    looking = _Looking(conn, account, query, only)
    mark = None if before is None else decode_cursor(before)
    if query.every is not None:
        return looking.sampled(query.every, mark, limit)
    places = looking.page(mark, limit + 1)
    shown, more = places[:limit], len(places) > limit
    found = looking.moments(shown)
    total, exact = looking.count() if count else (len(places), True)
    mark_of_next = looking.cursor(shown[-1]) if more else None
    return Found(found, min(max(total, len(shown)), MOST_COUNTED), exact, mark_of_next)


def walk(
    conn: Connection, account: str, query: Query, *, size: int = 500, only: ColumnElement[bool] | None = None
) -> Iterator[tuple[Moment, ...]]:
    """All moments that match, the newest first, a page at a time and uncounted: for exports."""
    before = None
    while True:
        found = find(conn, account, query, limit=size, before=before, count=False, only=only)
        yield found.moments
        before = found.next
        if before is None:
            return


def decode_cursor(text: str) -> Mark:
    """Time and own count of the last moment of a page; raises CursorError."""
    if not re.fullmatch(r"-?[0-9]{1,18}~[0-9]{1,12}", text):
        raise CursorError
    at, _, written = text.partition("~")
    return int(at), int(written)


class _Looking:
    """One search in one snapshot."""

    def __init__(self, conn: Connection, account: str, query: Query, only: ColumnElement[bool] | None) -> None:
        self._conn = conn
        self._account = account
        steer(conn)
        meanings = Meanings(conn, account)
        self._first = meanings.tenant << COUNT_BITS
        self._bare = not query.terms
        choice = shortest(conn, meanings, query)
        self._way, self._within = choice.way, choice.within
        if self._way.is_empty:
            return
        also = [
            joined(["moments.number IN (", way.numbers(choice.within, way.size + 1), ")"], "") for way in choice.also
        ]
        seen = TRUE if only is None else written(conn, only)
        self._condition = all_of([condition(meanings, query, choice.way.groups), *also, seen])
        self._few: list[_Place] | None = self._all_of_few() if self._way.is_short else None

    def page(self, mark: Mark | None, limit: int) -> list[_Place]:
        """The newest moments that match, those before the mark."""
        if self._way.is_empty:
            return []
        if self._few is not None:
            earlier = None if mark is None else (mark[0], self._first + mark[1])
            return [one for one in self._few if earlier is None or (one.at, one.number) < earlier][:limit]
        if len(self._way.streams) == 1 or self._condition is TRUE:
            return self._merged(self._condition, mark, limit)
        most = 3 * limit
        for _ in range(2):
            # Each stream alone might have to be walked far until so many match; of all together the newest often do.
            found, looked = self._among_newest(mark, most, limit)
            if len(found) == limit or looked < most:
                return found
            most *= _WIDER
        return self._merged(self._condition, mark, limit)

    def moments(self, places: list[_Place]) -> tuple[Moment, ...]:
        """Whole moments, in the same order."""
        found = by_numbers(self._conn, self._account, [place.number for place in places])
        return tuple(found[place.number] for place in places if place.number in found)

    def count(self) -> tuple[int, bool]:
        """How many match, and whether there are no more."""
        if self._way.is_empty:
            return 0, True
        if self._few is not None:
            return len(self._few), True
        most = MOST_COUNTED if self._bare else MOST_EXAMINED
        if self._condition is TRUE:
            columns, matching, every = "number", "number", self._way.numbers(self._within, most + 1)
        else:
            columns, matching = "number, good", "CASE WHEN good = 1 THEN number END"
            every = self._way.judged(self._within, most + 1, self._condition)
        # Limited before they are told apart: else all that so many ranges have would be fetched first.
        looked = joined([f"SELECT {columns} FROM (", every, f") AS every LIMIT {most + 1}"], "")
        head = f"SELECT COUNT(*), COUNT(DISTINCT {matching}) FROM ("
        ((examined, matched),) = ask(self._conn, joined([head, looked, ") AS looked"], ""))
        return min(matched, MOST_COUNTED), examined <= most and matched <= MOST_COUNTED

    def sampled(self, every: Micros, mark: Mark | None, limit: int) -> Found:
        """The newest moment of each stretch of time, so many stretches."""
        shown: list[_Place] = []
        while len(shown) <= limit:
            newest = self.page(mark, 1)
            if not newest:
                break
            shown += newest
            mark = (newest[0].at // every * every, 0)
        page, more = shown[:limit], len(shown) > limit
        following = f"{page[-1].at // every * every}~0" if more else None
        return Found(self.moments(page), len(page), not more and following is None, following)

    def cursor(self, place: _Place) -> str:
        """The mark behind a moment."""
        return f"{place.at}~{place.number - self._first}"

    def _all_of_few(self) -> list[_Place]:
        numbers = self._way.numbers(self._within, self._way.size + 1)
        few = joined(["SELECT number, at FROM moments WHERE number IN (", numbers, ") AND ", self._condition], "")
        return self._places(joined([few, _newest_first("moments")]))

    def _among_newest(self, mark: Mark | None, most: int, limit: int) -> tuple[list[_Place], int]:
        """Those of so many newest moments on the way that match, and how many there were to be looked at."""
        newest = self._all_streams(TRUE, mark, most)
        looked = [_Place(*row) for row in ask(self._conn, newest)]
        if not looked:
            return [], 0
        numbers = ",".join(str(place.number) for place in looked)
        asked = [Sql(f"moments.number IN ({numbers})"), self._condition]
        where = joined(["SELECT moments.number, moments.at FROM moments WHERE", all_of(asked)])
        return self._places(joined([where, _newest_first("moments"), f"LIMIT {limit}"])), len(looked)

    def _merged(self, asked: Sql, mark: Mark | None, limit: int) -> list[_Place]:
        return self._places(self._all_streams(asked, mark, limit))

    def _all_streams(self, asked: Sql, mark: Mark | None, limit: int) -> Sql:
        """Asks for the newest of all streams: no more of each than are wanted of all."""
        each = [self._newest(stream, asked, mark, limit) for stream in self._way.streams]
        if len(each) == 1:
            return each[0]
        parts = [joined(["SELECT number, at FROM (", one, f") AS stream{n}"], "") for n, one in enumerate(each)]
        # Of streams that have nothing in common PostgreSQL fetches no more than is shown: it merges them as they come.
        union = " UNION ALL " if self._way.apart else " UNION "
        return joined(
            [
                "SELECT number, at FROM (",
                joined(parts, union),
                f") AS every ORDER BY at DESC, number DESC LIMIT {limit}",
            ]
        )

    def _newest(self, stream: Range, asked: Sql, mark: Mark | None, limit: int) -> Sql:
        table, within, where = stream.table, self._within, [stream.where]
        if mark is not None:
            # One bound alone is said of the time: told of two, SQLite would rather walk all that happened in it.
            within = Span(within.start, min(within.end, mark[0] + 1))
            tied = f"({table}.at + 0 < ? OR {table}.number + 0 < ?)"
            where.append(Sql(tied, (mark[0], self._first + mark[1])))
        where.append(in_span(within, f"{table}.at"))
        source = stream.source
        if table != "moments" and asked is not TRUE:
            # SQLite takes tables that are crossed in the order in which they stand.
            source, where = f"{source} CROSS JOIN moments", [*where, Sql(f"moments.number = {table}.number")]
        head = f"SELECT {table}.number, {table}.at FROM {source} WHERE"
        return joined([head, all_of([*where, asked]), _newest_first(table), f"LIMIT {limit}"])

    def _places(self, asked: Sql) -> list[_Place]:
        return [_Place(*row) for row in ask(self._conn, asked)]


def _newest_first(table: str) -> str:
    return f"ORDER BY {table}.at DESC, {table}.number DESC"
