"""Doors"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

router = APIRouter(tags=["doors"], responses=ERRORS)

@router.get("/api/doors")
async def list_doors(caller: Viewer, parts: Parts) -> list[shapes.DoorShape]:
    raise ApiError(503, "starting")

@router.get("/api/doors/{door_id}")
async def get_door(door_id: str, caller: Viewer, parts: Parts) -> shapes.DoorShape:
    raise ApiError(503, "starting")

@router.patch("/api/doors/{door_id}")
async def change_door(door_id: str, body: shapes.DoorChange, caller: Manager, parts: Parts) -> shapes.DoorShape:
    raise ApiError(503, "starting")

@router.put("/api/doors/{door_id}/cameras")
async def map_cameras(door_id: str, body: shapes.DoorCameras, caller: Manager, parts: Parts) -> shapes.DoorShape:
    raise ApiError(503, "starting")

@router.put("/api/doors/{door_id}/policy")
async def set_policy(door_id: str, body: shapes.PolicyShape, caller: Manager, parts: Parts) -> shapes.DoorShape:
    raise ApiError(503, "starting")
