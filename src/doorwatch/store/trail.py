"""Deleting old entries of the audit trail: the one act that may, and it is an entry itself."""

from sqlalchemy import Connection, func, select

from doorwatch.domain.time import DAY, Micros, to_iso
from doorwatch.store.audit_trail import audit
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.schema.people import audit as rows
from doorwatch.store.scrubbing import audit_opened

SHORTEST = 90 * DAY
"""Younger entries are never deleted, whatever is set."""


def delete_before(conn: Connection, account: str, before: Micros, now: Micros) -> int:
    """Delete entries from before the day of a time; how many. Raises ValueError for entries younger than SHORTEST.

    Days are looked at as a whole, so that this happens at most once a day.
    """
    until = before - before % DAY
    if until > now - SHORTEST:
        raise ValueError("entries of the audit trail are kept for 90 days at least")
    old = (rows.c.account_id == account, rows.c.at < until)
    first, last = conn.execute(select(func.min(rows.c.number), func.max(rows.c.number)).where(*old)).one()
    if first is None:
        return 0
    with audit_opened(conn, account, Act.AUDIT_RETAIN, until):
        gone = conn.execute(rows.delete().where(*old)).rowcount
    detail = {"entries": gone, "first": first, "last": last, "before": to_iso(until)}
    audit.record(conn, account, at=now, actor="system", action=Act.AUDIT_RETAIN, subject="audit", detail=detail)
    return gone
