"""Invitations, as rows; what their links are good for is told in `accounts`."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.schema.inviting import invitations


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who may join an account with a link."""

    account_id: str
    invitation_id: str
    email: str
    role: str
    link_hash: str = field(repr=False)
    invited_by: str
    created_at: Micros
    expires_at: Micros
    mailed_at: Micros | None = None
    cameras: tuple[str, ...] | None = None


def add_invitation(conn: Connection, invitation: Invitation) -> None:
    """Keep an invitation; a former one of the same person is gone with its link."""
    mine = delete(invitations).where(invitations.c.account_id == invitation.account_id)
    conn.execute(mine.where(invitations.c.email == invitation.email))
    row = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
    row["cameras"] = None if invitation.cameras is None else list(invitation.cameras)
    conn.execute(invitations.insert().values(**row))


def list_invitations(conn: Connection, account: str) -> list[Invitation]:
    """The account's invitations by e-mail, those that are over too."""
    query = select(invitations).where(invitations.c.account_id == account).order_by(invitations.c.email)
    return [_invitation(row) for row in conn.execute(query)]


def get_invitation(conn: Connection, account: str, invitation_id: str) -> Invitation:
    """One invitation; raises UnknownError."""
    row = conn.execute(select(invitations).where(*_is(account, invitation_id))).first()
    if row is None:
        raise UnknownError("there is no such invitation; perhaps it was accepted already")
    return _invitation(row)


def find_invitation(conn: Connection, link_hash: str) -> Invitation | None:
    """The invitation with this link, whatever the account: who follows one says nothing else."""
    row = conn.execute(select(invitations).where(invitations.c.link_hash == link_hash)).first()
    return None if row is None else _invitation(row)


def invitations_of(conn: Connection, email: str) -> list[Invitation]:
    """The invitations of an e-mail, of whatever account, the oldest first."""
    query = select(invitations).where(invitations.c.email == email)
    query = query.order_by(invitations.c.created_at, invitations.c.account_id)
    return [_invitation(row) for row in conn.execute(query)]


def mailed(conn: Connection, account: str, invitation_id: str, now: Micros) -> None:
    """Note that a mail server took the link."""
    conn.execute(update(invitations).where(*_is(account, invitation_id)).values(mailed_at=now))


def take_invitation(conn: Connection, account: str, invitation_id: str) -> Invitation:
    """Remove an invitation; raises UnknownError. Of two who do so at once, one finds nothing."""
    taken = delete(invitations).where(*_is(account, invitation_id)).returning(*invitations.c)
    row = conn.execute(taken).first()
    if row is None:
        raise UnknownError("there is no such invitation; perhaps it was accepted already")
    return _invitation(row)


def _is(account: str, invitation_id: str) -> tuple[Any, ...]:
    return invitations.c.account_id == account, invitations.c.invitation_id == invitation_id


def _invitation(row: Row[Any]) -> Invitation:
    values = {name: getattr(row, name) for name in Invitation.__dataclass_fields__}
    return Invitation(**values | {"cameras": None if row.cameras is None else tuple(row.cameras)})
