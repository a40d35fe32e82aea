"""`/api/camera-list`: all cameras as a table, to save, to edit and to bring back."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.camera_address import unmasked
from doorwatch.server import camera_csv
from doorwatch.server.api import views
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, Request
from doorwatch.server.api.tables import CSV, table
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.camera_csv import CameraListError, Plan
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import cameras

router = APIRouter(tags=["cameras"], responses=ERRORS)

_NAMED = 200


class CameraListInput(Request):
    """A table of cameras; with `apply` it is stored, without it is only told what it would change."""

    csv: Annotated[str, Field(max_length=1_000_000)]
    apply: bool = False


class CameraListChange(Answer):
    """A camera that changes, and in what."""

    name: str
    fields: list[str]


class CameraListFault(Answer):
    """A row that is left out; row 1 is the head."""

    row: int
    field: str
    error: str


class CameraListResult(Answer):
    """What a table changes, or would; at most 200 names each, `..._count` counts all."""

    applied: bool
    added: list[str]
    added_count: int
    changed: list[CameraListChange]
    changed_count: int
    unchanged_count: int
    faults: list[CameraListFault]
    fault_count: int


@router.get("/api/camera-list", response_class=Response, responses=CSV)
async def export_cameras(caller: Manager, parts: Parts) -> Response:
    """All cameras as a table; passwords are masked, and kept when the table comes back."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[tuple[object, ...]]:
        return [camera_csv.as_row(one, views.masked) for one in cameras.list_cameras(conn, caller.account)]

    rows = await parts.db.read(read)
    await parts.db.write(lambda conn: note(conn, caller, now, "camera.export", "all cameras", {"cameras": len(rows)}))
    return table("cameras.csv", camera_csv.EXPORTED, rows)


@router.post("/api/camera-list")
async def import_cameras(body: CameraListInput, caller: Manager, parts: Parts) -> CameraListResult:
    """Add and change cameras by a table: a patch by id or name. Rows with a fault are left out, the others taken."""
    now = parts.clock.now()

    def compare(conn: Connection) -> Plan:
        return camera_csv.plan(body.csv, cameras.list_cameras(conn, caller.account), unmasked)

    def keep(conn: Connection) -> Plan:
        made = compare(conn)
        wanted = [*made.added, *(camera for camera, _ in made.changed)]
        cameras.save_cameras(conn, caller.account, wanted, now)
        told = {
            "added": [one.name for one in made.added][:_NAMED],
            "changed": [one.name for one, _ in made.changed][:_NAMED],
        }
        note(conn, caller, now, "camera.import", "all cameras", told)
        return made

    try:
        made = await (parts.db.write(keep) if body.apply else parts.db.read(compare))
    except CameraListError as error:
        raise ApiError(422, str(error), field="csv") from error
    if body.apply:
        await parts.control.configure(caller.account)
        parts.feed.publish(caller.account, "camera", {"camera_id": None})
    return _result(made, applied=body.apply)


def _result(made: Plan, *, applied: bool) -> CameraListResult:
    return CameraListResult(
        applied=applied,
        added=[camera.name for camera in made.added[:_NAMED]],
        added_count=len(made.added),
        changed=[CameraListChange(name=camera.name, fields=list(fields)) for camera, fields in made.changed[:_NAMED]],
        changed_count=len(made.changed),
        unchanged_count=made.unchanged,
        faults=[CameraListFault(row=one.row, field=one.field, error=one.error) for one in made.faults[:_NAMED]],
        fault_count=len(made.faults),
    )
