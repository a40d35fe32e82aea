"""From a search to SQL, alike on both databases, and from rows to moments.

What a word may mean is looked up first in the small tables (sets of labels and cameras, people), so that the large one
is asked by indexed columns alone.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, literal, or_, select
from sqlalchemy import Select as SqlSelect

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.search.query import OPEN_END, OPEN_START, Compare, Query, Term, TermKind
from doorwatch.store.moments import Moment, MomentKind, from_row, query_of
from doorwatch.store.schema.happenings import actors, moments, set_members

MOST_COUNTED = 10_000
"""Beyond this the number of results is only told as more than that."""

_COLUMNS = {
    TermKind.KIND: moments.c.kind,
    TermKind.DIRECTION: moments.c.direction,
    TermKind.REVIEW: moments.c.review,
    TermKind.STATE: moments.c.state,
}
_COUNTED = {"people": moments.c.people, "grants": moments.c.grants, "excess": moments.c.excess}
_TOLD = [MomentKind.INCIDENT.value, MomentKind.HEALTH.value]


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
    conn: Connection, account: str, query: Query, *, limit: int = 50, before: str | None = None, count: bool = True
) -> Found:
    """The account's moments that match, the newest first; raises CursorError for a bad `before`."""
    condition = _condition(conn, account, query)
    page = query_of(account).where(condition)
    if before is not None:
        page = page.where(_earlier(*decode_cursor(before)))
    page = page.order_by(moments.c.at.desc(), moments.c.moment_id.desc()).limit(limit + 1)
    rows = [from_row(row) for row in conn.execute(page)]
    shown, more = tuple(rows[:limit]), len(rows) > limit
    total = _count(conn, account, condition) if count else len(rows)
    return Found(shown, min(total, MOST_COUNTED), total <= MOST_COUNTED, _cursor(shown[-1]) if more else None)


def decode_cursor(text: str) -> tuple[Micros, str]:
    """Time and id of the last moment of a page; raises CursorError."""
    at, _, moment_id = text.partition("~")
    if not moment_id or not re.fullmatch(r"-?[0-9]{1,18}", at):
        raise CursorError
    return int(at), moment_id


def _cursor(moment: Moment) -> str:
    return f"{moment.at}~{moment.moment_id}"


def _earlier(at: Micros, moment_id: str) -> ColumnElement[bool]:
    # The first half is what the index is asked for; the rest only settles equal times.
    return and_(moments.c.at <= at, or_(moments.c.at < at, moments.c.moment_id < moment_id))


def _count(conn: Connection, account: str, condition: ColumnElement[bool]) -> int:
    some = select(literal(1)).select_from(moments).where(moments.c.account_id == account, condition)
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
            return _place(account, term)
        case TermKind.LABEL:
            return moments.c.label_set.in_(_sets_with(conn, account, term.value))
        case TermKind.PERSON:
            return moments.c.actor_key.in_(_actors_called(account, term.value))
        case TermKind.KIND | TermKind.DIRECTION | TermKind.REVIEW | TermKind.STATE:
            return _COLUMNS[term.kind] == term.value
        case TermKind.TIME:
            return _in_span(term)
        case TermKind.COUNT:
            return _counts(term)
        case TermKind.TEXT:
            return _mentions(conn, account, term)


def _place(account: str, term: Term) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if term.doors:
        parts.append(moments.c.door_id.in_(sorted(term.doors)))
    if term.cameras:
        sets = select(set_members.c.set_id).where(
            set_members.c.account_id == account,
            set_members.c.kind == "cameras",
            set_members.c.member.in_(sorted(term.cameras)),
        )
        parts.append(moments.c.camera_set.in_(sets))
    return or_(*parts) if parts else false()


def _sets_with(conn: Connection, account: str, label: str) -> list[int]:
    query = select(set_members.c.set_id).where(
        set_members.c.account_id == account, set_members.c.kind == "labels", set_members.c.member == label
    )
    return sorted(conn.execute(query).scalars())


def _sets_mentioning(conn: Connection, account: str, value: str) -> list[int]:
    query = select(set_members.c.set_id).where(
        set_members.c.account_id == account,
        set_members.c.kind == "labels",
        or_(set_members.c.member.like(f"{value}%"), set_members.c.member.like(f"% {value}%")),
    )
    return sorted(set(conn.execute(query).scalars()))


def _actors_called(account: str, value: str) -> SqlSelect[Any]:
    return select(actors.c.actor_key).where(actors.c.account_id == account, actors.c.folded.like(f"% {value}%"))


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
    return {
        Compare.LESS: column < number,
        Compare.AT_MOST: column <= number,
        Compare.EXACTLY: column == number,
        Compare.AT_LEAST: column >= number,
        Compare.MORE: column > number,
    }[term.count.compare]


def _mentions(conn: Connection, account: str, term: Term) -> ColumnElement[bool]:
    parts = [
        and_(moments.c.kind.in_(_TOLD), moments.c.folded.like(f"% {term.value}%")),
        moments.c.actor_key.in_(_actors_called(account, term.value)),
    ]
    if sets := _sets_mentioning(conn, account, term.value):
        parts.append(moments.c.label_set.in_(sets))
    if term.doors or term.cameras:
        parts.append(_place(account, term))
    return or_(*parts)
