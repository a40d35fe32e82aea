"""How messages leave the outbox: claimed by one worker for a while, and what became of each try."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store.alerting import outbox as messages
from doorwatch.store.alerting.outbox import Message, message_of
from doorwatch.store.schema.alerting import attempts, outbox

_WAITING: ColumnElement[str] = literal_column("'waiting'")
"""Written out: an index over what waits alone is not found by a parameter."""

LEASE = 2 * MINUTE
"""How long what was claimed is nobody else's, unless it is held on to."""

Fate = Literal["sent", "again", "failed", "postponed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message that was claimed.

    `sent`: it was handed over. `again`: it is tried at `due_at`. `failed`: it never is. `postponed`: it waits until
    `due_at` for something, and this was no try.
    """

    account_id: str
    message_id: str
    fate: Fate
    began_at: Micros
    ended_at: Micros
    error: str | None = None
    due_at: Micros | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a message; `error` is why it was not taken, None when it was."""

    number: int
    began_at: Micros
    ended_at: Micros
    error: str | None


def claim(
    conn: Connection,
    now: Micros,
    channel: str,
    *,
    limit: int = 10,
    lease: Micros = LEASE,
    leaving_out: Collection[str] = (),
) -> list[Message]:
    """Take messages of a channel that are due, of all accounts; others do not get them until the lease is over.

    Messages to the recipients in `leaving_out` stay where they are.

    What belongs to one thread is told in order: a message waits until those before it were sent or given up.
    """
    wanted: dict[str, Any] = {"of_channel": channel, "now": now, "most": limit, "until": now + lease}
    if leaving_out:
        wanted["full"] = list(leaving_out)
    taken = [message_of(row) for row in conn.execute(_claiming(leaving_out=bool(leaving_out)), wanted)]
    return sorted(taken, key=lambda message: message.due_at)


@cache
def _claiming(*, leaving_out: bool) -> Any:
    """One statement, built once: to build it costs ten times what it takes to find nothing."""
    chosen = _due(leaving_out=leaving_out).with_for_update(skip_locked=True)
    return (
        update(outbox)
        .where(tuple_(outbox.c.account_id, outbox.c.message_id).in_(chosen))
        .values(leased_until=bindparam("until"), attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )


def _due(*, leaving_out: bool) -> Select[tuple[str, str]]:
    before = outbox.alias("before")
    overtaking = exists().where(
        before.c.account_id == outbox.c.account_id,
        before.c.thread == outbox.c.thread,
        before.c.channel == outbox.c.channel,
        before.c.recipient == outbox.c.recipient,
        before.c.state == _WAITING,
        before.c.created_at < outbox.c.created_at,
    )
    now = bindparam("now", type_=outbox.c.due_at.type)
    due = and_(
        outbox.c.state == _WAITING,
        outbox.c.channel == bindparam("of_channel"),
        outbox.c.due_at <= now,
        outbox.c.leased_until <= now,
        not_(overtaking),
    )
    if leaving_out:
        due = and_(due, outbox.c.recipient.not_in(bindparam("full", expanding=True)))
    chosen = select(outbox.c.account_id, outbox.c.message_id).where(due).order_by(outbox.c.due_at)
    return chosen.limit(bindparam("most", type_=Integer))


def note(conn: Connection, outcomes: Sequence[Outcome]) -> None:
    """Note what became of messages. One that was noted as sent before, or is gone, stays as it is."""
    tried = [_told(one) for one in outcomes if one.fate != "postponed"]
    if tried:
        conn.execute(_TRIED, tried)
    for fate, statement in _NOTES.items():
        rows = [_told(one) for one in outcomes if one.fate == fate]
        if rows:
            conn.execute(statement, rows)


def hurry(conn: Connection, now: Micros, channel: str, *, longest: Micros) -> int:
    """Make due what a clock that was ahead and was set back since has put off; how much that was.

    No try is put off for more than `longest`, and what is written to be sent at once is no matter of the future.
    """
    put_off = or_(
        and_(outbox.c.attempts > 0, outbox.c.due_at > now + longest),
        and_(outbox.c.created_at > now, outbox.c.due_at > now, outbox.c.due_at <= outbox.c.created_at + MINUTE),
    )
    mine = (outbox.c.state == _WAITING, outbox.c.channel == channel, outbox.c.leased_until == 0, put_off)
    return conn.execute(update(outbox).where(*mine).values(due_at=now)).rowcount


def hold(conn: Connection, message_ids: Collection[str], until: Micros) -> None:
    """Keep what is still under way, so that nobody else takes it."""
    mine = (outbox.c.message_id.in_(message_ids), outbox.c.state == _WAITING)
    conn.execute(update(outbox).where(*mine).values(leased_until=until))


def release(conn: Connection) -> int:
    """Give back all that is claimed, for a worker that knows that there is no other; how many there were."""
    held = outbox.c.state == _WAITING, outbox.c.leased_until > 0
    return conn.execute(update(outbox).where(*held).values(leased_until=0)).rowcount


def attempts_of(conn: Connection, account: str, message_id: str) -> list[Attempt]:
    """All tries to deliver a message, the first one first. Raises UnknownError."""
    messages.get(conn, account, message_id)
    query = select(attempts).where(attempts.c.account_id == account, attempts.c.message_id == message_id)
    return [
        Attempt(row.number, row.began_at, row.ended_at, row.error)
        for row in conn.execute(query.order_by(attempts.c.number))
    ]


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "of_account": outcome.account_id,
        "of_message": outcome.message_id,
        "began": outcome.began_at,
        "ended": outcome.ended_at,
        "why": outcome.error,
        "due": outcome.due_at,
    }


_MINE = (
    outbox.c.account_id == bindparam("of_account"),
    outbox.c.message_id == bindparam("of_message"),
    outbox.c.state == _WAITING,
)
_BEFORE = select(func.coalesce(func.max(attempts.c.number), 0) + 1).where(
    attempts.c.account_id == bindparam("of_account"), attempts.c.message_id == bindparam("of_message")
)
_TRIED = attempts.insert().from_select(
    ["account_id", "message_id", "number", "began_at", "ended_at", "error"],
    select(
        outbox.c.account_id,
        outbox.c.message_id,
        _BEFORE.scalar_subquery(),
        bindparam("began", type_=attempts.c.began_at.type),
        bindparam("ended", type_=attempts.c.ended_at.type),
        bindparam("why", type_=attempts.c.error.type),
    ).where(*_MINE),
)


def _noting(**values: Any) -> Any:
    return update(outbox).where(*_MINE).values(leased_until=0, **values)


_NOTES: dict[Fate, Any] = {
    "sent": _noting(state="sent", sent_at=bindparam("ended"), error=None),
    "again": _noting(error=bindparam("why"), due_at=bindparam("due")),
    "failed": _noting(state="failed", error=bindparam("why")),
    "postponed": _noting(due_at=bindparam("due"), attempts=outbox.c.attempts - 1),
}
