"""Pictures for callbacks: links to what a camera saw, which work without signing in until they end, and what they show."""

import asyncio
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from doorwatch.alerts.images import Image
from doorwatch.blobs import Blobs
from doorwatch.domain.time import DAY, Clock
from doorwatch.server.links import Links
from doorwatch.server.stills import still_blob
from doorwatch.store import evidence, moment_reading
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.moments import MomentKind

LASTS = DAY
"""How long the link of a picture works once its post was sent."""


class Pictures:
    """Finds pictures of moments and makes links to them; `base` is the address of this server."""

    def __init__(self, db: Database, blobs: Blobs, clock: Clock, links: Links, base: str) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._links = links
        self._base = base

    async def find(self, account: str, callback_id: str, moment_ids: Sequence[str]) -> Mapping[str, Image]:
        """The pictures that there are of these moments, each with a link for this callback."""
        until = self._clock.now() + LASTS
        named = await self._db.read(lambda conn: _blobs_of(conn, account, moment_ids))
        sizes = await asyncio.to_thread(lambda: {one: self._blobs.size(name) for one, name in named.items()})
        return {
            one: Image(
                size, f"{self._base}/share/pictures/{self._links.picture(account, callback_id, one, until)}", until
            )
            for one, size in sizes.items()
            if size is not None
        }

    async def get(self, account: str, moment_id: str) -> bytes:
        """The picture of a moment. Raises UnknownError, BlobMissingError."""
        named = await self._db.read(lambda conn: _blobs_of(conn, account, [moment_id]))
        if moment_id not in named:
            raise UnknownError("there is no picture of this moment")
        return await asyncio.to_thread(self._blobs.get, named[moment_id])


def _blobs_of(conn: Connection, account: str, moment_ids: Sequence[str]) -> dict[str, str]:
    """Moment id to the blob of its picture; whether it is there is another question."""
    found = {}
    for moment in moment_reading.get_many(conn, account, moment_ids):
        if moment.kind is not MomentKind.INCIDENT:
            found[moment.moment_id] = still_blob(account, moment.moment_id, moment.at)
            continue
        incident_id = moment.incident_id or ""
        piece = evidence.of_incidents(conn, account, [incident_id]).get(incident_id, {}).get("picture.jpg")
        if piece is not None:
            found[moment.moment_id] = piece.blob
    return found
