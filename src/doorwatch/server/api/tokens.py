"""`/api/tokens`: the keys of gateways, analyzers and programs."""

from typing import cast

from fastapi import APIRouter

from doorwatch.accounts.roles import TokenKind
from doorwatch.accounts.tokens import create_token, is_good
from doorwatch.domain.time import DAY, HOUR, Micros, to_iso
from doorwatch.server.api import shapes, token_shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.views import iso
from doorwatch.server.auth import FreshManager, Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller, Permission
from doorwatch.server.services import Services
from doorwatch.store.people import tokens as rows
from doorwatch.store.people.tokens import Token

router = APIRouter(tags=["tokens"], responses=ERRORS)


@router.get("/api/tokens")
async def list_tokens(caller: Manager, parts: Parts) -> list[token_shapes.TokenShape]:
    """The tokens that were not revoked, newest first, without their secrets."""
    found = await parts.db.read(lambda conn: rows.list_tokens(conn, caller.account))
    now = parts.clock.now()
    return [_token(token, now) for token in found]


@router.post("/api/tokens", status_code=201)
async def issue_token(body: token_shapes.NewToken, caller: FreshManager, parts: Parts) -> token_shapes.IssuedToken:
    """Issue a token; its secret is in the answer, this once. Only owners issue tokens that may change everything."""
    kind = TokenKind(body.kind)
    _check_right(caller, kind)
    now = parts.clock.now()
    made = await parts.db.write(
        lambda conn: create_token(
            conn,
            caller.account,
            name=body.name,
            kind=kind,
            now=now,
            by=caller.name,
            pacs_id=body.pacs,
            expires_at=None if body.expires_days is None else now + round(body.expires_days * DAY),
            address=caller.address,
        )
    )
    return token_shapes.IssuedToken(token=made.secret, info=_token(made.token, now))


@router.post("/api/tokens/{token_id}/secret")
async def rotate_token(
    token_id: shapes.PathId, body: token_shapes.Rotation, caller: FreshManager, parts: Parts
) -> token_shapes.IssuedToken:
    """Give a token another secret, which is in the answer, this once; the former one works for a while as well."""
    await _check_right_to(caller, token_id, parts)
    made = await parts.accounts.rotate_token(
        caller.account, token_id, overlap=round(body.overlap_hours * HOUR), by=caller.name, address=caller.address
    )
    return token_shapes.IssuedToken(token=made.secret, info=_token(made.token, parts.clock.now()))


@router.delete("/api/tokens/{token_id}/former-secret")
async def end_former_secret(token_id: shapes.PathId, caller: Manager, parts: Parts) -> token_shapes.TokenShape:
    """End the time in which the secret that a token had before works, too."""
    token = await parts.accounts.end_former_secret(caller.account, token_id, by=caller.name, address=caller.address)
    return _token(token, parts.clock.now())


@router.delete("/api/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Make a token worthless from now on."""
    await parts.accounts.revoke_token(caller.account, token_id, by=caller.name, address=caller.address)


async def _check_right_to(caller: Caller, token_id: str, parts: Services) -> None:
    token = await parts.db.read(lambda conn: rows.get_token(conn, caller.account, token_id))
    _check_right(caller, TokenKind(token.kind))


def _check_right(caller: Caller, kind: TokenKind) -> None:
    """Who gets the secret of such a token could use it: nobody may come by more rights than they have."""
    if kind is TokenKind.API and not caller.may(Permission.OWN):
        raise ApiError(403, "only an owner of the account gets tokens of the kind api: they may do all an owner may")


def _token(token: Token, now: Micros) -> token_shapes.TokenShape:
    return token_shapes.TokenShape(
        id=token.token_id,
        name=token.name,
        kind=cast("token_shapes.TokenKind", token.kind),
        scopes=list(token.scopes),
        prefix=token.prefix,
        created_by=token.created_by,
        created_at=to_iso(token.created_at),
        last_used_at=iso(token.used_at),
        last_used_from=token.used_from,
        expires_at=iso(token.expires_at),
        expired=not is_good(token, now),
        revoked_at=iso(token.revoked_at),
        rotated_at=iso(token.rotated_at),
        former_until=iso(token.former_until),
        former_used_at=iso(token.former_used_at),
    )
