"""Questions as text: pieces of SQL with the values that go into them, put together many times a second.

The toolkit builds a tree of objects of a question, makes a key of the tree and looks for its text under the key: ten times
what both databases need to answer it. Here the text is the piece. Values never stand in it, but as question marks;
numbers alone may, where there are many of them.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from doorwatch.store.engine.prepared import fetched

_MARKED = 32
"""Up to so many numbers are values, so that the text stays the same; more of them stand in the text."""
_INDEXED = re.compile(r" INDEXED BY \w+")


class Sql(NamedTuple):
    """A piece of SQL, alike on both databases: a question mark in it for each of its values.

    `INDEXED BY` an index may stand behind a table: SQLite, which has no statistics here, has to take it.
    """

    text: str
    values: tuple[Any, ...] = ()


TRUE = Sql("1 = 1")
FALSE = Sql("1 = 0")


def all_of(parts: Iterable[Sql]) -> Sql:
    """Whether all of the conditions hold."""
    some = [part for part in parts if part is not TRUE]
    if any(part is FALSE for part in some):
        return FALSE
    return _joined(" AND ", some) if some else TRUE


def any_of(parts: Iterable[Sql]) -> Sql:
    """Whether one of the conditions holds."""
    some = [part for part in parts if part is not FALSE]
    if any(part is TRUE for part in some):
        return TRUE
    return _joined(" OR ", some) if some else FALSE


def one_of(expression: str, numbers: Sequence[int]) -> Sql:
    """Whether an expression is one of the numbers."""
    if not numbers:
        return FALSE
    if len(numbers) == 1:
        return Sql(f"{expression} = ?", (numbers[0],))
    if len(numbers) > _MARKED:
        return Sql(f"{expression} IN ({','.join(map(str, map(int, numbers)))})")
    return Sql(f"{expression} IN ({','.join('?' * len(numbers))})", tuple(numbers))


def joined(parts: Iterable[Sql | str], between: str = " ") -> Sql:
    """Pieces one behind the other."""
    pieces = [Sql(part) if isinstance(part, str) else part for part in parts]
    return Sql(between.join(piece.text for piece in pieces), tuple(v for piece in pieces for v in piece.values))


def ask(conn: Connection, asked: Sql) -> Sequence[Any]:
    """All rows of the answer, each in the order of its columns; nothing is made of what the driver gives."""
    if not conn.in_transaction():
        conn.begin()
    text = asked.text if conn.dialect.name == "sqlite" else _for_postgres(asked.text)
    return fetched(conn, text, asked.values)


@lru_cache(1024)
def _for_postgres(text: str) -> str:
    return _INDEXED.sub("", text).replace("%", "%%").replace("?", "%s")


def written(conn: Connection, condition: ColumnElement[bool]) -> Sql:
    """The toolkit's condition as a piece."""
    dialect: Any = sqlite.dialect()
    if conn.dialect.name != "sqlite":
        dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    compiled = condition.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    text = str(compiled)
    if conn.dialect.name != "sqlite":
        text = text.replace("%s", "?").replace("%%", "%")
    return Sql(f"({text})", tuple(compiled.params[name] for name in compiled.positiontup or ()))


def _joined(between: str, some: Sequence[Sql]) -> Sql:
    if len(some) == 1:
        return some[0]
    whole = joined(some, between)
    return Sql(f"({whole.text})", whole.values)
