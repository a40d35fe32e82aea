"""Answers as tables for spreadsheets: comma-separated, UTF-8 with the mark by which spreadsheets know it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import Response

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With what a spreadsheet begins to calculate, the wide forms of East Asian keyboards included."""


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to save under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The table itself."""
    return csv_head(head) + csv_rows(rows)


def csv_head(head: Sequence[str]) -> bytes:
    """The beginning of a table that is sent piece by piece: the mark, and what its columns are called."""
    return b"\xef\xbb\xbf" + csv_rows([head])


def csv_rows(rows: Iterable[Sequence[object]]) -> bytes:
    """Further rows of it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may calculate this, unless an apostrophe before it tells that it is text."""
    return text.lstrip(" ").startswith(_FORMULA)


def _cell(value: object) -> object:
    """Text that a spreadsheet would calculate is told to be text: names come from elsewhere."""
    if isinstance(value, str) and is_formula(value):
        return f"'{value}"
    if isinstance(value, float):
        return round(value, 4)
    return "" if value is None else value
