"""Erasing cardholders: the database forgets them, and a file beside it remembers that it must stay so after a restore.

The file holds tombstones, one erasure a line. A database that was restored from an older backup does not know them: at
the next start what they stand for is erased again.
"""

import asyncio
import os
from pathlib import Path

import msgspec
import structlog
from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock, to_iso
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import erasing, tombstones
from doorwatch.store.audit_trail import audit
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.database import Database
from doorwatch.store.erasing import Erasure

ERASURES = "erasures.jsonl"
"""In the data folder: what to erase again after a restore; it names nobody."""

_log = structlog.get_logger(__name__)


class Line(msgspec.Struct):
    """One erasure, as the file keeps it; `allowed` when the person may be stored again."""

    account: str
    erasure_id: str
    at: str
    marks: list[str] = []
    allowed: bool = False


class ErasureDesk:
    """Erases people, finishes what holds kept back, and repeats erasures that the database does not know."""

    def __init__(self, db: Database, clock: Clock, data_dir: Path) -> None:
        self._db = db
        self._clock = clock
        self._file = data_dir / ERASURES

    async def erase(self, caller: Caller, actor_key: int) -> Erasure:
        """Erase a person; raises UnknownError."""
        now = self._clock.now()

        def work(conn: Connection) -> tuple[Erasure, list[str]]:
            done = erasing.erase(conn, caller.account, actor_key, by=caller.name, now=now)
            note(conn, caller, now, Act.PERSON_ERASE, done.erasure_id, told(done))
            return done, tombstones.of_erasure(conn, caller.account, done.erasure_id)

        done, marks = await self._db.write(work)
        await self._append(Line(caller.account, done.erasure_id, to_iso(now), marks))
        return done

    async def allow(self, caller: Caller, erasure_id: str) -> None:
        """Let the person of an erasure be stored again; raises UnknownError."""
        now = self._clock.now()

        def work(conn: Connection) -> None:
            erasing.allow(conn, caller.account, erasure_id)
            note(conn, caller, now, Act.PERSON_ALLOW, erasure_id)

        await self._db.write(work)
        await self._append(Line(caller.account, erasure_id, to_iso(now), allowed=True))

    async def finish(self, account: str) -> int:
        """Erase what holds kept back until now; how many erasures got further."""
        now = self._clock.now()

        def work(conn: Connection) -> int:
            done = erasing.finish(conn, account, now)
            for one in done:
                _by_system(conn, account, now, one.erasure_id, told(one))
            return len(done)

        if not await self._db.read(lambda conn: erasing.is_waiting(conn, account, now)):
            return 0
        return await self._db.write(work)

    async def repeat(self, account: str) -> int:
        """Erase again whom the file knows and the database does not; how many people. Raises DoorwatchError."""
        now = self._clock.now()
        lines = [line for line in await asyncio.to_thread(self._lines) if line.account == account]
        allowed = {line.erasure_id for line in lines if line.allowed}
        wanted = [line for line in lines if line.marks and line.erasure_id not in allowed]

        def work(conn: Connection) -> int:
            gone = 0
            for line in wanted:
                again = erasing.repeat(conn, account, line.erasure_id, line.marks, now=now)
                if again:
                    _by_system(conn, account, now, line.erasure_id, {"repeated": again})
                gone += again
            return gone

        return await self._db.write(work) if wanted else 0

    def _lines(self) -> list[Line]:
        try:
            text = self._file.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DoorwatchError(f"{self._file} can't be read ({error.strerror}): make it readable") from error
        found = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                found.append(msgspec.json.decode(line, type=Line))
            except msgspec.DecodeError as error:
                raise DoorwatchError(
                    f"line {number} of {self._file} can't be read ({error}): put the file back from a copy, or take the "
                    "line out"
                ) from None
        return found

    async def _append(self, line: Line) -> None:
        try:
            await asyncio.to_thread(self._write, msgspec.json.encode(line) + b"\n")
        except OSError as error:
            # The database knows it; only a restore of an older backup would not.
            _log.warning("an erasure is not in the file beside the database", file=str(self._file), error=str(error))

    def _write(self, line: bytes) -> None:
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def told(done: Erasure) -> dict[str, object]:
    """What the trail keeps of an erasure: how much, and what is left, but nobody's name."""
    kept = [{"incident_id": one.incident_id, "until": one.until} for one in done.kept]
    return {"cleaned": done.cleaned, "kept": kept, "finished": done.finished_at is not None}


def _by_system(conn: Connection, account: str, now: int, subject: str, detail: dict[str, object]) -> None:
    audit.record(conn, account, at=now, actor="system", action=Act.PERSON_ERASE, subject=subject, detail=detail)
