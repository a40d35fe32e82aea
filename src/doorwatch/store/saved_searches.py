"""Searches that people keep by name and colour, and what each person asked last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import upsert
from doorwatch.store.schema.people import users
from doorwatch.store.schema.searching import past_searches, saved_searches

Colour = Literal["blue", "teal", "green", "amber", "red", "pink", "violet", "grey"]
COLOURS: tuple[Colour, ...] = get_args(Colour)

MOST_OF_ONE = 200
"""So many searches one person, or the account itself, may keep."""
MOST_PAST = 50
"""So many of the searches that a person asked last are kept."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that is kept; `user_id` is None, and `owner` empty, when it belongs to the account alone."""

    saved_search_id: str
    name: str
    text: str
    colour: Colour
    shared: bool
    user_id: str | None
    owner: str
    created_at: Micros
    updated_at: Micros


def save(
    conn: Connection,
    account: str,
    *,
    user_id: str | None,
    name: str,
    text: str,
    colour: Colour,
    shared: bool,
    now: Micros,
) -> SavedSearch:
    """Keep a search; raises ConflictError when there are too many."""
    mine = saved_searches.c.user_id.is_(None) if user_id is None else saved_searches.c.user_id == user_id
    count = select(func.count()).select_from(saved_searches).where(saved_searches.c.account_id == account, mine)
    if conn.execute(count).scalar_one() >= MOST_OF_ONE:
        raise ConflictError(f"there are {MOST_OF_ONE} saved searches already: delete one first")
    made = new_id("search")
    conn.execute(
        saved_searches.insert().values(
            account_id=account,
            saved_search_id=made,
            user_id=user_id,
            name=name,
            text=text,
            colour=colour,
            shared=shared,
            created_at=now,
            updated_at=now,
        )
    )
    return get(conn, account, made)


def change(conn: Connection, account: str, saved_search_id: str, now: Micros, **values: Any) -> SavedSearch:
    """Set name, text, colour or shared; raises UnknownError."""
    conn.execute(update(saved_searches).where(*_is(account, saved_search_id)).values(**values, updated_at=now))
    return get(conn, account, saved_search_id)


def remove(conn: Connection, account: str, saved_search_id: str) -> None:
    """Forget a search; raises UnknownError."""
    if conn.execute(delete(saved_searches).where(*_is(account, saved_search_id))).rowcount != 1:
        raise UnknownError(_NONE)


def get(conn: Connection, account: str, saved_search_id: str) -> SavedSearch:
    """A saved search of the account, whoever's it is; raises UnknownError."""
    row = conn.execute(_rows().where(*_is(account, saved_search_id))).first()
    if row is None:
        raise UnknownError(_NONE)
    return _saved(row)


def seen_by(conn: Connection, account: str, user_id: str | None, *, shared: bool = True) -> list[SavedSearch]:
    """Those of a person and, with `shared`, those that all of the account see; by name."""
    which: list[ColumnElement[bool]] = []
    if user_id is not None:
        which.append(saved_searches.c.user_id == user_id)
    if shared:
        which.append(saved_searches.c.shared)
    if not which:
        return []
    query = _rows().where(saved_searches.c.account_id == account, or_(*which))
    found = [_saved(row) for row in conn.execute(query)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.saved_search_id))


def forget_member(conn: Connection, account: str, user_id: str) -> None:
    """Forget what a person kept alone, and let the account have what the person shared."""
    mine = and_(saved_searches.c.account_id == account, saved_searches.c.user_id == user_id)
    conn.execute(delete(saved_searches).where(mine, ~saved_searches.c.shared))
    conn.execute(update(saved_searches).where(mine).values(user_id=None))
    forget_past(conn, account, user_id)


def note_past(conn: Connection, account: str, user_id: str, text: str, now: Micros) -> None:
    """Remember that a person searched this, and forget what that person has not asked for longest."""
    row = {"account_id": account, "user_id": user_id, "text": text, "asked_at": now}
    upsert(conn, past_searches, [row])
    kept = past(conn, account, user_id)
    conn.execute(delete(past_searches).where(*_of(account, user_id), past_searches.c.text.not_in(kept)))


def past(conn: Connection, account: str, user_id: str) -> list[str]:
    """What a person searched, the newest first, MOST_PAST at most."""
    query = select(past_searches.c.text).where(*_of(account, user_id))
    query = query.order_by(past_searches.c.asked_at.desc(), past_searches.c.text).limit(MOST_PAST)
    return list(conn.execute(query).scalars())


def forget_past(conn: Connection, account: str, user_id: str, text: str | None = None) -> None:
    """Forget one of the searches that a person asked, or all of them."""
    gone = delete(past_searches).where(*_of(account, user_id))
    conn.execute(gone if text is None else gone.where(past_searches.c.text == text))


_NONE = "there is no such saved search; perhaps it was deleted"


def _rows() -> Any:
    return select(saved_searches, users.c.email).outerjoin(users, users.c.user_id == saved_searches.c.user_id)


def _is(account: str, saved_search_id: str) -> Iterator[ColumnElement[bool]]:
    yield saved_searches.c.account_id == account
    yield saved_searches.c.saved_search_id == saved_search_id


def _of(account: str, user_id: str) -> Iterator[ColumnElement[bool]]:
    yield past_searches.c.account_id == account
    yield past_searches.c.user_id == user_id


def _saved(row: Row[Any]) -> SavedSearch:
    kept = ("saved_search_id", "name", "text", "colour", "shared", "user_id", "created_at", "updated_at")
    return SavedSearch(owner=row.email or "", **{name: getattr(row, name) for name in kept})
