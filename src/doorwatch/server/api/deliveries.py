"""`/api/alerts/outbox`: what was sent, what waits and why; and the links that mails carry."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.domain.time import MILLISECOND, to_iso
from doorwatch.server.api import alert_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.noting import note
from doorwatch.store import incidents
from doorwatch.store.alerting import deliveries, mail_links, outbox
from doorwatch.store.alerting.deliveries import Attempt
from doorwatch.store.alerting.mail_links import MailLink
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["alerts"], responses=ERRORS)


@router.get("/api/alerts/outbox")
async def list_outbox(
    caller: Viewer,
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    incident_id: Annotated[str | None, Query(max_length=200)] = None,
    state: Literal["waiting", "sent", "failed", "withheld"] | None = None,
) -> list[alert_shapes.MailShape]:
    """Messages that were sent, wait, failed or were withheld, newest first; those in one state alone with `state`."""
    found = await parts.db.read(
        lambda conn: outbox.list_messages(conn, caller.account, limit=limit, incident_id=incident_id, state=state)
    )
    return [mail_shape(message) for message in found]


@router.get("/api/alerts/outbox/{message_id}")
async def get_message(message_id: shapes.PathId, caller: Viewer, parts: Parts) -> alert_shapes.MailDetail:
    """One message with every try to deliver it."""

    def read(conn: Connection) -> tuple[Message, list[Attempt]]:
        message = outbox.get(conn, caller.account, message_id)
        return message, deliveries.attempts_of(conn, caller.account, message_id)

    message, tries = await parts.db.read(read)
    return alert_shapes.MailDetail(
        **mail_shape(message).model_dump(),
        created_at=to_iso(message.created_at),
        due_at=to_iso(message.due_at) if message.state == "waiting" else None,
        tries=[
            alert_shapes.AttemptShape(
                number=one.number,
                began_at=to_iso(one.began_at),
                took_ms=max(0, one.ended_at - one.began_at) // MILLISECOND,
                error=one.error,
            )
            for one in tries
        ],
    )


@router.get("/api/incidents/{incident_id}/mail-links")
async def list_mail_links(incident_id: shapes.PathId, caller: Viewer, parts: Parts) -> list[alert_shapes.MailLinkShape]:
    """The links in mails that show an incident without signing in, and how often they were opened."""

    def read(conn: Connection) -> list[MailLink]:
        incidents.get(conn, caller.account, incident_id)
        return mail_links.of_incident(conn, caller.account, incident_id)

    now = parts.clock.now()
    return [_link(link, now) for link in await parts.db.read(read)]


@router.delete("/api/incidents/{incident_id}/mail-links/{link_id}")
async def revoke_mail_link(
    incident_id: shapes.PathId, link_id: shapes.PathId, caller: Manager, parts: Parts
) -> alert_shapes.MailLinkShape:
    """End a link in a mail before its time."""
    now = parts.clock.now()

    def revoke(conn: Connection) -> MailLink:
        link = mail_links.revoke(conn, caller.account, incident_id, link_id, by=caller.name, now=now)
        note(conn, caller, now, Act.LINK_REVOKE, incident_id, {"link": link_id, "to": link.recipient})
        return link

    return _link(await parts.db.write(revoke), now)


def mail_shape(message: Message) -> alert_shapes.MailShape:
    """A message of the outbox as the API tells it."""
    return alert_shapes.MailShape(
        mail_id=message.message_id,
        channel=message.channel,
        to=message.recipient,
        subject=message.subject,
        state=message.state,
        at=to_iso(message.created_at if message.sent_at is None else message.sent_at),
        incident_id=message.incident_id,
        error=message.error,
        attempts=message.attempts,
    )


def last_delivery(newest: Message | None) -> alert_shapes.LastDelivery | None:
    """What became of the newest message to somebody, if there was one."""
    if newest is None:
        return None
    return alert_shapes.LastDelivery(
        mail_id=newest.message_id,
        state=newest.state,
        at=to_iso(newest.created_at if newest.sent_at is None else newest.sent_at),
        attempts=newest.attempts,
        error=newest.error,
    )


def _link(link: MailLink, now: int) -> alert_shapes.MailLinkShape:
    return alert_shapes.MailLinkShape(
        link_id=link.link_id,
        recipient=link.recipient,
        created_at=to_iso(link.created_at),
        until=to_iso(link.until),
        opened=link.opened,
        opened_at=None if link.opened_at is None else to_iso(link.opened_at),
        revoked_by=link.revoked_by,
        revoked_at=None if link.revoked_at is None else to_iso(link.revoked_at),
        made_by=link.made_by,
        password=link.password_hash is not None,
        works=link.works_at(now),
    )
