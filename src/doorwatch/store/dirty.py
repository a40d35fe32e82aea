"""Dirty marks: which doors' verdicts must be looked at again, when, and who is at it.

A door has one row. Marks merge into it; a worker leases it, so that no two work on one door; a mark that comes while
it works is not lost, because finishing compares the generation it took with the one that stands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, select, update

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store.schema.happenings import dirty_doors
from doorwatch.store.sql import chunks, insert_for

_FREE = 0


@dataclass(frozen=True, slots=True)
class DirtyDoor:
    """A door taken for work; `changed_from` to `changed_to` are the times of the inputs that changed."""

    account: str
    door_id: str
    changed_from: Micros
    changed_to: Micros
    marked_at: Micros
    generation: int
    worker: str = ""


class LeaseLostError(DoorwatchError):
    """The lease ran out during the work and somebody else has the door: what was worked out must not be stored."""

    def __init__(self, door_id: str) -> None:
        super().__init__(f"the work on door {door_id} took longer than its lease: another worker goes on with it")


def mark(
    conn: Connection,
    account: str,
    doors: Mapping[str, tuple[Micros, Micros]],
    now: Micros,
    *,
    due_at: Micros | None = None,
) -> None:
    """Say that inputs of doors changed, from the first to the second time; due at once unless `due_at` says later."""
    due = now if due_at is None else due_at
    rows = [
        {
            "account_id": account,
            "door_id": door_id,
            "changed_from": changed_from,
            "changed_to": changed_to,
            "due_at": due,
            "marked_at": now,
            "generation": 1,
            "leased_until": _FREE,
        }
        for door_id, (changed_from, changed_to) in sorted(doors.items())  # one order, or replicas lock each other out
    ]
    if rows:
        conn.execute(_merge(conn.dialect.name), rows)


@cache
def _merge(dialect: str) -> Any:
    statement = insert_for(dialect, dirty_doors)
    new, old = statement.excluded, dirty_doors.c
    return statement.on_conflict_do_update(
        index_elements=["account_id", "door_id"],
        set_={
            "changed_from": case((old.changed_from < new.changed_from, old.changed_from), else_=new.changed_from),
            "changed_to": case((old.changed_to > new.changed_to, old.changed_to), else_=new.changed_to),
            "due_at": case((old.due_at < new.due_at, old.due_at), else_=new.due_at),
            "generation": old.generation + 1,
        },
    )


def take(conn: Connection, now: Micros, *, worker: str, limit: int = 8, lease: Micros = MINUTE) -> list[DirtyDoor]:
    """Take the doors that have been due for the longest, and lease them; of all accounts."""
    due = and_(dirty_doors.c.due_at <= now, dirty_doors.c.leased_until <= now)
    query = select(dirty_doors).where(due).order_by(dirty_doors.c.due_at).limit(limit)
    rows = conn.execute(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        conn.execute(
            update(dirty_doors)
            .where(*_is(row.account_id, row.door_id))
            .values(leased_until=now + lease, leased_by=worker)
        )
    return [
        DirtyDoor(row.account_id, row.door_id, row.changed_from, row.changed_to, row.marked_at, row.generation, worker)
        for row in rows
    ]


def finish(
    conn: Connection, door: DirtyDoor, *, again_at: Micros | None = None, again_from: Micros | None = None
) -> None:
    """Give a door back, in the transaction that stores its verdict.

    `again_at` is when time alone may change the verdict; `again_from` the earliest input that is still open then.
    When marks came in the meantime the door stays dirty at once, with everything that changed. Raises LeaseLostError
    when somebody else took the door: the transaction must then be undone, for the other may know more.
    """
    same = and_(_held(door), dirty_doors.c.generation == door.generation)
    if again_at is None:
        done = conn.execute(delete(dirty_doors).where(same)).rowcount
    else:
        values = {"due_at": again_at, "changed_from": door.changed_from if again_from is None else again_from}
        free = {"leased_until": _FREE, "leased_by": None, "marked_at": again_at}
        done = conn.execute(update(dirty_doors).where(same).values(**values, **free)).rowcount
    if not done and not release(conn, door):
        raise LeaseLostError(door.door_id)


def release(conn: Connection, door: DirtyDoor, *, due_at: Micros | None = None) -> bool:
    """Give a door back undone, because the work failed or more changed; due again at `due_at`, if given.

    False when it is not held any more; then nothing happens.
    """
    values: dict[str, object] = {"leased_until": _FREE, "leased_by": None}
    if due_at is not None:
        values["due_at"] = due_at
    return bool(conn.execute(update(dirty_doors).where(_held(door)).values(**values)).rowcount)


def bring_forward(
    conn: Connection, account: str, door_ids: Iterable[str], now: Micros, *, within: Micros = MINUTE
) -> None:
    """Look again now at doors that are due within a minute anyway: what they wait for may have come."""
    for piece in chunks(sorted(set(door_ids))):
        conn.execute(
            update(dirty_doors)
            .where(
                dirty_doors.c.account_id == account,
                dirty_doors.c.door_id.in_(piece),
                dirty_doors.c.due_at > now,
                dirty_doors.c.due_at <= now + within,
            )
            .values(due_at=now, generation=dirty_doors.c.generation + 1)
        )


def next_due(conn: Connection) -> Micros | None:
    """When the next door is due; None when none is. Leased doors count from the end of their lease."""
    when = case(
        (dirty_doors.c.leased_until > dirty_doors.c.due_at, dirty_doors.c.leased_until), else_=dirty_doors.c.due_at
    )
    found: Micros | None = conn.execute(select(func.min(when))).scalar()
    return found


def count(conn: Connection) -> int:
    """How many doors are dirty."""
    found: int = conn.execute(select(func.count()).select_from(dirty_doors)).scalar_one()
    return found


def _held(door: DirtyDoor) -> ColumnElement[bool]:
    return and_(*_is(door.account, door.door_id), dirty_doors.c.leased_by == door.worker)


def _is(account: str, door_id: str) -> tuple[ColumnElement[bool], ...]:
    return (dirty_doors.c.account_id == account, dirty_doors.c.door_id == door_id)
