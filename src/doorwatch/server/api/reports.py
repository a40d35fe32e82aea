"""Reports"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

from typing import Annotated
from fastapi import Query
router = APIRouter(tags=["reports"], responses=ERRORS)

@router.get("/api/reports/summary")
async def summary(caller: Viewer, parts: Parts, days: Annotated[int, Query(ge=1, le=366)] = 7) -> list[shapes.DoorSummary]:
    raise ApiError(503, "starting")
