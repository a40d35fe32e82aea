"""What a term asks of a row, as SQL: alike on both databases, and true of exactly those moments that `matches` takes.

Columns are written as sums with nothing, so that no index is chosen for them: which one is used is decided in `paths`.
What a word may mean is looked up in the small tables (sets of labels and cameras, people) before.
"""

from collections.abc import Callable, Collection, Container, Sequence

from sqlalchemy import Connection

from doorwatch.domain.appearance import Colour
from doorwatch.domain.time import SECOND
from doorwatch.search.carrying import codes_of
from doorwatch.search.query import OPEN_END, OPEN_START, REVIEWED, Compare, Count, Query, Schedule, Span, Term, TermKind
from doorwatch.store import words
from doorwatch.store.engine import numbers, sets
from doorwatch.store.engine.asking import FALSE, Sql, all_of, any_of, ask, joined
from doorwatch.store.engine.asking import one_of as is_one_of
from doorwatch.store.engine.identity import door_number
from doorwatch.store.moments import CODES, MomentKind

Keys = list[int]
_TELLING = (*CODES[MomentKind.INCIDENT], *CODES[MomentKind.HEALTH])


class Meanings:
    """What the terms of a query stand for in the numbers of one account's tables; each is looked up once."""

    def __init__(self, conn: Connection, account: str) -> None:
        self._conn = conn
        self._account = account
        self.tenant = numbers.of_account(conn, account)
        self._found: dict[tuple[str, str], Keys] = {}

    def label_sets(self, term: Term) -> Keys:
        """The sets of labels that have a label, or either word of a direction."""
        members = [term.value, f"side {term.value}"] if term.kind is TermKind.DIRECTION else [term.value]
        return self._once(f"{term.kind}", term.value, lambda: self._with(sets.LABELS, members))

    def told_label_sets(self, term: Term) -> Keys:
        """The sets with a label in which a word begins so."""
        query = Sql(
            "SELECT DISTINCT set_id FROM set_members "
            "WHERE account_id = ? AND kind = ? AND (member LIKE ? OR member LIKE ?)",
            (self._account, sets.LABELS, f"{term.value}%", f"% {term.value}%"),
        )
        return self._once("told", term.value, lambda: sorted(self._numbers(query)))

    def camera_sets(self, term: Term) -> Keys:
        """The sets of cameras that have one of a term's cameras."""
        key = " ".join(sorted(term.cameras))
        return self._once("camera", key, lambda: self._with(sets.CAMERAS, term.cameras))

    def people(self, term: Term) -> Keys:
        """The people with a word that begins so."""
        query = words.people_called(self._account, term.value)
        return self._once("person", term.value, lambda: sorted(self._numbers(query)))

    def told_words(self, start: str, most: int) -> list[str]:
        """The words of texts that begin so, at most so many."""
        return [word for (word,) in ask(self._conn, words.beginning_so(self.tenant, start, most))]

    def doors(self, term: Term) -> Keys:
        """The numbers of a term's doors."""
        return sorted(number for door in term.doors if (number := door_number(door)) is not None)

    def beside(self, about: str, some: Collection[int]) -> frozenset[int]:
        """The doors or kinds whose moments have one of the sets."""
        return sets.beside(self._conn, self._account, about, some) if some else frozenset()

    def of_kinds(self, kinds: Collection[int]) -> frozenset[int]:
        """The sets of labels that moments of these kinds have."""
        members = [str(kind) for kind in kinds]
        return frozenset(self._once("kinds", " ".join(members), lambda: self._with(sets.KINDS, members)))

    def seen_by(self, doors: Collection[int]) -> dict[int, set[int]]:
        """The sets of cameras that moments of doors have."""
        return sets.seen_by(self._conn, self._account, doors) if doors else {}

    def _with(self, kind: str, members: Collection[str]) -> Keys:
        return sets.with_members(self._conn, self._account, kind, members)

    def _numbers(self, query: Sql) -> Keys:
        return [number for (number,) in ask(self._conn, query)]

    def _once(self, sort: str, key: str, look: Callable[[], Keys]) -> Keys:
        if (sort, key) not in self._found:
            self._found[sort, key] = look()
        return self._found[sort, key]


def condition(meanings: Meanings, query: Query, without: Container[int] = ()) -> Sql:
    """Whether a moment matches; `without` are the numbers of groups that all moments are known to match."""
    groups = [group for number, group in enumerate(query.alternatives()) if number not in without]
    parts = [any_of(_term(meanings, term) for term in group) for group in groups]
    # A column that is null has not what is excluded: SQL alone would call that unknown.
    parts += [joined(["NOT COALESCE(", _term(meanings, term), ", FALSE)"], "") for term in query.excluded()]
    return all_of(parts)


def one_of(column: str, keys: Sequence[int]) -> Sql:
    """Whether a column of a moment is one of the numbers, in a way that no index is chosen for."""
    return is_one_of(f"moments.{column} + 0", keys)


def in_span(span: Span, at: str = "moments.at") -> Sql:
    """Whether a moment happened in it."""
    parts = []
    if span.start != OPEN_START:
        parts.append(Sql(f"{at} >= ?", (span.start,)))
    if span.end != OPEN_END:
        parts.append(Sql(f"{at} < ?", (span.end,)))
    return all_of(parts)


def _term(meanings: Meanings, term: Term) -> Sql:  # noqa: C901, PLR0911  (one for each kind)
    match term.kind:
        case TermKind.DOOR | TermKind.CAMERA | TermKind.PLACE | TermKind.ZONE:
            return _place(meanings, term)
        case TermKind.LABEL:
            return one_of("label_set", meanings.label_sets(term))
        case TermKind.COLOUR | TermKind.CARRYING:
            return any_of([_looks(term), one_of("label_set", meanings.label_sets(term))])
        case TermKind.PERSON:
            own = one_of("actor_key", meanings.people(term))
            return any_of([own, all_of([_is(MomentKind.INCIDENT), _says(term)])]) if term.is_name else own
        case TermKind.REVIEW if term.value == "reviewed":
            return all_of([_is(MomentKind.INCIDENT), any_of(Sql("moments.review = ?", (one,)) for one in REVIEWED)])
        case TermKind.REVIEW | TermKind.STATE:
            return all_of([_is(MomentKind.INCIDENT), Sql(f"moments.{term.kind.value} = ?", (term.value,))])
        case TermKind.DIRECTION:
            # Who goes out is labelled so, and labels are in the indexes.
            labelled = one_of("label_set", meanings.label_sets(term))
            return all_of([labelled, Sql("moments.direction = ?", (term.value,))])
        case TermKind.KIND:
            return _is(MomentKind(term.value))
        case TermKind.TIME:
            return FALSE if term.span is None else in_span(term.span, "moments.at + 0")
        case TermKind.SCHEDULE:
            return FALSE if term.schedule is None else _again(term.schedule)
        case TermKind.COUNT:
            return _counts(term)
        case TermKind.TEXT:
            return _mentions(meanings, term)


def worn_columns(term: Term) -> list[tuple[str, int]]:
    """In which columns a colour of clothes may stand, and its number."""
    part, _, name = term.value.rpartition(" ")
    code = Colour(name).code
    return [(place, code) for place in ("upper", "lower") if part in {"", place}]


def _looks(term: Term) -> Sql:
    if term.kind is TermKind.CARRYING:
        return one_of("carried", codes_of(term.value))
    return any_of(one_of(column, [code]) for column, code in worn_columns(term))


def _is(kind: MomentKind) -> Sql:
    return one_of("kind", CODES[kind])


def _place(meanings: Meanings, term: Term) -> Sql:
    return any_of(
        [one_of("door_id", meanings.doors(term)), one_of("camera_set", meanings.camera_sets(term))],
    )


def _again(schedule: Schedule) -> Sql:
    """A clock that was set forward or back is told from the times on which it was."""
    first, *later = schedule.offsets
    ahead = str(first[1])
    if later:
        since = " ".join(f"WHEN moments.at >= {begun} THEN {offset}" for begun, offset in reversed(later))
        ahead = f"CASE {since} ELSE {first[1]} END"
    local = f"((moments.at + {ahead}) / {SECOND})"
    second, weekday = f"{local} % 86400", f"({local} / 86400 + 3) % 7"
    days, before = sorted(schedule.days), sorted((day + 1) % 7 for day in schedule.days)
    begun, ended = Sql(f"{second} >= ?", (schedule.start,)), Sql(f"{second} < ?", (schedule.end,))
    if schedule.start < schedule.end:
        return all_of([is_one_of(weekday, days), begun, ended])
    return any_of([all_of([is_one_of(weekday, days), begun]), all_of([is_one_of(weekday, before), ended])])


def _counts(term: Term) -> Sql:
    count = term.count
    if count is None:
        return FALSE
    if count.what == "dwell":
        return _stayed(count)
    bounds = [(count.compare, count.number)] + ([] if count.most is None else [(Compare.AT_MOST, count.most)])
    compared = [Sql(f"moments.{count.what} {compare} ?", (number,)) for compare, number in bounds]
    return all_of([_is(MomentKind.INCIDENT), *compared])


def _stayed(count: Count) -> Sql:
    """In whole seconds, rounded down: who stayed for 10.4 s stayed for exactly ten, and not for over ten."""
    if count.most is not None:
        bounds = Count("dwell", count.compare, count.number), Count("dwell", Compare.AT_MOST, count.most)
        return all_of(_stayed(bound) for bound in bounds)
    seconds = count.number * SECOND
    least, more = Sql("moments.dwell_us >= ?", (seconds,)), Sql("moments.dwell_us >= ?", (seconds + SECOND,))
    return {
        Compare.LESS: Sql("moments.dwell_us < ?", (seconds,)),
        Compare.AT_MOST: Sql("moments.dwell_us < ?", (seconds + SECOND,)),
        Compare.EXACTLY: all_of([least, Sql("moments.dwell_us < ?", (seconds + SECOND,))]),
        Compare.AT_LEAST: least,
        Compare.MORE: more,
    }[count.compare]


def _says(term: Term) -> Sql:
    return Sql("moments.folded LIKE ?", (f"% {term.value}%",))


def _mentions(meanings: Meanings, term: Term) -> Sql:
    # In this order a row that does not match is seen to by what the indexes know of it.
    said = _says(term)
    return any_of(
        [
            one_of("label_set", meanings.told_label_sets(term)),
            all_of([one_of("kind", _TELLING), said]),
            one_of("actor_key", meanings.people(term)),
            _place(meanings, term),
        ]
    )
