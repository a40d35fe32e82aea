"""`/api/gateways`: how the gateways are, what they said lately, and lists of doors that wait for somebody."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.domain.time import Micros, to_iso
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.integration_shapes import AcceptListInput, GatewayShape, HeldListShape, ReportLine
from doorwatch.server.api.shapes import Done, PathId
from doorwatch.server.api.views import CONNECTED, iso
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.noting import note
from doorwatch.store import doors, gateway_reports, tenants
from doorwatch.store.doors import HeldList
from doorwatch.store.gateway_reports import GatewayReport
from doorwatch.store.mapping import mappable_doors
from doorwatch.store.tenants import Pacs

router = APIRouter(tags=["integrations"], responses=ERRORS)

_ERRORS, _LOGS = 20, 100


@router.get("/api/gateways")
async def list_gateways(caller: Viewer, parts: Parts) -> list[GatewayShape]:
    """All access control systems of the account with what their gateways say of themselves."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[GatewayShape]:
        held = doors.held_lists(conn, caller.account)
        # Names of all doors are read only when some wait to be let go, which is rare.
        known = mappable_doors(conn, caller.account) if held else []
        names = {(door.pacs_id, door.device_id): door.name for door in known}
        return [
            _gateway(conn, caller.account, pacs, held, names, now) for pacs in tenants.list_pacs(conn, caller.account)
        ]

    return await parts.db.read(read)


@router.post("/api/gateways/{pacs_id}/doors/accept")
async def accept_list(pacs_id: PathId, body: AcceptListInput, caller: Manager, parts: Parts) -> Done:
    """Let the doors go that a held list no longer names; those that are mapped stay, marked stale."""
    now = parts.clock.now()

    def accept(conn: Connection) -> None:
        gone = doors.accept_held_list(conn, caller.account, pacs_id, body.gateway_id)
        note(conn, caller, now, "doors.accept", pacs_id, {"gateway_id": body.gateway_id, "door_ids": list(gone)})

    await parts.db.write(accept)
    parts.feed.publish(caller.account, "mapping", {"door_ids": []})
    return Done()


def _gateway(
    conn: Connection,
    account: str,
    pacs: Pacs,
    lists: Sequence[HeldList],
    names: Mapping[tuple[str, str], str],
    now: Micros,
) -> GatewayShape:
    stats = next(iter(gateway_reports.newest(conn, account, pacs.pacs_id, "stats", 1)), None)
    return GatewayShape(
        pacs_id=pacs.pacs_id,
        name=pacs.name,
        connected=pacs.heard_at is not None and now - pacs.heard_at < CONNECTED,
        heard_at=iso(pacs.heard_at),
        covered_until=iso(pacs.covered_until),
        subscribed=None if pacs.subscribed is None else sorted(pacs.subscribed),
        refused=None if pacs.refused is None else sorted(pacs.refused),
        stats=None if stats is None else stats.body,
        stats_at=None if stats is None else iso(stats.arrived_at),
        errors=[_line(one) for one in gateway_reports.newest(conn, account, pacs.pacs_id, "errors", _ERRORS)],
        logs=[_line(one) for one in gateway_reports.newest(conn, account, pacs.pacs_id, "logs", _LOGS)],
        held=[
            HeldListShape(
                gateway_id=held.gateway_id,
                dropped=[names.get((pacs.pacs_id, device_id), device_id) for device_id in held.dropped],
                reason=held.reason,
                arrived_at=to_iso(held.arrived_at),
            )
            for held in lists
            if held.pacs_id == pacs.pacs_id
        ],
    )


def _line(report: GatewayReport) -> ReportLine:
    """Whatever the gateway sent: a line of another make shows what it has."""
    body: Mapping[str, Any] = report.body if isinstance(report.body, Mapping) else {"message": report.body}
    count, context = body.get("count"), body.get("context")
    return ReportLine(
        at=to_iso(report.arrived_at),
        level=str(body.get("level") or "info"),
        message=str(body.get("message") or ""),
        count=count if isinstance(count, int) else 1,
        context=dict(context) if isinstance(context, Mapping) else {},
    )
