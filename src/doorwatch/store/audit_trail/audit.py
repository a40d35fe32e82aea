"""The audit trail: who did what; rows are only ever added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, func, or_, select

from doorwatch.domain.time import Micros
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.sql import next_numbers
from doorwatch.store.schema.happenings import counters
from doorwatch.store.schema.people import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that somebody did; `actor` is a user's e-mail, a token's name, or `system`."""

    number: int
    at: Micros
    actor: str
    action: str
    subject: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None


def record(
    conn: Connection,
    account: str,
    *,
    at: Micros,
    actor: str,
    action: str,
    subject: str | None = None,
    detail: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> AuditEntry:
    """Add an entry, in the transaction of what it tells. Never put a secret in `detail`.

    Raises ValueError for an action that `Act` does not know.
    """
    Act(action)
    number = next_numbers(conn, account, "audit")[0]
    entry = AuditEntry(number, at, actor, action, subject, dict(detail or {}), address)
    row = {name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__}
    conn.execute(audit.insert().values(account_id=account, **row))
    return entry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is left out matches all. `text` is looked for in everything that is told."""

    who: str = ""
    text: str = ""
    acts: Sequence[str] = ()
    since: Micros | None = None
    until: Micros | None = None


def list_entries(
    conn: Connection,
    account: str,
    *,
    limit: int = 100,
    before: int | None = None,
    action: str | None = None,
    wanted: Wanted | None = None,
) -> list[AuditEntry]:
    """The account's entries, the newest first; `before` is the number of the last one of the page before."""
    query = select(audit).where(audit.c.account_id == account)
    if before is not None:
        query = query.where(audit.c.number < before)
    if action is not None:
        query = query.where(audit.c.action == action)
    if wanted is not None:
        query = _narrowed(query, wanted)
    rows = conn.execute(query.order_by(audit.c.number.desc()).limit(limit))
    return [AuditEntry(*(getattr(row, name) for name in AuditEntry.__dataclass_fields__)) for row in rows]


def since(conn: Connection, account: str, number: int, acts: Sequence[str], limit: int = 500) -> list[AuditEntry]:
    """Entries of some acts after a number, the oldest first."""
    query = select(audit).where(audit.c.account_id == account, audit.c.number > number, audit.c.action.in_(acts))
    rows = conn.execute(query.order_by(audit.c.number).limit(limit))
    return [AuditEntry(*(getattr(row, name) for name in AuditEntry.__dataclass_fields__)) for row in rows]


def was_removed(conn: Connection, account: str, email: str, since: Micros) -> bool:
    """Whether the person with this e-mail was removed from the account at that time or later."""
    query = select(audit.c.number).where(
        audit.c.account_id == account,
        audit.c.at >= since,
        audit.c.action == Act.USER_REMOVE,
        func.lower(audit.c.subject) == email.lower(),
    )
    return conn.execute(query.limit(1)).first() is not None


def last_number(conn: Connection, account: str) -> int:
    """The newest entry's number; 0 when there is none."""
    query = select(counters.c.value).where(counters.c.account_id == account, counters.c.name == "audit")
    return int(conn.execute(query).scalar() or 0)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.who:
        query = query.where(func.lower(audit.c.actor).contains(wanted.who.lower(), autoescape=True))
    if wanted.acts:
        query = query.where(audit.c.action.in_(wanted.acts))
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    if wanted.text:
        told = (audit.c.actor, audit.c.action, audit.c.subject, audit.c.address, cast(audit.c.detail, Text))
        text = wanted.text.lower()
        query = query.where(or_(*(func.lower(column).contains(text, autoescape=True) for column in told)))
    return query
