"""The audit trail, in a caller's name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.server.permissions import Caller
from doorwatch.store import audit


def note(
    conn: Connection, caller: Caller, at: Micros, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Record what a caller did, in the transaction of what was done; never put a secret in `detail`."""
    audit.record(
        conn,
        caller.account,
        at=at,
        actor=caller.name,
        action=action,
        subject=subject,
        detail=detail,
        address=caller.address,
    )
