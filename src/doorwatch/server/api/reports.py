"""`/api/reports`: numbers per door."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.domain.time import SECOND
from doorwatch.server.api import shapes, views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Viewer
from doorwatch.store import doors
from doorwatch.store.summaries import DoorCounts, count_by_door

router = APIRouter(tags=["reports"], responses=ERRORS)


@router.get("/api/reports/summary")
async def summary(
    caller: Viewer, parts: Parts, days: Annotated[int, Query(ge=1, le=366)] = 7
) -> list[shapes.DoorSummary]:
    """What happened at each door in the last days, today included, in the site's zone."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[shapes.DoorSummary]:
        zone = views.site_of(conn, caller.account).time_zone
        counts = count_by_door(conn, caller.account, views.midnight(now, zone, days - 1), now + SECOND)
        return [
            _summary(door.door_id, door.name, counts.get(door.door_id, DoorCounts()))
            for door in doors.list_doors(conn, caller.account)
        ]

    return await parts.db.read(read)


def _summary(door_id: str, name: str, counts: DoorCounts) -> shapes.DoorSummary:
    return shapes.DoorSummary(
        door=shapes.NamedDoor(door_id=door_id, name=name),
        grants=counts.grants,
        entries_in=counts.crossings_in,
        entries_out=counts.crossings_out,
        incidents=dict(counts.incidents),
        reviewed=sum(count for review, count in counts.reviews.items() if review != "new"),
    )
