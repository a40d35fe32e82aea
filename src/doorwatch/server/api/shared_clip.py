"""The clip of a shared incident in a codec that every browser plays, where it was recorded in one that few do."""

import asyncio

from fastapi import Request, Response

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.fmp4 import codec_name
from doorwatch.server.api.playable import clip_response
from doorwatch.server.errors import ApiError
from doorwatch.server.exporting.footage import of_kept
from doorwatch.server.exporting.playable import FAILED, READY, Standing, Wanted
from doorwatch.server.exporting.process import ExportError
from doorwatch.server.services import Services
from doorwatch.store import evidence
from doorwatch.store.evidence import Evidence

WAITED: Micros = 50 * SECOND
"""So long a browser is left to wait for the clip that it asked for; proxies give up after a minute."""

_HEAD = 1 << 16
_LOOK_EVERY = 0.25


async def kept_clip(parts: Services, account: str, incident_id: str) -> Evidence | None:
    """The clip that is kept with an incident; None while there is none."""
    found = await parts.db.read(lambda conn: evidence.of_incidents(conn, account, [incident_id]))
    return found.get(incident_id, {}).get("clip.mp4")


async def codec_of(blobs: Blobs, kept: Evidence) -> str:
    """The codec of a kept clip as browsers ask for it; `unknown` where its head does not tell."""

    def head() -> bytes:
        with blobs.open(kept.blob) as file:
            return file.read(_HEAD)

    try:
        return codec_name(await asyncio.to_thread(head))
    except BlobError:
        return "unknown"


def plays_in_few(codec: str) -> bool:
    """Whether many browsers do not play a codec."""
    return codec.startswith("hvc1")


async def playable_response(parts: Services, request: Request, account: str, incident_id: str) -> Response:
    """The clip of an incident made playable: whoever asks first has it made, and waits. Raises ApiError."""
    kept = await kept_clip(parts, account, incident_id)
    if kept is None:
        raise ApiError(404, "the clip of this incident has not arrived from the analyzer yet")
    wanted = Wanted.of_incident(account, kept)
    try:
        standing = await parts.playable.ask(wanted, lambda: of_kept(parts.blobs, kept))
    except ExportError as error:
        raise ApiError(503, str(error), headers={"Retry-After": "30"}) from error
    standing = await _waited(parts, wanted, standing)
    if standing.state == FAILED:
        raise ApiError(503, standing.message or "the clip could not be made playable")
    if standing.state != READY:
        raise ApiError(503, "the clip is still being made: load the page again", headers={"Retry-After": "10"})
    return await clip_response(parts, request, wanted)


async def _waited(parts: Services, wanted: Wanted, standing: Standing) -> Standing:
    until = parts.clock.monotonic() + WAITED / SECOND
    while standing.state not in {READY, FAILED} and parts.clock.monotonic() < until:
        await parts.clock.sleep(_LOOK_EVERY)
        standing = await parts.playable.standing(wanted)
    return standing
