"""`/api/tokens`: the keys of gateways, analyzers and programs."""

from typing import Literal, cast

from fastapi import APIRouter

from doorwatch.accounts.roles import TokenKind
from doorwatch.accounts.tokens import create_token
from doorwatch.domain.time import to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.views import iso
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Permission
from doorwatch.store import tokens as rows
from doorwatch.store.tokens import Token

router = APIRouter(tags=["tokens"], responses=ERRORS)


@router.get("/api/tokens")
async def list_tokens(caller: Manager, parts: Parts) -> list[shapes.TokenShape]:
    """The tokens that are good, newest first, without their secrets."""
    found = await parts.db.read(lambda conn: rows.list_tokens(conn, caller.account))
    return [_token(token) for token in found]


@router.post("/api/tokens", status_code=201)
async def issue_token(body: shapes.NewToken, caller: Manager, parts: Parts) -> shapes.IssuedToken:
    """Issue a token; its secret is in the answer, this once. Only owners issue tokens for this API."""
    kind = TokenKind(body.kind)
    if kind is TokenKind.API and not caller.may(Permission.OWN):
        raise ApiError(403, "only an owner of the account issues tokens of the kind api: they may do all an owner may")
    now = parts.clock.now()
    made = await parts.db.write(
        lambda conn: create_token(
            conn, caller.account, name=body.name, kind=kind, now=now, by=caller.name, pacs_id=body.pacs
        )
    )
    return shapes.IssuedToken(token=made.secret, info=_token(made.token))


@router.delete("/api/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Make a token worthless from now on."""
    await parts.accounts.revoke_token(caller.account, token_id, by=caller.name)


def _token(token: Token) -> shapes.TokenShape:
    return shapes.TokenShape(
        id=token.token_id,
        name=token.name,
        kind=cast("Literal['gateway', 'analyzer', 'api']", token.kind),
        prefix=token.prefix,
        created_at=to_iso(token.created_at),
        last_used_at=iso(token.used_at),
        revoked_at=iso(token.revoked_at),
    )
