"""The few places where SQLite and PostgreSQL are spoken to differently, and small helpers of all queries."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from doorwatch.store.schema.happenings import counters

T = TypeVar("T")

CHUNK = 500
"""How many keys go into one statement."""


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT; typed as any since the two dialects share the words but no base class."""
    return insert_for(conn.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Any:
    """The same, for statements that are built once and kept."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def upsert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: Sequence[str] = ()) -> None:
    """Insert rows; those whose key exists take the new values, but for the columns to `keep`."""
    if rows:
        conn.execute(_upsert(conn.dialect.name, table, tuple(rows[0]), tuple(keep)), rows)


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...], keep: tuple[str, ...]) -> Any:
    """Built once per shape: to build and recognise a statement costs more than a small insert."""
    statement = insert_for(dialect, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in columns if name not in keys and name not in keep}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Pieces of a long list, small enough for one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def next_numbers(conn: Connection, account: str, name: str, count: int = 1) -> range:
    """Take the next `count` numbers of a counter.

    The counter's row stays locked until the transaction ends, so numbers appear in the order of commits: who has
    read up to a number never misses a smaller one that comes later.
    """
    values = {"account_id": account, "name": name, "value": count, "count": count}
    last: int = conn.execute(_take_numbers(conn.dialect.name), values).scalar_one()
    return range(last - count + 1, last + 1)


@cache
def _take_numbers(dialect: str) -> Any:
    return (
        insert_for(dialect, counters)
        .values({name: bindparam(name) for name in ("account_id", "name", "value")})
        .on_conflict_do_update(
            index_elements=["account_id", "name"],
            set_={"value": counters.c.value + bindparam("count", type_=BigInteger)},
        )
        .returning(counters.c.value)
    )
