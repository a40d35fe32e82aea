"""Reports that are mailed by themselves: how often, at which hour, to whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.schema.reporting import report_schedules as table

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
MOST = 50
"""So many schedules an account may have."""
_NONE = "there is no such schedule; perhaps it was deleted"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to be mailed; `site_id` is None for all sites."""

    name: str
    every: Every
    hour: int
    site_id: str | None
    recipients: Sequence[str]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A report that is mailed by itself; `told_until` is the due time up to which that was done."""

    schedule_id: str
    wanted: Wanted
    told_until: Micros
    created_at: Micros
    changed_at: Micros


def add(conn: Connection, account: str, wanted: Wanted, now: Micros) -> Schedule:
    """Make one; what was due before now is not mailed. Raises ConflictError when there are too many."""
    count = select(func.count()).select_from(table).where(table.c.account_id == account)
    if conn.execute(count).scalar_one() >= MOST:
        raise ConflictError(f"there are {MOST} schedules already: delete one first")
    made = new_id("schedule")
    times = {"told_until": now, "created_at": now, "changed_at": now}
    conn.execute(table.insert().values(account_id=account, schedule_id=made, **_values(wanted), **times))
    return get(conn, account, made)


def change(conn: Connection, account: str, schedule_id: str, wanted: Wanted, now: Micros) -> Schedule:
    """Save one anew; what was due before now is not mailed. Raises UnknownError."""
    values = {**_values(wanted), "told_until": now, "changed_at": now}
    if conn.execute(update(table).where(*_is(account, schedule_id)).values(**values)).rowcount != 1:
        raise UnknownError(_NONE)
    return get(conn, account, schedule_id)


def remove(conn: Connection, account: str, schedule_id: str) -> Schedule:
    """Delete one; what it was. Raises UnknownError."""
    found = get(conn, account, schedule_id)
    conn.execute(delete(table).where(*_is(account, schedule_id)))
    return found


def get(conn: Connection, account: str, schedule_id: str) -> Schedule:
    """One of them. Raises UnknownError."""
    row = conn.execute(select(table).where(*_is(account, schedule_id))).first()
    if row is None:
        raise UnknownError(_NONE)
    return _schedule(row)


def of_account(conn: Connection, account: str) -> list[Schedule]:
    """All of an account, by name."""
    found = [_schedule(row) for row in conn.execute(select(table).where(table.c.account_id == account))]
    return sorted(found, key=lambda one: (one.wanted.name.casefold(), one.schedule_id))


def told(conn: Connection, account: str, schedule_id: str, until: Micros) -> None:
    """Note that what was due up to then is written; a time that was noted already is never taken back."""
    later = (*_is(account, schedule_id), table.c.told_until < until)
    conn.execute(update(table).where(*later).values(told_until=until))


def _values(wanted: Wanted) -> dict[str, Any]:
    kept = ("name", "every", "hour", "site_id", "enabled")
    return {**{name: getattr(wanted, name) for name in kept}, "recipients": list(wanted.recipients)}


def _is(account: str, schedule_id: str) -> Iterator[ColumnElement[bool]]:
    yield table.c.account_id == account
    yield table.c.schedule_id == schedule_id


def _schedule(row: Row[Any]) -> Schedule:
    wanted = Wanted(row.name, row.every, row.hour, row.site_id, tuple(row.recipients), row.enabled)
    return Schedule(row.schedule_id, wanted, row.told_until, row.created_at, row.changed_at)
