"""What the event stream reads: committed moments, and the whole incident with each moment that shows one."""

from sqlalchemy import Connection

from doorwatch.server.api import views
from doorwatch.server.live.feed import Entry, Source
from doorwatch.store import moments
from doorwatch.store.database import Database


class MomentSource(Source):
    """Moments as events of the stream, an incident's own event before its moment."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def newest(self, account: str) -> int:
        """The highest sequence committed."""
        return await self._db.read(lambda conn: moments.last_sequence(conn, account))

    async def after(self, account: str, sequence: int, limit: int) -> list[Entry]:
        """What came after `sequence`, in the order of commits."""
        return await self._db.read(lambda conn: _entries(conn, account, sequence, limit))


def _entries(conn: Connection, account: str, sequence: int, limit: int) -> list[Entry]:
    found = moments.since(conn, account, sequence, limit)
    if not found:
        return []
    names = views.Names.read(conn, account)
    entries: list[Entry] = []
    for moment in found:
        if moment.incident_id is not None:
            shape = views.incident_detail(conn, account, moment.incident_id)
            entries.append(Entry("incident", shape.model_dump_json(by_alias=True).encode()))
        data = views.moment_shape(moment, names).model_dump_json(by_alias=True).encode()
        entries.append(Entry("moment", data, moment.sequence))
    return entries
