"""Whether somebody is still to be told what waits for them: asked of the lists as they are when it is sent.

What wants something of people goes to those who are named now. How something ended goes to whoever was told of it, named or
not, so that nobody is left alarmed; only who was removed from the account since, or barred from it, hears no more of it.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from doorwatch.alerts import browsers, hooks, watching
from doorwatch.alerts.rules import NoticeKind
from doorwatch.alerts.settings import owners, read_settings
from doorwatch.alerts.stories import ENDS, MAIL, by_search, told_by
from doorwatch.alerts.system import ENDED, read_system
from doorwatch.alerts.watching import SearchRule
from doorwatch.alerts.withholding import DIGEST
from doorwatch.store import saved_searches
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


def not_for_them(conn: Connection, message: Message) -> str | None:
    """Why a message is not for its recipient any more; None when it is."""
    if _tells_an_end(message):
        return GONE if message.channel == MAIL and _is_gone(conn, message) else None
    if DIGEST in message.payload:
        return None
    if by_search(message):
        return _search_tells(conn, message)
    return _list_tells(conn, message)


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
    named: Iterable[str]
    if kind.startswith("system.") and message.channel != hooks.CHANNEL:
        named = read_system(conn, account).recipients or owners(conn, account)
    elif message.payload.get("listed"):
        overdue = settings.overdue.recipients if message.payload.get("kind") == NoticeKind.OVERDUE else ()
        named = [*(settings.recipients or owners(conn, account)), *overdue]
    else:
        return None
    return None if _reaches(conn, message, named) else TAKEN_OFF


def _reaches(conn: Connection, message: Message, named: Iterable[str]) -> bool:
    if message.channel == MAIL:
        return is_among(message.recipient, named)
    return message.rule_id in {one.subscription_id for one in browsers.of_people(conn, message.account_id, named)}


def is_among(address: str, named: Iterable[str]) -> bool:
    """Whether an address is in a list, however either is written."""
    return address.casefold() in {one.casefold() for one in named}
