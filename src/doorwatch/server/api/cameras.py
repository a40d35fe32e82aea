"""Cameras"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

router = APIRouter(tags=["cameras"], responses=ERRORS)

@router.get("/api/cameras")
async def list_cameras(caller: Viewer, parts: Parts) -> list[shapes.CameraShape]:
    raise ApiError(503, "starting")

@router.post("/api/cameras", status_code=201)
async def add_camera(body: shapes.NewCamera, caller: Manager, parts: Parts) -> shapes.CameraShape:
    raise ApiError(503, "starting")

@router.get("/api/cameras/{camera_id}")
async def get_camera(camera_id: str, caller: Viewer, parts: Parts) -> shapes.CameraShape:
    raise ApiError(503, "starting")

@router.patch("/api/cameras/{camera_id}")
async def change_camera(camera_id: str, body: shapes.CameraChange, caller: Manager, parts: Parts) -> shapes.CameraShape:
    raise ApiError(503, "starting")

@router.delete("/api/cameras/{camera_id}", status_code=204)
async def delete_camera(camera_id: str, caller: Manager, parts: Parts) -> None:
    raise ApiError(503, "starting")

@router.put("/api/cameras/{camera_id}/scenes/{door_id}")
async def set_scene(camera_id: str, door_id: str, body: shapes.SceneInput, caller: Manager, parts: Parts) -> shapes.SceneShape:
    raise ApiError(503, "starting")
