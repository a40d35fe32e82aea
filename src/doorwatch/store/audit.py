"""The audit trail: who did what; rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from doorwatch.domain.time import Micros
from doorwatch.store.schema.people import audit
from doorwatch.store.sql import next_numbers


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
    """Add an entry, in the transaction of what it tells. Never put a secret in `detail`."""
    number = next_numbers(conn, account, "audit")[0]
    entry = AuditEntry(number, at, actor, action, subject, dict(detail or {}), address)
    row = {name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__}
    conn.execute(audit.insert().values(account_id=account, **row))
    return entry


def list_entries(
    conn: Connection, account: str, *, limit: int = 100, before: int | None = None, action: str | None = None
) -> list[AuditEntry]:
    """The account's entries, the newest first; `before` is the number of the last one of the page before."""
    query = select(audit).where(audit.c.account_id == account)
    if before is not None:
        query = query.where(audit.c.number < before)
    if action is not None:
        query = query.where(audit.c.action == action)
    rows = conn.execute(query.order_by(audit.c.number.desc()).limit(limit))
    return [AuditEntry(*(getattr(row, name) for name in AuditEntry.__dataclass_fields__)) for row in rows]
