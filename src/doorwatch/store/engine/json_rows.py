"""Thousands of rows as one text of JSON that the database puts together itself.

A row that is fetched costs this process several times what the database needs for it, and holds up every other thread
meanwhile; a text comes in one piece. It is handed on as it is, or read into types at once.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Boolean, ColumnElement, Connection, Select, Text, case, cast, func, select
from sqlalchemy.types import JSON

T = TypeVar("T")


def json_rows(conn: Connection, query: Select[Any], order: Iterable[str]) -> bytes:
    """The rows of a query as a JSON list of objects, named as its columns are, in the order of some of these."""
    rows = query.subquery().c
    ordered = [rows[name] for name in order]
    listed: ColumnElement[Any]
    if conn.dialect.name == "postgresql":
        named = chain.from_iterable((cast(name, Text), value) for name, value in rows.items())
        listed = cast(func.json_agg(func.json_build_object(*named)).aggregate_order_by(*ordered), Text)
    else:
        told_as = chain.from_iterable((name, _sqlite_value(value)) for name, value in rows.items())
        listed = func.json_group_array(func.json_object(*told_as)).aggregate_order_by(*ordered)
    told: str | None = conn.execute(select(listed)).scalar()
    return (told or "[]").encode()


def rows_as(conn: Connection, query: Select[Any], order: Iterable[str], kind: type[T]) -> list[T]:
    """The same as structures of one kind, whose fields are the query's columns."""
    return msgspec.json.decode(json_rows(conn, query, order), type=list[kind])  # type: ignore[valid-type]


def _sqlite_value(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """SQLite knows neither booleans nor a type of JSON: a value of either would be told as a number or a text."""
    if isinstance(value.type, Boolean):
        return func.json(case((value.is_(None), "null"), (value, "true"), else_="false"))
    return func.json(value) if isinstance(value.type, JSON) else value
