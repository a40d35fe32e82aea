"""The audit trail, in a caller's name."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.server.permissions import Caller
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.database import Database


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


class Looks:
    """Notes who looked at what: once for a person, a thing and a while, since a player asks for a clip many times."""

    WHILE = 600 * SECOND
    _MOST = 10_000

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._noted: OrderedDict[tuple[str, ...], Micros] = OrderedDict()

    async def note(self, caller: Caller, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """Note a look, unless the same was noted a while ago; returns when it is stored."""
        now = self._clock.now()
        look = (caller.account, caller.name, caller.address or "", action, subject)
        if now - self._noted.get(look, -self.WHILE) < self.WHILE:
            return
        self._noted[look] = now
        self._noted.move_to_end(look)
        while len(self._noted) > self._MOST:
            self._noted.popitem(last=False)
        await self._db.write(lambda conn: note(conn, caller, now, action, subject, detail))
