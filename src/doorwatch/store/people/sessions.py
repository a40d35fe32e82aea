"""Sessions of one person, as rows: which there are, ending them, giving one another secret."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.sealing import id_token_place, opened, sealed
from doorwatch.store.people.users import SessionRow
from doorwatch.store.schema.people import sessions

_SHOWN = 20


def public_id(session_hash: str) -> str:
    """What a session is called in lists: the beginning of its hash, from which nothing can be made."""
    return session_hash[:_SHOWN]


def sessions_of(conn: Connection, user_id: str, *, account: str | None = None) -> list[SessionRow]:
    """A person's sessions, in one account or in all, the one that was used last first."""
    query = select(sessions).where(sessions.c.user_id == user_id).order_by(sessions.c.used_at.desc())
    if account is not None:
        query = query.where(sessions.c.account_id == account)
    fields = SessionRow.__dataclass_fields__
    return [SessionRow(*(getattr(row, name) for name in fields)) for row in conn.execute(query)]


def renew_session(conn: Connection, session_hash: str, new_hash: str, proved_at: Micros, method: str) -> None:
    """Give a session another secret, because its person has just proved who they are."""
    mine = update(sessions).where(sessions.c.session_hash == session_hash)
    conn.execute(mine.values(session_hash=new_hash, proved_at=proved_at, method=method))


def keep_id_token(conn: Connection, session_hash: str, user_id: str, token: str) -> None:
    """Keep what a provider of single sign-on gave for a session, sealed."""
    mine = update(sessions).where(sessions.c.session_hash == session_hash)
    conn.execute(mine.values(id_token=sealed(conn, token, id_token_place(user_id))))


def id_token_of(conn: Connection, session_hash: str) -> str | None:
    """What the provider gave for a session. Raises StoreError when it can't be opened."""
    mine = select(sessions.c.user_id, sessions.c.id_token).where(sessions.c.session_hash == session_hash)
    row = conn.execute(mine).first()
    return None if row is None or row.id_token is None else opened(conn, row.id_token, id_token_place(row.user_id))


def end_sessions(conn: Connection, user_id: str, hashes: Sequence[str]) -> int:
    """Forget these sessions of a person; how many there were."""
    mine = delete(sessions).where(sessions.c.user_id == user_id, sessions.c.session_hash.in_(hashes))
    return conn.execute(mine).rowcount


def drop_idle_sessions(conn: Connection, used_before: Micros) -> int:
    """Forget sessions that were not used since; how many."""
    return conn.execute(delete(sessions).where(sessions.c.used_at < used_before)).rowcount
