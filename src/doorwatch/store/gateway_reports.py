"""What gateways report about themselves: statistics, log lines and errors, the newest of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from doorwatch.domain.time import Micros
from doorwatch.store.engine.sql import next_numbers
from doorwatch.store.schema.places import gateway_reports

KEPT = 1000


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """One thing that a gateway reported; `kind` is stats, logs or errors."""

    kind: str
    number: int
    arrived_at: Micros
    body: Any


def add(conn: Connection, account: str, pacs: str, kind: str, bodies: Sequence[Any], now: Micros) -> None:
    """Keep reports; of each kind the newest thousand stay."""
    if not bodies:
        return
    numbers = next_numbers(conn, account, f"reports:{pacs}:{kind}", len(bodies))
    conn.execute(
        gateway_reports.insert(),
        [
            {"account_id": account, "pacs_id": pacs, "kind": kind, "number": number, "arrived_at": now, "body": body}
            for number, body in zip(numbers, bodies, strict=True)
        ],
    )
    conn.execute(
        delete(gateway_reports).where(
            gateway_reports.c.account_id == account,
            gateway_reports.c.pacs_id == pacs,
            gateway_reports.c.kind == kind,
            gateway_reports.c.number <= numbers[-1] - KEPT,
        )
    )


def newest(conn: Connection, account: str, pacs: str, kind: str, limit: int = 100) -> list[GatewayReport]:
    """The newest reports of a kind, the newest first."""
    query = select(gateway_reports).where(
        gateway_reports.c.account_id == account, gateway_reports.c.pacs_id == pacs, gateway_reports.c.kind == kind
    )
    rows = conn.execute(query.order_by(gateway_reports.c.number.desc()).limit(limit))
    return [GatewayReport(row.kind, row.number, row.arrived_at, row.body) for row in rows]
