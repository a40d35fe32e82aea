"""People, the accounts they belong to, their sessions, and failed sign-ins, as rows.

What passwords and cookies mean is told in `accounts`. A person is one row of the installation; what the person may do
is told by one membership an account. A `User` is a person as seen from one of these accounts.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import upsert
from doorwatch.store.people.factors import remove_factors
from doorwatch.store.people.identities import remove_identities
from doorwatch.store.saved_searches import forget_member
from doorwatch.store.schema.notifying import subscriptions
from doorwatch.store.schema.people import memberships, sessions, sign_in_failures, users
from doorwatch.store.schema.places import accounts


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in, as a member of one account; `cameras` are the only ones to see, None for all."""

    account_id: str
    user_id: str
    email: str
    name: str
    role: str
    disabled: bool = False
    created_at: Micros = 0
    password_hash: str | None = field(default=None, repr=False)
    cameras: tuple[str, ...] | None = None
    password_given_at: Micros | None = None
    """When the server made the password; None for one that the person has chosen."""
    used_at: Micros | None = None
    """When a session of the person last began to act in this account."""


@dataclass(frozen=True, slots=True)
class Membership:
    """That somebody belongs to an account."""

    account_id: str
    account_name: str
    role: str


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
    proved_at: Micros | None = None
    method: str | None = None
    id_token: str | None = field(default=None, repr=False)
    """As it is stored: sealed."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row sign-in failed for an address or an e-mail."""

    failures: int = 0
    last_at: Micros = 0
    blocked_until: Micros = 0


def add_user(
    conn: Connection,
    account: str,
    *,
    email: str,
    name: str,
    role: str,
    password_hash: str | None,
    now: Micros,
    cameras: tuple[str, ...] | None = None,
    password_given_at: Micros | None = None,
) -> User:
    """Add a person to the installation and to an account; raises ConflictError when somebody has the e-mail already."""
    if find_person(conn, email) is not None:
        raise ConflictError(f"there is a user with the e-mail {email} already")
    user_id = new_id("user")
    values = {"email": email, "name": name, "password_hash": password_hash, "created_at": now}
    values["password_given_at"] = password_given_at
    conn.execute(users.insert().values(user_id=user_id, **values))
    return add_member(conn, account, user_id, role=role, now=now, cameras=cameras)


def add_member(
    conn: Connection, account: str, user_id: str, *, role: str, now: Micros, cameras: tuple[str, ...] | None = None
) -> User:
    """Let a person who is known belong to an account; raises ConflictError for somebody who does already."""
    if conn.execute(_members().where(memberships.c.account_id == account, users.c.user_id == user_id)).first():
        raise ConflictError("this person belongs to the account already")
    kept = None if cameras is None else list(cameras)
    row = {"account_id": account, "user_id": user_id, "role": role, "cameras": kept, "added_at": now}
    conn.execute(memberships.insert().values(row))
    return get_user(conn, account, user_id)


def anybody(conn: Connection) -> bool:
    """Whether the installation has a user, of whatever account."""
    return conn.execute(select(users.c.user_id).limit(1)).first() is not None


def list_users(conn: Connection, account: str) -> list[User]:
    """The account's people by e-mail."""
    query = _members().where(memberships.c.account_id == account).order_by(users.c.email)
    return [_user(row) for row in conn.execute(query)]


def get_user(conn: Connection, account: str, user_id: str) -> User:
    """One person of the account; raises UnknownError."""
    row = conn.execute(_members().where(memberships.c.account_id == account, users.c.user_id == user_id)).first()
    if row is None:
        raise UnknownError("there is no such user")
    return _user(row)


def find_person(conn: Connection, email: str) -> str | None:
    """The id of whoever has this e-mail in the installation, in whatever account or in none."""
    found: str | None = conn.execute(select(users.c.user_id).where(users.c.email == email)).scalar()
    return found


def find_by_email(conn: Connection, email: str) -> User | None:
    """Who has this e-mail, in the account where that person acted last: sign-in begins with nothing else."""
    return _acted_last(conn, users.c.email == email)


def find_by_id(conn: Connection, user_id: str) -> User | None:
    """The person with this id, in the account where they acted last."""
    return _acted_last(conn, users.c.user_id == user_id)


def memberships_of(conn: Connection, user_id: str) -> list[Membership]:
    """The accounts that a person belongs to, by name."""
    query = (
        select(memberships.c.account_id, accounts.c.name, memberships.c.role)
        .join(accounts, accounts.c.account_id == memberships.c.account_id)
        .where(memberships.c.user_id == user_id)
        .order_by(accounts.c.name, memberships.c.account_id)
    )
    return [Membership(*row) for row in conn.execute(query)]


_OF_MEMBERSHIP = frozenset({"role", "cameras", "used_at"})


def update_user(conn: Connection, account: str, user_id: str, **values: Any) -> User:
    """Set columns of a person or of the membership in this account; raises UnknownError.

    Of the person: name, disabled, password_hash, password_given_at, last_seen_at; of the membership: role, cameras, used_at.
    """
    get_user(conn, account, user_id)
    here = {name: value for name, value in values.items() if name in _OF_MEMBERSHIP}
    everywhere = {name: value for name, value in values.items() if name not in _OF_MEMBERSHIP}
    if here:
        mine = update(memberships).where(memberships.c.account_id == account, memberships.c.user_id == user_id)
        conn.execute(mine.values(**here))
    if everywhere:
        conn.execute(update(users).where(users.c.user_id == user_id).values(**everywhere))
    return get_user(conn, account, user_id)


def remove_member(conn: Connection, account: str, user_id: str) -> None:
    """Let a person belong to an account no more, and forget one who belongs to none; sessions that act there end."""
    conn.execute(delete(sessions).where(sessions.c.account_id == account, sessions.c.user_id == user_id))
    forget_member(conn, account, user_id)
    conn.execute(delete(subscriptions).where(subscriptions.c.account_id == account, subscriptions.c.user_id == user_id))
    mine = delete(memberships).where(memberships.c.account_id == account, memberships.c.user_id == user_id)
    conn.execute(mine)
    if not memberships_of(conn, user_id):
        remove_factors(conn, user_id)
        remove_identities(conn, user_id)
        conn.execute(delete(users).where(users.c.user_id == user_id))


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


def move_session(conn: Connection, session_hash: str, account: str) -> None:
    """Let a session act in another account of its person from now on."""
    conn.execute(update(sessions).where(sessions.c.session_hash == session_hash).values(account_id=account))


def end_sessions_of(conn: Connection, user_id: str, *, but: str | None = None) -> int:
    """Forget a person's sessions, in whatever account they act, but for one; how many."""
    mine = delete(sessions).where(sessions.c.user_id == user_id)
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


def clear_failures_from(conn: Connection, start: str) -> None:
    """Forget failed sign-ins of all subjects that begin like this."""
    conn.execute(delete(sign_in_failures).where(sign_in_failures.c.subject.startswith(start, autoescape=True)))


def drop_failures_before(conn: Connection, before: Micros) -> int:
    """Forget failures older than that; how many subjects."""
    return conn.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at < before)).rowcount


def _acted_last(conn: Connection, whoever: ColumnElement[bool]) -> User | None:
    latest = (memberships.c.used_at.desc().nulls_last(), memberships.c.added_at, memberships.c.account_id)
    row = conn.execute(_members().where(whoever).order_by(*latest).limit(1)).first()
    return None if row is None else _user(row)


def _members() -> Select[Any]:
    role = [memberships.c[name] for name in ("account_id", "role", "cameras", "used_at")]
    return select(*role, *users.c).join(users, users.c.user_id == memberships.c.user_id)


def _user(row: Row[Any]) -> User:
    values = {name: getattr(row, name) for name in User.__dataclass_fields__}
    return User(**values | {"cameras": None if row.cameras is None else tuple(row.cameras)})
