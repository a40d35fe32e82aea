"""Who makes the exports that are asked for: one at a time, said how far it is, begun again after a restart."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from sqlalchemy import Connection

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.exporting import footage
from doorwatch.server.exporting.contents import View, Wish, read_contents
from doorwatch.server.exporting.footage import Cuttings, Footage, NoFootageError
from doorwatch.server.exporting.making import Maker
from doorwatch.server.exporting.process import ExportError
from doorwatch.server.exporting.signing import EvidenceKey, PublicKey
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.settings import Settings
from doorwatch.server.waiting import within
from doorwatch.store import exports
from doorwatch.store.engine.database import Database
from doorwatch.store.exports import Export

_LOOK_EVERY = 20.0
_SAY_EVERY = 0.5

_log = structlog.get_logger(__name__)


class ExportDesk:
    """Makes exports and lets them go when they are old."""

    def __init__(self, db: Database, blobs: Blobs, clock: Clock, analyzers: AnalyzerHub, settings: Settings) -> None:
        self.cuttings = Cuttings(analyzers, clock)
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._kept = int(settings.export_days * DAY)
        self._folder = settings.data_dir / "exporting"
        self._maker = Maker(settings.data_dir, clock)
        self._more = asyncio.Event()

    def wake(self) -> None:
        """There is one more to make."""
        self._more.set()

    async def run(self) -> None:
        """Work until cancelled."""
        shutil.rmtree(self._folder, ignore_errors=True)
        while True:
            self._more.clear()
            try:
                while await self.make_next():
                    pass
            except DoorwatchError as error:
                _log.warning("exports wait for the database", error=str(error))
            await within(self._clock, self._more.wait(), _LOOK_EVERY)

    async def make_next(self) -> bool:
        """Make the export that waits longest; whether there was one."""
        now = self._clock.now()
        taken = await self._db.write(lambda conn: exports.take(conn, now))
        if taken is None:
            return False
        account, export = taken
        try:
            await self._make(account, export)
        except (DoorwatchError, BlobError) as error:
            await self._failed(account, export, str(error))
        except OSError as error:
            text = f"the files cannot be written ({error.strerror}): make room on the disk of the data folder, export again"
            await self._failed(account, export, text)
        return True

    async def public_key(self) -> PublicKey:
        """With what the bundles of this installation are verified."""
        return (await self._db.write(lambda conn: EvidenceKey.of_installation(conn, self._clock.now()))).public

    async def forget(self, account: str) -> None:
        """Delete the files of exports that are older than they are kept, or that an erasure withdrew."""
        before = self._clock.now() - self._kept
        for export in await self._db.read(lambda conn: exports.useless(conn, account, before)):
            await self.drop(account, export.export_id)

    async def drop(self, account: str, export_id: str) -> Export:
        """Delete an export's file, or let it not be made any more. Raises UnknownError."""
        former = await self._db.write(lambda conn: exports.drop(conn, account, export_id))
        if former.blob is not None:
            try:
                await asyncio.to_thread(self._blobs.delete, former.blob)
            except BlobError as error:
                _log.warning("the file of an export stays", blob=former.blob, error=str(error))
        return former

    async def _make(self, account: str, export: Export) -> None:
        wish, said = Wish.read(export.wish), [self._clock.monotonic()]
        contents = await self._db.read(
            lambda conn: read_contents(conn, account, export.incident_id, wish, self._clock.now())
        )
        key = await self._db.write(lambda conn: EvidenceKey.of_installation(conn, self._clock.now()))
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

        def find(view: View) -> AsyncIterator[Footage | NoFootageError]:
            return footage.find(account, view, contents, wish, blobs=self._blobs, cuttings=self.cuttings)

        async def progress(share: float) -> None:
            if self._clock.monotonic() - said[0] >= _SAY_EVERY:
                said[0] = self._clock.monotonic()
                await self._say(account, export, progress=round(95 * share))

        blob = f"exports/{account}/{export.export_id}.zip"
        with TemporaryDirectory(dir=self._folder) as folder:
            bundle, missing = await self._maker.make(export, contents, key, Path(folder), find=find, progress=progress)
            size, sha256 = await asyncio.to_thread(self._keep, bundle, blob)
        try:
            await self._say(
                account,
                export,
                state=exports.READY,
                progress=100,
                blob=blob,
                bytes=size,
                sha256=sha256,
                message="\n".join(missing) or None,
            )
        except ExportError:
            await asyncio.to_thread(self._blobs.delete, blob)
            raise

    def _keep(self, bundle: Path, blob: str) -> tuple[int, str]:
        """Put the bundle among the blobs; its length and its hash. Raises BlobError, OSError."""
        with bundle.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self._blobs.put(blob, file)
        return bundle.stat().st_size, sha256

    async def _say(self, account: str, export: Export, **values: object) -> None:
        now: Micros = self._clock.now()

        def say(conn: Connection) -> bool:
            return exports.say(conn, account, export.export_id, now, **values)

        if not await self._db.write(say):
            raise ExportError("it was not wanted any more")

    async def _failed(self, account: str, export: Export, why: str) -> None:
        _log.warning("an export was not made", export=export.export_id, reason=why)
        now = self._clock.now()
        await self._db.write(
            lambda conn: exports.say(conn, account, export.export_id, now, state=exports.FAILED, message=why)
        )
