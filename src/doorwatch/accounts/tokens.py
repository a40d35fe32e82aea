"""Tokens: random, shown once, kept as a hash, found by it; given another secret without a gap."""

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import Connection

from doorwatch.accounts.roles import SCOPES_OF_KIND, Scope, TokenKind
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import DAY, Micros
from doorwatch.domain.token_form import new_secret
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.identity import new_id
from doorwatch.store.people import tokens as rows
from doorwatch.store.people.tokens import Token

LONGEST_OVERLAP = 30 * DAY

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, or got another secret; `secret` is told once and kept nowhere."""

    token: Token
    secret: str = field(repr=False)


class Refusal(StrEnum):
    """Why a token is not good. All but the first two are told only to who holds the whole secret."""

    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"

    @property
    def sentence(self) -> str:
        """It in words, with the cure."""
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.MISTYPED: "this token has a typing mistake, or a part of it is missing: copy it again, whole",
    Refusal.UNKNOWN: (
        "this token is not known: issue one under Settings, Tokens, and send it as Authorization: Bearer <token>"
    ),
    Refusal.EXPIRED: "this token has expired: issue another under Settings, Tokens",
    Refusal.REVOKED: "this token was revoked: issue another under Settings, Tokens",
    Refusal.REPLACED: "this token was replaced by a newer one, and the time in which both worked is over: use the newer one",
}


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
    address: str | None = None,
    also: tuple[Scope, ...] = (),
) -> NewToken:
    """Make a token; a gateway's belongs to one access control system, by default the account's first.

    `also` are scopes beyond those of its kind; nothing that comes from outside may name them.

    Raises AccountsError for a token without a name, UnknownError for an access control system of somebody else.
    """
    if not name.strip():
        raise AccountsError("a token needs a name that says what it is for, such as `gateway north`")
    if kind is TokenKind.GATEWAY:
        systems = tenants.list_pacs(conn, account)
        pacs_id = tenants.get_pacs(conn, account, pacs_id or (systems[0].pacs_id if systems else "")).pacs_id
    else:
        pacs_id = None
    secret = new_secret(kind)
    token = Token(
        account,
        new_id("tok"),
        name.strip(),
        kind.value,
        tuple(scope.value for scope in (*SCOPES_OF_KIND[kind], *also)),
        pacs_id,
        secret[:_SHOWN],
        by,
        now,
        expires_at=expires_at,
        token_hash=hash_of(secret),
    )
    rows.add_token(conn, token)
    _note(conn, token, "token.create", now, by, address, kind=kind.value)
    return NewToken(token, secret)


def rotate_token(
    conn: Connection,
    account: str,
    token_id: str,
    *,
    overlap: Micros,
    now: Micros,
    by: str,
    address: str | None = None,
) -> NewToken:
    """Give a token another secret; the former one is good for `overlap` microseconds more, the one before it ends.

    A token that ends gets as much time again as it had. Raises UnknownError, and AccountsError for a token that is not
    good any more or an overlap that is none.
    """
    token = rows.get_token(conn, account, token_id)
    if not is_good(token, now):
        raise AccountsError(f"{token.name} is not good any more: issue a new token instead")
    if not 0 <= overlap <= LONGEST_OVERLAP:
        raise AccountsError(f"both secrets work together for at most {LONGEST_OVERLAP // DAY} days")
    secret = new_secret(TokenKind(token.kind))
    life = None if token.expires_at is None else token.expires_at - (token.rotated_at or token.created_at)
    changed = replace(
        token,
        token_hash=hash_of(secret),
        prefix=secret[:_SHOWN],
        rotated_at=now,
        expires_at=None if life is None else now + life,
        former_hash=token.token_hash,
        former_until=now + overlap if token.expires_at is None else min(now + overlap, token.expires_at),
        former_used_at=None,
    )
    kept = rows.replace_secret(conn, changed)
    _note(conn, token, "token.rotate", now, by, address, former_until=kept.former_until)
    return NewToken(kept, secret)


def end_former(
    conn: Connection, account: str, token_id: str, *, now: Micros, by: str, address: str | None = None
) -> Token:
    """End the time in which a token's former secret is good, too; raises UnknownError."""
    token = rows.get_token(conn, account, token_id)
    if token.former_until is None or token.former_until <= now:
        return token
    kept = rows.replace_secret(conn, replace(token, former_until=now))
    _note(conn, token, "token.rotate.end", now, by, address)
    return kept


def revoke_token(
    conn: Connection, account: str, token_id: str, *, now: Micros, by: str, address: str | None = None
) -> Token:
    """Make a token worthless; raises UnknownError."""
    token = rows.revoke_token(conn, account, token_id, now)
    _note(conn, token, "token.revoke", now, by, address)
    return token


def problem_with(token: Token, key: str, now: Micros) -> Refusal | None:
    """Why a token is not good for who holds the secret with this hash; None when it is."""
    if token.revoked_at is not None:
        return Refusal.REVOKED
    if key != token.token_hash and (token.former_until is None or token.former_until <= now):
        return Refusal.REPLACED
    return None if is_good(token, now) else Refusal.EXPIRED


def is_good(token: Token, now: Micros) -> bool:
    """Whether a token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def hash_of(secret: str) -> str:
    """What is kept of a token or session: a plain hash is enough, since the secret is that many random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _note(
    conn: Connection, token: Token, action: str, now: Micros, by: str, address: str | None, **detail: object
) -> None:
    detail = {"token_id": token.token_id, **detail}
    audit.record(
        conn, token.account_id, at=now, actor=by, action=action, subject=token.name, detail=detail, address=address
    )
