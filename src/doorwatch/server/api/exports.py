"""`/api/incidents/{id}/exports`, `/api/exports`: evidence as one signed file, and the key that it is verified with."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.blobs import BlobMissingError
from doorwatch.domain.time import MINUTE, SECOND, Micros, from_iso, to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Reviewer, Viewer
from doorwatch.server.errors import ApiError
from doorwatch.server.exporting.contents import Wish
from doorwatch.server.files import ranged
from doorwatch.server.noting import note
from doorwatch.store import evidence, exports, incidents
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.exports import Export

router = APIRouter(tags=["exports"], responses=ERRORS)

LONGEST: Micros = 10 * MINUTE
"""So much video is exported at most, and it lies at most so far from the incident."""

_BEFORE, _AFTER = 5 * SECOND, 4 * SECOND
_ZIP: dict[int | str, dict[str, object]] = {200: {"content": {"application/zip": {}}}}
_PEM: dict[int | str, dict[str, object]] = {200: {"content": {"application/x-pem-file": {}}}}


class ExportInput(shapes.Request):
    """What is to be exported; without times it is what the incident's own clip shows."""

    start: Annotated[str | None, Field(alias="from", max_length=40, description="ISO 8601")] = None
    until: Annotated[str, Field(max_length=40, description="ISO 8601")] | None = None
    overlay: Annotated[bool, Field(description="Draw tiles, threshold and time into the video")] = True
    blur: Annotated[bool, Field(description="Hide people in the video; the unchanged recording is then left out")] = (
        False
    )
    original: Annotated[bool, Field(description="Add the recording as it is, not encoded anew")] = True


class ExportShape(shapes.Answer):
    """One export: how far it is, and where its file is once it is ready."""

    export_id: str
    incident_id: str
    state: str = Field(description="waiting, working, ready, failed or gone")
    progress: int = Field(description="0 to 100")
    message: str | None = Field(description="Why it failed; or what is missing in it, a line each")
    asked_by: str
    asked_at: shapes.Time
    wish: dict[str, object]
    bytes: int | None
    sha256: str | None
    url: str | None


class EvidenceKeyShape(shapes.Answer):
    """The public key with which exported evidence is verified."""

    algorithm: str
    fingerprint: str = Field(description="SHA-256 of the key's 32 bytes")
    pem: str


@router.post("/api/incidents/{incident_id}/exports", status_code=202)
async def ask_for_export(incident_id: shapes.PathId, body: ExportInput, caller: Reviewer, parts: Parts) -> ExportShape:
    """Have the evidence of an incident made into one signed file; ask for it again until it is ready."""
    now = parts.clock.now()

    def ask(conn: Connection) -> Export:
        wish = _wish(conn, caller.account, incident_id, body)
        made = exports.ask(conn, caller.account, incident_id, wish.told(), by=caller.name, now=now)
        note(conn, caller, now, Act.EVIDENCE_EXPORT, incident_id, {"export_id": made.export_id, **wish.told()})
        return made

    made = await parts.db.write(ask)
    parts.exports.wake()
    return _shape(made)


@router.get("/api/incidents/{incident_id}/exports")
async def exports_of_incident(incident_id: shapes.PathId, caller: Reviewer, parts: Parts) -> list[ExportShape]:
    """All exports that were ever asked for of an incident, the newest first."""
    found = await parts.db.read(lambda conn: exports.of_incident(conn, caller.account, incident_id))
    return [_shape(one) for one in found]


@router.get("/api/exports/{export_id}")
async def get_export(export_id: shapes.PathId, caller: Reviewer, parts: Parts) -> ExportShape:
    """How far an export is."""
    return _shape(await parts.db.read(lambda conn: exports.get(conn, caller.account, export_id)))


@router.delete("/api/exports/{export_id}")
async def drop_export(export_id: shapes.PathId, caller: Reviewer, parts: Parts) -> ExportShape:
    """Delete an export's file, or let it not be made; that it was asked for stays known."""
    now = parts.clock.now()
    former = await parts.exports.drop(caller.account, export_id)
    detail = {"export_id": export_id}
    await parts.db.write(lambda conn: note(conn, caller, now, Act.EVIDENCE_DROP, former.incident_id, detail))
    return _shape(await parts.db.read(lambda conn: exports.get(conn, caller.account, export_id)))


@router.get("/api/exports/{export_id}/evidence.zip", response_class=Response, responses=_ZIP)
async def export_file(export_id: shapes.PathId, request: Request, caller: Reviewer, parts: Parts) -> Response:
    """The signed file."""
    export = await parts.db.read(lambda conn: exports.get(conn, caller.account, export_id))
    if export.state != exports.READY or export.blob is None or export.bytes is None:
        raise ApiError(404, f"this export is {export.state}: it has no file, ask for another one")
    try:
        file = await asyncio.to_thread(parts.blobs.open, export.blob)
    except BlobMissingError:
        raise ApiError(404, "the file of this export was removed from the blob store: export again") from None
    # By the export and not by its incident: of two exports of one incident both are told.
    detail = {"incident_id": export.incident_id, "export_id": export_id}
    await parts.looks.note(caller, Act.EVIDENCE_FETCH, export_id, detail)
    answer = ranged(request, file, export.bytes, "application/zip", f'"{export.sha256}"')
    answer.headers["Content-Disposition"] = f'attachment; filename="doorwatch-evidence-{export_id}.zip"'
    return answer


@router.get("/api/evidence-key")
async def evidence_key(_caller: Viewer, parts: Parts) -> EvidenceKeyShape:
    """The public key of this installation, with which exported evidence is verified."""
    key = await parts.exports.public_key()
    return EvidenceKeyShape(algorithm="Ed25519", fingerprint=key.fingerprint, pem=key.pem)


@router.get("/api/evidence-key/public-key.pem", response_class=Response, responses=_PEM)
async def evidence_key_file(_caller: Viewer, parts: Parts) -> Response:
    """The same as a file to hand on."""
    key = await parts.exports.public_key()
    headers = {"Content-Disposition": 'attachment; filename="doorwatch-evidence-key.pem"'}
    return Response(key.pem, media_type="application/x-pem-file", headers=headers)


def _wish(conn: Connection, account: str, incident_id: str, body: ExportInput) -> Wish:
    """The wish with its times. Raises ApiError, UnknownError."""
    incident = incidents.get(conn, account, incident_id).incident
    clip = evidence.of_incidents(conn, account, [incident_id]).get(incident_id, {}).get("clip.mp4")
    start = clip.start if clip is not None else incident.start - _BEFORE
    end = clip.start + clip.duration_us if clip is not None else incident.end + _AFTER
    start = start if body.start is None else _time(body.start, "from")
    end = end if body.until is None else _time(body.until, "until")
    if end <= start:
        raise ApiError(422, "until lies before from: exchange them", field="until")
    if end - start > LONGEST:
        raise ApiError(422, f"at most {LONGEST // MINUTE} minutes are exported at once: ask for less", field="until")
    if end < incident.start - LONGEST or start > incident.end + LONGEST:
        raise ApiError(422, "this time has nothing to do with the incident: choose one beside it", field="from")
    return Wish(start, end, body.overlay, body.blur, body.original and not body.blur)


def _time(text: str, name: str) -> Micros:
    try:
        return from_iso(text)
    except ValueError:
        sentence = f"{name} is {text!r}; expected a time such as 2026-01-31T18:00:00Z"
        raise ApiError(422, sentence, field=name) from None


def _shape(export: Export) -> ExportShape:
    return ExportShape(
        export_id=export.export_id,
        incident_id=export.incident_id,
        state=export.state,
        progress=export.progress,
        message=export.message,
        asked_by=export.asked_by,
        asked_at=to_iso(export.asked_at),
        wish=export.wish,
        bytes=export.bytes,
        sha256=export.sha256,
        url=f"/api/exports/{export.export_id}/evidence.zip" if export.state == exports.READY else None,
    )
