"""Silences: times in which people are not told of incidents, with who began them and why."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.schema.alerting import silences


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence; no `doors` or `kinds` means all of them."""

    silence_id: str
    reason: str
    doors: tuple[str, ...]
    kinds: tuple[str, ...]
    created_by: str
    created_at: Micros
    until: Micros
    ended_by: str | None = None
    ended_at: Micros | None = None

    def holds_at(self, now: Micros) -> bool:
        """Whether it still holds."""
        return self.ended_at is None and now < self.until

    def covers(self, door: str | None, kind: str | None) -> bool:
        """Whether it is about incidents of this kind at this door."""
        return (not self.doors or door in self.doors) and (not self.kinds or kind in self.kinds)


def begin(
    conn: Connection,
    account: str,
    *,
    reason: str,
    doors: tuple[str, ...],
    kinds: tuple[str, ...],
    by: str,
    now: Micros,
    until: Micros,
) -> Silence:
    """Begin a silence; raises ConflictError for an end that is past."""
    if until <= now:
        raise ConflictError("the end of the silence is in the past: choose a later one")
    silence = Silence(new_id("silence"), reason, doors, kinds, by, now, until)
    row = {name: getattr(silence, name) for name in Silence.__dataclass_fields__}
    row |= {"doors": list(doors), "kinds": list(kinds)}
    conn.execute(silences.insert().values(account_id=account, **row))
    return silence


def end(conn: Connection, account: str, silence_id: str, *, by: str, now: Micros) -> Silence:
    """End a silence before its time; one that has ended stays as it is. Raises UnknownError."""
    silence = get(conn, account, silence_id)
    if silence.holds_at(now):
        mine = (silences.c.account_id == account, silences.c.silence_id == silence_id)
        conn.execute(update(silences).where(*mine).values(ended_by=by, ended_at=now))
    return get(conn, account, silence_id)


def get(conn: Connection, account: str, silence_id: str) -> Silence:
    """One silence; raises UnknownError."""
    query = select(silences).where(silences.c.account_id == account, silences.c.silence_id == silence_id)
    row = conn.execute(query).first()
    if row is None:
        raise UnknownError("there is no such silence")
    return _silence(row)


def newest(conn: Connection, account: str, limit: int = 50) -> list[Silence]:
    """The account's silences, the newest first."""
    query = select(silences).where(silences.c.account_id == account)
    query = query.order_by(silences.c.created_at.desc(), silences.c.silence_id).limit(limit)
    return [_silence(row) for row in conn.execute(query)]


def holding(conn: Connection, account: str, now: Micros) -> list[Silence]:
    """Those that hold now."""
    query = select(silences).where(
        silences.c.account_id == account, silences.c.until > now, silences.c.ended_at.is_(None)
    )
    return [_silence(row) for row in conn.execute(query.order_by(silences.c.created_at))]


def _silence(row: Row[Any]) -> Silence:
    values = {name: getattr(row, name) for name in Silence.__dataclass_fields__}
    return Silence(**{**values, "doors": tuple(row.doors), "kinds": tuple(row.kinds)})
