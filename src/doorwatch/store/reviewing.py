"""People's word about incidents: reviews, who is to look, and what they say to each other; nobody overwrites unseen words."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from doorwatch.domain.time import Micros, to_iso
from doorwatch.store import incidents, moments
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.incidents import REVIEWS, StoredIncident
from doorwatch.store.schema.happenings import incident_comments
from doorwatch.store.schema.happenings import incidents as table


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about an incident."""

    comment_id: str
    incident_id: str
    said_by: str
    said_at: Micros
    text: str


def set_review(
    conn: Connection,
    account: str,
    incident_id: str,
    review: str,
    now: Micros,
    *,
    by: str,
    note: str | None = None,
    dismissal: str | None = None,
    seen: int | None = None,
) -> StoredIncident:
    """Keep a person's word about an incident; a note of None leaves the one that is there.

    `seen` is the incident's `said` as the person saw it; None is not compared. Raises UnknownError, and ConflictError
    that names who was first.
    """
    if review not in REVIEWS:
        raise ValueError(f"{review!r} is not one of {', '.join(REVIEWS)}")
    values: dict[str, Any] = {"review": review, "reviewed_by": by, "reviewed_at": now}
    values["dismissal"] = dismissal if review == "dismissed" else None
    if note is not None:
        values["note"] = note
    # One's own last word may be taken back before the page has heard of it.
    _say(conn, account, incident_id, seen, values, or_last_of=by)
    moments.change(conn, account, {moments.incident_moment_id(incident_id): {"review": review}})
    return incidents.get(conn, account, incident_id)


def assign(conn: Connection, account: str, incident_id: str, to: str | None, *, seen: int | None = None) -> None:
    """Say who is to look at an incident; None for nobody in particular. Raises UnknownError, ConflictError."""
    _say(conn, account, incident_id, seen, {"assigned_to": to})
    moments.change(conn, account, {moments.incident_moment_id(incident_id): {}})


def comment(conn: Connection, account: str, incident_id: str, text: str, now: Micros, *, by: str) -> Comment:
    """Add what somebody says. Raises UnknownError."""
    incidents.get(conn, account, incident_id)
    said = Comment(new_id("comment"), incident_id, by, now, text)
    row = {name: getattr(said, name) for name in Comment.__dataclass_fields__}
    conn.execute(incident_comments.insert().values(account_id=account, **row))
    moments.change(conn, account, {moments.incident_moment_id(incident_id): {}})
    return said


def comments(conn: Connection, account: str, incident_id: str) -> list[Comment]:
    """What was said about an incident, the oldest first."""
    mine = incident_comments.c.account_id == account, incident_comments.c.incident_id == incident_id
    query = select(incident_comments).where(*mine).order_by(incident_comments.c.said_at, incident_comments.c.comment_id)
    return [_comment(row) for row in conn.execute(query)]


def _say(
    conn: Connection,
    account: str,
    incident_id: str,
    seen: int | None,
    values: dict[str, Any],
    *,
    or_last_of: str | None = None,
) -> None:
    """Change an incident, unless somebody did so whom the caller has not seen: compared and changed in one statement."""
    mine = table.c.account_id == account, table.c.incident_id == incident_id
    unchanged = () if seen is None else (or_(table.c.said == seen, table.c.reviewed_by == or_last_of),)
    if not conn.execute(update(table).where(*mine, *unchanged).values(**values, said=table.c.said + 1)).rowcount:
        raise ConflictError(_first(incidents.get(conn, account, incident_id)))


def _first(stored: StoredIncident) -> str:
    """Who was first, in a sentence."""
    if stored.reviewed_by is None or stored.reviewed_at is None:
        assigned = f" to {stored.assigned_to}" if stored.assigned_to else ""
        return f"somebody assigned this incident{assigned} meanwhile: look at it again, then say what you think"
    did = {"new": "put it back for review", "confirmed": "confirmed it", "dismissed": "dismissed it"}[stored.review]
    return (
        f"{stored.reviewed_by} {did} at {to_iso(stored.reviewed_at, 0)}, before you: "
        "look at it again, then say what you think"
    )


def _comment(row: Row[Any]) -> Comment:
    return Comment(*(getattr(row, name) for name in Comment.__dataclass_fields__))
