"""Follows an account's moments in the order of commits, from where it stopped: searches that alert, doors in trouble, callbacks.

Where it has got to is kept in the transaction that writes what it tells, so nothing is told twice and nothing is missed,
whenever the server dies.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlalchemy import Connection

from doorwatch.alerts.service import AlertService
from doorwatch.alerts.withholding import Storms
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.alerting import callbacks, chores, doors, searches
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.searches import Told
from doorwatch.store import moment_reading, tenants
from doorwatch.store import settings as stored
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.database import Database

LOOK_SECONDS = 0.5
CHORES_SECONDS = 15.0
CURSOR = "alerts.followed"
_AT_ONCE = 500

_log = structlog.get_logger(__name__)


class Follower:
    """Looks at what is new, and now and then at what lasts."""

    def __init__(self, db: Database, clock: Clock, alerts: AlertService, place: Installation) -> None:
        self._db = db
        self._clock = clock
        self._alerts = alerts
        self._place = place
        self._storms = Storms(lambda _conn, _account: place.base_url)

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.gather(self._repeat(self.follow, LOOK_SECONDS), self._repeat(self.look, CHORES_SECONDS))

    async def follow(self) -> bool:
        """Look at new moments of all accounts; whether there may be more."""
        more = False
        for account in await self._db.read(_accounts):
            if await self._db.read(partial(_has_news, account=account)):
                told, full = await self._db.write(partial(self._step, account=account))
                more = more or full
                if told:
                    self._alerts.wake()
        return more

    async def look(self) -> bool:
        """Look at what lasts, and at incidents that nobody reviews; there is never more to do at once."""
        told = False
        for account in await self._db.read(_accounts):
            told = await self._db.write(partial(self._chores, account=account)) or told
        if told:
            self._alerts.wake()
        return False

    def _step(self, conn: Connection, account: str) -> tuple[bool, bool]:
        now, last, noted = (
            self._clock.now(),
            moment_reading.last_sequence(conn, account),
            audit.last_number(conn, account),
        )
        begun = stored.hold_setting(conn, account, CURSOR) or {}
        # Nobody wants to be told of all that was before alerts were there.
        since = begun.get("sequence", last)
        told = doors.follow(conn, account, since, self._place.base_url, now)
        told = callbacks.follow_changes(conn, account, begun.get("noted", noted), now) or told
        until = last
        if searches.any_rule(conn, account):
            found = moment_reading.since(conn, account, since, _AT_ONCE)
            told = searches.follow(conn, account, found, Told(self._place.base_url, self._storms, now)) or told
            until = found[-1].sequence if len(found) == _AT_ONCE else last
        written = last
        if callbacks.any_of_happenings(conn, account):
            fresh = moment_reading.written_since(conn, account, begun.get("written", since), _AT_ONCE)
            told = callbacks.follow_happenings(conn, account, fresh, now) or told
            written = fresh[-1].written if len(fresh) == _AT_ONCE else last
        kept = {"sequence": until, "written": written, "noted": noted}
        stored.set_setting(conn, account, CURSOR, kept, now)
        return told, min(until, written) < last

    def _chores(self, conn: Connection, account: str) -> bool:
        now = self._clock.now()
        told = chores.look(conn, account, self._place, now)
        for incident, number in chores.overdue(conn, account, now):
            self._alerts.on_overdue(conn, account, incident, number)
            told = True
        return told

    async def _repeat(self, work: Callable[[], Awaitable[bool]], seconds: float) -> None:
        while True:
            more = False
            try:
                more = await work()
            except DoorwatchError as error:
                _log.warning("alerts wait for the database", error=str(error))
            await self._clock.sleep(0.0 if more else seconds)


def _accounts(conn: Connection) -> list[str]:
    return [account.account_id for account in tenants.list_accounts(conn)]


def _has_news(conn: Connection, account: str) -> bool:
    followed = stored.get_setting(conn, account, CURSOR)
    return (
        followed is None
        or min(followed["sequence"], followed.get("written", 0)) < moment_reading.last_sequence(conn, account)
        or followed.get("noted", -1) < audit.last_number(conn, account)
    )
