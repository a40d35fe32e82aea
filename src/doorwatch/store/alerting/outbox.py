"""The outbox: messages written in the transaction that causes them, delivered at least once, written once per key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, func, not_, select, update

from doorwatch.domain.time import MINUTE, Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import insert
from doorwatch.store.schema.alerting import attempts, outbox


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent; another one with the same `dedupe` in the account is the same message."""

    dedupe: str
    channel: str
    recipient: str
    subject: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    thread: str | None = None
    incident_id: str | None = None
    rule_id: str | None = None
    withheld: str | None = None
    """Why it is not to be delivered; kept so that people can see what they were not told."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message and how its delivery goes; `state` is waiting, sent, failed or withheld."""

    account_id: str
    message_id: str
    channel: str
    recipient: str
    subject: str
    payload: Mapping[str, Any]
    thread: str | None
    incident_id: str | None
    rule_id: str | None
    state: str
    attempts: int
    error: str | None
    created_at: Micros
    due_at: Micros
    sent_at: Micros | None


def write(conn: Connection, account: str, draft: Draft, now: Micros, *, due_at: Micros | None = None) -> bool:
    """Put a message in the outbox; false when it is there already."""
    row = {
        "account_id": account,
        "message_id": new_id("msg"),
        "dedupe": draft.dedupe,
        "channel": draft.channel,
        "recipient": draft.recipient,
        "subject": draft.subject,
        "thread": draft.thread,
        "incident_id": draft.incident_id,
        "rule_id": draft.rule_id,
        "payload": dict(draft.payload),
        "state": "waiting" if draft.withheld is None else "withheld",
        "error": draft.withheld,
        "attempts": 0,
        "created_at": now,
        "due_at": now if due_at is None else due_at,
        "leased_until": 0,
    }
    statement = insert(conn, outbox).on_conflict_do_nothing(index_elements=["account_id", "dedupe"])
    return bool(conn.execute(statement.returning(outbox.c.message_id), row).first())


def about(conn: Connection, account: str, incident_ids: Collection[str]) -> list[Message]:
    """What was told of these incidents, the oldest first; what was withheld is left out."""
    query = select(outbox).where(
        outbox.c.account_id == account, outbox.c.incident_id.in_(incident_ids), outbox.c.state != "withheld"
    )
    return [_message(row) for row in conn.execute(query.order_by(outbox.c.created_at, outbox.c.message_id))]


def count_since(conn: Connection, account: str, recipient: str, since: Micros, most: int) -> int:
    """How many mails somebody gets of what was written since then, counted up to `most`."""
    mine = select(outbox.c.message_id).where(
        outbox.c.account_id == account,
        outbox.c.created_at >= since,
        outbox.c.recipient == recipient,
        outbox.c.channel == "email",
        outbox.c.state != "withheld",
    )
    found: int = conn.execute(select(func.count()).select_from(mine.limit(most).subquery())).scalar_one()
    return found


def is_written(conn: Connection, account: str, incident_id: str, mark: str) -> bool:
    """Whether there is a message about an incident whose words against doubles go on so behind the incident's id."""
    begins = outbox.c.dedupe.startswith(f"{incident_id}:{mark}:", autoescape=True)
    query = select(outbox.c.message_id).where(
        outbox.c.account_id == account, outbox.c.incident_id == incident_id, begins
    )
    return conn.execute(query.limit(1)).first() is not None


def withheld_between(
    conn: Connection, account: str, recipient: str, start: Micros, end: Micros, why: str
) -> list[Message]:
    """What somebody was not told, for this reason, from `start` up to `end`; the oldest first."""
    query = select(outbox).where(
        outbox.c.account_id == account,
        outbox.c.created_at >= start,
        outbox.c.created_at < end,
        outbox.c.recipient == recipient,
        outbox.c.state == "withheld",
        outbox.c.error == why,
    )
    return [_message(row) for row in conn.execute(query.order_by(outbox.c.created_at))]


def claim(
    conn: Connection,
    now: Micros,
    channel: str,
    *,
    limit: int = 10,
    lease: Micros = 2 * MINUTE,
    leaving_out: Collection[str] = (),
) -> list[Message]:
    """Take messages of a channel that are due, of all accounts; others do not get them until the lease is over.

    Messages to the recipients in `leaving_out` stay where they are.

    What belongs to one thread is told in order: a message waits until those before it were sent or given up.
    """
    before = outbox.alias("before")
    overtaking = exists().where(
        before.c.account_id == outbox.c.account_id,
        before.c.thread == outbox.c.thread,
        before.c.channel == outbox.c.channel,
        before.c.recipient == outbox.c.recipient,
        before.c.state == "waiting",
        before.c.created_at < outbox.c.created_at,
    )
    due = and_(
        outbox.c.state == "waiting",
        outbox.c.channel == channel,
        outbox.c.due_at <= now,
        outbox.c.leased_until <= now,
        not_(overtaking),
    )
    if leaving_out:
        due = and_(due, outbox.c.recipient.not_in(leaving_out))
    query = select(outbox).where(due).order_by(outbox.c.due_at).limit(limit).with_for_update(skip_locked=True)
    rows = conn.execute(query).all()
    for row in rows:
        conn.execute(
            update(outbox)
            .where(*_is(row.account_id, row.message_id))
            .values(leased_until=now + lease, attempts=outbox.c.attempts + 1)
        )
    return [_message(row, attempts=row.attempts + 1) for row in rows]


def sent(conn: Connection, message: Message, began: Micros, now: Micros) -> None:
    """Note that a message was handed over, in a try that began then."""
    values = {"state": "sent", "sent_at": now, "leased_until": 0, "error": None}
    conn.execute(update(outbox).where(*_is(message.account_id, message.message_id)).values(**values))
    _tried(conn, message, began, now, None)


def failed(
    conn: Connection, message: Message, error: str, began: Micros, now: Micros, *, again_at: Micros | None
) -> None:
    """Note that a try failed: again at that time, or never if None."""
    values: dict[str, Any] = {"error": error, "leased_until": 0}
    values |= {"state": "failed"} if again_at is None else {"due_at": again_at}
    conn.execute(update(outbox).where(*_is(message.account_id, message.message_id)).values(**values))
    _tried(conn, message, began, now, error)


def _tried(conn: Connection, message: Message, began: Micros, ended: Micros, error: str | None) -> None:
    number = select(func.coalesce(func.max(attempts.c.number), 0) + 1).where(
        attempts.c.account_id == message.account_id, attempts.c.message_id == message.message_id
    )
    key = {"account_id": message.account_id, "message_id": message.message_id}
    conn.execute(
        attempts.insert().values(**key, number=number.scalar_subquery(), began_at=began, ended_at=ended, error=error)
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a message; `error` is why it was not taken, None when it was."""

    number: int
    began_at: Micros
    ended_at: Micros
    error: str | None


def attempts_of(conn: Connection, account: str, message_id: str) -> list[Attempt]:
    """All tries to deliver a message, the first one first. Raises UnknownError."""
    get(conn, account, message_id)
    query = select(attempts).where(attempts.c.account_id == account, attempts.c.message_id == message_id)
    return [
        Attempt(row.number, row.began_at, row.ended_at, row.error)
        for row in conn.execute(query.order_by(attempts.c.number))
    ]


def get(conn: Connection, account: str, message_id: str) -> Message:
    """One message; raises UnknownError."""
    row = conn.execute(select(outbox).where(*_is(account, message_id))).first()
    if row is None:
        raise UnknownError("there is no such message")
    return _message(row)


def again(conn: Connection, account: str, message_id: str, now: Micros) -> Message:
    """Deliver a message once more, whatever became of it. Raises UnknownError."""
    values = {"state": "waiting", "due_at": now, "leased_until": 0, "attempts": 0, "error": None, "sent_at": None}
    changed = update(outbox).where(*_is(account, message_id)).values(**values).returning(outbox)
    row = conn.execute(changed).first()
    if row is None:
        raise UnknownError("there is no such message")
    return _message(row)


def postpone(conn: Connection, message: Message, due_at: Micros) -> None:
    """Give a message back untried: it waits for something, and this was no attempt."""
    values = {"due_at": due_at, "leased_until": 0, "attempts": message.attempts - 1}
    conn.execute(update(outbox).where(*_is(message.account_id, message.message_id)).values(**values))


def list_messages(conn: Connection, account: str, *, limit: int = 100, incident_id: str | None = None) -> list[Message]:
    """The account's messages, the newest first."""
    query = select(outbox).where(outbox.c.account_id == account)
    if incident_id is not None:
        query = query.where(outbox.c.incident_id == incident_id)
    query = query.order_by(outbox.c.created_at.desc(), outbox.c.message_id).limit(limit)
    return [_message(row) for row in conn.execute(query)]


def next_due(conn: Connection) -> Micros | None:
    """When the next message is due; None when none waits. Leased ones count from the end of their lease."""
    when = case((outbox.c.leased_until > outbox.c.due_at, outbox.c.leased_until), else_=outbox.c.due_at)
    found: Micros | None = conn.execute(select(func.min(when)).where(outbox.c.state == "waiting")).scalar()
    return found


def _is(account: str, message_id: str) -> tuple[Any, ...]:
    return (outbox.c.account_id == account, outbox.c.message_id == message_id)


def _message(row: Row[Any], **other: Any) -> Message:
    return Message(**{**{name: getattr(row, name) for name in Message.__dataclass_fields__}, **other})
