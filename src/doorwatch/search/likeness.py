"""Ranking by looks: what matches the words, in the order of how much its picture is like a text or another picture.

Every direction that the words and the time leave is compared, up to a limit of the newest: there is no index that could leave out
what would have been found. Alike on both databases.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection

from doorwatch.domain.likeness import HEAD
from doorwatch.search.conditions import Meanings, condition, in_span
from doorwatch.search.paths import hull, shortest
from doorwatch.search.planner import CursorError
from doorwatch.search.query import OPEN_END, Query, Span
from doorwatch.store import likenesses as stored
from doorwatch.store.engine import numbers
from doorwatch.store.engine.asking import TRUE, Sql, all_of, ask, joined, written
from doorwatch.store.moment_rows import by_numbers
from doorwatch.store.moments import Moment

MOST_COMPARED = 200_000
"""So many directions are compared, the newest: about half a second's work."""
ENOUGH = 12
"""Among fewer nothing can be said to stand out."""
_TOGETHER = 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A direction of length 1, of which model it is, and the moment whose own it is, which is not shown again."""

    model: int
    direction: Floats
    moment: str | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page of results, the likest first, each with its cosine and by how many standard deviations it stands out.

    `compared` is with how many; `whole` that these were all that match. `left_out` is how many of all moments have a
    likeness of another model, and cannot be compared.
    """

    moments: tuple[Moment, ...]
    scores: tuple[tuple[float, float | None], ...]
    compared: int
    whole: bool
    next: str | None
    left_out: int


def wanted_like(
    conn: Connection, account: str, model: int, moment_id: str, only: ColumnElement[bool] | None = None
) -> Wanted | None:
    """How a moment looks; None where nobody knows, another model said so, or it is none of those that may be seen."""
    look = stored.of_moment(conn, account, moment_id, only)
    if look is None or look.model != model:
        return None
    direction = _read([look.direction])[1][0]
    return Wanted(model, direction / np.linalg.norm(direction), moment_id)


def rank(
    conn: Connection,
    account: str,
    query: Query,
    wanted: Wanted,
    *,
    limit: int = 50,
    before: str | None = None,
    only: ColumnElement[bool] | None = None,
) -> Ranked:
    """The account's moments that match, the likest first; raises CursorError for a bad `before`."""
    mark = None if before is None else _decode(before)
    first = numbers.first_moment(conn, account)
    found = list(_compared(conn, _asked(conn, account, query, wanted, only), hull(query), wanted))
    all_numbers = np.concatenate([part[0] for part in found] or [np.zeros(0, np.int64)])
    scores = np.concatenate([part[1] for part in found] or [np.zeros(0)])
    whole = len(scores) <= MOST_COMPARED
    all_numbers, scores = all_numbers[:MOST_COMPARED], scores[:MOST_COMPARED]
    outstanding = (scores - scores.mean()) / max(float(scores.std()), 1e-6) if len(scores) >= ENOUGH else None
    order = np.lexsort((-all_numbers, -scores))
    if mark is not None:
        score, number = mark[0], first + mark[1]
        order = order[(scores[order] < score) | ((scores[order] == score) & (all_numbers[order] < number))]
    page = order[: limit + 1]
    shown = [int(all_numbers[place]) for place in page[:limit]]
    told = [(float(scores[one]), None if outstanding is None else float(outstanding[one])) for one in page[:limit]]
    last = f"{told[-1][0]:.6f}~{shown[-1] - first}" if len(page) > limit else None
    rows = by_numbers(conn, account, shown)
    left_out = stored.others(conn, account, wanted.model)
    return Ranked(tuple(rows[one] for one in shown), tuple(told), len(scores), whole, last, left_out)


def _asked(
    conn: Connection, account: str, query: Query, wanted: Wanted, only: ColumnElement[bool] | None
) -> Sql | None:
    """Asks for number, time and direction of what matches and can be compared; None where nothing can match."""
    tenant = numbers.of_account(conn, account)
    asked = [] if only is None else [written(conn, only)]
    few: list[Sql] = []
    if query.terms:
        meanings = Meanings(conn, account)
        choice = shortest(conn, meanings, query)
        if choice.way.is_empty:
            return None
        asked.append(condition(meanings, query))
        short = [way for way in (choice.way, *choice.also) if way is not choice.way or way.is_short]
        few = [joined(["likenesses.number IN (", way.numbers(choice.within, way.size + 1), ")"], "") for way in short]
    if wanted.moment is not None:
        asked.append(Sql("moments.name <> ?", (wanted.moment,)))
    # SQLite takes tables that are crossed in the order in which they stand; the sums keep it from all that there is.
    free = " + 0" if few else ""
    mine = Sql(f"likenesses.account{free} = ? AND likenesses.model{free} = ?", (tenant, wanted.model))
    source = "likenesses" if few else "likenesses INDEXED BY ix_likenesses_at"
    if asked:
        source, asked = f"{source} CROSS JOIN moments", [Sql("moments.number = likenesses.number"), *asked]
    head = f"SELECT likenesses.number, likenesses.at, likenesses.direction FROM {source} WHERE"
    return joined([head, all_of([mine, *few, *asked]), "AND"])


def _compared(
    conn: Connection, asked: Sql | None, within: Span, wanted: Wanted
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Numbers and cosines of the newest, some thousands at a time; one more than MOST_COMPARED at least, if there are."""
    last, seen = TRUE, 0
    while asked is not None and seen <= MOST_COMPARED:
        where = all_of([in_span(within, "likenesses.at"), last])
        newest = f"ORDER BY likenesses.at DESC, likenesses.number DESC LIMIT {_TOGETHER}"
        rows = ask(conn, joined([asked, where, newest]))
        seen += len(rows)
        of = [row for row in rows if len(row[2]) == len(wanted.direction) + HEAD]
        if of:
            factors, directions = _read([row[2] for row in of])
            cosines = np.asarray((directions @ wanted.direction) * factors, np.float64)
            yield np.array([row[0] for row in of], np.int64), np.round(cosines, 6)  # as marks tell them
        if len(rows) < _TOGETHER:
            return
        number, at = rows[-1][:2]
        within = Span(within.start, min(within.end, at + 1, OPEN_END))
        last = Sql("(likenesses.at + 0 < ? OR likenesses.number + 0 < ?)", (at, number))


def _read(packed: list[bytes]) -> tuple[Floats, Floats]:
    """Factors (N) and numbers (N x as many as a direction has) of packed directions of one length."""
    shape = np.dtype([("factor", "<f4"), ("numbers", "i1", (len(packed[0]) - HEAD,))])
    read = np.frombuffer(b"".join(packed), shape)
    return np.asarray(read["factor"], np.float32), np.asarray(read["numbers"], np.float32)


def _decode(text: str) -> tuple[float, int]:
    if not re.fullmatch(r"-?[01]\.[0-9]{6}~[0-9]{1,12}", text):
        raise CursorError
    score, _, number = text.partition("~")
    return float(score), int(number)
