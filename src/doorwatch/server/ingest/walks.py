"""`/api/analyzer/walks`: people followed through cameras' pictures, from which scenes are proposed."""

import itertools
import math
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from doorwatch.domain.proposal import Walk, WalkStep
from doorwatch.server.ingest.analyzer_wire import items_of
from doorwatch.server.ingest.batch import Batch, ItemError, bad_item
from doorwatch.server.ingest.body import admit, json_body, lean_route, partly, whole
from doorwatch.server.ingest.pacs_wire import LATEST, clean, convert, required
from doorwatch.server.permissions import Permission, needs
from doorwatch.store.walks import SeenWalk, store_walks

MOST_STEPS = 600
_LARGEST = 1e5
_UNKNOWN_CAMERA = "this camera is not known here: read the newest configuration"


class WireWalk(msgspec.Struct):
    """One person from the first box to the last: [microseconds, left, top, right, bottom] in pixels of `size`."""

    camera_id: str
    track: str
    size: tuple[int, int]
    steps: list[tuple[int, float, float, float, float]]


@needs(Permission.ANALYZER_WRITE)
async def post_walks(request: Request) -> Response:
    """Keep walks; 2xx means that they are committed."""
    parts, caller = await admit(request, Permission.ANALYZER_WRITE)
    try:
        batch = Batch.of(items_of(await json_body(request), "walks"), _walk)
    except ItemError as error:
        raise whole(error) from None
    unknown = await parts.db.write(lambda conn: store_walks(conn, caller.account, batch.good))
    refused = [bad_item(batch.items[position][0], "camera_id", _UNKNOWN_CAMERA) for position in unknown]
    return partly("walk", len(batch.items) - len(refused), batch.errors + refused)


def _walk(item: Any) -> SeenWalk:
    wire: WireWalk = convert(item, WireWalk)
    for name in ("camera_id", "track"):
        required(clean(getattr(wire, name), name), name)
    if not all(16 <= side <= _LARGEST for side in wire.size):
        raise ItemError("size", f"{list(wire.size)} is no [width, height] of a picture in pixels")
    if not 1 <= len(wire.steps) <= MOST_STEPS:
        raise ItemError("steps", f"a walk has 1 to {MOST_STEPS} steps, not {len(wire.steps)}")
    if not 0 <= wire.steps[0][0] <= wire.steps[-1][0] < LATEST:
        raise ItemError("steps", "the times of a walk are microseconds since 1970")
    steps = tuple(WalkStep(*step) for step in wire.steps)
    for step in steps:
        inside = all(math.isfinite(edge) and abs(edge) < _LARGEST for edge in step[1:])
        if not inside or step.right < step.left or step.bottom < step.top:
            raise ItemError("steps", f"{list(step)} is no [microseconds, left, top, right, bottom]")
    if any(later.at <= earlier.at for earlier, later in itertools.pairwise(steps)):
        raise ItemError("steps", "the times of a walk must rise")
    return SeenWalk(wire.camera_id, wire.size, Walk(wire.track, steps))


ROUTES = [lean_route("/api/analyzer/walks", post_walks, "POST")]
