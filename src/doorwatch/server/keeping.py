"""What has to be looked after now and then: old recordings, expired sessions, evidence that is still missing."""

import structlog
from sqlalchemy import Connection

from doorwatch.accounts import Accounts
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock
from doorwatch.server.evidence import EvidenceDesk
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.stills import Stills
from doorwatch.store import segments, tenants
from doorwatch.store.database import Database

EVERY_SECONDS = 20.0

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
        recording_days: float,
    ) -> None:
        self._accounts = accounts
        self._db = db
        self._clock = clock
        self._analyzers = analyzers
        self._evidence = evidence
        self._stills = stills
        self._recording = int(recording_days * DAY)

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
                segments.remove_before(conn, account, now - self._recording, now)
            return accounts

        for account in await self._db.write(chores):
            await self._evidence.ask_missing(account)
            await self._stills.forget(account, now - self._recording)
            await self.tell_garbage(account)

    async def tell_garbage(self, account: str) -> None:
        """Tell the analyzers which files are to be deleted; each deletes those that it has."""
        if self._analyzers.links(account):
            garbage = await self._db.read(lambda conn: segments.list_garbage(conn, account))
            if garbage:
                self._analyzers.tell_all(account, {"command": "delete", "segments": garbage})
