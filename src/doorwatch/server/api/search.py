"""`/api/search`, `/api/suggest`: finding moments in plain words."""

from typing import Annotated

from fastapi import APIRouter, Query

from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Viewer
from doorwatch.server.errors import ApiError

router = APIRouter(tags=["search"], responses=ERRORS)


@router.get("/api/search")
async def search(
    caller: Viewer,
    parts: Parts,
    q: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: str | None = None,
) -> shapes.SearchResult:
    """What was found."""
    raise ApiError(503, "starting")


@router.get("/api/suggest")
async def suggest(caller: Viewer, parts: Parts, q: str = "") -> shapes.SuggestionList:
    """What could be meant."""
    raise ApiError(503, "starting")
