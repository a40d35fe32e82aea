"""`/api/analyzer/...`: what analyzers post about cameras, people and recorded video."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from doorwatch.blobs import BlobError
from doorwatch.domain.time import Micros
from doorwatch.server.errors import ApiError
from doorwatch.server.evidence import evidence_blob, snapshot_blob
from doorwatch.server.exporting.footage import Footage, NoFootageError
from doorwatch.server.ingest.analyzer_wire import items_of, read_camera, read_crossings, read_interval, read_segment
from doorwatch.server.ingest.batch import Batch, ItemError, bad_item
from doorwatch.server.ingest.body import admit, answer, json_body, lean_route, partly, whole
from doorwatch.server.ingest.pacs_wire import convert, wire_time
from doorwatch.server.permissions import Permission, needs
from doorwatch.server.room import Disk
from doorwatch.server.services import Services
from doorwatch.store import cameras, coverage, crossings, segments
from doorwatch.store.cameras import CameraStatus
from doorwatch.store.evidence import KINDS, Evidence

_JPEG = b"\xff\xd8\xff"
_UNKNOWN_CAMERA = "this camera is not known here: read the newest configuration"
_UNKNOWN_DOOR = "this camera or door is not known here: read the newest configuration"
_KNOWN_CODES = frozenset({100, 200, 400, 401, 404, 408, 500})


@needs(Permission.ANALYZER_WRITE)
async def post_crossings(request: Request) -> Response:
    """Store crossings; 2xx means that they are committed."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    try:
        batch = read_crossings(await json_body(request))
    except ItemError as error:
        raise whole(error) from None
    now = parts.clock.now()
    stored = await parts.db.write(lambda conn: crossings.store_crossings(conn, caller.account, batch.good, now))
    parts.watch.wake()
    refused = [bad_item(batch.items[position][0], "door_id", _UNKNOWN_DOOR) for position in stored.refused]
    return partly("crossing", len(batch.items) - len(refused), batch.errors + refused)


@needs(Permission.ANALYZER_WRITE)
async def post_coverage(request: Request) -> Response:
    """Note the time for which cameras really saw."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    batch = await _batch(request, "coverage", read_interval)
    now = parts.clock.now()
    spans = [coverage.CameraSpan(*item) for item in batch.good]
    await parts.db.write(lambda conn: coverage.add_camera_spans(conn, caller.account, spans, now))
    parts.watch.wake()
    return partly("coverage", len(spans), batch.errors)


@needs(Permission.ANALYZER_WRITE)
async def post_cameras(request: Request) -> Response:
    """Note how cameras are."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    batch = await _batch(request, "cameras", read_camera)
    now = parts.clock.now()
    said = {wire.camera_id: _status(wire, now) for wire in batch.good}
    await parts.health.cameras_said(caller.account, said)
    return partly("camera", len(batch.items), batch.errors)


@needs(Permission.ANALYZER_WRITE)
async def post_segments(request: Request) -> Response:
    """Take rows for recorded files, and take note of files that were deleted."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    body = await json_body(request)
    if isinstance(body, dict) and isinstance(body.get("deleted"), list):
        gone = [str(segment_id) for segment_id in body["deleted"]]
        await parts.db.write(lambda conn: segments.drop_garbage(conn, caller.account, gone))
        if "segments" not in body:
            return answer({"deleted": len(gone)})
    try:
        batch = Batch.of(items_of(body, "segments"), read_segment)
    except ItemError as error:
        raise whole(error) from None
    unknown = await parts.db.write(lambda conn: segments.store_segments(conn, caller.account, batch.good))
    refused = [bad_item(batch.items[position][0], "camera_id", _UNKNOWN_CAMERA) for position in unknown]
    return partly("segment", len(batch.items) - len(refused), batch.errors + refused)


@needs(Permission.ANALYZER_WRITE)
async def put_disk(request: Request) -> Response:
    """Take note of how full an analyzer's disk is, and have the oldest recordings deleted where that is too full."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    try:
        disk: Disk = convert(await json_body(request), Disk)
    except ItemError as error:
        raise whole(error) from None
    removed = await parts.room.told(caller.account, caller.token_id or caller.name, disk)
    if removed:
        await parts.caretaker.tell_garbage(caller.account)
    return answer({"removed_bytes": removed})


@needs(Permission.ANALYZER_WRITE)
async def put_evidence(request: Request) -> Response:
    """Keep the picture or the clip of an incident."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    incident_id, kind = request.path_params["incident_id"], request.path_params["kind"]
    if kind not in KINDS:
        raise ApiError(404, f"evidence is {' or '.join(KINDS)}, not {kind}")
    start, duration, revision = _times(request)
    data = await request.body()
    if not data:
        raise ApiError(422, "the body is empty: send the picture or the clip itself")
    if not _is_of(kind, data):
        raise ApiError(422, f"the body is no {'JPEG picture' if kind == 'picture.jpg' else 'MP4 video'}")
    piece = Evidence(
        incident_id=incident_id,
        kind=kind,
        camera_id=request.headers.get("x-camera-id", ""),
        blob=evidence_blob(caller.account, incident_id, kind),
        bytes=len(data),
        start=start,
        duration_us=duration,
        revision=revision,
        stored_at=parts.clock.now(),
    )
    await parts.evidence.keep(caller.account, piece, data)
    return answer({"stored": 1}, 201)


@needs(Permission.ANALYZER_WRITE)
async def put_snapshot(request: Request) -> Response:
    """Keep the newest picture of a camera."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    camera_id = request.path_params["camera_id"]
    await parts.db.read(lambda conn: cameras.get_camera(conn, caller.account, camera_id))
    data = await request.body()
    if not data.startswith(_JPEG):
        raise ApiError(422, "the body is no JPEG picture")
    await _put(parts, snapshot_blob(caller.account, camera_id), data)
    parts.snapshots.arrived((caller.account, camera_id), parts.clock.monotonic())
    return answer({"stored": 1}, 201)


@needs(Permission.ANALYZER_WRITE)
async def put_still(request: Request) -> Response:
    """Keep what a door's camera saw at an access event."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    data = await request.body()
    if not data.startswith(_JPEG):
        raise ApiError(422, "the body is no JPEG picture")
    try:
        await parts.stills.keep(caller.account, request.path_params["moment_id"], data)
    except BlobError as error:
        raise ApiError(503, str(error), headers={"Retry-After": "10"}) from error
    return answer({"stored": 1}, 201)


@needs(Permission.ANALYZER_WRITE)
async def put_answer(request: Request) -> Response:
    """Pass an answer on to whoever asked the analyzer about a camera."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    told = await json_body(request)
    if not isinstance(told, dict):
        raise ApiError(422, "an answer is an object with the key answer or error")
    if not parts.control.inquiries.answered(caller.account, request.path_params["request_id"], told):
        raise ApiError(404, "nobody waits for this answer any more")
    return answer({"taken": 1})


@needs(Permission.ANALYZER_WRITE)
async def put_replay(request: Request) -> Response:
    """Pass on what was recorded to whoever looks back at it."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    headers = {name: request.headers[name] for name in _REPLAYED if name in request.headers}
    told = {"answer": {"data": await request.body(), "headers": headers}}
    if not parts.control.inquiries.answered(caller.account, request.path_params["request_id"], told):
        raise ApiError(404, "nobody waits for this answer any more")
    return answer({"taken": 1})


_REPLAYED = ("content-type", "x-start", "x-until", "x-codec")


@needs(Permission.ANALYZER_WRITE)
async def put_cut(request: Request) -> Response:
    """Pass a piece of a recording, or why there is none, on to the export that waits for it."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    data = await request.body()
    found: Footage | NoFootageError
    if request.headers.get("content-type", "").startswith("text/plain"):
        found = NoFootageError(
            data.decode("utf-8", "replace")[:500] or "the analyzer could not cut it: look at its log"
        )
    elif not _is_of("clip.mp4", data):
        raise ApiError(422, "the body is no MP4 video")
    else:
        start, duration, _ = _times(request)
        found = Footage(data, start, start + duration, "cut from the recording")
    if not parts.exports.cuttings.arrived(caller.account, request.path_params["request_id"], found):
        raise ApiError(404, "nobody waits for this piece any more")
    return answer({"taken": 1})


def _times(request: Request) -> tuple[Micros, Micros, int]:
    """Capture time of the first picture, the length, and the incident's revision, out of the headers. Raises ApiError."""
    headers = request.headers
    try:
        start = wire_time(headers.get("x-start", ""), "X-Start")
        return start, int(headers.get("x-duration-us", "0")), int(headers.get("x-revision", "1"))
    except ValueError as error:
        raise ApiError(422, f"the headers X-Start, X-Duration-Us or X-Revision are wrong: {error}") from None


def _is_of(kind: str, data: bytes) -> bool:
    """Whether the bytes begin as this kind of evidence does: browsers are told that it is one."""
    return data.startswith(_JPEG) if kind == "picture.jpg" else data[4:8] == b"ftyp"


async def _put(parts: Services, name: str, data: bytes) -> None:
    try:
        await asyncio.to_thread(parts.blobs.put, name, data)
    except BlobError as error:
        raise ApiError(503, str(error), headers={"Retry-After": "10"}) from error


async def _batch(request: Request, name: str, read: Any) -> Batch[Any]:
    try:
        return Batch.of(items_of(await json_body(request), name), read)
    except ItemError as error:
        raise whole(error) from None


def _status(wire: Any, now: int) -> CameraStatus:
    return CameraStatus(
        code=wire.code if wire.code in _KNOWN_CODES else 500,
        message=wire.message or None,
        at=now,
        width=wire.width,
        height=wire.height,
        fps=wire.fps,
        codec=wire.codec,
        last_frame_at=None if wire.last_frame_at is None else wire_time(wire.last_frame_at, "last_frame_at"),
        latency_ms=wire.latency_ms,
        detector=wire.detector,
        skew_ms=wire.skew_ms,
    )


ROUTES = [
    lean_route("/api/analyzer/crossings", post_crossings, "POST"),
    lean_route("/api/analyzer/coverage", post_coverage, "POST"),
    lean_route("/api/analyzer/cameras", post_cameras, "POST"),
    lean_route("/api/analyzer/segments", post_segments, "POST"),
    lean_route("/api/analyzer/disk", put_disk, "PUT"),
    lean_route("/api/analyzer/evidence/{incident_id}/{kind}", put_evidence, "PUT"),
    lean_route("/api/analyzer/snapshot/{camera_id}", put_snapshot, "PUT"),
    lean_route("/api/analyzer/stills/{moment_id:path}", put_still, "PUT"),
    lean_route("/api/analyzer/answers/{request_id}", put_answer, "PUT"),
    lean_route("/api/analyzer/replays/{request_id}", put_replay, "PUT"),
    lean_route("/api/analyzer/cuts/{request_id}", put_cut, "PUT"),
]
