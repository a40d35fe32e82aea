"""Damaged footage is found before somebody needs it: a few recordings at a time are compared with what is listed of them.

A moment is chosen at random of a camera chosen at random, and the analyzer on whose disk its recordings lie is asked
whether the files are what was recorded. Where one is not, its neighbours are looked at as well. What is damaged is marked, so that
timelines show a gap and exports say so, and the owners are told; nothing is deleted or repaired.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, Micros
from doorwatch.recording.proving import Damage, Listed
from doorwatch.server.live.analyzers import AnalyzerHub, AnalyzerLink
from doorwatch.server.live.inquiries import Inquiries, InquiryError
from doorwatch.server.room import disks
from doorwatch.store import segments, tenants
from doorwatch.store import settings as stored
from doorwatch.store.engine.database import Database
from doorwatch.store.segments import Segment

SETTING = "recordings.damaged"
TOLD_FOR: Micros = DAY
"""Damage that was found so long ago, and nothing since, is not told of any more."""

EVERY_SECONDS = 300.0
AT_ONCE = 12
"""Segments that are looked at in a round: some 25 MB of video, read once."""

_ROUNDS = 10
"""So often the neighbours of what is damaged are looked at as well."""

_SETTLED: Micros = 10 * MINUTE
_PATIENCE = 60.0
_AROUND: Micros = AT_ONCE // 2 * 4 * SECOND

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What is damaged of a camera: since when that is known, when it was last found, how many, and of which times."""

    since: Micros
    at: Micros
    segments: int
    start: Micros
    end: Micros


class Patrol:
    """Looks at recordings, now and then."""

    def __init__(self, db: Database, clock: Clock, analyzers: AnalyzerHub, inquiries: Inquiries) -> None:
        self._db = db
        self._clock = clock
        self._analyzers = analyzers
        self._inquiries = inquiries
        self._random = random.Random()  # noqa: S311 - where to look, no secret

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            try:
                for account in await self._db.read(_accounts):
                    await self.round(account)
            except DoorwatchError as error:
                _log.warning("the patrol of recordings waits for the database", error=str(error))

    async def round(self, account: str) -> int:
        """Look at some recordings of an account, and at the neighbours of what is damaged; how many are damaged."""
        place = await self._db.read(lambda conn: self._somewhere(conn, account))
        if place is None:
            return 0
        link, camera_id, at = place
        before, total = self._clock.now() - _SETTLED, 0
        rows = await self._db.read(lambda conn: segments.following(conn, account, camera_id, at, before, AT_ONCE))
        seen: set[str] = set()
        for _ in range(_ROUNDS):
            if not rows:
                break
            seen |= {one.segment_id for one in rows}
            damaged = await self._ask(account, link, rows)
            if damaged is None:
                break
            await self._keep(account, camera_id, rows, damaged)
            total += len(damaged)
            if not damaged:
                break
            near = await self._near(account, camera_id, rows[0].start - _AROUND, rows[-1].end + _AROUND)
            rows = [one for one in near if one.segment_id not in seen]
        return total

    def _somewhere(self, conn: Connection, account: str) -> tuple[AnalyzerLink, str, Micros] | None:
        """A connected analyzer, a camera whose recordings lie on its disk and no other's, and a moment of them."""
        now = self._clock.now()
        known = {name: disk for name, (_, disk) in disks(conn, account, now).items()}
        links = {link.name: link for link in self._analyzers.links(account)}
        lie = [camera for disk in known.values() for camera in disk.cameras]
        places = [(links[name], camera) for name in known if name in links for camera in known[name].cameras]
        places = [place for place in places if lie.count(place[1]) == 1]
        if not places:
            return None
        link, camera_id = self._random.choice(places)
        begun = segments.begun_between(conn, account, camera_id, now - _SETTLED)
        return None if begun is None else (link, camera_id, self._random.randint(*begun))

    async def _near(self, account: str, camera_id: str, start: Micros, end: Micros) -> list[Segment]:
        until = min(end, self._clock.now() - _SETTLED)
        return await self._db.read(lambda conn: segments.between(conn, account, camera_id, start, until))

    async def _ask(self, account: str, link: AnalyzerLink, rows: Sequence[Segment]) -> dict[str, str] | None:
        """What the analyzer says is damaged; None when it says nothing."""
        listed = [asdict(Listed(one.segment_id, one.name, one.bytes, one.sha256)) for one in rows]
        try:
            told = await self._inquiries.ask(link, {"segments": listed}, _PATIENCE, command="prove")
        except InquiryError as error:
            _log.info("recordings were not looked at", account=account, reason=str(error))
            return None
        wanted, kinds = {one.segment_id for one in rows}, set(Damage)
        found: Any = told.get("damaged")
        if not isinstance(found, dict):
            return None
        return {str(key): str(what) for key, what in found.items() if key in wanted and what in kinds}

    async def _keep(self, account: str, camera_id: str, rows: Sequence[Segment], damaged: dict[str, str]) -> None:
        now = self._clock.now()

        def keep(conn: Connection) -> int:
            # As they are listed now: what was deleted meanwhile has lost its row before its file.
            listed = segments.between(conn, account, camera_id, rows[0].start, rows[-1].end)
            changed = [
                replace(one, fault=damaged.get(one.segment_id))
                for one in listed
                if one.segment_id in {row.segment_id for row in rows} and one.fault != damaged.get(one.segment_id)
            ]
            for one in changed:
                segments.replace_row(conn, account, one)
            fresh = [one for one in changed if one.fault is not None]
            _note(conn, account, camera_id, fresh, now)
            return len(fresh)

        if (damaged or any(one.fault is not None for one in rows)) and (fresh := await self._db.write(keep)):
            _log.warning("recordings are damaged", account=account, camera=camera_id, segments=fresh)


def damage(conn: Connection, account: str, now: Micros) -> dict[str, Found]:
    """What was found damaged lately, by camera."""
    told = stored.get_setting(conn, account, SETTING, {})
    found = {camera_id: Found(**one) for camera_id, one in told.items()}
    return {camera_id: one for camera_id, one in found.items() if now - one.at < TOLD_FOR}


def _note(conn: Connection, account: str, camera_id: str, fresh: Sequence[Segment], now: Micros) -> None:
    known = damage(conn, account, now)
    if fresh:
        start, end = min(one.start for one in fresh), max(one.end for one in fresh)
        old = known.get(camera_id, Found(now, now, 0, start, end))
        known[camera_id] = Found(old.since, now, old.segments + len(fresh), min(old.start, start), max(old.end, end))
    stored.set_setting(conn, account, SETTING, {name: asdict(one) for name, one in known.items()}, now)


def _accounts(conn: Connection) -> list[str]:
    return [account.account_id for account in tenants.list_accounts(conn)]
