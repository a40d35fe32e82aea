"""Search and moments"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

from typing import Annotated
from fastapi import Query
router = APIRouter(tags=["search"], responses=ERRORS)

@router.get("/api/search")
async def search(caller: Viewer, parts: Parts, q: str = "", limit: Annotated[int, Query(ge=1, le=500)] = 50, before: str | None = None) -> shapes.SearchResult:
    raise ApiError(503, "starting")

@router.get("/api/suggest")
async def suggest(caller: Viewer, parts: Parts, q: str = "") -> shapes.SuggestionList:
    raise ApiError(503, "starting")

@router.get("/api/moments")
async def newest_moments(caller: Viewer, parts: Parts, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[shapes.MomentShape]:
    raise ApiError(503, "starting")
