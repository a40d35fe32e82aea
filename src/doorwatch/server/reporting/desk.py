"""Mails reports when they are due: one message for each recipient and period, whoever else looks at the same time."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from doorwatch.alerts.addressees import TAKEN_OFF, is_among
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.reporting.courier import CHANNEL, payload_of
from doorwatch.server.reporting.paper import names_of_period
from doorwatch.server.reporting.periods import Period, last_due
from doorwatch.store import report_schedules, sites, tenants
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import ASKED_FOR, Draft, Message
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.report_schedules import Schedule

LOOK_SECONDS = 20.0
BY_HAND = "by_hand"
"""In the payload of what somebody had sent at once, whether or not its schedule is on."""
LATE = 2 * DAY
"""A report that could not be written for so long is not mailed any more: the next one is nearer."""

_log = structlog.get_logger(__name__)


class ReportDesk:
    """Writes reports that are due into the outbox, and calls `wake` when there are any."""

    def __init__(self, db: Database, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        self._db = db
        self._clock = clock
        self.wake = wake

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.look()
            except DoorwatchError as error:
                _log.warning("reports wait for the database", error=str(error))
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Write what is due; how many messages that were."""
        written = 0
        for account in await self._db.read(tenants.list_accounts):
            name, now = account.account_id, self._clock.now()
            if await self._db.read(partial(_due, account=name, now=now)):
                written += await self._db.write(partial(_write_due, account=name, now=now))
        if written:
            self.wake()
        return written


def zone_of(conn: Connection, account: str, site_id: str | None, now: Micros) -> ZoneInfo:
    """The zone of a schedule's days: that of its site, else of the account's first one."""
    places = sites.read(conn, account, now)
    try:
        site = places.chosen(site_id) if site_id else sites.default_site(conn, account)
    except UnknownError:
        site = sites.default_site(conn, account)
    return ZoneInfo(site.time_zone)


def write(conn: Connection, account: str, schedule: Schedule, period: Period, now: Micros, *, again: str = "") -> int:
    """Put a period's report into the outbox, once for each recipient; how many were new.

    What is sent once more on somebody's wish has a word of its own in `again`.
    """
    wanted = schedule.wanted
    subject = f"{wanted.name}: {names_of_period(period.time)}"
    count = 0
    for recipient in dict.fromkeys(wanted.recipients):
        dedupe = f"report:{schedule.schedule_id}:{wanted.every}:{period.first.isoformat()}:{again}:{recipient}"
        payload = {**payload_of(period, wanted.name, wanted.site_id), BY_HAND: bool(again)}
        draft = Draft(dedupe, CHANNEL, recipient, subject, payload, rule_id=schedule.schedule_id)
        count += outbox.write(conn, account, draft, now)
    return count


def no_longer_wanted(conn: Connection, message: Message, _now: Micros) -> str | None:
    """Why a report that was written is not to be mailed: its schedule is gone, off, or names its recipient no more."""
    if message.payload.get(ASKED_FOR):
        return None
    try:
        wanted = report_schedules.get(conn, message.account_id, message.rule_id or "").wanted
    except UnknownError:
        return "its schedule was deleted before it was sent"
    if not wanted.enabled and not message.payload.get(BY_HAND):
        return "its schedule was switched off before it was sent"
    return None if is_among(message.recipient, wanted.recipients) else TAKEN_OFF


def _due(conn: Connection, account: str, now: Micros) -> list[tuple[Schedule, Period]]:
    found = []
    for schedule in report_schedules.of_account(conn, account):
        wanted = schedule.wanted
        if wanted.enabled:
            period = last_due(wanted.every, wanted.hour, zone_of(conn, account, wanted.site_id, now), now)
            if period.due > schedule.told_until:
                found.append((schedule, period))
    return found


def _write_due(conn: Connection, account: str, now: Micros) -> int:
    count = 0
    for schedule, period in _due(conn, account, now):
        if now - period.due < LATE:
            count += write(conn, account, schedule, period, now)
        report_schedules.told(conn, account, schedule.schedule_id, period.due)
    return count
