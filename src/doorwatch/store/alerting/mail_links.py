"""Links in mails, and those that people make: each shows one incident to somebody without signing in, ends, can be ended."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.schema.alerting import mail_links


@dataclass(frozen=True, slots=True)
class MailLink:
    """One link; its address carries the id under a signature and is kept nowhere."""

    link_id: str
    incident_id: str
    recipient: str
    created_at: Micros
    until: Micros
    opened: int = 0
    opened_at: Micros | None = None
    revoked_by: str | None = None
    revoked_at: Micros | None = None
    made_by: str | None = None
    password_hash: str | None = field(default=None, repr=False)

    def works_at(self, now: Micros) -> bool:
        """Whether it shows anything."""
        return self.revoked_at is None and now < self.until


def for_recipient(
    conn: Connection, account: str, incident_id: str, recipient: str, now: Micros, until: Micros
) -> MailLink | None:
    """The recipient's link to an incident: the one there is, as long as it works, or a new one.

    None when somebody ended it: the next mail must not bring another to the same address.
    """
    wanted = {"account": account, "incident": incident_id, "to": recipient, "now": now}
    row = conn.execute(_NEWEST, wanted).first()
    if row is not None:
        link = _link(row)
        return link if link.works_at(now) else None
    return _add(conn, account, MailLink(new_id("link"), incident_id, recipient, now, until))


_INSERT = mail_links.insert()
_NEWEST = (
    select(mail_links)
    .where(
        mail_links.c.account_id == bindparam("account"),
        mail_links.c.incident_id == bindparam("incident"),
        mail_links.c.recipient == bindparam("to"),
        mail_links.c.made_by.is_(None),
        or_(mail_links.c.until > bindparam("now"), mail_links.c.revoked_at.is_not(None)),
    )
    .order_by(mail_links.c.revoked_at.is_(None), mail_links.c.until.desc())
    .limit(1)
)


def make(
    conn: Connection,
    account: str,
    incident_id: str,
    *,
    recipient: str,
    by: str,
    now: Micros,
    until: Micros,
    password_hash: str | None = None,
) -> MailLink:
    """A link that somebody makes for `recipient`, who is named in any words."""
    link = MailLink(new_id("link"), incident_id, recipient, now, until, made_by=by, password_hash=password_hash)
    return _add(conn, account, link)


def get(conn: Connection, account: str, link_id: str) -> MailLink:
    """One link; raises UnknownError."""
    row = conn.execute(select(mail_links).where(*_is(account, link_id))).first()
    if row is None:
        raise UnknownError("there is no such link")
    return _link(row)


def of_incident(conn: Connection, account: str, incident_id: str) -> list[MailLink]:
    """The links to an incident, the oldest first."""
    query = select(mail_links).where(mail_links.c.account_id == account, mail_links.c.incident_id == incident_id)
    return [_link(row) for row in conn.execute(query.order_by(mail_links.c.created_at, mail_links.c.recipient))]


def opened(conn: Connection, account: str, link_id: str, now: Micros) -> None:
    """Count that a link's page was opened."""
    counted = {"opened": mail_links.c.opened + 1, "opened_at": now}
    conn.execute(update(mail_links).where(*_is(account, link_id)).values(**counted))


def revoke(conn: Connection, account: str, incident_id: str, link_id: str, *, by: str, now: Micros) -> MailLink:
    """End a link for good; one that has ended stays as it is. Raises UnknownError."""
    link = get(conn, account, link_id)
    if link.incident_id != incident_id:
        raise UnknownError("there is no such link")
    if link.works_at(now):
        conn.execute(update(mail_links).where(*_is(account, link_id)).values(revoked_by=by, revoked_at=now))
    return get(conn, account, link_id)


def _add(conn: Connection, account: str, link: MailLink) -> MailLink:
    row = {name: getattr(link, name) for name in MailLink.__dataclass_fields__}
    conn.execute(_INSERT, {"account_id": account, **row})
    return link


def _is(account: str, link_id: str) -> tuple[Any, ...]:
    return (mail_links.c.account_id == account, mail_links.c.link_id == link_id)


def _link(row: Row[Any]) -> MailLink:
    return MailLink(**{name: getattr(row, name) for name in MailLink.__dataclass_fields__})
