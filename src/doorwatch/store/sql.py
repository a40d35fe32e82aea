"""The few places where SQLite and PostgreSQL are spoken to differently, and small helpers of all queries."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from doorwatch.store.schema.happenings import counters

T = TypeVar("T")

CHUNK = 500
"""How many keys go into one statement."""


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT; typed as any since the two dialects share the words but no base class."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: Sequence[str] = ()) -> None:
    """Insert rows; those whose key exists take the new values, but for the columns to `keep`."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(conn, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Pieces of a long list, small enough for one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def next_numbers(conn: Connection, account: str, name: str, count: int = 1) -> range:
    """Take the next `count` numbers of a counter.

    The counter's row stays locked until the transaction ends, so numbers appear in the order of commits: who has
    read up to a number never misses a smaller one that comes later.
    """
    statement = insert(conn, counters).values(account_id=account, name=name, value=count)
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "name"], set_={"value": counters.c.value + count}
    ).returning(counters.c.value)
    last: int = conn.execute(statement).scalar_one()
    return range(last - count + 1, last + 1)
