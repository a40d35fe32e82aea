"""Pictures and clips of incidents: what the analyzer is asked for, and where what it sends is kept."""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Any

import structlog
from sqlalchemy import Connection

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CrossingOutcome
from doorwatch.domain.time import HOUR, MILLISECOND, Clock, Micros, from_seconds, to_iso
from doorwatch.server.errors import ApiError
from doorwatch.server.live.analyzers import AnalyzerHub, Command
from doorwatch.server.settings import Settings
from doorwatch.store import crossings, evidence, holds, incidents
from doorwatch.store.crossings import StoredCrossing
from doorwatch.store.engine.database import Database
from doorwatch.store.evidence import Evidence
from doorwatch.store.incidents import StoredIncident

_log = structlog.get_logger(__name__)

KEEP_ASKING = 24 * HOUR
"""For how long after its start an incident's missing evidence is asked for again."""

_AFTER_CROSSING = 300 * MILLISECOND
"""The picture shows the moment just after the excess person stepped over the threshold."""

_TILE_STATES = {
    CrossingOutcome.ADMITTED: "admitted",
    CrossingOutcome.UNLOCKED: "admitted",
    CrossingOutcome.EXCESS: "excess",
    CrossingOutcome.POSSIBLE: "possible",
}


def evidence_blob(account: str, incident_id: str, kind: str) -> str:
    """A new name for a piece of evidence: never used before, so that what a reader holds open stays whole."""
    return f"evidence/{account}/{incident_id}/{secrets.token_hex(6)}-{kind}"


def snapshot_blob(account: str, camera_id: str) -> str:
    """The name of a camera's newest picture."""
    return f"snapshots/{account}/{camera_id}.jpg"


class EvidenceDesk:
    """Asks for evidence until it is there, and keeps it."""

    def __init__(self, db: Database, blobs: Blobs, clock: Clock, analyzers: AnalyzerHub, settings: Settings) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._analyzers = analyzers
        self._before = from_seconds(settings.clip_before)
        self._after = from_seconds(settings.clip_after)

    async def ask_missing(self, account: str, only: Iterable[str] | None = None) -> int:
        """Ask the analyzers for what is missing of recent incidents (or of some of them); how many were asked."""
        if not self._analyzers.links(account):
            return 0
        since = self._clock.now() - KEEP_ASKING
        wanted = None if only is None else set(only)
        commands = await self._db.read(lambda conn: self._commands(conn, account, since, wanted))
        return sum(self._analyzers.tell_camera(account, command["camera_id"], command) for command in commands)

    def _commands(self, conn: Connection, account: str, since: Micros, wanted: set[str] | None) -> list[Command]:
        # What is held is whole, and would not be replaced.
        frozen = evidence.of_incidents(conn, account, holds.held(conn, account, self._clock.now()))
        whole = {incident_id for incident_id, kinds in frozen.items() if len(kinds) == len(evidence.KINDS)}
        return [
            self._command(stored, crossings.get_many(conn, account, stored.incident.crossing_ids))
            for stored in incidents.lacking_evidence(conn, account, since=since)
            if (wanted is None or stored.incident_id in wanted) and stored.incident_id not in whole
        ]

    def _command(self, stored: StoredIncident, counted: list[StoredCrossing]) -> Command:
        incident = stored.incident
        excess = set(incident.excess_crossing_ids)
        first = next((c.crossing for c in counted if c.crossing.crossing_id in excess), None)
        picture_at = (first.at if first else incident.start) + _AFTER_CROSSING
        camera_id = first.camera if first else (counted[-1].crossing.camera if counted else stored.camera_ids[0])
        start = min([incident.start, *(c.crossing.at for c in counted)]) - self._before
        shown = [c for c in counted if c.crossing.camera == camera_id]
        return {
            "command": "evidence",
            "incident_id": stored.incident_id,
            "revision": stored.revision,
            "camera_id": camera_id,
            "door_id": incident.door,
            "from": to_iso(start),
            "until": to_iso(incident.end + self._after),
            "picture_at": to_iso(picture_at),
            "tiles": _tiles(shown, excess, picture_at),
        }

    async def keep(self, account: str, piece: Evidence, data: bytes) -> None:
        """Store a picture or a clip that arrived. Raises ApiError, UnknownError."""
        await self._db.read(lambda conn: incidents.get(conn, account, piece.incident_id))
        try:
            await asyncio.to_thread(self._blobs.put, piece.blob, data)
        except BlobError as error:
            raise ApiError(503, str(error), headers={"Retry-After": "10"}) from error
        former = await self._db.write(lambda conn: evidence.put(conn, account, piece))
        if former is not None:
            await self._drop(former.blob)

    async def _drop(self, blob: str) -> None:
        try:
            await asyncio.to_thread(self._blobs.delete, blob)
        except BlobError as error:
            _log.warning("an outdated file stays", blob=blob, error=str(error))


def _tiles(counted: list[StoredCrossing], excess: set[str], until: Micros) -> list[dict[str, Any]]:
    """The tiles stood on until then, each once; an excess person's step wins over an admitted one's."""
    states: dict[tuple[int, int], str] = {}
    for one in counted:
        state = _state(one, excess)
        for step in _steps(one.crossing, until):
            if states.get(step) != "excess":
                states[step] = state
    return [{"column": column, "row": row, "state": state} for (column, row), state in states.items()]


def _state(one: StoredCrossing, excess: set[str]) -> str:
    if one.crossing.crossing_id in excess:
        return "excess"
    return _TILE_STATES.get(one.outcome, "admitted") if one.outcome else "admitted"


def _steps(crossing: Crossing, until: Micros) -> list[tuple[int, int]]:
    return [(step.column, step.row) for step in crossing.trail if step.at <= until]
