"""Users, their sessions, and failed sign-ins, as rows; what passwords and cookies mean is told in `accounts`."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.errors import ConflictError, UnknownError
from doorwatch.store.identity import new_id
from doorwatch.store.schema.people import sessions, sign_in_failures, users
from doorwatch.store.sql import upsert


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in."""

    account_id: str
    user_id: str
    email: str
    name: str
    role: str
    disabled: bool = False
    created_at: Micros = 0
    last_seen_at: Micros | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser, by the hash of its secret."""

    session_hash: str = field(repr=False)
    account_id: str
    user_id: str
    created_at: Micros
    expires_at: Micros
    used_at: Micros
    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row sign-in failed for an address or an e-mail."""

    failures: int = 0
    last_at: Micros = 0
    blocked_until: Micros = 0


def add_user(
    conn: Connection, account: str, *, email: str, name: str, role: str, password_hash: str | None, now: Micros
) -> User:
    """Add a user; raises ConflictError when somebody has the e-mail already."""
    if find_by_email(conn, email) is not None:
        raise ConflictError(f"there is a user with the e-mail {email} already")
    user = User(account, new_id("user"), email, name, role, created_at=now, password_hash=password_hash)
    row = {name: getattr(user, name) for name in User.__dataclass_fields__}
    conn.execute(users.insert().values(**row))
    return user


def anybody(conn: Connection) -> bool:
    """Whether the installation has a user, of whatever account."""
    return conn.execute(select(users.c.user_id).limit(1)).first() is not None


def list_users(conn: Connection, account: str) -> list[User]:
    """The account's users by e-mail."""
    query = select(users).where(users.c.account_id == account).order_by(users.c.email)
    return [_user(row) for row in conn.execute(query)]


def get_user(conn: Connection, account: str, user_id: str) -> User:
    """One user; raises UnknownError."""
    row = conn.execute(select(users).where(users.c.account_id == account, users.c.user_id == user_id)).first()
    if row is None:
        raise UnknownError("there is no such user")
    return _user(row)


def find_by_email(conn: Connection, email: str) -> User | None:
    """The user with this e-mail, of whatever account: sign-in begins with nothing else."""
    row = conn.execute(select(users).where(users.c.email == email)).first()
    return None if row is None else _user(row)


def update_user(conn: Connection, account: str, user_id: str, **values: Any) -> User:
    """Set columns (name, role, disabled, password_hash, last_seen_at) of a user; raises UnknownError."""
    conn.execute(update(users).where(users.c.account_id == account, users.c.user_id == user_id).values(**values))
    return get_user(conn, account, user_id)


def add_session(conn: Connection, session: SessionRow) -> None:
    """Keep a new session."""
    row = {name: getattr(session, name) for name in SessionRow.__dataclass_fields__}
    conn.execute(sessions.insert().values(**row))


def find_session(conn: Connection, session_hash: str) -> SessionRow | None:
    """A session by the hash of its secret."""
    row = conn.execute(select(sessions).where(sessions.c.session_hash == session_hash)).first()
    return None if row is None else SessionRow(*(getattr(row, name) for name in SessionRow.__dataclass_fields__))


def touch_session(conn: Connection, session_hash: str, now: Micros) -> None:
    """Note that a session was used."""
    conn.execute(update(sessions).where(sessions.c.session_hash == session_hash).values(used_at=now))


def end_session(conn: Connection, session_hash: str) -> None:
    """Forget a session."""
    conn.execute(delete(sessions).where(sessions.c.session_hash == session_hash))


def end_sessions_of(conn: Connection, account: str, user_id: str, *, but: str | None = None) -> int:
    """Forget a user's sessions, but for one; how many."""
    mine = delete(sessions).where(sessions.c.account_id == account, sessions.c.user_id == user_id)
    return conn.execute(mine if but is None else mine.where(sessions.c.session_hash != but)).rowcount


def drop_expired_sessions(conn: Connection, now: Micros) -> int:
    """Forget sessions that are over; how many."""
    return conn.execute(delete(sessions).where(sessions.c.expires_at <= now)).rowcount


def get_failures(conn: Connection, subject: str) -> Failures:
    """Failed sign-ins of a subject."""
    row = conn.execute(select(sign_in_failures).where(sign_in_failures.c.subject == subject)).first()
    return Failures() if row is None else Failures(row.failures, row.last_at, row.blocked_until)


def set_failures(conn: Connection, subject: str, failures: Failures) -> None:
    """Keep failed sign-ins of a subject."""
    row = {"failures": failures.failures, "last_at": failures.last_at, "blocked_until": failures.blocked_until}
    upsert(conn, sign_in_failures, [{"subject": subject, **row}])


def clear_failures(conn: Connection, subject: str) -> None:
    """Forget failed sign-ins of a subject."""
    conn.execute(delete(sign_in_failures).where(sign_in_failures.c.subject == subject))


def drop_failures_before(conn: Connection, before: Micros) -> int:
    """Forget failures older than that; how many subjects."""
    return conn.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at < before)).rowcount


def _user(row: Row[Any]) -> User:
    return User(*(getattr(row, name) for name in User.__dataclass_fields__))
