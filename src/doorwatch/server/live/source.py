"""What the event stream reads: committed moments, and the whole incident with each moment that shows one."""

from collections.abc import Mapping
from functools import partial

from pydantic import BaseModel
from sqlalchemy import Connection

from doorwatch.server.api import happening_shapes, happening_views, narrow, views
from doorwatch.server.live.feed import Entry, Source
from doorwatch.store import moment_reading
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError


class MomentSource(Source):
    """Moments as events of the stream, an incident's own event before its moment."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def newest(self, account: str) -> int:
        """The highest sequence committed."""
        return await self._db.read(lambda conn: moment_reading.last_sequence(conn, account))

    async def after(self, account: str, sequence: int, limit: int) -> list[Entry]:
        """What came after `sequence`, in the order of commits."""
        return await self._db.read(lambda conn: _entries(conn, account, sequence, limit))


def _entries(conn: Connection, account: str, sequence: int, limit: int) -> list[Entry]:
    found = moment_reading.since(conn, account, sequence, limit)
    if not found:
        return []
    names = views.Names.read(conn, account)
    entries: list[Entry] = []
    for moment in found:
        pictures: dict[str, str | None] = {}
        if moment.incident_id is not None:
            detail = happening_views.incident_detail(conn, account, moment.incident_id)
            pictures[moment.incident_id] = detail.picture_camera_id
            entries.append(Entry("incident", _encoded(detail), narrowed=partial(_incident, detail)))
        shape = happening_views.moment_shape(moment, names)
        entries.append(Entry("moment", _encoded(shape), moment.sequence, partial(_moment, shape, pictures)))
    return entries


def _incident(shape: happening_shapes.IncidentDetail, cameras: frozenset[str]) -> bytes | None:
    try:
        return _encoded(narrow.incident(shape, cameras))
    except UnknownError:
        return None


def _moment(
    shape: happening_shapes.MomentShape, pictures: Mapping[str, str | None], cameras: frozenset[str]
) -> bytes | None:
    told = narrow.moment(shape, cameras, pictures)
    return None if told is None else _encoded(told)


def _encoded(shape: BaseModel) -> bytes:
    return shape.model_dump_json(by_alias=True).encode()
