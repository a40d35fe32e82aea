"""Sessions of browsers: how long they last, what proves a person afresh, and ending them."""

import secrets
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from doorwatch.accounts import methods
from doorwatch.accounts.tokens import hash_of
from doorwatch.domain.time import DAY, MINUTE, Micros
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.people import sessions as session_rows
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import SessionRow, User

TOUCH_EVERY = MINUTE
FRESH_FOR = 10 * MINUTE
"""For so long after a proof of who one is, what could do much harm is done without another."""


@dataclass(frozen=True, slots=True)
class Lives:
    """How long a session lasts at most, and how long without being used; microseconds."""

    longest: Micros = 14 * DAY
    idle: Micros = 3 * DAY


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody signs in: address, what the browser calls itself, its mark, and the session that it had."""

    address: str | None = None
    agent: str | None = None
    device: str | None = field(default=None, repr=False)
    replaces: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; `secret` and `device` go into cookies, the secret is kept nowhere."""

    user: User
    expires_at: Micros
    secret: str = field(repr=False)
    device: str | None = field(default=None, repr=False)
    session_id: str = ""
    method: str = methods.PASSWORD
    limited: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good, with its user as the user is now."""

    user: User
    expires_at: Micros
    session_id: str = ""
    proved_at: Micros = 0
    method: str = methods.PASSWORD
    limited: str | None = None
    """What has to be settled before anything else (see `limits`); None for nothing."""


def begin(
    conn: Connection,
    user: User,
    visit: Visit,
    lives: Lives,
    *,
    method: str,
    now: Micros,
    better_hash: str | None = None,
    proved_at: Micros | None = None,
) -> SignedIn:
    """Begin a session; the one that the browser had before ends.

    `proved_at` is when the person last proved who they are, now by default: a provider may go by an earlier proof.
    """
    if visit.replaces:
        rows.end_session(conn, hash_of(visit.replaces))
    secret = secrets.token_urlsafe(32)
    key = hash_of(secret)
    proved_at = now if proved_at is None else proved_at
    row = SessionRow(
        key, user.account_id, user.user_id, now, now + lives.longest, now, visit.address, visit.agent, proved_at, method
    )
    rows.add_session(conn, row)
    values = {"last_seen_at": now, "used_at": now} | ({"password_hash": better_hash} if better_hash else {})
    user = rows.update_user(conn, user.account_id, user.user_id, **values)
    note(conn, user, "session.begin", now, visit.address, method=method)
    return SignedIn(user, row.expires_at, secret, session_id=session_rows.public_id(key), method=method)


def find(conn: Connection, key: str, lives: Lives, now: Micros) -> tuple[SessionRow, User] | None:
    """A session that is good, by the hash of its secret, and its user; None when it is over or the user refused."""
    row = rows.find_session(conn, key)
    if row is None or row.expires_at <= now or now - row.used_at > lives.idle:
        return None
    user = rows.get_user(conn, row.account_id, row.user_id)
    return None if user.disabled else (row, user)


def renew(conn: Connection, key: str, user: User, *, method: str, now: Micros, address: str | None) -> SignedIn:
    """Give a session another secret after a fresh proof. Raises UnknownError when it is over."""
    row = rows.find_session(conn, key)
    if row is None:
        raise UnknownError("this session is over: sign in again")
    secret = secrets.token_urlsafe(32)
    session_rows.renew_session(conn, key, hash_of(secret), now, method)
    note(conn, user, "session.prove", now, address, method=method)
    key = hash_of(secret)
    return SignedIn(user, row.expires_at, secret, session_id=session_rows.public_id(key), method=method)


def enter(conn: Connection, key: str, account: str, address: str | None, now: Micros) -> User:
    """Let a session act in another account of its person; raises UnknownError for an account of others."""
    row = rows.find_session(conn, key)
    if row is None:
        raise UnknownError("this session is over: sign in again")
    user = rows.update_user(conn, account, row.user_id, used_at=now)
    if row.account_id != account:
        rows.move_session(conn, key, account)
        note(conn, user, "session.enter", now, address)
    return user


def listed(
    conn: Connection, user_id: str, lives: Lives, now: Micros, *, account: str | None = None
) -> list[SessionRow]:
    """A person's sessions that are good, the one used last first; with `account`, those that act in it."""
    found = session_rows.sessions_of(conn, user_id, account=account)
    return [row for row in found if row.expires_at > now and now - row.used_at <= lives.idle]


def end(
    conn: Connection,
    user: User,
    *,
    only: str | None = None,
    but: str | None = None,
    account: str | None = None,
    now: Micros,
    by: str,
    address: str | None,
) -> int:
    """End sessions of a person, by their public ids: one, or all but one; how many. Raises UnknownError.

    With `account`, only of those that act in it.
    """
    found = session_rows.sessions_of(conn, user.user_id, account=account)
    ids = {session_rows.public_id(row.session_hash): row.session_hash for row in found}
    chosen = [key for name, key in ids.items() if name == only or (only is None and name != but)]
    if only is not None and not chosen:
        raise UnknownError("there is no such session; it may have ended")
    if chosen:
        session_rows.end_sessions(conn, user.user_id, chosen)
        note(conn, user, "session.end", now, address, by=by, sessions=len(chosen))
    return len(chosen)


def note(
    conn: Connection,
    user: User,
    action: str,
    now: Micros,
    address: str | None,
    *,
    by: str | None = None,
    **detail: object,
) -> None:
    """Put into the trail what a person did, or what was done to them."""
    audit.record(
        conn,
        user.account_id,
        at=now,
        actor=by or user.email,
        action=action,
        subject=user.email,
        detail=detail,
        address=address,
    )


def note_refusal(conn: Connection, user: User, action: str, now: Micros, address: str | None) -> None:
    """Put into the trail of all accounts of a person that somebody tried in vain to be that person."""
    for membership in rows.memberships_of(conn, user.user_id):
        note(conn, replace(user, account_id=membership.account_id), action, now, address)
