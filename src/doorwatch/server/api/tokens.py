"""Tokens"""

from fastapi import APIRouter
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.errors import ApiError
from doorwatch.server.auth import *

router = APIRouter(tags=["tokens"], responses=ERRORS)

@router.get("/api/tokens")
async def list_tokens(caller: Manager, parts: Parts) -> list[shapes.TokenShape]:
    raise ApiError(503, "starting")

@router.post("/api/tokens", status_code=201)
async def issue_token(body: shapes.NewToken, caller: Manager, parts: Parts) -> shapes.IssuedToken:
    raise ApiError(503, "starting")

@router.delete("/api/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, caller: Manager, parts: Parts) -> None:
    raise ApiError(503, "starting")
