"""Exports: evidence that is made into one signed file; the file itself is in the blob store while it is ready."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from doorwatch.domain.time import MINUTE, SECOND, Micros
from doorwatch.store import incidents
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.schema.media import exports

WAITING, WORKING, READY, FAILED, GONE = "waiting", "working", "ready", "failed", "gone"

SILENT: Micros = 2 * MINUTE
"""Who makes an export and has said nothing for so long is gone, and somebody else makes it."""

AROUND: Micros = 30 * SECOND
"""Access events of so long before and after the video are handed on with it: the rule looked at them, too."""

MOST_AT_A_TIME = 20
"""Exports of an account that may wait or be worked on."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export; `wish` is what was asked for, `progress` 0 to 100, `message` why it failed or what is missing."""

    export_id: str
    incident_id: str
    wish: dict[str, Any]
    asked_by: str
    asked_at: Micros
    state: str
    progress: int
    touched_at: Micros
    message: str | None = None
    blob: str | None = None
    bytes: int | None = None
    sha256: str | None = None


def ask(conn: Connection, account: str, incident_id: str, wish: dict[str, Any], *, by: str, now: Micros) -> Export:
    """Ask for one. Raises UnknownError, and ConflictError when too many are waited for already."""
    incidents.get(conn, account, incident_id)
    open_ones = select(func.count()).where(exports.c.account_id == account, exports.c.state.in_((WAITING, WORKING)))
    if conn.execute(open_ones).scalar_one() >= MOST_AT_A_TIME:
        raise ConflictError(f"{MOST_AT_A_TIME} exports are being made already: wait until some of them are ready")
    made = Export(new_id("export"), incident_id, wish, by, now, WAITING, 0, now)
    row = {name: getattr(made, name) for name in Export.__dataclass_fields__}
    conn.execute(exports.insert().values(account_id=account, **row))
    return made


def get(conn: Connection, account: str, export_id: str) -> Export:
    """One export; raises UnknownError."""
    row = conn.execute(select(exports).where(exports.c.account_id == account, exports.c.export_id == export_id)).first()
    if row is None:
        raise UnknownError("there is no such export")
    return _export(row)


def of_incident(conn: Connection, account: str, incident_id: str) -> list[Export]:
    """All exports that were ever asked for of an incident, the newest first. Raises UnknownError."""
    incidents.get(conn, account, incident_id)
    query = select(exports).where(exports.c.account_id == account, exports.c.incident_id == incident_id)
    return [_export(row) for row in conn.execute(query.order_by(exports.c.asked_at.desc(), exports.c.export_id))]


def take(conn: Connection, now: Micros) -> tuple[str, Export] | None:
    """The account and the export that waits longest, which is now the caller's to make; None when none waits."""
    left = exports.c.state == WORKING, exports.c.touched_at < now - SILENT
    conn.execute(update(exports).where(*left).values(state=WAITING))
    query = select(exports).where(exports.c.state == WAITING).order_by(exports.c.asked_at, exports.c.export_id)
    row = conn.execute(query.limit(1)).first()
    if row is None:
        return None
    mine = exports.c.account_id == row.account_id, exports.c.export_id == row.export_id, exports.c.state == WAITING
    taken = conn.execute(update(exports).where(*mine).values(state=WORKING, touched_at=now, progress=0))
    return (row.account_id, _export(row)) if taken.rowcount else None


def say(conn: Connection, account: str, export_id: str, now: Micros, **values: Any) -> bool:
    """What became of an export that the caller makes; whether it is still to be made."""
    mine = exports.c.account_id == account, exports.c.export_id == export_id, exports.c.state == WORKING
    return bool(conn.execute(update(exports).where(*mine).values(touched_at=now, **values)).rowcount)


def drop(conn: Connection, account: str, export_id: str) -> Export:
    """Have an export go, or not be made any more; that it was asked for stays known. What it was. Raises UnknownError."""
    former = get(conn, account, export_id)
    mine = exports.c.account_id == account, exports.c.export_id == export_id
    conn.execute(update(exports).where(*mine).values(state=GONE, blob=None))
    return former


def made(conn: Connection, account: str) -> list[Export]:
    """Those that are ready, or were begun and may have read what they will hold."""
    query = select(exports).where(exports.c.account_id == account, exports.c.state.in_((READY, WORKING)))
    return [_export(row) for row in conn.execute(query)]


def withdraw(conn: Connection, account: str, export_id: str) -> None:
    """Let nobody fetch an export any more; its file is one of those that may go."""
    mine = exports.c.account_id == account, exports.c.export_id == export_id
    conn.execute(update(exports).where(*mine).values(state=GONE))


def useless(conn: Connection, account: str, before: Micros) -> list[Export]:
    """Those whose files may go: ready since before a time, or withdrawn."""
    old = and_(exports.c.state == READY, exports.c.touched_at < before)
    withdrawn = and_(exports.c.state == GONE, exports.c.blob.is_not(None))
    query = select(exports).where(exports.c.account_id == account, or_(old, withdrawn))
    return [_export(row) for row in conn.execute(query)]


def _export(row: Row[Any]) -> Export:
    return Export(*(getattr(row, name) for name in Export.__dataclass_fields__))
