"""`/api/holds`, `/api/incidents/{id}/holds`: evidence that is kept, why, by whom and until when."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import from_iso, to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.hold_shapes import HoldShape, hold_shape
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import holds
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["holds"], responses=ERRORS)


class HoldInput(shapes.Request):
    """Why evidence is kept, and until when; without an end somebody has to end it."""

    reason: Annotated[str, Field(min_length=3, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$")]
    until: Annotated[str, Field(max_length=40, description="ISO 8601")] | None = None


@router.get("/api/holds")
async def list_holds(caller: Viewer, parts: Parts) -> list[HoldShape]:
    """All holds of the account, the newest first; those that ended, too."""
    found = await parts.db.read(lambda conn: holds.list_holds(conn, caller.account))
    return [hold_shape(hold) for hold in found]


@router.post("/api/incidents/{incident_id}/holds", status_code=201)
async def place_hold(incident_id: shapes.PathId, body: HoldInput, caller: Manager, parts: Parts) -> HoldShape:
    """Keep picture, clip and recording of an incident: nothing deletes, replaces or cleans them while a hold is on them."""
    now = parts.clock.now()
    until = None if body.until is None else _time(body.until)

    def place(conn: Connection) -> holds.Hold:
        reason = body.reason.strip()
        hold = holds.place(conn, caller.account, incident_id, reason=reason, by=caller.name, now=now, until=until)
        detail = {"hold_id": hold.hold_id, "reason": reason, "until": None if until is None else to_iso(until)}
        note(conn, caller, now, Act.HOLD_PLACE, incident_id, detail)
        return hold

    return hold_shape(await parts.db.write(place))


@router.delete("/api/incidents/{incident_id}/holds/{hold_id}")
async def release_hold(incident_id: shapes.PathId, hold_id: shapes.PathId, caller: Manager, parts: Parts) -> HoldShape:
    """End a hold; that it was placed stays known."""
    now = parts.clock.now()

    def release(conn: Connection) -> holds.Hold:
        hold = holds.release(conn, caller.account, incident_id, hold_id, by=caller.name, now=now)
        note(conn, caller, now, Act.HOLD_RELEASE, incident_id, {"hold_id": hold_id, "reason": hold.reason})
        return hold

    return hold_shape(await parts.db.write(release))


def _time(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError:
        raise ApiError(422, f"until is {text!r}; expected a time such as 2026-01-31T18:00:00Z", field="until") from None
