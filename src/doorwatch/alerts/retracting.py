"""What was written into the outbox and is not to be sent any more: looked at when it is about to be sent."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.addressees import not_for_them
from doorwatch.alerts.stories import is_settled, rings, told_by
from doorwatch.alerts.withholding import DIGEST, QUIET, STORM, gathered, silenced
from doorwatch.domain.time import Micros
from doorwatch.store import incidents
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import ASKED_FOR, Message
from doorwatch.store.engine.errors import UnknownError

NOTHING_LEFT = "nothing of what it tells of is left to be told"


def not_any_more(conn: Connection, message: Message, now: Micros) -> str | None:
    """Why a message is not to be sent though it was written; None when it is.

    While it waited for a mail server or for the end of quiet hours somebody began a silence, took its recipient off the
    list, or had the search alert no more; or so much waited with it that a digest tells of all.
    """
    if message.payload.get(ASKED_FOR) or message.payload.get("trial"):
        return None
    why = _unwanted(conn, message, now)
    if why is not None:
        return why
    if DIGEST in message.payload and not held_for(conn, message, now):
        return NOTHING_LEFT
    return gathered(conn, message, now)


def held_for(conn: Connection, digest: Message, now: Micros) -> list[Message]:
    """What a digest is to tell of: what was withheld for it, without what would not be sent by itself any more."""
    account, to, span = digest.account_id, digest.recipient, digest.payload[DIGEST]
    if "held" not in span:
        held = outbox.withheld_between(conn, account, to, span["from"], span["until"], STORM)
    else:
        held = outbox.withheld_at(conn, account, to, span["held"], QUIET)
    if span.get("news"):
        return held
    left = [one for one in held if _unwanted(conn, one, now) is None]
    return left if "held" not in span else _open_ones(conn, account, left)


def _open_ones(conn: Connection, account: str, held: list[Message]) -> list[Message]:
    """Without incidents that were explained or dismissed in quiet hours: what needs nobody wakes nobody after them, too."""
    found = incidents.get_many(conn, account, {one.incident_id for one in held if one.incident_id})
    settled = {one.incident_id for one in found if is_settled(one)}
    return [one for one in held if one.incident_id not in settled]


def _unwanted(conn: Connection, message: Message, now: Micros) -> str | None:
    why = not_for_them(conn, message, now)
    if why is not None or not rings(message) or message.created_at >= now:
        return why
    why = silenced(conn, message.account_id, lambda: _place_of(conn, message), now, since=message.created_at)
    return None if why is not None and _is_for_machines(conn, message) else why


def _place_of(conn: Connection, message: Message) -> tuple[str | None, str | None]:
    """The door and the kind of incident that it tells of."""
    if message.incident_id is None:
        told: Mapping[str, Any] = told_by(message)
        return told.get("door_id"), None
    incident = incidents.get(conn, message.account_id, message.incident_id).incident
    return incident.door, incident.kind.value


def _is_for_machines(conn: Connection, message: Message) -> bool:
    """Posts and logs are records: they go on."""
    if message.channel != hooks.CHANNEL:
        return False
    try:
        return not hooks.get_hook(conn, message.account_id, message.rule_id or "").is_chat
    except UnknownError:
        return True
