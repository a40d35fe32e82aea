"""Tokens: random, shown once, kept as a hash, found by it."""

import hashlib
import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from doorwatch.accounts.roles import TokenKind
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import Micros
from doorwatch.store import audit, tenants
from doorwatch.store import tokens as rows
from doorwatch.store.identity import new_id
from doorwatch.store.tokens import Token

_START = {TokenKind.GATEWAY: "dwg_", TokenKind.ANALYZER: "dwa_", TokenKind.API: "dwk_"}
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is told once and kept nowhere."""

    token: Token
    secret: str = field(repr=False)


def create_token(
    conn: Connection,
    account: str,
    *,
    name: str,
    kind: TokenKind,
    now: Micros,
    by: str,
    pacs_id: str | None = None,
    expires_at: Micros | None = None,
) -> NewToken:
    """Make a token; a gateway's belongs to one access control system, by default the account's first.

    Raises AccountsError for a token without a name, UnknownError for an access control system of somebody else.
    """
    if not name.strip():
        raise AccountsError("a token needs a name that says what it is for, such as `gateway north`")
    if kind is TokenKind.GATEWAY:
        systems = tenants.list_pacs(conn, account)
        pacs_id = tenants.get_pacs(conn, account, pacs_id or (systems[0].pacs_id if systems else "")).pacs_id
    else:
        pacs_id = None
    secret = _START[kind] + secrets.token_urlsafe(32)
    token = Token(
        account,
        new_id("tok"),
        name.strip(),
        kind.value,
        tuple(scope.value for scope in kind.scopes),
        pacs_id,
        secret[:_SHOWN],
        by,
        now,
        expires_at=expires_at,
        token_hash=hash_of(secret),
    )
    rows.add_token(conn, token)
    detail = {"token_id": token.token_id, "kind": kind.value}
    audit.record(conn, account, at=now, actor=by, action="token.create", subject=token.name, detail=detail)
    return NewToken(token, secret)


def revoke_token(conn: Connection, account: str, token_id: str, *, now: Micros, by: str) -> Token:
    """Make a token worthless; raises UnknownError."""
    token = rows.revoke_token(conn, account, token_id, now)
    detail = {"token_id": token_id}
    audit.record(conn, account, at=now, actor=by, action="token.revoke", subject=token.name, detail=detail)
    return token


def is_good(token: Token, now: Micros) -> bool:
    """Whether a token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def hash_of(secret: str) -> str:
    """What is kept of a token or session: a plain hash is enough, since the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
