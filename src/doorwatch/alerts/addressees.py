"""Whether somebody is still to be told what waits for them: asked of the lists as they are when it is sent.

What wants something of people goes to those who are named now. How something ended goes to whoever was told of it, named or
not, so that nobody is left alarmed; only who was removed from the account since, or barred from it, hears no more of it.
Nothing at all goes to a receiver that is switched off or gone, nor to a browser whose person may not see it any more.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from doorwatch.alerts import browsers, callbacks, hooks, watching
from doorwatch.alerts.rules import NoticeKind
from doorwatch.alerts.settings import AlertSettings, owners, read_settings
from doorwatch.alerts.stories import ENDS, MAIL, by_search, told_by
from doorwatch.alerts.system import ENDED, read_system
from doorwatch.alerts.watching import SearchRule
from doorwatch.alerts.withholding import DIGEST
from doorwatch.domain.time import Micros
from doorwatch.store import incidents, saved_searches
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.recall import recalled
from doorwatch.store.people import users
from doorwatch.store.schema.people import memberships
from doorwatch.store.schema.people import users as user_rows

ENDED_ALERT = "the alert that it comes from was removed or switched off before it was sent"
TAKEN_OFF = "they were taken off those who are told before it was sent"
GONE = "this person was removed from the account before it was sent"
NO_RECEIVER = "the webhook, chat or callback that it is for was removed before it was sent"
RECEIVER_OFF = "the webhook, chat or callback that it is for was switched off before it was sent"
NOT_SEEN = "this person may not see its cameras any more"
NO_WORDS = "mails about incidents at this door were switched off before it was sent"


def not_for_them(conn: Connection, message: Message, now: Micros) -> str | None:
    """Why a message is not for its recipient any more; None when it is."""
    why = _receiver_is_off(conn, message)
    if why is not None:
        return why
    if message.channel == browsers.CHANNEL and not _may_see(conn, message, now):
        return NOT_SEEN
    if _tells_an_end(message):
        return GONE if message.channel == MAIL and _is_gone(conn, message) else None
    if DIGEST in message.payload:
        return None
    if by_search(message):
        return _search_tells(conn, message)
    return _list_tells(conn, message)


def _receiver_is_off(conn: Connection, message: Message) -> str | None:
    """Of what goes to machines and chats. One that is off is still tried out when somebody asks for it."""
    account = message.account_id
    if message.channel == hooks.CHANNEL:
        listed = hooks.list_hooks(conn, account)
    elif message.channel == callbacks.CHANNEL:
        listed = [one.hook for one in callbacks.list_callbacks(conn, account)]
    else:
        return None
    receiver = next((one for one in listed if one.hook_id == message.rule_id), None)
    if receiver is None:
        return NO_RECEIVER
    return None if receiver.enabled or message.payload.get("type") == "test" else RECEIVER_OFF


def _may_see(conn: Connection, message: Message, now: Micros) -> bool:
    """Whether the person at a browser may see what it is told. A browser that is gone is not asked about: no push finds it."""
    account = message.account_id
    browser = next(
        (one for one in browsers.listening(conn, account) if one.subscription_id == message.rule_id),
        None,
    )
    # A digest has no door of its own: what it tells of is asked one by one.
    if browser is None or browser.cameras is None or DIGEST in message.payload:
        return True
    door = _door_of(conn, message)
    return door is not None and browser in browsers.at_door(conn, account, door, now)


def _door_of(conn: Connection, message: Message) -> str | None:
    """The door of the incident that a message tells of; None for what tells of none, or of one that is no longer kept."""
    asked = [message.incident_id] if message.incident_id else []
    return next((one.incident.door for one in incidents.get_many(conn, message.account_id, asked)), None)


def _tells_an_end(message: Message) -> bool:
    told = message.payload
    if DIGEST in told:
        return bool(told[DIGEST].get("news"))
    return told.get("kind") in ENDS or told.get("type") == ENDED


def _is_gone(conn: Connection, message: Message) -> bool:
    """Whether they belonged to the account when they were told, and do not now. An address that is listed stays one."""
    since, account, to = message.payload.get("told_at"), message.account_id, message.recipient.casefold()
    if since is None or is_among(to, read_settings(conn, account).recipients):
        return False
    people = recalled(conn, ("members", account), (user_rows, memberships), lambda: users.list_users(conn, account))
    member = next((one for one in people if one.email.casefold() == to), None)
    if member is not None:
        return member.disabled
    return audit.was_removed(conn, account, message.recipient, since)


def _search_tells(conn: Connection, message: Message) -> str | None:
    rule_id = message.rule_id if message.channel == MAIL else told_by(message).get("rule_id")
    if rule_id is None:
        return None
    try:
        rule = watching.get_rule(conn, message.account_id, rule_id)
        saved_searches.get(conn, message.account_id, rule.saved_search_id)
    except UnknownError:
        return ENDED_ALERT
    if not rule.enabled:
        return ENDED_ALERT
    return None if _is_told(conn, message, rule) else TAKEN_OFF


def _is_told(conn: Connection, message: Message, rule: SearchRule) -> bool:
    if message.channel == hooks.CHANNEL:
        return message.rule_id in rule.hooks
    return _reaches(conn, message, watching.recipients_of(conn, message.account_id, rule))


def _list_tells(conn: Connection, message: Message) -> str | None:
    """Of an incident's mail and of what the system tells; machines and browsers choose incidents themselves."""
    account, kind = message.account_id, message.payload.get("type", "")
    settings = read_settings(conn, account)
    reminded = settings.overdue.recipients if message.payload.get("kind") == NoticeKind.OVERDUE else ()
    named: Iterable[str]
    if kind.startswith("system.") and message.channel != hooks.CHANNEL:
        named = read_system(conn, account).recipients or owners(conn, account)
    elif (
        message.channel == MAIL and _has_no_words(conn, message, settings) and not is_among(message.recipient, reminded)
    ):
        return NO_WORDS
    elif message.payload.get("listed"):
        named = [*(settings.recipients or owners(conn, account)), *reminded]
    else:
        return None
    return None if _reaches(conn, message, named) else TAKEN_OFF


def _has_no_words(conn: Connection, message: Message, settings: AlertSettings) -> bool:
    """Whether nothing is mailed any more of incidents at the door of this one."""
    door = _door_of(conn, message)
    return door is not None and settings.template_at(door) is None


def _reaches(conn: Connection, message: Message, named: Iterable[str]) -> bool:
    if message.channel == MAIL:
        return is_among(message.recipient, named)
    return message.rule_id in {one.subscription_id for one in browsers.of_people(conn, message.account_id, named)}


def is_among(address: str, named: Iterable[str]) -> bool:
    """Whether an address is in a list, however either is written."""
    return address.casefold() in {one.casefold() for one in named}
