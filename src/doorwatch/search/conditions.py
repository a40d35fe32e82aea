"""What a term asks of a row, as SQL: alike on both databases, and true of exactly those moments that `matches` takes.

Columns are written as sums with nothing, so that no index is chosen for them: which one is used is decided in `paths`.
What a word may mean is looked up in the small tables (sets of labels and cameras, people) before.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
    type_coerce,
)

from doorwatch.domain.appearance import Colour
from doorwatch.domain.time import SECOND
from doorwatch.search.query import OPEN_END, OPEN_START, REVIEWED, Compare, Count, Query, Schedule, Span, Term, TermKind
from doorwatch.store import words
from doorwatch.store.engine import sets
from doorwatch.store.engine.identity import door_number
from doorwatch.store.moments import CODES, MomentKind
from doorwatch.store.schema.happenings import moments, set_members

Keys = list[int]
_TELLING = (*CODES[MomentKind.INCIDENT], *CODES[MomentKind.HEALTH])
_COLUMNS = {TermKind.REVIEW: moments.c.review, TermKind.STATE: moments.c.state}
_COUNTED = {"people": moments.c.people, "grants": moments.c.grants, "excess": moments.c.excess}


class Meanings:
    """What the terms of a query stand for in the numbers of one account's tables; each is looked up once."""

    def __init__(self, conn: Connection, account: str) -> None:
        self._conn = conn
        self.account = account
        self._found: dict[tuple[str, str], Keys] = {}

    def label_sets(self, term: Term) -> Keys:
        """The sets of labels that have a label, or either word of a direction."""
        members = [term.value, f"side {term.value}"] if term.kind is TermKind.DIRECTION else [term.value]
        return self._once(
            f"{term.kind}", term.value, lambda: sets.with_members(self._conn, self.account, sets.LABELS, members)
        )

    def told_label_sets(self, term: Term) -> Keys:
        """The sets with a label in which a word begins so."""
        member = set_members.c.member
        query = select(set_members.c.set_id).where(
            set_members.c.account_id == self.account,
            set_members.c.kind == sets.LABELS,
            or_(member.like(f"{term.value}%"), member.like(f"% {term.value}%")),
        )
        return self._once("told", term.value, lambda: sorted(set(self._conn.execute(query).scalars())))

    def camera_sets(self, term: Term) -> Keys:
        """The sets of cameras that have one of a term's cameras."""
        key = " ".join(sorted(term.cameras))
        return self._once(
            "camera", key, lambda: sets.with_members(self._conn, self.account, sets.CAMERAS, term.cameras)
        )

    def people(self, term: Term) -> Keys:
        """The people with a word that begins so."""
        query = words.people_called(self.account, term.value)
        return self._once("person", term.value, lambda: sorted(self._conn.execute(query).scalars()))

    def doors(self, term: Term) -> Keys:
        """The numbers of a term's doors."""
        return sorted(number for door in term.doors if (number := door_number(door)) is not None)

    def beside(self, about: str, some: Collection[int]) -> frozenset[int]:
        """The doors or kinds whose moments have one of the sets."""
        return sets.beside(self._conn, self.account, about, some) if some else frozenset()

    def seen_by(self, doors: Collection[int]) -> dict[int, set[int]]:
        """The sets of cameras that moments of doors have."""
        return sets.seen_by(self._conn, self.account, doors) if doors else {}

    def _once(self, sort: str, key: str, look: Any) -> Keys:
        if (sort, key) not in self._found:
            self._found[sort, key] = look()
        return self._found[sort, key]


def condition(meanings: Meanings, query: Query, without: int | None = None) -> ColumnElement[bool]:
    """Whether a moment matches; `without` is the number of a group that all moments are known to match."""
    groups = [group for number, group in enumerate(query.alternatives()) if number != without]
    parts = [or_(*(_term(meanings, term) for term in group)) for group in groups]
    # A column that is null has not what is excluded: SQL alone would call that unknown.
    parts += [~func.coalesce(_term(meanings, term), false()) for term in query.excluded()]
    return and_(true(), *parts)


def one_of(column: Any, keys: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column is one of the numbers, in a way that no index is chosen for."""
    return (type_coerce(column, BigInteger) + 0).in_(keys) if keys else false()


def in_span(span: Span) -> ColumnElement[bool]:
    """Whether a moment happened in it."""
    parts = []
    if span.start != OPEN_START:
        parts.append(moments.c.at >= span.start)
    if span.end != OPEN_END:
        parts.append(moments.c.at < span.end)
    return and_(true(), *parts)


def _term(meanings: Meanings, term: Term) -> ColumnElement[bool]:  # noqa: C901, PLR0911  (one for each kind)
    match term.kind:
        case TermKind.DOOR | TermKind.CAMERA | TermKind.PLACE | TermKind.ZONE:
            return _place(meanings, term)
        case TermKind.LABEL:
            return one_of(moments.c.label_set, meanings.label_sets(term))
        case TermKind.COLOUR:
            worn = [column + 0 == code for column, code in worn_columns(term)]
            return or_(*worn, one_of(moments.c.label_set, meanings.label_sets(term)))
        case TermKind.PERSON:
            return one_of(moments.c.actor_key, meanings.people(term))
        case TermKind.REVIEW if term.value == "reviewed":
            return and_(_is(MomentKind.INCIDENT), moments.c.review.in_(REVIEWED))
        case TermKind.REVIEW | TermKind.STATE:
            return and_(_is(MomentKind.INCIDENT), _COLUMNS[term.kind] == term.value)
        case TermKind.DIRECTION:
            # Who goes out is labelled so, and labels are in the indexes.
            return and_(one_of(moments.c.label_set, meanings.label_sets(term)), moments.c.direction == term.value)
        case TermKind.KIND:
            return _is(MomentKind(term.value))
        case TermKind.TIME:
            return false() if term.span is None else in_span(term.span)
        case TermKind.SCHEDULE:
            return false() if term.schedule is None else _again(term.schedule)
        case TermKind.COUNT:
            return _counts(term)
        case TermKind.TEXT:
            return _mentions(meanings, term)


def worn_columns(term: Term) -> list[tuple[Any, int]]:
    """In which columns a colour of clothes may stand, and its number."""
    part, _, name = term.value.rpartition(" ")
    code = Colour(name).code
    return [(moments.c[place], code) for place in ("upper", "lower") if part in {"", place}]


def _is(kind: MomentKind) -> ColumnElement[bool]:
    return one_of(moments.c.kind, CODES[kind])


def _place(meanings: Meanings, term: Term) -> ColumnElement[bool]:
    parts = [one_of(moments.c.door_id, meanings.doors(term)), one_of(moments.c.camera_set, meanings.camera_sets(term))]
    return or_(*parts)


def _again(schedule: Schedule) -> ColumnElement[bool]:
    """A clock that was set forward or back is told from the times on which it was."""
    first, *later = schedule.offsets
    ahead: Any = first[1]
    if later:
        ahead = case(*((moments.c.at >= since, offset) for since, offset in reversed(later)), else_=first[1])
    local = (moments.c.at + ahead) // SECOND
    second, weekday = local % 86_400, (local // 86_400 + 3) % 7
    days, before = sorted(schedule.days), sorted((day + 1) % 7 for day in schedule.days)
    if schedule.start < schedule.end:
        return and_(weekday.in_(days), second >= schedule.start, second < schedule.end)
    return or_(and_(weekday.in_(days), second >= schedule.start), and_(weekday.in_(before), second < schedule.end))


def _counts(term: Term) -> ColumnElement[bool]:
    if term.count is None:
        return false()
    if term.count.what == "dwell":
        return _stayed(term.count)
    column, number = _COUNTED[term.count.what], term.count.number
    compared = {
        Compare.LESS: column < number,
        Compare.AT_MOST: column <= number,
        Compare.EXACTLY: column == number,
        Compare.AT_LEAST: column >= number,
        Compare.MORE: column > number,
    }[term.count.compare]
    return and_(_is(MomentKind.INCIDENT), compared)


def _stayed(count: Count) -> ColumnElement[bool]:
    """In whole seconds, rounded down: who stayed for 10.4 s stayed for exactly ten, and not for over ten."""
    column, seconds = moments.c.dwell_us, count.number * SECOND
    return {
        Compare.LESS: column < seconds,
        Compare.AT_MOST: column < seconds + SECOND,
        Compare.EXACTLY: and_(column >= seconds, column < seconds + SECOND),
        Compare.AT_LEAST: column >= seconds,
        Compare.MORE: column >= seconds + SECOND,
    }[count.compare]


def _mentions(meanings: Meanings, term: Term) -> ColumnElement[bool]:
    # In this order a row that does not match is seen to by what the indexes know of it.
    return or_(
        one_of(moments.c.label_set, meanings.told_label_sets(term)),
        and_(one_of(moments.c.kind, _TELLING), moments.c.folded.like(f"% {term.value}%")),
        one_of(moments.c.actor_key, meanings.people(term)),
        _place(meanings, term),
    )
