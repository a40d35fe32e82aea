"""`/api/report-schedules`: reports that are mailed by the day, the week or the month."""

import secrets
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.alerts.settings import AddressError, check_addresses
from doorwatch.domain.time import Micros, to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.alert_shapes import Address
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.reporting import desk
from doorwatch.server.reporting.periods import last_due, next_due
from doorwatch.store import report_schedules, sites
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.report_schedules import Every, Schedule, Wanted

router = APIRouter(tags=["reports"], responses=ERRORS)


class ReportScheduleInput(shapes.Request):
    """What is to be mailed, when and to whom."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", description="The subject begins with it")]
    every: Annotated[Every, Field(description="The day before, the week before (from Monday), or the month before")]
    hour: Annotated[int, Field(ge=0, le=23, description="Of the zone of the site, else of the first site")] = 7
    site_id: Annotated[str, Field(max_length=200)] | None = None
    recipients: Annotated[list[Address], Field(min_length=1, max_length=50)]
    enabled: bool = True


class ReportScheduleShape(shapes.Answer):
    """A report that is mailed by itself."""

    schedule_id: str
    name: str
    every: Every
    hour: int
    site_id: str | None
    recipients: list[str]
    enabled: bool
    zone: Annotated[str, Field(description="In which the hour and the days are")]
    next_at: Annotated[shapes.Time | None, Field(description="When it is mailed next; null while it is off")]
    changed_at: shapes.Time


class ReportsSent(shapes.Answer):
    """How many mails are on their way."""

    mails: int


@router.get("/api/report-schedules")
async def list_report_schedules(caller: Manager, parts: Parts) -> list[ReportScheduleShape]:
    """The reports that are mailed by themselves, by name."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[ReportScheduleShape]:
        found = report_schedules.of_account(conn, caller.account)
        return [_shape(conn, caller.account, one, now) for one in found]

    return await parts.db.read(read)


@router.post("/api/report-schedules", status_code=201)
async def add_report_schedule(body: ReportScheduleInput, caller: Manager, parts: Parts) -> ReportScheduleShape:
    """Have a report mailed by itself from now on."""
    now, wanted = parts.clock.now(), _wanted(body)

    def add(conn: Connection) -> ReportScheduleShape:
        _check_site(conn, caller.account, wanted.site_id, now)
        made = report_schedules.add(conn, caller.account, wanted, now)
        note(conn, caller, now, Act.REPORT_SCHEDULE_ADD, made.schedule_id, _said(wanted))
        return _shape(conn, caller.account, made, now)

    return await parts.db.write(add)


@router.put("/api/report-schedules/{schedule_id}")
async def change_report_schedule(
    schedule_id: shapes.PathId, body: ReportScheduleInput, caller: Manager, parts: Parts
) -> ReportScheduleShape:
    """Save one anew."""
    now, wanted = parts.clock.now(), _wanted(body)

    def change(conn: Connection) -> ReportScheduleShape:
        _check_site(conn, caller.account, wanted.site_id, now)
        changed = report_schedules.change(conn, caller.account, schedule_id, wanted, now)
        note(conn, caller, now, Act.REPORT_SCHEDULE_CHANGE, schedule_id, _said(wanted))
        return _shape(conn, caller.account, changed, now)

    return await parts.db.write(change)


@router.delete("/api/report-schedules/{schedule_id}", status_code=204)
async def remove_report_schedule(schedule_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Mail it no more."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        removed = report_schedules.remove(conn, caller.account, schedule_id)
        note(conn, caller, now, Act.REPORT_SCHEDULE_REMOVE, schedule_id, _said(removed.wanted))

    await parts.db.write(remove)


@router.post("/api/report-schedules/{schedule_id}/send")
async def send_report(schedule_id: shapes.PathId, caller: Manager, parts: Parts) -> ReportsSent:
    """Mail the report of the last whole day, week or month now, whether it was mailed before or not."""
    now, can_mail = parts.clock.now(), parts.mails is not None

    def send(conn: Connection) -> int:
        schedule = report_schedules.get(conn, caller.account, schedule_id)
        if not can_mail:
            sentence = "no mail server is set, so nothing can be mailed: set DOORWATCH_SMTP_HOST and start it again"
            raise ApiError(409, sentence, reason="no_mail_server")
        wanted = schedule.wanted
        period = last_due(wanted.every, wanted.hour, desk.zone_of(conn, caller.account, wanted.site_id, now), now)
        count = desk.write(conn, caller.account, schedule, period, now, again=secrets.token_hex(6))
        note(conn, caller, now, Act.REPORT_SEND, schedule_id, {**_said(wanted), "first_day": period.first.isoformat()})
        return count

    mails = await parts.db.write(send)
    parts.reports.wake()
    return ReportsSent(mails=mails)


def _wanted(body: ReportScheduleInput) -> Wanted:
    recipients = tuple(dict.fromkeys(one.strip() for one in body.recipients if one.strip()))
    try:
        check_addresses(recipients)
    except AddressError as error:
        raise ApiError(422, str(error), field=f"recipients.{error.index}") from None
    if not recipients:
        raise ApiError(422, "nobody would get it: name at least one mail address", field="recipients")
    return Wanted(body.name.strip(), body.every, body.hour, body.site_id, recipients, body.enabled)


def _check_site(conn: Connection, account: str, site_id: str | None, now: Micros) -> None:
    """Raises UnknownError for a site that is not there."""
    sites.read(conn, account, now).chosen(site_id)


def _said(wanted: Wanted) -> dict[str, object]:
    return {"name": wanted.name, "every": wanted.every, "recipients": list(wanted.recipients)}


def _shape(conn: Connection, account: str, one: Schedule, now: Micros) -> ReportScheduleShape:
    wanted = one.wanted
    zone = desk.zone_of(conn, account, wanted.site_id, now)
    return ReportScheduleShape(
        schedule_id=one.schedule_id,
        name=wanted.name,
        every=wanted.every,
        hour=wanted.hour,
        site_id=wanted.site_id,
        recipients=list(wanted.recipients),
        enabled=wanted.enabled,
        zone=zone.key,
        next_at=to_iso(next_due(wanted.every, wanted.hour, zone, now)) if wanted.enabled else None,
        changed_at=to_iso(one.changed_at),
    )
