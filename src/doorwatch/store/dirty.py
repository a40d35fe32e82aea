"""Dirty marks: which doors' verdicts must be looked at again, when, and who is at it.

A door has one row. Marks merge into it; a worker leases it, so that no two work on one door; a mark that comes while
it works is not lost, because finishing compares the generation it took with the one that stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store.engine.sql import Bulk, among, chunks, keys_for
from doorwatch.store.schema.happenings import dirty_doors

_FREE = 0

ITS_TIME = 0
"""The generation of a door that nothing came for since it was judged: it is due for time alone."""


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
    urgent: bool = False


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
        (account, door_id, changed_from, changed_to, due, now, 1, _FREE)
        for door_id, (changed_from, changed_to) in sorted(doors.items())  # one order, or replicas lock each other out
    ]
    _MARKS.run(conn, rows)


def _merge(statement: Any) -> Any:
    new, old = statement.excluded, dirty_doors.c
    return statement.on_conflict_do_update(
        index_elements=["account_id", "door_id"],
        set_={
            "changed_from": case((old.changed_from < new.changed_from, old.changed_from), else_=new.changed_from),
            "changed_to": case((old.changed_to > new.changed_to, old.changed_to), else_=new.changed_to),
            "due_at": case((old.due_at < new.due_at, old.due_at), else_=new.due_at),
            # A door that only waits for time to pass was marked for then.
            "marked_at": case((old.marked_at < new.marked_at, old.marked_at), else_=new.marked_at),
            "generation": old.generation + new.generation,
        },
    )


_MARKS = Bulk(
    dirty_doors,
    (
        "account_id",
        "door_id",
        "changed_from",
        "changed_to",
        "due_at",
        "marked_at",
        "generation",
        "leased_until",
    ),
    _merge,
)


def take(
    conn: Connection,
    now: Micros,
    *,
    worker: str,
    limit: int = 8,
    lease: Micros = MINUTE,
    first: ColumnElement[bool] | None = None,
) -> list[DirtyDoor]:
    """Take the doors that have been due for the longest, and lease them; of all accounts.

    Those for which `first` holds are urgent and come before all others.
    """
    due = and_(dirty_doors.c.due_at <= now, dirty_doors.c.leased_until <= now)
    urgent = case((literal(value=False) if first is None else first, 1), else_=0).label("urgent")
    query = select(dirty_doors, urgent).where(due).order_by(urgent.desc(), dirty_doors.c.due_at).limit(limit)
    rows = conn.execute(query.with_for_update(skip_locked=True)).all()
    if rows:
        until = {"_until": now + lease, "_by": worker}
        conn.execute(_LEASE, [{"_account": row.account_id, "_door": row.door_id, **until} for row in rows])
    return [
        DirtyDoor(
            row.account_id,
            row.door_id,
            row.changed_from,
            row.changed_to,
            row.marked_at,
            row.generation,
            worker,
            bool(row.urgent),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Finished:
    """A door whose verdict is stored in this transaction.

    `again_at` is when time alone may change the verdict; `again_from` the earliest input that is still open then.
    """

    door: DirtyDoor
    again_at: Micros | None = None
    again_from: Micros | None = None


def finish_all(conn: Connection, finished: Sequence[Finished]) -> list[bool]:
    """Give doors back, in the transaction that stores their verdicts; for each whether it was still held.

    When marks came in the meantime a door stays dirty at once, with everything that changed. The verdict of a door that
    somebody else has taken must not be stored, for the other may know more.
    """
    rows = _standing(conn, finished)
    held: list[bool] = []
    clean, again, marked = [], [], []
    for one in finished:
        door = one.door
        generation, worker = rows.get((door.account, door.door_id), (None, None))
        held.append(generation is not None and worker == door.worker)
        this = {"_account": door.account, "_door": door.door_id}
        if not held[-1]:
            continue
        if generation != door.generation:
            marked.append(this)
        elif one.again_at is None:
            clean.append(this)
        else:
            since = door.changed_from if one.again_from is None else one.again_from
            again.append({**this, "_again": one.again_at, "_since": since})
    for statement, values in ((_CLEAN, clean), (_AGAIN, again), (_RELEASE, marked)):
        if values:
            conn.execute(statement, values)
    return held


def _standing(conn: Connection, finished: Sequence[Finished]) -> dict[tuple[str, str], tuple[int, str | None]]:
    """Generation and worker of doors by account and id; nobody changes them until the transaction ends."""
    by_account: dict[str, list[str]] = {}
    for one in finished:
        by_account.setdefault(one.door.account, []).append(one.door.door_id)
    found = {}
    for account, door_ids in sorted(by_account.items()):
        wanted = {"account": account, "keys": keys_for(conn, sorted(door_ids))}
        for door_id, generation, worker in conn.execute(_standing_query(conn.dialect.name), wanted):
            found[account, door_id] = (generation, worker)
    return found


def finish(
    conn: Connection, door: DirtyDoor, *, again_at: Micros | None = None, again_from: Micros | None = None
) -> None:
    """Give one door back, as `finish_all`.

    Raises LeaseLostError when somebody else took the door: the transaction must then be undone.
    """
    if not finish_all(conn, [Finished(door, again_at, again_from)])[0]:
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
                # Who works on a door now may have read before the news came.
                or_(dirty_doors.c.due_at > now, dirty_doors.c.leased_until > now),
                dirty_doors.c.due_at <= now + within,
            )
            .values(
                due_at=case((dirty_doors.c.due_at < now, dirty_doors.c.due_at), else_=now),
                # Only who works on it must learn of it; for the others its time has come.
                generation=dirty_doors.c.generation + case((dirty_doors.c.leased_until > now, 1), else_=0),
            )
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


_THIS = and_(dirty_doors.c.account_id == bindparam("_account"), dirty_doors.c.door_id == bindparam("_door"))
_LEASE = update(dirty_doors).where(_THIS).values(leased_until=bindparam("_until"), leased_by=bindparam("_by"))
_CLEAN = delete(dirty_doors).where(_THIS)
_AGAIN = (
    update(dirty_doors)
    .where(_THIS)
    .values(
        due_at=bindparam("_again"),
        changed_from=bindparam("_since"),
        marked_at=bindparam("_again"),
        generation=ITS_TIME,
        leased_until=_FREE,
        leased_by=None,
    )
)
_RELEASE = update(dirty_doors).where(_THIS).values(leased_until=_FREE, leased_by=None)


@cache
def _standing_query(dialect: str) -> Select[Any]:
    return (
        select(dirty_doors.c.door_id, dirty_doors.c.generation, dirty_doors.c.leased_by)
        .where(dirty_doors.c.account_id == bindparam("account"), among(dialect, dirty_doors.c.door_id))
        .order_by(dirty_doors.c.door_id)
        .with_for_update()
    )
