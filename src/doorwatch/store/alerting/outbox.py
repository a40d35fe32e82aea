"""The outbox: messages written in the transaction that causes them, once per key; `deliveries` tells how they leave it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import insert_for
from doorwatch.store.schema.alerting import outbox

ASKED_FOR = "asked_for"
"""In the payload of what somebody wants to be sent all the same: it was withheld, had failed, or went out before."""


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
    """Put a message in the outbox; false when it is there already.

    What waits in its thread was before it, whatever the clock says: one that was set back lets nothing overtake.
    """
    before = None
    if draft.thread is not None:
        before = conn.execute(_WAITING_IN_THREAD, {"account": account, "thread": draft.thread}).scalar()
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
        "created_at": now if before is None or before < now else before + 1,
        "due_at": now if due_at is None else due_at,
        "leased_until": 0,
    }
    return bool(conn.execute(_writing(conn.dialect.name), row).first())


_WAITING_IN_THREAD = select(func.max(outbox.c.created_at)).where(
    outbox.c.account_id == bindparam("account"),
    outbox.c.thread == bindparam("thread"),
    outbox.c.state == literal_column("'waiting'"),
)


@cache
def _writing(dialect: str) -> Any:
    """Built once: to build a statement costs more than to run it."""
    statement = insert_for(dialect, outbox).on_conflict_do_nothing(index_elements=["account_id", "dedupe"])
    return statement.returning(outbox.c.message_id)


def about(
    conn: Connection, account: str, incident_ids: Collection[str], *, withheld: Collection[str] = ()
) -> list[Message]:
    """What was told of these incidents, the oldest first; with `withheld` instead what was not, for one of these reasons."""
    query = select(outbox).where(
        outbox.c.account_id == account,
        outbox.c.incident_id.in_(incident_ids),
        outbox.c.error.in_(withheld) if withheld else outbox.c.state != "withheld",
    )
    return [message_of(row) for row in conn.execute(query.order_by(outbox.c.created_at, outbox.c.message_id))]


def told_in(conn: Connection, account: str, thread: str, since: Micros, until: Micros) -> list[Message]:
    """What was told in a thread of what was written from `since` up to `until`, the oldest first."""
    query = select(outbox).where(
        outbox.c.account_id == account,
        outbox.c.created_at >= since,
        outbox.c.created_at < until,
        outbox.c.thread == thread,
        outbox.c.state != "withheld",
    )
    return [message_of(row) for row in conn.execute(query.order_by(outbox.c.created_at, outbox.c.message_id))]


def count_since(
    conn: Connection, account: str, recipient: str, since: Micros, most: int, *, channel: str = "email"
) -> int:
    """How many messages somebody gets by a channel of what was written since then, counted up to `most`."""
    mine = select(outbox.c.message_id).where(
        outbox.c.account_id == account,
        outbox.c.created_at >= since,
        outbox.c.recipient == recipient,
        outbox.c.channel == channel,
        outbox.c.state != "withheld",
    )
    found: int = conn.execute(select(func.count()).select_from(mine.limit(most).subquery())).scalar_one()
    return found


def has(conn: Connection, account: str, dedupe: str) -> bool:
    """Whether a message is in the outbox, whatever became of it."""
    query = select(outbox.c.message_id).where(outbox.c.account_id == account, outbox.c.dedupe == dedupe)
    return conn.execute(query).first() is not None


def is_untried(conn: Connection, account: str, dedupe: str) -> bool:
    """Whether a message waits that nobody has begun to deliver."""
    query = select(outbox.c.message_id).where(
        outbox.c.account_id == account,
        outbox.c.dedupe == dedupe,
        outbox.c.state == "waiting",
        outbox.c.attempts == 0,
    )
    return conn.execute(query).first() is not None


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
    return [message_of(row) for row in conn.execute(query.order_by(outbox.c.created_at))]


def withheld_at(conn: Connection, account: str, recipient: str, due_at: Micros, why: str) -> list[Message]:
    """What somebody was not told, for this reason, of what was due at a moment; the oldest first."""
    query = select(outbox).where(
        outbox.c.account_id == account,
        outbox.c.due_at == due_at,
        outbox.c.recipient == recipient,
        outbox.c.state == "withheld",
        outbox.c.error == why,
    )
    return [message_of(row) for row in conn.execute(query.order_by(outbox.c.created_at))]


def count_held(conn: Connection, message: Message, most: int) -> int:
    """How many messages wait that are due when this one is, for the same recipient by the same way, counted up to `most`."""
    mine = select(outbox.c.message_id).where(*_held_with(message))
    found: int = conn.execute(select(func.count()).select_from(mine.limit(most).subquery())).scalar_one()
    return found


def withhold_held(conn: Connection, message: Message, why: str, now: Micros) -> None:
    """Do not send what waits with a message, in the sense of `count_held`, and is not claimed."""
    idle = select(outbox.c.message_id).where(*_held_with(message), outbox.c.leased_until <= now)
    mine = (outbox.c.account_id == message.account_id, outbox.c.message_id.in_(idle.with_for_update(skip_locked=True)))
    conn.execute(update(outbox).where(*mine).values(state="withheld", error=why))


def _held_with(message: Message) -> tuple[ColumnElement[bool], ...]:
    return (
        outbox.c.account_id == message.account_id,
        outbox.c.state == "waiting",
        outbox.c.due_at == message.due_at,
        outbox.c.channel == message.channel,
        outbox.c.recipient == message.recipient,
    )


def get(conn: Connection, account: str, message_id: str) -> Message:
    """One message; raises UnknownError."""
    row = conn.execute(select(outbox).where(*_is(account, message_id))).first()
    if row is None:
        raise UnknownError("there is no such message")
    return message_of(row)


def again(conn: Connection, account: str, message_id: str, now: Micros) -> Message:
    """Deliver a message once more, whatever became of it; what is on its way just now stays so. Raises UnknownError.

    What is not waiting goes whatever would hold it back (`ASKED_FOR`): somebody wants it.
    """
    message = get(conn, account, message_id)
    payload = message.payload if message.state == "waiting" else {**message.payload, ASKED_FOR: True}
    values = {"state": "waiting", "due_at": now, "attempts": 0, "error": None, "sent_at": None, "payload": payload}
    idle = or_(outbox.c.state != "waiting", outbox.c.leased_until <= now)
    conn.execute(update(outbox).where(*_is(account, message_id), idle).values(leased_until=0, **values))
    return get(conn, account, message_id)


def withhold(conn: Connection, account: str, message_ids: Collection[str], why: str) -> None:
    """Do not send these of what waits; they stay to be seen."""
    mine = (outbox.c.account_id == account, outbox.c.message_id.in_(message_ids), outbox.c.state == "waiting")
    conn.execute(update(outbox).where(*mine).values(state="withheld", error=why, leased_until=0))


def withhold_rest(conn: Connection, message: Message, why: str) -> None:
    """Do not send a message that waits, nor what waits behind it in its thread for a recipient who was told nothing of it.

    Two webhooks at one address are two recipients.
    """
    told = outbox.alias("told")
    begun = exists().where(
        told.c.account_id == message.account_id,
        told.c.thread == message.thread,
        told.c.channel == message.channel,
        told.c.recipient == message.recipient,
        told.c.rule_id.is_not_distinct_from(message.rule_id),
        told.c.state == "sent",
    )
    behind = (
        not_(begun),
        outbox.c.thread == message.thread,
        outbox.c.channel == message.channel,
        outbox.c.recipient == message.recipient,
        outbox.c.rule_id.is_not_distinct_from(message.rule_id),
        outbox.c.created_at > message.created_at,
    )
    mine = (outbox.c.account_id == message.account_id, outbox.c.state == "waiting")
    which = or_(outbox.c.message_id == message.message_id, and_(*behind))
    conn.execute(update(outbox).where(*mine, which).values(state="withheld", error=why, leased_until=0))


def newest_of(conn: Connection, account: str, rule_ids: Collection[str]) -> dict[str, Message]:
    """The newest message of each of these rules that has one, by rule."""
    found = {}
    for rule_id in rule_ids:
        for message in list_messages(conn, account, limit=1, rule_id=rule_id):
            found[rule_id] = message
    return found


def list_messages(
    conn: Connection,
    account: str,
    *,
    limit: int = 100,
    incident_id: str | None = None,
    rule_id: str | None = None,
    state: str | None = None,
) -> list[Message]:
    """The account's messages, the newest first; those about an incident, those of a rule, those in a state."""
    query = select(outbox).where(outbox.c.account_id == account)
    if state is not None:
        query = query.where(outbox.c.state == state)
    if incident_id is not None:
        query = query.where(outbox.c.incident_id == incident_id)
    if rule_id is not None:
        query = query.where(outbox.c.rule_id == rule_id)
    query = query.order_by(outbox.c.created_at.desc(), outbox.c.message_id).limit(limit)
    return [message_of(row) for row in conn.execute(query)]


def next_due(conn: Connection) -> Micros | None:
    """When the next message is due; None when none waits. Leased ones count from the end of their lease."""
    when = case((outbox.c.leased_until > outbox.c.due_at, outbox.c.leased_until), else_=outbox.c.due_at)
    found: Micros | None = conn.execute(select(func.min(when)).where(outbox.c.state == "waiting")).scalar()
    return found


def _is(account: str, message_id: str) -> tuple[Any, ...]:
    return (outbox.c.account_id == account, outbox.c.message_id == message_id)


def message_of(row: Row[Any]) -> Message:
    """A row of the outbox as a message."""
    return Message(**{name: getattr(row, name) for name in Message.__dataclass_fields__})
