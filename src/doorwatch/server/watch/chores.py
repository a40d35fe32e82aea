"""What the watch looks after beside verdicts: clocks that are corrected unasked, and systems that went silent."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros, to_iso, to_seconds
from doorwatch.store import configuration, moment_reading, moments, proposals, tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.database import Database
from doorwatch.store.tenants import Pacs

EVERY_SECONDS = 5.0
CLOCKS_EVERY_SECONDS = 3600.0
SILENT = 30 * SECOND
"""A PACS whose events are known to be complete only until so long ago is away: no verdict waits longer for it."""

_log = structlog.get_logger(__name__)


class Chores:
    """Runs until cancelled."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._away: dict[tuple[str, str], Micros] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        clocks_at = self._clock.monotonic() + EVERY_SECONDS
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            try:
                await self.note_outages()
                if self._clock.monotonic() >= clocks_at:
                    clocks_at = self._clock.monotonic() + CLOCKS_EVERY_SECONDS
                    await self.correct_clocks()
            except DoorwatchError as error:
                _log.warning("the watch's chores wait for the database", error=str(error))

    async def correct_clocks(self) -> int:
        """Apply what is proposed at doors whose policy says `clock_offset: auto`; at how many."""
        now = self._clock.now()
        wanted = await self._db.read(lambda conn: _proposed(conn, now))
        if wanted:
            await self._db.write(lambda conn: _correct_all(conn, wanted, now))
        return len(wanted)

    async def note_outages(self) -> None:
        """Write a moment when a PACS went silent, and one when it is heard again."""
        now = self._clock.now()
        systems = await self._db.read(_all_systems)
        for account, system in systems:
            key = (account, system.pacs_id)
            silent = system.covered_until is not None and now - system.covered_until > SILENT
            since = self._away.get(key)
            if silent and since is None and system.covered_until is not None:
                self._away[key] = system.covered_until
                await self._db.write(partial(_went_away, account=account, system=system, now=now))
            elif not silent and since is not None:
                del self._away[key]
                await self._db.write(partial(_came_back, account=account, system=system, since=since, now=now))


def _proposed(conn: Connection, now: Micros) -> list[tuple[str, str, Micros]]:
    found = []
    for account, door_id, _ in proposals.auto_doors(conn, now):
        proposal = proposals.clock_offset(conn, account, door_id, now)
        if proposal is not None:
            found.append((account, door_id, proposal.offset))
    return found


def _correct_all(conn: Connection, wanted: Sequence[tuple[str, str, Micros]], now: Micros) -> None:
    for account, door_id, offset in wanted:
        policy = configuration.current_policies(conn, account, now).get(door_id)
        if policy is None or not policy.clock_offset_auto:
            continue
        configuration.set_policy(conn, account, door_id, replace(policy, clock_offset=offset), now)
        detail = {"clock_offset": to_seconds(offset)}
        audit.record(conn, account, at=now, actor="system", action="door.clock", subject=door_id, detail=detail)


def _all_systems(conn: Connection) -> list[tuple[str, Pacs]]:
    return [
        (account.account_id, system)
        for account in tenants.list_accounts(conn)
        for system in tenants.list_pacs(conn, account.account_id)
    ]


def _went_away(conn: Connection, account: str, system: Pacs, now: Micros) -> None:
    since = system.covered_until or now
    heard = system.heard_at is not None and now - system.heard_at < SILENT
    cause = (
        "its gateway runs but does not hear it: see the gateway's log and the system's service"
        if heard
        else "its gateway says nothing: see whether it runs and reaches this server"
    )
    detail = f"Events are complete until {to_iso(since, 0)}; {cause}. Entries since then are unconfirmed"
    _note(conn, account, f"pacs-away:{system.pacs_id}:{since}", f"{system.name} is not heard", detail, now, "offline")


def _came_back(conn: Connection, account: str, system: Pacs, since: Micros, now: Micros) -> None:
    detail = f"Its events are complete again; it was not heard since {to_iso(since, 0)}"
    _note(conn, account, f"pacs-back:{system.pacs_id}:{since}", f"{system.name} is heard again", detail, now, "online")


def _note(conn: Connection, account: str, name: str, title: str, detail: str, now: Micros, label: str) -> None:
    """Write it once, whoever of several servers notices first, and however often one restarts."""
    if moment_reading.get_many(conn, account, [f"health:{name}"]):
        return
    labels = ("access control", f"access control {label}")
    moments.record_health(conn, account, name, title, detail, at=now, now=now, labels=labels)
