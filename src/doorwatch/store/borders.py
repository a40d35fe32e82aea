"""From when on doors that are never quiet are judged: one border for each of them, kept with the verdict that found it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, select

from doorwatch.domain.verdict import Border, Used
from doorwatch.store.engine.sql import chunks, upsert
from doorwatch.store.schema.happenings import borders


def of_doors(conn: Connection, account: str, door_ids: Iterable[str]) -> dict[str, Border]:
    """The borders of those doors that have one."""
    found: dict[str, Border] = {}
    for piece in chunks(sorted(door_ids)):
        for door_id, at, used in conn.execute(_BORDERS, {"account": account, "doors": piece}):
            found[door_id] = Border(at, tuple(Used(*one) for one in used))
    return found


def keep(conn: Connection, account: str, found: Mapping[str, Border | None]) -> None:
    """Keep the doors' borders instead of those they had; None is for a door that has none any more."""
    rows = [
        {"account_id": account, "door_id": door_id, "at": border.at, "used": [list(one) for one in border.used]}
        for door_id, border in sorted(found.items())
        if border is not None
    ]
    upsert(conn, borders, rows)
    for piece in chunks(sorted(door_id for door_id, border in found.items() if border is None)):
        conn.execute(delete(borders).where(borders.c.account_id == account, borders.c.door_id.in_(piece)))


_BORDERS = select(borders.c.door_id, borders.c.at, borders.c.used).where(
    borders.c.account_id == bindparam("account"), borders.c.door_id.in_(bindparam("doors", expanding=True))
)
