"""What was written into the outbox and is not to be sent any more: looked at when it is about to be sent."""

from sqlalchemy import Connection

from doorwatch.alerts import hooks, watching
from doorwatch.alerts.stories import MAIL, by_search, rings
from doorwatch.alerts.withholding import silenced
from doorwatch.domain.time import Micros
from doorwatch.store import incidents, saved_searches
from doorwatch.store.alerting.outbox import ASKED_FOR, Message
from doorwatch.store.engine.errors import UnknownError


def not_any_more(conn: Connection, message: Message, now: Micros) -> str | None:
    """Why a message is not to be sent though it was written; None when it is.

    Somebody began a silence meanwhile, or had the search alert no more, while it waited for a mail server or for the end
    of quiet hours.
    """
    if not rings(message) or message.payload.get(ASKED_FOR) or message.created_at >= now:
        return None
    if by_search(message) and not _watched(conn, message):
        return "the alert that it comes from was removed or switched off before it was sent"
    why = silenced(conn, message.account_id, lambda: _place_of(conn, message), now, since=message.created_at)
    return None if why is not None and _is_for_machines(conn, message) else why


def _watched(conn: Connection, message: Message) -> bool:
    mailed = message.channel == MAIL
    rule_id = message.rule_id if mailed else message.payload.get("data", {}).get("object", {}).get("rule_id")
    if rule_id is None:
        return True
    try:
        rule = watching.get_rule(conn, message.account_id, rule_id)
        saved_searches.get(conn, message.account_id, rule.saved_search_id)
    except UnknownError:
        return False
    return rule.enabled


def _place_of(conn: Connection, message: Message) -> tuple[str | None, str | None]:
    """The door and the kind of incident that it tells of."""
    if message.incident_id is None:
        told = message.payload.get("data", {}).get("object", message.payload)
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
