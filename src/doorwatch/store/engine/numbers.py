"""Small numbers in place of long ids: moments are many, and each refers to its account and its origin by number.

A number is given out once and stays, so the writing connection, which has heard it, need not ask again.
"""

from sqlalchemy import Connection, Table, func, select

from doorwatch.store.engine import known
from doorwatch.store.engine.asking import Sql, ask

_HEARD = "doorwatch.numbers"
_NOBODY = 0

COUNT_BITS = 40
"""So many bits of a moment's number are its account's own count; those above them are the account's number."""


def next_free(conn: Connection, table: Table) -> int:
    """The number for a new row. Two replicas that take the same one are told apart by the unique constraint."""
    last: int | None = conn.execute(select(func.max(table.c.number))).scalar()
    return (last or 0) + 1


def of_account(conn: Connection, account: str) -> int:
    """The account's number; 0, which is nobody's, when there is no such account."""
    return _number(conn, ("account", account), Sql("SELECT number FROM accounts WHERE account_id = ?", (account,)))


def of_pacs(conn: Connection, account: str, pacs_id: str) -> int:
    """The number of an access control system; 0, which is none's, when the account has no such system."""
    asked = Sql("SELECT number FROM pacs WHERE account_id = ? AND pacs_id = ?", (account, pacs_id))
    return _number(conn, ("pacs", account, pacs_id), asked)


def first_moment(conn: Connection, account: str) -> int:
    """What is added to the account's own count to make the number of a moment."""
    return of_account(conn, account) << COUNT_BITS


def _number(conn: Connection, key: tuple[str, ...], asked: Sql) -> int:
    heard: dict[tuple[str, ...], int] = conn.info.setdefault(_HEARD, {}) if known.remembers(conn) else {}
    number = heard.get(key)
    if number is None:
        found = ask(conn, asked)
        if not found:
            return _NOBODY
        number = heard[key] = found[0][0]
    return number
