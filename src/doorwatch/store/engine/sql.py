"""The few places where SQLite and PostgreSQL are spoken to differently, and small helpers of all queries."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from doorwatch.store.engine.prepared import Prepared, run
from doorwatch.store.schema.happenings import counters

T = TypeVar("T")

CHUNK = 500
"""How many keys go into one statement."""


_ROWS_TOGETHER = (128, 32)
"""How many rows go into one statement, and the rest into another: each size is a text that is prepared once."""

_encode = msgspec.json.Encoder().encode


class Bulk:
    """An INSERT of many rows, straight through the driver, its texts made once.

    The toolkit prepares every row anew, which costs several times what the database needs for it. Many rows a statement
    also let other threads run meanwhile: the driver lets go of the interpreter once a statement, not once a row.
    `ending` adds what follows VALUES. Rows are tuples in the order of `columns`, which is that of the table; structures
    in them are given as `json_text`.
    """

    def __init__(self, table: Table, columns: Sequence[str], ending: Callable[[Any], Any]) -> None:
        if list(columns) != [column.name for column in table.columns if column.name in columns]:
            raise ValueError(
                f"the columns of {table.name} must be named in the table's order: rows are told by position"
            )
        self._table = table
        self._columns = tuple(columns)
        self._ending = ending
        self._texts: dict[tuple[str, int], str] = {}

    def run(self, conn: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert the rows; how many were inserted or changed."""
        return self.run_flat(conn, list(chain.from_iterable(rows)))

    def run_flat(self, conn: Connection, values: list[Any]) -> int:
        """As `run`, for rows whose values stand one behind the other."""
        done, start, width = 0, 0, len(self._columns)
        short = conn.dialect.name == "sqlite" and conn.in_transaction()
        while start < len(values):
            left = (len(values) - start) // width
            size = next((size for size in _ROWS_TOGETHER if size <= left), left)
            piece = tuple(values[start : start + size * width])
            text = self._text(conn.dialect.name, size)
            done += (run(conn, text, piece) if short else conn.exec_driver_sql(text, piece)).rowcount
            start += size * width
        return done

    def _text(self, dialect: str, size: int) -> str:
        found = self._texts.get((dialect, size))
        if found is None:
            one = self._ending(insert_for(dialect, self._table)).values(
                {name: bindparam(name) for name in self._columns}
            )
            text = str(one.compile(dialect=_positional(dialect)))
            if dialect == "sqlite":
                # Else SQLite copies each page aside that a statement of many rows touches, to be able to take this one
                # statement back. Whoever runs it takes all of the transaction back.
                text = text.replace("INSERT INTO", "INSERT OR FAIL INTO", 1)
            start = text.index("VALUES (") + len("VALUES ")
            end = text.index(")", start) + 1
            found = text[:start] + ", ".join([text[start:end]] * size) + text[end:]
            self._texts[dialect, size] = found
        return found


@cache
def _positional(dialect: str) -> Any:
    return PGDialect_psycopg(paramstyle="format") if dialect == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]


@lru_cache(4096)
def json_text(items: tuple[str, ...]) -> str:
    """A list of texts as `Bulk` and the databases take it; few different ones are stored over and over."""
    return _encode(items).decode()


def among(dialect: str, column: ColumnElement[Any], name: str = "keys") -> ColumnElement[bool]:
    """A condition that the column is one of many keys, for statements that are built once and kept.

    They are executed with `keys_for` under the name.
    """
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))


def among_these(conn: Connection, column: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[bool]:
    """The same with the keys in it, for statements that are built anew each time."""
    if conn.dialect.name == "postgresql":
        return column == any_(literal(list(keys), ARRAY(column.type)))
    return column.in_(select(func.json_each(keys_for(conn, keys)).table_valued("value").c.value))


def keys_for(conn: Connection, keys: Sequence[str] | Sequence[int]) -> Any:
    """Keys as a parameter for `among`."""
    return list(keys) if conn.dialect.name == "postgresql" else _encode(keys).decode()


class Stretch(NamedTuple):
    """Something's time from `start` to `end`; `number` tells the row of an answer for what it was asked."""

    number: int
    key: str
    start: int
    end: int


def asked_stretches(dialect: str) -> Any:
    """What `stretches_for` gives, as a table with the columns of `Stretch`: many windows are read with one query."""
    if dialect == "postgresql":
        lists = [
            bindparam("numbers", type_=ARRAY(BigInteger)),
            bindparam("keys", type_=ARRAY(Text)),
            bindparam("starts", type_=ARRAY(BigInteger)),
            bindparam("ends", type_=ARRAY(BigInteger)),
        ]
        names = [column(name, BigInteger if name != "key" else Text) for name in Stretch._fields]
        return func.unnest(*lists).table_valued(*names, name="asked").render_derived()
    each = func.json_each(bindparam("asked")).table_valued("value")
    parts = [func.json_extract(each.c.value, f"$[{index}]").label(name) for index, name in enumerate(Stretch._fields)]
    return select(*parts).subquery("asked")


def stretches_for(conn: Connection, asked: Sequence[Stretch]) -> dict[str, Any]:
    """Stretches as parameters for `asked_stretches`."""
    if conn.dialect.name == "postgresql":
        return {f"{name}s": [getattr(one, name) for one in asked] for name in Stretch._fields}
    return {"asked": _encode(asked).decode()}


def of_each(
    asked: Any, table: Table, these: ColumnElement[bool], wanted: Sequence[Any], beside: Any = None
) -> Select[Any]:
    """The rows of a table that each stretch asks for, with its number; empty ones where it finds none.

    An outer join, since SQLite then goes through what is asked and finds each by an index, and never the other way.
    `beside` is what is joined to `asked` before.
    """
    return select(asked.c.number, *wanted).select_from((asked if beside is None else beside).outerjoin(table, these))


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
    return replacing(insert_for(dialect, table), table, columns, keep=keep)


def replacing(statement: Any, table: Table, columns: Sequence[str], *, keep: Sequence[str] = ()) -> Any:
    """An INSERT whose rows replace those with the same key, but for the columns to `keep`."""
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
    last = _TAKE_NUMBERS.number(conn, values) or 0
    return range(last - count + 1, last + 1)


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


_TAKE_NUMBERS = Prepared(_take_numbers)


def counted(name: str) -> Prepared:
    """Asks where a counter of an account stands; it is given the `account`."""
    return Prepared(
        lambda _: select(counters.c.value).where(counters.c.account_id == bindparam("account"), counters.c.name == name)
    )
