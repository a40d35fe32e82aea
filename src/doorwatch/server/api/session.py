"""Sessions and people"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

router = APIRouter(tags=["session"], responses=ERRORS)

@router.post("/api/session", dependencies=[Public])
async def sign_in(body: shapes.SignIn, parts: Parts) -> shapes.SessionShape:
    raise ApiError(503, "starting")

@router.get("/api/session")
async def who_am_i(caller: SignedIn, parts: Parts) -> shapes.SessionShape:
    raise ApiError(503, "starting")

@router.delete("/api/session", status_code=204)
async def sign_out(caller: SignedIn, parts: Parts) -> None:
    raise ApiError(503, "starting")

@router.get("/api/users")
async def list_users(caller: Manager, parts: Parts) -> list[shapes.UserShape]:
    raise ApiError(503, "starting")

@router.post("/api/users", status_code=201)
async def add_user(body: shapes.NewUser, caller: Owner, parts: Parts) -> shapes.UserWithPassword:
    raise ApiError(503, "starting")

@router.put("/api/users/{user_id}/password")
async def set_password(user_id: str, body: shapes.NewPassword, caller: Owner, parts: Parts) -> shapes.UserWithPassword:
    raise ApiError(503, "starting")
