"""Whole moments by the numbers of their rows, as every page of a search wants them.

With SQLite the question goes past the toolkit, which takes as long to build it and its rows as a page may take in all.
"""

from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from doorwatch.store.engine.asking import Sql, ask
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
    if conn.dialect.name != "sqlite":
        query = query_of(account)
        number = query.selected_columns["number"]
        return {row.number: from_row(row) for row in conn.execute(query.where(number.in_(wanted)))}
    asked = _asked(account)
    listed = ",".join(map(str, map(int, wanted)))
    rows = ask(conn, Sql(f"{asked.text} WHERE moments.number IN ({listed})", asked.values))
    return {row[_NUMBER]: from_row(_converted(row)) for row in rows}


@lru_cache(1024)
def _asked(account: str) -> Sql:
    compiled = query_of(account).compile(dialect=sqlite.dialect())
    return Sql(str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ()))


def _converted(row: Sequence[Any]) -> Any:
    """What the toolkit would make of it."""
    values = list(row)
    if values[_DOOR] is not None:
        values[_DOOR] = door_id_of(values[_DOOR])
    values[_PICTURE] = bool(values[_PICTURE])
    for place in _LISTS:
        values[place] = _listed(values[place])
    return _Row._make(values)


@lru_cache(16_384)
def _listed(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(msgspec.json.decode(text))
