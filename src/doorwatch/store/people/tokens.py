"""Tokens as rows: what one may do, and the hash by which it is found; what they look like is told in `accounts`."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.schema.people import tokens


@dataclass(frozen=True, slots=True)
class Token:
    """A key of a gateway, an analyzer or a program; `prefix` is what may be shown of it.

    After a rotation the former secret is good as well until `former_until`.
    """

    account_id: str
    token_id: str
    name: str
    kind: str
    scopes: tuple[str, ...]
    pacs_id: str | None
    prefix: str
    created_by: str | None
    created_at: Micros
    used_at: Micros | None = None
    expires_at: Micros | None = None
    revoked_at: Micros | None = None
    used_from: str | None = None
    rotated_at: Micros | None = None
    former_until: Micros | None = None
    former_used_at: Micros | None = None
    token_hash: str = field(default="", repr=False)
    former_hash: str | None = field(default=None, repr=False)


def add_token(conn: Connection, token: Token) -> None:
    """Keep a new token."""
    row = {name: getattr(token, name) for name in Token.__dataclass_fields__}
    conn.execute(tokens.insert().values({**row, "scopes": list(token.scopes)}))


def find_token(conn: Connection, token_hash: str) -> Token | None:
    """A token by the hash of its secret or of its former one, revoked and expired ones too."""
    mine = or_(tokens.c.token_hash == token_hash, tokens.c.former_hash == token_hash)
    row = conn.execute(select(tokens).where(mine)).first()
    return None if row is None else _token(row)


def list_tokens(conn: Connection, account: str, *, with_revoked: bool = False) -> list[Token]:
    """The account's tokens, the newest first."""
    query = select(tokens).where(tokens.c.account_id == account)
    if not with_revoked:
        query = query.where(tokens.c.revoked_at.is_(None))
    query = query.order_by(tokens.c.created_at.desc(), tokens.c.token_id)
    return [_token(row) for row in conn.execute(query)]


def get_token(conn: Connection, account: str, token_id: str) -> Token:
    """One token; raises UnknownError."""
    row = conn.execute(select(tokens).where(_is(account, token_id))).first()
    if row is None:
        raise UnknownError("there is no such token")
    return _token(row)


def touch_token(
    conn: Connection, account: str, token_id: str, now: Micros, *, address: str | None = None, former: bool = False
) -> None:
    """Note that a token was used, and whether by its former secret."""
    values: dict[str, Any] = {"used_at": now, "used_from": address} | ({"former_used_at": now} if former else {})
    conn.execute(update(tokens).where(_is(account, token_id)).values(values))


def replace_secret(conn: Connection, token: Token) -> Token:
    """Keep what a rotation changed: hashes, prefix and times. Raises UnknownError."""
    names = ("token_hash", "prefix", "expires_at", "rotated_at", "former_hash", "former_until", "former_used_at")
    values = {name: getattr(token, name) for name in names}
    conn.execute(update(tokens).where(_is(token.account_id, token.token_id)).values(values))
    return get_token(conn, token.account_id, token.token_id)


def revoke_token(conn: Connection, account: str, token_id: str, now: Micros) -> Token:
    """Make a token worthless from now on; raises UnknownError."""
    get_token(conn, account, token_id)
    conn.execute(update(tokens).where(_is(account, token_id), tokens.c.revoked_at.is_(None)).values(revoked_at=now))
    return get_token(conn, account, token_id)


def _is(account: str, token_id: str) -> ColumnElement[bool]:
    return and_(tokens.c.account_id == account, tokens.c.token_id == token_id)


def _token(row: Row[Any]) -> Token:
    values = {name: getattr(row, name) for name in Token.__dataclass_fields__}
    return Token(**{**values, "scopes": tuple(values["scopes"])})
