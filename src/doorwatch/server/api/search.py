"""`/api/search`, `/api/suggest`: finding moments in plain words."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.search import find, load_vocabulary, parse
from doorwatch.search import suggest as completions
from doorwatch.server.api import shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Viewer
from doorwatch.store.acts import Act

router = APIRouter(tags=["search"], responses=ERRORS)

Text = Annotated[str, Query(max_length=500, description="What to look for, such as: tailgating lobby yesterday")]


@router.get("/api/search")
async def search(
    caller: Viewer,
    parts: Parts,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=500, description="`next` of the page before")] = None,
) -> shapes.SearchResult:
    """Moments that match, newest first; words that are not understood are searched as text."""
    now = parts.clock.now()

    def read(conn: Connection) -> shapes.SearchResult:
        zone = ZoneInfo(views.site_of(conn, caller.account).time_zone)
        query = parse(q, load_vocabulary(conn, caller.account, q), now, zone)
        found = find(conn, caller.account, query, limit=limit, before=before)
        names = views.Names.read(conn, caller.account)
        return shapes.SearchResult(
            query=shapes.QueryShape(
                text=query.text,
                chips=[shapes.Chip(kind=chip.kind, text=chip.text, value=chip.value) for chip in query.chips],
                problems=list(query.problems),
            ),
            total=found.total,
            exact=found.exact,
            moments=[views.moment_shape(moment, names) for moment in found.moments],
            next=found.next,
        )

    result = await parts.db.read(read)
    if q.strip() and before is None:
        await parts.looks.note(caller, Act.SEARCH_RUN, q.strip(), {"found": result.total})
    return result


@router.get("/api/suggest")
async def suggest(caller: Viewer, parts: Parts, q: Text = "") -> shapes.SuggestionList:
    """What the text typed so far could become."""
    vocabulary = await parts.db.read(lambda conn: load_vocabulary(conn, caller.account, q))
    return shapes.SuggestionList(
        suggestions=[shapes.SuggestionShape(text=one.text, kind=one.kind) for one in completions(q, vocabulary)]
    )
