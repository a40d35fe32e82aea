"""Searches by looks, as the API answers them: what cannot be asked is said, what was compared is told."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection

from doorwatch.search import Found, Query
from doorwatch.search.likeness import Ranked, Wanted, rank, wanted_like
from doorwatch.server.api import search_shapes
from doorwatch.server.likeness import Likeness
from doorwatch.store import likenesses
from doorwatch.store.moments import Moment
from doorwatch.vision.likeness.tokens import LikenessError

_STANDS_OUT: tuple[tuple[float, search_shapes.StandsOut], ...] = ((2.5, "clearly"), (1.0, "somewhat"), (0.0, "hardly"))
"""From how many standard deviations above the mean on it is told so."""

Only = ColumnElement[bool] | None


@dataclass(frozen=True, slots=True)
class RankedPage(Found):
    """A page in the order of likeness."""

    ranked: Ranked


def possible(conn: Connection, account: str, query: Query, likeness: Likeness, only: Only) -> Query:
    """The query, without its likeness and with a sentence that says why where that cannot be asked."""
    if query.like is None or likeness.model is None:
        return replace(query, like=None)
    try:
        if _wanted(conn, account, query, likeness, only) is not None:
            return query
        problem = "How that moment looks is not known, or not any more: nothing was compared with it"
    except LikenessError as error:
        problem = f"Searching by looks does not work: {error}"
    return replace(query, like=None, problems=(*query.problems, problem))


def ranked_page(
    conn: Connection, account: str, query: Query, likeness: Likeness, limit: int, before: str | None, only: Only
) -> RankedPage:
    """A page of a query that is `possible`. Raises CursorError."""
    wanted = _wanted(conn, account, query, likeness, only)
    if wanted is None:
        ranked = Ranked((), (), 0, True, None, 0)
    else:
        ranked = rank(conn, account, query, wanted, limit=limit, before=before, only=only)
    return RankedPage(ranked.moments, ranked.compared, ranked.whole, ranked.next, ranked)


def ranking_shape(found: Found) -> search_shapes.RankingShape | None:
    """How a page was ranked; None for one that was not."""
    if not isinstance(found, RankedPage):
        return None
    ranked = found.ranked
    scores = [
        search_shapes.LikenessShape(moment_id=moment.moment_id, cosine=cosine, stands_out=_word(deviations))
        for moment, (cosine, deviations) in zip(ranked.moments, ranked.scores, strict=True)
    ]
    return search_shapes.RankingShape(
        scores=scores, compared=ranked.compared, whole=ranked.whole, left_out=ranked.left_out
    )


def looks_known(conn: Connection, account: str, likeness: Likeness, some: tuple[Moment, ...]) -> list[str]:
    """Which of some moments others can be compared with, in their order."""
    if likeness.model is None:
        return []
    ids = [moment.moment_id for moment in some if moment.crossing_id or moment.incident_id]
    known = likenesses.known(conn, account, likeness.model, ids)
    return [one for one in ids if one in known]


def _wanted(conn: Connection, account: str, query: Query, likeness: Likeness, only: Only) -> Wanted | None:
    if query.like is None or likeness.model is None:
        return None
    if query.like.moment is not None:
        return wanted_like(conn, account, likeness.model, query.like.moment, only)
    return Wanted(likeness.model, likeness.direction(query.like.text))


def _word(deviations: float | None) -> search_shapes.StandsOut | None:
    if deviations is None:
        return None
    return next((word for least, word in _STANDS_OUT if deviations >= least), "not")
