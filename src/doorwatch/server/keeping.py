"""What has to be looked after now and then: old recordings, expired sessions, evidence that is still missing."""

import itertools

import structlog
from sqlalchemy import Connection

from doorwatch.accounts import Accounts
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.erasures import ErasureDesk
from doorwatch.server.evidence import EvidenceDesk
from doorwatch.server.exporting.desk import ExportDesk
from doorwatch.server.exporting.playable import PlayableDesk
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.room import Room
from doorwatch.server.stills import Stills
from doorwatch.store import appearances, segments, tenants, trail
from doorwatch.store.engine.database import Database

EVERY_SECONDS = 20.0
MEASURED_EVERY = 3
"""Rounds after which it is added up again what recordings take: that reads a row for each."""

_MOST_PIECES = 20
"""Of what is forgotten in one round of chores; the next one goes on."""

_log = structlog.get_logger(__name__)


class Caretaker:
    """Runs the chores."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        accounts: Accounts,
        analyzers: AnalyzerHub,
        evidence: EvidenceDesk,
        *,
        stills: Stills,
        erasures: ErasureDesk,
        exports: ExportDesk,
        playable: PlayableDesk,
        room: Room,
        clothing_days: float,
        audit_days: int | None,
    ) -> None:
        self._accounts = accounts
        self._db = db
        self._clock = clock
        self._analyzers = analyzers
        self._evidence = evidence
        self._stills = stills
        self._erasures = erasures
        self._exports = exports
        self._playable = playable
        self._room = room
        self._rounds = itertools.count()
        self._clothing = int(clothing_days * DAY)
        self._audit = None if audit_days is None else audit_days * DAY
        self._repeated: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.round()
            except DoorwatchError as error:
                _log.warning("the chores wait for the database", error=str(error))
            await self._clock.sleep(EVERY_SECONDS)

    async def round(self) -> None:
        """All chores once."""
        await self._accounts.tidy()
        now = self._clock.now()

        def chores(conn: Connection) -> list[str]:
            accounts = [account.account_id for account in tenants.list_accounts(conn)]
            for account in accounts:
                self._room.remove_old(conn, account, now)
                if self._audit is not None:
                    trail.delete_before(conn, account, now - self._audit, now)
            return accounts

        measures = next(self._rounds) % MEASURED_EVERY == 0
        for account in await self._db.write(chores):
            if measures:
                await self._room.limit(account)
            await self._evidence.ask_missing(account)
            await self._stills.forget(account, now - self._room.longest)
            await self._exports.forget(account)
            await self._playable.forget(account)
            await self.tell_garbage(account)
            await self._forget_people(account)
            await self._forget_colours(account, now - self._clothing)

    async def _forget_people(self, account: str) -> None:
        """Erase what holds kept back; first of all, once a start, what the database may not know after a restore."""
        if account not in self._repeated:
            if again := await self._erasures.repeat(account):
                _log.warning("people were erased again whom the database had brought back", people=again)
            self._repeated.add(account)
        await self._erasures.finish(account)

    async def _forget_colours(self, account: str, before: Micros) -> None:
        """Colours of clothes go after their time; where nobody wants them any more, all go."""

        def work(conn: Connection) -> bool:
            until = before if appearances.wants_colours(conn, account) else self._clock.now()
            return appearances.forget_before(conn, account, until) > 0

        for _ in range(_MOST_PIECES):  # a piece at a time, so that whoever else writes has not to wait
            if not await self._db.write(work):
                return

    async def tell_garbage(self, account: str) -> None:
        """Tell the analyzers which files are to be deleted; each deletes those that it has."""
        if self._analyzers.links(account):
            garbage = await self._db.read(lambda conn: segments.list_garbage(conn, account))
            if garbage:
                self._analyzers.tell_all(account, {"command": "delete", "segments": garbage})
