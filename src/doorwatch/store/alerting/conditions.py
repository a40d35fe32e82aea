"""What is wrong at the moment: a row while it lasts, told once when it has lasted long enough and once when it is over."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.sql import insert
from doorwatch.store.schema.alerting import conditions


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong."""

    condition_id: str
    kind: str
    subject: str
    detail: str
    began_at: Micros
    told_at: Micros | None = None


def lasting(conn: Connection, account: str, kinds: Collection[str] | None = None) -> list[Condition]:
    """What is wrong, the oldest first; `kinds` narrows it."""
    query = select(conditions).where(conditions.c.account_id == account)
    if kinds is not None:
        query = query.where(conditions.c.kind.in_(kinds))
    return [_condition(row) for row in conn.execute(query.order_by(conditions.c.began_at, conditions.c.condition_id))]


def begin(conn: Connection, account: str, condition: Condition) -> None:
    """Note that something is wrong; what was noted already keeps its beginning, and is told as it is by now."""
    row = {name: getattr(condition, name) for name in Condition.__dataclass_fields__}
    added = insert(conn, conditions)
    newer = added.excluded.detail
    latest = added.on_conflict_do_update(
        index_elements=list(conditions.primary_key),
        set_={"detail": newer},
        where=conditions.c.detail != newer,
    )
    conn.execute(latest, {"account_id": account, **row})


def told(conn: Connection, account: str, condition_id: str, now: Micros) -> None:
    """Note that it was told."""
    conn.execute(update(conditions).where(*_is(account, condition_id)).values(told_at=now))


def over(conn: Connection, account: str, condition_id: str) -> Condition | None:
    """Note that it is over: what it was, None when nothing of it was known."""
    row = conn.execute(delete(conditions).where(*_is(account, condition_id)).returning(conditions)).first()
    return None if row is None else _condition(row)


def compare(conn: Connection, account: str, kinds: Collection[str], found: Mapping[str, Condition]) -> list[Condition]:
    """Note what was found of some kinds and what is over; those that are over."""
    gone = [one for one in lasting(conn, account, kinds) if one.condition_id not in found]
    for one in found.values():
        begin(conn, account, one)
    for one in gone:
        over(conn, account, one.condition_id)
    return gone


def _is(account: str, condition_id: str) -> tuple[Any, ...]:
    return (conditions.c.account_id == account, conditions.c.condition_id == condition_id)


def _condition(row: Row[Any]) -> Condition:
    return Condition(**{name: getattr(row, name) for name in Condition.__dataclass_fields__})
