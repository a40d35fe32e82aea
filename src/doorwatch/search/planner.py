"""From a search to SQL, alike on both databases, and from rows to moments.

What a word may mean is looked up first in the small tables (sets of labels and cameras, people), so that the large one
is asked by indexed columns alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, literal, or_, select
from sqlalchemy import Select as SqlSelect

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.search.query import OPEN_END, OPEN_START, Compare, Query, Term, TermKind
from doorwatch.store import numbers
from doorwatch.store.moments import Moment, MomentKind, from_row, is_kind, query_of
from doorwatch.store.schema.happenings import actors, moments, set_members

MOST_COUNTED = 10_000
"""Beyond this the number of results is only told as more than that."""

_COLUMNS = {
    TermKind.REVIEW: moments.c.review,
    TermKind.STATE: moments.c.state,
}
_COUNTED = {"people": moments.c.people, "grants": moments.c.grants, "excess": moments.c.excess}
# Only incidents have these columns: said so that the database can begin with the few of them.
_IS_INCIDENT = is_kind(MomentKind.INCIDENT)
_MOST_KEYS = 2000
_FEW_DOORS = 10
_TOLD = is_kind(MomentKind.INCIDENT, MomentKind.HEALTH)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results, the newest first.

    `total` counts all pages, up to MOST_COUNTED; `exact` says whether there are no more. `next` asks for the next page.
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
    condition = _condition(conn, account, query)
    condition = condition if only is None else and_(only, condition)
    mine = _mine(conn, account, query)
    page = query_of(account).where(mine, condition)
    if before is not None:
        at, written = decode_cursor(before)
        page = page.where(_earlier(at, numbers.first_moment(conn, account) + written))
    page = page.order_by(moments.c.at.desc(), moments.c.number.desc()).limit(limit + 1)
    rows = conn.execute(page).all()
    shown, more = rows[:limit], len(rows) > limit
    total = _count(conn, mine, condition) if count else len(rows)
    mark = _cursor(shown[-1]) if more else None
    return Found(tuple(map(from_row, shown)), min(total, MOST_COUNTED), total <= MOST_COUNTED, mark)


def decode_cursor(text: str) -> tuple[Micros, int]:
    """Time and own count of the last moment of a page; raises CursorError."""
    if not re.fullmatch(r"-?[0-9]{1,18}~[0-9]{1,12}", text):
        raise CursorError
    at, _, written = text.partition("~")
    return int(at), int(written)


def _cursor(row: Row[Any]) -> str:
    return f"{row.at}~{row.number & (1 << numbers.COUNT_BITS) - 1}"


def _earlier(at: Micros, number: int) -> ColumnElement[bool]:
    # The first half is what the index is asked for; the rest only settles equal times.
    return and_(moments.c.at <= at, or_(moments.c.at < at, moments.c.number < number))


def _mine(conn: Connection, account: str, query: Query) -> ColumnElement[bool]:
    """Whether a moment is the account's.

    Doors have an index without the account, as each belongs to one. Where few of them are asked for, the sum keeps
    SQLite, which thinks little of an index when it must sort, from reading all that the account has.
    """
    tenant = numbers.of_account(conn, account)
    asked = ([term for term in group if term.doors] for group in query.alternatives() if not _beyond_doors(group))
    few = any(sum(len(term.doors) for term in terms) <= _FEW_DOORS for terms in asked)
    return moments.c.account + 0 == tenant if few else moments.c.account == tenant


def _beyond_doors(group: Sequence[Term]) -> bool:
    places = {TermKind.DOOR, TermKind.PLACE}
    return any(term.kind not in places or term.cameras or not term.doors for term in group)


def _count(conn: Connection, mine: ColumnElement[bool], condition: ColumnElement[bool]) -> int:
    # In the order of time, in which rows lie beside each other: any other index would jump about.
    some = select(literal(1)).select_from(moments).where(mine, condition)
    some = some.order_by(moments.c.at.desc())
    counted: SqlSelect[Any] = select(func.count()).select_from(some.limit(MOST_COUNTED + 1).subquery())
    return int(conn.execute(counted).scalar_one())


def _condition(conn: Connection, account: str, query: Query) -> ColumnElement[bool]:
    parts = [or_(*(_term(conn, account, term) for term in group)) for group in query.alternatives()]
    # A column that is null has not what is excluded: SQL alone would call that unknown.
    parts += [~func.coalesce(_term(conn, account, term), false()) for term in query.excluded()]
    return and_(*parts) if parts else and_(True)


def _term(conn: Connection, account: str, term: Term) -> ColumnElement[bool]:  # noqa: PLR0911  (one for each kind)
    match term.kind:
        case TermKind.DOOR | TermKind.CAMERA | TermKind.PLACE:
            return _place(conn, account, term)
        case TermKind.LABEL:
            return _one_of(moments.c.label_set, _sets_with(conn, account, term.value))
        case TermKind.PERSON:
            return _one_of(moments.c.actor_key, _actors_called(conn, account, term.value))
        case TermKind.REVIEW | TermKind.STATE:
            return and_(_IS_INCIDENT, _COLUMNS[term.kind] == term.value)
        case TermKind.DIRECTION:
            # Who goes out is labelled so, and labels have an index.
            labelled = _sets_with(conn, account, term.value, f"side {term.value}")
            return and_(_one_of(moments.c.label_set, labelled), moments.c.direction == term.value)
        case TermKind.KIND:
            return is_kind(MomentKind(term.value))
        case TermKind.TIME:
            return _in_span(term)
        case TermKind.COUNT:
            return _counts(term)
        case TermKind.TEXT:
            return _mentions(conn, account, term)


def _place(conn: Connection, account: str, term: Term) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if term.doors:
        parts.append(moments.c.door_id.in_(sorted(term.doors)))
    if term.cameras:
        sets = select(set_members.c.set_id).where(
            set_members.c.account_id == account,
            set_members.c.kind == "cameras",
            set_members.c.member.in_(sorted(term.cameras)),
        )
        parts.append(_one_of(moments.c.camera_set, sorted(set(conn.execute(sets).scalars()))))
    return or_(*parts) if parts else false()


def _one_of(column: ColumnElement[Any], values: Sequence[int] | SqlSelect[Any]) -> ColumnElement[bool]:
    """Whether a column is one of the values; for none at all the database need not look at a single row."""
    return column.in_(values) if isinstance(values, SqlSelect) or values else false()


def _sets_with(conn: Connection, account: str, *labels: str) -> list[int]:
    query = select(set_members.c.set_id).where(
        set_members.c.account_id == account, set_members.c.kind == "labels", set_members.c.member.in_(labels)
    )
    return sorted(set(conn.execute(query).scalars()))


def _sets_mentioning(conn: Connection, account: str, value: str) -> list[int]:
    query = select(set_members.c.set_id).where(
        set_members.c.account_id == account,
        set_members.c.kind == "labels",
        or_(set_members.c.member.like(f"{value}%"), set_members.c.member.like(f"% {value}%")),
    )
    return sorted(set(conn.execute(query).scalars()))


def _actors_called(conn: Connection, account: str, value: str) -> Sequence[int] | SqlSelect[Any]:
    """The people with a word that begins so; as a query where there are very many of them."""
    query = select(actors.c.actor_key).where(actors.c.account_id == account, actors.c.folded.like(f"% {value}%"))
    keys = conn.execute(query.limit(_MOST_KEYS + 1)).scalars().all()
    return query if len(keys) > _MOST_KEYS else sorted(keys)


def _in_span(term: Term) -> ColumnElement[bool]:
    if term.span is None:
        return false()
    parts = []
    if term.span.start != OPEN_START:
        parts.append(moments.c.at >= term.span.start)
    if term.span.end != OPEN_END:
        parts.append(moments.c.at < term.span.end)
    return and_(*parts)


def _counts(term: Term) -> ColumnElement[bool]:
    if term.count is None:
        return false()
    column, number = _COUNTED[term.count.what], term.count.number
    compared = {
        Compare.LESS: column < number,
        Compare.AT_MOST: column <= number,
        Compare.EXACTLY: column == number,
        Compare.AT_LEAST: column >= number,
        Compare.MORE: column > number,
    }[term.count.compare]
    return and_(_IS_INCIDENT, compared)


def _mentions(conn: Connection, account: str, term: Term) -> ColumnElement[bool]:
    place = _place(conn, account, term)
    parts = [
        and_(_TOLD, moments.c.folded.like(f"% {term.value}%")),
        _one_of(moments.c.actor_key, _actors_called(conn, account, term.value)),
        _one_of(moments.c.label_set, _sets_mentioning(conn, account, term.value)),
        place,
    ]
    tenant = numbers.of_account(conn, account)
    mine = [and_(moments.c.account == tenant, part) for part in parts]
    if not term.cameras:
        # Doors have an index without the account; the sum keeps SQLite from reading all that the account has instead.
        mine[-1] = and_(moments.c.account + 0 == tenant, place)
    few = _few_ids(conn, mine)
    return or_(*parts) if few is None else moments.c.number.in_(few) if few else false()


def _few_ids(conn: Connection, parts: Sequence[ColumnElement[bool]]) -> list[int] | None:
    """The moments that have one of the parts, when they are few; None when they are not.

    Asked for one part at a time each has its index; joined by OR, in the order of time, a database would read them all.
    """
    found: set[int] = set()
    for part in parts:
        found.update(conn.execute(select(moments.c.number).where(part).limit(_MOST_KEYS + 1)).scalars())
        if len(found) > _MOST_KEYS:
            return None
    return sorted(found)
