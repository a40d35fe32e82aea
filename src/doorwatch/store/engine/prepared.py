"""Statements of the busiest way, straight through the driver: the toolkit's way costs more than their few rows do.

A post of one event needs half a dozen small statements, and what each costs is shared by no more than those events that
were committed with it. PostgreSQL, where a statement is a journey over the network, is asked as usual.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError


class Prepared:
    """A statement that is compiled once; `build` makes it for a dialect.

    Its parameters and answers are numbers and texts alone, because nothing converts them on the short way.
    """

    def __init__(self, build: Callable[[str], Any]) -> None:
        self._build = build
        self._made: dict[str, Any] = {}
        self._text = ""
        self._names: Sequence[str] = ()
        self._fixed: Mapping[str, Any] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run it; all rows of the answer."""
        if conn.dialect.name == "sqlite" and conn.in_transaction():
            if not self._text:
                compiled = self._build("sqlite").compile(dialect=sqlite.dialect())
                self._names, self._fixed, self._text = tuple(compiled.positiontup), compiled.params, str(compiled)
            given = {**self._fixed, **values}
            return fetched(conn, self._text, tuple([given[name] for name in self._names]))
        statement = self._made.get(conn.dialect.name)
        if statement is None:
            statement = self._made[conn.dialect.name] = self._build(conn.dialect.name)
        return conn.execute(statement, values).all()

    def number(self, conn: Connection, values: Mapping[str, Any]) -> int | None:
        """Run it; the one number of the answer, None when it is empty."""
        found = self.rows(conn, values)
        return found[0][0] if found else None


def run(conn: Connection, text: str, values: tuple[Any, ...]) -> Any:
    """Run a text in the driver's spelling in the transaction that has begun; the driver's cursor.

    Raises what the toolkit would raise. SQLite alone: the way of the other drivers is left to the toolkit.
    """
    driver: Any = conn.connection.driver_connection
    try:
        return driver.execute(text, values)
    except conn.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(text, None, error, conn.dialect.loaded_dbapi.Error, dialect=conn.dialect) from error


def fetched(conn: Connection, text: str, values: tuple[Any, ...]) -> Sequence[Any]:
    """All rows of the answer to a text; as `run`, whose errors may come only while rows are read."""
    driver: Any = conn.connection.driver_connection
    try:
        found: Sequence[Any] = driver.execute(text, values).fetchall()
    except conn.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(text, None, error, conn.dialect.loaded_dbapi.Error, dialect=conn.dialect) from error
    return found
