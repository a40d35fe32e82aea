"""`/api/incidents/{id}/...`: who is to look, what reviewers say to each other, and links for people without an account."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import from_seconds, to_iso
from doorwatch.server.api import happening_shapes, happening_views, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Reviewer
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import incidents, reviewing
from doorwatch.store.alerting import mail_links
from doorwatch.store.alerting.mail_links import MailLink
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.people import users

router = APIRouter(tags=["incidents"], responses=ERRORS)


class AssignInput(shapes.Request):
    """Who is to look at an incident: the e-mail of somebody of the account, or null."""

    to: Annotated[str, Field(max_length=320)] | None
    seen: Annotated[int | None, Field(description="`said` of the incident as it was seen; null is not compared")] = None


class CommentInput(shapes.Request):
    """What somebody says about an incident."""

    text: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*\S[^\x00]*$")]


@router.put("/api/incidents/{incident_id}/assignee")
async def assign_incident(
    incident_id: shapes.PathId, body: AssignInput, caller: Reviewer, parts: Parts
) -> happening_shapes.IncidentDetail:
    """Say who is to look at an incident; 409 when somebody reviewed or assigned it meanwhile."""
    now = parts.clock.now()

    def assign(conn: Connection) -> None:
        incidents.get(conn, caller.account, incident_id)
        if body.to is not None and body.to not in {user.email for user in users.list_users(conn, caller.account)}:
            raise ApiError(422, f"nobody of this account is {body.to!r}: name the e-mail of somebody", field="to")
        reviewing.assign(conn, caller.account, incident_id, body.to, seen=body.seen)
        note(conn, caller, now, Act.INCIDENT_ASSIGN, incident_id, {"to": body.to})

    await parts.db.write(assign)
    return await parts.db.read(lambda conn: happening_views.incident_detail(conn, caller.account, incident_id))


@router.post("/api/incidents/{incident_id}/comments", status_code=201)
async def comment_on_incident(
    incident_id: shapes.PathId, body: CommentInput, caller: Reviewer, parts: Parts
) -> happening_shapes.CommentShape:
    """Say something about an incident; comments stay as they were said."""
    now = parts.clock.now()

    def say(conn: Connection) -> reviewing.Comment:
        said = reviewing.comment(conn, caller.account, incident_id, body.text.strip(), now, by=caller.name)
        note(conn, caller, now, Act.INCIDENT_COMMENT, incident_id, {"comment_id": said.comment_id})
        return said

    return happening_views.comment_shape(await parts.db.write(say))


@router.post("/api/incidents/{incident_id}/share", status_code=201)
async def share_incident(
    incident_id: shapes.PathId, body: happening_shapes.ShareInput, request: Request, caller: Reviewer, parts: Parts
) -> happening_shapes.ShareShape:
    """Make a link to the incident that works for a while without signing in, with a password or without one."""
    now = parts.clock.now()
    hours = parts.settings.share_hours if body.hours is None else body.hours
    until = now + from_seconds(hours * 3600)
    hashed = None
    if body.password is not None:
        hashed = await asyncio.to_thread(parts.accounts.passwords.hash, body.password.get_secret_value())

    def make(conn: Connection) -> MailLink:
        incidents.get(conn, caller.account, incident_id)
        whom = (body.recipient or "").strip() or "whoever has the link"
        link = mail_links.make(
            conn,
            caller.account,
            incident_id,
            recipient=whom,
            by=caller.name,
            now=now,
            until=until,
            password_hash=hashed,
        )
        told = {"link": link.link_id, "to": whom, "until": to_iso(until), "password": hashed is not None}
        note(conn, caller, now, Act.INCIDENT_SHARE, incident_id, told)
        return link

    link = await parts.db.write(make)
    base = parts.settings.public_url or str(request.base_url)
    token = parts.links.make(caller.account, incident_id, until, link.link_id)
    return happening_shapes.ShareShape(
        url=f"{base.rstrip('/')}/share/{token}", expires_at=to_iso(until), link_id=link.link_id
    )
