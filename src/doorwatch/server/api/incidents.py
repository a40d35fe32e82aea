"""Incidents"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

from typing import Annotated
from fastapi import Query
from doorwatch.domain.incident import IncidentKind
router = APIRouter(tags=["incidents"], responses=ERRORS)

@router.get("/api/incidents")
async def list_incidents(caller: Viewer, parts: Parts, review: shapes.Review | None = None, kind: IncidentKind | None = None, door_id: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50, before: str | None = None) -> list[shapes.IncidentShape]:
    raise ApiError(503, "starting")

@router.get("/api/incidents/{incident_id}")
async def get_incident(incident_id: str, caller: Viewer, parts: Parts) -> shapes.IncidentDetail:
    raise ApiError(503, "starting")

@router.post("/api/incidents/{incident_id}/review")
async def review_incident(incident_id: str, body: shapes.ReviewInput, caller: Reviewer, parts: Parts) -> shapes.IncidentDetail:
    raise ApiError(503, "starting")

@router.post("/api/incidents/{incident_id}/share")
async def share_incident(incident_id: str, body: shapes.ShareInput, caller: Reviewer, parts: Parts) -> shapes.ShareShape:
    raise ApiError(503, "starting")
