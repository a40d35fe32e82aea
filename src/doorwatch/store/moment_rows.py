"""Whole moments by the numbers of their rows, as every page of a search wants them.

The question goes past the toolkit, which takes as long to build it and its rows as a page may take in all.
"""

from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from doorwatch.store.engine.asking import Sql, ask, joined
from doorwatch.store.engine.identity import door_id_of
from doorwatch.store.moment_reading import from_row, query_of
from doorwatch.store.moments import Moment

_COLUMNS = [column.name for column in query_of("").selected_columns]
_Row = namedtuple("_Row", _COLUMNS)  # type: ignore[misc]  # noqa: PYI024  (its columns are those of the query)
_NUMBER, _DOOR, _PICTURE = map(_COLUMNS.index, ("number", "door_id", "picture"))
_LISTS = [_COLUMNS.index(name) for name in ("labels", "camera_ids")]


def by_numbers(conn: Connection, account: str, wanted: Sequence[int]) -> dict[int, Moment]:
    """Moments of an account by the numbers of their rows; unknown ones are left out."""
    if not wanted:
        return {}
    asked = _asked(account, conn.dialect.name)
    if conn.dialect.name == "sqlite":
        listed = Sql(f" IN ({','.join(map(str, map(int, wanted)))})")
    else:
        listed = Sql(" = ANY(?)", (list(wanted),))  # one text for any number of them, which is planned once
    rows = ask(conn, joined([asked, " WHERE moments.number", listed], ""))
    return {row[_NUMBER]: from_row(_converted(row)) for row in rows}


@lru_cache(1024)
def _asked(account: str, dialect: str) -> Sql:
    kind = sqlite.dialect() if dialect == "sqlite" else PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    compiled = query_of(account).compile(dialect=kind)
    text = str(compiled) if dialect == "sqlite" else str(compiled).replace("%s", "?").replace("%%", "%")
    return Sql(text, tuple(compiled.params[name] for name in compiled.positiontup or ()))


def _converted(row: Sequence[Any]) -> Any:
    """What the toolkit would make of it."""
    values = list(row)
    if values[_DOOR] is not None:
        values[_DOOR] = door_id_of(values[_DOOR])
    values[_PICTURE] = bool(values[_PICTURE])
    for place in _LISTS:
        values[place] = _listed(values[place])
    return _Row._make(values)


def _listed(found: str | list[str] | None) -> tuple[str, ...]:
    """PostgreSQL's driver has read it already."""
    if found is None:
        return ()
    return _read(found) if isinstance(found, str) else tuple(found)


@lru_cache(16_384)
def _read(text: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text))
