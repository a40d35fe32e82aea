"""Inviting people: a link that is good once and for some days, for one e-mail and one role."""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role
from doorwatch.accounts.tokens import hash_of
from doorwatch.accounts.users import (
    AccountsError,
    add_user,
    add_without_password,
    admit,
    normal_email,
    shared,
    told,
)
from doorwatch.domain.time import DAY, Micros
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.people import invitations as rows
from doorwatch.store.people import users
from doorwatch.store.people.invitations import Invitation
from doorwatch.store.people.users import User

LINK_LIFE = 7 * DAY

_ANOTHER = "ask whoever invited you to send the invitation again"


class InvitationError(AccountsError):
    """A link that lets nobody in; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation whose link was just made; `secret` is told once and kept nowhere."""

    invitation: Invitation
    secret: str = field(repr=False)


def invite(
    conn: Connection,
    account: str,
    *,
    email: str,
    role: Role,
    now: Micros,
    by: str,
    address: str | None = None,
    cameras: tuple[str, ...] | None = None,
) -> NewInvitation:
    """Invite somebody, who will see these cameras alone (None: all); a former link of the same person ends.

    Raises AccountsError for an e-mail that is none and for cameras that can't be shared like this, ConflictError for somebody who belongs to the account.
    """
    invited = normal_email(email)
    cameras = shared(role, cameras)
    if invited in {user.email for user in users.list_users(conn, account)}:
        raise ConflictError(f"{invited} belongs to the account already: change the role in the list of people")
    secret = secrets.token_urlsafe(32)
    made = Invitation(
        account, new_id("inv"), invited, role.value, hash_of(secret), by, now, now + LINK_LIFE, None, cameras
    )
    rows.add_invitation(conn, made)
    detail = {"role": role.value} | told(cameras)
    audit.record(
        conn, account, at=now, actor=by, action="invitation.add", subject=invited, detail=detail, address=address
    )
    return NewInvitation(made, secret)


def check(conn: Connection, secret: str, now: Micros) -> Invitation:
    """The invitation with this secret, when it is good. Raises InvitationError."""
    found = rows.find_invitation(conn, hash_of(secret))
    if found is None:
        raise InvitationError(f"this invitation is not known: it was used, taken back, or sent anew; {_ANOTHER}")
    if found.expires_at <= now:
        raise InvitationError(f"this invitation has expired; {_ANOTHER}")
    return found


def accept_as_new(
    conn: Connection,
    secret: str,
    passwords: Passwords,
    *,
    name: str,
    password: str,
    now: Micros,
    address: str | None = None,
) -> User:
    """Join with a new sign-in; raises InvitationError, and AccountsError for a password that can't be used."""
    found = _taken(conn, secret, now)
    if users.find_person(conn, found.email) is not None:
        raise InvitationError(f"{found.email} signs in here already: sign in, then open the link again")
    joined = add_user(
        conn,
        found.account_id,
        passwords,
        email=found.email,
        password=password,
        role=Role(found.role),
        now=now,
        by=found.email,
        name=name,
        cameras=found.cameras,
        address=address,
    )
    _note(conn, found, now, address)
    return joined


def accept_by_email(conn: Connection, email: str, name: str, *, now: Micros, address: str | None = None) -> str | None:
    """Join all accounts that somebody new was invited to, without a link and without a password; the person's id.

    For who has proved elsewhere that the e-mail is theirs. None for somebody who was not invited, or too long ago.
    """
    user_id = None
    for found in rows.invitations_of(conn, email):
        if found.expires_at <= now:
            continue
        rows.take_invitation(conn, found.account_id, found.invitation_id)
        account, role, cameras = found.account_id, Role(found.role), found.cameras
        if user_id is None:
            user_id = add_without_password(
                conn, account, email=email, role=role, now=now, by=email, name=name, cameras=cameras, address=address
            ).user_id
        else:
            admit(conn, account, user_id, role=role, now=now, by=email, cameras=cameras, address=address)
        _note(conn, found, now, address)
    return user_id


def accept_as(conn: Connection, secret: str, user: User, *, now: Micros, address: str | None = None) -> User:
    """Join as somebody who is signed in; raises InvitationError for somebody else's invitation."""
    found = _taken(conn, secret, now)
    if found.email != user.email:
        raise InvitationError(
            f"this invitation is for {found.email}, and you are signed in as {user.email}: sign out, then open it again"
        )
    joined = admit(
        conn,
        found.account_id,
        user.user_id,
        role=Role(found.role),
        now=now,
        by=user.email,
        cameras=found.cameras,
        address=address,
    )
    _note(conn, found, now, address)
    return joined


def _taken(conn: Connection, secret: str, now: Micros) -> Invitation:
    found = check(conn, secret, now)
    return rows.take_invitation(conn, found.account_id, found.invitation_id)


def _note(conn: Connection, found: Invitation, now: Micros, address: str | None) -> None:
    audit.record(
        conn,
        found.account_id,
        at=now,
        actor=found.email,
        action="invitation.accept",
        subject=found.email,
        detail={"role": found.role, "invited_by": found.invited_by},
        address=address,
    )
