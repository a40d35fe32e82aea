"""Small pictures of access events: which moments have one. The files themselves are in the blob store."""

from sqlalchemy import Connection, update

from doorwatch.domain.time import Micros
from doorwatch.store import moment_reading, moments
from doorwatch.store.engine import numbers
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.moments import Moment
from doorwatch.store.schema.happenings import moments as rows

_OTHERS = 16
"""From here on kinds are crossings, incidents and health; below are access events."""


def moment_of(conn: Connection, account: str, moment_id: str) -> Moment:
    """The moment of an access event; raises UnknownError for any other."""
    found = moment_reading.get_many(conn, account, [moment_id])
    if not found or not moment_id.startswith("event:"):
        raise UnknownError("there is no access event of this id")
    return found[0]


def mark(conn: Connection, account: str, moment_id: str) -> None:
    """Say that there is a picture of a moment; pages hear of it."""
    moments.change(conn, account, {moment_id: {"picture": True}})


def forget_before(conn: Connection, account: str, at: Micros) -> int:
    """Say that access events before a time have no picture any more; of how many. Nobody is told: it is old."""
    tenant = numbers.of_account(conn, account)
    mine = (rows.c.account == tenant, rows.c.at < at, rows.c.kind < _OTHERS, rows.c.picture.is_(True))
    return conn.execute(update(rows).where(*mine).values(picture=False)).rowcount
