"""How many moments there are at each door in each half hour, counted as they are written.

A row holds a quarter of a day of one door: a week of two hundred doors is a few thousand rows. Events, which are many and
never change place or time, are counted some thousand at a time, so that a row is written once for many of them; how far that
has come is a counter beside the one of the moments' numbers, and whoever reads adds what has come since. Other moments are
counted at once. Whoever counts has taken numbers for moments in the same transaction, which holds the account's counter, so
nobody else changes the account's rows meanwhile.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import repeat
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, func, select, type_coerce

from doorwatch.domain.time import HOUR, MINUTE, Micros
from doorwatch.domain.verdict import Span
from doorwatch.store.engine import numbers
from doorwatch.store.engine.asking import Sql, ask
from doorwatch.store.engine.identity import door_id_of, door_number
from doorwatch.store.engine.sql import Bulk, insert_for
from doorwatch.store.schema.happenings import EVENT_KINDS, GRANT_KIND, TALLIED, counters, moments, tallies

PIECE = 30 * MINUTE
"""Zones differ by half hours, too."""
PART = TALLIED * PIECE
"""What one row holds."""
NOWHERE = 0
"""In place of a door's number where a moment has no door."""

EVERY = 4096
"""Events are counted when about so many numbers were given out since the last time."""
MARK = "tallied"
"""The counter that says up to which number events are counted."""

Place = tuple[int, Micros, bool]
"""Where a moment is counted: its door's number or NOWHERE, when it happened, and whether it is a grant."""

Piece = tuple[int, int, bool]
"""Where moments are counted together: the same with the half hour, counted from 1970 UTC, in place of the time."""

_STEPS = (TALLIED, 2, 1)
"""How many half hours may be added up before they are handed over."""

_GRANTS = [tallies.c[f"grants{half}"] for half in range(TALLIED)]


def add(conn: Connection, account: str, new: Iterable[Place], gone: Iterable[Place] = ()) -> None:
    """Count moments that are written, and no longer count those that are elsewhere from now on."""
    pieces = Counter((door, at // PIECE, granted) for door, at, granted in new)
    pieces.subtract((door, at // PIECE, granted) for door, at, granted in gone)
    _add(conn, account, pieces)


def _add(conn: Connection, account: str, pieces: Mapping[Piece, int]) -> None:
    changes: dict[tuple[int, int, int], list[int]] = {}
    for (door, piece, granted), count in pieces.items():
        part, half = divmod(piece, TALLIED)
        change = changes.setdefault((half, part, door), [0, 0])
        change[0] += count
        change[1] += count * granted
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for (half, part, door), change in sorted(changes.items()):
        if any(change):
            rows.setdefault(half, []).append((account, part, door, *change))
    for half, some in rows.items():
        _adding(half).run(conn, some)


def count_events(conn: Connection, account: str, upto: int) -> None:
    """Count the events that were not counted yet up to a number of the account's own count, all of which are written."""
    _add(conn, account, _pieces(conn, account, _uncounted(conn, account, upto)))
    values = {"account_id": account, "name": MARK, "value": upto}
    statement = insert_for(conn.dialect.name, counters).values(values)
    conn.execute(statement.on_conflict_do_update(index_elements=["account_id", "name"], set_={"value": upto}))


def counted_upto(conn: Connection, account: str) -> int:
    """Up to which number of the account's own count events are counted; 0 when none is."""
    query = select(counters.c.value).where(counters.c.account_id == account, counters.c.name == MARK)
    return int(conn.execute(query).scalar() or 0)


def by_door(conn: Connection, account: str, span: Span, every: Micros = HOUR) -> dict[str | None, list[int]]:
    """Door, or None for no door, to how many moments there are in each hour of a time; doors without any are left out.

    `every` is the length of a piece if it is no hour. Raises ValueError unless it is made of half hours and the time of such
    pieces, beginning at a half hour.
    """
    if every % PIECE or span.start % PIECE or (span.end - span.start) % every:
        raise ValueError("moments are counted by half hours: a time must be made of whole ones")
    # Whole hours or quarters of a day are added up by the database: to hand over half as many numbers takes half the time.
    step = next(step for step in _STEPS if not (every % (step * PIECE) or span.start % (step * PIECE)))
    first, last, columns = span.start // PART, -(-span.end // PART), TALLIED // step
    found: dict[int, list[int]] = {}
    for row in ask(conn, Sql(_reading(step), (account, first, last))):
        counts = found.setdefault(row[1], [])
        if missing := (row[0] - first) * columns - len(counts):
            counts.extend(repeat(0, missing))
        counts += row[2:]
    fresh: Counter[tuple[int, int]] = Counter()
    for (door, piece, _), count in _fresh(conn, account, span).items():
        fresh[door, piece // step] += count
    for door, _ in fresh:
        found.setdefault(door, [])
    whole = (last - first) * columns
    for counts in found.values():
        counts.extend(repeat(0, whole - len(counts)))
    for (door, piece), count in fresh.items():
        found[door][piece - first * columns] += count
    skipped, together = span.start // PIECE // step - first * columns, every // PIECE // step
    wanted = (span.end - span.start) // PIECE // step
    counted: dict[str | None, list[int]] = {}
    for door, counts in found.items():
        inside = counts[skipped : skipped + wanted]
        pieces = inside if together == 1 else list(map(sum, zip(*repeat(iter(inside), together), strict=True)))
        if any(pieces):
            counted[None if door == NOWHERE else door_id_of(door)] = pieces
    return counted


def whole_parts(span: Span) -> tuple[Span, tuple[Span, ...]]:
    """The part of a time that whole rows tell of, which may be empty, and what is left of it before and behind."""
    start, end = -(-span.start // PART) * PART, span.end // PART * PART
    if start >= end:
        return Span(span.start, span.start), (span,)
    edges = (Span(span.start, start), Span(end, span.end))
    return Span(start, end), tuple(edge for edge in edges if edge.start < edge.end)


def grants_by_door(conn: Connection, account: str, span: Span) -> dict[str, int]:
    """Door to its grants in a time that `whole_parts` gave; doors without any are left out."""
    every = func.sum(sum(_GRANTS[1:], _GRANTS[0]))
    query = select(tallies.c.door, every).where(*_within(account, span)).group_by(tallies.c.door)
    found = Counter({door: int(number) for door, number in conn.execute(query).all() if number})
    for (door, _, granted), count in _fresh(conn, account, span).items():
        if granted:
            found[door] += count
    return {door_id_of(door): number for door, number in found.items()}


def grants_by_piece(conn: Connection, account: str, door_ids: Collection[str], span: Span) -> Counter[Micros]:
    """Beginning of a half hour to the grants at some doors in it, within a time that `whole_parts` gave."""
    places = {number for door_id in door_ids if (number := door_number(door_id)) is not None}
    query = (
        select(tallies.c.part, *(func.sum(one) for one in _GRANTS))
        .where(*_within(account, span), tallies.c.door.in_(places))
        .group_by(tallies.c.part)
    )
    found: Counter[Micros] = Counter()
    for part, *counts in conn.execute(query):
        found.update({part * PART + half * PIECE: int(count) for half, count in enumerate(counts) if count})
    for (door, piece, granted), count in _fresh(conn, account, span).items():
        if granted and door in places:
            found[piece * PIECE] += count
    return found


def _fresh(conn: Connection, account: str, span: Span) -> dict[Piece, int]:
    """How many events of a time there are in each piece that are not counted yet."""
    within = (moments.c.at >= span.start, moments.c.at < span.end)
    return _pieces(conn, account, _uncounted(conn, account), *within)


def _uncounted(conn: Connection, account: str, upto: int = (1 << numbers.COUNT_BITS) - 1) -> tuple[int, int]:
    """The first and the last number, of the account's own count, that an event may have that is not counted yet."""
    return counted_upto(conn, account) + 1, upto


def _pieces(conn: Connection, account: str, counts: tuple[int, int], *within: ColumnElement[bool]) -> dict[Piece, int]:
    """How many of the events between two numbers, both included, there are in each piece; the database counts them."""
    first = numbers.first_moment(conn, account)
    mine = moments.c.number.between(first + counts[0], first + counts[1])
    door = func.coalesce(type_coerce(moments.c.door_id, BigInteger), NOWHERE).label("door")
    piece, granted = (moments.c.at // PIECE).label("piece"), (moments.c.kind == GRANT_KIND).label("granted")
    query = select(door, piece, granted, func.count()).where(mine, moments.c.kind < EVENT_KINDS, *within)
    # By what the columns are called: a parameter that is given twice is two expressions to PostgreSQL.
    rows = conn.execute(query.group_by("door", "piece", "granted"))
    return {(door, piece, granted): count for door, piece, granted, count in rows}


def _within(account: str, span: Span) -> tuple[Any, ...]:
    table = tallies.c
    return table.account_id == account, table.part >= span.start // PART, table.part < span.end // PART


@cache
def _reading(step: int) -> str:
    """Asks for the rows of a time, so many half hours added up to one number."""
    sums = (" + ".join(f"moments{half}" for half in range(at, at + step)) for at in range(0, TALLIED, step))
    columns = ", ".join(f"CAST({one} AS BIGINT)" for one in sums)
    return (
        f"SELECT part, door, {columns} FROM tallies WHERE account_id = ? AND part >= ? AND part < ? ORDER BY part, door"
    )


@cache
def _adding(half: int) -> Bulk:
    names = (f"moments{half}", f"grants{half}")

    def ending(statement: Any) -> Any:
        more = {name: tallies.c[name] + statement.excluded[name] for name in names}
        return statement.on_conflict_do_update(index_elements=["account_id", "part", "door"], set_=more)

    return Bulk(tallies, ("account_id", "part", "door", *names), ending)
