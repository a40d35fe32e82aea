"""What people and machines were told of an incident so far, read off the outbox."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import browsers, hooks
from doorwatch.alerts.message import name_of
from doorwatch.alerts.rules import NoticeKind, Said
from doorwatch.alerts.withholding import IN_DIGESTS
from doorwatch.domain.incident import IncidentState
from doorwatch.store import incidents
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.incidents import StoredIncident

MAIL = "email"
MATCHED = "search.matched"
"""The type of what an alert of a search tells."""
FIRST = frozenset({NoticeKind.EARLY, NoticeKind.ALERT})
"""Kinds with which the telling of an incident begins."""
ENDS = frozenset({NoticeKind.CORRECTION, NoticeKind.DISMISSED, NoticeKind.REOPENED})
"""Kinds for all who heard of an incident, also for those who heard of it by an alert of a search alone."""
_OVER = frozenset({IncidentState.EXPLAINED, IncidentState.WITHDRAWN})
_RINGING = {kind.value for kind in FIRST | {NoticeKind.OVERDUE}}
_RINGING_TYPES = {MATCHED, *(hooks.EVENTS[kind] for kind in FIRST | {NoticeKind.OVERDUE})}


def told_of(conn: Connection, account: str, incident_ids: Sequence[str]) -> list[Message]:
    """What was told of these incidents and of those that they have taken over, the oldest first; no trials."""
    return [
        message
        for message in outbox.about(conn, account, incidents.taken_over(conn, account, incident_ids))
        if not message.payload.get("trial")
    ]


def held_of(conn: Connection, account: str, incident_id: str) -> list[Message]:
    """What was told of an incident, and of those that it has taken over, in digests alone."""
    return outbox.about(conn, account, incidents.taken_over(conn, account, [incident_id]), withheld=IN_DIGESTS)


def is_settled(stored: StoredIncident) -> bool:
    """Whether nothing needs to be done about an incident any more."""
    return stored.incident.state in _OVER or stored.review == "dismissed"


def by_search(message: Message) -> bool:
    """Whether an alert of a search told it: a story of its own, which goes on only when it ends."""
    if message.channel == MAIL:
        return message.rule_id is not None
    return message.payload.get("type") == MATCHED


def told_by(message: Message) -> Mapping[str, Any]:
    """What a message that is no mail says of the happening: a post's document, or what a browser shows."""
    told: Mapping[str, Any] = message.payload.get("data", {}).get("object", message.payload)
    return told


def rings(message: Message) -> bool:
    """Whether it wants somebody to do something: silences are for that, and not for what follows it."""
    if message.payload.get("trial"):
        return False
    if message.channel == MAIL:
        kind = message.payload.get("kind")
        return kind in _RINGING or (kind is None and by_search(message))
    return message.payload.get("type") in _RINGING_TYPES


def first_mails(told: Iterable[Message]) -> dict[str, Message]:
    """The mail that began a thread, for each person."""
    found: dict[str, Message] = {}
    for message in told:
        if message.channel == MAIL:
            found.setdefault(message.recipient, message)
    return found


def thread_name(first: Message) -> str:
    """The name of the mail that began the thread of this one."""
    begun: str | None = first.payload.get("first")
    return begun or name_of(first)


def said_of(told: Iterable[Message]) -> Said | None:
    """The newest word about an incident; None when there was none."""
    said = None
    for message in told:
        counted = _counted(message)
        if counted is not None:
            said = counted
    return said


def _counted(message: Message) -> Said | None:
    if by_search(message):
        return None
    if message.channel == MAIL:
        return _said(message.payload["values"], "people_count")
    if message.channel == browsers.CHANNEL and "people" in message.payload:
        return _said(message.payload, "people")
    if message.channel == hooks.CHANNEL and message.payload["type"] in hooks.EVENTS.values():
        return _said(message.payload["data"]["object"], "people")
    return None


def _said(counted: Mapping[str, str], people: str) -> Said:
    return Said(int(counted[people]), int(counted["excess"]))
