"""`/api/pacs/...`: what gateways and other drivers post about doors."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from doorwatch.domain.access import AccessEvent
from doorwatch.server.auth import Producer
from doorwatch.server.errors import ApiError
from doorwatch.server.ingest.batch import ItemError
from doorwatch.server.ingest.body import admit, answer, json_body, lean_route, partly, whole
from doorwatch.server.ingest.pacs_wire import (
    clean,
    read_coverage,
    read_devices,
    read_events,
    read_gateway_id,
    storable,
    wire_time,
)
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller, Permission, needs
from doorwatch.server.services import Services
from doorwatch.store import coverage, doors, gateway_reports
from doorwatch.store.audit_trail.acts import Act

EVENTS_PATH = "/api/pacs/webhooks"


@needs(Permission.PACS_WRITE)
async def post_events(request: Request) -> Response:
    """Store access events; 2xx means that they are committed."""
    parts, caller = await admit(request, Permission.PACS_WRITE)
    try:
        batch = read_events(await json_body(request))
    except ItemError as error:
        raise whole(error) from None
    # No person holds this permission: whoever has it came with a token.
    producer = Producer(caller.account, pacs_of(caller), caller.token_id or "")
    await take_in(parts, producer, batch.good)
    return partly("access_event", len(batch.items), batch.errors)


async def take_in(parts: Services, producer: Producer, events: Sequence[AccessEvent]) -> None:
    """Store events; when this returns they are committed.

    Raises ApiError with 429 when the token stored too many already, and what the store raises.
    """
    allow(parts, producer, events)
    await parts.gathering.store((producer.account, producer.pacs), events)


def allow(parts: Services, producer: Producer, events: Sequence[AccessEvent]) -> None:
    """Count events against what the token may store. Raises ApiError with 429 when it stored too many already."""
    seconds = parts.allowances.take(producer.token_id, len(events))
    if seconds:
        text = f"this token sends more events than it may; send the rest in {seconds} s, or raise DOORWATCH_INGEST_RATE"
        raise ApiError(429, text, headers={"Retry-After": str(seconds)})


@needs(Permission.PACS_WRITE)
async def post_devices(request: Request) -> Response:
    """Take the list of doors of one gateway: it replaces that gateway's former list."""
    parts, caller = await admit(request, Permission.PACS_WRITE)
    body = await json_body(request)
    try:
        batch = read_devices(body)
        gateway_id = read_gateway_id(body)
    except ItemError as error:
        raise whole(error) from None
    if batch.errors:
        # Half a list would make the other half stale.
        raise ApiError(422, f"the list is not taken: {batch.errors[0]['error']}", stored=0, errors=batch.errors)
    now = parts.clock.now()
    account, pacs = caller.account, pacs_of(caller)

    def keep(conn: Connection) -> doors.DeviceListResult:
        stored = doors.store_device_list(conn, account, pacs, batch.good, now, gateway_id=gateway_id)
        if stored.stale:
            note(conn, caller, now, Act.DOORS_DROP, pacs, {"gateway_id": gateway_id, "door_ids": list(stored.stale)})
        return stored

    result = await parts.db.write(keep)
    parts.feed.publish(account, "door", {"doors": result.doors})
    held = {} if result.held is None else {"held": result.held}
    return answer({"doors": result.doors, **held})


@needs(Permission.PACS_WRITE)
async def get_devices(request: Request) -> Response:
    """The stored list of doors of the token's PACS."""
    parts, caller = await admit(request, Permission.PACS_WRITE)
    account, pacs = caller.account, pacs_of(caller)

    def read(conn: Connection) -> list[dict[str, Any]]:
        mine = [door for door in doors.list_doors(conn, account) if door.pacs_id == pacs and not door.stale]
        return [{"device_id": door.device_id, "device_name": door.name} for door in mine]

    return answer({"devices": await parts.db.read(read)})


@needs(Permission.PACS_WRITE)
async def post_coverage(request: Request) -> Response:
    """Note for which time the gateway held all events, and what it is subscribed to."""
    parts, caller = await admit(request, Permission.PACS_WRITE)
    try:
        wire = read_coverage(await json_body(request))
        said = coverage.PacsCoverage(
            wire_time(wire.covered_from, "covered_from"),
            wire_time(wire.covered_until, "covered_until"),
            None if wire.subscribed is None else tuple(clean(name, "subscribed") for name in wire.subscribed),
            None if wire.refused is None else tuple(clean(name, "refused") for name in wire.refused),
            None if wire.uncovered_from is None else wire_time(wire.uncovered_from, "uncovered_from"),
        )
    except ItemError as error:
        raise whole(error) from None
    now = parts.clock.now()
    account, pacs = caller.account, pacs_of(caller)
    await parts.db.write(lambda conn: coverage.store_pacs_coverage(conn, account, pacs, said, now))
    parts.watch.wake()
    return answer({"covered_until": wire.covered_until})


def _report_handler(kind: str) -> Any:
    @needs(Permission.PACS_WRITE)
    async def post_report(request: Request) -> Response:
        """Keep what the gateway reports of itself; the newest thousand stay."""
        parts, caller = await admit(request, Permission.PACS_WRITE)
        body = await json_body(request)
        found = body.get(kind) if isinstance(body, dict) else None
        if not isinstance(found, dict if kind == "stats" else list):
            example = {"stats": '{"stats": {...}}'}.get(kind, f'{{"{kind}": [...]}}')
            raise ApiError(422, f"the body must be an object such as {example}", field=kind)
        now = parts.clock.now()
        account, pacs = caller.account, pacs_of(caller)
        try:
            items = [storable(item) for item in ([found] if isinstance(found, dict) else found)]
        except ItemError as error:
            raise whole(error) from None
        if None in items:
            position = items.index(None)
            raise ApiError(422, f"item {position} of {kind} is null: leave it out", field=f"{kind}.{position}")
        await parts.db.write(lambda conn: gateway_reports.add(conn, account, pacs, kind, items, now))
        return answer({"stored": len(items)})

    return post_report


def pacs_of(caller: Caller) -> str:
    """The PACS that the token writes for. Raises ApiError when it is of none."""
    if caller.pacs is None:
        raise ApiError(403, "this token belongs to no access control system: issue one of the kind gateway")
    return caller.pacs


ROUTES = [
    lean_route(EVENTS_PATH, post_events, "POST"),
    lean_route("/api/pacs/devices", post_devices, "POST"),
    lean_route("/api/pacs/devices", get_devices, "GET"),
    lean_route("/api/pacs/coverage", post_coverage, "POST"),
    *(lean_route(f"/api/pacs/{kind}", _report_handler(kind), "POST") for kind in ("stats", "logs", "errors")),
]
