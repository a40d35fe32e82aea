"""`/api/last-events`: when doors were last heard of, for the rows of a page that are in sight."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import to_iso
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, Identifier, Request, Time
from doorwatch.server.auth import Guest, Parts
from doorwatch.store import configuration, doors

router = APIRouter(tags=["doors"], responses=ERRORS)


class LastEventsInput(Request):
    """The doors that are asked for."""

    door_ids: Annotated[list[Identifier], Field(max_length=1000)]


class DoorLastEvent(Answer):
    """The newest access event of a door."""

    door_id: str
    at: Time
    event_type: str


@router.post("/api/last-events")
async def last_events(body: LastEventsInput, caller: Guest, parts: Parts) -> list[DoorLastEvent]:
    """When some doors were last heard of; those of which nothing was heard yet, or that there are not, are left out."""
    now, shared = parts.clock.now(), caller.cameras

    def read(conn: Connection) -> list[DoorLastEvent]:
        asked = set(body.door_ids)
        if shared is not None:
            mapped = configuration.current_mappings(conn, caller.account, now)
            asked = {door_id for door_id in asked if shared & set(mapped.get(door_id, ()))}
        heard = doors.last_events(conn, caller.account, asked)
        return [
            DoorLastEvent(door_id=door_id, at=to_iso(at), event_type=event_type)
            for door_id, (at, event_type) in sorted(heard.items())
        ]

    return await parts.db.read(read)
