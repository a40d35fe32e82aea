"""Evidence over HTTP: a picture or a clip out of the blob store, whole or a range of it."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from doorwatch.blobs import BlobMissingError
from doorwatch.server.errors import ApiError
from doorwatch.server.services import Services
from doorwatch.store import evidence, incidents

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PIECE = 1 << 18
_TYPES = {"picture.jpg": "image/jpeg", "clip.mp4": "video/mp4"}


async def evidence_response(
    parts: Services,
    request: Request,
    account: str,
    incident_id: str,
    kind: str,
    cameras: Collection[str] | None = None,
) -> Response:
    """The answer to a request for a piece of evidence, of one of the cameras where these are given.

    Raises UnknownError, or ApiError with 404.
    """
    piece = await parts.db.read(lambda conn: evidence.of_incidents(conn, account, [incident_id]))
    found = piece.get(incident_id, {}).get(kind)
    if cameras is not None and (found is None or found.camera_id not in cameras):
        raise ApiError(
            404, f"there is no {kind.partition('.')[0]} of this incident by a camera that is shared with you"
        )
    if found is None:
        await parts.db.read(lambda conn: incidents.get(conn, account, incident_id))
        raise ApiError(404, f"the {kind.partition('.')[0]} of this incident has not arrived from the analyzer yet")
    try:
        file = await asyncio.to_thread(parts.blobs.open, found.blob)
    except BlobMissingError:
        raise ApiError(404, f"the {kind.partition('.')[0]} of this incident was removed from the blob store") from None
    return ranged(request, file, found.bytes, _TYPES[kind], f'"{found.stored_at:x}"')


def ranged(request: Request, file: BinaryIO, size: int, media_type: str, etag: str) -> Response:
    """A file, or the one range of it that was asked for; closes the file."""
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, max-age=60"}
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", etag) != etag:
        headers["Content-Length"] = str(size)
        return StreamingResponse(_pieces(file, 0, size), 200, headers, media_type)
    span = parse_range(asked, size)
    if span is None:
        file.close()
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = span
    headers |= {"Content-Range": f"bytes {start}-{end}/{size}", "Content-Length": str(end - start + 1)}
    return StreamingResponse(_pieces(file, start, end - start + 1), 206, headers, media_type)


def parse_range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the range asked for; None when there is no such range in a file of that size."""
    match = _RANGE.fullmatch(text.strip())
    if match is None or not any(match.groups()) or size == 0:
        return None
    first, last = match.groups()
    if not first:
        wanted = min(int(last), size)
        return (size - wanted, size - 1) if wanted else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


async def _pieces(file: BinaryIO, start: int, length: int) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(file.seek, start)
        while length > 0:
            piece = await asyncio.to_thread(file.read, min(_PIECE, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
    finally:
        file.close()
