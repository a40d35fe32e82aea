"""Alerts"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

router = APIRouter(tags=["alerts"], responses=ERRORS)

@router.get("/api/alerts")
async def get_alerts(caller: Manager, parts: Parts) -> shapes.AlertsShape:
    raise ApiError(503, "starting")

@router.put("/api/alerts")
async def set_alerts(body: shapes.AlertsShape, caller: Manager, parts: Parts) -> shapes.AlertsShape:
    raise ApiError(503, "starting")

@router.post("/api/alerts/test")
async def test_alerts(caller: Manager, parts: Parts) -> shapes.AlertTestShape:
    raise ApiError(503, "starting")

@router.get("/api/alerts/outbox")
async def list_outbox(caller: Viewer, parts: Parts, limit: int = 50) -> list[shapes.MailShape]:
    raise ApiError(503, "starting")
