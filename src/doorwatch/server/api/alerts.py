"""`/api/alerts`: who is told of incidents, in which words, and what was sent."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.alerts.rules import AlertSettings
from doorwatch.alerts.service import read_settings, save_settings
from doorwatch.alerts.templates import Template, validate
from doorwatch.domain.time import to_iso
from doorwatch.server.api import report_shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import outbox
from doorwatch.store.outbox import Message

router = APIRouter(tags=["alerts"], responses=ERRORS)


@router.get("/api/alerts")
async def get_alerts(caller: Manager, parts: Parts) -> report_shapes.AlertsShape:
    """Who is told, and in which words."""
    return _alerts(await parts.db.read(lambda conn: read_settings(conn, caller.account)))


@router.put("/api/alerts")
async def set_alerts(body: report_shapes.AlertsShape, caller: Manager, parts: Parts) -> report_shapes.AlertsShape:
    """Say who is told, and in which words."""
    template = Template(body.template.subject, body.template.body)
    validate(template)
    wanted = AlertSettings(enabled=body.enabled, recipients=tuple(body.recipients), template=template)
    now = parts.clock.now()

    def keep(conn: Connection) -> AlertSettings:
        save_settings(conn, caller.account, wanted, now)
        note(conn, caller, now, "alerts.set", "alerts", {"recipients": body.recipients, "enabled": body.enabled})
        return read_settings(conn, caller.account)

    return _alerts(await parts.db.write(keep))


@router.post("/api/alerts/test")
async def send_trial(caller: Manager, parts: Parts) -> report_shapes.AlertTestShape:
    """Send a trial mail to every recipient."""
    if parts.settings.smtp_host is None:
        raise ApiError(409, "no mail server is set: start the server with DOORWATCH_SMTP_HOST")
    to = await parts.db.write(lambda conn: parts.alerts.write_test(conn, caller.account))
    if not to:
        raise ApiError(409, "there is no recipient to send a trial mail to: save one first")
    parts.alerts.wake()
    return report_shapes.AlertTestShape(queued=len(to), to=to)


@router.get("/api/alerts/outbox")
async def list_outbox(
    caller: Viewer, parts: Parts, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[report_shapes.MailShape]:
    """Mails that were sent or wait, newest first."""
    found = await parts.db.read(lambda conn: outbox.list_messages(conn, caller.account, limit=limit))
    return [_mail(message) for message in found]


def _alerts(settings: AlertSettings) -> report_shapes.AlertsShape:
    return report_shapes.AlertsShape(
        recipients=list(settings.recipients),
        template=report_shapes.AlertTemplate(subject=settings.template.subject, body=settings.template.body),
        enabled=settings.enabled,
    )


def _mail(message: Message) -> report_shapes.MailShape:
    return report_shapes.MailShape(
        mail_id=message.message_id,
        to=message.recipient,
        subject=message.subject,
        state=message.state,
        at=to_iso(message.created_at if message.sent_at is None else message.sent_at),
        incident_id=message.incident_id,
        error=message.error,
    )
