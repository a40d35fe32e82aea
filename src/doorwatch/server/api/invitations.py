"""`/api/invitations`: letting people into the account by mail, and what somebody sees who was invited."""

from email.message import EmailMessage
from typing import Annotated, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.accounts import invitations as inviting
from doorwatch.accounts.invitations import NewInvitation
from doorwatch.accounts.roles import Role
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.wording import one_line
from doorwatch.alerts.letters import Way, Words, letter
from doorwatch.alerts.message import Sender
from doorwatch.domain.time import DAY, Micros, to_iso
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.members import shared_cameras
from doorwatch.server.api.session import begun_shape, session_shape
from doorwatch.server.api.signing_in_shapes import LinkSecret, Password
from doorwatch.server.api.views import iso
from doorwatch.server.auth import FreshOwner, Manager, Owner, Parts, SignedIn, Trying, person
from doorwatch.server.cookies import keep_session, session_cookie, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import tenants
from doorwatch.store.people import invitations as rows
from doorwatch.store.people import users
from doorwatch.store.people.invitations import Invitation

router = APIRouter(tags=["people"], responses=ERRORS)

_LONGEST_NAME = 100
_MAY = {"view": "look and search", "manage": "review, and change doors, cameras and alerts", "owner": "do everything"}


class InvitationInput(shapes.Request):
    """Whom to invite, and as what."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
    role: shapes.Role = "view"
    cameras: session_shapes.SharedCameras = None


class InvitationShape(shapes.Answer):
    """Somebody who was invited and has not come yet."""

    invitation_id: str
    email: str
    role: shapes.Role
    cameras: list[str] | None = Field(description="The only cameras that the person will see; null for all of them")
    invited_by: str
    created_at: shapes.Time
    expires_at: shapes.Time
    mailed_at: shapes.Time | None
    expired: bool


class SentInvitation(shapes.Answer):
    """An invitation and its link, which is told this once; `problem` says why no mail went out."""

    invitation: InvitationShape
    url: str
    problem: str | None


class InvitationLink(shapes.Request):
    """The secret of an invitation's link."""

    link: LinkSecret


class JoinInput(InvitationLink):
    """Joining with a new sign-in; whoever signs in here already joins while signed in, without these."""

    name: Annotated[str, Field(max_length=200)] = ""
    password: Password


class InvitationState(shapes.Answer):
    """What an invitation is for; `known` when the person signs in here already."""

    account: str
    email: str
    role: shapes.Role
    invited_by: str
    expires_at: shapes.Time
    known: bool


@router.get("/api/invitations")
async def list_invitations(caller: Manager, parts: Parts) -> list[InvitationShape]:
    """Who was invited and has not come yet."""
    now = parts.clock.now()
    found = await parts.db.read(lambda conn: rows.list_invitations(conn, caller.account))
    return [_shape(one, now) for one in found]


@router.post("/api/invitations", status_code=201)
async def add_invitation(body: InvitationInput, request: Request, caller: FreshOwner, parts: Parts) -> SentInvitation:
    """Invite somebody by mail; without a mail server the link is only in the answer, this once."""
    return await _invited(parts, request, caller, body)


@router.post("/api/invitations/{invitation_id}/again", status_code=201)
async def invite_again(
    invitation_id: shapes.PathId, request: Request, caller: FreshOwner, parts: Parts
) -> SentInvitation:
    """Send an invitation again, with a new link; the former one ends."""
    former = await parts.db.read(lambda conn: rows.get_invitation(conn, caller.account, invitation_id))
    shared = None if former.cameras is None else list(former.cameras)
    again = InvitationInput(email=former.email, role=_role(former.role), cameras=shared)
    return await _invited(parts, request, caller, again)


@router.delete("/api/invitations/{invitation_id}", status_code=204)
async def take_back(invitation_id: shapes.PathId, caller: Owner, parts: Parts) -> None:
    """Take an invitation back; its link ends."""
    now = parts.clock.now()

    def take(conn: Connection) -> None:
        taken = rows.take_invitation(conn, caller.account, invitation_id)
        note(conn, caller, now, "invitation.remove", taken.email, {"role": taken.role})

    await parts.db.write(take)


@router.post("/api/join/check", dependencies=[Trying])
async def check_invitation(body: InvitationLink, parts: Parts) -> InvitationState:
    """What an invitation is for."""
    secret, now = body.link.get_secret_value(), parts.clock.now()

    def read(conn: Connection) -> InvitationState:
        found = inviting.check(conn, secret, now)
        return InvitationState(
            account=tenants.get_account(conn, found.account_id).name,
            email=found.email,
            role=_role(found.role),
            invited_by=found.invited_by,
            expires_at=to_iso(found.expires_at),
            known=users.find_person(conn, found.email) is not None,
        )

    return await parts.db.read(read)


@router.post("/api/join", dependencies=[Trying])
async def join(body: JoinInput, request: Request, response: Response, parts: Parts) -> session_shapes.SessionShape:
    """Accept an invitation with a new sign-in; the person is signed in by that."""
    link, password = body.link.get_secret_value(), body.password.get_secret_value()
    signed_in = await parts.accounts.join(link, name=body.name, password=password, visit=visit_of(request, parts))
    keep_session(response, parts, signed_in)
    return await begun_shape(parts, signed_in)


@router.post("/api/session/join")
async def join_as(
    body: InvitationLink, request: Request, caller: SignedIn, parts: Parts
) -> session_shapes.SessionShape:
    """Accept an invitation as whoever is signed in; the session acts in the new account from now on."""
    secret, now, cookie = (
        body.link.get_secret_value(),
        parts.clock.now(),
        request.cookies.get(session_cookie(parts.settings)),
    )
    user_id = caller.user_id
    if user_id is None or cookie is None:
        raise ApiError(403, "a token joins no account: sign in, then open the link")

    def accept(conn: Connection) -> str:
        user = users.get_user(conn, caller.account, user_id)
        return inviting.accept_as(conn, secret, user, now=now, address=caller.address).account_id

    account = await parts.db.write(accept)
    user = await parts.accounts.switch(cookie, account, address=caller.address)
    return await session_shape(parts, person(user, caller.address, await parts.accounts.session(cookie)), user)


async def _invited(parts: Parts, request: Request, caller: Caller, body: InvitationInput) -> SentInvitation:
    now = parts.clock.now()

    def add(conn: Connection) -> tuple[NewInvitation, str]:
        made = inviting.invite(
            conn,
            caller.account,
            email=body.email,
            role=Role(body.role),
            now=now,
            by=caller.name,
            address=caller.address,
            cameras=shared_cameras(conn, caller.account, body.cameras),
        )
        return made, tenants.get_account(conn, caller.account).name

    made, account = await parts.db.write(add)
    base = parts.settings.public_url or str(request.base_url)
    # Browsers send nothing of an address after its #: the secret is in no log.
    url = f"{base.rstrip('/')}/join#{made.secret}"
    problem = await _mail(parts, made.invitation, account, url)
    if problem is None:
        await parts.db.write(
            lambda conn: rows.mailed(conn, caller.account, made.invitation.invitation_id, parts.clock.now())
        )
    kept = await parts.db.read(lambda conn: rows.get_invitation(conn, caller.account, made.invitation.invitation_id))
    return SentInvitation(invitation=_shape(kept, now), url=url, problem=problem)


async def _mail(parts: Parts, invitation: Invitation, account: str, url: str) -> str | None:
    """Send the link; why it could not be sent, if so. The mail is kept nowhere, since the link is a secret."""
    if parts.mails is None:
        return "no mail server is set (DOORWATCH_SMTP_HOST): give the link to the person yourself"
    sender = Sender(parts.settings.mail_from)
    mail = invitation_letter(invitation, account, url, sender, parts.clock.now())
    try:
        await parts.mails.send(mail)
    except DeliveryError as error:
        return f"{error}; give the link to the person yourself"
    return None


def invitation_letter(invitation: Invitation, account: str, url: str, sender: Sender, at: Micros) -> EmailMessage:
    """The mail that brings the link; `account` is the name of what the person is invited to."""
    may = _MAY[invitation.role] if invitation.cameras is None else "look at the cameras that are shared with you"
    days = (invitation.expires_at - invitation.created_at) // DAY
    name = one_line(account, _LONGEST_NAME)
    blocks = (
        Words(
            f"{one_line(invitation.invited_by, _LONGEST_NAME)} invites you to the account {name} of Doorwatch.\n"
            f"There you may {may}."
        ),
        Way("Accept the invitation", url),
        Words(
            f"The link is for {invitation.email}, works once, and ends in {days} days.\n"
            "If you do not expect it, leave it alone: nothing happens."
        ),
    )
    return letter(invitation.email, f"Invitation to {name}", blocks, sender, at)


def _shape(found: Invitation, now: int) -> InvitationShape:
    return InvitationShape(
        invitation_id=found.invitation_id,
        email=found.email,
        role=_role(found.role),
        cameras=None if found.cameras is None else list(found.cameras),
        invited_by=found.invited_by,
        created_at=to_iso(found.created_at),
        expires_at=to_iso(found.expires_at),
        mailed_at=iso(found.mailed_at),
        expired=found.expires_at <= now,
    )


def _role(role: str) -> shapes.Role:
    return cast("shapes.Role", role)
