"""`/api/search`, `/api/suggest`: finding moments in plain words."""

from dataclasses import asdict, replace
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, Connection

from doorwatch.domain.time import Micros
from doorwatch.search import Found, TermKind, Vocabulary, find, load_vocabulary, narrowed, parse
from doorwatch.search import Query as Looked
from doorwatch.search import suggest as completions
from doorwatch.server.api import happening_views, narrow, ranking, search_shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Guest, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.likeness import Likeness
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store import saved_searches, sites
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.limits import TooSlowError, at_most
from doorwatch.store.people import sharing
from doorwatch.store.sites import Places

router = APIRouter(tags=["search"], responses=ERRORS)

MOST_SECONDS = 5.0
"""So long may a search take; then it is stopped, and that is said."""
_TOO_SLOW = f"This search took longer than {MOST_SECONDS:g} seconds and was stopped: add a time, a door or a camera to narrow it down"

Text = Annotated[str, Query(max_length=5000, description="What to look for, such as: tailgating lobby yesterday")]
SiteId = Annotated[str | None, Query(max_length=200, description="In whose zone times are meant")]


@router.get("/api/search")
async def search(
    caller: Guest,
    parts: Parts,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=500, description="`next` of the page before")] = None,
    site_id: SiteId = None,
    as_typed: Annotated[bool, Query(description="Asked while it is typed: not noted as a search")] = False,
) -> search_shapes.SearchResult:
    """Moments that match, newest first, or with `like:` the likest; words that are not understood are searched as text."""
    now = parts.clock.now()

    def read(conn: Connection) -> search_shapes.SearchResult:
        query = understood(conn, caller, q, now, site_id, parts.likeness)
        found = page_of(conn, caller, query, limit, before, likeness=parts.likeness)
        names = views.Names.read(conn, caller.account)
        return search_shapes.SearchResult(
            query=search_shapes.QueryShape(
                text=query.text,
                chips=[search_shapes.Chip(**asdict(chip)) for chip in query.chips],
                problems=list(query.problems),
            ),
            total=found.total,
            exact=found.exact,
            moments=narrow.moments(
                conn,
                caller.account,
                [happening_views.moment_shape(moment, names) for moment in found.moments],
                caller.cameras,
            ),
            next=found.next,
            ranking=ranking.ranking_shape(found),
            looks_known=ranking.looks_known(conn, caller.account, parts.likeness, found.moments),
        )

    result = await parts.db.read(read)
    if q.strip() and before is None and not as_typed:
        await _note(parts, caller, q.strip()[:500], result.total)
    return result


@router.get("/api/suggest")
async def suggest(caller: Guest, parts: Parts, q: Text = "") -> search_shapes.SuggestionList:
    """What the text typed so far could become."""
    now = parts.clock.now()
    vocabulary = await parts.db.read(lambda conn: _words(conn, caller, q, now, parts.likeness))
    return search_shapes.SuggestionList(
        suggestions=[search_shapes.SuggestionShape(text=one.text, kind=one.kind) for one in completions(q, vocabulary)]
    )


def page_of(
    conn: Connection,
    caller: Caller,
    query: Looked,
    limit: int,
    before: str | None,
    *,
    likeness: Likeness,
    count: bool = True,
) -> Found:
    """A page of what the caller may see of it; raises ApiError when it takes too long."""
    only = _seen_by(conn, caller)
    try:
        with at_most(conn, MOST_SECONDS):
            if query.like is not None:
                return ranking.ranked_page(conn, caller.account, query, likeness, limit, before, only)
            return find(conn, caller.account, query, limit=limit, before=before, count=count, only=only)
    except TooSlowError:
        raise ApiError(422, _TOO_SLOW, field="q", reason="too_slow") from None


def _seen_by(conn: Connection, caller: Caller) -> ColumnElement[bool] | None:
    return None if caller.cameras is None else sharing.moments_seen(conn, caller.account, caller.cameras)


async def _note(parts: Services, caller: Caller, text: str, found: int) -> None:
    await parts.looks.note(caller, Act.SEARCH_RUN, text, {"found": found})
    user_id, now = caller.user_id, parts.clock.now()
    if user_id is not None:
        await parts.db.write(lambda conn: saved_searches.note_past(conn, caller.account, user_id, text, now))


def _words(conn: Connection, caller: Caller, text: str, now: Micros, likeness: Likeness) -> Vocabulary:
    """The names and labels that the caller may know of."""
    words = replace(load_vocabulary(conn, caller.account, text), looks=likeness.model is not None)
    if caller.cameras is None:
        return replace(words, sites=_sites(sites.read(conn, caller.account, now)))
    return narrowed(words, sharing.doors_seen(conn, caller.account, caller.cameras, now), caller.cameras)


def understood(
    conn: Connection, caller: Caller, text: str, now: Micros, site_id: str | None, likeness: Likeness
) -> Looked:
    """What is looked for, and what of it cannot be. See `_read` for times."""
    query = _read(conn, caller, text, now, site_id, _words(conn, caller, text, now, likeness))
    return ranking.possible(conn, caller.account, query, likeness, _seen_by(conn, caller))


def _read(conn: Connection, caller: Caller, text: str, now: Micros, site_id: str | None, words: Vocabulary) -> Looked:
    """The text, read. Times are meant in the zone of the place that is named, else of the one that was chosen."""
    places = sites.read(conn, caller.account, now)
    chosen = places.chosen(site_id)
    query = parse(text, words, now, ZoneInfo(chosen.time_zone))
    if not places.several:
        return query
    named = [term for group in query.alternatives() for term in group if term.kind in _PLACES]
    site = places.of_all(
        (door for term in named for door in term.doors), (camera for term in named for camera in term.cameras)
    )
    if site is None or site.time_zone == chosen.time_zone:
        return query
    return parse(text, words, now, ZoneInfo(site.time_zone))


def _sites(places: Places) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    if not places.several:
        return {}
    return {
        site.name: (
            frozenset(one for one, there in places.doors.items() if there == site.site_id),
            frozenset(one for one, there in places.cameras.items() if there == site.site_id),
        )
        for site in places.sites.values()
    }


_PLACES = {TermKind.DOOR, TermKind.CAMERA, TermKind.PLACE, TermKind.ZONE}
