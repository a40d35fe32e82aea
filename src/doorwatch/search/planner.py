"""From a search to moments: pages, the newest first, and how many there are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true, union

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.search.conditions import Meanings, condition
from doorwatch.search.paths import shortest
from doorwatch.search.query import Query
from doorwatch.store.engine import numbers
from doorwatch.store.moments import Moment, from_row, query_of
from doorwatch.store.schema.happenings import moments

MOST_COUNTED = 10_000
"""Beyond this the number of results is only told as more than that."""
MOST_EXAMINED = 2000
"""So many moments are looked at for the count where there are more than a few; what is found among them is told as a least."""

_NEWEST_FIRST = (moments.c.at.desc(), moments.c.number.desc())
Mark = tuple[Micros, int]


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
    looking = _Looking(conn, account, query, true() if only is None else only)
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

    def __init__(self, conn: Connection, account: str, query: Query, only: ColumnElement[bool]) -> None:
        self._conn = conn
        self._account = account
        meanings = Meanings(conn, account)
        self._tenant = numbers.of_account(conn, account)
        self._first = numbers.first_moment(conn, account)
        self._bare = not query.terms
        choice = shortest(conn, meanings, self._tenant, query)
        self._way, self._within = choice.way, choice.within
        self._condition = and_(
            condition(meanings, query, without=choice.way.group),
            *(moments.c.number.in_(way.numbers(choice.within, way.size + 1)) for way in choice.also),
            only,
        )

    def page(self, mark: Mark | None, limit: int) -> list[Row[Any]]:
        """Number and time of the newest moments that match, those before the mark."""
        if self._way.is_empty:
            return []
        earlier = true() if mark is None else self._earlier(mark)
        asked = and_(self._condition, earlier)
        if self._way.is_short:
            few = _places(asked, moments.c.number.in_(self._way.numbers(self._within, self._way.size + 1)))
            return list(self._conn.execute(few.order_by(*_NEWEST_FIRST).limit(limit)))
        if len(self._way.streams) > 1:
            newest = self._merged(earlier, most := 3 * limit).subquery()
            first = _places(self._condition, moments.c.number == newest.c.number).order_by(*_NEWEST_FIRST)
            counted = select(func.count()).select_from(newest)
            found = list(self._conn.execute(first.limit(limit)))
            if len(found) == limit or self._conn.execute(counted).scalar_one() < most:
                return found
        return list(self._conn.execute(self._merged(asked, limit)))

    def moments(self, places: list[Row[Any]]) -> tuple[Moment, ...]:
        """Whole moments, in the same order."""
        if not places:
            return ()
        wanted = [place.number for place in places]
        rows = {
            row.number: row for row in self._conn.execute(query_of(self._account).where(moments.c.number.in_(wanted)))
        }
        return tuple(from_row(rows[number]) for number in wanted if number in rows)

    def count(self) -> tuple[int, bool]:
        """How many match, and whether there are no more."""
        way = self._way
        if way.is_empty:
            return 0, True
        if way.is_short:
            few = _places(self._condition, moments.c.number.in_(way.numbers(self._within, way.size + 1)))
            return int(self._conn.execute(select(func.count()).select_from(few.subquery())).scalar_one()), True
        most = MOST_COUNTED if self._bare else MOST_EXAMINED
        looked = way.numbers(self._within, most + 1).subquery()
        among = select(looked.c[0]).limit(most + 1).subquery()
        counted = select(func.count(), func.count().filter(moments.c.number.is_not(None))).select_from(
            among.outerjoin(moments, and_(moments.c.number == among.c[0], self._condition))
        )
        examined, matched = self._conn.execute(counted).one()
        return min(matched, MOST_COUNTED), examined <= most and matched <= MOST_COUNTED

    def sampled(self, every: Micros, mark: Mark | None, limit: int) -> Found:
        """The newest moment of each stretch of time, so many stretches."""
        shown: list[Row[Any]] = []
        while len(shown) <= limit:
            newest = self.page(mark, 1)
            if not newest:
                break
            shown += newest
            mark = (newest[0].at // every * every, 0)
        page, more = shown[:limit], len(shown) > limit
        following = f"{page[-1].at // every * every}~0" if more else None
        return Found(self.moments(page), len(page), not more and following is None, following)

    def cursor(self, place: Row[Any]) -> str:
        """The mark behind a moment."""
        return f"{place.at}~{place.number - self._first}"

    def _earlier(self, mark: Mark) -> ColumnElement[bool]:
        at, number = mark[0], self._first + mark[1]
        # The first half is what the index is asked for; the rest only settles equal times.
        return and_(moments.c.at <= at, or_(moments.c.at < at, moments.c.number < number))

    def _merged(self, asked: ColumnElement[bool], limit: int) -> Select[Any]:
        """The newest of all streams: no more of each than are wanted of all."""
        newest = [
            _places(asked, stream, self._within).order_by(*_NEWEST_FIRST).limit(limit) for stream in self._way.streams
        ]
        if len(newest) == 1:
            return newest[0]
        merged = union(*(one.subquery().select() for one in newest)).subquery()
        return select(merged).order_by(merged.c.at.desc(), merged.c.number.desc()).limit(limit)


def _places(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(moments.c.number, moments.c.at).where(*conditions)
